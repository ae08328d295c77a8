"""Each deviation in playback and download, steered on a wire in memory, with and without."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import Error, PeerRefused
from tongshi.gateway.engine import Advanced, Turn
from tongshi.gb28181 import mansrtsp
from tongshi.gb28181.description import Purpose
from tongshi.gb28181.mansrtsp import Reply
from tongshi.signalling import history as steered
from tongshi.signalling.calls import Call
from tongshi.signalling.event import HistoryEnded
from tongshi.signalling.histories import Histories
from tongshi.signalling.history import History, Span
from tongshi.sim.call import Invited
from tongshi.sip.message import Response
from tongshi.testing.unplugged import CAMERA, CHANNELS, Camera, Unplugged, visit

Patch = pytest.MonkeyPatch
Without = Callable[[Patch], None]
Prove = Callable[[Callable[[], None], Without], None]
Work = Callable[[Unplugged, Camera, History], Coroutine[Any, Any, None]]

LENGTH = 600.0


def playing(
    work: Work,
    *quirks: str,
    purpose: Purpose = Purpose.PLAYBACK,
    hand: dict[str, str] | None = None,
) -> Callable[[], None]:
    """Return a scenario: *work* done with ten minutes of a recording that play."""

    async def act(platform: Unplugged, camera: Camera) -> None:
        since = float(int(platform.clock.wall())) - 7200
        history = await platform.histories.open(
            CAMERA, CHANNELS[0], Span(since, since + LENGTH), purpose
        )
        await work(platform, camera, history)

    return lambda: visit(act, *quirks, hand=hand)


async def error_of(asking: Awaitable[object]) -> Error:
    """Return what *asking* raises."""
    try:
        result = await asking
    except Error as error:
        return error
    raise AssertionError(f"it came to {result}")


def advance(
    platform: Unplugged, history: History, offset: float, frames: int, pace: str = "unknown"
) -> None:
    """Let the engine report how far the recording has come."""
    at = history.span.since + offset
    platform.engine.tell(Advanced(history.stream, at, 4.0, 1.0, pace, frames, frames // 25))


def finish(camera: Camera) -> None:
    """Let the device come to the end of what it sends, and tell it as it does."""
    (call,) = [one.call for one in camera.told if isinstance(one, Invited)]
    camera.device.calls.finished(call, camera.clock.now())
    camera.carrier.pump()


def orders(platform: Unplugged) -> list[bytes]:
    """Return the bodies of the INFOs that we sent."""
    sent = [one.data for one in platform.wire if one.data.startswith(b"INFO ")]
    return [data.partition(b"\r\n\r\n")[2] for data in sent]


# The end.


async def the_end_is_understood(platform: Unplugged, camera: Camera, history: History) -> None:
    advance(platform, history, LENGTH - 1, 1000)
    finish(camera)
    for _ in range(5):
        await asyncio.sleep(1)
        if history.over:
            break
        advance(platform, history, LENGTH - 1, 1000)
    assert history.over
    await asyncio.sleep(10)
    assert [one.why for one in platform.heard if isinstance(one, HistoryEnded)] == ["finished"]


def notices_belong_into_sessions(patch: Patch) -> None:
    patch.setattr(Histories, "take", lambda self, neighbour, message, arrived: 200)
    patch.setattr(steered, "QUIET", 1000)


def every_bye_is_an_abort(patch: Patch) -> None:
    patch.setattr(History, "_is_near", lambda self: False)


# Speed.


async def backwards_is_refused_by_name(
    platform: Unplugged, camera: Camera, history: History
) -> None:
    error = await error_of(history.set_scale(-1))
    assert isinstance(error, PeerRefused)
    assert (error.stage, error.status) == ("control", 451)
    assert history.scale == 1


async def the_outer_status_counts(platform: Unplugged, camera: Camera, history: History) -> None:
    error = await error_of(history.set_scale(-1))
    assert isinstance(error, PeerRefused)
    assert (error.stage, error.status) == ("control", 400)


def everything_is_done(patch: Patch) -> None:
    patch.setattr(Reply, "done", property(lambda self: True))


def statuses_of_sip_do_not_count(patch: Patch) -> None:
    ask = Call.ask

    async def blind(self: Call, *given: Any, **named: Any) -> Response:
        response = await ask(self, *given, **named)
        response.status = 200
        return response

    patch.setattr(Call, "ask", blind)


async def the_speed_agreed_counts(platform: Unplugged, camera: Camera, history: History) -> None:
    assert await history.set_scale(-4) == -1
    assert platform.engine.steered[-1] == (history.stream, Turn.SPEED, -1)


def the_speed_asked_counts(patch: Patch) -> None:
    read = Reply.parse

    def deaf(body: bytes) -> Reply:
        reply = read(body)
        return Reply(reply.status, reply.reason, reply.cseq)

    patch.setattr(Reply, "parse", deaf)


async def what_is_too_slow_is_skipped(
    platform: Unplugged, camera: Camera, history: History
) -> None:
    assert await history.set_scale(4) == 4
    for second in range(1, 4):
        advance(platform, history, float(second), 25 * second, "ignored")
        await asyncio.sleep(1)
    ranges = [body for body in orders(platform) if b"Range: npt=" in body]
    assert [body.partition(b"npt=")[2].split(b"-")[0] for body in ranges] == [b"4", b"5", b"6"]


def nothing_is_skipped(patch: Patch) -> None:
    async def rest(self: History, target: float) -> None:
        self._busy = False

    patch.setattr(History, "_skip_quietly", rest)


async def the_speed_is_spelled_anew(platform: Unplugged, camera: Camera, history: History) -> None:
    assert await history.set_scale(2) == 2
    assert await history.set_scale(4) == 4
    scales = [body.partition(b"Scale: ")[2].split(b"\r")[0] for body in orders(platform)]
    assert scales == [b"2.000000", b"2.0", b"4.0"]


def speeds_have_one_spelling(patch: Patch) -> None:
    patch.setattr(mansrtsp, "spell", lambda scale, spelling: f"{scale:.6f}")


# Answers.


async def an_unknown_size_is_none(platform: Unplugged, camera: Camera, history: History) -> None:
    assert history.file_size is None


def sizes_are_as_told(patch: Patch) -> None:
    def told(self: History) -> int | None:
        answer = None if self.attempt is None else self.attempt.answer
        return None if answer is None else answer.file_size

    patch.setattr(History, "file_size", property(told))


async def silence_within_a_200_is_consent(
    platform: Unplugged, camera: Camera, history: History
) -> None:
    await history.pause()
    await history.play()
    assert [turn for _, turn, _ in platform.engine.steered] == [Turn.HOLD, Turn.GO]


def answers_have_a_body(patch: Patch) -> None:
    read = Reply.parse
    patch.setattr(Reply, "parse", lambda body: read(body) if body else Reply(500, "no answer"))


CASES: dict[str, tuple[Callable[[], None], Without]] = {
    "end-outside": (playing(the_end_is_understood, "end-outside"), notices_belong_into_sessions),
    "end-by-bye": (playing(the_end_is_understood, "end-by-bye"), every_bye_is_an_abort),
    "end-silent": (playing(the_end_is_understood, "end-silent"), every_bye_is_an_abort),
    "no-reverse": (playing(backwards_is_refused_by_name, "no-reverse"), everything_is_done),
    "reverse-one": (playing(the_speed_agreed_counts, "reverse-one"), the_speed_asked_counts),
    "scale-ineffective": (
        playing(what_is_too_slow_is_skipped, "scale-ineffective"),
        nothing_is_skipped,
    ),
    "scale-six-decimals-refused": (
        playing(
            the_speed_is_spelled_anew,
            "scale-six-decimals-refused",
            hand={"scale_format": "2.000000"},
        ),
        speeds_have_one_spelling,
    ),
    "filesize-minus-one": (
        playing(an_unknown_size_is_none, "filesize-minus-one", purpose=Purpose.DOWNLOAD),
        sizes_are_as_told,
    ),
    "info-without-body": (
        playing(silence_within_a_200_is_consent, "info-without-body"),
        answers_have_a_body,
    ),
    "inner-status-outside": (
        playing(the_outer_status_counts, "no-reverse", "inner-status-outside"),
        statuses_of_sip_do_not_count,
    ),
}


@pytest.mark.parametrize("quirk", CASES)
def test_a_deviation_of_footage_is_handled(quirk: str, prove: Prove) -> None:
    prove(*CASES[quirk])

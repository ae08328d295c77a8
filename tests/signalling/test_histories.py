"""Playbacks and downloads over real sockets, from recorders that do it well and oddly."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import cache, partial
from itertools import pairwise
from typing import Any, TypedDict, Unpack

import pytest

from tongshi.errors import (
    Conflict,
    Error,
    Exhausted,
    Invalid,
    Missing,
    PeerOffline,
    PeerRefused,
    PeerSilent,
)
from tongshi.gateway.engine import Transport
from tongshi.gateway.engines.builtin import Local
from tongshi.gb28181.description import Purpose
from tongshi.media.unit import AccessUnit, Codec
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling import history as module
from tongshi.signalling.event import HistoryEnded, HistoryOpened, SignallingEvent
from tongshi.signalling.history import History, Span
from tongshi.signalling.platform import Signalling
from tongshi.testing.clip import encode
from tongshi.testing.reel import End, Reel, Stamps
from tongshi.testing.screen import Screen

pytestmark = pytest.mark.network

BEGIN = 1_700_000_000
GOP = 25
FPS = 25


@cache
def film() -> tuple[AccessUnit, ...]:
    return tuple(encode(Codec.H264, 100, gop=GOP))


class Options(TypedDict, total=False):
    purpose: Purpose
    speed: int
    transport: Transport


class Bench:
    """A platform with its own engine, a recorder, and one who watches."""

    def __init__(self, media: MediaSettings) -> None:
        self.engine = Local(media)
        self.events: list[SignallingEvent] = []
        self.signalling = Signalling(
            SignallingSettings(listen="127.0.0.1:0", expires_min=1),
            media,
            self.engine,
            password_of=lambda device_id: "",
            flush=0.05,
            ask=False,
        )
        self.signalling.subscribe(self.events.append)
        self.reel = Reel(film(), gop=GOP, begin=BEGIN, seconds=600)
        self.screen = Screen()

    @property
    def port(self) -> int:
        return int(self.signalling.addresses[0].rpartition(":")[2])

    async def until(self, true: Callable[[], object], seconds: float = 20.0) -> None:
        for _ in range(int(seconds / 0.02)):
            if true():
                return
            await asyncio.sleep(0.02)
        raise AssertionError("it never came to that")

    async def open(self, since: float = 60, until: float = 120, **more: Unpack[Options]) -> History:
        span = Span(BEGIN + since, BEGIN + until)
        return await self.signalling.histories.open(self.reel.id, self.reel.channel, span, **more)

    async def watch(
        self, since: float = 60, until: float = 120, **more: Unpack[Options]
    ) -> History:
        history = await self.open(since, until, **more)
        await self.engine.admit(history.stream, "ticket", expires_s=10)
        await self.screen.watch(f"ws://127.0.0.1:{self.engine.viewer_port('')}/play/ticket")
        await self.frames(1)
        return history

    async def frames(self, more: int) -> None:
        wanted = len(self.screen.frames) + more
        await self.until(lambda: len(self.screen.frames) >= wanted)

    async def jumped(self, before: int) -> None:
        await self.until(lambda: any(at >= before for at, _ in self.screen.places[1:]))

    def moment(self, index: int) -> float:
        """Return what the engine told of the picture at *index*: s after the beginning."""
        place = next(told for before, told in reversed(self.screen.places) if before <= index)
        passed = (self.screen.shown[index] - place["pts"]) / 90_000
        return float(place["at"] + passed * place["rate"] - BEGIN)


MEDIA = MediaSettings(
    listen="127.0.0.1", viewer_listen="127.0.0.1:0", ports_from=0, ports_to=0, workers=0
)


Work = Callable[[Bench], Coroutine[Any, Any, None]]


def bench(*works: Work, media: MediaSettings = MEDIA) -> None:
    """Do all *works* at once, each with a platform and a recorder of its own."""

    async def one(work: Work) -> None:
        made = Bench(media)
        await made.engine.start()
        await made.signalling.start()
        try:
            made.reel.join(made.port)
            await made.until(lambda: made.signalling.device(made.reel.id))
            await work(made)
        finally:
            made.screen.leave()
            await made.signalling.stop()
            await made.engine.stop()
            await made.reel.close()
        assert made.signalling.figures()["tasks.failures"] == 0
        assert made.engine.leased_ports() == 0

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(one(work))

    asyncio.run(main())


def in_a_row(frames: list[int]) -> bool:
    return all(later == frame + 1 for frame, later in pairwise(frames))


@contextmanager
def changed(**values: object) -> Iterator[None]:
    """Have constants of the module be others for a while."""
    before = {name: getattr(module, name) for name in values}
    try:
        for name, value in values.items():
            setattr(module, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


@pytest.mark.clause("9.8.2.1", "9.8.3.2", "B.2.2", "9.8.1")
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP_PASSIVE])
def test_a_pause_loses_no_picture_and_the_moments_are_true(transport: Transport) -> None:
    async def test(it: Bench) -> None:
        it.reel.script.sound = True
        history = await it.watch(transport=transport)
        await it.frames(20)
        await history.pause()
        held = await _settled(it)
        assert history.paused
        await history.play()
        await it.frames(40)
        frames = it.screen.frames
        assert frames[0] == 60 * FPS
        assert in_a_row(frames)
        assert len(frames) > held
        assert it.screen.sounds > 20
        for index in (0, held - 1, held, len(frames) - 1):
            assert abs(it.moment(index) - frames[index] / FPS) < 0.001
        steps = {later - shown for shown, later in pairwise(it.screen.shown)}
        assert steps == {3600}

    bench(test)


async def _settled(it: Bench) -> int:
    """Return how many pictures have come, once no more do."""
    count = -1
    while count != len(it.screen.frames):
        count = len(it.screen.frames)
        await asyncio.sleep(0.3)
    return count


@pytest.mark.clause("B.2.4")
@pytest.mark.parametrize("tells", [False, True])
def test_a_seek_lands_within_a_group_of_pictures(tells: bool) -> None:
    async def test(it: Bench, stamps: Stamps) -> None:
        it.reel.script.stamps, it.reel.script.tells_range = stamps, tells
        history = await it.watch()
        for target in (100.5, 70.2, 71.9, 62.0, 118.0):
            await it.frames(5)
            before = len(it.screen.frames)
            await history.seek(BEGIN + target)
            await it.jumped(before)
            await it.frames(10)
            landed = next(at for at, told in it.screen.places if at >= before and told["jump"])
            assert target - GOP / FPS - 1 <= it.screen.frames[landed] / FPS <= target
            # Where stamps say nothing of the recording, the moment is known to the group.
            tolerance = 0.1 if stamps is Stamps.MEDIA or tells else GOP / FPS
            index = len(it.screen.frames) - 1
            assert abs(it.moment(index) - it.screen.frames[index] / FPS) <= tolerance
        assert all(later > shown for shown, later in pairwise(it.screen.shown))

    bench(*(partial(test, stamps=stamps) for stamps in Stamps))


@pytest.mark.clause("B.2.3", "B.2.7")
@pytest.mark.parametrize("stamps", [Stamps.MEDIA, Stamps.WALL])
def test_each_speed_is_shown_as_fast_as_it_is_sent(stamps: Stamps) -> None:
    async def test(it: Bench, scale: float) -> None:
        it.reel.script.stamps = stamps
        history = await it.watch()
        await it.frames(10)
        assert await history.set_scale(scale) == scale
        await asyncio.sleep(2.5)
        before = len(it.screen.frames) - 1
        await it.frames(int(10 * max(1.0, scale)))
        frames, shown = it.screen.frames, it.screen.shown
        assert in_a_row(frames)
        media = (frames[-1] - frames[before]) / FPS
        assert media / ((shown[-1] - shown[before]) / 90_000) == pytest.approx(scale, rel=0.02)
        assert abs(it.moment(len(frames) - 1) - frames[-1] / FPS) < 0.1 * max(1.0, scale)
        assert history.advanced is not None
        assert history.advanced.pace == ("wall" if stamps is Stamps.WALL else "media")

    bench(*(partial(test, scale=scale) for scale in (0.25, 0.5, 2.0, 4.0, 8.0)))


def test_at_high_speeds_key_pictures_may_be_all_that_comes() -> None:
    async def test(it: Bench) -> None:
        it.reel.script.keys_above = 2.0
        history = await it.watch(until=300)
        await it.frames(10)
        await history.set_scale(8.0)
        await it.frames(12)
        frames, shown = it.screen.frames, it.screen.shown
        assert {later - frame for frame, later in pairwise(frames[-8:])} == {GOP}
        media = (frames[-1] - frames[-8]) / FPS
        assert media / ((shown[-1] - shown[-8]) / 90_000) == pytest.approx(8, rel=0.02)

    bench(test)


@pytest.mark.clause("B.2.8")
def test_backwards_key_pictures_are_shown_one_by_one() -> None:
    async def test(it: Bench) -> None:
        history = await it.watch()
        await history.seek(BEGIN + 100)
        await it.frames(30)
        assert await history.set_scale(-4.0) == -4.0
        await it.frames(8)
        frames, shown = it.screen.frames[-6:], it.screen.shown[-6:]
        assert [later - frame for frame, later in pairwise(frames)] == [-GOP] * 5
        assert [later - at for at, later in pairwise(shown)] == [22_500] * 5
        assert abs(it.moment(len(it.screen.frames) - 1) - frames[-1] / FPS) < 0.1
        await history.set_scale(1.0)
        await it.frames(30)
        assert in_a_row(it.screen.frames[-20:])
        assert all(later > at for at, later in pairwise(it.screen.shown))

    bench(test)


def test_a_recorder_that_ignores_speeds_is_found_out_and_made_up_for() -> None:
    async def test(it: Bench) -> None:
        it.reel.script.ignores_speed = True
        history = await it.watch(until=500)
        await it.frames(10)
        await history.set_scale(4.0)
        await it.until(lambda: history.advanced is not None and history.advanced.pace == "ignored")
        before, began = history.at, asyncio.get_running_loop().time()
        orders = len(it.reel.orders)
        await asyncio.sleep(5)
        assert before is not None
        assert history.at is not None
        passed = asyncio.get_running_loop().time() - began
        assert (history.at - before) / passed > 2.5
        assert len(it.reel.orders) > orders + 2
        # Slower than normal it is paced here: the device is told to wait.
        await history.set_scale(0.25)
        with changed(STORE_MOST=1.0, STORE_LEAST=0.5):
            await it.until(lambda: b"PAUSE" in it.reel.orders[-1])
            await it.until(lambda: b"Range: npt=now-" in it.reel.orders[-1])
        assert not history.paused

    bench(test)


def test_a_device_that_sends_ahead_is_told_to_wait() -> None:
    async def test(it: Bench) -> None:
        it.reel.script.fast = True
        history = await it.watch(until=500)
        await it.until(lambda: any(b"PAUSE" in order for order in it.reel.orders))
        held = await _settled(it)
        assert held < 60 * FPS
        with changed(STORE_LEAST=1e9):
            await it.until(lambda: any(b"npt=now-" in order for order in it.reel.orders))
        await it.frames(1)
        assert not history.paused
        assert in_a_row(it.screen.frames)

    bench(test)


def test_a_paused_picture_is_stepped_and_sought() -> None:
    async def test(it: Bench) -> None:
        history = await it.watch()
        with pytest.raises(Conflict):
            await history.step()
        await history.pause()
        before = await _settled(it)
        await history.step()
        assert history.paused
        after = await _settled(it)
        assert after >= before + module.STEP_FRAMES
        assert in_a_row(it.screen.frames)
        await history.seek(BEGIN + 90)
        assert history.paused
        count = await _settled(it)
        assert 90 * FPS in it.screen.frames[after:count]
        with pytest.raises(Invalid):
            await history.seek(BEGIN + 500)
        with pytest.raises(Invalid):
            await history.set_scale(0)
        await history.set_scale(2.0)
        assert not history.paused

    bench(test)


@pytest.mark.clause("9.8.3.2", "A.2.5.4")
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP_PASSIVE])
def test_the_end_is_noticed_however_it_is_told(transport: Transport) -> None:
    async def test(it: Bench, end: End) -> None:
        it.reel.script.end = end
        history = await it.watch(60, 63, transport=transport)
        async with asyncio.timeout(15):
            assert await history.ended() == "finished"
        await it.until(lambda: it.screen.end)
        assert it.screen.end == {"type": "end", "code": "finished", "stage": ""}
        assert it.screen.frames == list(range(60 * FPS, 63 * FPS))
        await it.until(lambda: it.events and isinstance(it.events[-1], HistoryEnded))
        kinds = [type(event) for event in it.events if "History" in type(event).__name__]
        assert kinds == [HistoryOpened, HistoryEnded]

    bench(*(partial(test, end=end) for end in End))


@pytest.mark.parametrize(("spelled", "ok"), [(b"2.0\r", "2"), (b"2.000000", "2.0")])
def test_a_speed_refused_as_unreadable_is_spelled_otherwise(spelled: bytes, ok: str) -> None:
    async def test(it: Bench) -> None:
        it.reel.script.refused = (b"Scale: " + spelled,)
        history = await it.watch()
        await history.set_scale(2.0)
        assert f"Scale: {ok}\r".encode() in it.reel.orders[-1]
        count = len(it.reel.orders)
        await history.set_scale(4.0)
        assert len(it.reel.orders) == count + 1

    bench(test)


def test_what_is_refused_changes_nothing() -> None:
    async def test(it: Bench) -> None:
        it.reel.script.refused = (b"Scale", b"Range: npt=9")
        history = await it.watch()
        with pytest.raises(PeerRefused) as told:
            await history.set_scale(2.0)
        assert (told.value.status, told.value.stage) == (400, "control")
        with pytest.raises(PeerRefused):
            await history.seek(BEGIN + 69)
        await it.frames(30)
        assert in_a_row(it.screen.frames)

    bench(test)


@pytest.mark.parametrize(
    ("statuses", "words"),
    [([404], "nothing is recorded"), ([486, 486], "as much as it can"), ([488, 488], "recording")],
)
def test_a_refusal_is_named(statuses: list[int], words: str) -> None:
    async def test(it: Bench) -> None:
        it.reel.script.statuses = list(statuses)
        with pytest.raises(PeerRefused, match=words) as told:
            await it.open()
        assert (told.value.status, told.value.stage) == (statuses[-1], "playback")
        assert it.reel.script.statuses == []

    bench(test)


def test_a_download_at_a_speed_that_is_refused_goes_without() -> None:
    async def test(it: Bench) -> None:
        it.reel.script.statuses = [488]
        it.reel.script.file_size = 12345
        history = await it.open(purpose=Purpose.DOWNLOAD, speed=8)
        assert [offer.download_speed for offer in it.reel.offers] == [8, None]
        assert history.file_size == 12345
        first, last = it.reel.offers[0], it.reel.offers[-1]
        assert first.resource == f"{it.reel.channel}:0"
        assert (last.start, last.end) == (BEGIN + 60, BEGIN + 120)
        assert last.ssrc.startswith("1")
        assert last.purpose is Purpose.DOWNLOAD

    bench(test)


def test_two_who_watch_the_same_have_a_session_each() -> None:
    async def test(it: Bench) -> None:
        one, other = await it.open(), await it.open()
        assert one.stream != other.stream
        assert len(it.signalling.histories) == 2
        one.release()
        await it.until(lambda: len(it.signalling.histories) == 1)
        assert not other.over
        await it.signalling.histories.close(other)
        await it.until(lambda: it.reel.byes == 2)

    bench(test)


def test_a_device_that_vanishes_is_named_and_can_be_asked_again() -> None:
    async def test(it: Bench) -> None:
        history = await it.watch()
        await it.frames(10)
        it.reel.vanish()
        async with asyncio.timeout(15):
            assert await history.ended() in ("stalled", "peer")
        with pytest.raises(Conflict):
            await history.play()
        await it.until(lambda: not len(it.signalling.histories))
        it.reel.return_()
        it.screen = Screen()
        await it.watch(70)
        assert it.screen.frames[0] == 70 * FPS

    bench(test, media=MediaSettings(
        listen="127.0.0.1", viewer_listen="127.0.0.1:0", ports_from=0, ports_to=0, workers=0,
        silence=1.0, connect_timeout=1.0,
    ))  # fmt: skip


def test_what_cannot_be_asked_for() -> None:
    async def test(it: Bench) -> None:
        histories = it.signalling.histories
        for since, until in ((120, 60), (0, 100_000)):
            with pytest.raises(Invalid):
                await it.open(since, until)
        with pytest.raises(Missing):
            await histories.open("nobody", it.reel.channel, Span(BEGIN, BEGIN + 1))
        it.signalling.neighbours.unregister(it.reel.id, 0.0)
        with pytest.raises(PeerOffline):
            await it.open()

    bench(test)


def test_an_order_that_nobody_answers_has_its_own_time_out() -> None:
    async def test(it: Bench) -> None:
        history = await it.watch()
        history._timeout = 0.5
        it.reel.gone = True
        with pytest.raises(PeerSilent) as told:
            await history.pause()
        assert told.value.stage == "control"
        assert not history.paused
        history.end("closed")

    bench(test)


def test_a_storm_of_orders_is_bounded() -> None:
    async def test(it: Bench) -> None:
        history = await it.watch()
        history._timeout = 0.3
        it.reel.gone = True
        orders = [asyncio.ensure_future(history.pause()) for _ in range(100)]
        outcomes = await asyncio.gather(*orders, return_exceptions=True)
        assert sum(isinstance(each, Exhausted) for each in outcomes) == 92
        assert sum(isinstance(each, PeerSilent) for each in outcomes) == 8
        history.end("closed")

    bench(test)


def test_opening_may_be_given_up() -> None:
    async def test(it: Bench) -> None:
        it.reel.gone = True
        opening = asyncio.ensure_future(it.open())
        await it.until(lambda: len(it.signalling.histories) == 1)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await it.until(lambda: not len(it.signalling.histories))

        async def fail() -> Error | None:
            try:
                await it.open()
            except Error as error:
                return error
            return None

        failing = asyncio.ensure_future(fail())
        await it.until(lambda: len(it.signalling.histories) == 1)
        it.signalling.histories.end_device(it.reel.id)
        assert isinstance(await failing, PeerSilent)

    bench(test)

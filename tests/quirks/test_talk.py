"""Each deviation in broadcast and talk, on a wire in memory, with and without its handling."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from tongshi import sdp
from tongshi.errors import Error, PeerRefused, PeerSilent, RemoteProtocolError
from tongshi.gateway.engine import Transport
from tongshi.gb28181 import broadcast, description, speaker
from tongshi.gb28181.broadcast import Expected
from tongshi.gb28181.profile import STANDARD
from tongshi.gb28181.speaker import Speaker
from tongshi.gb28181.subject import Subject
from tongshi.sdp import SessionDescription
from tongshi.signalling import broadcast as broadcasting
from tongshi.signalling.profiles import Profiles
from tongshi.signalling.talk import Mode, Talk
from tongshi.signalling.talks import Talks
from tongshi.sim.event import Listening
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Request
from tongshi.testing.unplugged import CAMERA, CHANNELS, PROFILE, Camera, Unplugged, visit

Patch = pytest.MonkeyPatch
Without = Callable[[Patch], None]
Prove = Callable[[Callable[[], None], Without], None]

VOICE = "34020000001370000001"
SPEAKER = replace(PROFILE, voice=VOICE)


async def speak(platform: Unplugged) -> Talk:
    return await platform.talks.open(CAMERA, CHANNELS[0], output=VOICE)


def heard(
    quirk: str, transport: Transport = Transport.UDP, follow: tuple[str, int] | None = None
) -> Callable[[], None]:
    """Return a scenario: a device with *quirk* is spoken to, where it wants it."""

    async def work(platform: Unplugged, camera: Camera) -> None:
        talk = await speak(platform)
        assert (talk.mode, talk.transport) == (Mode.BROADCAST, transport)
        host, port, ssrc, _ = platform.engine.talks.started[talk.stream]
        if transport is not Transport.TCP_PASSIVE:
            assert (host, port) == (camera.address.host, 15062)
        assert ssrc > 0
        await asyncio.sleep(2)
        assert [one for one in camera.told if isinstance(one, Listening)]
        await platform.talks.close(talk)
        await asyncio.sleep(2)
        assert len(camera.device.hearings) == 0

    return lambda: visit(work, quirk, profile=SPEAKER)


async def error_of(asking: Awaitable[object]) -> Error:
    """Return what *asking* raises."""
    try:
        result = await asking
    except Error as error:
        return error
    raise AssertionError(f"it came to {result}")


def refused() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        error = await error_of(speak(platform))
        assert isinstance(error, PeerRefused)
        assert (error.stage, error.status) == ("broadcast", 0)
        assert platform.engine.talks.open_ == {}

    visit(work, "broadcast-refused", profile=SPEAKER)


def never_asked_for() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        error = await error_of(speak(platform))
        assert isinstance(error, PeerSilent)
        assert error.stage == "broadcast"
        assert platform.engine.talks.open_ == {}

    visit(work, "broadcast-no-invite", profile=SPEAKER)


def both_ways_by_one_invite() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        talk = await speak(platform)
        assert (talk.mode, talk.hears) == (Mode.TALK, True)
        assert platform.engine.talks.started[talk.stream][:2] == (camera.address.host, 15060)

    visit(work, "talk-by-invite", profile=SPEAKER, hand={"talk_by_invite": "true"})


def everybody_is_alike(patch: Patch) -> None:
    patch.setattr(Profiles, "of", lambda self, device_id: STANDARD)


def the_order_is_kept(patch: Patch) -> None:
    """The notice is answered first, by a Response."""

    responded: set[Speaker] = set()
    answered, invited = Speaker.answered, Talks.invited

    def respond(self: Speaker, accepted: bool, now: float) -> None:
        responded.add(self)
        answered(self, accepted, now)

    def strict(self: Talks, arrived: RequestArrived) -> None:
        if all(broadcast.speaker in responded for broadcast in self._broadcasts.values()):
            invited(self, arrived)
        else:
            self._turn_away(arrived, 404)

    patch.setattr(Speaker, "answered", respond)
    patch.setattr(Talks, "invited", strict)


def sound_goes_over_udp(patch: Patch) -> None:
    asked = broadcast.hearing_of

    def strict(offer: Any, source_host: str) -> Any:
        if offer.tcp:
            raise RemoteProtocolError("sound goes over UDP", clause="9.12.1", status=488)
        return asked(offer, source_host)

    patch.setattr(speaker, "hearing_of", strict)


def who_listens_awaits_the_connection(patch: Patch) -> None:
    """TCP means that we await the connection, whatever the listener said."""
    patch.setattr(
        broadcasting,
        "_transport",
        lambda wanted: Transport.TCP_PASSIVE if wanted and wanted.tcp else Transport.UDP,
    )


def descriptions_must(hold: Callable[[bytes], bool]) -> Without:
    def without(patch: Patch) -> None:
        def strict(body: bytes) -> SessionDescription:
            if not hold(body):
                raise RemoteProtocolError("not a description", clause="G.1", status=488)
            return sdp.parse(body)

        patch.setattr(description, "parse", strict)

    return without


def subjects_are_in_order(patch: Patch) -> None:
    find = broadcast.find

    def strict(
        invite: Request, host: str, waiting: Any, is_other: Callable[[str], bool]
    ) -> Expected | None:
        expected = find(invite, host, waiting, is_other)
        subject = Subject.parse(invite.headers.get("Subject"))
        if subject is None or expected is None or subject.sender != expected.source_id:
            return None
        return expected

    patch.setattr("tongshi.signalling.talks.find", strict)


def all_failures_are_one(patch: Patch) -> None:
    patch.setattr(
        broadcasting,
        "_error_of",
        lambda event, device_id: PeerRefused("no", status=500, stage="query"),
    )


CASES: dict[str, tuple[Callable[[], None], Without]] = {
    "talk-by-invite": (both_ways_by_one_invite, everybody_is_alike),
    "invite-before-response": (heard("invite-before-response"), the_order_is_kept),
    "listen-over-tcp": (heard("listen-over-tcp", Transport.TCP_PASSIVE), sound_goes_over_udp),
    "listen-passively": (
        heard("listen-passively", Transport.TCP_ACTIVE),
        who_listens_awaits_the_connection,
    ),
    "pcma-mono": (heard("pcma-mono"), descriptions_must(lambda body: b"PCMA/8000/1" not in body)),
    "no-rtpmap": (
        heard("no-rtpmap"),
        descriptions_must(lambda body: b"a=rtpmap:8 " in body and body.endswith(b"\r\n")),
    ),
    "listen-without-y": (
        heard("listen-without-y"),
        descriptions_must(lambda body: b"\r\ny=" in body),
    ),
    "swapped-subject": (heard("swapped-subject"), subjects_are_in_order),
    "broadcast-refused": (refused, all_failures_are_one),
    "broadcast-no-invite": (never_asked_for, all_failures_are_one),
}


@pytest.mark.parametrize("quirk", CASES)
def test_a_deviation_of_talk_is_handled(quirk: str, prove: Prove) -> None:
    prove(*CASES[quirk])

"""A device that is spoken to, in virtual time."""

import pytest

from tongshi.gb28181.broadcast import G711A
from tongshi.gb28181.description import PCMA, Setup
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.manscdp import BroadcastAnswer, BroadcastNotify, Outcome
from tongshi.sim.desk import CHANNEL, DEVICE, PLATFORM, Desk
from tongshi.sim.event import Listening, Silence, Spoken
from tongshi.sim.hearing import MOST
from tongshi.sim.profile import Channel, Profile
from tongshi.sip.dialog import Dialog
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Request

VOICE = "34020000001370000001"


def desk(*quirks: str, voice: str = VOICE) -> Desk:
    profile = Profile(DEVICE, "机", (Channel(CHANNEL, "门"),), voice=voice)
    return Desk(*quirks, profile=profile).enter()


def speak(at: Desk, target: str = DEVICE) -> list[Outcome]:
    """Tell the device that somebody speaks, open a way for the sound, return its answers."""
    at.ask(BroadcastNotify(4, PLATFORM, target))
    for spoken in at.events(Spoken):
        at.device.hearings.open(spoken.number, "198.51.100.7", 9000, at.world.now)
    at.run()
    return [answer.result for answer in at.of(BroadcastAnswer)]


def invite_of(at: Desk) -> RequestArrived:
    [arrived] = [one for one in at.requests if one.request.method == "INVITE"]
    return arrived


def agree(at: Desk) -> Dialog:
    """Answer the device's INVITE, and return the dialog."""
    arrived = invite_of(at)
    offer = Offer.parse(arrived.request.body)
    answer = offer.answer(
        owner=PLATFORM, host="192.0.2.10", port=7000, payloads=(PCMA,), format=G711A
    )
    response = arrived.request.response(
        200,
        to_tag="pt",
        headers=[("Contact", "<sip:p@192.0.2.10:5060>"), ("Content-Type", "APPLICATION/SDP")],
        body=answer.build(),
    )
    dialog = Dialog.from_uas(arrived.request, response)
    at.reply(arrived, response)
    return dialog


@pytest.mark.clause("9.12.1.2", "9.12.1.3.1")
def test_a_broadcast_from_notice_to_bye() -> None:
    at = desk()
    assert speak(at, VOICE) == [Outcome.OK]
    assert at.events(Spoken) == [Spoken(1, VOICE, False, False)]
    request = invite_of(at).request
    offer = Offer.parse(request.body)
    assert (offer.kind, offer.port, offer.owner, offer.ssrc) == ("audio", 9000, VOICE, "0200000001")
    assert request.headers.get("Subject") == f"{PLATFORM}:0200000001,{VOICE}:1"
    dialog = agree(at)
    assert at.events(Listening) == [Listening(1, "192.0.2.10", 7000)]
    assert len(at.acks) == 1
    assert len(at.device.hearings) == 1
    response = at.exchange(dialog.request("BYE"))
    assert response is not None
    assert response.status == 200
    assert at.events(Silence) == [Silence(1, "ended by remote")]
    assert len(at.device.hearings) == 0


def test_the_device_ends_it() -> None:
    at = desk()
    speak(at)
    agree(at)
    at.device.hearings.hang_up(1, at.world.now)
    at.device.hearings.hang_up(9, at.world.now)
    at.run()
    assert at.methods()[-1] == "BYE"
    assert at.events(Silence) == [Silence(1, "ended by local")]


def test_a_platform_that_refuses_or_is_silent() -> None:
    at = desk()
    speak(at)
    arrived = invite_of(at)
    at.reply(arrived, arrived.request.response(488))
    assert at.events(Silence)[0].why.startswith("invite")
    at = desk()
    speak(at)
    at.run(40)
    assert at.events(Silence)[0].why == "invite: timeout"


def test_who_cannot_hear_says_so() -> None:
    assert speak(desk(voice=""), DEVICE) == [Outcome.ERROR]
    assert speak(desk("broadcast-refused")) == [Outcome.ERROR]
    at = desk("broadcast-no-invite")
    assert speak(at) == [Outcome.OK]
    assert "INVITE" not in at.methods()
    at = desk()
    for _ in range(MOST + 1):
        at.ask(BroadcastNotify(4, PLATFORM, DEVICE))
    assert at.of(BroadcastAnswer)[-1].result is Outcome.ERROR
    at.device.hearings.refuse(1, at.world.now)
    at.device.hearings.refuse(1, at.world.now)
    at.device.hearings.hang_up(2, at.world.now)
    at.run()
    assert at.events(Silence) == [Silence(1, "no way for the sound")]
    at.device.vanish(5.0, at.world.now)
    at.device.hearings.open(2, "198.51.100.7", 9000, at.world.now)
    assert len(at.device.hearings) == 0


def test_without_a_way_to_the_platform() -> None:
    at = desk()
    at.ask(BroadcastNotify(4, PLATFORM, DEVICE))
    at.device.presence.target = None
    at.device.hearings.open(1, "198.51.100.7", 9000, at.world.now)
    assert at.device.events() == [Silence(1, "no way to the platform")]
    at = desk()
    speak(at)
    agree(at)
    at.device.presence.target = None
    at.device.hearings.hang_up(1, at.world.now)
    assert at.device.events() == [Silence(1, "ended by local")]


def test_listeners_of_the_field() -> None:
    at = desk("invite-before-response")
    speak(at)
    assert at.methods()[-2:] == ["INVITE", "MESSAGE"]
    at = desk("listen-over-tcp")
    speak(at)
    offer = Offer.parse(invite_of(at).request.body)
    assert (offer.tcp, offer.setup) == (True, Setup.ACTIVE)
    at = desk("listen-passively")
    speak(at)
    offer = Offer.parse(invite_of(at).request.body)
    assert (offer.tcp, offer.setup) == (True, Setup.PASSIVE)
    at = desk("listen-without-y", "pcma-mono")
    speak(at)
    body = invite_of(at).request.body
    assert b"y=" not in body
    assert b"PCMA/8000/1" in body
    at = desk("no-rtpmap", "swapped-subject")
    speak(at)
    request = invite_of(at).request
    assert b"rtpmap" not in request.body
    assert not request.body.endswith(b"\n")
    assert request.headers.get("Subject") == f"{VOICE}:1,{PLATFORM}:0200000001"


def test_a_bye_of_nobody() -> None:
    at = desk()
    assert not at.device.hearings.owns(Request("BYE", "sip:x@y", [("Call-ID", "z")]))

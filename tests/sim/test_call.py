import pytest

from tongshi.gb28181.description import PCMA, PS, Setup
from tongshi.gb28181.invite import Offer
from tongshi.sim.call import Invited, listens
from tongshi.sim.desk import CHANNEL, PLATFORM, Desk
from tongshi.sim.profile import Channel, Profile

OFFER = Offer(owner=PLATFORM, host="192.0.2.10", port=3000, payloads=(PS,), ssrc="0200000007")


@pytest.mark.clause("D")
@pytest.mark.parametrize(
    ("setup", "active"), [(None, True), (Setup.PASSIVE, True), (Setup.ACTIVE, False)]
)
def test_who_connects(setup: Setup | None, active: bool) -> None:
    at = Desk().enter()
    offer = Offer(
        owner=PLATFORM, host="192.0.2.10", port=3000, payloads=(PS,), tcp=True, setup=setup
    )
    at.send("INVITE", offer.build(), user=CHANNEL)
    [invited] = at.events(Invited)
    assert (invited.call.tcp, invited.call.active) == (True, active)
    assert listens(offer) is active
    assert not listens(None)


def test_what_is_shown() -> None:
    at = Desk().enter()
    at.send("INVITE", OFFER.build(), user=CHANNEL)
    [invited] = at.events(Invited)
    call = invited.call
    assert (call.tcp, call.active, call.sound) == (False, False, False)
    assert call.shot == call.channel.shot
    assert call.ssrc_number == 200000007


def test_speech_is_no_picture() -> None:
    voice = "34020000001370000001"
    profile = Profile("34020000001320000001", "机", (Channel(CHANNEL, "门"),), voice=voice)
    at = Desk("talk-by-invite", profile=profile).enter()
    body = Offer(
        owner=PLATFORM, host="192.0.2.10", port=3000, kind="audio", payloads=(PCMA,)
    ).build()
    at.send("INVITE", body.replace(b"s=Play", b"s=Talk").replace(b"recvonly", b"sendrecv"),
            user=CHANNEL)  # fmt: skip
    [invited] = at.events(Invited)
    assert invited.call.sound

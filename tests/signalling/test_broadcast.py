"""One broadcast to a whole device in memory; orders, forms and failures: see test_talks."""

import asyncio
from dataclasses import replace

import pytest

from tongshi.errors import Error, PeerRefused, PeerSilent
from tongshi.gateway.engine import Transport
from tongshi.signalling.broadcast import source_of
from tongshi.signalling.talk import Mode
from tongshi.sim.event import Listening
from tongshi.testing.unplugged import CAMERA, CHANNELS, PROFILE, Camera, Unplugged, visit

OUTPUT = "34020000001370000001"
SPEAKER = replace(PROFILE, voice=OUTPUT)


def test_a_voice_input_stands_in_our_own_domain() -> None:
    assert source_of("34020000002000000001", voice=True) == "34020000001360000001"
    assert source_of("34020000002000000001", voice=False) == "34020000002000000001"


@pytest.mark.parametrize(
    ("quirks", "transport"),
    [
        ([], Transport.UDP),
        (["listen-over-tcp"], Transport.TCP_PASSIVE),
        (["listen-passively"], Transport.TCP_ACTIVE),
    ],
)
def test_the_device_says_how_it_listens(quirks: list[str], transport: Transport) -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        talk = await platform.talks.open(CAMERA, CHANNELS[0], output=OUTPUT)
        assert (talk.mode, talk.transport, talk.hears) == (Mode.BROADCAST, transport, False)
        assert platform.engine.talks.started[talk.stream][2] == int(talk.ssrc)
        await asyncio.sleep(2)
        assert [one for one in camera.told if isinstance(one, Listening)]
        await platform.talks.close(talk)
        await asyncio.sleep(2)
        assert len(camera.device.hearings) == 0
        assert platform.engine.talks.open_ == {}

    visit(work, *quirks, profile=SPEAKER)


@pytest.mark.parametrize(
    ("quirk", "kind"),
    [("broadcast-refused", PeerRefused), ("broadcast-no-invite", PeerSilent)],
)
def test_a_failure_leaves_nothing_in_the_engine(quirk: str, kind: type[Error]) -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        with pytest.raises(kind, match=CAMERA):
            await platform.talks.open(CAMERA, CHANNELS[0], output=OUTPUT)
        await asyncio.sleep(10)
        assert platform.engine.talks.open_ == {}
        assert len(platform.talks) == 0

    visit(work, quirk, profile=SPEAKER)

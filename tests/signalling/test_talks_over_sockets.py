"""A voice through signalling and gateway to a simulated device that stores what it hears."""

import asyncio
import json

import pytest

from tongshi.gateway.engine import Transport
from tongshi.gateway.engines.builtin import Local
from tongshi.gb28181.profile import Profile as Deviations
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling.event import Presence
from tongshi.signalling.platform import Signalling
from tongshi.signalling.talk import Mode
from tongshi.sim.camera import Camera, Wiring
from tongshi.sim.depot import Depot
from tongshi.sim.join import Join
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import Quirks
from tongshi.sim.scene import Studio
from tongshi.testing.voice import Mouth, poll, tone

pytestmark = pytest.mark.network
HOST = "127.0.0.1"
PLATFORM = "34020000002000000001"
DEVICE = "34020000001320000001"
CHANNEL = "34020000001310000001"
OUTPUT = "34020000001370000001"
SIGNALLING = SignallingSettings(id=PLATFORM, listen=f"{HOST}:0", connections=50)
MEDIA = MediaSettings(workers=0, listen=HOST, ports_from=0, ports_to=0, viewer_listen=f"{HOST}:0")


class Stage:
    """A platform, and one device of some habits that has registered with it."""

    def __init__(self, quirks: tuple[str, ...], deviations: Deviations, tcp: bool) -> None:
        self.engine = Local(MEDIA)
        self.signalling = Signalling(
            SIGNALLING, MEDIA, self.engine, password_of=lambda device_id: "secret", ask=False
        )
        self._quirks = Quirks.of(quirks)
        self._deviations = deviations
        self._tcp = tcp

    async def __aenter__(self) -> "Stage":
        await self.engine.start()
        await self.signalling.start()
        self.signalling._own.profile_of = lambda device_id: self._deviations
        self.studio = await Studio().__aenter__()
        port = int(self.signalling.addresses[0].rpartition(":")[2])
        profile = Profile(DEVICE, "门", (Channel(CHANNEL, "门"),), voice=OUTPUT)
        self.camera = Camera(
            profile,
            Join(PLATFORM, "secret"),
            Wiring(HOST, port, self._tcp),
            Depot(self.studio),
            quirks=self._quirks,
        )
        await self.camera.start()
        await poll(self.online)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.camera.stop()
        await self.signalling.stop()
        await self.studio.__aexit__(None, None, None)
        await self.engine.stop()

    def online(self) -> bool:
        device = self.signalling.device(DEVICE)
        return device is not None and device.state is Presence.ONLINE

    def heard(self) -> bytes:
        return self.camera.porter.heard[-1].heard() if self.camera.porter.heard else b""


async def speak(stage: Stage) -> tuple[Mode, Transport]:
    """Open a talk, say something, wait until the device has stored exactly that, hang up."""
    talks = stage.signalling.talks
    talk = await talks.open(DEVICE, CHANNEL, output=OUTPUT, holder="A")
    await stage.engine.talks.admit(talk.stream, "k", expires_s=5)
    mouth = await Mouth.open(f"ws://{HOST}:{stage.engine.viewer_port('')}/talk/k")
    said = tone(0.6)
    await mouth.say(said)
    await poll(lambda: said in stage.heard())
    assert stage.camera.porter.heard[-1].counts.lost == 0
    if talk.hears:
        await poll(lambda: len(mouth.sounds) > 5)
        assert all(sound[:2] == b"\x01\x08" for sound in mouth.sounds)
    await talks.close(talk)
    async with asyncio.timeout(5):
        await mouth.over.wait()
    assert json.loads(mouth.texts[-1])["code"] == "closed"
    assert talk.spoken is not None
    assert (talk.spoken.voice, talk.spoken.dropped) == (0.6, 0)
    assert stage.engine.leased_ports() == 0
    assert stage.signalling.figures()["sessions.ssrcs"] == 0
    return talk.mode, talk.transport


@pytest.mark.clause("9.12", "9.12.1")
@pytest.mark.parametrize(
    ("quirks", "transport"),
    [
        ((), Transport.UDP),
        (("invite-before-response",), Transport.UDP),
        (("listen-over-tcp",), Transport.TCP_PASSIVE),
        (("listen-passively",), Transport.TCP_ACTIVE),
        (("pcma-mono",), Transport.UDP),
        (("no-rtpmap",), Transport.UDP),
        (("listen-without-y",), Transport.UDP),
        (("swapped-subject",), Transport.UDP),
        (
            ("invite-before-response", "listen-over-tcp", "no-rtpmap", "swapped-subject"),
            Transport.TCP_PASSIVE,
        ),
    ],
)
def test_the_device_hears_exactly_what_was_said(
    quirks: tuple[str, ...], transport: Transport
) -> None:
    async def act() -> None:
        async with Stage(quirks, Deviations(), tcp=False) as stage:
            assert await speak(stage) == (Mode.BROADCAST, transport)

    asyncio.run(act())


@pytest.mark.clause("9.12.1")
def test_signalling_over_tcp_carries_it_as_well() -> None:
    async def act() -> None:
        async with Stage((), Deviations(), tcp=True) as stage:
            assert await speak(stage) == (Mode.BROADCAST, Transport.UDP)

    asyncio.run(act())


@pytest.mark.clause("9.12.2")
def test_both_ways_by_one_invite() -> None:
    async def act() -> None:
        async with Stage(("talk-by-invite",), Deviations(talk_by_invite=True), tcp=False) as stage:
            assert await speak(stage) == (Mode.TALK, Transport.UDP)

    asyncio.run(act())

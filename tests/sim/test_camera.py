"""Simulated cameras on the loopback interface: register, list, show, misbehave."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from tongshi.gb28181.catalog import Item
from tongshi.gb28181.description import Setup
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.registrant import Patience
from tongshi.gb28181.session import Caller
from tongshi.gb28181.steps import Ended, Established, Failed
from tongshi.media.unit import Codec
from tongshi.sim.camera import Camera, Wiring, camera_profile, facing
from tongshi.sim.depot import Depot
from tongshi.sim.device import DeviceEvent
from tongshi.sim.impair import CLEAN, Impairments
from tongshi.sim.join import Died, Join, PlatformLost, Registered, Unregistered
from tongshi.sim.office import Office
from tongshi.sim.platform import PlatformEvent, Went
from tongshi.sim.profile import Profile
from tongshi.sim.quirk import Layer
from tongshi.sim.quirks import NONE, QUIRKS, Quirks
from tongshi.sim.recorder import recorder_profile
from tongshi.sim.scene import Shot, Studio
from tongshi.sim.witness import Witness

pytestmark = pytest.mark.network

PLATFORM_ID = "34020000002000000001"
DEVICE = "34020000001320000001"
CHANNEL = "34020000001310000001"
# Fifty frames a second only so that the tests take half the time.
SMALL = Shot(view="orbits", title="TEST", width=320, height=180, fps=50, gop=20, bitrate=300_000)
PATIENCE = Patience(retry=0.3, spread=0.0)


class Scene:
    """One camera at one platform."""

    def __init__(self, office: Office, studio: Studio) -> None:
        self.office = office
        self.studio = studio
        self.camera: Camera
        self.events: list[DeviceEvent] = []

    async def until(self, done: Callable[[], object], seconds: float = 15.0) -> None:
        """Wait until *done*; the time-out is for defects only."""
        for _ in range(round(seconds / 0.01)):
            if done():
                return
            await asyncio.sleep(0.01)
        raise TimeoutError

    async def call(
        self, setup: Setup | None = None, stream: int | None = None, channel: str = CHANNEL
    ) -> tuple[Caller, Witness]:
        device_id = self.camera.profile.device_id
        return await self.office.call(device_id, channel, setup=setup, stream=stream)

    async def frames(self, witness: Witness, count: int) -> list[int | None]:
        """Return the counters of the pictures once there are *count*."""
        await self.until(lambda: len(witness.pictures) >= count)
        return witness.counters()

    async def catalog(self) -> Gathered[Item]:
        device_id = self.camera.profile.device_id
        self.office.query(device_id)
        await self.until(lambda: self.office.catalog(device_id))
        gathered = self.office.catalog(device_id)
        assert gathered is not None
        return gathered

    def went(self) -> list[PlatformEvent]:
        return [event for event in self.office.events if isinstance(event, Went)]


@asynccontextmanager
async def scene(
    *,
    quirks: Quirks = NONE,
    tcp: bool = False,
    impairments: Impairments = CLEAN,
    profile: Profile | None = None,
    registered: bool = True,
    keepalive: float = 60.0,
    interval: float = 60.0,
) -> AsyncIterator[Scene]:
    async with Studio() as studio, Office(interval=interval) as office:
        made = Scene(office, studio)
        made.camera = camera = Camera(
            profile or camera_profile(DEVICE, "东门摄像机", SMALL, channel_id=CHANNEL),
            Join(PLATFORM_ID, "secret", patience=PATIENCE, keepalive=keepalive),
            Wiring("127.0.0.1", office.port, tcp, impairments=impairments),
            Depot(studio),
            quirks=quirks,
            on_event=lambda _, event: made.events.append(event),
        )
        await camera.start()
        if registered:
            await made.until(lambda: office.online(camera.profile.device_id))
        try:
            yield made
        finally:
            await camera.stop()


def rises(counters: list[int | None]) -> bool:
    """Whether every picture was read, and each is newer than the one before."""
    return all(a is not None and b is not None and a < b for a, b in pairwise(counters))


def keepalives(at: Scene) -> int:
    peer = at.office.peer(DEVICE)
    return peer.keepalives if peer is not None else 0


def registrations(at: Scene) -> int:
    peer = at.office.peer(DEVICE)
    return peer.registrations if peer is not None else 0


def films(at: Scene) -> list[object]:
    return [reel.film for reel in at.studio.running()]


MEDIA = [
    pytest.param(None, id="udp"),
    pytest.param(Setup.PASSIVE, id="tcp-passive"),
    pytest.param(Setup.ACTIVE, id="tcp-active"),
]


@pytest.mark.clause("9.2.2.1", "C.1", "D")
@pytest.mark.parametrize("signalling", [False, True], ids=["sip-udp", "sip-tcp"])
@pytest.mark.parametrize("setup", MEDIA)
def test_a_look_from_register_to_bye(setup: Setup | None, signalling: bool) -> None:
    async def look() -> None:
        async with scene(tcp=signalling) as at:
            gathered = await at.catalog()
            assert gathered.complete
            assert [item.device_id for item in gathered.items] == [CHANNEL]
            assert gathered.items[0].name == "东门摄像机"
            caller, witness = await at.call(setup)
            counters = await at.frames(witness, 40)
            assert rises(counters)
            # Nothing is lost; each picture brings the sound since the one before, 20 ms of it.
            assert witness.pipeline.figures(0.0).lost == 0
            assert all(len(unit.data) % 160 == 0 for unit in witness.sounds)
            assert witness.pictures[0].key
            outcome = at.office.outcome(caller)
            assert isinstance(outcome, Established)
            assert outcome.answer.ssrc == "0200000007"
            at.office.hang_up(caller)
            await at.until(lambda: isinstance(at.office.outcome(caller), Ended))
            await at.until(lambda: not at.studio.running())
            assert not at.camera.streams

    asyncio.run(look())


def test_who_joins_later_begins_with_the_latest_key_frame() -> None:
    async def look() -> None:
        async with scene() as at:
            _, first = await at.call()
            await at.until(lambda: len(first.pictures) >= 40)
            encoder = films(at)
            _, second = await at.call()
            await at.until(lambda: second.pictures)
            assert second.pictures[0].key
            assert films(at) == encoder
            assert rises(await at.frames(second, 30))
            assert len(at.camera.streams) == 2

    asyncio.run(look())


def test_the_sub_stream_is_smaller() -> None:
    async def look() -> None:
        async with scene() as at:
            _, main = await at.call()
            _, sub = await at.call(stream=1)
            assert rises(await at.frames(sub, 10))
            await at.until(lambda: main.pictures)
            tracks = [witness.pipeline.figures(0.0) for witness in (main, sub)]
            assert [(f.width, f.height) for f in tracks] == [(320, 180), (160, 90)]

    asyncio.run(look())


@pytest.mark.clause("C.1")
def test_h265_plays() -> None:
    profile = recorder_profile("34020000001180000001", "录像机", ["一", "二"], shot=SMALL, h265=1)

    async def look() -> None:
        async with scene(profile=profile) as at:
            assert (await at.catalog()).unique == 2
            last = profile.channels[1].channel_id
            _, witness = await at.call(channel=last, setup=Setup.PASSIVE)
            assert rises(await at.frames(witness, 25))
            assert witness.pictures[0].codec is Codec.H265

    asyncio.run(look())


PLAYABLE = [
    row.name
    for row in QUIRKS.values()
    if row.playable and row.layer in (Layer.SDP, Layer.RTP, Layer.PS)
] + ["provisional-101", "no-contact", "private-contact"]


OVER_TCP = ["no-setup", "dollar-framing", "rtcp-inside", "no-marker", "ssrc-zero"]


@pytest.mark.parametrize(
    ("quirk", "setup"),
    [(name, None) for name in PLAYABLE] + [(name, Setup.PASSIVE) for name in OVER_TCP],
)
def test_quirks_that_must_not_spoil_the_picture(quirk: str, setup: Setup | None) -> None:
    async def look() -> None:
        async with scene(quirks=Quirks.of([quirk])) as at:
            caller, witness = await at.call(setup)
            assert rises(await at.frames(witness, 25))
            at.office.hang_up(caller)
            await at.until(lambda: isinstance(at.office.outcome(caller), Ended))

    asyncio.run(look())


@pytest.mark.parametrize(
    ("quirk", "bytes_in"),
    [
        ("ssrc-zero", b"\0\0\0\0"),
        ("ssrc-other", b"\x0b\xad\xca\xfe"),
        ("other-y", b"\x29\xf6\x08\xf7"),
    ],
)
def test_ssrcs_are_as_the_quirk_says(quirk: str, bytes_in: bytes) -> None:
    async def look() -> None:
        async with scene(quirks=Quirks.of([quirk])) as at:
            _, witness = await at.call()
            await at.until(lambda: witness.datagrams)
            assert witness.datagrams[0][8:].startswith(bytes_in)

    asyncio.run(look())


def test_quirks_change_in_a_running_session() -> None:
    async def look() -> None:
        async with scene() as at:
            _, witness = await at.call()
            await at.until(lambda: len(witness.pictures) > 5)
            at.camera.set_quirks(Quirks.of(["ssrc-zero", "no-psm", "frozen-picture"]))
            before = len(witness.datagrams)
            await at.until(lambda: len(witness.datagrams) > before + 40)
            assert witness.datagrams[-1][8:12] == bytes(4)
            at.camera.set_quirks(Quirks.of(["no-media"]))
            count = at.camera.streams[0].counts.frames
            await asyncio.sleep(0.2)
            assert at.camera.streams[0].counts.frames == count
            at.camera.set_quirks(NONE)
            await at.until(lambda: at.camera.streams[0].counts.frames > count + 5)

    asyncio.run(look())


def test_a_frozen_picture_stands_still() -> None:
    async def look() -> None:
        async with scene(quirks=Quirks.of(["frozen-picture"])) as at:
            _, witness = await at.call()
            counters = await at.frames(witness, 25)
            assert len(set(counters)) == 1
            assert counters[0] is not None

    asyncio.run(look())


def test_loss_and_reordering_are_felt_and_survived() -> None:
    bad = Impairments(loss=0.05, reorder=0.1, reorder_by=0.03, seed=3)

    async def look() -> None:
        async with scene(impairments=bad) as at:
            _, witness = await at.call()
            await at.until(lambda: len(witness.pictures) >= 100)
            figures = witness.pipeline.figures(0.0)
            assert figures.lost > 0
            assert figures.reordered > 0
            assert figures.keys >= 2
            at.camera.impair(CLEAN)
            assert at.camera.wiring.impairments is CLEAN

    asyncio.run(look())


@pytest.mark.parametrize(("quirk", "status"), [("refuse-invite", 486), ("ignore-invite", None)])
def test_invites_are_refused_or_ignored(quirk: str, status: int | None) -> None:
    async def look() -> None:
        async with scene(quirks=Quirks.of([quirk])) as at:
            offered = asyncio.ensure_future(at.call())
            if status is None:
                await asyncio.sleep(0.3)
                assert not at.camera.streams
                offered.cancel()
                return
            caller, _ = await offered
            outcome = at.office.outcome(caller)
            assert isinstance(outcome, Failed)
            assert outcome.status == status

    asyncio.run(look())


def test_no_media_means_none() -> None:
    async def look() -> None:
        async with scene(quirks=Quirks.of(["no-media"])) as at:
            caller, witness = await at.call()
            assert isinstance(at.office.outcome(caller), Established)
            await asyncio.sleep(0.3)
            assert not witness.datagrams

    asyncio.run(look())


def test_an_unknown_channel_is_not_found() -> None:
    async def look() -> None:
        async with scene() as at:
            caller, _ = await at.call(channel="34020000001319999999")
            outcome = at.office.outcome(caller)
            assert isinstance(outcome, Failed)
            assert outcome.status == 404

    asyncio.run(look())


def test_a_viewer_that_hangs_up_tcp_ends_the_session() -> None:
    async def look() -> None:
        async with scene() as at:
            caller, witness = await at.call(setup=Setup.PASSIVE)
            await at.until(lambda: witness.pictures)
            witness.hang_up()
            await at.until(lambda: isinstance(at.office.outcome(caller), Ended))
            assert not at.camera.streams

    asyncio.run(look())


def test_a_killed_camera_is_missed() -> None:
    async def look() -> None:
        async with scene(keepalive=0.1, interval=0.1) as at:
            _, witness = await at.call()
            await at.until(lambda: witness.pictures)
            at.camera.kill()
            await at.until(lambda: at.went())
            assert at.went() == [Went(DEVICE, "keepalive")]
            assert any(isinstance(event, Died) for event in at.events)
            assert not at.camera.streams

    asyncio.run(look())


def test_a_wrong_password_is_refused() -> None:
    async def look() -> None:
        quirks = Quirks.of(["wrong-password"])
        async with scene(quirks=quirks, registered=False) as at:
            await at.until(lambda: at.events)
            assert at.events[0] == Unregistered(403, "Forbidden")
            at.camera.set_quirks(NONE)
            await at.until(lambda: at.camera.device.registered)

    asyncio.run(look())


@pytest.mark.parametrize("quirks", [NONE, Quirks.of(["keepalive-only"])])
def test_a_cut_connection_comes_back(quirks: Quirks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tongshi.sim.camera.RECONNECT_S", 0.05)

    async def look() -> None:
        async with scene(tcp=True, quirks=quirks, keepalive=0.2) as at:
            await at.until(lambda: keepalives(at) > 0)
            before = registrations(at)
            at.camera.drop_connection()
            await at.until(lambda: at.went())
            await at.until(lambda: at.office.online(DEVICE))
            after = registrations(at)
            assert after > before
            assert any(isinstance(event, Registered) for event in at.events)

    asyncio.run(look())


def test_a_platform_that_ends_is_noticed() -> None:
    async def look() -> None:
        async with scene(keepalive=0.05) as at:
            await at.until(lambda: keepalives(at) > 1)
            at.office.platform.peers.clear()
            await at.until(lambda: at.office.online(DEVICE))
            assert any(isinstance(event, PlatformLost) for event in at.events)

    asyncio.run(look())


def test_our_own_address_is_the_one_that_faces_the_peer() -> None:
    assert facing("127.0.0.1", 5060) == "127.0.0.1"

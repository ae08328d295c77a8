"""What one device can be told to do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tongshi.errors import Invalid
from tongshi.gb28181.manscdp import AlarmNotify, MobilePosition, VideoUploadNotify
from tongshi.sim.archive import Plan
from tongshi.sim.camera import Camera, Wiring
from tongshi.sim.depot import Depot
from tongshi.sim.film import Shot
from tongshi.sim.join import Join
from tongshi.sim.office import Office
from tongshi.sim.orders import carry_out, counts_of, digest, heard_by, state_of, total_of
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.scene import Studio

pytestmark = pytest.mark.network

PLATFORM = "34020000002000000001"
DEVICE, CHANNEL = "34020000001320000001", "34020000001310000001"
ALARM = "34020000001340000001"
BEGIN = 1_700_000_000
TAPE = Shot(view="orbits", width=80, height=40, fps=5, gop=5, bitrate=30_000, sound=False)


class Scene:
    def __init__(self, office: Office, studio: Studio, camera: Camera) -> None:
        self.office = office
        self.studio = studio
        self.camera = camera

    def do(self, what: str, **order: object) -> dict[str, Any] | None:
        return carry_out(self.camera, {"do": what, **order})

    async def until(self, done: Callable[[], object], seconds: float = 20.0) -> None:
        for _ in range(round(seconds / 0.01)):
            if done():
                return
            await asyncio.sleep(0.01)
        raise TimeoutError


@asynccontextmanager
async def scene(*, tcp: bool = False, placed: bool = True) -> AsyncIterator[Scene]:
    place = (118.4, 31.3) if placed else (None, None)
    channel = Channel(
        CHANNEL, "门", tape=TAPE, plan=Plan(days=4000), longitude=place[0], latitude=place[1]
    )
    profile = Profile(DEVICE, "机", (channel,), alarms=(ALARM,) if placed else (), cards=(100,))
    async with Studio() as studio, Office() as office:
        join = Join(PLATFORM, "secret")
        camera = Camera(profile, join, Wiring("127.0.0.1", office.port, tcp), Depot(studio))
        await camera.start()
        made = Scene(office, studio, camera)
        await made.until(lambda: office.online(DEVICE))
        try:
            yield made
        finally:
            await camera.stop()


def test_things_happen_and_are_counted() -> None:
    async def work() -> None:
        async with scene() as at:
            at.do("alarm", method=2, priority=1, kind=1, event=2, text="破坏")
            at.do("alarm", target=CHANNEL)
            at.do("move", points=[[118, 31], [118.1, 31]], speed=36)
            at.do("position")
            at.do("video")
            at.do("change", changes=[[CHANNEL, "OFF"]])
            async with asyncio.timeout(20):
                alarm = await at.office.told(AlarmNotify)
                await at.office.told(MobilePosition)
                offered = await at.office.told(VideoUploadNotify)
            assert (alarm.device_id, alarm.method, alarm.description) == (ALARM, 2, "破坏")
            assert offered.longitude is not None
            await at.until(lambda: counts_of(at.camera)["position"]["acknowledged"] == 1)
            told = at.do("counts")
            assert told is not None
            assert told["counts"]["alarm"]["raised"] == 2
            assert told["counts"]["keepalive"]["sent"] == 1
            assert total_of([told, told, None])["alarm"]["raised"] == 4
            state = at.do("state")
            assert state is not None
            assert state["guards"][ALARM] == {"on": False, "alarm": True}
            assert state["channels"][CHANNEL]["state"] == "OFF"
            assert state_of(at.camera)["cards"] == [{"free": 60, "progress": None}]
            assert at.do("heard") == heard_by(at.camera)

    asyncio.run(work())


def test_presence_is_disturbed() -> None:
    async def work() -> None:
        async with scene() as at:
            port = at.camera.device.contact[1]
            at.do("rebind")
            assert at.camera.device.contact[1] != port
            at.do("keepalive", fault="error")
            assert at.camera.device.presence.faulty == (CHANNEL,)
            at.do("keepalive", fault="mute")
            assert at.camera.device.presence.muted
            at.do("keepalive", fault="none")
            at.do("quirks", quirks=["port-hops=0.05"])
            port = at.camera.device.contact[1]
            await at.until(lambda: at.camera.device.contact[1] != port)
            at.do("quirks", quirks=[])
            at.do("impair", impairments="loss=0.5")
            at.do("password", word="wrong")
            await at.until(lambda: not at.camera.device.registered)
            at.do("password", word="secret")
            await at.until(lambda: at.camera.device.registered)
            at.do("vanish", seconds=0.1)
            assert not at.camera.device.registered
            await at.until(lambda: at.camera.device.registered)
            at.do("reboot")
            at.do("kill")
            assert at.camera.device.silent

    asyncio.run(work())


def test_over_tcp_the_connection_goes_too() -> None:
    async def work() -> None:
        async with scene(tcp=True) as at:
            at.do("rebind")
            at.do("vanish", seconds=0.1)
            await at.until(lambda: not at.office.online(DEVICE))
            await at.until(lambda: at.office.online(DEVICE))
            at.do("drop")

    asyncio.run(work())


def test_digests_are_offered() -> None:
    async def work() -> None:
        async with scene() as at:
            order = {"channel": CHANNEL, "since": BEGIN, "until": BEGIN + 3}
            told = await digest(at.camera, at.studio.vault, order)
            assert (told["frames"], told["device"]) == (15, DEVICE)
            for wrong in ({"channel": "nobody", "since": 1, "until": 2}, {"channel": CHANNEL}):
                with pytest.raises(Invalid):
                    await digest(at.camera, at.studio.vault, wrong)

    asyncio.run(work())


@pytest.mark.parametrize(
    "order",
    [
        {"do": "sing"},
        {"do": "alarm", "target": "nobody"},
        {"do": "alarm", "target": 7},
        {"do": "alarm", "method": "two"},
        {"do": "move", "points": [], "speed": 1},
        {"do": "move", "points": [[1]], "speed": 1},
        {"do": "change", "changes": [[CHANNEL, "GONE"]]},
        {"do": "vanish", "seconds": "long"},
    ],
)
def test_what_is_no_order_is_refused(order: dict[str, Any]) -> None:
    async def work() -> None:
        async with scene(placed=False) as at:
            with pytest.raises(Invalid):
                carry_out(at.camera, order)
            at.do("alarm")
            at.do("video")
            async with asyncio.timeout(20):
                assert (await at.office.told(AlarmNotify)).device_id == DEVICE
                assert (await at.office.told(VideoUploadNotify)).longitude is None

    asyncio.run(work())

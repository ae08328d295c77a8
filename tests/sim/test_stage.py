"""What a device's pictures show: key frames on demand, and where a head points."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tongshi.gb28181 import ptz
from tongshi.gb28181.manscdp import DeviceControl, KeyFrameCmd, PtzCmd, PtzPrecise
from tongshi.gb28181.ptz import Move
from tongshi.sim.camera import Camera, Wiring
from tongshi.sim.depot import Depot
from tongshi.sim.film import Shot
from tongshi.sim.head import Doing
from tongshi.sim.join import Join
from tongshi.sim.office import Office
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.scene import Studio

pytestmark = pytest.mark.network

PLATFORM = "34020000002000000001"
DEVICE, CHANNEL = "34020000001320000001", "34020000001310000001"
SLOW = Shot(view="orbits", title="DOME", width=160, height=90, fps=25, gop=500, bitrate=100_000)


class Scene:
    def __init__(self, office: Office, studio: Studio, camera: Camera) -> None:
        self.office = office
        self.studio = studio
        self.camera = camera

    async def until(self, done: Callable[[], object], seconds: float = 20.0) -> None:
        for _ in range(round(seconds / 0.01)):
            if done():
                return
            await asyncio.sleep(0.01)
        raise TimeoutError


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    profile = Profile(DEVICE, "球机", (Channel(CHANNEL, "门", SLOW, ptz_type=1),))
    async with Studio() as studio, Office() as office:
        camera = Camera(
            profile, Join(PLATFORM, "secret"), Wiring("127.0.0.1", office.port), Depot(studio)
        )
        await camera.start()
        made = Scene(office, studio, camera)
        await made.until(lambda: office.online(DEVICE))
        try:
            yield made
        finally:
            await camera.stop()


@pytest.mark.clause("A.2.3.1.7")
def test_a_key_frame_comes_when_it_is_asked_for() -> None:
    async def work() -> None:
        async with scene() as at:
            at.camera.stage.want_key(CHANNEL)
            at.camera.stage.want_key("nobody")
            _, witness = await at.office.call(DEVICE, CHANNEL)
            await at.until(lambda: len(witness.pictures) > 5)
            assert sum(unit.key for unit in witness.pictures) == 1
            at.office.send(DEVICE, DeviceControl(1, CHANNEL, KeyFrameCmd("Send")))
            await at.until(lambda: sum(unit.key for unit in witness.pictures) == 2)
            assert None not in witness.counters()

    asyncio.run(work())


@pytest.mark.clause("A.2.3.1.11")
def test_the_caption_tells_where_the_head_points() -> None:
    async def work() -> None:
        async with scene() as at:
            _, witness = await at.office.call(DEVICE, CHANNEL)
            await at.until(lambda: witness.pictures)
            at.office.send(DEVICE, DeviceControl(1, CHANNEL, PtzPrecise(30.0, 10.0, 2.0)))
            [stream] = at.camera.streams
            await at.until(lambda: stream.shot.title == "P30 T10 Z2.0")
            count = len(witness.pictures)
            await at.until(lambda: len(witness.pictures) > count + 5)
            at.office.send(DEVICE, DeviceControl(2, CHANNEL, PtzCmd(Move(pan=255))))
            part = at.camera.device.body.part(CHANNEL)
            assert part is not None
            await at.until(lambda: part.head.doing is Doing.DRIVEN)
            at.office.send(DEVICE, DeviceControl(3, CHANNEL, PtzCmd(ptz.Stop())))
            await at.until(lambda: stream.shot.title not in ("DOME", "P30 T10 Z2.0"))

    asyncio.run(work())

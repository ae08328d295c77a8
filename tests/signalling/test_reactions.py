"""What follows from what is told; a whole device in memory that comes and goes."""

import asyncio

from tongshi.signalling.event import (
    CatalogGathered,
    DeviceDescribed,
    DevicePresence,
    DeviceRestarted,
    PartsFaulty,
    Presence,
    Why,
)
from tongshi.testing.unplugged import CAMERA, CHANNELS, Camera, Unplugged, visit


def gathered(platform: Unplugged) -> int:
    return len([event for event in platform.heard if isinstance(event, CatalogGathered)])


def test_who_comes_online_is_asked_once() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        assert gathered(platform) == 1
        assert len([one for one in platform.heard if isinstance(one, DeviceDescribed)]) == 1

    visit(work)


def test_who_began_anew_or_has_other_faulty_parts_is_asked_again() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        at = platform.clock.wall()
        platform._emit(DeviceRestarted(CAMERA, "for this test", at))
        await asyncio.sleep(20)
        assert gathered(platform) == 2
        platform._emit(PartsFaulty(CAMERA, (CHANNELS[0],), at))
        await asyncio.sleep(20)
        assert gathered(platform) == 3

    visit(work)


def test_what_it_sent_ends_when_it_is_offline() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        session = await platform.sessions.open(CAMERA, CHANNELS[0])
        camera.device.kill()
        assert await session.ended() == "offline"
        told = [event for event in platform.heard if isinstance(event, DevicePresence)]
        assert (told[-1].state, told[-1].why) == (Presence.OFFLINE, Why.MISSED)

    visit(work)

"""Cameras that a killed process left moving: stopped once, when their devices are heard."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tongshi.access.register import Action, Look
from tongshi.app.aftermath import AT_ONCE, Aftermath
from tongshi.errors import PeerSilent
from tongshi.signalling.event import DevicePresence, DevicesSeen, Presence, Why

RECORDER, CAMERA = "34020000001180000001", "34020000001320000009"


def steering(device_id: str, channel_id: str) -> Look:
    return Look(
        1,
        "王",
        "处",
        Action.CONTROL,
        device_id,
        channel_id,
        "门",
        "patrol",
        1.0,
        "",
        "",
        what="steer",
    )


def heard(device_id: str, state: Presence = Presence.ONLINE) -> DevicePresence:
    return DevicePresence(device_id, state, Why.KEEPALIVE, 2.0, 2.0)


class Wire:
    """Takes the stops.  most: how many were under way at once.  silent: channels that take none."""

    def __init__(self, left: list[Look]) -> None:
        self.stops: list[str] = []
        self.silent: set[str] = set()
        self.open = asyncio.Event()
        self.under_way = self.most = 0
        self.aftermath = Aftermath(left, self.stop)

    async def stop(self, look: Look) -> None:
        self.stops.append(look.channel_id)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.open.wait()
        self.under_way -= 1
        if look.channel_id in self.silent:
            raise PeerSilent("no", timer="F", stage="query")


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


def with_wire(left: list[Look], work: Callable[[Wire], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        wire = Wire(left)
        try:
            await work(wire)
        finally:
            await wire.aftermath.stop()

    asyncio.run(main())


def test_each_camera_is_stopped_once_when_its_device_is_heard() -> None:
    left = [steering(RECORDER, "c1"), steering(RECORDER, "c2"), steering(CAMERA, CAMERA)]

    async def work(wire: Wire) -> None:
        wire.open.set()
        wire.aftermath.take(DevicesSeen({RECORDER: 1.0}))
        wire.aftermath.take(heard(RECORDER, Presence.OFFLINE))
        await settle()
        assert (wire.stops, len(wire.aftermath)) == ([], 3)
        for _ in range(2):
            wire.aftermath.take(heard(RECORDER))
            await settle()
        assert sorted(wire.stops) == ["c1", "c2"]
        assert wire.aftermath.figures() == {"left": 1, "stopped": 2, "failed": 0}

    with_wire(left, work)


def test_one_that_does_not_take_it_is_not_told_again() -> None:
    async def work(wire: Wire) -> None:
        wire.silent.add("c1")
        wire.open.set()
        for state in (Presence.ONLINE, Presence.OFFLINE, Presence.ONLINE):
            wire.aftermath.take(heard(RECORDER, state))
            await settle()
        assert wire.stops == ["c1"]
        assert wire.aftermath.figures() == {"left": 0, "stopped": 0, "failed": 1}

    with_wire([steering(RECORDER, "c1")], work)


def test_many_that_come_back_together_are_told_a_few_at_a_time() -> None:
    left = [steering(RECORDER, f"c{number}") for number in range(3 * AT_ONCE)]

    async def work(wire: Wire) -> None:
        wire.aftermath.take(heard(RECORDER))
        await settle()
        assert (wire.most, len(wire.stops)) == (AT_ONCE, AT_ONCE)
        wire.open.set()
        await settle()
        assert (wire.most, len(wire.stops)) == (AT_ONCE, 3 * AT_ONCE)

    with_wire(left, work)

"""Notices and subscriptions together: who is handed what, and what is asked instead."""

import asyncio

from tongshi.gb28181.manscdp import AlarmNotify, PtzPositionAnswer
from tongshi.gb28181.subscription import Subject
from tongshi.signalling.event import CatalogGathered, PtzReported
from tongshi.signalling.unasked import Unasked
from tongshi.testing.unplugged import CAMERA, CHANNELS, Camera, Unplugged, visit


def test_reception_hands_over_both_kinds() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        assert platform.reception.takers[AlarmNotify] == platform.notices.take
        assert platform.subscriptions.claim in platform.reception.in_dialog

    visit(work)


def test_what_cannot_be_subscribed_to_is_asked_for() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        async def position(device_id: str, channel_id: str) -> PtzPositionAnswer:
            return PtzPositionAnswer(1, channel_id, pan=12.0)

        Unasked(platform.notices, platform.subscriptions).poll(platform.queries, position)
        before = gathered(platform)
        await platform.subscriptions.pollers[Subject.PTZ](CAMERA, CHANNELS[0])
        [told] = [event for event in platform.heard if isinstance(event, PtzReported)]
        assert (told.channel_id, told.position.pan) == (CHANNELS[0], 12.0)
        await platform.subscriptions.pollers[Subject.CATALOG](CAMERA, "")
        await asyncio.sleep(1)
        assert gathered(platform) == before + 1

    visit(work)


def gathered(platform: Unplugged) -> int:
    return len([event for event in platform.heard if isinstance(event, CatalogGathered)])


def test_both_are_counted() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        platform.notices.counters["position"] += 3
        figures = Unasked(platform.notices, platform.subscriptions).figures()
        assert figures["notices.position"] == 3
        assert figures["subscriptions.active"] == 0

    visit(work)

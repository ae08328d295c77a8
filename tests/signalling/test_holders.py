"""Sessions, histories and talks of one platform, ended and counted together."""

import asyncio
from dataclasses import replace

import pytest

from tongshi.gb28181.manscdp import BroadcastAnswer, MediaStatus
from tongshi.testing.unplugged import CAMERA, CHANNELS, PROFILE, Camera, Unplugged, visit

OUTPUT = "34020000001370000001"
SPEAKER = replace(PROFILE, voice=OUTPUT)


def test_reception_hands_over_what_belongs_to_them() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        takers = platform.reception.takers
        assert takers[MediaStatus] == platform.histories.take
        assert takers[BroadcastAnswer] == platform.talks.answered
        assert platform.reception.invited == platform.talks.invited

    visit(work)


@pytest.mark.parametrize("closes", [True, False], ids=["closed", "offline"])
def test_all_of_them_end_with_what_holds_them(closes: bool) -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        session = await platform.sessions.open(CAMERA, CHANNELS[0])
        talk = await platform.talks.open(CAMERA, CHANNELS[1], output=OUTPUT)
        figures = platform._holders.figures()
        assert (figures["sessions.open"], figures["sessions.ssrcs"] > 0) == (1, True)
        assert (figures["sessions.opened"], figures["talks.opened"]) == (1, 1)
        if closes:
            await platform._holders.close()
        else:
            platform._holders.end_device(CAMERA)
        why = "stopped" if closes else "offline"
        assert (await session.ended(), await talk.ended()) == (why, why)
        await asyncio.sleep(10)
        assert platform._holders.figures()["sessions.ssrcs"] == 0
        assert platform.engine.leased_ports() == 0

    visit(work, profile=SPEAKER)


def test_leases_that_somebody_holds_stay() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        talk = await platform.talks.open(CAMERA, CHANNELS[0], output=OUTPUT)
        for _ in range(3):
            platform._holders.reconcile()
            assert platform.sessions.leased_ssrcs() == 1
        await platform.talks.close(talk)
        assert platform.sessions.leased_ssrcs() == 0

    visit(work, "talk-by-invite", profile=SPEAKER, hand={"talk_by_invite": "true"})

"""Requests and emergencies by time alone, over a real store."""

import asyncio
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from tongshi.api.feed import Feed
from tongshi.app.desk import Desk, Round, open_desk
from tongshi.approvals.content import Place
from tongshi.approvals.glass import Emergency
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.settings import ApprovalSettings, NodeSettings, Settings
from tongshi.testing.house import ADDRESS, CAMERAS, DEVICE, HOUR, ask_of, furnish


def test_a_desk_is_built_from_the_settings(tmp_path: Path, engine: Engine, writer: Writer) -> None:
    clock = ManualClock()
    settings = Settings(
        node=NodeSettings(data=str(tmp_path)),
        approvals=ApprovalSettings(glass_minutes=5, glass_cameras=1, review=2, glass_footage=3),
    )
    rights = furnish(engine, writer, clock).rights
    desk = open_desk(settings, engine, writer, clock, rights)
    limits = desk.emergencies.limits
    assert (limits.minutes, limits.cameras) == (5, 1)
    assert (limits.review, limits.footage) == (2 * HOUR, 3 * HOUR)
    assert "patrol" in desk.purposes.known


def test_what_expires_and_what_is_overdue_is_told_once(engine: Engine, writer: Writer) -> None:
    house = furnish(engine, writer, ManualClock(unix=1_800_000_000.0))
    desk = Desk(house.purposes, house.approvals, house.emergencies)
    why = Emergency("alarm", "110-7", "missing", (Place(DEVICE, CAMERAS[0]),), 15)
    house.approvals.submit(house["asker"], ADDRESS, replace(ask_of(), lasts=HOUR))
    house.emergencies.smash(house["asker"], ADDRESS, why)

    async def run() -> list[tuple[str, object]]:
        feed = Feed("boot")
        turns = Round(desk, feed)
        reader = feed.join(lambda _: False, person_id=house.people["asker"])
        await turns.turn()
        house.wait(24 * HOUR)
        await turns.turn()
        await turns.turn()
        notices = await reader.take(0)
        assert notices is not None
        await turns.stop()
        return [(notice.topic, notice.body["state"]) for notice in notices]

    assert asyncio.run(run()) == [("request", "expired"), ("glass", "overdue")]
    assert house.acts().count("request.expired") == 1
    assert house.acts().count("break-glass.overdue") == 1

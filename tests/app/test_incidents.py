"""From what a device tells to the store and the pages, and resets of alarms as they come."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tongshi.access.scope import EVERYTHING
from tongshi.alarms.alarm import Act, Query
from tongshi.alarms.service import Alarms
from tongshi.api.feed import Feed
from tongshi.app import incidents as module
from tongshi.app.incidents import Incidents, report_of
from tongshi.clock import ManualClock
from tongshi.db.connect import connect, store_url
from tongshi.db.migrate import upgrade
from tongshi.db.writer import Writer
from tongshi.errors import PeerSilent
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.date import read_date
from tongshi.gb28181.manscdp import AlarmCmd, AlarmNotify, Position
from tongshi.registry.entry import CatalogStanding, CatalogState
from tongshi.registry.position import Query as Where
from tongshi.registry.positions.service import Positions
from tongshi.registry.service import Registry
from tongshi.signalling.event import (
    AlarmRaised,
    CatalogChanged,
    PartsFaulty,
    PositionReported,
    VideoOffered,
)

DEVICE = "34020000001180000001"
CAMERA = "34020000001310000001"
ALARM = AlarmNotify(1, CAMERA, 1, 2, "2024-05-06T07:08:09", "lost", 0.0, 31.8, 1)
RAISED = AlarmRaised(DEVICE, ALARM, 100.0)


class Desk:
    """Incidents over a real store, and one page that listens."""

    def __init__(self, folder: Path, *, reset: bool = False) -> None:
        store = connect(store_url("", folder))
        upgrade(store)
        clock = ManualClock(unix=1000.0)
        self.writer = Writer(store, flush=0.02)
        self.registry = Registry(store, self.writer)
        self.alarms = Alarms(store, self.writer, clock)
        self.positions = Positions(store, self.writer, clock, days=30)
        self.feed = Feed("boot")
        self.page = self.feed.join(lambda _: True)
        self.asked: list[str] = []
        self.orders: list[tuple[str, str]] = []
        self.silent = False
        self.held: asyncio.Event | None = None
        self.incidents = Incidents(
            self.alarms,
            self.positions,
            self.registry,
            self.feed,
            self.asked.append,
            self.reset if reset else None,
        )

    async def reset(self, device_id: str, channel_id: str, command: AlarmCmd) -> None:
        self.orders.append((device_id, channel_id))
        if self.held is not None:
            await self.held.wait()
        if self.silent:
            raise PeerSilent("no", timer="F", stage="query")

    async def flush(self) -> None:
        await asyncio.to_thread(self.writer.flush)
        await asyncio.sleep(0)

    async def topics(self) -> list[str]:
        return [notice.topic for notice in await self.page.take(1.0) or []]

    async def until(self, holds: Callable[[], bool]) -> None:
        for _ in range(1000):
            if holds():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it never came to that")


def with_desk(
    folder: Path, work: Callable[[Desk], Coroutine[Any, Any, None]], *, reset: bool = False
) -> None:
    async def main() -> None:
        desk = Desk(folder, reset=reset)
        desk.incidents.start()
        try:
            await work(desk)
        finally:
            await desk.incidents.stop()
            desk.registry.close()
            desk.writer.close()

    asyncio.run(main())


def test_an_alarm_is_on_the_list_when_pages_hear_of_it(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        desk.incidents.take(RAISED)
        assert await desk.topics() == ["alarm"]
        (alarm,) = desk.alarms.page(EVERYTHING, Query()).rows
        assert alarm.report.at == read_date("2024-05-06T07:08:09")
        assert alarm.report.longitude is None  # 0 means unknown
        assert desk.incidents.figures()["alarms.recorded"] == 1

    with_desk(tmp_path, work)


def test_what_is_kept_of_an_alarm() -> None:
    report = report_of(AlarmRaised(DEVICE, AlarmNotify(1, ""), 100.0))
    assert (report.device_id, report.channel_id, report.at) == (DEVICE, DEVICE, None)
    report = report_of(AlarmRaised(DEVICE, AlarmNotify(1, CAMERA, longitude=1.0, latitude=2.0), 9))
    assert (report.channel_id, report.longitude, report.latitude) == (CAMERA, 1.0, 2.0)


def test_positions_that_are_known(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        items = (
            Position(CAMERA, "2024-05-06T07:08:09", 117.1, 31.8, speed=60.0),
            Position(CAMERA, "", 0.0, 0.0),
            Position("", "", 117.2, 31.9),
            Position("", "", None, 31.9),
        )
        desk.incidents.take(PositionReported(DEVICE, items, "position", 100.0))
        assert await desk.topics() == ["position", "position"]
        await desk.flush()
        rows = desk.positions.latest(EVERYTHING, Where()).rows
        assert {(row.channel_id, row.speed) for row in rows} == {(CAMERA, 60.0), (DEVICE, None)}
        assert desk.incidents.counters["position unknown"] == 2

    with_desk(tmp_path, work)


def test_changes_of_a_catalog_and_faulty_parts(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        standing = CatalogStanding(CatalogState.COMPLETE, 1, 1, at=1.0)
        item = Item(device_id=CAMERA, name="c", parent_id=DEVICE, status="ON")
        desk.registry.merge_catalog(DEVICE, [item], standing)
        desk.incidents.take(PartsFaulty(DEVICE, (CAMERA,), 50.0))
        assert await desk.topics() == ["catalog"]
        channel = desk.registry.channel(EVERYTHING, DEVICE, CAMERA)
        assert channel.changed_at == 50.0
        changed = Item(device_id=CAMERA, event="UPDATE", name="new")
        desk.incidents.take(CatalogChanged(DEVICE, (changed,), 60.0))
        await desk.until(lambda: desk.registry.channel(EVERYTHING, DEVICE, CAMERA).name == "new")
        assert desk.asked == []
        desk.registry.changes._limit = 0
        desk.incidents.take(CatalogChanged(DEVICE, (changed,), 70.0))
        assert desk.asked == [DEVICE]
        desk.incidents.take(VideoOffered(DEVICE, CAMERA, 70.0))

    with_desk(tmp_path, work)


@pytest.mark.clause("A.2.5.3", "A.2.3.1.6")
def test_an_alarm_of_a_device_is_reset_where_that_is_set(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        desk.incidents.take(RAISED)
        other = AlarmNotify(2, CAMERA, 1, 5, "2024-05-06T07:08:09")
        desk.incidents.take(AlarmRaised(DEVICE, other, 100.0))
        await desk.until(lambda: desk.incidents.counters["reset"] == 1)
        assert desk.orders == [(DEVICE, CAMERA)]
        (step,) = desk.alarms.steps(EVERYTHING, 1)
        assert (step.handling.act, step.handling.person_id) == (Act.RESET, 0)
        desk.silent = True
        desk.incidents.take(AlarmRaised(DEVICE, ALARM, 200.0))
        await desk.until(lambda: desk.incidents.counters["reset failed"] == 1)
        assert desk.alarms.steps(EVERYTHING, 3) == ()

    with_desk(tmp_path, work, reset=True)


def test_too_many_resets_wait_for_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(desk: Desk) -> None:
        monkeypatch.setattr(module, "RESETS", 0)
        desk.incidents.take(RAISED)
        await desk.until(lambda: desk.incidents.counters["reset left"] == 1)
        assert desk.orders == []

    with_desk(tmp_path, work, reset=True)


def test_a_silent_device_holds_up_its_own_resets_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(desk: Desk) -> None:
        monkeypatch.setattr(module, "RESETS_EACH", 2)
        desk.held = asyncio.Event()
        for number in range(5):
            alarm = AlarmNotify(number, f"c{number}", 1, 2, "2024-05-06T07:08:09")
            desk.incidents.take(AlarmRaised(DEVICE, alarm, 100.0))
        other = AlarmNotify(9, CAMERA, 1, 2, "2024-05-06T07:08:09")
        desk.incidents.take(AlarmRaised("other", other, 100.0))
        await desk.until(lambda: desk.incidents.counters["reset left"] == 3)
        await desk.until(lambda: ("other", CAMERA) in desk.orders)
        desk.held.set()
        await desk.until(lambda: desk.incidents.counters["reset"] == 3)
        assert desk.incidents._resetting == {}

    with_desk(tmp_path, work, reset=True)


def test_old_positions_are_pruned(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        old = PositionReported(DEVICE, (Position("", "", 117.2, 31.9),), "position", -(10.0**7))
        desk.incidents.take(old)
        await desk.flush()
        await desk.incidents._prune()
        assert desk.positions.reports(EVERYTHING, Where()).total == 0
        assert desk.positions.latest(EVERYTHING, Where()).total == 1

    with_desk(tmp_path, work)


def test_what_is_told_is_kept_for_as_long_as_is_said(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        desk.incidents.take(RAISED)
        await desk.flush()
        assert desk.alarms.page(EVERYTHING, Query()).total == 1
        later = ManualClock(unix=300_000.0)
        desk.alarms._clock = later
        await desk.incidents._prune()
        assert desk.alarms.page(EVERYTHING, Query()).total == 1  # for good
        desk.incidents._keep = module.Keep(alarms=1.0, changes=1.0, wall=later.wall)
        await desk.incidents._prune()
        assert desk.alarms.page(EVERYTHING, Query()).total == 0

    with_desk(tmp_path, work)

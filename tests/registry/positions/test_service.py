"""Positions recorded without waiting, kept for a while."""

import threading

import pytest
from sqlalchemy import Connection, Engine

from tongshi.access.scope import EVERYTHING
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.registry.position import Query, Report
from tongshi.registry.positions import service as module
from tongshi.registry.positions.service import Positions


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(unix=1000.0)


def report(at: float, device_id: str = "bus") -> Report:
    return Report(device_id, "front", at, 117.1, 31.8)


def test_the_newest_and_all_of_them(engine: Engine, writer: Writer, clock: ManualClock) -> None:
    positions = Positions(engine, writer, clock, days=30)
    for at in (100.0, 101.0, 102.0):
        positions.record(report(at))
    writer.flush()
    assert positions.latest(EVERYTHING, Query(size=9999)).rows == (report(102.0),)
    page = positions.reports(EVERYTHING, Query(size=2))
    assert (page.total, page.rows) == (3, (report(100.0), report(101.0)))
    assert positions.figures() == {"recorded": 3, "waiting": 0}


def test_none_are_kept_where_that_is_wished(
    engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    positions = Positions(engine, writer, clock, days=0)
    positions.record(report(100.0))
    writer.flush()
    assert positions.latest(EVERYTHING, Query()).total == 1
    assert positions.reports(EVERYTHING, Query()).total == 0


def test_a_store_that_is_slow_drops_what_is_beyond_the_bound_and_counts_it(
    engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    positions = Positions(engine, writer, clock, days=30, limit=3)
    held = threading.Event()

    def hold(_: Connection) -> None:
        held.wait(10)

    writer.flush()
    busy = writer.call(hold)
    for number in range(5):
        positions.record(report(100.0 + number))
    held.set()
    busy.result(10)
    writer.flush()
    assert positions.figures() == {"recorded": 3, "dropped": 2, "waiting": 0}
    assert positions.reports(EVERYTHING, Query()).total == 3
    assert positions.latest(EVERYTHING, Query()).rows == (report(104.0),)


def test_old_ones_are_deleted_in_chunks(
    engine: Engine, writer: Writer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 2)
    positions = Positions(engine, writer, clock, days=1)
    for number in range(5):
        positions.record(report(900.0 + number))
    writer.flush()
    assert positions.prune() == 0
    clock.wind(86_400.0 - 97.5)
    assert positions.prune() == 3
    assert positions.reports(EVERYTHING, Query()).total == 2


def test_a_device_that_invents_channels_keeps_so_many(
    engine: Engine, writer: Writer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHANNELS", 3)
    positions = Positions(engine, writer, clock, days=0)
    for number in range(5):
        positions.record(Report("liar", f"c{number}", 100.0 + number, 117.1, 31.8))
    positions.record(report(50.0))
    writer.flush()
    assert positions.prune() == 2
    rows = positions.latest(EVERYTHING, Query()).rows
    assert {row.channel_id for row in rows} == {"c2", "c3", "c4", "front"}


@pytest.mark.parametrize("days", [0, 30])
def test_newest_positions_that_wait_are_bounded(
    engine: Engine, writer: Writer, clock: ManualClock, days: float
) -> None:
    positions = Positions(engine, writer, clock, days=days, limit=2)
    writer.flush()
    held = threading.Event()

    def hold(_: Connection) -> None:
        held.wait(10)

    busy = writer.call(hold)
    for number in range(4):
        positions.record(Report("liar", f"c{number}", 100.0, 117.1, 31.8))
    positions.record(Report("liar", "c1", 101.0, 117.1, 31.8))
    held.set()
    busy.result(10)
    writer.flush()
    rows = positions.latest(EVERYTHING, Query()).rows
    assert {(row.channel_id, row.received_at) for row in rows} == {("c0", 100.0), ("c1", 101.0)}
    assert positions.figures()["dropped"] >= 2

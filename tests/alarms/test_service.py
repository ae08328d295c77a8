"""Alarms recorded without waiting, handled by people, kept through a store that refuses."""

import threading
from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, text

from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.alarms import service as module
from tongshi.alarms.alarm import Act, Handling, Query, Report, State
from tongshi.alarms.service import Alarms
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Missing

REPORT = Report(
    "recorder", "camera", 100.0, 99.0, 1, 5, 2, None, "motion \0 in \ud800", 117.1, 31.8
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(unix=1000.0)


@pytest.fixture
def alarms(engine: Engine, writer: Writer, clock: ManualClock) -> Alarms:
    return Alarms(engine, writer, clock)


def handling(act: Act, at: float = 200.0, note: str = "seen", to: str = "") -> Handling:
    return Handling(act, 7, "Zhang", at, note, to)


@pytest.mark.clause("9.4.1")
def test_a_report_is_an_alarm_with_the_next_flush(alarms: Alarms, writer: Writer) -> None:
    stored: list[Mapping[int, Report]] = []
    alarms.subscribe(stored.append)
    assert alarms.record(REPORT) == (1, True)
    assert alarms.page(EVERYTHING, Query()).total == 0
    assert stored == []
    writer.flush()
    clean = replace(REPORT, description="motion ? in ?")
    assert stored[-1] == {1: clean}
    page = alarms.page(EVERYTHING, Query())
    (alarm,) = page.rows
    assert (alarm.id, alarm.report, alarm.state) == (1, clean, State.NEW)
    assert (alarm.occurrences, alarm.last_at, alarm.assignee) == (1, 100.0, "")
    assert alarms.read(EVERYTHING, 1) == alarm
    assert alarms.steps(EVERYTHING, 1) == ()
    assert alarms.figures() == {"received": 1, "recorded": 1, "waiting": 0}


def test_what_repeats_an_alarm_is_counted_with_it(alarms: Alarms, writer: Writer) -> None:
    alarms.record(REPORT)
    assert alarms.record(replace(REPORT, received_at=104.0)) == (1, False)
    assert alarms.record(replace(REPORT, received_at=109.0)) == (1, False)
    assert alarms.record(replace(REPORT, received_at=110.0)) == (2, True)
    assert alarms.record(replace(REPORT, received_at=110.0, alarm_type=6)) == (3, True)
    writer.flush()
    assert alarms.record(replace(REPORT, received_at=111.0)) == (2, False)
    writer.flush()
    rows = alarms.page(EVERYTHING, Query()).rows
    assert [(row.id, row.occurrences, row.last_at) for row in rows] == [
        (3, 1, 110.0),
        (2, 2, 111.0),
        (1, 3, 109.0),
    ]


def test_without_a_window_nothing_repeats(
    engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    alarms = Alarms(engine, writer, clock, window=0.0)
    assert [alarms.record(REPORT), alarms.record(REPORT)] == [(1, True), (2, True)]


def test_few_are_remembered(alarms: Alarms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    for number in range(3):
        alarms.record(replace(REPORT, channel_id=f"camera {number}"))
    assert alarms.record(replace(REPORT, channel_id="camera 0")) == (4, True)
    assert alarms.record(replace(REPORT, channel_id="camera 2")) == (3, False)


def test_what_nothing_can_repeat_any_more_is_forgotten(alarms: Alarms) -> None:
    for number in range(50):
        later = replace(
            REPORT, channel_id=f"camera {number}", received_at=REPORT.received_at + number
        )
        alarms.record(later)
    # Ten seconds are the window: the last one, and those up to ten seconds before it.
    assert len(alarms._recent) == 11


def test_numbers_go_on_after_a_restart(
    alarms: Alarms, engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    alarms.record(REPORT)
    writer.flush()
    assert Alarms(engine, writer, clock).record(REPORT) == (2, True)


def test_people_handle_an_alarm_and_each_step_stays(alarms: Alarms, writer: Writer) -> None:
    alarms.record(REPORT)
    writer.flush()
    assert alarms.handle(EVERYTHING, 1, handling(Act.ACKNOWLEDGE)).state is State.ACKNOWLEDGED
    given = alarms.handle(EVERYTHING, 1, handling(Act.ASSIGN, 210.0, to="Li"))
    assert (given.state, given.assignee, given.state_at) == (State.ASSIGNED, "Li", 210.0)
    with pytest.raises(Conflict):
        alarms.handle(EVERYTHING, 1, handling(Act.ACKNOWLEDGE))
    reset = alarms.note_reset(1, 0, "")
    assert (reset.state, reset.reset_at, reset.state_at) == (State.ASSIGNED, 1000.0, 210.0)
    closed = alarms.handle(EVERYTHING, 1, handling(Act.CLOSE, 230.0, "a cat"))
    assert (closed.state, closed.assignee) == (State.CLOSED, "Li")
    steps = [step.handling for step in alarms.steps(EVERYTHING, 1)]
    assert [(step.act, step.person_id, step.note, step.assignee) for step in steps] == [
        (Act.ACKNOWLEDGE, 7, "seen", ""),
        (Act.ASSIGN, 7, "seen", "Li"),
        (Act.RESET, 0, "", ""),
        (Act.CLOSE, 7, "a cat", ""),
    ]
    assert alarms.counts(EVERYTHING)[State.CLOSED] == 1


def test_who_may_not_see_it_learns_nothing(alarms: Alarms, writer: Writer) -> None:
    alarms.record(REPORT)
    writer.flush()
    assert alarms.page(NOTHING, Query()).total == 0
    assert set(alarms.counts(NOTHING).values()) == {0}
    for ask in (alarms.read, alarms.steps):
        with pytest.raises(Missing):
            ask(NOTHING, 1)
    with pytest.raises(Missing):
        alarms.handle(NOTHING, 1, handling(Act.ACKNOWLEDGE))
    with pytest.raises(Missing):
        alarms.read(EVERYTHING, 2)


def test_a_store_that_refuses_loses_nothing_up_to_a_bound_and_counts_the_rest(
    engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    alarms = Alarms(engine, writer, clock, limit=5)
    stored: list[int] = []
    alarms.subscribe(lambda found: stored.extend(found))
    with engine.connect() as holder:
        holder.exec_driver_sql("PRAGMA busy_timeout=1")
        holder.execute(text("SELECT 1"))
        reports = [replace(REPORT, device_id=str(number)) for number in range(8)]
        outcomes = [alarms.record(report) for report in reports]
    assert outcomes[:5] == [(number, True) for number in range(1, 6)]
    assert None in outcomes or len(stored) >= 3  # it may have been flushed in between
    writer.flush()
    figures = alarms.figures()
    assert figures["recorded"] + figures.get("dropped", 0) == 8
    assert alarms.page(EVERYTHING, Query()).total == figures["recorded"] == len(stored)


def test_a_flood_of_one_device_leaves_room_for_others(
    engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    alarms = Alarms(engine, writer, clock, limit=30)
    writer.flush()
    held = threading.Event()

    def hold(_: Connection) -> None:
        held.wait(10)

    busy = writer.call(hold)
    flood = [alarms.record(replace(REPORT, channel_id=str(number))) for number in range(20)]
    other = alarms.record(replace(REPORT, device_id="good"))
    held.set()
    busy.result(10)
    assert flood.count(None) == 17
    assert other == (4, True)
    assert alarms.figures()["dropped"] == 17
    writer.flush()
    assert alarms.record(replace(REPORT, channel_id="later")) == (5, True)


def test_alarms_are_kept_for_so_many_days(
    alarms: Alarms, writer: Writer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 2)
    for at in range(5):
        alarms.record(replace(REPORT, channel_id=f"camera {at}"))
    alarms.record(replace(REPORT, channel_id="camera 9", received_at=100.0 + 86_400))
    writer.flush()
    alarms.handle(EVERYTHING, 1, handling(Act.ACKNOWLEDGE))
    clock.wind(2 * 86_400 - 1000.0)
    assert alarms.prune(0) == 0
    assert alarms.prune(2) == 0
    clock.wind(200.0)
    assert alarms.prune(2) == 5
    (left,) = alarms.page(EVERYTHING, Query()).rows
    assert left.report.channel_id == "camera 9"
    with pytest.raises(Missing):
        alarms.steps(EVERYTHING, 1)

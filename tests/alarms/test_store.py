"""The statements of alarms, each against rows that match and rows that do not."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.alarms import store
from tongshi.alarms.alarm import Act, Handling, Query, Report, State
from tongshi.db.writer import Writer
from tongshi.gb28181.catalog import Item
from tongshi.registry.entry import CatalogStanding, CatalogState, Description
from tongshi.registry.service import Registry

RECORDER = "34020000001180000001"
CAMERA = "34020000001310000001"
REPORT = Report(RECORDER, CAMERA, 100.0, priority=1, method=5, alarm_type=2)
REPORTS = {
    1: REPORT,
    2: replace(REPORT, received_at=200.0, method=2, description="Tamper 50%"),
    3: replace(REPORT, received_at=300.0, device_id="other", channel_id="x", priority=4),
}


@pytest.fixture
def filled(engine: Engine, writer: Writer) -> Engine:
    registry = Registry(engine, writer)
    registry.record_description(Description(RECORDER, 1.0, "物流园"))
    writer.flush()
    items = [Item(device_id=CAMERA, name="东门", parent_id=RECORDER)]
    standing = CatalogStanding(CatalogState.COMPLETE, 1, 1, at=1.0)
    registry.merge_catalog(RECORDER, items, standing)
    registry.close()
    close = Handling(Act.CLOSE, 1, "A", 400.0, "nothing")
    writer.commit(lambda connection: store.add_alarms(connection, REPORTS))
    writer.commit(lambda connection: store.add_step(connection, 3, State.CLOSED, close))
    return engine


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(), [3, 2, 1]),
        (Query(state=State.CLOSED), [3]),
        (Query(open=True), [2, 1]),
        (Query(device_id=RECORDER), [2, 1]),
        (Query(device_id=RECORDER, channel_id="x"), []),
        (Query(channel_id="x"), [3]),
        (Query(method=2), [2]),
        (Query(priority=4), [3]),
        (Query(since=200.0), [3, 2]),
        (Query(until=200.0), [1]),
        (Query(since=150.0, until=250.0, text="50%"), [2]),
        (Query(text="5_%"), []),
        (Query(text="东门"), [2, 1]),
        (Query(text="物流"), [2, 1]),
        (Query(text="othe"), [3]),
        (Query(size=1, number=2), [2]),
    ],
)
def test_pages(filled: Engine, query: Query, found: list[int]) -> None:
    with filled.connect() as connection:
        rows, total = store.page_alarms(connection, EVERYTHING, query)
        assert [row.id for row in rows] == found
        assert total == (3 if query.size == 1 else len(found))
        assert store.page_alarms(connection, NOTHING, query) == ((), 0)


def test_an_alarm_knows_its_camera(filled: Engine) -> None:
    with filled.connect() as connection:
        one = store.read_alarm(connection, EVERYTHING, 1)
        other = store.read_alarm(connection, EVERYTHING, 3)
        assert one is not None
        assert (one.device, one.channel, one.camera) == ("物流园", "东门", True)
        assert other is not None
        assert (other.device, other.channel, other.camera) == ("", "", False)
        assert store.read_alarm(connection, NOTHING, 1) is None
        assert store.read_last_id(connection) == 3
        assert store.count_states(connection, EVERYTHING) == {
            State.NEW: 2,
            State.ACKNOWLEDGED: 0,
            State.ASSIGNED: 0,
            State.CLOSED: 1,
        }


def test_recurrences_add_up(filled: Engine, writer: Writer) -> None:
    more = store.Recurrence(2, 150.0) + store.Recurrence(1, 140.0)
    assert more == store.Recurrence(3, 150.0)
    writer.commit(lambda connection: store.add_recurrences(connection, {1: more}))
    with filled.connect() as connection:
        alarm = store.read_alarm(connection, EVERYTHING, 1)
    assert alarm is not None
    assert (alarm.occurrences, alarm.last_at) == (4, 150.0)


def test_an_empty_store_has_no_last(engine: Engine) -> None:
    with engine.connect() as connection:
        assert store.read_last_id(connection) == 0
        assert store.read_steps(connection, 1) == ()

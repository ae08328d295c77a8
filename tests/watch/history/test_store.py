"""The statements of what accounts did."""

from functools import partial

from tongshi.audit.entry import Outcome
from tongshi.gb28181.catalog import Item
from tongshi.registry.entry import CatalogStanding, CatalogState, Description
from tongshi.registry.service import Registry
from tongshi.testing.deedbook import NOON, Deedbook, steps
from tongshi.watch.history import store
from tongshi.watch.trace import DAY, HOUR, Account, Kind, Source, Trace

RECORDER = "34020000001180000001"
CAMERA = "34020000001310000001"
LI = Account(7)


def test_slices_end_where_they_are_told_to(book: Deedbook) -> None:
    book.look(*steps(3))
    book.look(NOON, person=None)
    book.look(NOON, action="download")
    with book.engine.connect() as connection:
        first, last = store.read_looks(connection, 0, 4)
        assert ([trace.id for trace in first], last) == ([1, 2, 3], 4)
        rest, end = store.read_looks(connection, last, 4)
        assert [(trace.id, trace.kind) for trace in rest] == [(5, Kind.DOWNLOAD)]
        assert store.read_looks(connection, end, 4) == ([], 5)


def test_acts_that_no_rule_asks_for_are_passed_over(book: Deedbook) -> None:
    for what in ("grant.made", "denied", "session.begun", "mark.tampered"):
        outcome = Outcome.REFUSED if what == "denied" else Outcome.DONE
        book.act(NOON, what, outcome=outcome)
    book.act(NOON, "denied", None, Outcome.REFUSED)
    book.act(NOON, "session.begun", None, Outcome.FAILED, address="")
    with book.engine.connect() as connection:
        found, last = store.read_acts(connection, 0, 10)
    assert [(trace.id, trace.kind) for trace in found] == [
        (2, Kind.REFUSAL),
        (4, Kind.TAMPERING),
    ]
    assert last == 6


def test_the_division_is_the_catalog_s(book: Deedbook) -> None:
    registry = Registry(book.engine, book.writer)
    registry.record_description(Description(RECORDER, 1.0, "物流园"))
    book.writer.flush()
    item = Item(device_id=CAMERA, name="东门", parent_id=RECORDER, civil_code="34020301")
    registry.merge_catalog(RECORDER, [item], CatalogStanding(CatalogState.COMPLETE, 1, 1, at=1.0))
    registry.close()
    book.look(NOON, device_id=RECORDER, channel_id=CAMERA)
    book.look(NOON + 1, device_id=RECORDER, channel_id="gone")
    with book.engine.connect() as connection:
        found, _ = store.read_looks(connection, 0, 10)
    assert [trace.county for trace in found] == ["340203", ""]


def test_traces_of_one_account_by_time(book: Deedbook) -> None:
    book.person(8)
    book.look(*steps(5))
    book.look(NOON, person=8)
    book.act(NOON + 2, "denied", outcome=Outcome.REFUSED)
    book.act(NOON + 3, "denied", 8, outcome=Outcome.REFUSED)
    with book.engine.connect() as connection:
        found = store.read_traces(connection, LI, NOON + 1, NOON + 4, 100)
        newest = store.read_traces(connection, LI, NOON, NOON + 9, 2)
        nobody = store.read_traces(connection, Account(None, "192.0.2.7"), NOON, NOON + 9, 9)
    assert [trace.at - NOON for trace in found] == [1, 2, 2, 3]
    assert [trace.at - NOON for trace in newest] == [2, 3, 4]
    assert nobody == []


def test_the_past_adds_up(book: Deedbook) -> None:
    def trace(at: float, division: str) -> Trace:
        return Trace(Source.REGISTER, 1, at, Kind.LOOK, LI, "d", "c", division)

    refusal = Trace(Source.AUDIT, 1, NOON, Kind.REFUSAL, LI)
    first = [trace(NOON + 5, "34020001"), trace(NOON + 1, "340200"), trace(NOON, ""), refusal]
    later = [trace(NOON + 9, "340200"), trace(NOON + HOUR, "340300")]
    hour = int(NOON // HOUR)
    for traces in (first, later):
        book.writer.commit(partial(store.write_past, traces=traces))
    with book.engine.connect() as connection:
        assert store.read_hours(connection, 7, 0.0, NOON + DAY) == {hour: 4, hour + 1: 1}
        assert store.read_hours(connection, 7, NOON + HOUR, NOON + DAY) == {hour + 1: 1}
        assert store.read_hours(connection, 7, 0.0, NOON + HOUR) == {hour: 4}
        assert store.read_hours_of_role(connection, "operator", 0.0, NOON + DAY) == {
            7: {hour: 4, hour + 1: 1}
        }
        assert store.read_hours_of_role(connection, "owner", 0.0, NOON + DAY) == {}
        assert store.read_places(connection, 7, NOON + 1) == set()
        assert store.read_places(connection, 7, NOON + 2) == {"340200"}
        assert store.read_role(connection, 7) == "operator"
        assert store.read_role(connection, 99) == ""
    book.writer.commit(lambda connection: store.forget_past(connection, NOON + HOUR))
    with book.engine.connect() as connection:
        assert store.read_hours(connection, 7, 0.0, NOON + DAY) == {hour + 1: 1}

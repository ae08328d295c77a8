"""The statements of findings, against rows that match and rows that do not."""

from dataclasses import replace

from sqlalchemy import delete

from tongshi.db.tables import register_entries
from tongshi.testing.deedbook import NOON, Deedbook
from tongshi.watch import store
from tongshi.watch.finding import EVIDENCE, FindingQuery, State, Verdict
from tongshi.watch.rule import RULES, Hit
from tongshi.watch.trace import Account, Kind, Source, Stretch, Trace

LI = Account(7)
TRACES = tuple(
    Trace(Source.REGISTER, place + 1, NOON + place, Kind.LOOK, LI) for place in range(600)
)
HIT = Hit(RULES[0], 3.0, 2.0, None, Stretch(NOON, NOON + 2, TRACES[:3]))


def write(book: Deedbook, hit: Hit, account: Account = LI, day: int = 100) -> int | None:
    return book.writer.commit(
        lambda connection: store.write_hit(connection, account, day, hit, NOON)
    )


def test_pages_and_counts(book: Deedbook) -> None:
    assert [write(book, HIT), write(book, replace(HIT, rule=RULES[6])), write(book, HIT)] == [
        1,
        2,
        None,
    ]
    assert write(book, HIT, day=101) == 3
    assert write(book, HIT, Account(None, "192.0.2.1")) == 4
    verdict = Verdict(State.ESCALATED, "because", 9, "Wang", NOON + 5)
    book.writer.commit(lambda connection: store.close_finding(connection, 2, verdict))
    for query, numbers in (
        (FindingQuery(), [4, 3, 2, 1]),
        (FindingQuery(state=State.ESCALATED), [2]),
        (FindingQuery(rule=RULES[0].code), [4, 3, 1]),
        (FindingQuery(person_id=7), [3, 2, 1]),
        (FindingQuery(size=1, number=2), [3]),
    ):
        with book.engine.connect() as connection:
            rows, total = store.page_findings(connection, query)
        assert [row.id for row in rows] == numbers
        assert total == (4 if query.size == 1 else len(numbers))
    with book.engine.connect() as connection:
        assert store.count_open(connection) == 3
        assert store.read_closed(connection, LI.key, 100) == {RULES[6].code: NOON + 2}
        assert store.read_finding(connection, 99) is None


def test_less_of_the_same_changes_nothing(book: Deedbook) -> None:
    number = write(book, HIT)
    assert number is not None
    write(book, replace(HIT, figure=2.0, stretch=Stretch(NOON, NOON, TRACES[:1])))
    with book.engine.connect() as connection:
        found = store.read_finding(connection, number)
    assert found is not None
    assert (found.figure, found.until, found.entries) == (3.0, NOON + 2, 3)


def test_what_was_closed_meanwhile_is_not_found_again(book: Deedbook) -> None:
    number = write(book, HIT)
    assert number is not None
    verdict = Verdict(State.EXPLAINED, "because", 9, "Wang", NOON + 5)
    book.writer.commit(lambda connection: store.close_finding(connection, number, verdict))
    assert write(book, HIT) is None
    later = replace(HIT, stretch=Stretch(NOON + 3, NOON + 4, TRACES[3:5]))
    assert write(book, later) == number + 1


def test_the_newest_entries_stand_behind_a_finding_and_gone_ones_are_told(book: Deedbook) -> None:
    book.look(*(trace.at for trace in TRACES))
    number = write(book, replace(HIT, stretch=Stretch(NOON, NOON + 599, TRACES)))
    assert number is not None
    with book.engine.begin() as connection:
        gone = register_entries.c.id == 600
        connection.execute(delete(register_entries).where(gone))
        evidence = store.read_evidence(connection, number)
    assert len(evidence) == EVIDENCE
    assert [one.id for one in evidence if one.gone] == [600]
    assert min(one.id for one in evidence) == 101


def test_findings_go_with_their_entries(book: Deedbook) -> None:
    write(book, HIT)
    verdict = Verdict(State.EXPLAINED, "because", 9, "Wang", NOON)
    book.writer.commit(lambda connection: store.close_finding(connection, 1, verdict))
    assert book.writer.commit(lambda connection: store.prune(connection, NOON)) == 0
    assert book.writer.commit(lambda connection: store.prune(connection, NOON + 1)) == 1
    with book.engine.connect() as connection:
        assert store.read_evidence(connection, 1) == ()

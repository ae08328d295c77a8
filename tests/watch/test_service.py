"""The watch over a real store: what it finds, once each, and what a restart changes: nothing."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tongshi.audit.entry import Actor, Outcome
from tongshi.db.tables import audit_entries, watch_hours
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Exhausted, Invalid, Missing
from tongshi.settings import WatchSettings
from tongshi.testing.deedbook import AUDITOR, NOON, Deedbook, look_through, steps
from tongshi.watch.finding import Finding, FindingQuery, State
from tongshi.watch.service import Watch, zone_offset
from tongshi.watch.trace import DAY, HOUR

PACKAGE = Path(__file__).parent.parent.parent / "src" / "tongshi" / "watch"


def found(watch: Watch) -> dict[str, Finding]:
    rows = watch.page(FindingQuery()).rows
    by_rule = {row.rule: row for row in rows}
    assert len(by_rule) == len(rows)
    return by_rule


def counted(book: Deedbook) -> int:
    with book.engine.connect() as connection:
        return connection.execute(select(func.sum(watch_hours.c.looks))).scalar_one() or 0


def acts(book: Deedbook, what: str) -> list[str]:
    c = audit_entries.c
    with book.engine.connect() as connection:
        return list(connection.execute(select(c.details).where(c.what == what)).scalars())


def test_many_looks_of_one_account_are_found_with_their_figures(book: Deedbook) -> None:
    book.habits(7)
    book.look(*steps(80))
    told: list[int] = []
    watch = book.watch(found=told.append)
    look_through(watch)
    hour = found(watch)["looks-hour-own"]
    assert (hour.person, hour.unit, hour.role) == ("P7", "U", "operator")
    assert (hour.figure, hour.threshold, hour.usual) == (80, 40, 10)
    assert (hour.since, hour.until, hour.entries) == (NOON, NOON + 79, 80)
    assert told == [1]


def test_below_the_threshold_nothing_is_found(book: Deedbook) -> None:
    book.habits(7)
    book.look(*steps(39))
    watch = book.watch()
    look_through(watch)
    assert found(watch) == {}
    book.look(NOON + 39)
    look_through(watch)
    assert set(found(watch)) == {"looks-hour-own"}


def test_what_goes_on_is_one_finding_that_grows(book: Deedbook) -> None:
    book.habits(7)
    watch = book.watch()
    for begin in (0, 40, 60):
        book.look(*steps(30, NOON + begin))
        look_through(watch)
        look_through(watch)
    finding = found(watch)["looks-hour-own"]
    assert (finding.figure, finding.entries) == (90, 90)
    assert len(acts(book, "finding.made")) == 1
    _, evidence = watch.read(finding.id)
    assert [one.at for one in evidence] == sorted(
        [*steps(30), *steps(30, NOON + 40), *steps(30, NOON + 60)]
    )
    assert {(one.what, one.channel, one.purpose) for one in evidence} == {
        ("live", "Gate", "patrol")
    }


def test_what_was_closed_stays_and_counts_no_more(book: Deedbook) -> None:
    book.habits(7)
    book.look(*steps(50))
    watch = book.watch()
    look_through(watch)
    number = found(watch)["looks-hour-own"].id
    closed = watch.close(number, State.EXPLAINED, " a search for a lost child ", AUDITOR)
    assert closed.state is State.EXPLAINED
    assert closed.verdict is not None
    assert (closed.verdict.reason, closed.verdict.person) == ("a search for a lost child", "Wang")
    with pytest.raises(Conflict, match="closed already"):
        watch.close(number, State.ESCALATED, "no", AUDITOR)
    book.look(*steps(39, NOON + 60))
    look_through(watch)
    assert watch.page(FindingQuery(state=State.OPEN)).total == 0
    book.look(NOON + 120)
    look_through(watch)
    again = watch.page(FindingQuery(state=State.OPEN)).rows
    assert [(row.rule, row.figure, row.since) for row in again] == [
        ("looks-hour-own", 40, NOON + 60)
    ]
    assert len(acts(book, "finding.handled")) == 1
    assert '"state":"explained"' in acts(book, "finding.handled")[0]


def test_a_verdict_needs_a_finding_and_a_reason(book: Deedbook) -> None:
    watch = book.watch()
    book.act(NOON, "mark.tampered")
    look_through(watch)
    number = found(watch)["mark-tampered"].id
    assert watch.count_open() == 1
    with pytest.raises(Invalid, match="reason"):
        watch.close(number, State.EXPLAINED, " ", AUDITOR)
    with pytest.raises(Invalid, match="explained"):
        watch.close(number, State.OPEN, "because", AUDITOR)
    with pytest.raises(Missing):
        watch.close(number + 1, State.EXPLAINED, "because", AUDITOR)
    with pytest.raises(Missing):
        watch.read(number + 1)
    watch.close(number, State.ESCALATED, "because", AUDITOR)
    assert watch.count_open() == 0


def test_a_slice_that_cannot_be_written_is_read_again(book: Deedbook) -> None:
    book.habits(7)
    book.look(*steps(100))
    lost = Writer(book.engine)
    lost.close()
    with pytest.raises(Exhausted):
        Deedbook(book.engine, lost, book.clock).watch().look()
    assert counted(book) == 0
    watch = book.watch()
    look_through(watch)
    assert counted(book) == 160
    assert found(watch)["looks-hour-own"].figure == 100


def test_a_restart_misses_nothing_and_counts_nothing_twice(book: Deedbook) -> None:
    book.habits(7)
    for begin in (3 * DAY, 2 * DAY, DAY):
        book.look(*steps(400, NOON - begin + 1800))
    first = book.watch()
    assert first.look()
    assert 0 < counted(book) < 1260
    first.look()
    second = book.watch()
    look_through(second)
    look_through(book.watch())
    assert counted(book) == 1260
    days = {row.day for row in second.page(FindingQuery()).rows if row.rule == "looks-hour-own"}
    assert days == {97, 98, 99}


def test_a_day_that_the_watch_slept_through_is_judged_by_what_was_before_it(book: Deedbook) -> None:
    book.habits(7, days=6)
    book.look(*steps(200, NOON - 1800))
    watch = book.watch(WatchSettings(factor=5.0))
    look_through(watch)
    assert found(watch)["looks-hour-own"].usual == 10


def test_an_account_is_compared_with_its_role(book: Deedbook) -> None:
    for number in (1, 2, 3):
        book.person(number)
        book.habits(number, looks=5)
    book.person(4, "owner")
    book.habits(4, looks=50)
    book.habits(7, looks=39)
    look_through(book.watch())
    book.look(*steps(40))
    watch = book.watch()
    look_through(watch)
    role = found(watch)["looks-hour-role"]
    assert (role.person_id, role.usual, role.threshold) == (7, 5, 40)


def test_unusual_hours_and_divisions(book: Deedbook) -> None:
    book.habits(7)
    book.look(*steps(5, NOON - 9 * HOUR))
    watch = book.watch()
    look_through(watch)
    assert found(watch)["odd-hours"].figure == 5


@pytest.mark.parametrize(
    ("what", "outcome", "count", "rule"),
    [
        ("denied.grant", Outcome.REFUSED, 10, "refusals"),
        ("session.begun", Outcome.FAILED, 10, "failed-sign-ins"),
        ("session.begun", Outcome.REFUSED, 10, "failed-sign-ins"),
        ("break-glass.begun", Outcome.DONE, 1, "break-glass"),
        ("mark.tampered", Outcome.DONE, 1, "mark-tampered"),
    ],
)
def test_acts(book: Deedbook, what: str, outcome: Outcome, count: int, rule: str) -> None:
    watch = book.watch()
    for at in steps(count - 1):
        book.act(at, what, outcome=outcome)
    book.act(NOON, "session.begun")
    book.act(NOON, "grant.made")
    look_through(watch)
    assert found(watch) == {}
    book.act(NOON + 100, what, outcome=outcome)
    look_through(watch)
    assert set(found(watch)) == {rule}
    _, evidence = watch.read(found(watch)[rule].id)
    assert {one.what for one in evidence} == {what}


def test_failed_sign_ins_to_no_account_are_counted_by_address(book: Deedbook) -> None:
    for at in steps(10):
        book.act(at, "session.begun", None, Outcome.FAILED, "192.0.2.66")
        book.act(at, "session.begun", None, Outcome.FAILED, f"192.0.2.{int(at) % 10}")
    watch = book.watch()
    look_through(watch)
    finding = found(watch)["failed-sign-ins"]
    assert (finding.person_id, finding.address, finding.figure) == (None, "192.0.2.66", 10)


def test_a_certificate_that_ran_out(book: Deedbook) -> None:
    book.person(8, certified_until=NOON - 1)
    book.person(6, certified_until=NOON + 1)
    for number in (6, 7, 8):
        book.look(NOON, person=number)
    watch = book.watch()
    look_through(watch)
    assert found(watch)["certificate-expired"].person_id == 8


def test_what_the_platform_does_by_itself_is_no_account(book: Deedbook) -> None:
    book.look(*steps(200), person=None)
    book.look(*steps(200), action="control")
    book.look(*steps(200), action="download", address="")
    watch = book.watch()
    look_through(watch)
    assert found(watch) == {}
    assert counted(book) == 0


def test_what_was_kept_long_enough_goes(book: Deedbook) -> None:
    book.habits(7)
    book.act(NOON, "mark.tampered")
    watch = book.watch()
    look_through(watch)
    number = found(watch)["mark-tampered"].id
    watch.close(number, State.EXPLAINED, "because", AUDITOR)
    watch.tidy()
    assert counted(book) == 60
    book.clock.jump(1096 * DAY)
    watch.tidy()
    assert counted(book) == 0
    assert found(watch) == {}


def test_it_looks_by_itself_and_at_once_when_woken(book: Deedbook) -> None:
    async def scene() -> None:
        watch = book.watch(WatchSettings(pause=3600.0))
        watch.start()
        book.act(NOON, "mark.tampered")
        while not await asyncio.to_thread(watch.count_open):
            watch.wake()
            await asyncio.sleep(0.01)
        await watch.stop()

    asyncio.run(scene())


def test_an_act_that_is_noted_is_there_to_be_read(book: Deedbook) -> None:
    watch = book.watch()
    watch.note(Actor(7, "P", "U", "192.0.2.7").act("mark.tampered", "d/c"))
    assert not watch.look()
    assert found(watch)["mark-tampered"].figure == 1


def test_the_zone_is_the_node_s() -> None:
    assert abs(zone_offset(NOON)) <= 14 * HOUR


def test_the_watch_never_sees_a_picture() -> None:
    """Rules are about accounts: no module of the package reads pictures or what is on them."""
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text("utf-8")
        for name in ("gateway", "media", "shelf", "recording", "numpy", "av", "cv2"):
            assert f"tongshi.{name}." not in text, path
            assert f"\nimport {name}\n" not in text, path

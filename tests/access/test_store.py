"""Statements that no use case reaches in every way; the others are tested in test_service."""

from dataclasses import replace

from sqlalchemy import Engine, func, select

from tongshi.access import store
from tongshi.access.accounts.store import add_person
from tongshi.access.identity import PLATFORM, Person
from tongshi.access.permission import Role
from tongshi.access.register import Action, Ending, EntryQuery, Look
from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.db.tables import register_progress


def fill(engine: Engine, count: int) -> list[int]:
    person = Person(0, "li", "Li", "Unit", Role.OPERATOR, must_change=False, disabled=False)
    with engine.begin() as connection:
        number = add_person(connection, person, "hash", 1.0)
        looks = [
            Look(number, "Li", "U", Action.LIVE, "d", "c", "Gate", "why", 10.0 + at, "ws", "::1")
            for at in range(count)
        ]
        return [store.add_entry(connection, look) for look in looks]


def test_the_first_ending_stays(engine: Engine) -> None:
    (entry,) = fill(engine, 1)
    with engine.begin() as connection:
        store.write_endings(connection, {entry: Ending(20.0, "closed", 10.0, 5)})
        store.write_endings(connection, {entry: Ending(99.0, "forged", 0.0, 0)})
        (found,), _ = store.page_entries(connection, EVERYTHING, EntryQuery())
    assert found.ending == Ending(20.0, "closed", 10.0, 5)


def test_progress_is_kept_until_the_end_and_not_after(engine: Engine) -> None:
    one, two = fill(engine, 2)
    count = select(func.count()).select_from(register_progress)
    with engine.begin() as connection:
        store.write_progress(connection, {})
        for watched in (1.0, 2.0):
            figures = {key: Ending(15.0, "", watched, 7) for key in (one, two)}
            store.write_progress(connection, figures)
        assert connection.execute(count).scalar_one() == 2
        store.write_endings(connection, {one: Ending(20.0, "closed", 10.0, 5)})
        store.write_progress(connection, {one: Ending(21.0, "", 11.0, 6)})
        assert connection.execute(count).scalar_one() == 1
        assert store.close_left_open(connection, 12.0) == 1
        found, _ = store.page_entries(connection, EVERYTHING, EntryQuery())
        assert connection.execute(count).scalar_one() == 0
    assert found[0].id == two
    assert found[0].ending == Ending(15.0, "process-ended", 2.0, 7)


def test_what_the_platform_does_is_nobodys(engine: Engine) -> None:
    (entry,) = fill(engine, 1)
    with engine.begin() as connection:
        (found,), _ = store.page_entries(connection, EVERYTHING, EntryQuery())
        own = replace(found.look, person_id=None, person=PLATFORM.shown)
        number = store.add_entry(connection, own)
        rows, _ = store.page_entries(connection, EVERYTHING, EntryQuery())
        assert {row.id: row.look.person_id for row in rows} == {entry: 1, number: None}
        of_one, _ = store.page_entries(connection, EVERYTHING, EntryQuery(person_id=1))
        assert [row.id for row in of_one] == [entry]


def test_a_control_says_what_it_was_and_how_often(engine: Engine) -> None:
    (entry,) = fill(engine, 1)
    with engine.begin() as connection:
        (found,), _ = store.page_entries(connection, EVERYTHING, EntryQuery())
        assert found.look.what == ""
        steered = store.add_entry(connection, replace(found.look, what="steer"))
        store.write_endings(connection, {entry: Ending(20.0, "closed", 1.0, None, 7)})
        store.write_progress(connection, {steered: Ending(15.0, "", 2.0, 0, 3)})
        assert store.close_left_open(connection, 12.0) == 1
        rows, _ = store.page_entries(connection, EVERYTHING, EntryQuery())
    told = {row.id: (row.look.what, row.ending.acts) for row in rows if row.ending is not None}
    assert told == {entry: ("", 7), steered: ("steer", 3)}


def test_what_was_cut_off_and_not_made_good(engine: Engine) -> None:
    """Steering beside the one that was cut off makes nothing good; what follows the kill does."""
    (entry,) = fill(engine, 1)
    with engine.begin() as connection:
        (found,), _ = store.page_entries(connection, EVERYTHING, EntryQuery())

        def begin(channel_id: str, at: float, what: str = "steer") -> int:
            look = replace(found.look, channel_id=channel_id, at=at, what=what)
            return store.add_entry(connection, look)

        def cut_off(since: float = 0.0, most: int = 9) -> list[tuple[str, float]]:
            rows = store.read_cut_off(connection, "steer", "stop-left", since, most)
            return [(row.look.channel_id, row.look.at) for row in rows]

        begin("moving", 20.0)
        beside = begin("moving", 21.0)
        store.write_endings(connection, {beside: Ending(22.0, "closed", 1.0, None, 1)})
        begin("rebooted", 20.0, "reboot")
        for at, channel_id in enumerate(("anew", "stopped", "touched"), 23):
            begin(channel_id, float(at))
        assert cut_off() == []  # they go on
        assert store.close_left_open(connection, 30.0) == 6
        assert entry
        assert len(cut_off()) == 4
        begin("anew", 40.0)
        begin("stopped", 40.0, "stop-left")
        begin("touched", 40.0, "record on")
        assert cut_off() == [("touched", 25.0), ("moving", 20.0)]
        assert cut_off(since=21.0) == [("touched", 25.0)]
        assert cut_off(most=1) == [("touched", 25.0)]


def test_nobody_reads_what_is_not_his(engine: Engine) -> None:
    fill(engine, 2)
    with engine.connect() as connection:
        assert store.page_entries(connection, NOTHING, EntryQuery()) == ((), 0)

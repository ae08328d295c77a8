from sqlalchemy import Engine, func, select

from tongshi.clock import ManualClock
from tongshi.db.tables import audit_entries, people, register_entries
from tongshi.db.writer import Writer
from tongshi.testing.deedbook import NOON, Deedbook, look_through, steps


def test_what_is_written_stands_in_the_store(engine: Engine, writer: Writer) -> None:
    book = Deedbook(engine, writer, ManualClock(unix=NOON))
    book.person(1)
    book.habits(1, looks=3, days=2)
    book.act(NOON, "mark.tampered", 1)
    with engine.connect() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (people, register_entries, audit_entries)
        ]
    assert counts == [1, 6, 1]
    watch = book.watch()
    look_through(watch)
    assert watch.count_open() == 1


def test_steps_are_even() -> None:
    assert steps(3, 10.0, 2.0) == [10.0, 12.0, 14.0]

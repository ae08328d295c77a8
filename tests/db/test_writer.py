import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, func, insert, select

from tongshi.db.buffer import Buffer
from tongshi.db.connect import connect
from tongshi.db.migrate import upgrade
from tongshi.db.tables import kept_values
from tongshi.db.upsert import upsert
from tongshi.db.writer import Writer, WriterHealth
from tongshi.errors import Conflict, Exhausted


def add(connection: Connection, name: str, value: str = "1") -> str:
    connection.execute(insert(kept_values).values(name=name, value=value))
    return name


def adding(name: str, value: str = "1") -> Callable[[Connection], str]:
    return lambda connection: add(connection, name, value)


def put_all(connection: Connection, values: dict[str, str]) -> None:
    rows = [{"name": name, "value": value} for name, value in values.items()]
    if "poison" in values:
        raise ValueError("poison")
    upsert(connection, kept_values, rows, update=["value"])


def names(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(select(kept_values.c.name)).scalars())


class Disk:
    """A store whose disk can be full: SQLite is held to the pages it has."""

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:///{path}"
        self.engine = connect(self.url)
        upgrade(self.engine)
        self.full = False
        event.listen(self.engine, "begin", self._limit)

    def _limit(self, connection: Connection) -> None:
        pages = 1 if self.full else 1_000_000  # never below what there is
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "tongshi.db")
    yield disk
    disk.engine.dispose()


BIG = "x" * 100_000


def test_a_call_gives_its_result_once_committed(engine: Engine, writer: Writer) -> None:
    assert writer.call(adding("a")).result(10) == "a"
    assert names(engine) == {"a"}
    assert writer.commit(adding("b"), durable=True) == "b"
    assert writer.health().calls == 2


def test_many_calls_meet_in_few_transactions(engine: Engine, writer: Writer) -> None:
    held = threading.Event()
    first = writer.call(lambda _: held.wait(10))
    futures = [writer.call(adding(str(number))) for number in range(600)]
    held.set()
    assert first.result(10)
    assert [future.result(10) for future in futures] == [str(number) for number in range(600)]
    assert writer.health().batches <= 1 + 3
    assert len(names(engine)) == 600


def test_a_faulty_job_spoils_no_other(engine: Engine, writer: Writer) -> None:
    writer.commit(adding("taken"))
    held = threading.Event()
    writer.call(lambda _: held.wait(10))
    good = writer.call(adding("good"))
    twice = writer.call(adding("taken"))
    defect = writer.call(lambda connection: add(connection, "lost") and str(1 // 0))
    last = writer.call(adding("last"))
    held.set()
    assert good.result(10) == "good"
    assert last.result(10) == "last"
    with pytest.raises(Conflict):
        twice.result(10)
    with pytest.raises(ZeroDivisionError):
        defect.result(10)
    assert names(engine) == {"taken", "good", "last"}
    assert writer.health().fault == ""


def test_a_buffer_is_emptied_at_every_flush(engine: Engine, writer: Writer) -> None:
    buffer: Buffer[str, str] = Buffer(put_all, durable=True)
    writer.attach(buffer)
    buffer.put("a", "1")
    writer.flush()
    assert names(engine) == {"a"}
    buffer.put("b", "1")
    deadline = time.monotonic() + 10
    while len(buffer) and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert names(engine) == {"a", "b"}


def test_a_value_that_is_poison_is_given_up_alone(engine: Engine, writer: Writer) -> None:
    buffer: Buffer[str, str] = Buffer(put_all)
    for name in ("a", "poison", "b"):
        buffer.put(name, "1")
    writer.attach(buffer)
    writer.flush()
    assert names(engine) == {"a", "b"}
    assert len(buffer) == 0
    assert writer.health().defects == 1


def test_poison_beside_calls_spoils_neither(engine: Engine) -> None:
    writer = Writer(engine, flush=60)
    buffer: Buffer[str, str] = Buffer(put_all)
    buffer.put("poison", "1")
    buffer.put("a", "1")
    writer.attach(buffer)
    held = threading.Event()
    writer.call(lambda _: held.wait(10))
    call = writer.call(adding("b"))
    waiting = threading.Thread(target=writer.flush)
    waiting.start()
    held.set()
    waiting.join(10)
    assert call.result(10) == "b"
    writer.close()
    assert names(engine) == {"a", "b"}


def test_a_full_disk_is_told_and_what_can_wait_waits(disk: Disk) -> None:
    writer = Writer(disk.engine, flush=0.02)
    buffer: Buffer[str, str] = Buffer(put_all)
    writer.attach(buffer)
    disk.full = True
    with pytest.raises(Exhausted) as caught:
        writer.commit(adding("urgent", BIG))
    assert caught.value.resource == "disk"
    buffer.put("presence", BIG)
    patient = writer.call(adding("patient", BIG), patience=60)
    with pytest.raises(Exhausted):
        writer.flush()
    health = writer.health()
    assert "disk is full" in health.fault
    assert health.waiting == 2
    assert health.failures >= 2
    disk.full = False
    assert patient.result(30) == "patient"
    writer.flush()
    assert names(disk.engine) == {"presence", "patient"}
    assert writer.health().fault == ""
    writer.close()


def test_patience_ends(disk: Disk) -> None:
    writer = Writer(disk.engine, flush=0.02)
    disk.full = True
    future = writer.call(adding("a", BIG), patience=0.1)
    with pytest.raises(Exhausted):
        future.result(30)
    disk.full = False
    writer.close()
    assert names(disk.engine) == set()


def test_a_lock_held_by_another_process_is_waited_for(disk: Disk, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "tongshi.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer = Writer(disk.engine, flush=0.02)
    future = writer.call(adding("a"), patience=60)
    assert not future.done()
    other.execute("COMMIT")
    other.close()
    assert future.result(30) == "a"
    writer.close()


def test_closing_loses_nothing(engine: Engine) -> None:
    writer = Writer(engine, flush=60)
    buffer: Buffer[str, str] = Buffer(put_all)
    writer.attach(buffer)
    buffer.put("buffered", "1")
    futures = [writer.call(adding(str(number))) for number in range(1000)]
    writer.close()
    writer.close()
    assert all(future.done() for future in futures)
    assert len(names(engine)) == 1001
    with pytest.raises(Exhausted):
        writer.call(adding("late"))
    with pytest.raises(Exhausted):
        writer.flush()


def test_closing_a_store_that_cannot_be_written_ends(disk: Disk) -> None:
    writer = Writer(disk.engine, flush=60)
    disk.full = True
    future = writer.call(adding("a", BIG), patience=3600)
    with pytest.raises(Exhausted):
        writer.flush()
    writer.close(timeout=0.1)
    with pytest.raises(Exhausted, match="closed unwritten"):
        future.result(0)


def test_closing_waits_for_a_disk_that_is_freed(disk: Disk) -> None:
    writer = Writer(disk.engine, flush=60)
    disk.full = True
    future = writer.call(adding("a", BIG), patience=3600)
    with pytest.raises(Exhausted):
        writer.flush()
    closing = threading.Thread(target=writer.close)
    closing.start()
    disk.full = False
    closing.join(30)
    assert future.result(0) == "a"


def test_a_full_queue_refuses(engine: Engine) -> None:
    writer = Writer(engine, queue=2)
    held, begun = threading.Event(), threading.Event()

    def block(_: Connection) -> None:
        begun.set()
        held.wait(10)

    writer.call(block)
    assert begun.wait(10)
    writer.call(adding("a"))
    writer.call(adding("b"))
    with pytest.raises(Exhausted) as caught:
        writer.call(adding("c"))
    assert caught.value.resource == "store"
    held.set()
    writer.close()
    assert names(engine) == {"a", "b"}


def test_waiting_ends_in_time_and_in_words(engine: Engine) -> None:
    writer = Writer(engine)
    held = threading.Event()
    writer.call(lambda _: held.wait(10))
    with pytest.raises(Exhausted, match="too long"):
        writer.commit(adding("a"), timeout=0.01)
    with pytest.raises(Exhausted, match="too long"):
        writer.flush(timeout=0.01)
    held.set()
    writer.close()


def test_health_begins_empty(writer: Writer) -> None:
    assert writer.health() == WriterHealth()


def test_an_awaited_count_is_read_in_its_own_transaction(writer: Writer) -> None:
    writer.commit(adding("a"))
    count = select(func.count()).select_from(kept_values)
    assert writer.commit(lambda connection: connection.execute(count).scalar_one()) == 1

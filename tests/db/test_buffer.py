import threading

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, select

from tongshi.db.buffer import Buffer, Job
from tongshi.db.tables import kept_values
from tongshi.db.upsert import upsert

NOWHERE = create_engine("sqlite://")


def write(connection: Connection, values: dict[str, str]) -> None:
    rows = [{"name": name, "value": value} for name, value in values.items()]
    upsert(connection, kept_values, rows, update=["value"])


def stored(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.execute(select(kept_values)).all()
    return {row.name: row.value for row in rows}


def run(engine: Engine, job: Job | None) -> None:
    assert job is not None
    with engine.begin() as connection:
        job(connection)


def test_the_newest_value_of_each_key_is_written(engine: Engine) -> None:
    buffer: Buffer[str, str] = Buffer(write)
    buffer.put("a", "1")
    buffer.put("b", "1")
    buffer.put("a", "2")
    assert len(buffer) == 2
    run(engine, buffer.take())
    buffer.settle(written=True)
    assert stored(engine) == {"a": "2", "b": "1"}
    assert len(buffer) == 0
    assert buffer.take() is None


def test_what_could_not_be_written_waits_under_what_came_since(engine: Engine) -> None:
    buffer: Buffer[str, str] = Buffer(write, lambda earlier, later: earlier + later)
    buffer.put("a", "1")
    buffer.put("b", "1")
    buffer.take()
    buffer.put("a", "2")
    buffer.put("c", "2")
    buffer.settle(written=False)
    assert len(buffer) == 3
    run(engine, buffer.take())
    assert stored(engine) == {"a": "12", "b": "1", "c": "2"}


def test_apart_each_value_is_written_or_given_up_by_itself(engine: Engine) -> None:
    buffer: Buffer[str, str] = Buffer(write)
    buffer.put("a", "1")
    buffer.put("b", "1")
    buffer.take()
    (first, forget_first), _ = buffer.take_apart()
    run(engine, first)
    forget_first()
    buffer.settle(written=False)
    assert stored(engine) == {"a": "1"}
    assert len(buffer) == 1


def test_durability_is_the_buffers_own() -> None:
    assert Buffer(write, durable=True).durable
    assert not Buffer(write).durable


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)) | st.booleans()))
def test_nothing_is_lost_whatever_fails(steps: list[tuple[str, int] | bool]) -> None:
    """Steps: a value that comes, or a flush that succeeds (True) or fails (False)."""
    kept: dict[str, tuple[int, ...]] = {}
    sent: dict[str, tuple[int, ...]] = {}

    def keep(_: Connection, values: dict[str, tuple[int, ...]]) -> None:
        for key, value in values.items():
            kept[key] = kept.get(key, ()) + value

    buffer: Buffer[str, tuple[int, ...]] = Buffer(keep, lambda earlier, later: earlier + later)
    with NOWHERE.connect() as nowhere:
        for step in [*steps, True]:
            if isinstance(step, tuple):
                key, value = step
                sent[key] = (*sent.get(key, ()), value)
                buffer.put(key, (value,))
                continue
            job = buffer.take()
            if job is not None and step:
                job(nowhere)
            buffer.settle(written=step)
    assert kept == sent


def test_many_threads_put_and_none_is_lost() -> None:
    counted: dict[int, int] = {}
    buffer: Buffer[int, int] = Buffer(lambda _, values: counted.update(values), int.__add__)

    def put() -> None:
        for number in range(1000):
            buffer.put(number % 10, 1)

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    job = buffer.take()
    assert job is not None
    with NOWHERE.connect() as nowhere:
        job(nowhere)
    assert counted == dict.fromkeys(range(10), 400)

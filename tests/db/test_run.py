import pytest
from sqlalchemy import Engine, select, text

from tongshi.clock import ManualClock
from tongshi.db.run import BREATH, Life, Run
from tongshi.db.tables import runs
from tongshi.errors import Error


def carry_out(engine: Engine, run: Run) -> bool:
    job = run.take()
    if job is None:
        return False
    with engine.begin() as connection:
        job(connection)
    run.settle(written=True)
    return True


def test_the_first_life_knows_of_none_before(engine: Engine) -> None:
    clock = ManualClock()
    run = Run(engine, clock)
    assert run.previous is None
    assert run.began_at == clock.wall()


def test_a_killed_life_is_known_until_its_last_breath(engine: Engine) -> None:
    clock = ManualClock()
    began = clock.wall()
    run = Run(engine, clock)
    assert not carry_out(engine, run)
    clock.wind(BREATH)
    assert carry_out(engine, run)
    assert not carry_out(engine, run)
    clock.wind(100)
    assert Run(engine, clock).previous == Life(began, began + BREATH, clean=False)


def test_a_stopped_life_is_known_to_its_end(engine: Engine) -> None:
    clock = ManualClock()
    run = Run(engine, clock)
    clock.wind(3)
    with engine.begin() as connection:
        run.end()(connection)
    assert Run(engine, clock).previous == Life(clock.wall() - 3, clock.wall(), clean=True)
    with engine.connect() as connection:
        assert len(connection.execute(select(runs)).all()) == 2


def test_a_breath_that_could_not_be_noted_is_due_again(engine: Engine) -> None:
    clock = ManualClock()
    run = Run(engine, clock)
    clock.wind(BREATH)
    assert run.take() is not None
    assert len(run) == 1
    assert run.take_apart() == []
    run.settle(written=False)
    assert len(run) == 0
    assert run.take() is not None
    assert not run.durable


def test_a_store_that_cannot_be_written_is_told(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE runs"))
    with pytest.raises(Error, match="no such table"):
        Run(engine, ManualClock())

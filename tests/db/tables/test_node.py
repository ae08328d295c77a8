from sqlalchemy import Engine, delete, insert

from tongshi.db.tables import runs


def test_a_run_never_gets_the_number_of_one_that_was_deleted(engine: Engine) -> None:
    with engine.begin() as connection:
        add = insert(runs).values(began_at=1.0, alive_at=1.0).returning(runs.c.id)
        first = connection.execute(add).scalar_one()
        connection.execute(delete(runs))
        assert connection.execute(add).scalar_one() > first

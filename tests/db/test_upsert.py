from sqlalchemy import Engine, make_url, select

from tongshi.db.tables import kept_values, runs
from tongshi.db.upsert import build, upsert


def stored(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(select(kept_values).order_by(kept_values.c.name))
        return [(row.name, row.value) for row in rows]


def test_rows_are_inserted_or_updated(engine: Engine) -> None:
    with engine.begin() as connection:
        upsert(connection, kept_values, [{"name": "a", "value": "1"}], update=["value"])
        rows = [{"name": "a", "value": "2"}, {"name": "b", "value": "3"}]
        upsert(connection, kept_values, rows, update=["value"])
    assert stored(engine) == [("a", "2"), ("b", "3")]


def test_without_columns_to_update_rows_stay(engine: Engine) -> None:
    with engine.begin() as connection:
        for value in ("1", "2"):
            upsert(connection, kept_values, [{"name": "a", "value": value}], update=())
        upsert(connection, kept_values, [], update=())
    assert stored(engine) == [("a", "1")]


def test_the_server_gets_its_own_words() -> None:
    dialect = make_url("postgresql://server/store").get_dialect()()
    found = str(build("postgresql", runs, ["alive_at"]).compile(dialect=dialect))
    assert "ON CONFLICT (id) DO UPDATE SET alive_at = excluded.alive_at" in found
    found = str(build("postgresql", runs, []).compile(dialect=dialect))
    assert found.endswith("ON CONFLICT (id) DO NOTHING")

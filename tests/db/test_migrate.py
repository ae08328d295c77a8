from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from tongshi.db.connect import connect
from tongshi.db.migrate import revision, upgrade
from tongshi.db.tables import metadata
from tongshi.errors import Conflict, Error


def test_migrations_lead_to_the_schema(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_a_store_that_is_up_to_date_stays_as_it_is(engine: Engine) -> None:
    with engine.connect() as connection:
        before = revision(connection)
    upgrade(engine)
    with engine.connect() as connection:
        assert revision(connection) == before
        assert before


def test_a_store_of_the_future_is_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match="9999"):
        upgrade(engine)
    with engine.connect() as connection:
        assert revision(connection) == "9999"


def test_a_path_with_odd_signs_is_no_trouble(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/100%25 ä/tongshi.db")
    upgrade(engine)
    assert "devices" in inspect(engine).get_table_names()
    engine.dispose()


def test_all_steps_happen_or_none(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/tongshi.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE web_sessions (x)"))  # in the way of a later step
    with pytest.raises(Error, match="web_sessions"):
        upgrade(engine)
    assert inspect(engine).get_table_names() == ["web_sessions"]
    engine.dispose()


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tongshi.db"
    path.write_bytes(b"this is no database at all, but long enough to be looked at" * 20)
    engine = connect(f"sqlite:///{path}")
    with pytest.raises(Error, match="not a database"):
        upgrade(engine)
    engine.dispose()

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from tongshi.db.connect import connect
from tongshi.db.migrate import revision, upgrade
from tongshi.db.tables import metadata
from tongshi.errors import Conflict, Error

PERSON = """INSERT INTO people (id, name, shown, unit, role, password, must_change, failures,
  locked_until, made_at, password_at) VALUES (1, 'li', 'Li', 'U', 'operator', 'x', 0, 0, 0, 0, 0)"""
ENTRY = """INSERT INTO register_entries (id, begun_at, person_id, person, unit, action, device_id,
  channel_id, channel, purpose, transport, address) VALUES
  (5, 1.0, 1, 'Li', 'U', 'live', 'd', 'c', 'Gate', 'why', 'ws', '::1')"""


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


def test_a_table_made_anew_keeps_its_rows_and_who_refers_to_them(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/tongshi.db")
    upgrade(engine, "0007")
    with engine.begin() as connection:
        connection.execute(text(PERSON))
        connection.execute(text(ENTRY))
        connection.execute(text("INSERT INTO register_endings VALUES (5, 2.0, 'closed', 1, 1, 1)"))
    upgrade(engine)
    with engine.begin() as connection:
        entry = "SELECT e.id, person_id, how FROM register_entries e JOIN register_endings"
        assert connection.execute(text(f"{entry} ON entry_id = e.id")).all() == [(5, 1, "closed")]
        with pytest.raises(IntegrityError):
            connection.execute(text("INSERT INTO register_endings VALUES (6, 2.0, 'x', 1, 1, 1)"))
    engine.dispose()


def test_a_store_with_a_broken_reference_is_told(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/tongshi.db")
    upgrade(engine)
    with engine.connect() as connection:
        driver = connection.connection.cursor()
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute("INSERT INTO register_endings VALUES (6, 2.0, 'x', 1, 1, 1)")
        driver.close()
    with pytest.raises(Conflict, match="register_endings"):
        upgrade(engine)
    engine.dispose()


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

import os
import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text

from tongshi.db.connect import FILE, connect, store_url, writing
from tongshi.db.tables import kept_values
from tongshi.errors import Invalid


def test_the_url_is_given_or_a_file_in_the_data_directory(tmp_path: Path) -> None:
    assert store_url("postgresql://db/x", tmp_path) == "postgresql://db/x"
    assert store_url("", tmp_path) == f"sqlite:///{tmp_path}/{FILE}"


@pytest.mark.parametrize(
    "url",
    ["nonsense", "", "mysql://h/x", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true"],
)
def test_what_is_no_store_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        connect(url)


def test_a_server_without_its_driver_is_refused_in_words() -> None:
    with pytest.raises(Invalid, match="driver"):
        connect("postgresql+nosuchdriver://localhost/x")


def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Invalid, match="cannot be opened"):
        connect(f"sqlite:///{tmp_path}/file/tongshi.db")


def test_the_file_is_for_its_owner_only_and_directories_are_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "tongshi.db"
    engine = connect(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        names = [name for name in os.listdir(path.parent) if name.startswith(path.name)]
        modes = {stat.S_IMODE((path.parent / name).stat().st_mode) for name in names}
    engine.dispose()
    assert len(names) > 1  # the log beside the file as well
    assert modes == {0o600}


def test_every_connection_is_set_up(engine: Engine) -> None:
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "busy_timeout": 5000, "foreign_keys": 1}


@pytest.mark.parametrize(("durable", "level"), [(False, 1), (True, 2)])
def test_durability_is_chosen_for_each_transaction(
    engine: Engine, durable: bool, level: int
) -> None:
    with engine.connect() as plain:
        connection = plain.execution_options(**writing(durable=durable))
        with connection.begin():
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == level


def test_readers_see_the_last_commit_while_somebody_writes(engine: Engine) -> None:
    with engine.connect() as plain:
        writer = plain.execution_options(**writing())
        with writer.begin():
            writer.execute(insert(kept_values).values(name="a", value="1"))
            with engine.connect() as reader:
                assert reader.execute(select(kept_values)).all() == []
        with engine.connect() as reader:
            assert [row.name for row in reader.execute(select(kept_values))] == ["a"]


def test_what_is_not_committed_is_not_there(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(insert(kept_values).values(name="a", value="1"))
    with engine.connect() as connection:
        assert connection.execute(select(kept_values)).all() == []

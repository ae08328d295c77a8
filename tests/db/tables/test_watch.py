import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError

from tongshi.db.tables import finding_entries, watch_cursors


def test_an_entry_stands_behind_a_finding_that_there_is(engine: Engine) -> None:
    row = {"finding_id": 1, "source": "register", "entry": 1}
    with engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(insert(finding_entries), row)


def test_a_source_is_read_up_to_one_place(engine: Engine) -> None:
    row = {"source": "register", "position": 1}
    with engine.begin() as connection:
        connection.execute(insert(watch_cursors), row)
        with pytest.raises(IntegrityError):
            connection.execute(insert(watch_cursors), row)

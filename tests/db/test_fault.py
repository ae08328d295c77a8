import sqlite3

import pytest
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tongshi.db.fault import is_transient, translate
from tongshi.errors import Conflict, Error, Exhausted


def operational(words: str) -> OperationalError:
    return OperationalError("INSERT", {}, sqlite3.OperationalError(words))


@pytest.mark.parametrize(
    "words", ["database or disk is full", "disk I/O error", "unable to open database file"]
)
def test_a_full_or_lost_disk_is_told_as_such(words: str) -> None:
    found = translate(operational(words))
    assert isinstance(found, Exhausted)
    assert found.resource == "disk"
    assert words in str(found)
    assert is_transient(operational(words))


@pytest.mark.parametrize("error", [operational("database is locked"), PoolTimeout("pool")])
def test_a_store_that_does_not_answer(error: OperationalError | PoolTimeout) -> None:
    found = translate(error)
    assert isinstance(found, Exhausted)
    assert found.resource == "store"
    assert is_transient(error)


def test_a_lost_connection_may_come_back() -> None:
    lost = DatabaseError("SELECT", {}, sqlite3.DatabaseError("gone"), connection_invalidated=True)
    assert is_transient(lost)
    assert isinstance(translate(lost), Exhausted)


def test_a_row_that_a_key_forbids() -> None:
    error = IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE constraint failed"))
    assert isinstance(translate(error), Conflict)
    assert not is_transient(error)


def test_a_defect_is_neither_transient_nor_hidden() -> None:
    error = ProgrammingError("SELEKT", {}, sqlite3.ProgrammingError("syntax"))
    assert type(translate(error)) is Error
    assert not is_transient(error)
    assert not is_transient(ValueError())

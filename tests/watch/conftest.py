import pytest
from sqlalchemy import Engine

from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.testing.deedbook import NOON, Deedbook


@pytest.fixture
def book(engine: Engine, writer: Writer) -> Deedbook:
    """A store with an operator, 7, and an auditor, 9."""
    book = Deedbook(engine, writer, ManualClock(unix=NOON))
    book.person(7)
    book.person(9, "audit")
    return book

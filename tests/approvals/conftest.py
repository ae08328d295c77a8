import pytest
from sqlalchemy import Engine

from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.testing.house import House, furnish


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(unix=1_800_000_000.0)


@pytest.fixture
def house(engine: Engine, writer: Writer, clock: ManualClock) -> House:
    return furnish(engine, writer, clock)

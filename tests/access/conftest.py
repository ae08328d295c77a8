from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tongshi.db.connect import connect
from tongshi.db.migrate import upgrade
from tongshi.db.writer import Writer


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A store of the present schema in a file of its own."""
    engine = connect(f"sqlite:///{tmp_path / 'tongshi.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    writer = Writer(engine, flush=0.05)
    yield writer
    writer.close()

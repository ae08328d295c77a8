from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tongshi.db.kept import keep
from tongshi.errors import Error


def test_a_value_is_made_once(engine: Engine) -> None:
    made = iter(["first", "second"])
    assert keep(engine, "secret", lambda: next(made)) == "first"
    assert keep(engine, "secret", lambda: next(made)) == "first"
    assert keep(engine, "other", lambda: "x") == "x"


def test_a_store_that_cannot_be_written_is_told(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE kept_values"))
    with pytest.raises(Error, match="no such table"):
        keep(engine, "secret", lambda: "x")

"""Bringing a store up to the present schema, at every start, in one transaction.

The steps are Alembic revisions in ``migrations/versions``, part of the installed package.  A
store that a later version of this program has written is left alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from tongshi.db.connect import writing
from tongshi.db.fault import translate
from tongshi.errors import Conflict

_PLACE = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the store to the newest schema, or to revision *to*; all steps happen or none.

    Raises Conflict for a store of a later version, Exhausted when it cannot be written.
    """
    config = Config()
    # The path is read by a parser that takes % for a reference.
    config.set_main_option("script_location", str(_PLACE).replace("%", "%%"))
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    try:
        with engine.connect() as plain, _without_references(plain):
            connection = plain.execution_options(**writing(durable=True))
            with connection.begin():
                _refuse_later(revision(connection), known)
                config.attributes["connection"] = connection
                command.upgrade(config, to)
                _check_references(connection)
    except SQLAlchemyError as error:
        raise translate(error) from error


def revision(connection: Connection) -> str | None:
    """Return the name of the store's revision; None for an empty store."""
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _without_references(connection: Connection) -> Iterator[None]:
    """Let SQLite make a table anew, which it does by dropping what others refer to."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.cursor()
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
        driver.close()


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise Conflict(f"a row of {broken[0]} refers to a row of {broken[2]} that is gone")


def _refuse_later(current: str | None, known: set[str]) -> None:
    if current is not None and current not in known:
        raise Conflict(
            f"the store has revision {current!r}, which this version does not know: "
            "a later version wrote it; start that one, or restore an earlier store"
        )

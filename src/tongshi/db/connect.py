"""The engine behind a url, set up so that readers never wait for the writer.

SQLite runs in WAL mode.  ``synchronous`` is chosen for each transaction: NORMAL, with which a
killed process loses nothing and a power cut may take the last second of presence, and FULL for
what must outlive a power cut, such as the access register.  A transaction opened with the
execution options of `writing` takes the write lock at its start, so it can wait for another
process but never fail half-way for one.
"""

import os
from pathlib import Path
from typing import TypedDict

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from tongshi.errors import Invalid

FILE = "tongshi.db"
"""Name of the SQLite file in the data directory."""
BUSY_MS = 5000
"""How long a transaction waits for another process's write lock, ms."""
READERS = 8
"""Connections kept open for reading; as many again may be opened for a while."""

_AT_CONNECT = (
    "PRAGMA journal_mode=WAL",
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16384",  # KiB a connection
    "PRAGMA journal_size_limit=67108864",
)


class Writing(TypedDict, total=False):
    """Execution options of a writing transaction."""

    writes: bool
    durable: bool


def writing(*, durable: bool = False) -> Writing:
    """Return the execution options of a writing transaction.

    durable: on the disk, not only with the system, when the commit returns.
    """
    return {"writes": True, "durable": durable}


def store_url(url: str, data: Path) -> str:
    """Return *url*, or when it is empty that of the SQLite file in the directory *data*."""
    return url or f"sqlite:///{data / FILE}"


def connect(url: str) -> Engine:
    """Return the engine of the store at *url*; a SQLite file is made when there is none.

    The file is readable by its owner only: it holds password hashes.
    Raises Invalid for a url that names no store this program can use.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise Invalid(f"not the address of a store: {url!r}") from None
    match parsed.get_backend_name():
        case "sqlite":
            return _open_sqlite(parsed)
        case "postgresql":
            return _open_server(parsed)
        case other:
            raise Invalid(f"no store of the kind {other!r}: SQLite and PostgreSQL are")


def _open_sqlite(url: URL) -> Engine:
    path = url.database
    if not path or path == ":memory:" or path.startswith("file:"):
        raise Invalid("a store in memory cannot be shared by threads: name a file")
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise Invalid(f"the store {path} cannot be opened: {error.strerror}") from None
    engine = create_engine(url, pool_size=READERS, max_overflow=READERS, pool_timeout=30)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_server(url: URL) -> Engine:
    try:
        engine = create_engine(
            url, pool_size=READERS, max_overflow=READERS, pool_timeout=30, pool_pre_ping=True
        )
    except (ImportError, ArgumentError) as error:
        raise Invalid(f"the driver of this store is not installed: {error}") from None
    event.listen(engine, "begin", _begin_server)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver's own idea of transactions would commit before DDL and start too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _AT_CONNECT:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("writes"):
        connection.exec_driver_sql("BEGIN")
        return
    level = "FULL" if options.get("durable") else "NORMAL"
    connection.exec_driver_sql(f"PRAGMA synchronous={level}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_server(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("writes") and not options.get("durable"):
        connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")

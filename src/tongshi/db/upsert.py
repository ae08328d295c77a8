"""INSERT that updates the row that is there, in the dialect of the store."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Upsert = postgresql.Insert | sqlite.Insert


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, object]],
    *,
    update: Iterable[str],
) -> None:
    """Insert *rows*; of those whose primary key exists, set the columns *update* instead.

    All rows have the same columns.  With an empty *update* existing rows stay as they are.
    """
    if rows:
        statement = build(connection.dialect.name, table, update)
        connection.execute(statement, rows)


def build(dialect: str, table: Table, update: Iterable[str]) -> Upsert:
    """Return the statement of `upsert` for ``sqlite`` or ``postgresql``."""
    keys = [column.name for column in table.primary_key]
    columns = list(update)
    kind = postgresql if dialect == "postgresql" else sqlite
    statement: Upsert = kind.insert(table)
    if not columns:
        return statement.on_conflict_do_nothing(index_elements=keys)
    new = {name: statement.excluded[name] for name in columns}
    return statement.on_conflict_do_update(index_elements=keys, set_=new)

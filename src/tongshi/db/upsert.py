"""INSERT that updates the row that is there, in the dialect of the store."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


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
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    columns = list(update)
    if connection.dialect.name == "postgresql":
        server = postgresql.insert(table)
        statement = server.on_conflict_do_update(
            index_elements=keys, set_={name: server.excluded[name] for name in columns}
        )
        connection.execute(
            statement if columns else server.on_conflict_do_nothing(), list(map(dict, rows))
        )
        return
    file = sqlite.insert(table)
    connection.execute(
        file.on_conflict_do_update(
            index_elements=keys, set_={name: file.excluded[name] for name in columns}
        )
        if columns
        else file.on_conflict_do_nothing(),
        list(map(dict, rows)),
    )

"""The statements of purposes."""

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from tongshi.approvals.purpose import Purpose
from tongshi.db.tables import purposes

MOST = 200
"""Purposes there are at the most, retired ones included."""


def read_purposes(connection: Connection) -> tuple[Purpose, ...]:
    """Return every purpose, retired ones too, in the order of the list."""
    c = purposes.c
    rows = connection.execute(select(purposes).order_by(c.place, c.code))
    return tuple(map(_purpose, rows))


def count_purposes(connection: Connection) -> int:
    """Return how many there are."""
    return connection.execute(select(func.count()).select_from(purposes)).scalar_one()


def add_purpose(connection: Connection, purpose: Purpose) -> None:
    """Insert one; its code must be new."""
    connection.execute(insert(purposes).values(code=purpose.code, **_values(purpose)))


def write_purpose(connection: Connection, purpose: Purpose) -> bool:
    """Change the one of this code; False when there is none."""
    changed = update(purposes).where(purposes.c.code == purpose.code).values(**_values(purpose))
    return connection.execute(changed).rowcount == 1


def _values(purpose: Purpose) -> dict[str, object]:
    return {
        "zh": purpose.zh,
        "en": purpose.en,
        "needs_case": purpose.case,
        "needs_approval": purpose.approval,
        "needs_second": purpose.second,
        "needs_text": purpose.text,
        "place": purpose.order,
        "retired": purpose.retired,
    }


def _purpose(row: Row[Any]) -> Purpose:
    return Purpose(
        row.code,
        row.zh,
        row.en,
        row.needs_case,
        row.needs_approval,
        row.needs_second,
        row.needs_text,
        row.place,
        row.retired,
    )

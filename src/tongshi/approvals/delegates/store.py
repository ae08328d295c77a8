"""The statements of delegates."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from tongshi.approvals.policy import Delegation
from tongshi.approvals.request import Who
from tongshi.db.tables import delegates, people


def add_delegation(
    connection: Connection, giver_id: int, taker_id: int, since: float, until: float, wall: float
) -> int:
    """Insert a delegation and return its number."""
    statement = insert(delegates).values(
        giver_id=giver_id, taker_id=taker_id, since=since, until=until, made_at=wall
    )
    return int(connection.execute(statement.returning(delegates.c.id)).scalar_one())


def end_delegation(connection: Connection, number: int, giver_id: int, wall: float) -> bool:
    """End a delegation of *giver_id*; False when there is none that goes on."""
    c = delegates.c
    ended = update(delegates).where(c.id == number, c.giver_id == giver_id, c.ended_at.is_(None))
    return connection.execute(ended.values(ended_at=wall)).rowcount == 1


def read_delegations(connection: Connection, person_id: int, wall: float) -> tuple[Delegation, ...]:
    """Return those of a person, given and taken, that hold at *wall* or later."""
    c = delegates.c
    where = (
        or_(c.giver_id == person_id, c.taker_id == person_id),
        c.until > wall,
        c.ended_at.is_(None),
    )
    return _delegations(connection, where)


def _delegations(
    connection: Connection, where: Iterable[ColumnElement[bool]]
) -> tuple[Delegation, ...]:
    giver, taker = people.alias(), people.alias()
    found = (
        select(
            delegates,
            giver.c.shown.label("giver"),
            giver.c.unit.label("giver_unit"),
            taker.c.shown.label("taker"),
            taker.c.unit.label("taker_unit"),
        )
        .join(giver, giver.c.id == delegates.c.giver_id)
        .join(taker, taker.c.id == delegates.c.taker_id)
        .where(*where)
        .order_by(delegates.c.id)
    )
    return tuple(
        Delegation(
            row.id,
            Who(row.giver_id, row.giver, row.giver_unit),
            Who(row.taker_id, row.taker, row.taker_unit),
            row.since,
            row.until,
            row.ended_at,
        )
        for row in connection.execute(found)
    )

"""The statements of reported positions.  Every question takes a scope."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, func, insert, select

from tongshi.access.scope import Scope
from tongshi.access.store import visible
from tongshi.db.tables import position_reports, positions
from tongshi.db.upsert import upsert
from tongshi.registry.position import Query, Report

_FIELDS = (
    "received_at",
    "longitude",
    "latitude",
    "at",
    "speed",
    "direction",
    "altitude",
    "height",
    "source",
)


def write_latest(connection: Connection, newest: Mapping[tuple[str, str], Report]) -> None:
    """Record where devices and channels are now."""
    upsert(connection, positions, _rows(newest.values()), update=_FIELDS)


def add_reports(connection: Connection, reports: Mapping[int, Report]) -> None:
    """Append reports in their order."""
    connection.execute(insert(position_reports), _rows(reports.values()))


def prune_reports(connection: Connection, before: float, most: int) -> int:
    """Delete at most *most* reports received before *before*; return how many."""
    c = position_reports.c
    old = select(c.id).where(c.received_at < before).order_by(c.received_at).limit(most)
    return connection.execute(delete(position_reports).where(c.id.in_(old))).rowcount


def prune_latest(connection: Connection, most: int) -> int:
    """Keep the *most* newest positions of each device; return how many went."""
    c, gone = positions.c, 0
    crowds = select(c.device_id).group_by(c.device_id).having(func.count() > most)
    for device_id in connection.execute(crowds).scalars().all():
        own = select(c.channel_id).where(c.device_id == device_id)
        kept = own.order_by(c.received_at.desc(), c.channel_id).limit(most)
        old = delete(positions).where(c.device_id == device_id, c.channel_id.not_in(kept))
        gone += connection.execute(old).rowcount
    return gone


def page_latest(
    connection: Connection, scope: Scope, query: Query
) -> tuple[tuple[Report, ...], int]:
    """Return one page of newest positions and the count of all that match."""
    c = positions.c
    return _page(connection, scope, query, positions, [c.device_id, c.channel_id])


def page_reports(
    connection: Connection, scope: Scope, query: Query
) -> tuple[tuple[Report, ...], int]:
    """Return one page of reports, oldest first, and the count of all that match."""
    c = position_reports.c
    return _page(connection, scope, query, position_reports, [c.received_at, c.id])


def _page(
    connection: Connection,
    scope: Scope,
    query: Query,
    table: Table,
    order: list[ColumnElement[Any]],
) -> tuple[tuple[Report, ...], int]:
    where = _conditions(scope, query, table)
    total = connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()
    first = (query.number - 1) * query.size
    found = select(table).where(*where).order_by(*order).limit(query.size).offset(first)
    return tuple(_report(row) for row in connection.execute(found)), total


def _conditions(scope: Scope, query: Query, table: Table) -> list[ColumnElement[bool]]:
    c = table.c
    where = [visible(scope, c.device_id, c.channel_id)]
    if query.device_id:
        where.append(c.device_id == query.device_id)
    if query.channel_id:
        where.append(c.channel_id == query.channel_id)
    if query.since is not None:
        where.append(c.received_at >= query.since)
    if query.until is not None:
        where.append(c.received_at < query.until)
    return where


def _rows(reports: Iterable[Report]) -> list[dict[str, object]]:
    return [
        {
            "device_id": report.device_id,
            "channel_id": report.channel_id,
            **{name: getattr(report, name) for name in _FIELDS},
        }
        for report in reports
    ]


def _report(row: Row[Any]) -> Report:
    values = {name: getattr(row, name) for name in _FIELDS}
    return Report(device_id=row.device_id, channel_id=row.channel_id, **values)

"""The statements of devices, and what those of channels and levels share with them.

Every query takes a scope and counts only what it lets see.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, false, func, or_, select, true

from tongshi.access.scope import Scope
from tongshi.access.store import visible
from tongshi.db.tables import channels, devices, presence
from tongshi.db.text import find_literally
from tongshi.registry.entry import (
    CatalogStanding,
    CatalogState,
    Counts,
    Device,
    Query,
    Registration,
    Sort,
)
from tongshi.registry.state import State
from tongshi.registry.tree import count, count_said

Orders = dict[Sort, list[ColumnElement[Any]]]
UNKNOWN = State.UNKNOWN.value
device_state = func.coalesce(presence.c.state, UNKNOWN)
shown_name = func.coalesce(func.nullif(devices.c.name, ""), devices.c.device_id)
_PRESENCE = (presence.c.state, presence.c.why, presence.c.since, presence.c.proof)
_devices_joined = devices.outerjoin(presence, presence.c.device_id == devices.c.device_id)


def page_devices(
    connection: Connection, scope: Scope, query: Query
) -> tuple[tuple[Device, ...], int]:
    """Return one page of devices and the count of all that match."""
    where = _device_conditions(scope, query)
    counted = select(func.count()).select_from(_devices_joined).where(*where)
    total = connection.execute(counted).scalar_one()
    orders: Orders = {
        Sort.NAME: [shown_name, devices.c.device_id],
        Sort.ID: [devices.c.device_id],
        Sort.STATE: [device_state, shown_name, devices.c.device_id],
        Sort.NEWEST: [devices.c.first_at, devices.c.device_id],
    }
    order = orders[query.sort]
    found = select(devices, *_PRESENCE).select_from(_devices_joined).where(*where)
    return _devices(connection, scope, cut(found, order, query)), total


def read_device(connection: Connection, scope: Scope, device_id: str) -> Device | None:
    """Return one device; None when it is not there or not to be seen."""
    found = (
        select(devices, *_PRESENCE)
        .select_from(_devices_joined)
        .where(devices.c.device_id == device_id, visible(scope, devices.c.device_id))
    )
    return next(iter(_devices(connection, scope, found)), None)


def read_state(connection: Connection, device_id: str) -> State:
    """Return the state of a device, as last written."""
    found = select(presence.c.state).where(presence.c.device_id == device_id)
    return State(connection.execute(found).scalar_one_or_none() or UNKNOWN)


def read_registrations(connection: Connection, after: float) -> list[Registration]:
    """Return the registrations that have not run out at *after*, UNIX time, s."""
    found = select(devices).where(devices.c.expires_at > after)
    rows = connection.execute(found).all()
    return [given for row in rows if (given := _registration(row)) is not None]


def count_devices(connection: Connection, scope: Scope) -> Counts:
    """Return devices by state, of all that may be seen."""
    states = (
        select(device_state.label("state"), func.count().label("number"))
        .select_from(_devices_joined)
        .where(visible(scope, devices.c.device_id))
        .group_by(device_state)
    )
    counts = Counts()
    for state, number in connection.execute(states):
        counts += count(State(state), number)
    return counts


# Parts of statements ------------------------------------------------------------------------


def below(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Return the condition that *column*, digits, begins with *prefix*; a range, for the index."""
    if not prefix:
        return true()
    if not (prefix.isascii() and prefix.isdigit()):
        return false()
    after = str(int(prefix) + 1).zfill(len(prefix))
    if len(after) > len(prefix):
        return column >= prefix
    return and_(column >= prefix, column < after)


def cut(found: Select[Any], order: Sequence[ColumnElement[Any]], query: Query) -> Select[Any]:
    """Return *found* in order, only the page that *query* asks for."""
    first = (query.number - 1) * query.size
    return found.order_by(*turn(order, query)).limit(query.size).offset(first)


def turn(order: Sequence[ColumnElement[Any]], query: Query) -> list[ColumnElement[Any]]:
    """Return *order*, its first column the other way round where *query* wants that."""
    first, *rest = order
    backward = query.descending is not (query.sort is Sort.NEWEST)
    return [first.desc() if backward else first, *rest]


def _device_conditions(scope: Scope, query: Query) -> list[ColumnElement[bool]]:
    c = devices.c
    where = [visible(scope, c.device_id), below(c.region, query.region)]
    if query.text:
        columns = (c.name, c.device_id, c.host)
        where.append(or_(*(find_literally(column, query.text) for column in columns)))
    if query.state:
        where.append(device_state == query.state.value)
    if query.catalog:
        where.append(c.catalog_state == query.catalog.value)
    if query.device_id:
        where.append(c.device_id == query.device_id)
    return where


# Rows as values -----------------------------------------------------------------------------


def _devices(connection: Connection, scope: Scope, found: Select[Any]) -> tuple[Device, ...]:
    rows = connection.execute(found).all()
    states = {row.device_id: State(row.state or UNKNOWN) for row in rows}
    counts: dict[str, Counts] = {}
    removed: dict[str, int] = {}
    c = channels.c
    tallies = (
        select(c.device_id, c.removed_at.is_(None), c.said, func.count())
        .where(c.device_id.in_(list(states)), c.camera, visible(scope, c.device_id, c.channel_id))
        .group_by(c.device_id, c.removed_at.is_(None), c.said)
    )
    for device_id, there, said, number in connection.execute(tallies) if rows else ():
        if there:
            more = count_said(states[device_id], said, number)
            counts[device_id] = counts.get(device_id, Counts()) + more
        else:
            removed[device_id] = removed.get(device_id, 0) + number
    return tuple(
        _device(row, counts.get(row.device_id, Counts()), removed.get(row.device_id, 0))
        for row in rows
    )


def _device(row: Row[Any], counts: Counts, removed: int) -> Device:
    return Device(
        device_id=row.device_id,
        name=row.name or row.device_id,
        manufacturer=row.manufacturer,
        model=row.model,
        firmware=row.firmware,
        registration=_registration(row),
        region=row.region,
        first_at=row.first_at,
        described_at=row.described_at,
        state=State(row.state or UNKNOWN),
        why=row.why or "",
        since=row.since,
        last_proof_at=row.proof,
        catalog=CatalogStanding(
            CatalogState(row.catalog_state),
            row.announced,
            row.received,
            row.catalog_why,
            row.catalog_at,
            row.complete_at,
            removed,
        ),
        counts=counts,
    )


def _registration(row: Row[Any]) -> Registration | None:
    if row.registered_at is None:
        return None
    return Registration(
        row.device_id,
        row.host,
        row.port,
        row.transport,
        row.registered_at,
        row.expires_at,
        row.version,
        row.user_agent,
        row.contact,
    )

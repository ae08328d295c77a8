"""The statements of the register.  Every query takes a scope and counts only what it lets see."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    false,
    func,
    or_,
    select,
    true,
)

from tongshi.access.scope import Scope
from tongshi.access.store import visible
from tongshi.db.tables import channels, devices, presence
from tongshi.db.text import find_literally
from tongshi.gb28181 import catalog
from tongshi.gb28181.identifier import Role
from tongshi.registry.entry import (
    CatalogStanding,
    CatalogState,
    Channel,
    Counts,
    Device,
    Query,
    Registration,
    Sort,
)
from tongshi.registry.state import State, channel_state
from tongshi.registry.tree import Cluster, EntryKey, count, count_said

Orders = dict[Sort, list[ColumnElement[Any]]]
_UNKNOWN = State.UNKNOWN.value
_present = channels.c.removed_at.is_(None)
_camera = and_(_present, channels.c.camera)
_device_state = func.coalesce(presence.c.state, _UNKNOWN)
# The same function that decides for one channel makes the table for all.
_channel_state = case(
    {
        device.value: case(
            {said.value: channel_state(device, said).value for said in catalog.State},
            value=channels.c.said,
            else_=_UNKNOWN,
        )
        for device in State
    },
    value=_device_state,
    else_=_UNKNOWN,
)


# Pages --------------------------------------------------------------------------------------

_PRESENCE = (presence.c.state, presence.c.why, presence.c.since, presence.c.proof)
_shown_name = func.coalesce(func.nullif(devices.c.name, ""), devices.c.device_id)
_devices_joined = devices.outerjoin(presence, presence.c.device_id == devices.c.device_id)
_channels_joined = channels.outerjoin(presence, presence.c.device_id == channels.c.device_id)


def page_devices(
    connection: Connection, scope: Scope, query: Query
) -> tuple[tuple[Device, ...], int]:
    """Return one page of devices and the count of all that match."""
    where = _device_conditions(scope, query)
    counted = select(func.count()).select_from(_devices_joined).where(*where)
    total = connection.execute(counted).scalar_one()
    orders: Orders = {
        Sort.NAME: [_shown_name, devices.c.device_id],
        Sort.ID: [devices.c.device_id],
        Sort.STATE: [_device_state, _shown_name, devices.c.device_id],
        Sort.NEWEST: [devices.c.first_at, devices.c.device_id],
    }
    order = orders[query.sort]
    found = select(devices, *_PRESENCE).select_from(_devices_joined).where(*where)
    return _devices(connection, scope, _cut(found, order, query)), total


def read_device(connection: Connection, scope: Scope, device_id: str) -> Device | None:
    """Return one device; None when it is not there or not to be seen."""
    found = (
        select(devices, *_PRESENCE)
        .select_from(_devices_joined)
        .where(devices.c.device_id == device_id, visible(scope, devices.c.device_id))
    )
    return next(iter(_devices(connection, scope, found)), None)


def page_channels(
    connection: Connection, scope: Scope, query: Query
) -> tuple[tuple[Channel, ...], int]:
    """Return one page of cameras and the count of all that match."""
    where = _channel_conditions(scope, query)
    joined = _channels_joined if query.state or query.sort is Sort.STATE else channels
    counted = select(func.count()).select_from(joined).where(*where)
    total = connection.execute(counted).scalar_one()
    c = channels.c
    orders: Orders = {
        Sort.NAME: [c.name, c.device_id, c.channel_id],
        Sort.ID: [c.channel_id, c.device_id],
        Sort.STATE: [_channel_state, c.name, c.device_id, c.channel_id],
        Sort.NEWEST: [c.appeared_at, c.device_id, c.channel_id],
    }
    order = orders[query.sort]
    # An index finds the page; only its rows are read whole.
    keys = _cut(select(c.device_id, c.channel_id).select_from(joined).where(*where), order, query)
    return _channels(connection, keys, order, query), total


def read_channel(
    connection: Connection, scope: Scope, device_id: str, channel_id: str
) -> Channel | None:
    """Return one entry, there or removed; None when there is none or it is not to be seen."""
    c = channels.c
    keys = select(c.device_id, c.channel_id).where(
        c.device_id == device_id,
        c.channel_id == channel_id,
        visible(scope, c.device_id, c.channel_id),
    )
    return next(iter(_channels(connection, keys, [c.channel_id], Query())), None)


def read_download_speed(connection: Connection, device_id: str, channel_id: str) -> str:
    """Return a channel's DownloadSpeed; "" when it announced none."""
    c = channels.c
    found = select(c.item).where(c.device_id == device_id, c.channel_id == channel_id)
    item = connection.execute(found).scalar_one_or_none()
    told = json.loads(item).get("Info", {}) if item else {}
    return str(told.get("DownloadSpeed", ""))


def count_states(connection: Connection, scope: Scope) -> tuple[Counts, Counts]:
    """Return devices and cameras by state, of all that may be seen."""
    states = (
        select(_device_state.label("state"), func.count().label("number"))
        .select_from(_devices_joined)
        .where(visible(scope, devices.c.device_id))
        .group_by(_device_state)
    )
    own = Counts()
    for state, number in connection.execute(states):
        own += count(State(state), number)
    cameras = Counts()
    for _, counts in _count_regions(connection, scope, true()).items():
        cameras += counts
    return own, cameras


# The tree -----------------------------------------------------------------------------------


def count_regions(connection: Connection, scope: Scope, prefix: str) -> dict[str, Counts]:
    """Return the cameras that stand in each division itself, at and below *prefix*."""
    return _count_regions(connection, scope, _below(channels.c.region, prefix))


def read_region_names(connection: Connection, scope: Scope, codes: Iterable[str]) -> dict[str, str]:
    """Return what catalogs call the divisions *codes*, as far as they name them."""
    c = channels.c
    wanted = {written for code in codes for written in (code, code.ljust(6, "0"))}
    found = select(c.region, func.min(c.name)).where(
        _present,
        c.role == Role.REGION.value,
        c.channel_id.in_(wanted),
        c.name != c.channel_id,
        visible(scope, c.device_id, c.channel_id),
    )
    return {row[0]: row[1] for row in connection.execute(found.group_by(c.region))}


def page_children(
    connection: Connection, scope: Scope, parent: EntryKey, query: Query
) -> tuple[tuple[Channel, ...], int]:
    """Return one page of what hangs under an entry, nodes before cameras, and the count of all."""
    c = channels.c
    above = parent.channel_id or parent.device_id
    where = [
        c.device_id == parent.device_id,
        or_(c.parent_id == above, c.group_id == above),
        _present,
        visible(scope, c.device_id, c.channel_id),
    ]
    counted = select(func.count()).select_from(channels).where(*where)
    total = connection.execute(counted).scalar_one()
    order: list[ColumnElement[Any]] = [c.camera, c.name, c.channel_id]
    keys = _cut(select(c.device_id, c.channel_id).where(*where), order, query)
    return _channels(connection, keys, order, query), total


def page_standing(
    connection: Connection, scope: Scope, region: str, skip: int, size: int
) -> tuple[tuple[Channel, ...], int]:
    """Return *size* cameras that stand in *region* itself after *skip*, and the count of all."""
    c = channels.c
    where = [_camera, c.region == region, visible(scope, c.device_id, c.channel_id)]
    counted = select(func.count()).select_from(channels).where(*where)
    total = connection.execute(counted).scalar_one()
    order: list[ColumnElement[Any]] = [c.name, c.device_id, c.channel_id]
    keys = select(c.device_id, c.channel_id).where(*where).order_by(*order)
    return _channels(connection, keys.limit(size).offset(skip), order, Query()), total


def read_clusters(connection: Connection, scope: Scope, device_id: str) -> list[Cluster]:
    """Return the cameras of a device, counted by what they hang under."""
    c = channels.c
    state = read_state(connection, device_id)
    rows = connection.execute(
        select(c.parent_id, c.group_id, c.said, func.count())
        .where(c.device_id == device_id, _camera, visible(scope, c.device_id, c.channel_id))
        .group_by(c.parent_id, c.group_id, c.said)
    )
    return [
        Cluster(parent, group, count_said(state, said, number))
        for parent, group, said, number in rows
    ]


def read_links(connection: Connection, scope: Scope, device_id: str) -> dict[str, tuple[str, str]]:
    """Return parent and group of each entry of a device that may have others below it."""
    c = channels.c
    node = channels.alias()
    below = select(node.c.parent_id).where(node.c.device_id == device_id)
    rows = connection.execute(
        select(c.channel_id, c.parent_id, c.group_id).where(
            c.device_id == device_id,
            _present,
            or_(~c.camera, c.channel_id.in_(below)),
            visible(scope, c.device_id, c.channel_id),
        )
    )
    return {key: (parent, group) for key, parent, group in rows}


def read_nodes(
    connection: Connection, scope: Scope, device_id: str, ids: Iterable[str]
) -> set[str]:
    """Return those of *ids* that have something below them."""
    c = channels.c
    wanted = list(ids)
    seen = [c.device_id == device_id, _present, visible(scope, c.device_id, c.channel_id)]
    parents = select(c.parent_id).where(*seen, c.parent_id.in_(wanted))
    groups = select(c.group_id).where(*seen, c.group_id.in_(wanted))
    return set(connection.execute(parents.union(groups)).scalars())


def read_lone_cameras(
    connection: Connection, scope: Scope, ids: Iterable[str]
) -> dict[str, Channel]:
    """Return the camera of each of the devices *ids* that has one entry, and that a camera."""
    c = channels.c
    lone = (
        select(c.device_id)
        .where(c.device_id.in_(list(ids)), _present, visible(scope, c.device_id, c.channel_id))
        .where(c.parent_id != "")
        .group_by(c.device_id)
        .having(func.count() == 1)
    )
    keys = select(c.device_id, c.channel_id).where(
        c.device_id.in_(lone), _camera, visible(scope, c.device_id, c.channel_id)
    )
    found = _channels(connection, keys, [c.device_id], Query())
    return {channel.device_id: channel for channel in found}


def read_state(connection: Connection, device_id: str) -> State:
    """Return the state of a device, as last written."""
    found = select(presence.c.state).where(presence.c.device_id == device_id)
    return State(connection.execute(found).scalar_one_or_none() or _UNKNOWN)


def read_registrations(connection: Connection, after: float) -> list[Registration]:
    """Return the registrations that have not run out at *after*, UNIX time, s."""
    found = select(devices).where(devices.c.expires_at > after)
    rows = connection.execute(found).all()
    return [given for row in rows if (given := _registration(row)) is not None]


# Parts of statements ------------------------------------------------------------------------


def _below(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Return the condition that *column*, digits, begins with *prefix*; a range, for the index."""
    if not prefix:
        return true()
    if not (prefix.isascii() and prefix.isdigit()):
        return false()
    after = str(int(prefix) + 1).zfill(len(prefix))
    if len(after) > len(prefix):
        return column >= prefix
    return and_(column >= prefix, column < after)


def _device_conditions(scope: Scope, query: Query) -> list[ColumnElement[bool]]:
    c = devices.c
    where = [visible(scope, c.device_id), _below(c.region, query.region)]
    if query.text:
        columns = (c.name, c.device_id, c.host)
        where.append(or_(*(find_literally(column, query.text) for column in columns)))
    if query.state:
        where.append(_device_state == query.state.value)
    if query.catalog:
        where.append(c.catalog_state == query.catalog.value)
    if query.device_id:
        where.append(c.device_id == query.device_id)
    return where


def _channel_conditions(scope: Scope, query: Query) -> list[ColumnElement[bool]]:
    c = channels.c
    there = c.removed_at.is_not(None) if query.removed else _present
    where = [visible(scope, c.device_id, c.channel_id), there]
    if query.cameras:
        where.append(c.camera)
    where.append(_below(c.region, query.region))
    if query.text:
        columns = (c.name, c.channel_id)
        where.append(or_(*(find_literally(column, query.text) for column in columns)))
    if query.state:
        where.append(_channel_state == query.state.value)
    if query.device_id:
        where.append(c.device_id == query.device_id)
    return where


def _cut(found: Select[Any], order: Sequence[ColumnElement[Any]], query: Query) -> Select[Any]:
    """Return *found* in order, only the page that *query* asks for."""
    first = (query.number - 1) * query.size
    return found.order_by(*_turned(order, query)).limit(query.size).offset(first)


def _turned(order: Sequence[ColumnElement[Any]], query: Query) -> list[ColumnElement[Any]]:
    """Return *order*, its first column the other way round where *query* wants that."""
    first, *rest = order
    backward = query.descending is not (query.sort is Sort.NEWEST)
    return [first.desc() if backward else first, *rest]


def _devices(connection: Connection, scope: Scope, found: Select[Any]) -> tuple[Device, ...]:
    rows = connection.execute(found).all()
    states = {row.device_id: State(row.state or _UNKNOWN) for row in rows}
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


def _channels(
    connection: Connection, keys: Select[Any], order: Sequence[ColumnElement[Any]], query: Query
) -> tuple[Channel, ...]:
    page = keys.subquery()
    c = channels.c
    rows = connection.execute(
        select(channels, _shown_name.label("device_name"), _channel_state.label("state"))
        .select_from(_channels_joined)
        .join(page, and_(page.c.device_id == c.device_id, page.c.channel_id == c.channel_id))
        .join(devices, devices.c.device_id == c.device_id)
        .order_by(*_turned(order, query))
    )
    return tuple(_channel(row) for row in rows)


def _count_regions(
    connection: Connection, scope: Scope, where: ColumnElement[bool]
) -> dict[str, Counts]:
    c = channels.c
    # Grouped before it is joined: a device's state is looked up once, not once a camera.
    grouped = (
        select(c.region, c.device_id, c.said, func.count().label("number"))
        .where(_camera, where, visible(scope, c.device_id, c.channel_id))
        .group_by(c.region, c.device_id, c.said)
        .subquery()
    )
    state = func.coalesce(presence.c.state, _UNKNOWN)
    rows = connection.execute(
        select(grouped.c.region, state, grouped.c.said, func.sum(grouped.c.number))
        .select_from(grouped.outerjoin(presence, presence.c.device_id == grouped.c.device_id))
        .group_by(grouped.c.region, state, grouped.c.said)
    )
    counts: dict[str, Counts] = {}
    for region, device, said, number in rows:
        more = count_said(State(device), said, int(number))
        counts[region] = counts.get(region, Counts()) + more
    return counts


# Rows as values -----------------------------------------------------------------------------


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
        state=State(row.state or _UNKNOWN),
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


def _channel(row: Row[Any]) -> Channel:
    return Channel(
        device_id=row.device_id,
        channel_id=row.channel_id,
        device_name=row.device_name,
        name=row.name,
        role=Role(row.role),
        camera=row.camera,
        state=State(row.state),
        manufacturer=row.manufacturer,
        model=row.model,
        address=row.address,
        region=row.region,
        parent_id=row.parent_id,
        group_id=row.group_id,
        longitude=row.longitude,
        latitude=row.latitude,
        ptz_type=row.ptz_type,
        appeared_at=row.appeared_at,
        changed_at=row.changed_at,
        removed_at=row.removed_at,
    )

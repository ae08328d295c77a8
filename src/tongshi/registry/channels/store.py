"""The statements of channels.  Every query takes a scope and counts only what it lets see."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, or_, select, true

from tongshi.access.scope import Scope
from tongshi.access.store import visible
from tongshi.db.tables import channels, devices, presence
from tongshi.db.text import find_literally
from tongshi.gb28181 import catalog
from tongshi.gb28181.identifier import Role
from tongshi.registry.entry import Channel, Counts, Query, Sort
from tongshi.registry.state import State, channel_state
from tongshi.registry.store import UNKNOWN, Orders, below, cut, device_state, shown_name, turn
from tongshi.registry.tree import count_said

present = channels.c.removed_at.is_(None)
camera = and_(present, channels.c.camera)
# The same function that decides for one channel makes the table for all.
_channel_state = case(
    {
        device.value: case(
            {said.value: channel_state(device, said).value for said in catalog.State},
            value=channels.c.said,
            else_=UNKNOWN,
        )
        for device in State
    },
    value=device_state,
    else_=UNKNOWN,
)
_channels_joined = channels.outerjoin(presence, presence.c.device_id == channels.c.device_id)


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
    keys = cut(select(c.device_id, c.channel_id).select_from(joined).where(*where), order, query)
    return read_rows(connection, keys, order, query), total


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
    return next(iter(read_rows(connection, keys, [c.channel_id], Query())), None)


def read_download_speed(connection: Connection, device_id: str, channel_id: str) -> str:
    """Return a channel's DownloadSpeed; "" when it announced none."""
    c = channels.c
    found = select(c.item).where(c.device_id == device_id, c.channel_id == channel_id)
    item = connection.execute(found).scalar_one_or_none()
    told = json.loads(item).get("Info", {}) if item else {}
    return str(told.get("DownloadSpeed", ""))


def count_cameras(connection: Connection, scope: Scope) -> Counts:
    """Return cameras by state, of all that may be seen."""
    counts = Counts()
    for each in count_where(connection, scope, true()).values():
        counts += each
    return counts


def count_where(
    connection: Connection, scope: Scope, where: ColumnElement[bool]
) -> dict[str, Counts]:
    """Return the cameras that stand in each division, of those for which *where* holds."""
    c = channels.c
    # Grouped before it is joined: a device's state is looked up once, not once a camera.
    grouped = (
        select(c.region, c.device_id, c.said, func.count().label("number"))
        .where(camera, where, visible(scope, c.device_id, c.channel_id))
        .group_by(c.region, c.device_id, c.said)
        .subquery()
    )
    state = func.coalesce(presence.c.state, UNKNOWN)
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


def read_rows(
    connection: Connection, keys: Select[Any], order: Sequence[ColumnElement[Any]], query: Query
) -> tuple[Channel, ...]:
    """Return the entries that *keys* names, in *order*, turned as *query* wants it."""
    page = keys.subquery()
    c = channels.c
    rows = connection.execute(
        select(channels, shown_name.label("device_name"), _channel_state.label("state"))
        .select_from(_channels_joined)
        .join(page, and_(page.c.device_id == c.device_id, page.c.channel_id == c.channel_id))
        .join(devices, devices.c.device_id == c.device_id)
        .order_by(*turn(order, query))
    )
    return tuple(_channel(row) for row in rows)


def _channel_conditions(scope: Scope, query: Query) -> list[ColumnElement[bool]]:
    c = channels.c
    there = c.removed_at.is_not(None) if query.removed else present
    where = [visible(scope, c.device_id, c.channel_id), there]
    if query.cameras:
        where.append(c.camera)
    where.append(below(c.region, query.region))
    if query.text:
        columns = (c.name, c.channel_id)
        where.append(or_(*(find_literally(column, query.text) for column in columns)))
    if query.state:
        where.append(_channel_state == query.state.value)
    if query.device_id:
        where.append(c.device_id == query.device_id)
    return where


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

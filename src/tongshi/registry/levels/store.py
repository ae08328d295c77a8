"""The statements of the tree's levels; each takes a scope and counts only what it lets see."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from tongshi.access.scope import Scope
from tongshi.access.store import visible
from tongshi.db.tables import channels
from tongshi.gb28181.identifier import Role
from tongshi.registry.channels.store import camera, count_where, present, read_rows
from tongshi.registry.entry import Channel, Counts, Query
from tongshi.registry.store import below, cut, read_state
from tongshi.registry.tree import Cluster, EntryKey, count_said


def count_regions(connection: Connection, scope: Scope, prefix: str) -> dict[str, Counts]:
    """Return the cameras that stand in each division itself, at and below *prefix*."""
    return count_where(connection, scope, below(channels.c.region, prefix))


def read_region_names(connection: Connection, scope: Scope, codes: Iterable[str]) -> dict[str, str]:
    """Return what catalogs call the divisions *codes*, as far as they name them."""
    c = channels.c
    wanted = {written for code in codes for written in (code, code.ljust(6, "0"))}
    found = select(c.region, func.min(c.name)).where(
        present,
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
        present,
        visible(scope, c.device_id, c.channel_id),
    ]
    counted = select(func.count()).select_from(channels).where(*where)
    total = connection.execute(counted).scalar_one()
    order: list[ColumnElement[Any]] = [c.camera, c.name, c.channel_id]
    keys = cut(select(c.device_id, c.channel_id).where(*where), order, query)
    return read_rows(connection, keys, order, query), total


def page_standing(
    connection: Connection, scope: Scope, region: str, skip: int, size: int
) -> tuple[tuple[Channel, ...], int]:
    """Return *size* cameras that stand in *region* itself after *skip*, and the count of all."""
    c = channels.c
    where = [camera, c.region == region, visible(scope, c.device_id, c.channel_id)]
    counted = select(func.count()).select_from(channels).where(*where)
    total = connection.execute(counted).scalar_one()
    order: list[ColumnElement[Any]] = [c.name, c.device_id, c.channel_id]
    keys = select(c.device_id, c.channel_id).where(*where).order_by(*order)
    return read_rows(connection, keys.limit(size).offset(skip), order, Query()), total


def read_clusters(connection: Connection, scope: Scope, device_id: str) -> list[Cluster]:
    """Return the cameras of a device, counted by what they hang under."""
    c = channels.c
    state = read_state(connection, device_id)
    rows = connection.execute(
        select(c.parent_id, c.group_id, c.said, func.count())
        .where(c.device_id == device_id, camera, visible(scope, c.device_id, c.channel_id))
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
            present,
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
    seen = [c.device_id == device_id, present, visible(scope, c.device_id, c.channel_id)]
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
        .where(c.device_id.in_(list(ids)), present, visible(scope, c.device_id, c.channel_id))
        .where(c.parent_id != "")
        .group_by(c.device_id)
        .having(func.count() == 1)
    )
    keys = select(c.device_id, c.channel_id).where(
        c.device_id.in_(lone), camera, visible(scope, c.device_id, c.channel_id)
    )
    found = read_rows(connection, keys, [c.device_id], Query())
    return {channel.device_id: channel for channel in found}

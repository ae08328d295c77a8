"""The statements that write the register, and what a merge reads before it."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from tongshi.access.placing.store import number_channels, number_devices
from tongshi.db.tables import (
    alarms,
    catalogs,
    channel_changes,
    channels,
    devices,
    register_entries,
    subscription_wants,
)
from tongshi.db.upsert import upsert
from tongshi.gb28181.catalog import State
from tongshi.registry.branch import Place
from tongshi.registry.change import Told
from tongshi.registry.entry import CatalogStanding, Description, Registration
from tongshi.registry.merge import Changes, Stored, Value
from tongshi.registry.region import region_of

_AT_ONCE = 500
STAND_IN = "stand-in"
"""Source of the entry that stands for a device that never answers Catalog."""
Row = Mapping[str, Value]
"""One entry of a catalog, by column."""


def write_registrations(connection: Connection, rows: Mapping[str, Registration]) -> None:
    """Record the newest registration of each device."""
    values = [
        {
            "device_id": row.device_id,
            "first_at": row.at,
            "region": region_of("", row.device_id),
            "host": row.host,
            "port": row.port,
            "transport": row.transport,
            "version": row.version,
            "user_agent": row.user_agent,
            "contact": row.contact,
            "registered_at": row.at,
            "expires_at": row.expires_at,
        }
        for row in rows.values()
    ]
    new: tuple[str, ...] = ("host", "port", "transport", "version", "user_agent", "contact")
    upsert(
        connection,
        devices,
        _placed(connection, values),
        update=(*new, "registered_at", "expires_at"),
    )


def write_descriptions(connection: Connection, rows: Mapping[str, Description]) -> None:
    """Record what devices said of themselves."""
    values = [
        {
            "device_id": row.device_id,
            "first_at": row.at,
            "region": region_of("", row.device_id),
            "name": row.name,
            "manufacturer": row.manufacturer,
            "model": row.model,
            "firmware": row.firmware,
            "described_at": row.at,
        }
        for row in rows.values()
    ]
    new = ("name", "manufacturer", "model", "firmware", "described_at")
    upsert(connection, devices, _placed(connection, values), update=new)


def write_standing(connection: Connection, device_id: str, standing: CatalogStanding) -> None:
    """Record how the newest catalog of a device stands."""
    values: dict[str, object] = {
        "catalog_state": standing.state.value,
        "announced": standing.announced,
        "received": standing.received,
        "catalog_why": standing.why,
        "catalog_at": standing.at,
    }
    if standing.complete_at is not None:
        values["complete_at"] = standing.complete_at
    connection.execute(update(devices).where(devices.c.device_id == device_id).values(values))


def write_failure(connection: Connection, device_id: str, why: str, at: float) -> None:
    """Record that a catalog query failed; what was known before stays."""
    ensure_device(connection, device_id, at)
    values = {"catalog_why": why, "catalog_at": at}
    connection.execute(update(devices).where(devices.c.device_id == device_id).values(values))


def ensure_device(connection: Connection, device_id: str, at: float) -> None:
    """Make the device's row if there is none yet."""
    row = {"device_id": device_id, "first_at": at, "region": region_of("", device_id)}
    upsert(connection, devices, _placed(connection, [row]), update=())


def _placed(
    connection: Connection, rows: Sequence[Mapping[str, object]]
) -> list[Mapping[str, object]]:
    """Return rows of devices with the cells in which new ones stand."""
    cells = number_devices(connection, {str(row["region"]) for row in rows})
    return [{**row, "cell": cells[str(row["region"])]} for row in rows]


def add_catalog(
    connection: Connection, device_id: str, source: str, standing: CatalogStanding, changes: Changes
) -> int:
    """Record a catalog with news and return its number."""
    statement = insert(catalogs).values(
        device_id=device_id,
        source=source,
        at=standing.at,
        state=standing.state.value,
        announced=standing.announced,
        received=standing.received,
        why=standing.why,
        added=changes.added,
        changed=changes.changed,
        removed=len(changes.removed),
        restored=changes.restored,
    )
    return int(connection.execute(statement.returning(catalogs.c.id)).scalar_one())


_WRITTEN = tuple(
    column.name
    for column in channels.c
    if column.name not in ("device_id", "channel_id", "appeared_at")
)


def write_channels(
    connection: Connection,
    device_id: str,
    rows: Sequence[Row],
    catalog_id: int,
    at: float,
) -> None:
    """Write whole entries, new or changed; those that were removed are there again."""
    common: dict[str, Value] = {
        "device_id": device_id,
        "catalog_id": catalog_id,
        "appeared_at": at,
        "changed_at": at,
        "removed_at": None,
    }
    regions = {str(row["channel_id"]): str(row["region"]) for row in rows}
    cells = number_channels(connection, device_id, regions)
    placed = [{**row, **common, "cell": cells[str(row["channel_id"])]} for row in rows]
    upsert(connection, channels, placed, update=_WRITTEN)


def retire_stand_in(connection: Connection, device_id: str, at: float) -> None:
    """Give the entry that stood for a device without a catalog the date of its removal."""
    c = channels.c
    stood_in = select(catalogs.c.id).where(
        catalogs.c.device_id == device_id, catalogs.c.source == STAND_IN
    )
    connection.execute(
        update(channels)
        .where(c.device_id == device_id, c.channel_id == device_id, c.removed_at.is_(None))
        .where(c.catalog_id.in_(stood_in))
        .values(removed_at=at, changed_at=at)
    )


def move_channels(
    connection: Connection, device_id: str, moved: Iterable[tuple[str, Place]], at: float
) -> None:
    """Hang entries elsewhere."""
    rows = [
        {"key": key, "parent": place.parent_id, "group": place.group_id, "camera_now": place.camera}
        for key, place in moved
    ]
    if rows:
        statement = (
            update(channels)
            .where(channels.c.device_id == device_id, channels.c.channel_id == bindparam("key"))
            .values(
                parent_id=bindparam("parent"),
                group_id=bindparam("group"),
                camera=bindparam("camera_now"),
                changed_at=at,
            )
        )
        connection.execute(statement, rows)


def remove_channels(
    connection: Connection, device_id: str, removed: Iterable[str], at: float
) -> None:
    """Give entries the date of their removal."""
    rows = [{"key": key} for key in removed]
    if rows:
        statement = (
            update(channels)
            .where(channels.c.device_id == device_id, channels.c.channel_id == bindparam("key"))
            .values(removed_at=at, changed_at=at)
        )
        connection.execute(statement, rows)


def count_removed(connection: Connection, device_id: str) -> int:
    """Return how many entries of a device have a date of removal."""
    c = channels.c
    counted = select(func.count()).where(c.device_id == device_id, c.removed_at.is_not(None))
    return connection.execute(counted).scalar_one()


def forget_removed(connection: Connection, device_id: str, most: int) -> int:
    """Delete the *most* entries of a device that were removed longest ago; return how many.

    Those that an alarm, the access register or somebody's wish speaks of stay: pictures and
    downloads have their line of the register.
    """
    c = channels.c
    spoken_of = [
        select(other.device_id).where(other.device_id == c.device_id, key == c.channel_id).exists()
        for other, key in (
            (alarms.c, alarms.c.channel_id),
            (register_entries.c, register_entries.c.channel_id),
            (subscription_wants.c, subscription_wants.c.target_id),
        )
    ]
    oldest = (
        select(c.channel_id)
        .where(c.device_id == device_id, c.removed_at.is_not(None))
        .where(*(~found for found in spoken_of))
        .order_by(c.removed_at, c.channel_id)
        .limit(most)
    )
    ids = connection.execute(oldest).scalars().all()
    for at in range(0, len(ids), _AT_ONCE):
        some = c.channel_id.in_(ids[at : at + _AT_ONCE])
        connection.execute(delete(channels).where(c.device_id == device_id, some))
    return len(ids)


def read_stored(connection: Connection, device_id: str) -> dict[str, Stored]:
    """Return the entries of a device as a merge wants them."""
    c = channels.c
    rows = connection.execute(
        select(
            c.channel_id,
            c.digest,
            c.removed_at,
            c.parent_id,
            c.group_id,
            c.camera,
            c.parents,
            c.business_group,
            c.civil_code,
            c.parental,
        ).where(c.device_id == device_id)
    )
    return {
        key: Stored(
            key, digest, gone is not None, Place(parent, group, camera), raw, business, code, below
        )
        for key, digest, gone, parent, group, camera, raw, business, code, below in rows
    }


def write_states(connection: Connection, told: Mapping[tuple[str, str], Told]) -> int:
    """Record states that devices notified of; return how many were of channels nobody knows."""
    known: set[tuple[str, str]] = set()
    by_device: dict[str, list[str]] = {}
    for device_id, channel_id in told:
        by_device.setdefault(device_id, []).append(channel_id)
    c = channels.c
    for device_id, ids in by_device.items():
        for at in range(0, len(ids), _AT_ONCE):
            found = select(c.channel_id).where(
                c.device_id == device_id,
                c.channel_id.in_(ids[at : at + _AT_ONCE]),
                c.removed_at.is_(None),
                c.said != State.UNKNOWN.value,
            )
            known |= {(device_id, key) for key in connection.execute(found).scalars()}
    rows = [
        {"device": key[0], "key": key[1], "now_said": one.said.value, "when": one.at}
        for key, one in told.items()
        if key in known
    ]
    if rows:
        # Without a digest the next catalog writes the entry anew, whatever it says.
        statement = (
            update(channels)
            .where(c.device_id == bindparam("device"), c.channel_id == bindparam("key"))
            .values(said=bindparam("now_said"), changed_at=bindparam("when"), digest="")
        )
        connection.execute(statement, rows)
        add_events(connection, [(*key, told[key].at, told[key].event) for key in known])
    return len(told) - len(known)


def add_events(connection: Connection, events: Iterable[tuple[str, str, float, str]]) -> None:
    """Append to the history of channels: device, channel, UNIX time, event."""
    names = ("device_id", "channel_id", "at", "event")
    rows = [dict(zip(names, event, strict=True)) for event in events]
    if rows:
        connection.execute(insert(channel_changes), rows)


def prune_events(connection: Connection, before: float, most: int) -> int:
    """Delete those of the *most* oldest events that are older than *before*; return how many."""
    c = channel_changes.c
    oldest = select(c.id, c.at).order_by(c.id).limit(most).subquery()
    old = select(oldest.c.id).where(oldest.c.at < before)
    return connection.execute(delete(channel_changes).where(c.id.in_(old))).rowcount


def read_region(connection: Connection, device_id: str) -> str:
    """Return the division of a device, ``""`` when it has none or is not there."""
    found = select(devices.c.region).where(devices.c.device_id == device_id)
    return connection.execute(found).scalar_one_or_none() or ""

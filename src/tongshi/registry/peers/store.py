"""The statements of what people decided about peers."""

from sqlalchemy import Connection, delete, insert, select

from tongshi.db.tables import admission_rules, devices, peer_beats, peer_keys, peer_profiles
from tongshi.db.upsert import upsert
from tongshi.digest import Hashed
from tongshi.registry.peers.rule import Effect, Rule


def read_rules(connection: Connection) -> list[Rule]:
    """Return every rule, the oldest first."""
    rows = connection.execute(select(admission_rules).order_by(admission_rules.c.id))
    return [
        Rule(
            Effect(row.effect),
            row.pattern,
            row.network,
            row.target,
            row.expires,
            row.note,
            row.made_at,
            row.made_by,
            row.id,
        )
        for row in rows
    ]


def add_rule(connection: Connection, rule: Rule) -> int:
    """Record *rule* and return its number."""
    statement = insert(admission_rules).values(
        effect=rule.effect.value,
        pattern=rule.pattern,
        network=rule.network,
        target=rule.target,
        expires=rule.expires,
        note=rule.note,
        made_at=rule.made_at,
        made_by=rule.made_by,
    )
    return int(connection.execute(statement.returning(admission_rules.c.id)).scalar_one())


def remove_rule(connection: Connection, number: int) -> bool:
    """Remove a rule; return whether it was there."""
    gone = connection.execute(delete(admission_rules).where(admission_rules.c.id == number))
    return gone.rowcount > 0


def read_keys(connection: Connection) -> dict[str, Hashed]:
    """Return the hashed password of each device that has one of its own."""
    rows = connection.execute(select(peer_keys))
    return {row.device_id: Hashed(row.username, row.realm, row.md5, row.sha256) for row in rows}


def write_key(
    connection: Connection, device_id: str, key: Hashed, set_at: float, set_by: str
) -> None:
    """Record a device's hashed password, in place of the one before."""
    row = {
        "device_id": device_id,
        "username": key.username,
        "realm": key.realm,
        "md5": key.md5,
        "sha256": key.sha256,
        "set_at": set_at,
        "set_by": set_by,
    }
    upsert(connection, peer_keys, [row], update=[name for name in row if name != "device_id"])


def remove_key(connection: Connection, device_id: str) -> bool:
    """Remove a device's password; return whether it had one."""
    gone = connection.execute(delete(peer_keys).where(peer_keys.c.device_id == device_id))
    return gone.rowcount > 0


def read_fields(connection: Connection) -> dict[str, dict[str, str]]:
    """Return what people set of profiles: device -> field -> text."""
    found: dict[str, dict[str, str]] = {}
    for row in connection.execute(select(peer_profiles)):
        found.setdefault(row.device_id, {})[row.field] = row.value
    return found


def write_fields(
    connection: Connection, device_id: str, fields: dict[str, str], set_at: float, set_by: str
) -> None:
    """Record all that is set of a device's profile; what was set before and is not here ends."""
    held = select(peer_profiles.c.field, peer_profiles.c.value).where(
        peer_profiles.c.device_id == device_id
    )
    before = {row.field: row.value for row in connection.execute(held)}
    gone = [name for name in before if name not in fields]
    if gone:
        connection.execute(
            delete(peer_profiles).where(
                peer_profiles.c.device_id == device_id, peer_profiles.c.field.in_(gone)
            )
        )
    rows = [
        {
            "device_id": device_id,
            "field": name,
            "value": value,
            "set_at": set_at,
            "set_by": set_by,
        }
        for name, value in fields.items()
        if before.get(name) != value
    ]
    upsert(connection, peer_profiles, rows, update=("value", "set_at", "set_by"))


def read_beats(connection: Connection) -> dict[str, tuple[float, int]]:
    """Return the rhythm that devices told: device -> interval, s, and count."""
    c = peer_beats.c
    rows = connection.execute(select(c.device_id, c.interval, c["count"]))
    return {device_id: (interval, count) for device_id, interval, count in rows}


def write_beat(
    connection: Connection, device_id: str, interval: float, count: int, told_at: float
) -> None:
    """Record a device's rhythm, in place of the one before."""
    row = {"device_id": device_id, "interval": interval, "count": count, "told_at": told_at}
    upsert(connection, peer_beats, [row], update=("interval", "count", "told_at"))


def remove_beat(connection: Connection, device_id: str) -> None:
    """Forget a device's rhythm."""
    connection.execute(delete(peer_beats).where(peer_beats.c.device_id == device_id))


def read_makers(connection: Connection) -> dict[str, str]:
    """Return the maker that each device named in DeviceInfo."""
    c = devices.c
    rows = connection.execute(select(c.device_id, c.manufacturer).where(c.manufacturer != ""))
    return {row.device_id: row.manufacturer for row in rows}


def read_known(connection: Connection) -> set[str]:
    """Return the ids of all devices that ever registered."""
    c = devices.c
    return set(
        connection.execute(select(c.device_id).where(c.registered_at.is_not(None))).scalars()
    )

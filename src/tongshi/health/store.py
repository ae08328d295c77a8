"""The statements of health: each device's present state, and the begin of every state."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, insert, literal, select, update

from tongshi.access.scope import Scope
from tongshi.access.store import visible
from tongshi.db.tables import presence, presence_changes
from tongshi.db.upsert import upsert
from tongshi.health.status import RESTARTED, Change, Presence
from tongshi.registry.state import State

_AT_ONCE = 500


def read_all(connection: Connection) -> dict[str, Presence]:
    """Return the present state of every device."""
    c = presence.c
    rows = connection.execute(select(c.device_id, c.state, c.why, c.since, c.noticed, c.proof))
    return {
        device_id: Presence(State(state), why, since, noticed, proof)
        for device_id, state, why, since, noticed, proof in rows
    }


def forget_states(connection: Connection, at: float, noticed: float) -> int:
    """Make every device unknown since *at*, or since its last change if that is later.

    Returns how many were not unknown before.
    """
    c = presence.c
    known = c.state != State.UNKNOWN.value
    begin = (
        func.max(c.since, at) if connection.dialect.name == "sqlite" else func.greatest(c.since, at)
    )
    words = (literal(State.UNKNOWN.value), literal(RESTARTED), begin, literal(noticed))
    rows = select(c.device_id, *words).where(known)
    columns = ["device_id", "state", "why", "at", "noticed"]
    connection.execute(insert(presence_changes).from_select(columns, rows))
    values = {"state": State.UNKNOWN.value, "why": RESTARTED, "since": begin, "noticed": noticed}
    return connection.execute(update(presence).where(known).values(values)).rowcount


def write_states(connection: Connection, states: Mapping[str, Presence]) -> None:
    """Record the present state of devices."""
    rows = [
        {
            "device_id": device_id,
            "state": known.state.value,
            "why": known.why,
            "since": known.since,
            "noticed": known.noticed,
            "proof": known.proof,
        }
        for device_id, known in states.items()
    ]
    upsert(connection, presence, rows, update=("state", "why", "since", "noticed", "proof"))


def write_proofs(connection: Connection, proofs: Mapping[str, float]) -> None:
    """Record last signs of life of devices whose state is recorded."""
    rows = [{"key": device_id, "heard": proof} for device_id, proof in proofs.items()]
    if rows:
        statement = update(presence).where(presence.c.device_id == bindparam("key"))
        connection.execute(statement.values(proof=bindparam("heard")), rows)


def add_changes(connection: Connection, changes: Sequence[Change]) -> None:
    """Append states that began, in their order."""
    if changes:
        rows = [
            {
                "device_id": change.device_id,
                "state": change.state.value,
                "why": change.why,
                "at": change.at,
                "noticed": change.noticed,
            }
            for change in changes
        ]
        connection.execute(insert(presence_changes), rows)


def read_changes(
    connection: Connection, scope: Scope, ids: Iterable[str], begin: float, end: float
) -> dict[str, list[Change]]:
    """Return the changes of devices between *begin* and *end*, and the last one before.

    Devices that have none, or may not be seen, are left out.
    """
    c = presence_changes.c
    wanted = list(dict.fromkeys(ids))
    found: dict[str, list[Change]] = {}
    for at in range(0, len(wanted), _AT_ONCE):
        part = wanted[at : at + _AT_ONCE]
        before = (
            select(func.max(c.id).label("id"))
            .where(c.device_id.in_(part), c.at <= begin)
            .group_by(c.device_id)
        )
        within = select(c.id).where(c.device_id.in_(part), c.at > begin, c.at < end)
        rows = connection.execute(
            select(c.device_id, c.state, c.why, c.at, c.noticed)
            .where(c.id.in_(before.union_all(within)), visible(scope, c.device_id))
            .order_by(c.id)
        )
        for device_id, state, why, since, noticed in rows:
            change = Change(device_id, State(state), why, since, noticed)
            found.setdefault(device_id, []).append(change)
    return found

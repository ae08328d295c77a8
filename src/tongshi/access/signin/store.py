"""The statements of sign-ins: sessions, second steps awaited, failures, addresses."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, or_, select, update

from tongshi.access.accounts.store import person_of
from tongshi.access.identity import Session, Way
from tongshi.access.signin.pace import Kind, Tally
from tongshi.access.signin.step import Awaited
from tongshi.db.tables import (
    people,
    sign_in_addresses,
    sign_in_steps,
    sign_in_tallies,
    web_sessions,
)
from tongshi.db.upsert import upsert

# Sessions -----------------------------------------------------------------------------------


def add_session(connection: Connection, session: Session) -> None:
    """Insert a session."""
    row = {
        "token_digest": session.digest,
        "person_id": session.person.id,
        "begun_at": session.begun_at,
        "used_at": session.used_at,
        "ends_at": session.ends_at,
        "address": session.address,
        "proven_at": session.proven_at,
        "way": session.way.value,
    }
    connection.execute(insert(web_sessions), row)


def read_session(
    connection: Connection, digest: str, wall: float = 0.0, idle: float = 0.0
) -> Session | None:
    """Return the session of a token's digest, whether it still holds or not.

    wall, idle: at which other sessions of the person are counted that hold.
    """
    c, other = web_sessions.c, web_sessions.alias()
    others = (
        select(func.count(other.c.address.distinct()))
        .where(other.c.person_id == c.person_id, other.c.address != c.address)
        .where(other.c.ends_at > wall, other.c.used_at > wall - idle)
        .scalar_subquery()
    )
    found = _sessions().add_columns(others.label("elsewhere"))
    row = connection.execute(found.where(c.token_digest == digest)).first()
    return None if row is None else replace(_session(row), elsewhere=row.elsewhere)


def read_sessions(connection: Connection, person_id: int) -> tuple[Session, ...]:
    """Return the sessions of a person, the oldest first, whether they still hold or not."""
    c = web_sessions.c
    found = _sessions().where(c.person_id == person_id).order_by(c.begun_at, c.token_digest)
    return tuple(map(_session, connection.execute(found)))


def count_sessions(connection: Connection, wall: float, idle: float) -> Mapping[int, int]:
    """Return how many sessions hold at *wall*, by person."""
    c = web_sessions.c
    held = select(c.person_id, func.count().label("many")).group_by(c.person_id)
    rows = connection.execute(held.where(c.ends_at > wall, c.used_at > wall - idle))
    return {row.person_id: row.many for row in rows}


def _sessions() -> Select[Any]:
    c = web_sessions.c
    ends = people.c.ends_at.label("person_ends_at")
    others = [column for column in people.c if column.name != "ends_at"]
    return select(web_sessions, ends, *others).join(people, people.c.id == c.person_id)


def _session(row: Row[Any]) -> Session:
    times = (row.begun_at, row.used_at, row.ends_at)
    proof = (row.proven_at, Way(row.way))
    return Session(row.token_digest, person_of(row), *times, row.address, *proof)


def touch_sessions(connection: Connection, used: Mapping[str, float]) -> None:
    """Record when sessions were last used, by digest."""
    for digest, at in used.items():
        statement = update(web_sessions).where(web_sessions.c.token_digest == digest)
        connection.execute(statement.values(used_at=at))


def end_session(connection: Connection, digest: str) -> bool:
    """Forget a session; say whether it was there."""
    ended = delete(web_sessions).where(web_sessions.c.token_digest == digest)
    return connection.execute(ended).rowcount == 1


def end_sessions(connection: Connection, person_id: int) -> None:
    """Forget all sessions of a person, and second steps that are awaited."""
    connection.execute(delete(web_sessions).where(web_sessions.c.person_id == person_id))
    connection.execute(delete(sign_in_steps).where(sign_in_steps.c.person_id == person_id))


def end_old(connection: Connection, wall: float, idle: float) -> None:
    """Forget what does not hold any more at *wall*: sessions, steps, tallies of quiet days."""
    c = web_sessions.c
    connection.execute(delete(web_sessions).where(or_(c.ends_at <= wall, c.used_at <= wall - idle)))
    connection.execute(delete(sign_in_steps).where(sign_in_steps.c.ends_at <= wall))
    t = sign_in_tallies.c
    quiet = and_(t.at <= wall - QUIET, t.paused_until <= wall)
    connection.execute(delete(sign_in_tallies).where(quiet))
    gone = sign_in_addresses.c.at <= wall - STALE
    connection.execute(delete(sign_in_addresses).where(gone))


QUIET = 86400.0
"""After so many s without a failure a tally is forgotten."""
STALE = 90 * 86400.0
"""After so many s an address from which somebody signed in is a new one again."""


# Second steps -------------------------------------------------------------------------------


def add_step(connection: Connection, digest: str, step: Awaited) -> None:
    """Insert a sign-in whose second step is awaited."""
    row = {
        "token_digest": digest,
        "person_id": step.person_id,
        "way": step.way.value,
        "ends_at": step.ends_at,
        "address": step.address,
    }
    connection.execute(insert(sign_in_steps), row)


def read_step(connection: Connection, digest: str) -> Awaited | None:
    """Return what is awaited of a token's digest."""
    row = connection.execute(
        select(sign_in_steps).where(sign_in_steps.c.token_digest == digest)
    ).first()
    return None if row is None else Awaited(row.person_id, Way(row.way), row.ends_at, row.address)


def end_step(connection: Connection, digest: str) -> bool:
    """Forget a step; say whether it was there."""
    ended = delete(sign_in_steps).where(sign_in_steps.c.token_digest == digest)
    return connection.execute(ended).rowcount == 1


# Failures -----------------------------------------------------------------------------------


def read_tallies(connection: Connection, keys: Mapping[Kind, str]) -> Mapping[Kind, Tally]:
    """Return what was counted under *keys*."""
    c = sign_in_tallies.c
    mine = or_(*(and_(c.kind == kind.value, c.key == key) for kind, key in keys.items()))
    return {
        Kind(row.kind): Tally(row.failures, row.paused_until, row.at)
        for row in connection.execute(select(sign_in_tallies).where(mine))
    }


def write_tallies(
    connection: Connection, keys: Mapping[Kind, str], tallies: Mapping[Kind, Tally]
) -> None:
    """Record what was counted."""
    rows = [
        {
            "kind": kind.value,
            "key": keys[kind],
            "failures": tally.failures,
            "paused_until": tally.paused_until,
            "at": tally.at,
        }
        for kind, tally in tallies.items()
    ]
    upsert(connection, sign_in_tallies, rows, update=("failures", "paused_until", "at"))


def clear_tallies(connection: Connection, keys: Mapping[Kind, str]) -> None:
    """Forget what was counted of the name; an address is not cleared by who owns an account."""
    c = sign_in_tallies.c
    for kind in (Kind.PAIR, Kind.NAME):
        mine = and_(c.kind == kind.value, c.key == keys[kind])
        connection.execute(delete(sign_in_tallies).where(mine))


def clear_name(connection: Connection, name: str) -> None:
    """Forget every failure of a name, from wherever."""
    c = sign_in_tallies.c
    pairs = and_(c.kind == Kind.PAIR.value, c.key.endswith(f" {name}", autoescape=True))
    mine = or_(and_(c.kind == Kind.NAME.value, c.key == name), pairs)
    connection.execute(delete(sign_in_tallies).where(mine))


# Addresses ----------------------------------------------------------------------------------


def is_known(connection: Connection, person_id: int, source: str) -> bool:
    """Say whether a person signed in from *source* before."""
    c = sign_in_addresses.c
    found = select(c.at).where(c.person_id == person_id, c.address == source)
    return connection.execute(found).first() is not None


def remember_address(connection: Connection, person_id: int, source: str, wall: float) -> None:
    """Record that a person signed in from *source*."""
    row = {"person_id": person_id, "address": source, "at": wall}
    upsert(connection, sign_in_addresses, [row], update=("at",))

"""The statements of what accounts did: slices behind a cursor, and their past by the hour."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from tongshi.access.register import Action
from tongshi.db.tables import (
    audit_entries,
    channels,
    people,
    register_entries,
    watch_cursors,
    watch_hours,
    watch_places,
)
from tongshi.db.upsert import upsert
from tongshi.watch.trace import HOUR, LOOKS, Account, Kind, Source, Trace

SIGN_IN = "session.begun"
EMERGENCY = "break-glass.begun"
TAMPERED = "mark.tampered"
REFUSED = "refused"
DONE = "done"
_LOOKS = {
    Action.LIVE.value: Kind.LOOK,
    Action.PLAYBACK.value: Kind.LOOK,
    Action.SNAPSHOT.value: Kind.LOOK,
    Action.DOWNLOAD.value: Kind.DOWNLOAD,
}
_looked = register_entries.join(people, people.c.id == register_entries.c.person_id).outerjoin(
    channels,
    and_(
        channels.c.device_id == register_entries.c.device_id,
        channels.c.channel_id == register_entries.c.channel_id,
    ),
)


# What accounts did --------------------------------------------------------------------------


def read_cursors(connection: Connection) -> dict[Source, int]:
    """Return up to which entry each source has been read; 0 before the first."""
    rows = connection.execute(select(watch_cursors)).all()
    held = {row.source: int(row.position) for row in rows}
    return {source: held.get(source.value, 0) for source in Source}


def read_looks(connection: Connection, after: int, most: int) -> tuple[list[Trace], int]:
    """Return the looks of people among the *most* entries that follow *after*, and the last one."""
    c = register_entries.c
    numbers = connection.execute(
        select(c.id).where(c.id > after).order_by(c.id).limit(most)
    ).scalars()
    last = max(numbers, default=after)
    found = _select_looks().where(c.id > after, c.id <= last).order_by(c.id)
    return [_look(row) for row in connection.execute(found)], last


def read_acts(connection: Connection, after: int, most: int) -> tuple[list[Trace], int]:
    """Return what rules ask for among the *most* acts that follow *after*, and the last one."""
    c = audit_entries.c
    numbers = connection.execute(
        select(c.seq).where(c.seq > after).order_by(c.seq).limit(most)
    ).scalars()
    last = max(numbers, default=after)
    found = select(audit_entries).where(c.seq > after, c.seq <= last, _telling())
    rows = connection.execute(found.order_by(c.seq))
    return [trace for trace in map(_act, rows) if trace is not None], last


def read_traces(
    connection: Connection, account: Account, since: float, until: float, most: int
) -> list[Trace]:
    """Return what an account did from *since* until before *until*, by time.

    most: of looks, and of acts: the newest.
    """
    a, c = audit_entries.c, register_entries.c
    acts = select(audit_entries).where(a.wall >= since, a.wall < until, _telling())
    looks: list[Trace] = []
    if account.person_id is None:
        acts = acts.where(a.person_id.is_(None), a.address == account.address)
    else:
        acts = acts.where(a.person_id == account.person_id)
        found = _select_looks().where(c.person_id == account.person_id)
        found = found.where(c.begun_at >= since, c.begun_at < until)
        rows = connection.execute(found.order_by(c.begun_at.desc(), c.id.desc()).limit(most))
        looks = [_look(row) for row in rows]
    rows = connection.execute(acts.order_by(a.seq.desc()).limit(most))
    told = [trace for trace in map(_act, rows) if trace is not None]
    return sorted([*looks, *told], key=lambda trace: (trace.at, trace.id))


def _select_looks() -> Select[Any]:
    """Select looks at cameras; a download that a restart entered anew has no address."""
    c = register_entries.c
    anew = and_(c.action == Action.DOWNLOAD.value, c.address == "")
    return (
        select(
            c.id,
            c.begun_at,
            c.person_id,
            c.action,
            c.device_id,
            c.channel_id,
            channels.c.region,
            people.c.certified_until,
        )
        .select_from(_looked)
        .where(c.action.in_(list(_LOOKS)), ~anew)
    )


def _telling() -> ColumnElement[bool]:
    """Return the condition under which an act is one that rules ask for."""
    c = audit_entries.c
    of_somebody = and_(c.outcome == REFUSED, c.person_id.is_not(None))
    failed = and_(c.what == SIGN_IN, c.outcome != DONE)
    return or_(of_somebody, failed, and_(c.what.in_((EMERGENCY, TAMPERED)), c.outcome == DONE))


def _look(row: Row[Any]) -> Trace:
    return Trace(
        Source.REGISTER,
        row.id,
        row.begun_at,
        _LOOKS[row.action],
        Account(row.person_id),
        row.device_id,
        row.channel_id,
        row.region or "",
        row.certified_until is not None and row.certified_until < row.begun_at,
    )


def _act(row: Row[Any]) -> Trace | None:
    kind = {SIGN_IN: Kind.SIGN_IN, EMERGENCY: Kind.EMERGENCY, TAMPERED: Kind.TAMPERING}
    if row.person_id is None and not row.address:
        return None
    account = Account(row.person_id, "" if row.person_id is not None else row.address)
    return Trace(Source.AUDIT, row.seq, row.wall, kind.get(row.what, Kind.REFUSAL), account)


# Their past ---------------------------------------------------------------------------------


def read_hours(
    connection: Connection, person_id: int, since: float, until: float
) -> dict[int, int]:
    """Return how many looks a person made in each hour with some, by the hour's number."""
    c = watch_hours.c
    found = select(c.hour, c.looks).where(c.person_id == person_id)
    rows = connection.execute(found.where(c.hour >= since // HOUR, c.hour < until // HOUR))
    return {row.hour: row.looks for row in rows}


def read_hours_of_role(
    connection: Connection, role: str, since: float, until: float
) -> dict[int, dict[int, int]]:
    """Return the same for everybody of a role, by person."""
    c = watch_hours.c
    found = (
        select(watch_hours).join(people, people.c.id == c.person_id).where(people.c.role == role)
    )
    held: dict[int, dict[int, int]] = defaultdict(dict)
    rows = connection.execute(found.where(c.hour >= since // HOUR, c.hour < until // HOUR))
    for row in rows:
        held[row.person_id][row.hour] = row.looks
    return held


def read_role(connection: Connection, person_id: int) -> str:
    """Return the role of an account; empty when it is gone."""
    found = select(people.c.role).where(people.c.id == person_id)
    return connection.execute(found).scalar_one_or_none() or ""


def read_places(connection: Connection, person_id: int, before: float) -> frozenset[str]:
    """Return the divisions that a person had looked at before a moment, UNIX time, s."""
    c = watch_places.c
    found = select(c.division).where(c.person_id == person_id, c.first_at < before)
    return frozenset(connection.execute(found).scalars())


def write_past(connection: Connection, traces: Sequence[Trace]) -> None:
    """Add looks to the past of their accounts: once for each look."""
    looks = [trace for trace in traces if trace.kind in LOOKS]
    counts = Counter((trace.account.person_id, int(trace.at // HOUR)) for trace in looks)
    c = watch_hours.c
    for (person_id, hour), count in counts.items():
        key = and_(c.person_id == person_id, c.hour == hour)
        done = connection.execute(update(watch_hours).where(key).values(looks=c.looks + count))
        if not done.rowcount:
            row = {"person_id": person_id, "hour": hour, "looks": count}
            connection.execute(insert(watch_hours), row)
    first: dict[tuple[int | None, str], float] = {}
    for trace in looks:
        if trace.county:
            place = trace.account.person_id, trace.county
            first[place] = min(trace.at, first.get(place, trace.at))
    rows = [
        {"person_id": person_id, "division": division, "first_at": at}
        for (person_id, division), at in first.items()
    ]
    upsert(connection, watch_places, rows, update=())


def forget_past(connection: Connection, before: float) -> None:
    """Forget hours before a moment, UNIX time, s."""
    connection.execute(delete(watch_hours).where(watch_hours.c.hour < before // HOUR))


def write_cursors(connection: Connection, cursors: Mapping[Source, int]) -> None:
    """Record how far the sources have been read."""
    rows = [{"source": source.value, "position": at} for source, at in cursors.items()]
    upsert(connection, watch_cursors, rows, update=("position",))

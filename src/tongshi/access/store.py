"""The statements of access: the scope as a condition, and the register."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    delete,
    func,
    insert,
    or_,
    select,
)

from tongshi.access.register import (
    PROCESS_ENDED,
    Action,
    Ending,
    Entry,
    EntryQuery,
    Look,
    end_unknown,
)
from tongshi.access.scope import Scope
from tongshi.access.sight.store import visible as visible
from tongshi.audit.chain import digest_row
from tongshi.audit.entry import PLATFORM, Act, Actor, Value
from tongshi.audit.store import append, append_all
from tongshi.db.tables import register_endings, register_entries, register_progress
from tongshi.db.text import find_literally
from tongshi.db.upsert import upsert


def add_entry(connection: Connection, look: Look) -> int:
    """Insert an entry, chain it, and return its number."""
    row: dict[str, object] = {
        "begun_at": look.at,
        "person_id": look.person_id,
        "person": look.person,
        "unit": look.unit,
        "action": look.action.value,
        "device_id": look.device_id,
        "channel_id": look.channel_id,
        "channel": look.channel,
        "purpose": look.purpose,
        "transport": look.transport,
        "address": look.address,
        "footage_since": look.since,
        "footage_until": look.until,
        "what": look.what or None,
        "grant_id": look.grant_id,
        "approval_id": look.approval_id,
        "case_number": look.case_number or None,
        "second_person": look.second_person or None,
        "via": look.via or None,
    }
    statement = insert(register_entries).values(row).returning(register_entries.c.id)
    number = int(connection.execute(statement).scalar_one())
    actor = Actor(look.person_id, look.person, look.unit, look.address)
    about = f"{look.device_id}/{look.channel_id}"
    act = actor.act(
        "look-begun",
        about,
        entry=number,
        row=digest_row({**row, "id": number}),
        action=look.action.value,
        purpose=look.purpose,
    )
    append(connection, look.at, act)
    return number


def write_endings(connection: Connection, endings: Mapping[int, Ending], wall: float = 0.0) -> None:
    """Insert endings by entry and chain them; the first ending of an entry is the one that stays.

    wall: when they are written, UNIX time, s, where that is later than the last of them.
    """
    numbers = list(endings)
    for begin in range(0, len(numbers), _CHUNK):
        chunk = numbers[begin : begin + _CHUNK]
        c = register_endings.c.entry_id
        over = set(connection.execute(select(c).where(c.in_(chunk))).scalars())
        rows = [_ending_row(number, endings[number]) for number in chunk if number not in over]
        if rows:
            connection.execute(insert(register_endings), rows)
            at = max(wall, *(endings[number].at for number in chunk))
            append_all(connection, at, [_ending_act(row) for row in rows])
        done = register_progress.c.entry_id.in_(chunk)
        connection.execute(delete(register_progress).where(done))


_CHUNK = 500  # numbers in one statement


def _ending_row(number: int, ending: Ending) -> dict[str, Value]:
    return {
        "entry_id": number,
        "ended_at": ending.at,
        "how": ending.how,
        "watched": ending.watched,
        "bytes": ending.bytes,
        "acts": ending.acts,
    }


def _ending_act(row: Mapping[str, Value]) -> Act:
    return PLATFORM.act("look-ended", entry=row["entry_id"], row=digest_row(row), how=row["how"])


def write_progress(connection: Connection, figures: Mapping[int, Ending]) -> None:
    """Record how far looks that go on have come; those that ended are passed over."""
    if not figures:
        return
    ended = select(register_endings.c.entry_id)
    found = ended.where(register_endings.c.entry_id.in_(list(figures)))
    over = set(connection.execute(found).scalars())
    rows = [
        {
            "entry_id": key,
            "at": now.at,
            "watched": now.watched,
            "bytes": now.bytes,
            "acts": now.acts,
        }
        for key, now in figures.items()
        if key not in over
    ]
    upsert(connection, register_progress, rows, update=("at", "watched", "bytes", "acts"))


def close_left_open(connection: Connection, last_alive: float, wall: float = 0.0) -> int:
    """End the entries that a process before left open, and return how many.

    wall: now, UNIX time, s.
    """
    rows = connection.execute(
        select(register_entries.c.id, register_entries.c.begun_at, register_progress)
        .outerjoin(register_progress, register_progress.c.entry_id == register_entries.c.id)
        .where(~_ended(register_entries.c.id))
    ).all()
    endings: dict[int, Ending] = {}
    for row in rows:
        told = (row.at, "", row.watched, row.bytes, row.acts)
        known = None if row.at is None else Ending(*told)
        endings[row.id] = end_unknown(row.begun_at, last_alive, known)
    write_endings(connection, endings, wall)
    return len(endings)


def read_cut_off(
    connection: Connection, what: str, remedy: str, since: float, most: int
) -> tuple[Entry, ...]:
    """Return the *most* newest entries about *what* that began from *since* on and that a killed
    process cut off, without those of a channel for which *what* or *remedy* followed.
    """
    c, later = register_entries.c, register_entries.alias()
    followed = (
        select(later.c.id)
        .where(later.c.device_id == c.device_id, later.c.channel_id == c.channel_id)
        .where(later.c.what.in_((what, remedy)), later.c.id > c.id)
        .where(later.c.begun_at >= register_endings.c.ended_at)  # not beside it: after the kill
        .exists()
    )
    found: Select[Any] = (
        select(register_entries, register_endings)
        .join(register_endings, register_endings.c.entry_id == c.id)
        .where(c.begun_at >= since, c.what == what)
        .where(register_endings.c.how == PROCESS_ENDED, ~followed)
        .order_by(c.begun_at.desc(), c.id.desc())
        .limit(most)
    )
    return tuple(_entry(row) for row in connection.execute(found))


def page_entries(
    connection: Connection, scope: Scope, query: EntryQuery
) -> tuple[tuple[Entry, ...], int]:
    """Return one page of the register, newest first, and the count of all that match."""
    where = _entry_conditions(scope, query)
    counted = select(func.count()).select_from(register_entries).where(*where)
    total = connection.execute(counted).scalar_one()
    found: Select[Any] = (
        select(register_entries, register_endings)
        .outerjoin(register_endings, register_endings.c.entry_id == register_entries.c.id)
        .where(*where)
        .order_by(register_entries.c.begun_at.desc(), register_entries.c.id.desc())
        .limit(query.size)
        .offset((query.number - 1) * query.size)
    )
    return tuple(_entry(row) for row in connection.execute(found)), total


def _entry_conditions(scope: Scope, query: EntryQuery) -> list[ColumnElement[bool]]:
    c = register_entries.c
    where = [visible(scope, c.device_id, c.channel_id)]
    if query.since is not None:
        where.append(c.begun_at >= query.since)
    if query.until is not None:
        where.append(c.begun_at < query.until)
    if query.person_id is not None:
        where.append(c.person_id == query.person_id)
    if query.device_id:
        where.append(c.device_id == query.device_id)
    if query.channel_id:
        where.append(c.channel_id == query.channel_id)
    if query.text:
        columns = (c.person, c.unit, c.channel, c.channel_id, c.purpose)
        where.append(or_(*(find_literally(column, query.text) for column in columns)))
    if query.open:
        where.append(~_ended(c.id))
    return where


def _ended(entry_id: ColumnElement[int]) -> ColumnElement[bool]:
    ending = register_endings.alias()
    return select(ending.c.entry_id).where(ending.c.entry_id == entry_id).exists()


# Rows as values -----------------------------------------------------------------------------


def _entry(row: Row[Any]) -> Entry:
    look = Look(
        row.person_id,
        row.person,
        row.unit,
        Action(row.action),
        row.device_id,
        row.channel_id,
        row.channel,
        row.purpose,
        row.begun_at,
        row.transport,
        row.address,
        row.footage_since,
        row.footage_until,
        row.what or "",
        row.grant_id,
        row.approval_id,
        row.case_number or "",
        row.second_person or "",
        row.via or "",
    )
    ending = None
    if row.ended_at is not None:
        ending = Ending(row.ended_at, row.how, row.watched, row.bytes, row.acts)
    return Entry(row.id, look, ending)

"""The statements of access: the scope as a condition, people, web sessions, the register."""

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
    update,
)

from tongshi.access.identity import Account, Person, Rules, Session, fail
from tongshi.access.permission import Role
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
from tongshi.db.tables import (
    people,
    register_endings,
    register_entries,
    register_progress,
    web_sessions,
)
from tongshi.db.text import find_literally
from tongshi.db.upsert import upsert

# People -------------------------------------------------------------------------------------


def count_people(connection: Connection) -> int:
    """Return how many accounts there are, closed ones included."""
    return connection.execute(select(func.count()).select_from(people)).scalar_one()


def add_person(connection: Connection, person: Person, password: str, wall: float) -> int:
    """Insert an account and return its number.  password: its hash."""
    statement = insert(people).values(
        name=person.name,
        shown=person.shown,
        unit=person.unit,
        role=person.role.value,
        password=password,
        must_change=person.must_change,
        ends_at=person.ends_at,
        trained_at=person.trained_at,
        certified_until=person.certified_until,
        made_at=wall,
        password_at=wall,
        failures=0,
        locked_until=0.0,
    )
    return int(connection.execute(statement.returning(people.c.id)).scalar_one())


def read_account(connection: Connection, name: str) -> Account | None:
    """Return the account *name*, folded; None when there is none."""
    row = connection.execute(select(people).where(people.c.name == name)).first()
    return None if row is None else _account(row)


def read_account_of(connection: Connection, person_id: int) -> Account | None:
    """Return the account of a person; None when there is none."""
    row = connection.execute(select(people).where(people.c.id == person_id)).first()
    return None if row is None else _account(row)


def read_people(connection: Connection) -> tuple[Person, ...]:
    """Return everybody, by name."""
    return tuple(_person(row) for row in connection.execute(select(people).order_by(people.c.name)))


def add_failure(connection: Connection, person_id: int, wall: float, rules: Rules) -> None:
    """Count one more failed sign-in, from what is stored now: several may come at once."""
    account = read_account_of(connection, person_id)
    if account is not None:
        failures, locked_until = fail(account, wall, rules)
        _write_failures(connection, person_id, failures, locked_until)


def _write_failures(
    connection: Connection, person_id: int, failures: int, locked_until: float
) -> None:
    values = {"failures": failures, "locked_until": locked_until}
    connection.execute(update(people).where(people.c.id == person_id).values(values))


def write_password(
    connection: Connection, person_id: int, password: str, wall: float, *, must_change: bool
) -> None:
    """Record a new password's hash, open the lock, and end all sessions of the person."""
    values: dict[str, object] = {
        "password": password,
        "password_at": wall,
        "must_change": must_change,
        "failures": 0,
        "locked_until": 0.0,
    }
    connection.execute(update(people).where(people.c.id == person_id).values(values))
    connection.execute(delete(web_sessions).where(web_sessions.c.person_id == person_id))


def write_rehash(connection: Connection, person_id: int, password: str) -> None:
    """Record the same password under newer parameters."""
    connection.execute(update(people).where(people.c.id == person_id).values(password=password))


def write_disabled(connection: Connection, person_id: int, wall: float | None) -> None:
    """Close an account at *wall* and end its sessions, or open it again with None."""
    statement = update(people).where(people.c.id == person_id).values(disabled_at=wall)
    connection.execute(statement)
    if wall is not None:
        connection.execute(delete(web_sessions).where(web_sessions.c.person_id == person_id))


# Web sessions -------------------------------------------------------------------------------


def add_session(connection: Connection, session: Session) -> None:
    """Insert a session, and forget failed sign-ins of its person."""
    row = {
        "token_digest": session.digest,
        "person_id": session.person.id,
        "begun_at": session.begun_at,
        "used_at": session.used_at,
        "ends_at": session.ends_at,
        "address": session.address,
    }
    connection.execute(insert(web_sessions), row)
    _write_failures(connection, session.person.id, 0, 0.0)


def read_session(connection: Connection, digest: str) -> Session | None:
    """Return the session of a token's digest, whether it still holds or not."""
    c = web_sessions.c
    row = connection.execute(
        select(web_sessions, people)
        .join(people, people.c.id == c.person_id)
        .where(c.token_digest == digest)
    ).first()
    if row is None:
        return None
    person = _person(row)
    return Session(digest, person, row.begun_at, row.used_at, row.ends_at, row.address)


def touch_sessions(connection: Connection, used: Mapping[str, float]) -> None:
    """Record when sessions were last used, by digest."""
    for digest, at in used.items():
        statement = update(web_sessions).where(web_sessions.c.token_digest == digest)
        connection.execute(statement.values(used_at=at))


def end_session(connection: Connection, digest: str) -> None:
    """Forget a session."""
    connection.execute(delete(web_sessions).where(web_sessions.c.token_digest == digest))


def end_old_sessions(connection: Connection, wall: float, idle: float) -> None:
    """Forget sessions that do not hold any more at *wall*."""
    c = web_sessions.c
    old = or_(c.ends_at <= wall, c.used_at <= wall - idle)
    connection.execute(delete(web_sessions).where(old))


# The register -------------------------------------------------------------------------------


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


def _person(row: Row[Any]) -> Person:
    return Person(
        row.id,
        row.name,
        row.shown,
        row.unit,
        Role(row.role),
        row.must_change,
        row.disabled_at is not None,
        row.ends_at,
        row.trained_at,
        row.certified_until,
        row.totp is not None,
    )


def _account(row: Row[Any]) -> Account:
    return Account(_person(row), row.password, row.failures, row.locked_until)


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

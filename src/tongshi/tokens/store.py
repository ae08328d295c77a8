"""The statements of tokens: who holds them, when they were used, what they used."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from tongshi.access.accounts.store import read_account_of, read_people
from tongshi.access.identity import Person
from tongshi.access.permission import Permission
from tongshi.db.tables import api_tokens, people, token_usage
from tongshi.db.upsert import upsert
from tongshi.tokens.quota import Quotas
from tongshi.tokens.token import NewToken, Token, read_networks
from tongshi.tokens.usage import Line, Slot, UsageQuery, Used, hour_of

_NAMES = {permission.value: permission for permission in Permission}


def add_token(connection: Connection, wish: NewToken, kept: str, made_by: str, wall: float) -> int:
    """Insert a token and return its number.  kept: digest of its secret."""
    quotas = wish.quotas
    statement = insert(api_tokens).values(
        person_id=wish.person_id,
        name=wish.name,
        digest=kept,
        scopes=" ".join(sorted(scope.value for scope in wish.scopes)),
        networks=" ".join(map(str, wish.networks)),
        calls_minute=quotas.calls_minute,
        calls_day=quotas.calls_day,
        stream_day=quotas.stream_day,
        bytes_day=quotas.bytes_day,
        made_at=wall,
        made_by=made_by,
        ends_at=wish.ends_at,
        revoked_by="",
        used_from="",
    )
    return int(connection.execute(statement.returning(api_tokens.c.id)).scalar_one())


def read_token(connection: Connection, number: int) -> tuple[Token, str] | None:
    """Return a token and the digest of its secret, whether it still counts or not."""
    row = connection.execute(select(api_tokens).where(api_tokens.c.id == number)).first()
    if row is None:
        return None
    account = read_account_of(connection, row.person_id)
    assert account is not None  # a token refers to it
    return _token(row, account.person), row.digest


def read_tokens(connection: Connection) -> tuple[Token, ...]:
    """Return all tokens, newest first, those that count no more included."""
    holders = {person.id: person for person in read_people(connection)}
    found = select(api_tokens).order_by(api_tokens.c.id.desc())
    return tuple(_token(row, holders[row.person_id]) for row in connection.execute(found))


def revoke_token(connection: Connection, number: int, by: str, wall: float) -> bool:
    """Note that a token is revoked; return whether it had not been before."""
    c = api_tokens.c
    statement = update(api_tokens).where(c.id == number, c.revoked_at.is_(None))
    return bool(connection.execute(statement.values(revoked_at=wall, revoked_by=by)).rowcount)


def touch_tokens(connection: Connection, used: Mapping[int, tuple[float, str]]) -> None:
    """Record when tokens were last used and from where, by number."""
    for number, (at, address) in used.items():
        statement = update(api_tokens).where(api_tokens.c.id == number)
        connection.execute(statement.values(used_at=at, used_from=address))


def add_usage(connection: Connection, amounts: Mapping[Slot, Used]) -> None:
    """Add amounts to what was used before in the same hours."""
    rows = [_summed(connection, slot, used) for slot, used in amounts.items()]
    upsert(connection, token_usage, rows, update=("calls", "refused", "seconds", "bytes"))


def _summed(connection: Connection, slot: Slot, used: Used) -> Mapping[str, object]:
    c = token_usage.c
    key = {"token_id": slot.token_id, "hour": slot.hour, "kind": slot.kind}
    found = select(token_usage).where(*(c[name] == value for name, value in key.items()))
    row = connection.execute(found).first()
    whole = used if row is None else used + _used(row)
    return {
        **key,
        "calls": whole.calls,
        "refused": whole.refused,
        "seconds": whole.seconds,
        "bytes": whole.bytes,
    }


def sum_usage(connection: Connection, number: int, since: float) -> Used:
    """Return what a token used from *since* on, UNIX time, s, at the begin of an hour."""
    c = token_usage.c
    columns = (c.calls, c.refused, c.seconds, c.bytes)
    sums = [func.coalesce(func.sum(column), 0).label(column.name) for column in columns]
    found = select(*sums).where(c.token_id == number, c.hour >= since)
    return _used(connection.execute(found).one())


def read_usage(connection: Connection, query: UsageQuery, most: int) -> tuple[Line, ...]:
    """Return what was used in each hour, by kind, in the order of time: *most* rows."""
    c = token_usage.c
    found: Select[Any] = (
        select(token_usage, api_tokens.c.name, people.c.shown, people.c.unit)
        .join(api_tokens, api_tokens.c.id == c.token_id)
        .join(people, people.c.id == api_tokens.c.person_id)
        .where(c.hour >= hour_of(query.since), c.hour < query.until)
        .order_by(c.hour, c.token_id, c.kind)
        .limit(most)
    )
    if query.token_id is not None:
        found = found.where(c.token_id == query.token_id)
    if query.person_id is not None:
        found = found.where(api_tokens.c.person_id == query.person_id)
    return tuple(
        Line(row.hour, row.token_id, row.name, row.shown, row.unit, row.kind, _used(row))
        for row in connection.execute(found)
    )


def forget_usage(connection: Connection, before: float) -> int:
    """Remove the usage of hours before *before*, UNIX time, s; return how many rows."""
    return connection.execute(delete(token_usage).where(token_usage.c.hour < before)).rowcount


def _used(row: Row[Any]) -> Used:
    return Used(int(row.calls), int(row.refused), float(row.seconds), int(row.bytes))


def _token(row: Row[Any], holder: Person) -> Token:
    return Token(
        row.id,
        holder,
        row.name,
        frozenset(_NAMES[name] for name in row.scopes.split() if name in _NAMES),
        read_networks(row.networks.split()),
        Quotas(row.calls_minute, row.calls_day, row.stream_day, row.bytes_day),
        row.made_at,
        row.made_by,
        row.ends_at,
        row.revoked_at,
        row.revoked_by,
        row.used_at,
        row.used_from,
    )

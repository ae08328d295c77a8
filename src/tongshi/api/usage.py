"""What programs used, by token and period: to read, and to take along as a table.

Whoever makes tokens, and the auditor, read of all; a program reads of its own token.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query as Param
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from tongshi.access.permission import Permission
from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.notices import moment
from tongshi.api.parts import Parts
from tongshi.errors import Denied, Invalid
from tongshi.tokens.token import token_of
from tongshi.tokens.usage import Line, Period, UsageQuery, Used, total, write_csv

DAYS = 30
"""How far back a report goes that says nothing of it."""
_EARLIEST, _LATEST = 0.0, 250_000_000_000.0

Moment = Annotated[datetime | None, Param(description="ISO 8601 with its zone, or UNIX time in s.")]
TokenId = Annotated[int | None, Param(ge=0, lt=2**63, description="Of one token alone.")]


@dataclass(frozen=True, slots=True)
class Amounts:
    """What was used.  refused: calls beyond a quota, not among *calls*."""

    calls: int
    refused: int
    stream_minutes: float
    bytes: int


@dataclass(frozen=True, slots=True)
class UsageLine:
    """One token in one period.  begin: ISO 8601.  kind: of calls, ``""`` for all together."""

    begin: str | None
    token: int
    name: str
    account: str
    unit: str
    kind: str
    used: Amounts


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What was used from *since* to *until*, which is not in it: ISO 8601."""

    since: str | None
    until: str | None
    period: str
    total: Amounts
    rows: tuple[UsageLine, ...] = Field(description="By time, then by token.")


async def read_usage(
    parts: PartsOf,
    asker: AskerOf,
    since: Moment = None,
    until: Moment = None,
    period: Annotated[Period, Param(description="How long a row is.")] = Period.DAY,
    token: TokenId = None,
    kinds: Annotated[bool, Param(description="A row for each kind of call.")] = False,
) -> UsageReport:
    """Return what was used; what is not written yet, of the last second or so, is missing."""
    query = query_of(parts, asker, since, until, period, token, kinds=kinds)
    lines = await asyncio.to_thread(parts.tokens.usage, query)
    return UsageReport(
        moment(query.since),
        moment(query.until),
        query.period.value,
        _amounts(total(lines)),
        tuple(_row(line) for line in lines),
    )


async def download_usage(
    parts: PartsOf,
    asker: AskerOf,
    since: Moment = None,
    until: Moment = None,
    period: Annotated[Period, Param(description="How long a row is.")] = Period.DAY,
    token: TokenId = None,
    kinds: Annotated[bool, Param(description="A row for each kind of call.")] = False,
) -> Response:
    """Return the same as a table: CSV in UTF-8, for spreadsheets."""
    query = query_of(parts, asker, since, until, period, token, kinds=kinds)
    lines = await asyncio.to_thread(parts.tokens.usage, query)
    headers = {
        "Content-Disposition": 'attachment; filename="usage.csv"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(write_csv(lines), media_type="text/csv", headers=headers)


def query_of(
    parts: Parts,
    asker: Asker,
    since: datetime | None,
    until: datetime | None,
    period: Period,
    token: int | None,
    *,
    kinds: bool = False,
) -> UsageQuery:
    """Return what is asked for, as far as the asker may know of it; raises Denied, Invalid."""
    own = token_of(asker.session.digest)
    if own is not None:
        if token not in (None, own):
            raise Denied("a token reads its own usage")
        token = own
    elif not reads_all(asker):
        raise Denied("no right to read usage", helps=Permission.MANAGE_TOKENS.value)
    end = parts.clock.wall() if until is None else _wall(until)
    begin = end - DAYS * 86400 if since is None else _wall(since)
    if not begin < end:
        raise Invalid("a report begins before it ends")
    return UsageQuery(begin, end, period, token, kinds=kinds)


def reads_all(asker: Asker) -> bool:
    """Say whether the asker may read what every token used."""
    person = asker.person
    return person.may(Permission.MANAGE_TOKENS) or person.may(Permission.READ_AUDIT)


def _wall(at: datetime) -> float:
    if at.tzinfo is None:
        raise Invalid("a moment needs its zone")
    return min(max(at.timestamp(), _EARLIEST), _LATEST)


def _amounts(used: Used) -> Amounts:
    return Amounts(used.calls, used.refused, round(used.seconds / 60, 3), used.bytes)


def _row(line: Line) -> UsageLine:
    return UsageLine(
        moment(line.begin),
        line.token_id,
        line.token,
        line.account,
        line.unit,
        line.kind,
        _amounts(line.used),
    )

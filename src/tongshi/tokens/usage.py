"""What tokens used, by hour and kind of call; sums by period; the same as lines of CSV."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum

HOUR = 3600
OTHER = "other"
"""Kind of what has none."""
COLUMNS = (
    "begin",
    "token",
    "name",
    "account",
    "unit",
    "kind",
    "calls",
    "refused",
    "stream_minutes",
    "bytes",
)
"""Of the table that `write_csv` writes."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Used:
    """Amounts.  refused: calls beyond a quota, not among *calls*.  seconds: of streams."""

    calls: int = 0
    refused: int = 0
    seconds: float = 0.0
    bytes: int = 0

    def __add__(self, other: "Used") -> "Used":
        return Used(
            self.calls + other.calls,
            self.refused + other.refused,
            self.seconds + other.seconds,
            self.bytes + other.bytes,
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """Where amounts are added up.  hour: UNIX time of its begin, s.  kind: as ``live``."""

    token_id: int
    hour: int
    kind: str


class Period(Enum):
    """How long a line of a report is."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    WHOLE = "whole"
    """All that was asked for."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a report.

    begin: UNIX time, s.  account, unit: of the token's holder.  kind: ``""`` for all together.
    """

    begin: float
    token_id: int
    token: str
    account: str
    unit: str
    kind: str
    used: Used


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """Which usage.  since, until: UNIX time, s, until excluded.  kinds: a line for each kind.

    person_id: of one account's tokens alone.
    """

    since: float
    until: float
    period: Period = Period.DAY
    token_id: int | None = None
    person_id: int | None = None
    kinds: bool = False


def hour_of(wall: float) -> int:
    """Return when the hour began that *wall* is in, UNIX time, s."""
    return int(wall // HOUR) * HOUR


def kind_of(path: str) -> str:
    """Return the kind of a call by its route, as ``devices`` of ``/devices/{device_id}``."""
    word = path.strip("/").partition("/")[0].removesuffix(".json")
    return word if word.isascii() and word.replace("-", "").isalnum() else OTHER


def begin_of(hour: float, query: UsageQuery, offset: int) -> float:
    """Return when the period began that *hour* is in, UNIX time, s.

    offset: s of the node's zone, east of UTC: days and months are those of the people there.
    """
    match query.period:
        case Period.HOUR:
            return hour
        case Period.WHOLE:
            return query.since
        case _:
            zone = timezone(timedelta(seconds=offset))
            day = datetime.fromtimestamp(hour, zone).replace(hour=0, minute=0, second=0)
            month = query.period is Period.MONTH
            return (day.replace(day=1) if month else day).timestamp()


def sum_up(lines: Iterable[Line], query: UsageQuery, offset: int) -> tuple[Line, ...]:
    """Return *lines* of single hours added up as *query* asks, by time, token and kind."""
    sums: dict[tuple[float, int, str], Line] = {}
    for line in lines:
        begin = begin_of(line.begin, query, offset)
        kind = line.kind if query.kinds else ""
        key = (begin, line.token_id, kind)
        held = sums.get(key)
        used = line.used if held is None else held.used + line.used
        sums[key] = replace(line, begin=begin, kind=kind, used=used)
    return tuple(sums[key] for key in sorted(sums))


def total(lines: Iterable[Line]) -> Used:
    """Return all amounts together."""
    return sum((line.used for line in lines), Used())


class _Sheet:
    """Takes what the CSV writer writes, a line at a time."""

    def __init__(self) -> None:
        self.line = ""

    def write(self, text: str) -> int:
        self.line = text
        return len(text)


def write_csv(lines: Iterable[Line]) -> Iterator[str]:
    """Yield a table: one line of names, one a line of the report; times in UTC, ISO 8601.

    Begins with a mark by which spreadsheets know UTF-8.  A text that a spreadsheet would take for
    a formula gets an apostrophe before it.
    """
    sheet = _Sheet()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    yield "\ufeff" + sheet.line
    for line in lines:
        used = line.used
        begin = datetime.fromtimestamp(line.begin, UTC).isoformat(timespec="seconds")
        texts = map(_harmless, (line.token, line.account, line.unit, line.kind))
        minutes = f"{used.seconds / 60:.2f}"
        figures = (used.calls, used.refused, minutes, used.bytes)
        writer.writerow((begin, line.token_id, *texts, *figures))
        yield sheet.line


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text

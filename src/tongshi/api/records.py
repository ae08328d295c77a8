"""What devices recorded: a list, where there is footage, and where there is none."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query as Param

from tongshi.access.grant import Right
from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.controls import reach
from tongshi.api.notices import moment
from tongshi.api.problem import Problem, describe
from tongshi.api.text import Words
from tongshi.gb28181.manscdp import Record
from tongshi.gb28181.records import Span
from tongshi.signalling.records import Day

Edge = Annotated[datetime, Param(description="ISO 8601; without a zone it is the node's.")]
Kind = Annotated[Literal["all", "time", "alarm", "manual"], Param(description="Of records.")]


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when to when, ISO 8601, UTC."""

    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """One record.  size: bytes; location: id of who holds it."""

    since: str | None
    until: str | None
    kind: str
    name: str
    file: str
    size: int | None
    location: str
    stream: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What one day brought.  why: why it is not complete.  problem: why nothing came."""

    since: str
    until: str
    complete: bool
    announced: int | None
    received: int
    why: str
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a channel recorded.

    complete: whether the device has nothing else: where a day is not, a gap may be no gap.
    """

    complete: bool
    records: list[Recorded]
    footage: list[Stretch]
    gaps: list[Stretch]
    days: list[Asked]


async def find_records(
    parts: PartsOf,
    asker: AskerOf,
    device_id: str,
    channel_id: str,
    since: Edge,
    until: Edge,
    kind: Kind = "all",
) -> Found:
    """Ask a device what a channel recorded; days are asked for one after the other."""
    await reach(parts, asker, Right.PLAYBACK, device_id, channel_id)
    found = await parts.records.find(
        device_id, channel_id, since.timestamp(), until.timestamp(), kind
    )
    return Found(
        found.complete,
        [_recorded(record) for record in found.records],
        list(map(_stretch, found.footage)),
        list(map(_stretch, found.gaps)),
        [_asked(day, asker.words) for day in found.days],
    )


def _stretch(span: Span) -> Stretch:
    return Stretch(moment(span.since) or "", moment(span.until) or "")


def _recorded(record: Record) -> Recorded:
    return Recorded(
        moment(record.since),
        moment(record.until),
        record.kind,
        record.name,
        record.file_path,
        record.size,
        record.location,
        record.stream_number,
    )


def _asked(day: Day, words: Words) -> Asked:
    gathered = day.gathered
    span = _stretch(day.span)
    return Asked(
        span.since,
        span.until,
        day.complete,
        gathered.announced if gathered is not None else None,
        gathered.unique if gathered is not None else 0,
        gathered.why.value if gathered is not None and gathered.why is not None else "",
        None if day.error is None else describe(day.error, words),
    )

"""Lists of records brought together: days, duplicates, and the times that they cover.

Devices answer long ranges badly, so a range is asked for day by day; what comes back repeats
itself and is in no order.  The list keeps every record; the timeline tells only where there is
footage and where there is none.

Sources: GB/T 28181-2022 A.2.4.5, A.2.6.7, annex M; the field: ranges beyond a day fail on many.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tongshi.gb28181.date import BEIJING
from tongshi.gb28181.manscdp import Record

SEAM = 1.0
"""Records that are no further apart, s, are one stretch: they are written in whole seconds."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time.  since, until: UNIX time, s, the end excluded."""

    since: float
    until: float

    @property
    def length(self) -> float:
        """How long it is, s."""
        return self.until - self.since


def split_days(since: float, until: float) -> tuple[Span, ...]:
    """Return the days between two times, cut at midnight in Beijing; none for no range."""
    found: list[Span] = []
    while since < until:
        begun = datetime.fromtimestamp(since, BEIJING)
        midnight = begun.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        end = min(midnight.timestamp(), until)
        found.append(Span(since, end))
        since = end
    return tuple(found)


def merge(lists: Iterable[Iterable[Record]]) -> tuple[Record, ...]:
    """Return every record of *lists* once, in order of their beginning.

    Two are one when id, beginning and end are the same; the first that came stays.
    """
    kept: dict[tuple[str, str, str], Record] = {}
    for records in lists:
        for record in records:
            kept.setdefault(record.key, record)
    return tuple(sorted(kept.values(), key=_order))


def timeline(records: Iterable[Record], within: Span) -> tuple[Span, ...]:
    """Return where *records* have footage *within* a range: in order, nothing overlapping."""
    spans = sorted(
        Span(max(since, within.since), min(until, within.until))
        for record in records
        if (since := record.since) is not None and (until := record.until) is not None
    )
    found: list[Span] = []
    for span in spans:
        if span.length <= 0:
            continue
        if found and span.since - found[-1].until <= SEAM:
            found[-1] = Span(found[-1].since, max(found[-1].until, span.until))
        else:
            found.append(span)
    return tuple(found)


def gaps(spans: Sequence[Span], within: Span) -> tuple[Span, ...]:
    """Return where there is nothing *within* a range, between *spans* as `timeline` gives them."""
    edges = [within.since, *(edge for span in spans for edge in (span.since, span.until))]
    edges.append(within.until)
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple(Span(since, until) for since, until in pairs if until > since)


def _order(record: Record) -> tuple[float, float, str]:
    return record.since or 0.0, record.until or 0.0, record.device_id

"""What a token may use in a minute and in a day, and when there is more.

Windows are those of the clock: a minute begins with its first second, a day at midnight of the
node's zone.  So "again in" is exact, and a report by the hour adds up to what the quota counted.
"""

from dataclasses import dataclass, replace
from enum import Enum

MINUTE = 60
DAY = 86400


class Quota(Enum):
    """What is counted; the value names it in answers."""

    CALLS_MINUTE = "calls-minute"
    CALLS_DAY = "calls-day"
    STREAM_DAY = "stream-day"
    BYTES_DAY = "bytes-day"


@dataclass(frozen=True, slots=True)
class Quotas:
    """How much of each; None: no limit.  stream_day: minutes of pictures and sound."""

    calls_minute: int | None = None
    calls_day: int | None = None
    stream_day: int | None = None
    bytes_day: int | None = None

    def limit(self, quota: Quota) -> int | None:
        """Return how much of *quota*, in the unit in which it is counted: calls, s, bytes."""
        match quota:
            case Quota.CALLS_MINUTE:
                return self.calls_minute
            case Quota.CALLS_DAY:
                return self.calls_day
            case Quota.STREAM_DAY:
                return None if self.stream_day is None else self.stream_day * 60
            case Quota.BYTES_DAY:
                return self.bytes_day


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used in the minute and the day that began at these times.

    minute, day: UNIX time, s.  seconds: of streams.
    """

    minute: int
    day: int
    calls_minute: int = 0
    calls_day: int = 0
    seconds: float = 0.0
    bytes: int = 0

    def used(self, quota: Quota) -> float:
        """Return how much of *quota* was used, in the unit of `Quotas.limit`."""
        match quota:
            case Quota.CALLS_MINUTE:
                return self.calls_minute
            case Quota.CALLS_DAY:
                return self.calls_day
            case Quota.STREAM_DAY:
                return self.seconds
            case Quota.BYTES_DAY:
                return self.bytes


@dataclass(frozen=True, slots=True)
class Excess:
    """A quota that is spent.  again: s until there is more."""

    quota: Quota
    limit: int
    again: float


STREAMING = (Quota.CALLS_MINUTE, Quota.CALLS_DAY, Quota.BYTES_DAY, Quota.STREAM_DAY)
"""What a call needs that begins a stream."""
CALLING = STREAMING[:3]
"""What any call needs."""
FLOWING = (Quota.BYTES_DAY, Quota.STREAM_DAY)
"""What a stream that flows needs."""


def begin_of(wall: float, length: int, offset: int) -> int:
    """Return when the window of *length* s began that *wall* is in, UNIX time, s.

    offset: s of the node's zone, east of UTC.
    """
    return int((wall + offset) // length) * length - offset


def roll(spent: Spent, wall: float, offset: int) -> Spent:
    """Return *spent* with nothing of windows that are over.

    A wall clock that went back begins no day anew: what was used stays used.
    """
    minute, day = begin_of(wall, MINUTE, offset), begin_of(wall, DAY, offset)
    if day > spent.day:
        return Spent(minute, day)
    if minute != spent.minute:
        return replace(spent, minute=minute, calls_minute=0)
    return spent


def find_excess(
    quotas: Quotas, spent: Spent, wall: float, needed: tuple[Quota, ...]
) -> Excess | None:
    """Return the first of *needed* that is spent, the one that lasts longest; None when none is.

    spent: rolled to *wall*.
    """
    found = []
    for quota in needed:
        limit = quotas.limit(quota)
        if limit is not None and spent.used(quota) >= limit:
            end = spent.minute + MINUTE if quota is Quota.CALLS_MINUTE else spent.day + DAY
            found.append(Excess(quota, limit, max(1.0, end - wall)))
    return max(found, key=lambda excess: excess.again, default=None)


def count_call(spent: Spent) -> Spent:
    """Return *spent* after one more call."""
    return replace(spent, calls_minute=spent.calls_minute + 1, calls_day=spent.calls_day + 1)


def count_flow(spent: Spent, seconds: float, size: int) -> Spent:
    """Return *spent* after *seconds* of a stream and *size* bytes more."""
    return replace(spent, seconds=spent.seconds + seconds, bytes=spent.bytes + size)

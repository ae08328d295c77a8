"""States over time: intervals from changes, and shares of a window with unknown apart.

The store has the begin of each state; the next begin ends it.  Time before the first is unknown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tongshi.health.status import Change
from tongshi.registry.state import State

NOTHING_KNOWN = "nothing-known"
"""Why of the time before the first change."""
NOT_RECORDED = "not-recorded"
"""Why of time in which changes were lost because the store could not be written."""


@dataclass(frozen=True, slots=True)
class Interval:
    """One state from *begin* to before *end*, UNIX time, s.  open: it goes on."""

    begin: float
    end: float
    state: State
    why: str
    open: bool = False

    @property
    def seconds(self) -> float:
        """Its length, s."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Availability:
    """Seconds of a window by state; their sum is the window, times the devices."""

    online: float = 0.0
    offline: float = 0.0
    unknown: float = 0.0

    @property
    def share(self) -> float | None:
        """Online of what is known, 0..1; None when nothing is known.

        Unknown time is in neither numerator nor denominator.
        """
        known = self.online + self.offline
        return self.online / known if known else None

    @property
    def total(self) -> float:
        """All seconds."""
        return self.online + self.offline + self.unknown

    def __add__(self, other: "Availability") -> "Availability":
        return Availability(
            self.online + other.online, self.offline + other.offline, self.unknown + other.unknown
        )


def join(changes: Sequence[Change], begin: float, end: float) -> list[Interval]:
    """Return the intervals between *begin* and *end*, without gaps, cut at both.

    changes: of one device, in the order in which they were recorded; the last before *begin*
    among them.  Equal neighbours become one.
    """
    found: list[Interval] = []
    state, why, since = State.UNKNOWN, NOTHING_KNOWN, begin
    for change in changes:
        at = min(max(change.at, since), end)
        _append(found, Interval(since, at, state, why))
        state, why, since = change.state, change.why, at
    _append(found, Interval(since, end, state, why, open=True))
    return found


def measure(intervals: Iterable[Interval]) -> Availability:
    """Return the seconds of *intervals* by state."""
    sums = dict.fromkeys(State, 0.0)
    for interval in intervals:
        sums[interval.state] += interval.seconds
    return Availability(sums[State.ONLINE], sums[State.OFFLINE], sums[State.UNKNOWN])


def shed(changes: tuple[Change, ...], limit: int) -> tuple[Change, ...]:
    """Return *changes* of one device, at most *limit* (3 or more), the newest kept.

    For a store that cannot be written for long: what is left out in the middle is told as
    unknown, not as the state that happened to be before.
    """
    if len(changes) <= limit:
        return changes
    lost = replace(changes[1], state=State.UNKNOWN, why=NOT_RECORDED)
    return (changes[0], lost, *changes[len(changes) - limit + 2 :])


def _append(found: list[Interval], interval: Interval) -> None:
    if interval.seconds <= 0:
        return
    last = found[-1] if found else None
    if last is not None and (last.state, last.why) == (interval.state, interval.why):
        interval = Interval(last.begin, interval.end, last.state, last.why, interval.open)
        found.pop()
    found.append(interval)

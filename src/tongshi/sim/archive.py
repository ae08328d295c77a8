"""What a simulated recorder has kept of a channel: spans of time by rule, by hand and by alarm.

Pure: the time is an argument.  The rule says which parts of each day are kept, so that a month of
recordings is a few numbers; what was switched on by hand, or by an alarm, is added and bounded.

Source: GB/T 28181-2022 9.7, 9.3 (record control), A.2.4.6.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

DAY_S = 86_400
DOWNLOAD_SPEEDS = ("1", "2", "4", "8", "16", "32", "64")
"""Times real time at which a device sends a download, as Info and VideoParamOpt say it."""
_BEIJING_S = 8 * 3_600
_BY_HAND = 64
_BY_ALARM = 256
_CHANGES = 8
_MOST_DAYS = 400


class Kind(Enum):
    """Why something was recorded, as ``Type`` of RecordInfo says it."""

    TIME = "time"
    ALARM = "alarm"
    MANUAL = "manual"

    @property
    def code(self) -> int:
        """The number that stands for it in ``u=`` (annex G)."""
        return {"manual": 1, "alarm": 2, "time": 3}[self.value]


@dataclass(frozen=True, slots=True)
class Span:
    """One file.  start, end: UNIX time, s; end is not included.  stream: 0 main, 1 sub."""

    start: int
    end: int
    kind: Kind = Kind.TIME
    stream: int = 0

    def overlaps(self, start: float, end: float) -> bool:
        """Whether it holds anything of *start* to *end*."""
        return self.start < end and start < self.end


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of each day, seconds since midnight in Beijing, 0 <= start < end <= 86400."""

    start: int
    end: int
    kind: Kind = Kind.TIME


ALL_DAY = (Hours(0, DAY_S),)
A_DAY_WITH_GAPS = (
    Hours(0, 2 * 3_600),
    Hours(2 * 3_600 + 600, 12 * 3_600),
    Hours(12 * 3_600, 12 * 3_600 + 900, Kind.MANUAL),
    Hours(12 * 3_600 + 900, 17 * 3_600),
    Hours(17 * 3_600 + 1_200, 17 * 3_600 + 1_500, Kind.ALARM),
    Hours(18 * 3_600, DAY_S),
)
"""A day with three gaps, a quarter of an hour by hand and five minutes of alarm."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The rule of a channel.

    days: how long anything is kept.  piece: longest file, s.  hours: what is kept of each day.
    week: what is kept of Monday to Sunday instead, seven of them.
    """

    days: int = 7
    piece: int = 3_600
    hours: tuple[Hours, ...] = ALL_DAY
    week: tuple[tuple[Hours, ...], ...] = ()

    def on(self, day: int) -> tuple[Hours, ...]:
        """Return what is kept of *day*, counted from 1 January 1970, a Thursday."""
        return self.week[(day + 3) % 7] if self.week else self.hours


NO_PLAN = Plan(hours=())


@dataclass(slots=True)
class Archive:
    """The recordings of one channel.

    plan: the rule until it is changed.  wiped: nothing before this is left, UNIX time s, as after
    a card was formatted.  recording: since when it records by hand; None when it does not.
    """

    plan: Plan = field(default_factory=Plan)
    changes: list[tuple[float, Plan]] = field(default_factory=list)
    """Later rules, and since when each holds, UNIX time s, in order."""
    wiped: float = 0.0
    recording: float | None = None
    _by_hand: deque[Span] = field(default_factory=lambda: deque(maxlen=_BY_HAND))
    _by_alarm: deque[Span] = field(default_factory=lambda: deque(maxlen=_BY_ALARM))

    def change(self, plan: Plan, wall: float) -> None:
        """Keep what *plan* says from now on; of many changes the latest count."""
        self.changes = [*self.changes[1 - _CHANGES :], (wall, plan)]

    def start(self, wall: float) -> None:
        """Record by hand from now on."""
        if self.recording is None:
            self.recording = wall

    def stop(self, wall: float) -> None:
        """Record by hand no longer."""
        if self.recording is not None:
            began, self.recording = self.recording, None
            self._by_hand.append(Span(int(began), max(int(wall), int(began) + 1), Kind.MANUAL))

    def alarm(self, wall: float, *, before: int, after: int) -> None:
        """Keep what an alarm asks for: *before* and *after* it, s."""
        self._by_alarm.append(Span(int(wall) - before, int(wall) + after, Kind.ALARM))

    def wipe(self, wall: float) -> None:
        """Forget everything up to now."""
        self.wiped = wall
        self._by_hand.clear()
        self._by_alarm.clear()

    def records(self, wall: float) -> bool:
        """Whether something is being recorded at *wall*."""
        return self.recording is not None or any(
            span.start <= wall < span.end for span in self._by_rule(wall - 1, wall + 1)
        )

    def find(
        self, start: float, end: float, wall: float, kinds: Iterable[Kind] = tuple(Kind)
    ) -> list[Span]:
        """Return the files that hold something of *start* to *end*, oldest first.

        Files are given whole, as recorders do; nothing ends after *wall*.
        """
        wanted = set(kinds)
        kept_from = max(self.wiped, wall - self.plan.days * DAY_S)
        found = []
        for span in self._all(max(start, kept_from), min(end, wall), wall):
            begun, ended = max(span.start, int(kept_from)), min(span.end, int(wall))
            whole = replace(span, start=begun, end=ended)
            if span.kind in wanted and whole.start < whole.end and whole.overlaps(start, end):
                found.append(whole)
        return sorted(found, key=lambda span: (span.start, span.end, span.kind.value))

    def pieces(
        self, start: float, end: float, wall: float, kinds: Iterable[Kind] = tuple(Kind)
    ) -> list[tuple[float, float]]:
        """Return what can be played of *start* to *end*: cut to it, joined where files touch."""
        joined: list[tuple[float, float]] = []
        for span in self.find(start, end, wall, kinds):
            first, last = max(span.start, start), min(span.end, end)
            if joined and first <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(joined[-1][1], last)
            else:
                joined.append((first, last))
        return joined

    def _all(self, start: float, end: float, wall: float) -> Iterator[Span]:
        yield from self._by_rule(start, end)
        yield from self._by_hand
        yield from self._by_alarm
        if self.recording is not None:
            yield Span(int(self.recording), int(wall), Kind.MANUAL)

    def _by_rule(self, start: float, end: float) -> Iterator[Span]:
        """Yield the files of each rule for the time in which it held."""
        since = [float("-inf"), *(at for at, _ in self.changes)]
        plans = [self.plan, *(plan for _, plan in self.changes)]
        until = [*since[1:], float("inf")]
        for plan, first, last in zip(plans, since, until, strict=True):
            for span in _files(plan, max(start, first), min(end, last)):
                yield replace(span, start=int(max(span.start, first)), end=int(min(span.end, last)))


def _files(plan: Plan, start: float, end: float) -> Iterator[Span]:
    """Yield the files of *plan* from *start* to *end*, cut at multiples of a piece."""
    if start >= end:
        return
    first = int(start + _BEIJING_S) // DAY_S
    last = min(int(end + _BEIJING_S) // DAY_S, first + _MOST_DAYS)
    for day in range(first, last + 1):
        midnight = day * DAY_S - _BEIJING_S
        for hours in plan.on(day):
            at = hours.start
            while at < hours.end:
                until = min((at // plan.piece + 1) * plan.piece, hours.end)
                span = Span(midnight + at, midnight + until, hours.kind)
                if span.overlaps(start, end):
                    yield span
                at = until

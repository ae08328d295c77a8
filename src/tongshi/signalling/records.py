"""What devices recorded: asked for day by day, and never mistaken for the whole when it is not.

Recorders choke on long ranges and on several queries at once.  So the days of one device are asked
for one after the other, whoever asks, and those who want the same day share its query.  Devices do
not wait for each other.  What a day brought is remembered for a moment: a timeline is opened again
and again while somebody plays from it.

Sources: GB/T 28181-2022 9.7, A.2.4.5, annex M; the field: 10.5 and 10.8 of its quirks.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from tongshi.clock import Clock
from tongshi.errors import Error, Exhausted, Invalid, PeerRefused, PeerSilent
from tongshi.gb28181.date import write_time
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.manscdp import Record, RecordInfoQuery
from tongshi.gb28181.records import Span, gaps, merge, split_days, timeline
from tongshi.signalling.answers import RECORDS
from tongshi.signalling.errands import Errands

KINDS = ("all", "time", "alarm", "manual")
"""What ``Type`` may say."""


@dataclass(frozen=True, slots=True)
class RecordRules:
    """days: in one range at the most.  silent: days without any answer after which a device is
    asked for no more.  first: s for the first part of a day.  in_line: who wait for one device.

    fresh, old: s for which a day is remembered: today, and one that is over.
    kept: records remembered in all.
    """

    days: int = 31
    silent: int = 2
    first: float = 20.0
    in_line: int = 16
    fresh: float = 15.0
    old: float = 300.0
    kept: int = 200_000


@dataclass(frozen=True, slots=True)
class Day:
    """What one day brought.  gathered: None when nothing came, then error says why."""

    span: Span
    gathered: Gathered[Record] | None
    error: Error | None = None

    @property
    def complete(self) -> bool:
        """Whether the device has nothing else of that day."""
        return self.gathered is not None and self.gathered.complete


@dataclass(frozen=True, slots=True)
class Recordings:
    """What a device has of a range: every record once; where there is footage, and where not.

    Where a day is not complete a gap may be no gap: see ``days``.
    """

    span: Span
    records: tuple[Record, ...]
    footage: tuple[Span, ...]
    gaps: tuple[Span, ...]
    days: tuple[Day, ...]

    @property
    def complete(self) -> bool:
        """Whether every day is."""
        return all(day.complete for day in self.days)


Key = tuple[str, str, str, Span]


class Turn:
    """Whose turn it is to ask one device."""

    def __init__(self) -> None:
        self.held = 0
        self.lock = asyncio.Lock()


class Records:
    """Asks devices what they recorded."""

    def __init__(self, errands: Errands, clock: Clock, rules: RecordRules | None = None) -> None:
        self._errands = errands
        self._clock = clock
        self._rules = rules or RecordRules()
        self._turns: dict[str, Turn] = {}
        self._asking: dict[Key, asyncio.Task[Gathered[Record]]] = {}
        self._known: OrderedDict[Key, tuple[float, Gathered[Record]]] = OrderedDict()
        self._kept = 0

    async def close(self) -> None:
        """End what goes on."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def find(
        self, device_id: str, channel_id: str, since: float, until: float, kind: str = "all"
    ) -> Recordings:
        """Return what a channel recorded between two times, UNIX, s.

        kind: of `KINDS`.  Days that failed are named; when every one did, the first error is
        raised.  Raises Invalid for no range, or one that is too long.
        """
        span = Span(float(int(since)), float(int(until)))
        days = split_days(span.since, span.until)
        if not days or len(days) > self._rules.days + 1 or kind not in KINDS:
            raise Invalid(f"a range has 1 to {self._rules.days} days, a kind is one of {KINDS}")
        if not self._errands.profile_of(device_id).record_days:
            days = (span,)
        self._errands.neighbour(device_id)
        found = await self._days(device_id, channel_id, kind, days)
        failed = [day.error for day in found if day.error is not None]
        if len(failed) == len(found):
            raise failed[0]
        records = merge(day.gathered.items for day in found if day.gathered is not None)
        footage = timeline(records, span)
        return Recordings(span, records, footage, gaps(footage, span), tuple(found))

    async def _days(
        self, device_id: str, channel_id: str, kind: str, days: tuple[Span, ...]
    ) -> list[Day]:
        found: list[Day] = []
        silent = 0
        gone: Error | None = None
        for day in days:
            if gone is not None:
                found.append(Day(day, None, gone))
                continue
            try:
                gathered = await self._day((device_id, channel_id, kind, day))
            except Error as error:
                found.append(Day(day, None, error))
                silent = silent + 1 if isinstance(error, PeerSilent) else 0
                if silent >= self._rules.silent or not _may_go_on(error):
                    gone = error
            else:
                silent = 0
                found.append(Day(day, gathered))
        return found

    async def _day(self, key: Key) -> Gathered[Record]:
        """Return one day: remembered, being asked for, or asked for now."""
        until, known = self._known.get(key, (0.0, None))
        if known is not None and self._clock.now() < until:
            return known
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key), name=f"records/{key[0]}")
            self._asking[key] = task
            task.add_done_callback(lambda done: self._asked(key, done))
        return await asyncio.shield(task)

    def _asked(self, key: Key, task: "asyncio.Task[Gathered[Record]]") -> None:
        self._asking.pop(key, None)
        if not task.cancelled() and task.exception() is None:
            self._remember(key, task.result())

    async def _ask(self, key: Key) -> Gathered[Record]:
        device_id, channel_id, kind, day = key
        profile = self._errands.profile_of(device_id)
        said = "" if kind == "all" and not profile.record_type_all else kind
        # The last second of a day is the way to write its end: the next day begins at midnight.
        query = RecordInfoQuery(
            0,
            channel_id,
            write_time(day.since),
            write_time(max(day.since, day.until - 1)),
            kind=said,
        )
        async with self._turn(device_id):
            return await self._errands.gather(
                device_id, RECORDS, lambda sn: replace(query, sn=sn), first=self._rules.first
            )

    def _remember(self, key: Key, gathered: Gathered[Record]) -> None:
        """Keep a whole day for a moment; partial ones are asked for again."""
        before = self._known.pop(key, None)
        if before is not None:
            self._kept -= 1 + len(before[1].items)
        if not gathered.complete:
            return
        over = key[3].until < self._clock.wall()
        self._known[key] = (
            self._clock.now() + (self._rules.old if over else self._rules.fresh),
            gathered,
        )
        self._kept += 1 + len(gathered.items)
        while self._kept > self._rules.kept:
            _, (_, oldest) = self._known.popitem(last=False)
            self._kept -= 1 + len(oldest.items)

    @asynccontextmanager
    async def _turn(self, device_id: str) -> AsyncIterator[None]:
        turn = self._turns.get(device_id)
        if turn is None:
            turn = self._turns[device_id] = Turn()
        if turn.held > self._rules.in_line:
            text = f"{turn.held} queries of records wait for {device_id}"
            raise Exhausted(text, resource="transaction")
        turn.held += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.held -= 1
            if not turn.held:
                del self._turns[device_id]


def _may_go_on(error: Error) -> bool:
    """Return whether the next day may fare better: the device is there and speaks."""
    return isinstance(error, PeerRefused | PeerSilent) and error.stage == "answer"

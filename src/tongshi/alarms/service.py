"""Alarms in use: recorded without waiting, handled by people, answered to pages.

`Alarms.record` never blocks: a report waits for the next flush, durable once written.  A report
like one of the same camera shortly before is counted with that alarm and is none of its own.  When
the store cannot be written for so long that too many wait, or too many of one device, further ones
are dropped, counted and logged.  Everything else reads or writes the store: call it through
``asyncio.to_thread``.
"""

import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import Connection, Engine

from tongshi.access.scope import EVERYTHING, Scope
from tongshi.alarms import store
from tongshi.alarms.alarm import (
    LONGEST_NOTE,
    Act,
    Alarm,
    Handling,
    Query,
    Report,
    State,
    Step,
    advance,
)
from tongshi.audit.entry import Act as Chained
from tongshi.audit.entry import Actor
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.buffer import Buffer, Job
from tongshi.db.page import Page, bound
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Missing

_log = logging.getLogger(__name__)

WAITING = 100_000
"""Alarms that may wait for a store that cannot be written."""
_SHARE = 10
"""One device has at the most this part of the places: a flood of one leaves room for others."""
CHUNK = 500
"""Alarms deleted in one go: others write in between."""
DAY = 86_400.0
_REMEMBERED = 20_000
"""Alarms that are remembered, to know what repeats them."""


Stored = Callable[[Mapping[int, Report]], None]
"""Is told new alarms, by number."""


class _Waiting(Buffer[int, Report]):
    """Alarms on their way into the store; who listens is told when they are there."""

    def __init__(self, listeners: list[Stored]) -> None:
        super().__init__(store.add_alarms, durable=True)
        self._listeners = listeners
        self._writing: dict[int, Report] = {}
        self._by_device: Counter[str] = Counter()

    def count_of(self, device_id: str) -> int:
        """Return how many alarms of one device wait."""
        return self._by_device[device_id]

    def put(self, key: int, value: Report) -> None:
        """Have a new alarm written with the next flush."""
        super().put(key, value)
        with self._lock:
            self._by_device[value.device_id] += 1

    def take(self) -> Job | None:
        """Return the job that writes what waits, and remember what that is."""
        job = super().take()
        self._writing = dict(self._taken)
        return job

    def settle(self, *, written: bool) -> None:
        """Forget what was written, and tell of it."""
        super().settle(written=written)
        stored, self._writing = self._writing, {}
        if written:
            with self._lock:
                self._by_device -= Counter(report.device_id for report in stored.values())
            for listener in self._listeners:
                listener(stored)


class Alarms:
    """The alarms of one node.  Safe to use from any thread.

    window: s after an alarm in which a report like it, of the same camera, repeats it; 0 for never.
    counters: ``"received"``, of them ``"recorded"``, ``"repeated"`` and ``"dropped"``.
    """

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        clock: Clock,
        *,
        window: float = 10.0,
        limit: int = WAITING,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._window = window
        self._limit = limit
        self._lock = threading.Lock()
        self._recent: OrderedDict[tuple[object, ...], tuple[int, float]] = OrderedDict()
        self._listeners: list[Stored] = []
        self._waiting = _Waiting(self._listeners)
        self._more: Buffer[int, store.Recurrence] = Buffer(
            store.add_recurrences, lambda earlier, later: earlier + later
        )
        writer.attach(self._waiting)
        writer.attach(self._more)
        with engine.connect() as connection:
            self._last = store.read_last_id(connection)

    def subscribe(self, listener: Stored) -> None:
        """Tell *listener* the alarms of each flush once they are stored, in the writing thread."""
        self._listeners.append(listener)

    def record(self, report: Report) -> tuple[int, bool] | None:
        """Keep *report*; return the number of its alarm, and whether that is new.

        None when it was dropped because too many wait to be written.
        """
        report = replace(
            report,
            device_id=storable(report.device_id, 64),
            channel_id=storable(report.channel_id, 64),
            description=storable(report.description),
        )
        with self._lock:
            self.counters["received"] += 1
            known = self._find_like(report)
            if known is not None:
                self.counters["repeated"] += 1
                self._more.put(known, store.Recurrence(1, report.received_at))
                return known, False
            if self._is_full(report.device_id):
                if not self.counters["dropped"]:
                    _log.error("event=alarms-dropped why='too many wait to be written'")
                self.counters["dropped"] += 1
                return None
            self._last += 1
            self.counters["recorded"] += 1
            self._remember(report, self._last)
            self._waiting.put(self._last, report)
            return self._last, True

    def handle(
        self, scope: Scope, alarm_id: int, handling: Handling, actor: Actor | None = None
    ) -> Alarm:
        """Do something with an alarm, chain it, and return the alarm as it stands then.

        actor: who, with unit and address; None for what *handling* tells of them.
        Raises Missing when it is not there or not to be seen, Conflict when it is too late for
        that, Exhausted when the store cannot be written.
        """
        handling = replace(
            handling,
            person=storable(handling.person),
            note=storable(handling.note, LONGEST_NOTE),
            assignee=storable(handling.assignee, 128),
        )

        def write(connection: Connection) -> Alarm:
            alarm = _seen(store.read_alarm(connection, scope, alarm_id), alarm_id)
            state = advance(alarm.state, handling.act)
            store.add_step(connection, alarm_id, state, handling)
            append(connection, handling.at, _act_of(alarm, handling, actor))
            return _seen(store.read_alarm(connection, scope, alarm_id), alarm_id)

        return self._writer.commit(write, durable=True)

    def note_reset(
        self,
        alarm_id: int,
        person_id: int,
        person: str,
        note: str = "",
        actor: Actor | None = None,
    ) -> Alarm:
        """Add to an alarm's history that it was reset at its device."""
        handling = Handling(Act.RESET, person_id, person, self._clock.wall(), note)
        return self.handle(EVERYTHING, alarm_id, handling, actor)

    def read(self, scope: Scope, alarm_id: int) -> Alarm:
        """Return one alarm; raises Missing when it is not there or not to be seen."""
        with self._engine.connect() as connection:
            return _seen(store.read_alarm(connection, scope, alarm_id), alarm_id)

    def steps(self, scope: Scope, alarm_id: int) -> tuple[Step, ...]:
        """Return the history of one alarm, oldest first; raises Missing as `read` does."""
        with self._engine.connect() as connection:
            _seen(store.read_alarm(connection, scope, alarm_id), alarm_id)
            return store.read_steps(connection, alarm_id)

    def page(self, scope: Scope, query: Query) -> Page[Alarm]:
        """Return a page of alarms, newest first."""
        number, size = bound(query.number, query.size)
        query = replace(query, number=number, size=size)
        with self._engine.connect() as connection:
            rows, total = store.page_alarms(connection, scope, query)
        return Page(rows, total, number, size)

    def counts(self, scope: Scope) -> Mapping[State, int]:
        """Return how many alarms are in each state."""
        with self._engine.connect() as connection:
            return store.count_states(connection, scope)

    def prune(self, days: float) -> int:
        """Delete alarms that last came more than *days* ago; return how many.  0: none.

        Raises Exhausted when the store cannot be written.
        """
        if not days:
            return 0
        before, gone = self._clock.wall() - days * DAY, 0
        while True:
            deleted = self._writer.commit(lambda connection: store.prune(connection, before, CHUNK))
            gone += deleted
            if deleted < CHUNK:
                return gone

    def figures(self) -> Mapping[str, float]:
        """Return counts since the start, and what waits to be written."""
        with self._lock:
            return {**self.counters, "waiting": len(self._waiting)}

    def _is_full(self, device_id: str) -> bool:
        share = max(1, self._limit // _SHARE)
        return len(self._waiting) >= self._limit or self._waiting.count_of(device_id) >= share

    def _find_like(self, report: Report) -> int | None:
        """Return the alarm that *report* repeats, counted from its first: what goes on is news."""
        found = self._recent.get(report.likeness)
        if found is None or report.received_at - found[1] >= self._window:
            return None
        return found[0]

    def _remember(self, report: Report, alarm_id: int) -> None:
        """Keep what a later report may repeat; what is too old to be repeated goes."""
        recent, since = self._recent, report.received_at - self._window
        recent[report.likeness] = (alarm_id, report.received_at)
        recent.move_to_end(report.likeness)
        while len(recent) > _REMEMBERED or next(iter(recent.values()))[1] < since:
            recent.popitem(last=False)


CHAINED = {
    Act.ACKNOWLEDGE: "alarm.acknowledged",
    Act.ASSIGN: "alarm.assigned",
    Act.CLOSE: "alarm.closed",
    Act.RESET: "alarm.reset",
}
"""What is done with an alarm, as the audit chain calls it."""


def _act_of(alarm: Alarm, handling: Handling, actor: Actor | None) -> Chained:
    who = actor or Actor(handling.person_id or None, handling.person)
    report = alarm.report
    return who.act(
        CHAINED[handling.act],
        f"{report.device_id}/{report.channel_id}",
        alarm=alarm.id,
        note=handling.note,
        assignee=handling.assignee,
    )


def _seen(alarm: Alarm | None, alarm_id: int) -> Alarm:
    if alarm is None:
        raise Missing(f"no such alarm: {alarm_id}")
    return alarm

"""The watch at work: it reads what is new, judges, and keeps what it finds.

What a slice of entries adds to the past of accounts, its findings and the place up to which was
read are written in one transaction.  So whatever ends the process, the next one goes on where this
one was: no entry is missed, and none counts twice.  Every method but `start`, `stop` and `wake`
reads or writes the store: call it through ``asyncio.to_thread``.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from tongshi.audit.entry import Act, Actor
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.page import Page, bound
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Missing
from tongshi.net.task import Supervisor
from tongshi.settings import WatchSettings
from tongshi.watch import store
from tongshi.watch.finding import (
    LONGEST_REASON,
    Evidence,
    Finding,
    FindingQuery,
    State,
    Verdict,
    check_closing,
)
from tongshi.watch.history import store as history
from tongshi.watch.past import Past, Usual, usual_hours, usual_of, usual_of_role
from tongshi.watch.rule import RULES, Hit, Span, judge
from tongshi.watch.trace import (
    DAY,
    HOUR,
    Account,
    Source,
    Trace,
    begin_of,
    one_day,
    touched,
)

_log = logging.getLogger(__name__)

SLICE = 500
"""Entries of each source read in one go."""
MOST = 20_000
"""Looks of one account on one day that are counted at the most, the newest."""
ROLES = HOUR
"""How long the medians of a role are remembered, s."""
TIDY = 6 * HOUR
"""Between two looks at what is not to be kept any more, s."""


def zone_offset(wall: float) -> float:
    """Return how far east of UTC the node's zone is at a moment, s."""
    local = datetime.fromtimestamp(wall, UTC).astimezone()
    offset = local.utcoffset()
    return offset.total_seconds() if offset is not None else 0.0


@dataclass(frozen=True, slots=True)
class _Slice:
    """What is new, and up to where that reaches.

    Looks of one day only: what they are compared with are the days before, which are in the store
    by then.
    """

    traces: tuple[Trace, ...]
    cursors: Mapping[Source, int]
    more: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """What a rule found about an account on a day."""

    account: Account
    day: int
    hit: Hit


class Watch:
    """The watch of one node.

    found: told, in the writing thread, that there are new findings.
    """

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        clock: Clock,
        settings: WatchSettings,
        *,
        found: Callable[[int], None] = lambda _: None,
        zone: Callable[[float], float] = zone_offset,
    ) -> None:
        """zone: returns s east of UTC at a moment."""
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._settings = settings
        self._found = found
        self._zone = zone
        self._tasks = Supervisor("watch")
        self._wake = asyncio.Event()
        self._roles: dict[str, tuple[float, float, Mapping[int, Usual]]] = {}

    def start(self) -> None:
        """Look from now on, again and again."""
        self._tasks.sustain(self._work, name="look", pause=0.01)
        self._tasks.sustain(self._tidy, name="tidy", pause=TIDY)

    async def stop(self) -> None:
        """Look no more; what was not read is read by the next process."""
        await self._tasks.close()

    def wake(self) -> None:
        """Look at once: something that matters has been written."""
        self._wake.set()

    async def _work(self) -> None:
        self._wake.clear()
        while await asyncio.to_thread(self.look):
            pass
        try:
            async with asyncio.timeout(self._settings.pause):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _tidy(self) -> None:
        await asyncio.to_thread(self.tidy)

    def look(self) -> bool:
        """Read one slice and judge it; return whether more is there already.

        Raises Exhausted when the store cannot be written: then the slice is read again.
        """
        with self._engine.connect() as connection:
            new = self._read(connection)
            found = self._judge(connection, new.traces)
        if not new.cursors:
            return False
        wall = self._clock.wall()
        numbers = self._writer.commit(lambda connection: _write(connection, new, found, wall))
        for number in numbers:
            _log.warning("event=finding id=%d", number)
        if numbers:
            self._found(len(numbers))
        return new.more

    def tidy(self) -> None:
        """Forget what is past comparing, and findings that were kept long enough."""
        wall, keep = self._clock.wall(), self._settings.keep_days * DAY
        past = wall - (self._settings.past_days + 2) * DAY
        self._writer.commit(lambda connection: history.forget_past(connection, past))
        if keep:
            self._writer.commit(lambda connection: store.prune(connection, wall - keep))

    # Findings

    def note(self, act: Act) -> None:
        """Chain an act that a rule asks for, and return once it is there to be read."""
        wall = self._clock.wall()
        self._writer.commit(lambda connection: append(connection, wall, act), durable=True)

    def page(self, query: FindingQuery) -> Page[Finding]:
        """Return a page of findings, newest first."""
        number, size = bound(query.number, query.size)
        with self._engine.connect() as connection:
            rows, total = store.page_findings(connection, replace(query, number=number, size=size))
        return Page(rows, total, number, size)

    def read(self, number: int) -> tuple[Finding, tuple[Evidence, ...]]:
        """Return a finding and the entries behind it; raises Missing."""
        with self._engine.connect() as connection:
            return _there(connection, number), store.read_evidence(connection, number)

    def count_open(self) -> int:
        """Return how many findings wait for an auditor."""
        with self._engine.connect() as connection:
            return store.count_open(connection)

    def close(self, number: int, state: State, reason: str, actor: Actor) -> Finding:
        """Close a finding as explained or escalated; return it as it stands then.

        Raises Missing, Conflict (closed already), Denied (it is about the actor), Invalid (no
        reason, or no such verdict).
        """
        wall, reason = self._clock.wall(), storable(reason.strip(), LONGEST_REASON + 1)
        verdict = Verdict(state, reason, actor.person_id or 0, actor.person, wall)

        def write(connection: Connection) -> Finding:
            before = _there(connection, number)
            check_closing(before, verdict.person_id)
            store.close_finding(connection, number, verdict)
            act = actor.act(
                "finding.handled",
                str(number),
                state=state.value,
                reason=reason,
                rule=before.rule,
                about=before.person_id,
            )
            append(connection, wall, act)
            return _there(connection, number)

        return self._writer.commit(write, durable=True)

    # Judging

    def _read(self, connection: Connection) -> _Slice:
        before = history.read_cursors(connection)
        looks, looked = history.read_looks(connection, before[Source.REGISTER], SLICE)
        days = one_day(looks, self._zone(self._clock.wall()))
        cut = len(days) < len(looks)
        if cut:
            looks, looked = days, days[-1].id
        acts, acted = history.read_acts(connection, before[Source.AUDIT], SLICE)
        now = {Source.REGISTER: looked, Source.AUDIT: acted}
        moved = {source: at for source, at in now.items() if at != before[source]}
        full = looked - before[Source.REGISTER] >= SLICE or acted - before[Source.AUDIT] >= SLICE
        return _Slice((*looks, *acts), moved, more=cut or full)

    def _judge(self, connection: Connection, traces: tuple[Trace, ...]) -> list[_Found]:
        offset = self._zone(self._clock.wall())
        found: list[_Found] = []
        for account, day in touched(traces, offset):
            begin = begin_of(day, offset)
            done = history.read_traces(connection, account, begin - HOUR, begin + DAY, MOST)
            past = self._past(connection, account, begin, offset)
            closed = store.read_closed(connection, account.key, day)
            for rule in RULES:
                span = Span(begin, offset, closed.get(rule.code, 0.0))
                hit = judge(rule, done, past, self._settings, span)
                if hit is not None:
                    found.append(_Found(account, day, hit))
        return found

    def _past(self, connection: Connection, account: Account, begin: float, offset: float) -> Past:
        if account.person_id is None:
            return Past()
        since, settled = begin - self._settings.past_days * DAY, self._settings.settled_days
        hours = history.read_hours(connection, account.person_id, since, begin)
        own = usual_of(hours, offset, settled)
        role = history.read_role(connection, account.person_id)
        accounts = self._role(connection, role, since, begin, offset)
        return Past(
            settled=own.day is not None,
            own=own,
            role=usual_of_role(accounts, account.person_id),
            hours=usual_hours(hours, offset),
            divisions=history.read_places(connection, account.person_id, begin),
        )

    def _role(
        self, connection: Connection, role: str, since: float, until: float, offset: float
    ) -> Mapping[int, Usual]:
        """Return what is usual for each account of a role; remembered for an hour."""
        now = self._clock.now()
        read_at, of, held = self._roles.get(role, (-ROLES, until, {}))
        if now - read_at >= ROLES or of != until:
            hours = history.read_hours_of_role(connection, role, since, until)
            settled = self._settings.settled_days
            held = {key: usual_of(each, offset, settled) for key, each in hours.items()}
            self._roles[role] = (now, until, held)
        return held


def _there(connection: Connection, number: int) -> Finding:
    found = store.read_finding(connection, number)
    if found is None:
        raise Missing(f"no such finding: {number}")
    return found


def _write(connection: Connection, new: _Slice, found: list[_Found], wall: float) -> list[int]:
    """Write what a slice came to; return the numbers of new findings."""
    history.write_past(connection, new.traces)
    history.write_cursors(connection, new.cursors)
    numbers = []
    for each in found:
        number = store.write_hit(connection, each.account, each.day, each.hit, wall)
        if number is not None:
            numbers.append(number)
            append(connection, wall, _act_of(number, each))
    return numbers


def _act_of(number: int, found: _Found) -> Act:
    hit = found.hit
    return Actor().act(
        "finding.made",
        str(number),
        rule=hit.rule.code,
        about=found.account.person_id,
        address=found.account.address or None,
        figure=hit.figure,
        threshold=hit.threshold,
    )

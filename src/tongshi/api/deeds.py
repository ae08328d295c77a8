"""What people do to cameras, in the access register before it is done.

A command has the purpose of an open view of the same camera, or states its own.  Most are an entry
each.  Those that steer come many a second: they share one entry for as long as they go on under one
view or purpose, and its ending says how many they were.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tongshi.access.identity import Person
from tongshi.access.register import NO_BASIS, Action, Basis, Look
from tongshi.access.service import Register
from tongshi.api.purpose import read_purpose
from tongshi.api.view import View
from tongshi.clock import Clock
from tongshi.errors import Error, Exhausted, Invalid

REST = 60.0
"""After this without a command steering is over, s."""
WRITE = 10.0
"""How long the store may take to write an entry, s."""
LIMIT = 5000
"""Cameras that are steered at once at the most."""
STEERING = "steer"
"""What an entry of many commands is about."""

FindView = Callable[[str, int], View]
"""Returns an open view of a person; raises Missing."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a deed is done to.  channel: its name as it is now; channel_id: the device's own too."""

    device_id: str
    channel_id: str
    channel: str


@dataclass(frozen=True, slots=True)
class Doer:
    """Who does it, from where, why.

    view: id of the open view whose purpose it is, or ``""``.  basis: what it rests on.
    """

    person: Person
    address: str
    purpose: str
    view: str = ""
    basis: Basis = NO_BASIS


class Outcome:
    """How a deed went, for its entry.  how: a word; it may be set until the deed is over."""

    def __init__(self) -> None:
        self.how = "done"


@dataclass(slots=True, eq=False)
class Run:
    """Steering that goes on.  entry: number of the entry, once it is on the disk."""

    entry: "asyncio.Task[int]"
    begun_at: float
    acts: int = 0
    failed: str = ""
    timer: asyncio.TimerHandle | None = None


class Deeds:
    """The deeds of one node.  Used from the node's loop.

    find_view: as `tongshi.api.views.Views.find`.
    """

    def __init__(self, register: Register, find_view: FindView, clock: Clock) -> None:
        self._register = register
        self._find_view = find_view
        self._clock = clock
        self._runs: dict[tuple[str, str, int, str], Run] = {}

    def __len__(self) -> int:
        """How many cameras are being steered."""
        return len(self._runs)

    def stop(self) -> None:
        """End the entries of what goes on."""
        for key in list(self._runs):
            self._end(key)

    def doer(
        self, person: Person, address: str, target: Target, view: str | None, purpose: str | None
    ) -> Doer:
        """Return who does something, with the reason.

        Raises Missing when the view is none of theirs, Invalid when it shows another camera, or
        neither view nor purpose says why.
        """
        if not view:
            return Doer(person, address, read_purpose(purpose or ""))
        found = self._find_view(view, person.id)
        if (found.wish.device_id, found.wish.channel_id) != (target.device_id, target.channel_id):
            raise Invalid("this view shows another camera")
        return Doer(person, address, found.wish.purpose, view, found.wish.basis)

    @asynccontextmanager
    async def enter(
        self, doer: Doer, target: Target, what: str, action: Action = Action.CONTROL
    ) -> AsyncIterator[Outcome]:
        """Do one thing that has an entry of its own: it is on the disk when this returns.

        what: in a word.  The entry ends with the block, as `Outcome.how` says or with the code of
        the error that it raises.
        """
        entry = await self._open(doer, target, what, action)
        began, outcome = self._clock.now(), Outcome()
        how = "cancelled"
        try:
            yield outcome
            how = outcome.how
        except Error as error:
            how = error.code
            raise
        finally:
            self._register.close(entry, how, self._clock.now() - began, None, 1)

    @asynccontextmanager
    async def steer(self, doer: Doer, target: Target) -> AsyncIterator[None]:
        """Do one of many things that share an entry; the first waits until that is on the disk."""
        key = (target.device_id, target.channel_id, doer.person.id, doer.view or doer.purpose)
        run = self._runs.get(key)
        if run is None:
            if len(self._runs) >= LIMIT:
                raise Exhausted(f"{len(self._runs)} cameras are steered", resource="session")
            opening = asyncio.create_task(self._open(doer, target, STEERING, Action.CONTROL))
            run = self._runs[key] = Run(opening, self._clock.now())
        try:
            entry = await asyncio.shield(run.entry)
        except Error:
            self._runs.pop(key, None)
            raise
        self._rest(key, run)
        run.acts += 1
        try:
            yield
            run.failed = ""
        except Error as error:
            run.failed = error.code
            raise
        finally:
            self._register.note(entry, self._clock.now() - run.begun_at, 0, run.acts)

    def _rest(self, key: tuple[str, str, int, str], run: Run) -> None:
        """Let *run* be over when nothing follows."""
        if run.timer is not None:
            run.timer.cancel()
        run.timer = asyncio.get_running_loop().call_later(REST, self._end, key)

    def _end(self, key: tuple[str, str, int, str]) -> None:
        """End a run: as ``closed``, or with the code of the error that its last command met."""
        run = self._runs.pop(key)
        if run.timer is not None:
            run.timer.cancel()
        if run.entry.done() and not run.entry.cancelled() and run.entry.exception() is None:
            lasted = self._clock.now() - run.begun_at
            self._register.close(run.entry.result(), run.failed or "closed", lasted, None, run.acts)

    async def _open(self, doer: Doer, target: Target, what: str, action: Action) -> int:
        person = doer.person
        look = Look(
            person_id=person.id or None,  # the platform has none
            person=person.shown,
            unit=person.unit,
            action=action,
            device_id=target.device_id,
            channel_id=target.channel_id,
            channel=target.channel,
            purpose=doer.purpose,
            at=self._clock.wall(),
            transport="",
            address=doer.address,
            what=what[:64],
        )
        try:
            async with asyncio.timeout(WRITE):
                return await asyncio.wrap_future(self._register.submit(look.on(doer.basis)))
        except TimeoutError:
            raise Exhausted("the access register takes too long", resource="store") from None

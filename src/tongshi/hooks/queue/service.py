"""The queues of webhooks, and the one owner of the tasks that empty them.

::

    notice -> in memory, for a moment -> in the store, for each hook whose owner may know of it
                                             |
                  one task a hook: the oldest that waits -> sent -> done
                                             ^                |
                                             +-- a pause -- failed ---> given up in the end

A hook that nothing waits for has no task.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Engine

from tongshi.access.accounts.store import read_account_of
from tongshi.access.grant import Right
from tongshi.access.identity import Person
from tongshi.clock import Clock
from tongshi.db.writer import Writer
from tongshi.errors import Exhausted
from tongshi.hooks import store
from tongshi.hooks.hook import (
    TEST,
    TOPICS,
    Delivery,
    Hook,
    Notice,
    Outcome,
    State,
    channel_of,
    compose,
)
from tongshi.hooks.pause import FIRST, JITTER, LONGEST, is_over, pause
from tongshi.hooks.sending.service import Sender
from tongshi.hooks.service import Hooks, holder
from tongshi.hooks.signature import HEADER, sign
from tongshi.net.task import Supervisor

T = TypeVar("T")
Key = tuple[str, str]
Seen = Callable[[Person, Right, Iterable[Key]], set[Key]]

GATHER = 0.2
"""How long notices are gathered before they are written, s."""
WAITING = 50_000
"""Notices in memory at the most; more are counted as missed."""
SWEEP = 3600.0
"""Between removals of old deliveries, s."""
_WRITE = 10.0
_AGAIN = 5.0
"""After the store could not be read or written, s."""


@dataclass(frozen=True, slots=True)
class QueueRules:
    """patience: s for which a delivery is tried.  most: deliveries of a hook that may wait.

    keep: s for which deliveries that are over are listed.  first: s of the first pause.
    """

    patience: float = 86400.0
    most: int = 10_000
    keep: float = 14 * 86400.0
    first: float = FIRST


class Queues:
    """The deliveries of one node.  Used from the node's loop, but for `changed`.

    seen: of some devices and channels, those for which a person has a right now; called in a
    thread.  chance: 0 to 1.
    """

    def __init__(
        self,
        hooks: Hooks,
        sender: Sender,
        engine: Engine,
        writer: Writer,
        clock: Clock,
        seen: Seen,
        rules: QueueRules | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._hooks = hooks
        self._sender = sender
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._seen = seen
        self._rules = rules or QueueRules()
        self._chance = chance
        self._notices: deque[Notice] = deque()
        self._missed = 0
        self._news = asyncio.Event()
        self._tasks = Supervisor("hooks")
        self._working: dict[int, asyncio.Event] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._counts = {"delivered": 0, "failed": 0, "given_up": 0, "withheld": 0}

    def figures(self) -> Mapping[str, object]:
        """Return counts since the start, and how many hooks are at work."""
        return {**self._counts, "working": len(self._working), "gathered": len(self._notices)}

    async def start(self) -> None:
        """Go on with what waits in the store, and take notices."""
        self._loop = asyncio.get_running_loop()
        self._hooks.changed = self.changed
        for hook in await asyncio.to_thread(self._hooks.everything):
            self._wake(hook.id)
        self._tasks.sustain(self._gather, name="gather", pause=GATHER)
        self._tasks.sustain(self._sweep, name="sweep", pause=SWEEP)

    async def stop(self) -> None:
        """Write what was gathered and end every task; what waits goes on after the next start."""
        await self._tasks.close()
        self._loop = None
        with suppress(Exhausted):
            await self._store()

    def publish(self, topic: str, device_id: str, body: Mapping[str, object]) -> None:
        """Take a notice of the feed."""
        if topic not in TOPICS:
            return
        if len(self._notices) >= WAITING:
            self._missed += 1
        else:
            channel = channel_of(body)
            notice = Notice(topic, device_id, channel, dict(body), self._clock.wall())
            self._notices.append(notice)
        self._news.set()

    def changed(self, hook_id: int) -> None:
        """Look at a hook anew: called in whatever thread changed it."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake, hook_id)

    async def test(self, hook_id: int) -> Delivery:
        """Send a test now, beside the queue, and return how it went; raises Missing."""
        hook = await asyncio.to_thread(self._hooks.find, hook_id)
        wall = self._clock.wall()
        notice = Notice(TEST, "", "", {"hook": hook.name}, wall)

        def begin(connection: Connection) -> Delivery:
            number = store.add_notice(connection, hook_id, notice)
            # Not waiting: the queue must not take it as well.
            trying = Outcome(None, "trying")
            store.write_attempt(connection, number, 1, State.GIVEN_UP, trying, wall)
            return _found(connection, hook_id, number)

        delivery = await self._write(begin)
        outcome = await self._send(hook, delivery)
        state = State.DONE if outcome.taken else State.GIVEN_UP

        def end(connection: Connection) -> Delivery:
            store.write_attempt(connection, delivery.id, 1, state, outcome, wall)
            return _found(connection, hook_id, delivery.id)

        return await self._write(end)

    # From notices to deliveries

    async def _gather(self) -> None:
        await self._news.wait()
        await self._store()

    async def _store(self) -> None:
        """Write what was gathered, for each hook whose owner may know of it."""
        self._news.clear()
        notices, missed = list(self._notices), self._missed
        if not notices and not missed:
            return
        wall = self._clock.wall()
        shares = await asyncio.to_thread(self._share, notices, wall)
        woken = await self._write(lambda connection: self._put(connection, shares, missed, wall))
        for _ in notices:
            self._notices.popleft()
        self._missed -= missed
        for hook_id in woken:
            self._wake(hook_id)

    def _share(self, notices: list[Notice], wall: float) -> dict[int, list[Notice]]:
        """Return what each hook tells of *notices*."""
        with self._engine.connect() as connection:
            hooks = store.read_hooks(connection)
            owners = {
                owner_id: self._holder(connection, owner_id, wall)
                for owner_id in {hook.owner_id for hook in hooks}
            }
        shares = {}
        for hook in hooks:
            own = [notice for notice in notices if notice.topic in hook.topics]
            shares[hook.id] = self._in_scope(owners[hook.owner_id], own) if own else []
        return shares

    def _put(
        self, connection: Connection, shares: dict[int, list[Notice]], missed: int, wall: float
    ) -> list[int]:
        """Write the shares of the hooks that are still there; return which have something."""
        woken = []
        for hook in store.read_hooks(connection):
            if missed:
                store.miss(connection, hook.id, missed, wall)
            own = shares.get(hook.id)
            if own and store.add_notices(connection, hook, own, self._rules.most, wall):
                woken.append(hook.id)
        return woken

    def _holder(self, connection: Connection, owner_id: int, wall: float) -> Person | None:
        account = read_account_of(connection, owner_id)
        return None if account is None else holder(account, wall)

    def _in_scope(self, person: Person | None, notices: list[Notice]) -> list[Notice]:
        """Return what *person* may know of, by what he is granted camera by camera."""
        if person is None:
            return []
        keys: dict[Right, set[Key]] = {}
        for notice in notices:
            keys.setdefault(TOPICS[notice.topic], set()).add(notice.place)
        seen = {right: self._seen(person, right, places) for right, places in keys.items()}
        return [notice for notice in notices if notice.place in seen[TOPICS[notice.topic]]]

    # From deliveries to receivers

    def _wake(self, hook_id: int) -> None:
        """Have a hook's task look again, or begin one."""
        if self._loop is None:
            return
        woken = self._working.get(hook_id)
        if woken is not None:
            woken.set()
            return
        self._working[hook_id] = asyncio.Event()
        self._tasks.start(self._work(hook_id), name=f"hook-{hook_id}")

    async def _work(self, hook_id: int) -> None:
        """Make the deliveries of a hook until none waits."""
        woken = self._working[hook_id]
        try:
            while True:
                woken.clear()
                wait = await self._step(hook_id)
                if wait is None and not woken.is_set():
                    return
                if wait:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(wait):
                            await woken.wait()
        finally:
            self._working.pop(hook_id, None)

    async def _step(self, hook_id: int) -> float | None:
        """Make the next delivery of a hook; return s until the one after, None when none waits."""
        try:
            hook, delivery, allowed = await asyncio.to_thread(self._next, hook_id)
            if hook is None or delivery is None or hook.paused:
                return None
            if not allowed:
                await self._write(lambda connection: store.withhold(connection, delivery.id))
                self._counts["withheld"] += 1
                return 0.0
            wait = hook.next_at - self._clock.wall()
            if 0 < wait <= LONGEST * (1 + JITTER):  # more is a clock that went back
                return wait
            outcome = await self._send(hook, delivery)
            return await self._settle(hook, delivery, outcome)
        except Exhausted:  # the store: what waits, waits on
            return _AGAIN

    def _next(self, hook_id: int) -> tuple[Hook | None, Delivery | None, bool]:
        """Return a hook, what it tells next, and whether its owner may still know of that."""
        with self._engine.connect() as connection:
            hook = store.read_hook(connection, hook_id)
            delivery = store.read_next(connection, hook_id) if hook is not None else None
            if hook is None or delivery is None:
                return hook, delivery, True
            person = self._holder(connection, hook.owner_id, self._clock.wall())
        if delivery.topic not in TOPICS:
            return hook, delivery, person is not None
        place = (delivery.device_id, delivery.channel_id)
        notice = Notice(delivery.topic, *place, {}, delivery.made_at)
        return hook, delivery, bool(self._in_scope(person, [notice]))

    async def _send(self, hook: Hook, delivery: Delivery) -> Outcome:
        secret = self._hooks.secret_of(hook)
        if not secret:
            return Outcome(None, "key", "the node's key was lost: give the webhook a new secret")
        body = compose(delivery)
        headers = {
            HEADER: sign(secret, body, int(self._clock.wall())),
            "Tongshi-Delivery": str(delivery.id),
            "Tongshi-Topic": delivery.topic,
        }
        return await self._sender.send(hook.url, body, headers)

    async def _settle(self, hook: Hook, delivery: Delivery, outcome: Outcome) -> float:
        """Write how an attempt went; return s until the next."""
        wall = self._clock.wall()
        over = is_over(delivery.made_at, wall, self._rules.patience)
        state = State.DONE if outcome.taken else State.GIVEN_UP if over else State.WAITING
        failures = 0 if outcome.taken else hook.failures + 1
        wait = pause(failures, self._chance(), self._rules.first) if failures else 0.0

        def write(connection: Connection) -> None:
            tries = delivery.tries + 1
            store.write_attempt(connection, delivery.id, tries, state, outcome, wall)
            store.write_standing(connection, hook.id, failures, wall + wait if wait else 0.0)
            now = store.read_hook(connection, hook.id)
            if now is not None and now.missed and state is not State.WAITING:
                store.add_notices(connection, now, (), self._rules.most, wall)

        await self._write(write)
        self._counts["delivered" if outcome.taken else "failed"] += 1
        self._counts["given_up"] += state is State.GIVEN_UP
        return wait

    async def _sweep(self) -> None:
        before = self._clock.wall() - self._rules.keep
        await self._write(lambda connection: store.forget_old(connection, before))

    async def _write(self, job: Callable[[Connection], T]) -> T:
        """Return what *job* returns, once it is committed; raises Exhausted."""
        try:
            async with asyncio.timeout(_WRITE):
                return await asyncio.wrap_future(self._writer.call(job))
        except TimeoutError:
            raise Exhausted("the store takes too long to write", resource="store") from None


def _found(connection: Connection, hook_id: int, delivery_id: int) -> Delivery:
    found = store.read_delivery(connection, hook_id, delivery_id)
    assert found is not None  # it was written in the same transaction, or before it
    return found

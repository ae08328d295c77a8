"""Subscriptions to devices: who is to tell us what, kept up while the device lives.

Theory of operation.  Every wish is a :class:`Tie`.  Nothing waits on anything: a tie is a few
callbacks and one moment at which it is due, and once a beat what is due is done, at most so many
SUBSCRIBEs a second.  A device that is silent costs its own time-out and nobody else's.

What a device tells ends in ``notices``, whichever way it comes.  A NOTIFY that belongs to no
subscription is taken all the same while one to that subject is wanted and not yet there: after a
restart of ours the device goes on telling within the subscription before.

A stop ends no subscription: what is told until the next start would be lost, and is taken by the
rule above if it comes after it.

Sources: GB/T 28181-2022 9.11, annex N; RFC 6665.
"""

import heapq
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sized
from math import inf
from zlib import crc32

from tongshi.clock import Clock
from tongshi.errors import Error, Exhausted, Missing, RemoteProtocolError
from tongshi.gb28181.manscdp import Message, read
from tongshi.gb28181.profile import Profile
from tongshi.gb28181.subscription import (
    Ended,
    EventName,
    Failed,
    Granted,
    Lost,
    Notified,
    Overtaken,
    Subject,
    SubscriberEvent,
)
from tongshi.gb28181.version import Version
from tongshi.net.task import Supervisor
from tongshi.signalling.event import (
    DevicePresence,
    Presence,
    SignallingEvent,
    SubscriptionChanged,
)
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.neighbours import Neighbour, Neighbours
from tongshi.signalling.own import Own
from tongshi.signalling.subscribing import Subscribing
from tongshi.signalling.tie import Key, Rules, State, Subscribed, Tie, Want, show
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Response

TARGETS = 64
"""Ties to one device at the most."""
_OVERLAP = 5.0
"""After a grant, what belongs to the subscription before is taken for as long, s."""
_SWEEP = 600.0
"""Between two looks for ties to devices that are forgotten, s."""
_ANEW = 60.0
"""Between two catalogs asked for because notices of a device came out of order, s."""
_UNWANTED = 100_000
"""What persons switched off, at the most."""

Taker = Callable[[Neighbour, Message, RequestArrived], int]
Poller = Callable[[str, str], Awaitable[object]]


class Subscriptions:
    """The ties to all devices.

    profile_of: the deviations to heed for a device.  take: takes what was told.
    pollers: by subject, asks once for what a device cannot be subscribed to; given the ids of the
    device and of the target.
    ask_catalog: has a device asked for its catalog anew, where a notice came too late to count.
    counters: ``"granted"``, ``"refused"``, ``"silent"``, ``"lost"``, ``"notified"``,
    ``"unreadable"``, ``"overtaken"`` (came after newer ones: not taken, but for alarms),
    ``"late"`` (NOTIFYs of a subscription before), ``"stray"`` (of none), ``"polled"``.
    """

    def __init__(
        self,
        rules: Rules,
        own: Own,
        exchange: Exchange,
        neighbours: Neighbours,
        profile_of: Callable[[str], Profile],
        take: Taker,
        emit: Callable[[SignallingEvent], None],
        clock: Clock,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self.pollers: dict[Subject, Poller] = {}
        self.ask_catalog: Callable[[str], None] = lambda device_id: None
        self._rules = rules
        self._neighbours = neighbours
        self._profile_of = profile_of
        self._take = take
        self._emit = emit
        self._clock = clock
        self._lines = Subscribing(rules, own, exchange, neighbours, self._happened, clock)
        self._tasks = Supervisor("polls")
        self._ties: dict[str, dict[Key, Tie]] = {}
        self._unwanted: set[Key] = set()
        self._anew_at: dict[str, float] = {}
        self._due: list[tuple[float, int, Tie]] = []
        self._count = 0
        self._budget = 0.0
        self._looked_at = clock.now()
        self._sweep_at = self._looked_at + _SWEEP

    async def stop(self) -> None:
        """End what polls; no subscription is ended."""
        await self._tasks.close()

    def restore(self, wants: Iterable[Want]) -> None:
        """Take what persons chose before.  Before the first device is heard."""
        for want in wants:
            key = Key(want.device_id, want.subject, want.target_id)
            if not want.wanted:
                self._unwanted.add(key)
            elif _has_room(self._ties.get(want.device_id, ())):
                self._add(key, want.interval or self._rules.interval, chosen=True)

    def want(
        self, device_id: str, subject: Subject, target_id: str = "", interval: int = 0
    ) -> Subscribed:
        """Have *device_id* tell of *subject* from now on.

        target_id: a channel of it; empty for the device.  interval: between positions, s; 0 for
        the usual one.  Raises Missing for a device that is not known, Exhausted for too many.
        """
        neighbour = self._neighbours.get(device_id)
        if neighbour is None:
            raise Missing(f"no device {device_id} has registered")
        key = Key(device_id, subject, target_id)
        tie = self._ties.get(device_id, {}).get(key)
        if tie is None:
            if not _has_room(self._ties.get(device_id, ())):
                raise Exhausted(f"{TARGETS} subscriptions to one device", resource="subscription")
            tie = self._add(key, interval or self._rules.interval, chosen=True)
        else:
            self._change(tie, interval or tie.interval)
        self._unwanted.discard(key)
        if neighbour.state is Presence.ONLINE and tie.state is State.WAITING:
            self._plan(tie, self._clock.now())
        return show(tie)

    def unwant(self, device_id: str, subject: Subject, target_id: str = "") -> None:
        """Have *device_id* tell of *subject* no longer, whatever the settings say."""
        key = Key(device_id, subject, target_id)
        if len(self._unwanted) < _UNWANTED:
            self._unwanted.add(key)
        tie = self._ties.get(device_id, {}).get(key)
        if tie is not None:
            self._drop(tie)
            tie.state, tie.why = State.ENDED, ""
            self._tell(tie)
            if tie.subscriber is None:
                self._lines.forget(tie)
            else:
                tie.subscriber.end()
                self._lines.advance(tie)

    def standing(self, device_id: str | None = None) -> list[Subscribed]:
        """Return how every subscription stands, or every one to *device_id*."""
        if device_id is not None:
            return [show(tie) for tie in self._ties.get(device_id, {}).values()]
        return [show(tie) for ties in self._ties.values() for tie in ties.values()]

    def figures(self) -> dict[str, float]:
        """Return how many ties are in each state, and SUBSCRIBEs so far."""
        found: dict[str, float] = {state.value: 0 for state in State if state is not State.ENDED}
        for ties in self._ties.values():
            for tie in ties.values():
                found[tie.state.value] += 1
        return {**found, "open": len(self._lines), "sent": self._lines.sent}

    def presence_changed(self, event: DevicePresence) -> None:
        """Begin with a device that is online; leave alone one that is not."""
        if event.state is Presence.ONLINE:
            self._meet(event.device_id)
            return
        for tie in self._ties.get(event.device_id, {}).values():
            self._lines.forget(tie)
            self._plan(tie, inf)
            if tie.leave():
                self._tell(tie)

    def device_restarted(self, device_id: str) -> None:
        """Begin anew with a device that forgot its subscriptions: it began anew itself."""
        for tie in self._ties.get(device_id, {}).values():
            if tie.state in (State.ASKING, State.ACTIVE):
                self._lines.forget(tie)
                tie.subscriber, tie.state, tie.why = None, State.WAITING, "restarted"
                self._tell(tie)
        self._meet(device_id)

    def claim(self, arrived: RequestArrived) -> Response | None:
        """Answer a NOTIFY of a subscription; None for anything else.  Hang it into reception."""
        if arrived.request.method != "NOTIFY":
            return None
        return self._lines.take(arrived) or self._claim_late(arrived)

    def expire(self, now: float) -> None:
        """Do what is due, as far as the rate allows.  Call it about once a second."""
        rate = self._rules.rate
        self._budget = min(self._budget + rate * (now - self._looked_at), max(rate, 1.0))
        self._looked_at = now
        if now >= self._sweep_at:
            self._sweep(now)
        while self._due and self._due[0][0] <= now and self._budget >= 1:
            at, _, tie = heapq.heappop(self._due)
            if at == tie.due and tie.state is not State.ENDED:
                tie.due = inf
                before = self._lines.sent + self.counters["polled"]
                self._look_at(tie, now)
                self._budget -= self._lines.sent + self.counters["polled"] - before

    # Ties ------------------------------------------------------------------------------------

    def _add(self, key: Key, interval: int, *, chosen: bool) -> Tie:
        tie = Tie(key, interval, chosen, since=self._clock.wall())
        self._ties.setdefault(key.device_id, {})[key] = tie
        return tie

    def _drop(self, tie: Tie) -> None:
        ties = self._ties[tie.key.device_id]
        del ties[tie.key]
        if not ties:
            del self._ties[tie.key.device_id]

    def _change(self, tie: Tie, interval: int) -> None:
        """Begin anew what failed, or what is wanted otherwise than before."""
        tie.chosen = True
        tie.renew()
        if tie.subscriber is not None and interval != tie.interval:
            self._lines.forget(tie)
            former = Tie(tie.key, tie.interval, state=State.ENDED, subscriber=tie.subscriber)
            tie.subscriber.end()
            tie.subscriber, tie.state = None, State.WAITING
            self._lines.advance(former)
        tie.interval = interval

    def _meet(self, device_id: str) -> None:
        """Plan what is wanted of a device that is there (again)."""
        neighbour = self._neighbours.get(device_id)
        if neighbour is None:
            return
        self._ensure(neighbour)
        now = self._clock.now()
        # Devices that come together are not asked together.
        spread = crc32(device_id.encode("utf-8", "replace")) % 1000 / 500
        for tie in self._ties.get(device_id, {}).values():
            if tie.agent != neighbour.user_agent:
                tie.renew()
            if tie.state is State.WAITING:
                self._plan(tie, now + self._rules.settle + spread)
            elif tie.state is State.FALLBACK:
                self._plan(tie, min(now + tie.pause(self._rules), tie.retry_at))

    def _ensure(self, neighbour: Neighbour) -> None:
        """Have a tie for all that the settings ask of such a device."""
        profile = self._profile_of(neighbour.device_id)
        if not profile.subscribe:
            return
        old = profile.speaks(neighbour.version) in (Version.V2011, Version.V2011A)
        known = self._ties.get(neighbour.device_id, {})
        for subject in self._rules.subjects:
            key = Key(neighbour.device_id, subject)
            if old and subject is not Subject.ALARM:
                continue  # 2011 has subscriptions to alarms only
            if key not in known and key not in self._unwanted:
                self._add(key, self._rules.interval, chosen=False)

    def _plan(self, tie: Tie, at: float) -> None:
        """Look at *tie* at *at*, and not before."""
        if at == tie.due:
            return
        tie.due = at
        if at < inf:
            self._count += 1
            heapq.heappush(self._due, (at, self._count, tie))

    def _look_at(self, tie: Tie, now: float) -> None:
        neighbour = self._neighbours.get(tie.key.device_id)
        if neighbour is None or neighbour.state is not Presence.ONLINE:
            return
        if tie.state is State.ACTIVE and tie.subscriber is not None:
            tie.subscriber.expire(now)
            self._lines.advance(tie)
        elif tie.state is State.WAITING or now >= tie.retry_at:
            tie.ask(neighbour.user_agent)
            self._tell(tie)
            version = self._profile_of(neighbour.device_id).speaks(neighbour.version)
            self._lines.begin(tie, neighbour, version)
        elif tie.state is State.FALLBACK:
            self._poll(tie, now)

    def _sweep(self, now: float) -> None:
        """Forget ties to devices that are not known any more, unless a person wants them."""
        self._sweep_at = now + _SWEEP
        self._anew_at = {key: at for key, at in self._anew_at.items() if at > now}
        gone = [key for key in self._ties if self._neighbours.get(key) is None]
        for device_id in gone:
            for tie in list(self._ties[device_id].values()):
                if not tie.chosen:
                    self._drop(tie)

    def _happened(self, tie: Tie, event: SubscriberEvent, arrived: RequestArrived | None) -> None:
        now = self._clock.now()
        match event:
            case Notified():
                self._deliver(tie, event.body, arrived)
            case Overtaken():
                self._overtaken(tie, event.body, arrived, now)
            case Granted() if tie.state is not State.ENDED:
                self.counters["granted"] += 1
                if tie.grant(event.expires, now):
                    self._tell(tie)
            case Failed():
                self.counters["silent" if event.status is None else "refused"] += 1
                self._rest(tie, tie.fail(event, now, self._rules))
            case Lost():
                self.counters["lost"] += 1
                self._rest(tie, tie.lose(event, now, self._rules))
            case Ended():
                self._lines.forget(tie)
        if tie.state is State.ACTIVE and tie.subscriber is not None:
            self._plan(tie, tie.subscriber.deadline())

    def _rest(self, tie: Tie, until: float) -> None:
        self._lines.forget(tie)
        self._plan(tie, until)
        self._tell(tie)

    # What is told ----------------------------------------------------------------------------

    def _claim_late(self, arrived: RequestArrived) -> Response | None:
        """Take a NOTIFY of a subscription that was lost, from where the device is at home."""
        request = arrived.request
        now, wall = self._clock.now(), self._clock.wall()
        neighbour = self._neighbours.hear(request.from_user, arrived.source, now, wall)
        if neighbour is not None:
            self._ensure(neighbour)
            name = EventName.parse(request.headers.get("Event") or "")
            for tie in self._ties.get(neighbour.device_id, {}).values():
                if _may_be_of(tie, name, now):
                    self.counters["late"] += 1
                    self._deliver(tie, request.body, arrived)
                    return request.response(200)
        self.counters["stray"] += 1
        return None

    def _deliver(self, tie: Tie, body: bytes, arrived: RequestArrived | None) -> None:
        """Hand on what was told; what cannot be read is counted, and no reason to refuse more."""
        neighbour = self._neighbours.get(tie.key.device_id)
        if neighbour is None or arrived is None or not body:
            return
        tie.told += 1
        self.counters["notified"] += 1
        try:
            message = read(body)
        except RemoteProtocolError:
            self.counters["unreadable"] += 1
        else:
            self._take(neighbour, message, arrived)

    def _overtaken(self, tie: Tie, body: bytes, arrived: RequestArrived | None, now: float) -> None:
        """Leave out what newer states came before; an alarm is no state, and taken all the same.

        What a catalog's notice would have told of other channels, the catalog tells.
        """
        self.counters["overtaken"] += 1
        device_id = tie.key.device_id
        if tie.key.subject is Subject.ALARM:
            self._deliver(tie, body, arrived)
        elif tie.key.subject is Subject.CATALOG and now >= self._anew_at.get(device_id, -inf):
            self._anew_at[device_id] = now + _ANEW
            self.ask_catalog(device_id)

    def _poll(self, tie: Tie, now: float) -> None:
        """Ask for what would be told, if there is a way to; else wait until it is tried again."""
        poller = self.pollers.get(tie.key.subject)
        pause = inf if poller is None else tie.pause(self._rules)
        self._plan(tie, min(now + pause, tie.retry_at))
        if poller is not None and not tie.polling:
            tie.polling = True
            self.counters["polled"] += 1
            self._tasks.start(self._poll_once(tie, poller), name=tie.key.device_id)

    async def _poll_once(self, tie: Tie, poller: Poller) -> None:
        try:
            await poller(tie.key.device_id, tie.key.target_id or tie.key.device_id)
        except Error:
            self.counters["poll failed"] += 1  # and told where it happened
        finally:
            tie.polling = False

    def _tell(self, tie: Tie) -> None:
        tie.since = self._clock.wall()
        key = tie.key
        changed = SubscriptionChanged(
            key.device_id, key.subject, key.target_id, tie.state.value, tie.why, tie.since
        )
        self._emit(changed)


def _has_room(ties: Sized) -> bool:
    """Whether a device may have one more than *ties*."""
    return len(ties) < TARGETS


def _may_be_of(tie: Tie, name: EventName, now: float) -> bool:
    """Whether a NOTIFY called *name* that is not of the tie's subscription counts as its.

    While that stands, only what bears its very event does: some put a Call-ID of their own.
    """
    if tie.state is State.ACTIVE and now >= tie.granted_at + _OVERLAP:
        return bool(name.id) and tie.event is not None and tie.event.matches(name)
    return EventName(tie.key.subject.package).matches(name)

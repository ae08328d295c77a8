"""The face of signalling: one platform id, its sockets, its neighbours, its sessions.

::

    UdpServer --+                       +-- RequestArrived --> Reception --> Neighbours
                +-- Carrier -- Endpoint +                          +-------> Waiting, Sessions
    TcpServer --+                       +-- Answered ... ----> Exchange --> Queries, Sessions

Once a beat (a second, or less where keepalives are faster) overdue devices are judged and what
was seen is handed over; everything else happens as it comes.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tongshi.clock import Clock, SystemClock
from tongshi.digest import Hashed, Nonces
from tongshi.gateway.engine import Engine
from tongshi.gb28181.ssrc import SsrcPool
from tongshi.net.carrier import Carrier
from tongshi.net.descriptors import allow
from tongshi.net.task import Supervisor
from tongshi.registry.peers.rule import RuleBook
from tongshi.registry.peers.service import Peers
from tongshi.settings import EventSettings, MediaSettings, SignallingSettings, split_address
from tongshi.signalling.beats import BeatRules, Beats
from tongshi.signalling.device import Device, device_of
from tongshi.signalling.entrance import admission_of, realm_of, registrar_of
from tongshi.signalling.errands import ErrandRules, Errands
from tongshi.signalling.event import (
    SignallingEvent,
)
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.facing import Facing
from tongshi.signalling.holders import Holders
from tongshi.signalling.keyframes import KeyFrames
from tongshi.signalling.links import Links
from tongshi.signalling.neighbours import Known, Neighbours, Rules
from tongshi.signalling.ondemand import OnDemand
from tongshi.signalling.own import Own
from tongshi.signalling.profiles import Profiles
from tongshi.signalling.queries import Queries, QueryRules
from tongshi.signalling.reactions import Reactions
from tongshi.signalling.reception import Reception
from tongshi.signalling.tie import Want, rules_of
from tongshi.signalling.traces import Traces
from tongshi.signalling.unasked import Unasked
from tongshi.signalling.upstream import Means
from tongshi.signalling.waiting import Waiting
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import (
    AckArrived,
    Answered,
    Cancelled,
    Dropped,
    Event,
    LinkLost,
    RequestArrived,
    TimedOut,
    Unacknowledged,
)

_log = logging.getLogger(__name__)

_OTHER_FILES = 1000
"""Descriptors for all but signalling's connections: store, pages, pipes to workers."""
RECONCILE = 60.0
"""Time between two comparisons of leases with what holds them, s."""


class Signalling:
    """One platform.

    password_of: a device's password; ``""`` lets it in without one, None keeps it out.  It is
    called for every REGISTER and must answer from memory.
    peers: what people decided about devices; None for nothing.
    events: what devices are subscribed to; None for nothing but wants, what people chose.
    engine: receives media; it is started and stopped by its owner, before and after this.
    traces: directory of recorded exchanges.
    flush: longest time that signs of life wait to be handed over, s.
    ask: whether devices that come online are asked for DeviceInfo and catalog.
    """

    def __init__(
        self,
        settings: SignallingSettings,
        media: MediaSettings,
        engine: Engine,
        *,
        password_of: Callable[[str], str | Hashed | None],
        peers: Peers | None = None,
        traces: Path = Path("traces"),
        events: EventSettings | None = None,
        wants: Iterable[Want] = (),
        clock: Clock | None = None,
        new_token: Callable[[], str] = lambda: secrets.token_hex(12),
        flush: float = 1.0,
        ask: bool = True,
    ) -> None:
        self._ask = ask
        self._events, self._wants = events, tuple(wants)
        self._settings = settings
        self._media = media
        self._engine = engine
        self._clock: Clock = clock or SystemClock()
        self._password_of = password_of
        self._new_token = new_token
        self._nonces = Nonces(secrets.token_bytes(32))
        self._traces = traces
        self._beat = min(flush, 1.0, settings.keepalive / 4)
        self._listeners: list[Callable[[SignallingEvent], None]] = []
        self._tasks = Supervisor("signalling")
        self._links = Links()
        self.neighbours = Neighbours(
            Rules(
                keepalive=settings.keepalive,
                misses=settings.keepalive_misses,
                limit=settings.devices,
                roam=settings.roam,
                revive=settings.revive,
            ),
            self._emit,
            self._links.use,
            lambda local: self._links.end(local, "its device came by another"),
        )
        self.profiles = (
            Profiles(self.neighbours, peers.fields_of, peers.makers)
            if peers is not None
            else Profiles(self.neighbours)
        )
        self.neighbours.profile_of = self.profiles.of
        self.neighbours.forgotten = self.profiles.forget
        longest = settings.keepalive_longest
        self.beats = Beats(
            BeatRules(settings.keepalive, settings.keepalive_misses, longest),
            self.neighbours,
            self._emit,
            self._clock,
            peers.beats if peers is not None else None,
        )
        self.admission = admission_of(settings, self._clock, self.neighbours, peers)
        self._reactions: Reactions | None = None
        self._realm = realm_of(settings)

    def subscribe(self, listener: Callable[[SignallingEvent], None]) -> None:
        """Tell *listener* every event from now on, in this loop; it must return at once."""
        self._listeners.append(listener)

    def restore(self, rows: Iterable[Known]) -> None:
        """Take what a store knew: these devices are unknown until heard from.  Before start."""
        self.neighbours.restore(rows, self._clock.now(), self._clock.wall())

    async def start(self) -> None:
        """Listen on UDP and TCP; raises OSError when the address cannot be had."""
        settings = self._settings
        # These refuse settings that make no platform: before there are sockets to give back.
        self._registrar = registrar_of(
            settings,
            self.admission,
            self.neighbours,
            self.profiles,
            self._nonces,
            self._password_of,
            self._clock,
        )
        ssrcs = SsrcPool(settings.id)
        allow(settings.connections + _OTHER_FILES)
        self._endpoint = Endpoint(new_token=self._new_token)
        self._carrier: Carrier[Event] = Carrier(self._endpoint, self._heard, self._link_lost)
        self.traces = Traces(
            self._traces, self.neighbours, self._clock, self._carrier.listen, self._new_token
        )
        self._listen()
        self.exchange = Exchange(self._endpoint, self._carrier.pump, self._own.facing.sent_by)
        self.waiting = Waiting(
            secrets.randbelow(2**30), first=settings.answer_timeout, gap=settings.part_gap
        )
        self.queries = Queries(
            QueryRules(places=settings.queries, message=settings.message_timeout),
            self._own,
            self.exchange,
            self.waiting,
            self.neighbours,
            self._emit,
            self._clock,
        )
        means = self._means(ssrcs)
        holders = self._holders = Holders.make(
            settings,
            self._media,
            means,
            self.neighbours,
            self.profiles.of,
            self._emit,
            self._clock,
            (self._endpoint, self._carrier.pump),
        )
        self.sessions, self.histories = holders.sessions, holders.histories
        self.talks = holders.talks
        self.reception = Reception(
            self._endpoint,
            self._registrar,
            self.neighbours,
            self.waiting,
            self.sessions.end_call,
            self._emit,
            self._clock,
        )
        unasked = self._unasked = Unasked.make(
            rules_of(self._events, settings.message_timeout),
            self._own,
            self.exchange,
            self.neighbours,
            self.profiles.of,
            self._emit,
            self._clock,
        )
        self.notices, self.subscriptions = unasked.notices, unasked.subscriptions
        self.subscriptions.restore(self._wants)
        unasked.attach(self.reception)
        holders.attach(self.reception, self._engine)
        rules = ErrandRules(message=settings.message_timeout, gap=settings.part_gap)
        self.on_demand = OnDemand.make(
            Errands(rules, self._own, self.exchange, self.waiting, self.neighbours),
            self._emit,
            self._clock,
        )
        self.commands = self.on_demand.commands
        unasked.poll(self.queries, self.commands.position)
        self.on_demand.attach(self.reception.takers)
        self.on_demand.configuration.learned = self.beats.learn
        ask, profile_of = self.commands.request_key_frame, self.profiles.of
        self.key_frames = KeyFrames(ask, self.neighbours, profile_of)
        self.sessions.want_key = self.key_frames.want
        self._reactions = Reactions(
            self.neighbours,
            self._links,
            self.profiles,
            self.queries,
            self.subscriptions,
            holders,
            self._emit,
            ask=self._ask,
        )
        self.queries.start()
        self._tasks.sustain(self._live, name="beat")
        self._tasks.sustain(self._reconcile, name="reconcile")

    async def stop(self) -> None:
        """End every session with a BYE, hand over what was seen, close the sockets."""
        # First what moves: a camera goes on moving until it is told to stop.
        await asyncio.gather(self.key_frames.close(), self.on_demand.close())
        await asyncio.gather(self.queries.stop(), self.subscriptions.stop())
        await self._holders.close()
        await self._tasks.close()
        self.neighbours.flush()
        self.reception.flush()
        self._carrier.pump()
        self._links.close()
        self._carrier.close()
        await self.traces.stop()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where we listen, as ``udp://host:port`` and ``tcp://host:port``."""
        return self._links.addresses

    def devices(self) -> list[Device]:
        """Return every device that is known, in no order."""
        now = self._clock.now()
        return [device_of(neighbour, now) for neighbour in self.neighbours]

    def device(self, device_id: str) -> Device | None:
        """Return what is known of one device."""
        neighbour = self.neighbours.get(device_id)
        return device_of(neighbour, self._clock.now()) if neighbour is not None else None

    def figures(self) -> Mapping[str, float]:
        """Return counts since the start and present states, by dotted name."""
        found: dict[str, float] = {
            "devices.known": len(self.neighbours),
            "devices.online": self.neighbours.online,
            "queries.waiting": len(self.waiting),
            "queries.backlog": self.queries.backlog,
            "queries.taken": self.waiting.taken,
            "queries.strays": self.waiting.strays,
            "registrations.replays": self._registrar.uses.replays,
            "requests.open": len(self.exchange),
            "tasks.failures": self._tasks.failures,
        }
        counters: list[tuple[str, Mapping[str, int]]] = [
            ("sip", self._endpoint.counters),
            ("answers", self.reception.counters),
            ("admission", self.admission.counters),
            ("keyframes", self.key_frames.counters),
        ]
        for figures in (self._links.figures(), self._holders.figures(), self._unasked.figures()):
            found |= figures
        for part, counts in counters:
            found |= {f"{part}.{name}": count for name, count in counts.items()}
        return found

    def _listen(self) -> None:
        settings = self._settings
        host, port = split_address(settings.listen)
        port = self._links.listen(
            self._carrier, host, port, settings.connections, settings.connection_idle
        )
        facing = Facing(settings.advertise, port, self._links.own_host)
        self._own = Own(settings.id, self._realm, facing, self._new_token)
        self._own.profile_of = self.profiles.of

    def _means(self, ssrcs: SsrcPool) -> Means:
        return Means(
            own=self._own,
            exchange=self.exchange,
            engine=self._engine,
            ssrcs=ssrcs,
            invite=self._settings.invite_timeout,
            media=self._media.first_media + self._media.connect_timeout,
            host=self._media.advertise,
        )

    def _emit(self, event: SignallingEvent) -> None:
        if self._reactions is not None:
            self._reactions.take(event)
        for listener in self._listeners:
            listener(event)

    def decided(self, device_id: str, book: RuleBook) -> None:
        """Let what people decided hold from now on: a profile or password, or with "" the rules.

        A new password lets a device that was locked out try at once.
        """
        self.admission.rules = book
        if device_id:
            self.admission.clear(device_id)
            self._emit(self.profiles.set(device_id, self._clock.wall()))

    def _heard(self, event: Event) -> None:
        """Take one event of the endpoint; keepalives come first because most are such."""
        if isinstance(event, RequestArrived):
            self.reception.arrived(event)
        elif isinstance(event, Answered | TimedOut | LinkLost):
            self.exchange.settle(event)
        elif isinstance(event, AckArrived):
            self.reception.acknowledged(event)
        elif isinstance(event, Cancelled | Unacknowledged):
            self.reception.withdraw(event)
        elif isinstance(event, Dropped):
            _log.debug("dropped from=%s why=%s", event.source, event.reason)

    def _link_lost(self, address: Address, why: str) -> None:
        self.neighbours.lose_link(address.local, self._clock.wall())

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(self._beat)
            self.neighbours.expire(self._clock.now(), self._clock.wall())
            self.neighbours.flush()
            self.reception.flush()
            self.subscriptions.expire(self._clock.now())

    async def _reconcile(self) -> None:
        while True:
            await asyncio.sleep(RECONCILE)
            self._holders.reconcile()

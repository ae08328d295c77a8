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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tongshi.clock import Clock, SystemClock
from tongshi.digest import Hashed, Nonces
from tongshi.gateway.engine import Engine, Transport
from tongshi.gb28181.manscdp import MediaStatus
from tongshi.gb28181.registration import Registrar, Terms
from tongshi.gb28181.ssrc import SsrcPool
from tongshi.gb28181.subscription import Subject
from tongshi.gb28181.version import Version
from tongshi.net.carrier import Carrier
from tongshi.net.descriptors import allow
from tongshi.net.pair import listen
from tongshi.net.task import Supervisor
from tongshi.net.tcp import TcpServer
from tongshi.net.udp import UdpServer
from tongshi.registry.peers.rule import RuleBook
from tongshi.registry.peers.service import Peers
from tongshi.settings import EventSettings, MediaSettings, SignallingSettings, split_address
from tongshi.signalling.admission import Admission, LockRules
from tongshi.signalling.beats import BeatRules, Beats
from tongshi.signalling.errands import ErrandRules, Errands
from tongshi.signalling.event import (
    CatalogGathered,
    DeviceDescribed,
    DevicePresence,
    DeviceRestarted,
    PartsFaulty,
    Presence,
    SignallingEvent,
    Why,
)
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.facing import Facing
from tongshi.signalling.histories import Histories, HistoryRules
from tongshi.signalling.keyframes import KeyFrames
from tongshi.signalling.neighbours import Known, Neighbour, Neighbours, Rules
from tongshi.signalling.notices import Notices
from tongshi.signalling.ondemand import OnDemand
from tongshi.signalling.own import Own
from tongshi.signalling.profiles import Profiles
from tongshi.signalling.queries import Queries, QueryRules
from tongshi.signalling.reception import Reception
from tongshi.signalling.sessions import SessionRules, Sessions
from tongshi.signalling.subscriptions import Subscriptions
from tongshi.signalling.talks import Talks, rules_for_talks
from tongshi.signalling.tie import Want, rules_of
from tongshi.signalling.traces import Traces
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


@dataclass(frozen=True, slots=True)
class Device:
    """What is known of a device now.

    last_proof: UNIX time of its last sign of life, s; None when none is known.
    expires_in: s until its registration ends; None when it has none.
    """

    device_id: str
    state: Presence
    why: Why
    host: str
    port: int
    transport: str
    last_proof: float | None
    expires_in: float | None
    version: Version
    user_agent: str
    contact: str


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
        self.neighbours = Neighbours(
            Rules(
                keepalive=settings.keepalive,
                misses=settings.keepalive_misses,
                limit=settings.devices,
                roam=settings.roam,
                revive=settings.revive,
            ),
            self._emit,
            self._use_link,
            self._end_link,
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
        self.admission = _admission(settings, self._clock, self.neighbours, peers)
        self._reactions: dict[type[SignallingEvent], Callable[[Any], None]] = {
            DevicePresence: self._presence_changed,
            DeviceRestarted: self._restarted,
            DeviceDescribed: self._described,
            CatalogGathered: self._listed,
        }
        if ask:  # how its channels are, now that it says that others are faulty
            self._reactions[PartsFaulty] = lambda event: self.queries.plan(event.device_id)
        self._realm = settings.realm or settings.id[:10]
        self._udp: UdpServer | None = None
        self._tcp: TcpServer | None = None

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
        self._registrar, ssrcs = self._make_registrar(), SsrcPool(settings.id)
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
        self.sessions = Sessions(
            SessionRules(Transport(self._media.transport), self._media.grace, self._media.sessions),
            means,
            self.neighbours,
            self._emit,
            self._clock,
        )
        self.reception = Reception(
            self._endpoint,
            self._registrar,
            self.neighbours,
            self.waiting,
            self.sessions.end_call,
            self._emit,
            self._clock,
        )
        self._engine.subscribe(self.sessions.heard)
        self.histories = Histories(
            HistoryRules(limit=self._media.sessions),
            means,
            self.neighbours,
            self.profiles.of,
            self._emit,
            self._clock,
        )
        self._engine.subscribe(self.histories.heard)
        self.reception.in_dialog.append(self.histories.claim)
        self.reception.takers[MediaStatus] = self.histories.take
        self._hear_devices(means)
        rules = ErrandRules(message=settings.message_timeout, gap=settings.part_gap)
        self.on_demand = OnDemand.make(
            Errands(rules, self._own, self.exchange, self.waiting, self.neighbours),
            self._emit,
            self._clock,
        )
        self.commands = self.on_demand.commands
        self.on_demand.attach(self.reception.takers)
        self.on_demand.configuration.learned = self.beats.learn
        ask, profile_of = self.commands.request_key_frame, self.profiles.of
        self.key_frames = KeyFrames(ask, self.neighbours, profile_of)
        self.sessions.want_key = self.key_frames.want
        self.queries.start()
        self._tasks.sustain(self._live, name="beat")
        self._tasks.sustain(self._reconcile, name="reconcile")

    async def stop(self) -> None:
        """End every session with a BYE, hand over what was seen, close the sockets."""
        # First what moves: a camera goes on moving until it is told to stop.
        await asyncio.gather(self.key_frames.close(), self.on_demand.close())
        await asyncio.gather(self.queries.stop(), self.subscriptions.stop())
        await asyncio.gather(
            self.sessions.close_all(), self.histories.close_all(), self.talks.close_all()
        )
        await self._tasks.close()
        self.neighbours.flush()
        self.reception.flush()
        self._carrier.pump()
        for server in (self._udp, self._tcp):
            if server is not None:
                server.close()
        self._carrier.close()
        await self.traces.stop()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where we listen, as ``udp://host:port`` and ``tcp://host:port``."""
        servers = (("udp", self._udp), ("tcp", self._tcp))
        return tuple(
            f"{name}://{_bracketed(server.host)}:{server.port}"
            for name, server in servers
            if server is not None
        )

    def devices(self) -> list[Device]:
        """Return every device that is known, in no order."""
        now = self._clock.now()
        return [_device(neighbour, now) for neighbour in self.neighbours]

    def device(self, device_id: str) -> Device | None:
        """Return what is known of one device."""
        neighbour = self.neighbours.get(device_id)
        return _device(neighbour, self._clock.now()) if neighbour is not None else None

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
            "sessions.open": len(self.sessions),
            "sessions.ssrcs": self.sessions.leased_ssrcs(),
            "requests.open": len(self.exchange),
            "tasks.failures": self._tasks.failures,
        }
        counters: list[tuple[str, Mapping[str, int]]] = [
            ("sip", self._endpoint.counters),
            ("answers", self.reception.counters),
            ("admission", self.admission.counters),
            ("sessions", self.sessions.counters),
            ("histories", self.histories.counters),
            ("talks", self.talks.counters),
            ("notices", self.notices.counters),
            ("subscriptions", self.subscriptions.counters),
            ("keyframes", self.key_frames.counters),
        ]
        if self._tcp is not None:
            found["tcp.connections"] = len(self._tcp)
            counters.append(("tcp", self._tcp.counters))
        if self._udp is not None:
            udp = self._udp
            found |= {"udp.received": udp.received, "udp.sent": udp.sent}
            found |= {"udp.unsent": udp.unsent, "udp.buffer": udp.buffer}
        found |= {f"subscriptions.{key}": n for key, n in self.subscriptions.figures().items()}
        for part, counts in counters:
            found |= {f"{part}.{name}": count for name, count in counts.items()}
        return found

    def _hear_devices(self, means: Means) -> None:
        """Take what devices tell unasked, subscribe to it, and speak to them."""

        async def ask_ptz(device_id: str, channel_id: str) -> None:
            answer = await self.commands.position(device_id, channel_id)
            self.notices.take_ptz(device_id, answer)

        self.notices = Notices(self._own, self.exchange, self.profiles.of, self._emit, self._clock)
        self.notices.hang_into(self.reception)
        self.subscriptions = Subscriptions(
            rules_of(self._events, self._settings.message_timeout),
            self._own,
            self.exchange,
            self.neighbours,
            self.profiles.of,
            self.notices.take,
            self._emit,
            self._clock,
        )
        self.subscriptions.restore(self._wants)
        self.subscriptions.ask_catalog = self.queries.plan
        self.subscriptions.pollers[Subject.CATALOG] = lambda device_id, _: self.queries.catalog(
            device_id
        )
        self.subscriptions.pollers[Subject.PTZ] = ask_ptz
        self.reception.in_dialog.append(self.subscriptions.claim)
        rules, pump = rules_for_talks(self._settings, self._media), self._carrier.pump
        self.talks = Talks(
            rules, means, self.neighbours, self._emit, self._clock, self._endpoint, pump
        )
        self.talks.hang_into(self.reception)
        self._engine.subscribe(self.talks.heard)

    def _listen(self) -> None:
        settings = self._settings
        host, port = split_address(settings.listen)
        self._udp, self._tcp = listen(
            self._carrier,
            host,
            port,
            limit=settings.connections,
            idle=settings.connection_idle,
        )
        facing = Facing(settings.advertise, self._udp.port, self._own_host)
        self._own = Own(settings.id, self._realm, facing, self._new_token)
        self._own.profile_of = self.profiles.of

    def _own_host(self, local: str) -> str:
        for server in (self._udp, self._tcp):
            host = server.own(local) if server is not None else ""
            if host:
                return host
        return ""

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

    def _make_registrar(self) -> Registrar:
        settings = self._settings
        terms = Terms(
            realm=self._realm,
            expires_min=settings.expires_min,
            expires_max=settings.expires_max,
            algorithm=settings.algorithm,
            qop=settings.qop,
            send_date=settings.send_date,
        )
        return Registrar(
            terms,
            self._nonces,
            password_of=self._password_of,
            is_registered=self._is_registered,
            doorkeeper=self.admission,
            terms_of=self.profiles.terms(terms),
        )

    def _is_registered(self, device_id: str) -> bool:
        neighbour = self.neighbours.get(device_id)
        return neighbour is not None and neighbour.expires > self._clock.now()

    def _emit(self, event: SignallingEvent) -> None:
        reaction = self._reactions.get(type(event))
        if reaction is not None:
            reaction(event)
        for listener in self._listeners:
            listener(event)

    def _presence_changed(self, event: DevicePresence) -> None:
        self.subscriptions.presence_changed(event)
        if event.state is Presence.ONLINE and event.why is Why.REGISTERED:
            if self._ask:
                self.queries.plan(event.device_id)
        elif event.state is Presence.OFFLINE:
            self.queries.forget(event.device_id)
            self.sessions.end_device(event.device_id)
            self.histories.end_device(event.device_id)
            self.talks.end_device(event.device_id)
            self._free_link(event)

    def _restarted(self, event: DeviceRestarted) -> None:
        self.subscriptions.device_restarted(event.device_id)
        if self._ask:
            self.queries.plan(event.device_id)

    def _described(self, event: DeviceDescribed) -> None:
        maker = event.answer.manufacturer
        chosen = self.profiles.described(event.device_id, maker, event.at)
        if chosen is not None:
            self._emit(chosen)

    def _listed(self, event: CatalogGathered) -> None:
        chosen = self.profiles.listed(event.device_id, event.gathered.items, event.at)
        if chosen is not None:
            self._emit(chosen)

    def decided(self, device_id: str, book: RuleBook) -> None:
        """Let what people decided hold from now on: a profile or password, or with "" the rules.

        A new password lets a device that was locked out try at once.
        """
        self.admission.rules = book
        if device_id:
            self.admission.clear(device_id)
            self._emit(self.profiles.set(device_id, self._clock.wall()))

    def _free_link(self, event: DevicePresence) -> None:
        """Close a connection whose peer is dead, unless another device lives on it."""
        neighbour = self.neighbours.get(event.device_id)
        if neighbour is None or neighbour.address.transport != "tcp" or self._tcp is None:
            return
        local = neighbour.address.local
        if event.why in (Why.MISSED, Why.EXPIRED) and not self.neighbours.reached_by(local):
            self._tcp.end(local, "its device is gone")

    def _use_link(self, local: str, used: bool) -> None:
        """Let the idle rule spare a connection as long as a device is reached by it."""
        if self._tcp is not None:
            (self._tcp.keep if used else self._tcp.release)(local)

    def _end_link(self, local: str) -> None:
        """Close a connection whose device has registered over another."""
        if self._tcp is not None:
            self._tcp.end(local, "its device came by another")

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
            self.sessions.reconcile(self.histories.streams() | self.talks.streams())


def _device(neighbour: Neighbour, now: float) -> Device:
    left = neighbour.expires - now
    return Device(
        device_id=neighbour.device_id,
        state=neighbour.state,
        why=neighbour.why,
        host=neighbour.address.host,
        port=neighbour.address.port,
        transport=neighbour.address.transport,
        last_proof=neighbour.proof,
        expires_in=left if left > 0 else None,
        version=neighbour.version,
        user_agent=neighbour.user_agent,
        contact=neighbour.contact,
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _admission(
    settings: SignallingSettings, clock: Clock, neighbours: Neighbours, peers: Peers | None
) -> Admission:
    """Return the doorkeeper: it knows whom people decided about and who is at home."""
    known = peers.known if peers is not None else frozenset()

    def is_known(device_id: str) -> bool:
        return neighbours.get(device_id) is not None or device_id in known

    def is_at_home(device_id: str, host: str) -> bool:
        neighbour = neighbours.get(device_id)
        return (
            neighbour is not None
            and neighbour.state is Presence.ONLINE
            and neighbour.address.host == host
        )

    lock = LockRules(
        settings.lock_attempts, settings.lock_host_attempts, settings.lock_minutes * 60
    )
    admission = Admission(lock, clock, is_known=is_known, is_at_home=is_at_home)
    if peers is not None:
        admission.rules = peers.book
    return admission

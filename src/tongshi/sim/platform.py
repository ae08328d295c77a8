"""A small platform without sockets: registrar, keepalive watch, catalog, INVITE.

It exists to try simulated devices alone, and to run with many of them in virtual time.  The real
platform is :mod:`tongshi.signalling`; both are made of the same cores.

Source: GB/T 28181-2022 9.1, 9.2, 9.5, 9.6.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tongshi.clock import Clock
from tongshi.digest import Nonces
from tongshi.errors import RemoteProtocolError
from tongshi.gb28181 import manscdp
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.gather import Gathered, Gathering, catalog_key
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.keepalive import Watch
from tongshi.gb28181.manscdp import CONTENT_TYPE, Message
from tongshi.gb28181.manscdp.notify import Keepalive
from tongshi.gb28181.manscdp.query import CatalogQuery
from tongshi.gb28181.manscdp.response import CatalogAnswer
from tongshi.gb28181.mansrtsp import CONTENT_TYPE as MANSRTSP
from tongshi.gb28181.registration import Registered, Registrar, Terms, Unregistered
from tongshi.gb28181.session import Caller
from tongshi.gb28181.steps import (
    Acknowledge,
    Bye,
    Cancel,
    Invite,
    Parties,
    SessionEvent,
)
from tongshi.gb28181.subject import Subject
from tongshi.gb28181.version import Version
from tongshi.sim.join import host_port
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered, LinkLost, RequestArrived, TimedOut
from tongshi.sip.event import Event as SipEvent
from tongshi.sip.message import Request, Response

MESSAGE_TIMEOUT_S = 5.0


@dataclass(slots=True)
class Peer:
    """A device as the platform knows it.

    online: registered, and heard from within three intervals.  catalog: the last one gathered.
    """

    device_id: str
    address: Address
    version: Version
    online: bool = True
    registrations: int = 1
    keepalives: int = 0
    catalog: Gathered[Item] | None = None


@dataclass(frozen=True, slots=True)
class Came:
    """A device is registered.  refreshed: it was before."""

    device_id: str
    refreshed: bool


@dataclass(frozen=True, slots=True)
class Went:
    """A device is offline.  why: ``"keepalive"``, ``"registration"`` or ``"left"``."""

    device_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Told:
    """A device sent a message that is neither keepalive nor catalog."""

    device_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class Listed:
    """A catalog is gathered, whole or not."""

    device_id: str
    gathered: Gathered[Item]


@dataclass(frozen=True, slots=True)
class Moved:
    """A session took a step; see :mod:`tongshi.gb28181.steps`."""

    caller: Caller
    event: SessionEvent


@dataclass(frozen=True, slots=True)
class Informed:
    """The answer to an INFO within a session; None when none came."""

    caller: Caller
    response: Response | None


PlatformEvent = Came | Went | Told | Listed | Moved | Informed


@dataclass(slots=True)
class _Session:
    caller: Caller
    peer: Peer
    handle: int | None = None
    source: Address | None = None
    byes: dict[int, bool] = field(default_factory=dict)


class Platform:
    """Takes devices in, and asks of them; a core for :class:`tongshi.net.carrier.Carrier`.

    contact: own host and port.  password: of every device.  interval: of keepalives, s.
    peers: devices by id, also those that went.
    """

    def __init__(
        self,
        platform_id: str,
        password: str,
        *,
        contact: tuple[str, int],
        new_token: Callable[[], str],
        clock: Clock,
        interval: float = 60.0,
        part_gap: float = 5.0,
    ) -> None:
        self.platform_id = platform_id
        self.contact = contact
        self.peers: dict[str, Peer] = {}
        self._token = new_token
        self._clock = clock
        self._part_gap = part_gap
        self._endpoint = Endpoint(new_token=new_token)
        self._registrar = Registrar(
            Terms(realm=platform_id[:10]),
            Nonces(new_token().encode().ljust(16, b"."), lifetime=300.0),
            password_of=lambda device_id: password,
            is_registered=lambda device_id: device_id in self._watch,
        )
        self._watch = Watch(interval=interval)
        self._sn = 0
        self._gatherings: dict[tuple[str, int], Gathering[Item]] = {}
        self._queries: dict[int, tuple[str, int]] = {}
        self._informs: dict[int, Caller] = {}
        self._sessions: list[_Session] = []
        self._events: list[PlatformEvent] = []

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take a datagram or a framed message."""
        self._endpoint.receive(data, source, now)
        self._work(now)

    def link_lost(self, address: Address, now: float) -> None:
        """Learn that a TCP connection ended: its device is offline (9.1.1 f)."""
        self._endpoint.link_lost(address, now)
        for peer in self.peers.values():
            if peer.online and peer.address.reliable and peer.address.local == address.local:
                self._watch.forget(peer.device_id)
                self._leave(peer, "connection")
        self._work(now)

    def expire(self, now: float) -> None:
        """Do what is due."""
        self._endpoint.expire(now)
        for overdue in self._watch.overdue(now):
            self._leave(self.peers[overdue.device_id], overdue.why.value)
        for key, gathering in list(self._gatherings.items()):
            if gathering.over(now):
                del self._gatherings[key]
                gathered = gathering.result()
                self.peers[key[0]].catalog = gathered
                self._events.append(Listed(key[0], gathered))
        self._work(now)

    def deadline(self) -> float | None:
        """Return when to call :meth:`expire`."""
        times = [self._endpoint.deadline(), self._watch.deadline()]
        times += [gathering.deadline() for gathering in self._gatherings.values()]
        return min((time for time in times if time is not None), default=None)

    def outgoing(self) -> list[tuple[bytes, Address]]:
        """Return and forget what is to be sent."""
        return self._endpoint.outgoing()

    def events(self) -> list[PlatformEvent]:
        """Return and forget what happened."""
        events, self._events = self._events, []
        return events

    @property
    def online(self) -> list[str]:
        """Ids of the devices that are online."""
        return [peer.device_id for peer in self.peers.values() if peer.online]

    def query(self, device_id: str, now: float) -> None:
        """Ask for the catalog of a device; Listed follows."""
        self._sn += 1
        key = (device_id, self._sn)
        self._gatherings[key] = Gathering(catalog_key, now, gap=self._part_gap)
        self._query(key, now)
        self._work(now)

    def send(self, device_id: str, message: Message, now: float) -> int:
        """Send *message* to a device; returns the handle."""
        peer = self.peers[device_id]
        headers = [
            ("From", f"<sip:{self.platform_id}@{self.platform_id[:10]}>;tag={self._token()}"),
            ("To", f"<sip:{device_id}@{self.platform_id[:10]}>"),
            ("Call-ID", self._token()),
            ("CSeq", "1 MESSAGE"),
            ("Content-Type", CONTENT_TYPE),
        ]
        body = manscdp.write(message, peer.version)
        request = Request(
            "MESSAGE", f"sip:{device_id}@{host_port(peer.address[:2])}", headers, body
        )
        return self._request(request, peer.address, now, MESSAGE_TIMEOUT_S)

    def invite(self, device_id: str, channel_id: str, offer: Offer, now: float) -> Caller:
        """Ask for live media; Moved follows."""
        peer = self.peers[device_id]
        parties = Parties(
            self.platform_id,
            channel_id,
            self.platform_id[:10],
            f"sip:{channel_id}@{host_port(peer.address[:2])}",
            f"sip:{self.platform_id}@{host_port(self.contact)}",
        )
        subject = Subject(channel_id, offer.ssrc, self.platform_id, "0")
        caller = Caller(parties, offer, subject, new_token=self._token)
        caller.start()
        self._sessions.append(_Session(caller, peer))
        self._work(now)
        return caller

    def hang_up(self, caller: Caller, now: float) -> None:
        """End a session."""
        caller.hang_up()
        self._work(now)

    def inform(self, caller: Caller, body: bytes, now: float) -> None:
        """Send an INFO with an order of MANSRTSP within a session; Informed follows."""
        for session in self._sessions:
            if session.caller is caller and caller.dialog is not None:
                headers = [("Content-Type", MANSRTSP)]
                request = caller.dialog.request("INFO", headers, body)
                target = session.source or session.peer.address
                handle = self._request(request, target, now, MESSAGE_TIMEOUT_S)
                self._informs[handle] = caller

    def _query(self, key: tuple[str, int], now: float) -> None:
        handle = self.send(key[0], CatalogQuery(key[1], key[0]), now)
        self._queries[handle] = key

    def _request(self, request: Request, target: Address, now: float, timeout: float) -> int:
        sent_by = host_port(self.contact)
        return self._endpoint.request(request, target, now, sent_by=sent_by, timeout=timeout)

    def _leave(self, peer: Peer, why: str) -> None:
        peer.online = False
        self._events.append(Went(peer.device_id, why))

    def _work(self, now: float) -> None:
        while True:
            events = self._endpoint.events()
            for event in events:
                self._take(event, now)
            moved = False
            for session in list(self._sessions):
                moved |= self._carry(session, now)
            if not events and not moved:
                return

    def _take(self, event: SipEvent, now: float) -> None:
        match event:
            case RequestArrived():
                self._serve(event, now)
            case Answered(handle=handle, response=response, source=source):
                self._settle(handle, response, source, now)
            case TimedOut(handle=handle) | LinkLost(handle=handle):
                self._settle(handle, None, None, now)
            case _:
                pass

    def _serve(self, arrived: RequestArrived, now: float) -> None:
        request = arrived.request
        if request.method == "REGISTER":
            self._register(arrived, now)
        elif request.method == "MESSAGE":
            if not self._serve_within(arrived, now):
                self._read(arrived, now)
        else:
            for session in self._sessions:
                if session.caller.accepts(request):
                    self._endpoint.reply(arrived, session.caller.arrived(request), now)
                    return
            self._endpoint.reply(arrived, request.response(481), now)

    def _serve_within(self, arrived: RequestArrived, now: float) -> bool:
        """Take a MESSAGE within a session; return whether it was one."""
        request = arrived.request
        for session in self._sessions:
            if session.caller.accepts(request):
                self._endpoint.reply(arrived, session.caller.arrived(request), now)
                message = manscdp.read(request.body)
                self._events.append(Told(session.peer.device_id, message))
                return True
        return False

    def _register(self, arrived: RequestArrived, now: float) -> None:
        response, fact = self._registrar.handle(
            arrived.request, arrived.source, now, self._clock.wall()
        )
        self._endpoint.reply_once(arrived, response)
        match fact:
            case Registered(device_id=device_id):
                known = self.peers.get(device_id)
                peer = Peer(device_id, fact.address, fact.version)
                if known is not None:
                    peer.registrations = known.registrations + 1
                    peer.keepalives, peer.catalog = known.keepalives, known.catalog
                self.peers[device_id] = peer
                self._watch.register(device_id, now, fact.expires)
                self._events.append(Came(device_id, fact.refreshed))
            case Unregistered(device_id=device_id) if device_id in self._watch:
                self._watch.forget(device_id)
                self._leave(self.peers[device_id], "left")
            case _:
                pass

    def _read(self, arrived: RequestArrived, now: float) -> None:
        request = arrived.request
        device_id = request.from_user
        try:
            message = manscdp.read(request.body)
        except RemoteProtocolError as error:
            self._endpoint.reply_once(arrived, request.response(error.status))
            return
        peer = self.peers.get(device_id)
        if peer is None or not self._watch.heard(device_id, now):
            self._endpoint.reply_once(arrived, request.response(403))
            return
        self._endpoint.reply_once(arrived, request.response(200))
        peer.address = arrived.source
        match message:
            case Keepalive():
                peer.keepalives += 1
            case CatalogAnswer(sn=sn):
                gathering = self._gatherings.get((device_id, sn))
                if gathering is not None:
                    gathering.add(message, now)
            case _:
                self._events.append(Told(device_id, message))

    def _settle(
        self, handle: int, response: Response | None, source: Address | None, now: float
    ) -> None:
        informed = self._informs.pop(handle, None)
        if informed is not None:
            self._events.append(Informed(informed, response))
            return
        key = self._queries.get(handle)
        final = response is None or response.status >= 200
        if key is not None and final:
            del self._queries[handle]
            gathering = self._gatherings.get(key)
            if response is None and gathering is not None and not gathering.result().parts:
                self._query(key, now)  # the query itself was lost on the way
        for session in self._sessions:
            if session.handle == handle:
                session.source = source or session.source
                if response is None:
                    session.caller.unanswered("timeout")
                else:
                    session.caller.answered(response)
            elif handle in session.byes and final and not session.byes.pop(handle):
                session.caller.bye_over()

    def _carry(self, session: _Session, now: float) -> bool:
        """Carry out the steps of a session; return whether there were any."""
        target = session.source or session.peer.address
        steps = session.caller.steps()
        for step in steps:
            match step:
                case Invite(request=request):
                    session.handle = self._request(request, target, now, 12.0)
                case Cancel() if session.handle is not None:
                    self._endpoint.cancel(session.handle, now)
                case Acknowledge(request=request) if session.handle is not None:
                    self._endpoint.acknowledge(
                        session.handle, request, target, now, sent_by=host_port(self.contact)
                    )
                case Bye(request=request, stray=stray):
                    session.byes[self._request(request, target, now, 5.0)] = stray
                case _:
                    pass
        events = session.caller.events()
        self._events += [Moved(session.caller, event) for event in events]
        if session.caller.state.value == "ended" and not session.byes:
            self._sessions.remove(session)
        return bool(steps or events)

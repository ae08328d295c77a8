"""The half of an endpoint that answers: requests of peers, our replies, CANCEL and ACK.

Theory of operation.  A request other than INVITE costs one dictionary entry until it is replied
to.  Only a reply that is to be remembered makes a transaction; :meth:`Server.reply_once` makes
none, which is what keepalives and registrations get.  So a peer that asks and goes away leaves
nothing, and one that asks again before the reply is not passed on twice.

Source: RFC 3261 8.2, 9.2, 13.3.1.4, 17.2, 18.2; RFC 6026.
"""

from dataclasses import dataclass, field

from tongshi.sip.address import Address
from tongshi.sip.desk import Desk, Ledger
from tongshi.sip.event import AckArrived, Cancelled, RequestArrived, Unacknowledged
from tongshi.sip.message import Request, Response
from tongshi.sip.transaction import T1, Action, Input, Kind, State, Transaction
from tongshi.sip.validation import unsupported
from tongshi.sip.via import answer_address, stamp

_PATIENCE = 64 * T1
"""How long a request other than INVITE may wait for its reply, s: the peer's timer F."""


@dataclass(slots=True, eq=False)
class Served(Transaction):
    """A request of a peer, and what we said to it.

    key, source, target: of the request.  ack_name: what the ACK of a 2xx is found by.
    shares: as how many requests it counts, by its length.
    arrived: the request itself, of an INVITE only: the answer to another is all that is needed.
    data: our latest response.  to_tag, status: of it.  acked: whether the ACK of a 2xx came.
    """

    key: str = field(kw_only=True)
    source: Address = field(kw_only=True)
    target: Address = field(kw_only=True)
    arrived: RequestArrived | None = None
    ack_name: str = ""
    shares: int = 1
    data: bytes = b""
    to_tag: str = ""
    status: int = 0
    acked: bool = False


class Server:
    """Requests of peers by what names them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ledger: Ledger[Served] = Ledger()
        self._waiting: dict[str, float] = {}
        self._accepted: dict[str, Served] = {}
        self._per_source: dict[str, int] = {}
        self._shares = 0

    def __len__(self) -> int:
        return len(self._ledger) + len(self._waiting)

    def receive(self, request: Request, source: Address, now: float) -> None:
        """Take a request that passed the check."""
        method = request.method
        # Sent-by and branch name the transaction (17.2.3), as they are before the Via is stamped.
        # Call-ID, CSeq and tag tell apart what peers with a constant branch send, or none.  All
        # of it a request shares with its repetitions, its CANCEL, and the ACK of a refusal.
        via = request.via
        number = request.cseq[0]
        name = f"{via.branch} {via.host}:{via.port} {request.call_id} {number} {request.from_tag}"
        target = answer_address(via, source)
        request.headers.set_first("Via", stamp(request.headers.get("Via") or "", via, source))
        if method == "ACK":
            self._acknowledge(request, name, source, now)
        elif method == "CANCEL":
            self._cancel(request, name, target, now)
        else:
            self._take(RequestArrived(request, source, f"{method} {name}", target), now)

    def _take(self, arrived: RequestArrived, now: float) -> None:
        served = self._ledger.get(arrived.key)
        if served is not None or arrived.key in self._waiting:
            self._desk.counters["retransmissions"] += 1
            if served is not None:
                self._perform(served, served.feed(Input.REQUEST, now))
            return
        lacking = unsupported(arrived.request)
        if lacking:
            self._desk.counters["refused"] += 1
            self._refuse(arrived, 420, ("Unsupported", ", ".join(lacking)))
            return
        if arrived.request.method == "INVITE":
            if self._is_full(arrived.source):
                self._desk.drop(arrived.source, "busy")
                self._refuse(arrived, 503, ("Retry-After", "10"))
                return
            served = self._remember(arrived, Kind.INVITE_SERVER, now)
            served.arrived, served.ack_name = arrived, _ack_name(arrived.request)
        elif len(self._waiting) >= self._desk.limits.servers:
            self._desk.drop(arrived.source, "busy")
            self._refuse(arrived, 503, ("Retry-After", "10"))
            return
        else:
            self._waiting[arrived.key] = now
        self._desk.happened.append(arrived)

    def _is_full(self, source: Address) -> bool:
        limits = self._desk.limits
        return (
            self._shares >= limits.servers
            or self._per_source.get(source.host, 0) >= limits.per_source
        )

    def _remember(self, arrived: RequestArrived, kind: Kind, now: float) -> Served:
        source = arrived.source
        served = Served(
            kind, source.reliable, now, key=arrived.key, source=source, target=arrived.target
        )
        served.shares = 1 + _length(arrived.request) // self._desk.limits.share
        self._shares += served.shares
        self._per_source[source.host] = self._per_source.get(source.host, 0) + served.shares
        self._ledger.keep(arrived.key, source, served)
        return served

    def _refuse(self, arrived: RequestArrived, status: int, header: tuple[str, str]) -> None:
        response = arrived.request.response(status, headers=[header])
        self._desk.send(response.encode(), arrived.target)

    def reply(self, arrived: RequestArrived, response: Response, now: float) -> bool:
        """Answer and remember; see :meth:`Endpoint.reply`."""
        served = self._ledger.get(arrived.key)
        if served is None:
            if self._waiting.pop(arrived.key, None) is None:
                return False
            if self._is_full(arrived.source):
                self._desk.drop(arrived.source, "busy")
                self._desk.send(response.encode(), arrived.target)
                return True
            served = self._remember(arrived, Kind.SERVER, now)
        if response.status < 200:
            given = Input.PROVISIONAL
        else:
            given = Input.SUCCESS if response.status < 300 else Input.FAILURE
        # Kept aside until the table has said that this answer is still in time.
        data = response.encode()
        actions = served.feed(given, now)
        if actions is None:
            return False
        served.data, served.status, served.to_tag = data, response.status, response.to_tag
        if served.state is State.ACCEPTED:
            self._accepted[served.ack_name] = served
        self._perform(served, actions)
        return True

    def reply_once(self, arrived: RequestArrived, response: Response) -> None:
        """Answer and forget; see :meth:`Endpoint.reply_once`."""
        self._waiting.pop(arrived.key, None)
        self._desk.send(response.encode(), arrived.target)
        served = self._ledger.get(arrived.key)
        if served is not None and response.status >= 200:
            served.state = State.TERMINATED
            self._settle(served)

    def _perform(self, served: Served, actions: tuple[Action, ...] | None) -> None:
        for action in actions or ():
            if action is Action.SEND and served.data:
                self._desk.send(served.data, served.target)
            elif action is Action.SEND_TRYING and served.arrived is not None:
                served.data = served.arrived.request.response(100).encode()
                self._desk.send(served.data, served.target)
            elif action is Action.UNACKNOWLEDGED and served.arrived and not served.acked:
                self._desk.counters["unacknowledged"] += 1
                self._desk.happened.append(Unacknowledged(served.arrived, served.status))
        self._settle(served)

    def _settle(self, served: Served) -> None:
        if not self._ledger.settle(served.key, served.source, served):
            return
        host = served.source.host
        self._shares -= served.shares
        left = self._per_source.get(host, 0) - served.shares
        if left > 0:
            self._per_source[host] = left
        else:
            self._per_source.pop(host, None)
        if self._accepted.get(served.ack_name) is served:
            del self._accepted[served.ack_name]

    def _acknowledge(self, request: Request, name: str, source: Address, now: float) -> None:
        """Give an ACK to its INVITE; one that fits none is its owner's to judge."""
        served = self._ledger.get(f"INVITE {name}") or self._accepted.get(_ack_name(request))
        actions = served.feed(Input.ACK, now) if served is not None else (Action.TELL,)
        if served is not None:
            self._perform(served, actions)
            if served.acked:
                return
            served.acked = True
        if Action.TELL in (actions or ()):
            self._desk.happened.append(AckArrived(request, source))

    def _cancel(self, request: Request, name: str, target: Address, now: float) -> None:
        """Answer a CANCEL, and its INVITE with 487 if that is still open (9.2)."""
        served = self._ledger.get(f"INVITE {name}")
        tag = served.to_tag if served is not None else ""
        answer = request.response(200 if served is not None else 481, to_tag=tag or None)
        self._desk.send(answer.encode(), target)
        if served is None or served.arrived is None or served.state is not State.PROCEEDING:
            return
        arrived = served.arrived
        self.reply(arrived, arrived.request.response(487, to_tag=tag or None), now)
        self._desk.happened.append(Cancelled(arrived))

    def link_lost(self, link: Address, now: float) -> None:
        """End what depends on a connection."""
        for served in self._ledger.on_link(link):
            self._perform(served, served.feed(Input.LINK_LOST, now))

    def expire(self, now: float) -> None:
        """Do what is due."""
        while (served := self._ledger.schedule.pop(now)) is not None:
            actions = served.fire(now)
            if actions and Action.SEND in actions:
                self._desk.counters["repeated"] += 1
            if served.state is State.TERMINATED and not served.status:
                self._desk.counters["unanswered"] += 1
            self._perform(served, actions)
        while self._waiting and (oldest := next(iter(self._waiting.items())))[1] + _PATIENCE <= now:
            del self._waiting[oldest[0]]
            self._desk.counters["unanswered"] += 1

    def deadline(self) -> float | None:
        """Return when :meth:`expire` is worth calling."""
        deadline = self._ledger.schedule.deadline()
        if self._waiting:
            oldest = next(iter(self._waiting.values())) + _PATIENCE
            return oldest if deadline is None else min(deadline, oldest)
        return deadline


def _length(request: Request) -> int:
    """Return how many bytes the memory of *request* is about."""
    return len(request.body) + sum(len(name) + len(value) for name, value in request.headers)


def _ack_name(request: Request) -> str:
    """Return what an INVITE shares with the ACK of its 2xx (13.2.2.4)."""
    return f"{request.cseq[0]} {request.call_id} {request.from_tag}"

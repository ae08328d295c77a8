"""The half of an endpoint that asks: requests of ours, their answers, CANCEL and ACK.

Source: RFC 3261 8.1, 9.1, 13.2.2.4, 17.1, 18.1.
"""

from dataclasses import dataclass, field
from math import inf

from tongshi.errors import Exhausted, LocalProtocolError, RemoteProtocolError
from tongshi.sip.address import Address
from tongshi.sip.desk import Desk, Ledger
from tongshi.sip.event import Answered, LinkLost, TimedOut
from tongshi.sip.message import Request, Response
from tongshi.sip.transaction import T1, Action, Input, Kind, State, Transaction

_FORKS = 16
"""Devices that may accept one INVITE; the 2xx of others is nobody's."""


@dataclass(slots=True, eq=False)
class Call(Transaction):
    """A request of ours under way.

    request: as sent, with our Via; of an INVITE only, for its ACK and CANCEL.
    call: names it where an answer came without our Via.
    limit_at: when an INVITE must have its final answer, s; limit: what is reported then.
    told: whether its owner has heard TimedOut.
    acks: by To tag, the ACK of each 2xx.
    """

    request: Request | None = field(kw_only=True)
    data: bytes = field(kw_only=True)
    target: Address = field(kw_only=True)
    handle: int = field(kw_only=True)
    key: str = field(kw_only=True)
    call: str = field(kw_only=True)
    limit_at: float = inf
    limit: str = "timeout"
    own_timeout: bool = False
    told: bool = False
    cancelling: bool = False
    cancel_sent: bool = False
    ack: bytes = b""
    acks: dict[str, tuple[bytes, Address] | None] = field(default_factory=dict)

    def hasten(self) -> None:
        """Let ``due`` take the limit into account."""
        self.due = min(self.repeat_at, self.end_at, self.limit_at)


class Client:
    """Requests of ours by handle and by branch."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ledger: Ledger[Call] = Ledger()
        self._by_handle: dict[int, Call] = {}
        self._by_call: dict[str, Call] = {}
        self._last = 0

    def __len__(self) -> int:
        return len(self._ledger)

    def request(
        self, request: Request, target: Address, now: float, *, sent_by: str, timeout: float | None
    ) -> int:
        """Send a request; see :meth:`Endpoint.request`."""
        if request.method == "ACK":
            raise LocalProtocolError("an ACK is sent by acknowledge(), not as a request")
        if len(self._ledger) >= self._desk.limits.clients:
            raise Exhausted("too many requests are under way", resource="transaction")
        branch = f"z9hG4bK{self._desk.new_token()}"
        stamped = _with_via(request, target, sent_by or self._desk.sent_by, branch)
        self._last += 1
        call = self._start(stamped, branch, target, self._last, now)
        if timeout is not None:
            call.own_timeout = True
            call.end_at = now + timeout
            if call.kind is Kind.INVITE_CLIENT:
                call.limit_at = now + timeout
            call.hasten()
            self._ledger.schedule.arm(call)
        self._by_handle[call.handle] = call
        return call.handle

    def _start(
        self, request: Request, branch: str, target: Address, handle: int, now: float
    ) -> Call:
        invite = request.method == "INVITE"
        number, method = request.cseq
        call = Call(
            Kind.INVITE_CLIENT if invite else Kind.CLIENT,
            target.reliable,
            now,
            request=request if invite else None,
            data=request.encode(),
            target=target,
            handle=handle,
            key=f"{branch} {method}",
            call=f"{number} {method} {request.call_id}",
        )
        self._ledger.keep(call.key, target, call)
        self._by_call[call.call] = call
        self._desk.send(call.data, target)
        return call

    def receive(self, response: Response, source: Address, now: float) -> None:
        """Take a response that passed the check, or one without a Via."""
        _ = response.from_tag, response.to_tag
        call = self._find(response)
        if call is None:
            self._desk.drop(source, "stray-response")
            return
        if response.status < 200:
            given = Input.PROVISIONAL
        else:
            given = Input.SUCCESS if response.status < 300 else Input.FAILURE
        if given is Input.SUCCESS and call.kind is Kind.INVITE_CLIENT:
            call.limit_at = inf
            if self._repeated(call, response):
                return
        actions = call.feed(given, now)
        if actions is None:
            self._desk.counters["retransmissions"] += 1
            return
        self._perform(call, actions, now, response, source)

    def _find(self, response: Response) -> Call | None:
        """Return the request that is answered: by branch, else by Call-ID and CSeq.

        Devices exist whose answers lack our Via or carry another branch.
        """
        number, method = response.cseq
        if response.headers.get("Via") is not None:
            try:
                call = self._ledger.get(f"{response.via.branch} {method}")
            except RemoteProtocolError:
                call = None
            if call is not None:
                return call
        return self._by_call.get(f"{number} {method} {response.call_id}")

    def _repeated(self, call: Call, response: Response) -> bool:
        """Whether this 2xx came before, or is one too many; the ACK it had goes out again."""
        tag = response.to_tag
        if tag not in call.acks:
            if len(call.acks) >= _FORKS:
                self._desk.counters["stray-response"] += 1
                return True
            call.acks[tag] = None
            return False
        self._desk.counters["retransmissions"] += 1
        ack = call.acks[tag]
        if ack is not None:
            self._desk.send(*ack)
        return True

    def _perform(
        self,
        call: Call,
        actions: tuple[Action, ...],
        now: float,
        response: Response | None = None,
        source: Address | None = None,
    ) -> None:
        for action in actions:
            if action is Action.SEND:
                self._desk.counters["repeated"] += 1
                self._desk.send(call.data, call.target)
            elif action is Action.SEND_ACK and call.request and response is not None:
                call.ack = call.ack or _ack_for_failure(call.request, response)
                self._desk.send(call.ack, call.target)
            elif action is Action.TIME_OUT:
                timer = "timeout" if call.own_timeout else _timer_name(call)
                self._time_out(call, timer)
            elif call.handle and action is Action.TELL and response is not None and source:
                self._desk.happened.append(Answered(call.handle, response, source))
            elif call.handle and action is Action.LOSE:
                self._desk.happened.append(LinkLost(call.handle))
        waits = call.cancelling and not call.cancel_sent
        if waits and call.request is not None and call.state is State.PROCEEDING:
            self._send_cancel(call, call.request, now)
        self._settle(call)

    def _time_out(self, call: Call, timer: str) -> None:
        if call.handle and not call.told:
            call.told = True
            self._desk.counters["timed-out"] += 1
            self._desk.happened.append(TimedOut(call.handle, timer))

    def _settle(self, call: Call) -> None:
        if call.state is State.COMPLETED:
            call.limit_at = inf
        call.hasten()
        if self._ledger.settle(call.key, call.target, call):
            self._by_handle.pop(call.handle, None)
            if self._by_call.get(call.call) is call:
                del self._by_call[call.call]

    def cancel(self, handle: int, now: float) -> None:
        """Take back an INVITE; see :meth:`Endpoint.cancel`."""
        call = self._by_handle.get(handle)
        if call is None or call.request is None or call.cancelling:
            return
        if call.state is State.CALLING:
            call.cancelling = True
        elif call.state is State.PROCEEDING:
            call.cancelling = True
            self._send_cancel(call, call.request, now)
            self._settle(call)

    def _send_cancel(self, call: Call, invite: Request, now: float) -> None:
        """RFC 3261 9.1: same Request-URI, Call-ID, To, From, CSeq number, Route, and top Via."""
        call.cancel_sent = True
        call.limit_at, call.limit = now + 64 * T1, "cancel"
        cancel = _follow_up(invite, "CANCEL", invite.headers.get("To") or "")
        self._start(cancel, cancel.via.branch, call.target, 0, now)

    def acknowledge(
        self, handle: int, ack: Request, target: Address, now: float, *, sent_by: str
    ) -> None:
        """Send the ACK of a 2xx; see :meth:`Endpoint.acknowledge`."""
        branch = f"z9hG4bK{self._desk.new_token()}"
        data = _with_via(ack, target, sent_by or self._desk.sent_by, branch).encode()
        self._desk.send(data, target)
        call = self._by_handle.get(handle)
        if call is not None:
            call.acks[ack.to_tag] = (data, target)

    def link_lost(self, link: Address, now: float) -> None:
        """End what depends on a connection."""
        for call in self._ledger.on_link(link):
            self._perform(call, call.feed(Input.LINK_LOST, now) or (), now)

    def expire(self, now: float) -> None:
        """Do what is due."""
        while (call := self._ledger.schedule.pop(now)) is not None:
            if call.limit_at <= now and call.state is State.PROCEEDING:
                self._reach_limit(call, now)
            else:
                self._perform(call, call.fire(now), now)

    def _reach_limit(self, call: Call, now: float) -> None:
        """Report an INVITE that rings too long; it is cancelled, then given up (9.1)."""
        self._time_out(call, call.limit)
        if call.cancel_sent or call.request is None:
            call.state = State.TERMINATED
        else:
            call.cancelling = True
            self._send_cancel(call, call.request, now)
        self._settle(call)

    def deadline(self) -> float | None:
        """Return when :meth:`expire` is worth calling."""
        return self._ledger.schedule.deadline()


def _timer_name(call: Call) -> str:
    return "B" if call.kind is Kind.INVITE_CLIENT else "F"


def _with_via(request: Request, target: Address, sent_by: str, branch: str) -> Request:
    """Return a copy of *request* with our Via, and with what a caller may leave out."""
    headers = request.headers.copy()
    transport = target.transport.upper()
    headers.insert("Via", f"SIP/2.0/{transport} {sent_by};rport;branch={branch}")
    if headers.get("Max-Forwards") is None:
        headers.add("Max-Forwards", "70")
    return Request(request.method, request.uri, headers, request.body)


def _follow_up(request: Request, method: str, to: str) -> Request:
    """Return the CANCEL or ACK that goes the way of *request*."""
    source = request.headers
    headers = [
        ("Via", str(request.via)),
        ("From", source.get("From") or ""),
        ("To", to),
        ("Call-ID", request.call_id),
        ("CSeq", f"{request.cseq[0]} {method}"),
        *[("Route", route) for route in source.all("Route")],
        ("Max-Forwards", "70"),
    ]
    return Request(method, request.uri, headers)


def _ack_for_failure(request: Request, response: Response) -> bytes:
    """Return the ACK of a final answer other than 2xx (RFC 3261 17.1.1.3)."""
    return _follow_up(request, "ACK", response.headers.get("To") or "").encode()

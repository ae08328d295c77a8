"""The face of SIP: datagrams and time in; datagrams, events and a deadline out.

Theory of operation.  Nothing that arrives raises.  It becomes an event, an answer, or a counted
drop: broken requests are answered with the status that their fault has, as far as they let an
answer be made; broken responses are dropped.  Owners collect three things after each call: what
to send, what happened, and when to call :meth:`Endpoint.expire`.

Source: RFC 3261 8, 9, 17, 18; RFC 3581; RFC 6026.
"""

from collections.abc import Callable

from tongshi.errors import RemoteProtocolError
from tongshi.sip.address import Address
from tongshi.sip.client import Client
from tongshi.sip.desk import Desk, Limits
from tongshi.sip.event import Event, RequestArrived
from tongshi.sip.message import Request, Response, parse, salvage
from tongshi.sip.server import Server
from tongshi.sip.validation import check
from tongshi.sip.via import answer_address, stamp

_BLANK = b"\r\n\0 \t"


class Endpoint:
    """A SIP element that carries nothing itself.

    new_token: returns a fresh unguessable token at each call.
    sent_by: ``host:port`` that our Via names, where :meth:`request` is given none.
    counters: what happened how often; keys are those of ``desk.COUNTERS``.
    """

    def __init__(
        self, *, new_token: Callable[[], str], sent_by: str = "", limits: Limits | None = None
    ) -> None:
        self._desk = Desk(new_token, sent_by, limits or Limits())
        self._client = Client(self._desk)
        self._server = Server(self._desk)
        self.counters = self._desk.counters

    @property
    def clients(self) -> int:
        """Requests of ours that are remembered now."""
        return len(self._client)

    @property
    def servers(self) -> int:
        """Requests of peers that are remembered now."""
        return len(self._server)

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take a datagram, or one message of a TCP connection.  Never raises."""
        desk = self._desk
        desk.counters["received"] += 1
        if len(data) > desk.limits.datagram:
            desk.drop(source, "oversize")
            return
        try:
            message = parse(data)
        except RemoteProtocolError as error:
            self._judge(data, error, source)
            return
        try:
            if isinstance(message, Request):
                check(message)
                self._server.receive(message, source, now)
            else:
                self._client.receive(message, source, now)
        except RemoteProtocolError as error:
            self._refuse(message if isinstance(message, Request) else None, error, source)

    def _judge(self, data: bytes, error: RemoteProtocolError, source: Address) -> None:
        if not data.strip(_BLANK):
            # RFC 5626 3.5.1 keep-alives, and the single bytes that some devices send instead.
            self._desk.drop(source, "blank")
        else:
            self._refuse(salvage(data), error, source)

    def _refuse(self, request: Request | None, error: RemoteProtocolError, source: Address) -> None:
        """Answer a broken request if it can be answered at all; an ACK never is."""
        self._desk.drop(source, "malformed")
        if request is None or request.method == "ACK":
            return
        target = source
        try:
            text, via = request.headers.get("Via") or "", request.via
            request.headers.set_first("Via", stamp(text, via, source))
            target = answer_address(via, source)
        except RemoteProtocolError:
            if not request.headers.get("Via"):
                return
        self._desk.counters["refused"] += 1
        self._desk.send(request.response(error.status).encode(), target)

    def request(
        self,
        request: Request,
        target: Address,
        now: float,
        *,
        sent_by: str = "",
        timeout: float | None = None,
    ) -> int:
        """Send *request* to *target* and return the handle that events about it carry.

        A copy is sent, with a Via on top that has a new branch and ``rport``, and with
        Max-Forwards if that is absent.
        sent_by: ``host:port`` for this Via, as the one that faces *target*.
        timeout: s until TimedOut, instead of timer B or F; for an INVITE, of all its ringing.
        Raises Exhausted when too many requests are under way.
        """
        return self._client.request(request, target, now, sent_by=sent_by, timeout=timeout)

    def reply(self, arrived: RequestArrived, response: Response, now: float) -> bool:
        """Answer and remember the answer for retransmissions; False when it was too late.

        A 2xx to an INVITE is repeated until its ACK comes.
        """
        return self._server.reply(arrived, response, now)

    def reply_once(self, arrived: RequestArrived, response: Response) -> None:
        """Answer and forget (RFC 3261 8.2.7): for requests that may be carried out twice."""
        self._server.reply_once(arrived, response)

    def cancel(self, handle: int, now: float) -> None:
        """Take back an INVITE; the CANCEL waits for a provisional answer (RFC 3261 9.1).

        A final answer follows all the same: 487, or a 2xx that was faster and needs ACK and BYE.
        """
        self._client.cancel(handle, now)

    def acknowledge(
        self, handle: int, ack: Request, target: Address, now: float, *, sent_by: str = ""
    ) -> None:
        """Send the ACK of a 2xx, and again whenever that 2xx is repeated.

        ack: as :meth:`Dialog.acknowledge` makes it.
        """
        self._client.acknowledge(handle, ack, target, now, sent_by=sent_by)

    def link_lost(self, address: Address, now: float) -> None:
        """Learn that a TCP connection ended: its unanswered requests end with LinkLost."""
        self._client.link_lost(address, now)
        self._server.link_lost(address, now)

    def expire(self, now: float) -> None:
        """Do what is due at *now*; early calls do nothing."""
        self._client.expire(now)
        self._server.expire(now)

    def deadline(self) -> float | None:
        """Return when to call :meth:`expire`, or None for never; it may be early."""
        ours, theirs = self._client.deadline(), self._server.deadline()
        if ours is None or theirs is None:
            return theirs if ours is None else ours
        return min(ours, theirs)

    def outgoing(self) -> list[tuple[bytes, Address]]:
        """Return and forget what is to be sent."""
        out, self._desk.out = self._desk.out, []
        return out

    def events(self) -> list[Event]:
        """Return and forget what happened."""
        happened, self._desk.happened = self._desk.happened, []
        return happened

"""The face of SIP: datagrams and time in; datagrams, events and a deadline out.

Source: RFC 3261 8, 9, 17, 18; RFC 3581; RFC 6026.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tongshi.sip.address import Address
from tongshi.sip.event import Event, RequestArrived
from tongshi.sip.message import Request, Response


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of an endpoint's memory.

    clients: requests of ours without an end.
    servers: requests of peers that are remembered.
    per_source: of these, from one host.
    datagram: bytes of a message.
    """

    clients: int = 50_000
    servers: int = 100_000
    per_source: int = 2_000
    datagram: int = 1 << 21


class Endpoint:
    """A SIP element that carries nothing itself.

    new_token: returns a fresh unguessable token at each call.
    sent_by: ``host:port`` that our Via names, where :meth:`request` is given none.
    counters: what happened how often; keys are stable.
    """

    def __init__(
        self, *, new_token: Callable[[], str], sent_by: str = "", limits: Limits | None = None
    ) -> None:
        self.counters: dict[str, int] = {}
        raise NotImplementedError

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take a datagram, or one message of a TCP connection.  Never raises."""
        raise NotImplementedError

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

        A Via with a new branch and ``rport`` is put on top; Max-Forwards is added if absent.
        timeout: s until TimedOut, instead of timer B or F.
        Raises Exhausted when too many requests are under way.
        """
        raise NotImplementedError

    def reply(self, arrived: RequestArrived, response: Response, now: float) -> bool:
        """Answer and remember the answer for retransmissions; False when it was too late.

        A 2xx to an INVITE is repeated until its ACK comes.
        """
        raise NotImplementedError

    def reply_once(self, arrived: RequestArrived, response: Response) -> None:
        """Answer and forget (RFC 3261 8.2.7): for requests that may be carried out twice."""
        raise NotImplementedError

    def cancel(self, handle: int, now: float) -> None:
        """Take back an INVITE; the CANCEL waits for a provisional answer (RFC 3261 9.1)."""
        raise NotImplementedError

    def acknowledge(
        self, handle: int, ack: Request, target: Address, now: float, *, sent_by: str = ""
    ) -> None:
        """Send the ACK of a 2xx, and again whenever that 2xx is repeated."""
        raise NotImplementedError

    def link_lost(self, address: Address, now: float) -> None:
        """Learn that a TCP connection ended: its unanswered requests end with LinkLost."""
        raise NotImplementedError

    def expire(self, now: float) -> None:
        """Do what is due at *now*; early calls do nothing."""
        raise NotImplementedError

    def deadline(self) -> float | None:
        """Return when to call :meth:`expire`, or None for never."""
        raise NotImplementedError

    def outgoing(self) -> list[tuple[bytes, Address]]:
        """Return and forget what is to be sent."""
        raise NotImplementedError

    def events(self) -> list[Event]:
        """Return and forget what happened."""
        raise NotImplementedError

"""What an endpoint tells its owner."""

from dataclasses import dataclass

from tongshi.sip.address import Address
from tongshi.sip.message import Request, Response


@dataclass(frozen=True, slots=True)
class RequestArrived:
    """A new request, never an ACK and never a CANCEL; answer it with this very object.

    request: its top Via already carries ``received`` and ``rport`` (RFC 3581).
    key: names the server transaction; of no meaning outside the endpoint.
    target: where the answer will go.
    """

    request: Request
    source: Address
    key: str
    target: Address


@dataclass(frozen=True, slots=True)
class AckArrived:
    """The ACK for a 2xx of ours, or one that fits no transaction."""

    request: Request
    source: Address


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The peer took back an INVITE that had no final answer; CANCEL and INVITE are answered.

    arrived: the INVITE.  It has been answered 487; what is replied to it later is ignored.
    """

    arrived: RequestArrived


@dataclass(frozen=True, slots=True)
class Unacknowledged:
    """No ACK came for our final answer to an INVITE (timer H, or L after a 2xx).

    status: what we had answered.  After a 2xx a BYE is due (RFC 3261 13.3.1.4).
    """

    arrived: RequestArrived
    status: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A response to a request of ours: provisional (1xx, any number of) or final.

    handle: what :meth:`Endpoint.request` returned.  Repeated finals are not reported, but a 2xx
    with another To tag is: another device answered the same INVITE.
    """

    handle: int
    response: Response
    source: Address


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No final answer in time.

    timer: ``"B"`` (INVITE), ``"F"`` (others), ``"timeout"`` for a limit of the caller's own,
    ``"cancel"`` when a cancelled INVITE got no final answer.  After ``"timeout"`` an INVITE that
    had a provisional answer is cancelled, and ``Answered`` may still follow: a 2xx then needs its
    ACK and a BYE.
    """

    handle: int
    timer: str


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The connection of an unanswered request is gone."""

    handle: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something that arrived was not passed on.

    reason: the key of the counter that went up, as ``"malformed"``.
    """

    source: Address
    reason: str


Event = (
    RequestArrived
    | AckArrived
    | Cancelled
    | Unacknowledged
    | Answered
    | TimedOut
    | LinkLost
    | Dropped
)

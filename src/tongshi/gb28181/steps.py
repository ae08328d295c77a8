"""What a media session tells and asks: its states, its events, the steps to carry out.

Source: GB/T 28181-2022 9.2.
"""

from dataclasses import dataclass
from enum import Enum

from tongshi.gb28181.invite import Answer
from tongshi.sip.message import Request

SDP = "APPLICATION/SDP"
"""Content-Type of descriptions, in the spelling of the standard's examples."""


class State(Enum):
    """Where a half stands."""

    IDLE = "idle"
    CALLING = "calling"
    CANCELLING = "cancelling"
    RINGING = "ringing"
    ANSWERED = "answered"
    ESTABLISHED = "established"
    ENDING = "ending"
    ENDED = "ended"


class Stage(Enum):
    """Where a session failed."""

    INVITE = "invite"
    """No final answer, or a refusal."""
    ANSWER = "answer"
    """The answer's description is not usable."""
    OFFER = "offer"
    """The offer's description is not usable."""
    ACK = "ack"
    """The acknowledgement did not come."""


class By(Enum):
    """Who ended a session."""

    LOCAL = "local"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class Progress:
    """A provisional answer, 100..199."""

    status: int


@dataclass(frozen=True, slots=True)
class Established:
    """Media may flow.

    answer: the description of the side that answered.
    """

    answer: Answer


@dataclass(frozen=True, slots=True)
class Failed:
    """The session never came about.

    status: the final answer's; None when there was none.  reason: a phrase, or a timer's name.
    """

    stage: Stage
    status: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over, after Established or by our own :meth:`hang_up` before it."""

    by: By


SessionEvent = Progress | Established | Failed | Ended


@dataclass(frozen=True, slots=True)
class Invite:
    """Send the INVITE."""

    request: Request


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel the INVITE."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Send the ACK of a 2xx, to where that came from, and again when it is repeated."""

    request: Request


@dataclass(frozen=True, slots=True)
class Bye:
    """Send the BYE; report its end by :meth:`bye_over` unless *stray*.

    stray: it ends a dialog of its own, as that of a second device that answered.
    """

    request: Request
    stray: bool = False


Step = Invite | Cancel | Acknowledge | Bye


@dataclass(frozen=True, slots=True)
class Parties:
    """Who calls whom.

    local_id, remote_id: the platform and the channel.  domain: host part of From and To.
    target: Request-URI.  contact: our URI, ``sip:id@ip:port``.
    """

    local_id: str
    remote_id: str
    domain: str
    target: str
    contact: str
    user_agent: str = "Tongshi"

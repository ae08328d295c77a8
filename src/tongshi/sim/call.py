"""One session of a simulated device, and what it tells its shell.

Source: GB/T 28181-2022 9.2, 9.8, 9.9, annexes D and G.
"""

from dataclasses import dataclass

from tongshi.gb28181.description import Description, Setup
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.session import Callee
from tongshi.gb28181.ssrc import number_of
from tongshi.sim.film import Shot
from tongshi.sim.history import History
from tongshi.sim.profile import Channel
from tongshi.sip.event import RequestArrived


@dataclass(slots=True, eq=False)
class Call:
    """One session.

    stream: 0 main, 1 sub.  ssrc: agreed, ten digits.  answered: the ACK has come.
    history: what it plays; None when it is live.  over_udp: the device ignores that TCP was asked.
    """

    channel: Channel
    stream: int
    callee: Callee
    arrived: RequestArrived
    ssrc: str
    target: tuple[str, int]
    answered: bool = False
    over: bool = False
    history: History | None = None
    over_udp: bool = False

    @property
    def offer(self) -> Offer | None:
        """What the platform asks for; None when its INVITE had no description."""
        return self.callee.offer

    @property
    def tcp(self) -> bool:
        """Whether media go over TCP."""
        return self.offer is not None and self.offer.tcp and not self.over_udp

    @property
    def active(self) -> bool:
        """Whether the device opens the TCP connection."""
        return self.tcp and listens(self.offer)

    @property
    def sound(self) -> bool:
        """Whether it carries speech both ways and no picture."""
        return self.offer is not None and self.offer.kind == "audio"

    @property
    def shot(self) -> Shot:
        """What is to be shown."""
        return self.history.shot if self.history else self.channel.shot_of(self.stream)

    @property
    def ssrc_number(self) -> int:
        """The SSRC as RTP carries it."""
        return number_of(self.ssrc) or 0


def listens(description: Description | None) -> bool:
    """Whether its sender awaits the TCP connection; who does not say so does (annex D)."""
    return description is not None and description.setup is not Setup.ACTIVE


@dataclass(frozen=True, slots=True)
class Invited:
    """The platform wants a picture: open a way for it, then accept or refuse."""

    call: Call


@dataclass(frozen=True, slots=True)
class Agreed:
    """The ACK is there: send to ``call.target``."""

    call: Call


@dataclass(frozen=True, slots=True)
class Steered:
    """The platform has paused, moved or sped up a playback."""

    call: Call


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The session is over, or never came about.  why: in words."""

    call: Call
    why: str


CallEvent = Invited | Agreed | Steered | CallEnded

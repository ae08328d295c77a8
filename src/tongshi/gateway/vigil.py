"""What is awaited of a stream next, and how long: pure, with the time passed in.

::

    IDLE --begin--> CONNECT --link_up--> FIRST --show--> LIVE
                       (TCP only)          ^               ^
                                           |               |
                      BROKEN --link_up-----+---------------+     link_down from any --> BROKEN
"""

from dataclasses import dataclass
from enum import Enum

from tongshi.gateway.engine import PeerClosed, Stalled


class Phase(Enum):
    """What is awaited."""

    IDLE = "nothing: no answer yet"
    CONNECT = "the TCP connection"
    FIRST = "the first key frame"
    LIVE = "more of it"
    BROKEN = "the TCP connection again"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each is awaited, s."""

    connect: float
    first_media: float
    silence: float


class Vigil:
    """The watch over one stream; says each failure once.

    seen: when something of the stream last arrived (monotonic, s); set it directly.
    """

    __slots__ = ("_linked", "_patience", "_resting", "_shown", "_since", "_stream", "_told",
                 "phase", "seen")  # fmt: skip

    def __init__(self, stream: str, patience: Patience, *, linked: bool) -> None:
        """linked: there is no connection to wait for, as over UDP."""
        self.phase = Phase.IDLE
        self.seen = 0.0
        self._stream = stream
        self._patience = patience
        self._linked = linked
        self._shown = False
        self._resting = False
        self._since = 0.0
        self._told = False

    def begin(self, now: float) -> None:
        """Start: the peer has answered.  A second start changes nothing."""
        if self.phase is Phase.IDLE:
            self._enter(self._due() if self._linked else Phase.CONNECT, now)

    def link_up(self, now: float) -> None:
        """Note that the connection stands."""
        self._linked = True
        if self.phase in (Phase.CONNECT, Phase.BROKEN):
            self._enter(self._due(), now)

    def link_down(self, now: float) -> None:
        """Note that the connection ended: it may come back."""
        self._linked = False
        if self.phase is not Phase.IDLE:
            self._enter(Phase.BROKEN, now)

    def show(self, now: float) -> None:
        """Note the first key frame."""
        self._shown = True
        if self.phase is Phase.FIRST:
            self._enter(Phase.LIVE, now)

    def rest(self, resting: bool, now: float) -> None:
        """Note that the sender was told to wait, or to go on: its silence is no fault till then."""
        self._resting = resting
        if self.phase is Phase.LIVE:
            self._since = now

    def check(self, now: float, packets: int) -> Stalled | PeerClosed | None:
        """Return what ran out at *now*, once; *packets* is how many were seen."""
        match self.phase:
            case Phase.IDLE:
                return None
            case Phase.LIVE:
                quiet = now - max(self.seen, self._since)
                late = quiet >= self._patience.silence and not self._resting
                self._told &= late  # it may fall silent again
            case Phase.FIRST:
                late = now - self._since >= self._patience.first_media
            case _:
                late = now - self._since >= self._patience.connect
        if not late or self._told:
            return None
        self._told = True
        match self.phase:
            case Phase.BROKEN:
                return PeerClosed(self._stream)
            case Phase.CONNECT:
                return Stalled(self._stream, "connect", "connect", packets)
            case Phase.FIRST:
                return Stalled(self._stream, "media", "first media", packets)
            case _:
                return Stalled(self._stream, "media", "silence", packets)

    def _due(self) -> Phase:
        return Phase.LIVE if self._shown else Phase.FIRST

    def _enter(self, phase: Phase, now: float) -> None:
        self.phase = phase
        self._since = now
        self._told = False

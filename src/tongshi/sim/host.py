"""The device as its parts see it."""

from collections.abc import Callable
from typing import Protocol

from tongshi.gb28181.manscdp import Message
from tongshi.gb28181.version import Version
from tongshi.sim.body import Body
from tongshi.sim.event import DeviceEvent
from tongshi.sim.join import Join
from tongshi.sim.profile import Profile
from tongshi.sim.quirks import Quirks
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Request, Response

Settle = Callable[[Response | None, float], None]
"""Gets the final answer to a request, or None for none, and the time."""


def ignore(response: Response | None, now: float) -> None:
    """Take an answer on which nothing depends."""


class Timing(Protocol):
    """The device's registration and beat, as far as others change them: see ``Presence``."""

    home: Join
    interval: float
    misses: int
    muted: bool
    faulty: tuple[str, ...]
    sent: int

    def configure(self) -> None:
        """Take up a changed account."""

    def retune(self, now: float) -> None:
        """Keep alive by changed intervals."""

    def hasten(self, now: float) -> None:
        """Send a keepalive at once."""


class Peer(Protocol):
    """A device as a correspondent of its platform.

    contact: own host and port.
    """

    body: Body
    quirks: Quirks
    contact: tuple[str, int]

    @property
    def profile(self) -> Profile:
        """Who it is."""

    @property
    def presence(self) -> Timing:
        """Its registration and beat."""

    @property
    def join(self) -> Join:
        """With whom it is registered."""

    @property
    def version(self) -> Version:
        """What both sides speak."""

    @property
    def reliable(self) -> bool:
        """Whether the way to the platform is TCP."""

    @property
    def registered(self) -> bool:
        """Whether the platform has let it in."""

    def wall(self) -> float:
        """Return the device's own clock, UNIX time, s."""

    def token(self) -> str:
        """Return fresh text."""

    def number(self) -> int:
        """Return the SN of the next message."""

    def write(self, content: Message) -> bytes:
        """Return *content* as this device writes it."""

    def ask(self, request: Request, now: float, settle: Settle) -> int | None:
        """Send *request* to the platform; return its handle, None when there is no way."""

    def acknowledge(self, handle: int, ack: Request, now: float) -> None:
        """Send the ACK of a 2xx to our own INVITE."""

    def send(self, content: Message, now: float, settle: Settle, *, sender: str = "") -> None:
        """Send *content* as a MESSAGE of its own.  sender: in From; empty: the device."""

    def reply(self, arrived: RequestArrived, response: Response, now: float) -> None:
        """Answer *arrived*."""

    def tell(self, event: DeviceEvent) -> None:
        """Report *event*."""


class Host(Peer, Protocol):
    """What answers, sessions, notices and talk need of their device."""

    def leave(self, now: float) -> None:
        """Unregister."""

    def vanish(self, seconds: float, now: float) -> None:
        """Be gone without a word, and come back."""

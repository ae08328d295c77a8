"""An engine that receives nothing: it keeps the books of a real one and says what it is told to.

For measuring signalling alone, and for proving what signalling does with an engine's answers.
"""

from collections.abc import Callable

from tongshi.errors import Conflict, Error, Exhausted, Missing
from tongshi.gateway.engine import (
    EngineEvent,
    Figures,
    FirstMedia,
    PayloadTypes,
    Receive,
    Track,
    Transport,
    Turn,
)
from tongshi.gateway.engines.nulltalks import NullTalks
from tongshi.gateway.tickets import ANYBODY, Bond

TRACK = Track("h264", 'video/mp4; codecs="avc1.64001f"', 1280, 720)
"""What every stream here is said to show."""


class Null:
    """Streams that are open in name only.

    ports: how many may be leased.  open_: what is open, by stream.  adopted: SSRC and host that
    the answer named.  connected: where a TCP_ACTIVE stream was told to connect.  closed: streams
    with the code and stage they were closed with, oldest first.  steered: what was told of footage.
    bonds: whom each ticket is for.
    answers: called when a stream's answer is there; returns what then happens to it.
    connect_fault, close_fault: raised by :meth:`connect`, and by :meth:`close` when it is done.
    """

    def __init__(self, ports: int = 1000) -> None:
        self.ports = ports
        self.open_: dict[str, Receive] = {}
        self.adopted: dict[str, tuple[int | None, str]] = {}
        self.connected: dict[str, tuple[str, int]] = {}
        self.closed: list[tuple[str, str, str]] = []
        self.steered: list[tuple[str, Turn, float | None]] = []
        self.answers: Callable[[str], EngineEvent | None] = lambda stream: FirstMedia(stream, TRACK)
        self.connect_fault: Error | None = None
        self.close_fault: Error | None = None
        self.talks = NullTalks()
        self.bonds: dict[str, Bond] = {}
        self._listeners: list[Callable[[EngineEvent], None]] = []

    async def start(self) -> None:
        """See Engine."""

    async def stop(self) -> None:
        """See Engine."""
        for stream in tuple(self.open_):
            await self.close(stream)

    def subscribe(self, listener: Callable[[EngineEvent], None]) -> None:
        """See Engine."""
        self._listeners.append(listener)

    def tell(self, event: EngineEvent) -> None:
        """Report *event* as a real engine would."""
        for listener in self._listeners:
            listener(event)

    async def open(self, receive: Receive) -> int:
        """See Engine."""
        if receive.stream in self.open_:
            raise Conflict(f"stream {receive.stream} is open")
        if len(self.open_) >= self.ports:
            raise Exhausted("every port is leased", resource="port")
        self.open_[receive.stream] = receive
        return 30000 + 2 * len(self.open_)

    async def adopt(
        self, stream: str, ssrc: int | None, payload_types: PayloadTypes, host: str = ""
    ) -> None:
        """See Engine."""
        receive = self._find(stream)
        self.adopted[stream] = (ssrc, host)
        if receive.transport is not Transport.TCP_ACTIVE:
            self._answer(stream)

    async def connect(self, stream: str, host: str, port: int) -> None:
        """See Engine."""
        self._find(stream)
        if self.connect_fault is not None:
            raise self.connect_fault
        self.connected[stream] = (host, port)
        self._answer(stream)

    async def close(self, stream: str, code: str = "", stage: str = "") -> Figures:
        """See Engine."""
        if self.open_.pop(stream, None) is not None:
            self.closed.append((stream, code, stage))
        if self.close_fault is not None:
            raise self.close_fault
        return Figures()

    async def steer(self, stream: str, turn: Turn, value: float | None = None) -> None:
        """See Engine."""
        self._find(stream)
        self.steered.append((stream, turn, value))

    async def admit(
        self,
        stream: str,
        ticket: str,
        *,
        expires_s: float,
        transcode: bool = False,
        silent: bool = False,
        bond: Bond = ANYBODY,
    ) -> None:
        """See Engine: the ticket opens nothing."""
        self._find(stream)
        self.bonds[ticket] = bond

    async def revoke(self, ticket: str, code: str) -> None:
        """See Engine."""

    async def snapshot(self, stream: str) -> bytes:
        """See Engine: there never is a key frame."""
        self._find(stream)
        raise Missing(f"stream {stream} has shown nothing")

    async def relay(
        self,
        stream: str,
        host: str,
        port: int,
        ssrc: int,
        transport: Transport = Transport.UDP,
    ) -> str:
        """See Engine."""
        self._find(stream)
        return f"{stream}/{host}:{port}"

    async def unrelay(self, relay: str) -> None:
        """See Engine."""

    async def figures(self, stream: str) -> Figures:
        """See Engine."""
        self._find(stream)
        return Figures()

    def viewer_port(self, stream: str) -> int:
        """See Engine: nobody listens."""
        if stream not in self.talks.open_:
            self._find(stream)
        return 0

    def leased_ports(self) -> int:
        """See Engine."""
        return len(self.open_) + len(self.talks.open_)

    def _find(self, stream: str) -> Receive:
        if stream not in self.open_:
            raise Missing(f"no stream {stream} is open")
        return self.open_[stream]

    def _answer(self, stream: str) -> None:
        event = self.answers(stream)
        if event is not None:
            self.tell(event)

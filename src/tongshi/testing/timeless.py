"""An event loop in which waiting takes no time, and a wire that it carries.

The loop's clock stands still while there is work and jumps to the next timer when there is none;
so minutes of time-outs pass in a moment and always in the same order.  Sockets do not belong here.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from tongshi.net.carrier import Carrier
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Event

T = TypeVar("T")
EPOCH = 1_700_000_000.0
"""UNIX time at the loop's zero, s."""


class _Selector(selectors.DefaultSelector):
    """A selector that never waits: it moves the clock instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; let *timeout* s pass when nothing is."""
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits, and nothing will ever come")
        if not ready and timeout is not None:
            self.now += max(timeout, 0.0)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    """A loop on the selector's clock."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        """Return the virtual time, s."""
        return self._clock.now


class LoopClock:
    """The running loop's time as a :class:`tongshi.clock.Clock`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def now(self) -> float:
        """Return the loop's time, s."""
        return self._loop.time()

    def wall(self) -> float:
        """Return the loop's time since :data:`EPOCH`, s."""
        return EPOCH + self._loop.time()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return what *work* returns, run in virtual time."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)


class Network:
    """Peers by host and port, and a wire between them.

    loses: asked for each message; True loses it.  sent, lost: messages so far.
    """

    def __init__(self) -> None:
        self.loses: Callable[[bytes], bool] = lambda data: False
        self.sent = self.lost = 0
        self._ports: dict[tuple[str, int], Port] = {}

    def join(self, carrier: Carrier[Any], host: str, port: int) -> "Port":
        """Let *carrier* be reached at *host* and *port*."""
        place = self._ports[host, port] = Port(self, carrier, host, port)
        return place

    def leave(self, place: "Port") -> None:
        """Let nothing reach *place* any more."""
        del self._ports[place.host, place.port]

    def carry(self, data: bytes, sender: "Port", target: Address) -> None:
        """Deliver *data* in the loop's next round, or lose it."""
        self.sent += 1
        place = self._ports.get((target.host, target.port))
        if place is None or self.loses(data):
            self.lost += 1
            return
        asyncio.get_running_loop().call_soon(place.deliver, data, sender)


class Port:
    """One carrier's place in a network; a link as :mod:`tongshi.net.carrier` has them."""

    def __init__(self, network: Network, carrier: Carrier[Any], host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.name = f"{host}:{port}"
        self._network = network
        self._carrier = carrier
        carrier.attach(self.name, self, default_for="udp")

    def send(self, data: bytes, address: Address) -> None:
        """Put *data* on the wire."""
        self._network.carry(data, self, address)

    def deliver(self, data: bytes, sender: "Port") -> None:
        """Take *data* off the wire."""
        source = Address(sender.host, sender.port, "udp", self.name)
        self._carrier.take(data, source)
        self._carrier.pump()


class Peer:
    """A SIP element in a network that does what its test says.

    hear: gets every event of its endpoint.
    """

    def __init__(
        self, network: Network, host: str, port: int, hear: Callable[["Peer", Event], None]
    ) -> None:
        self._count = 0
        self._loop = asyncio.get_running_loop()
        self.endpoint = Endpoint(new_token=self.token)
        self.carrier: Carrier[Event] = Carrier(self.endpoint, lambda event: hear(self, event))
        self.place = network.join(self.carrier, host, port)
        self.address = Address(host, port)

    def token(self) -> str:
        """Return text that no other call returned."""
        self._count += 1
        return f"{self.place.port}x{self._count}"

    @property
    def now(self) -> float:
        """The loop's time, s."""
        return self._loop.time()

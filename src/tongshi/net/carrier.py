"""One core, many links: where bytes, time and events meet.

Theory of operation.  A link hands in what arrived (:meth:`Carrier.take`) and, after a batch, calls
:meth:`Carrier.pump`: events go to the one listener, bytes to the links they belong to, and one
timer is armed for the core's deadline.  Whoever uses the core from outside calls ``pump`` too.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from tongshi.sip.address import Address

E_co = TypeVar("E_co", covariant=True)
E = TypeVar("E")


class Core(Protocol[E_co]):
    """What a protocol core without I/O offers its shell."""

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take one datagram or one framed message."""

    def link_lost(self, address: Address, now: float) -> None:
        """Take notice that nothing reaches *address* any more."""

    def expire(self, now: float) -> None:
        """Do what is due at *now*, s."""

    def deadline(self) -> float | None:
        """Return when to call :meth:`expire`, s; None for never."""

    def outgoing(self) -> list[tuple[bytes, Address]]:
        """Return and forget the bytes to send."""

    def events(self) -> Sequence[E_co]:
        """Return and forget what happened."""


class Link(Protocol):
    """A socket that sends."""

    def send(self, data: bytes, address: Address) -> None:
        """Send *data*, or drop it and count; never wait."""


Tap = Callable[[bool, bytes, Address], None]
"""Sees a message that came (True) or goes (False), and the peer's address."""


class Carrier(Generic[E]):
    """Carry bytes, time and events between one core and its links.  Make it in a running loop.

    on_event: gets each event of the core, in order; may use the core, and need not pump.
    on_lost: gets the address of a TCP connection that ended, and why.
    unsent: messages for which there was no link.
    """

    def __init__(
        self,
        core: Core[E],
        on_event: Callable[[E], None],
        on_lost: Callable[[Address, str], None] | None = None,
    ) -> None:
        self.unsent = 0
        self._tap: Tap | None = None
        self._core = core
        self._on_event = on_event
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._links: dict[str, Link] = {}
        self._defaults: dict[str, Link] = {}
        self._events: deque[E] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._armed = 0.0
        self._pumping = False
        self._names = 0

    def listen(self, tap: Tap | None) -> None:
        """Show every message to *tap* from now on; None ends it, and then it costs nothing."""
        self._tap = tap

    def new_name(self, transport: str) -> str:
        """Return a name for a link that no other link of this carrier has."""
        self._names += 1
        return f"{transport}#{self._names}"

    def attach(self, name: str, link: Link, *, default_for: str = "") -> None:
        """Send by *link* what is addressed to ``local == name``.

        default_for: a transport; the first such link also sends what names no link.
        """
        self._links[name] = link
        if default_for:
            self._defaults.setdefault(default_for, link)

    def detach(self, name: str) -> None:
        """Forget the link called *name*."""
        link = self._links.pop(name, None)
        for transport, held in list(self._defaults.items()):
            if held is link:
                del self._defaults[transport]

    def take(self, data: bytes, source: Address) -> None:
        """Hand one datagram or framed message to the core; pump after the batch."""
        if self._tap is not None:
            self._tap(True, data, source)
        self._core.receive(data, source, self._loop.time())

    def lose(self, address: Address, why: str) -> None:
        """Tell core and listener that the connection at *address* is gone."""
        self.detach(address.local)
        self._core.link_lost(address, self._loop.time())
        if self._on_lost is not None:
            self._on_lost(address, why)
        self.pump()

    def pump(self) -> None:
        """Report, send and re-arm until nothing is left.  Call after every use of the core."""
        if self._pumping:
            return
        self._pumping = True
        try:
            while self._turn():
                pass
        finally:
            self._pumping = False
            if self._events:  # the listener raised: the other peers' events still count
                self._loop.call_soon(self.pump)
        self._arm()

    def close(self) -> None:
        """Stop the timer; links are closed by their owners."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _turn(self) -> bool:
        """Report events and send bytes once; return whether there was anything."""
        events, on_event = self._events, self._on_event
        events.extend(self._core.events())
        busy = bool(events)
        while events:
            on_event(events.popleft())
        outgoing = self._core.outgoing()
        links = self._links
        if self._tap is not None:
            for data, address in outgoing:
                self._tap(False, data, address)
        for data, address in outgoing:
            link = links.get(address.local)
            if link is not None:
                link.send(data, address)
            else:
                self._send_by_default(data, address)
        return busy or bool(outgoing)

    def _send_by_default(self, data: bytes, address: Address) -> None:
        link = None if address.local else self._defaults.get(address.transport)
        if link is not None:
            link.send(data, address)
            return
        self.unsent += 1
        self._core.link_lost(address, self._loop.time())

    def _arm(self) -> None:
        """Keep one timer, which may fire early but never late: an early ``expire`` is harmless."""
        deadline = self._core.deadline()
        if deadline is None:
            return
        if self._timer is not None:
            if self._armed <= deadline:
                return
            self._timer.cancel()
        self._armed = deadline
        self._timer = self._loop.call_at(deadline, self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._core.expire(self._loop.time())
        self.pump()

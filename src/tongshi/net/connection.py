"""One TCP connection that carries framed messages: never waits, never grows without bound."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

from tongshi.net.carrier import Carrier
from tongshi.sip.address import Address
from tongshi.sip.framing import Framer

SEND_LIMIT = 256 * 1024
"""Unsent bytes after which a peer counts as one that does not read."""
JUNK_LIMIT = 64 * 1024
"""Bytes without a message between after which a peer counts as one that does not speak SIP."""
_TURN = 16 * 1024
"""Read at once: a peer that stuffs gets no longer turn than the others."""

_log = logging.getLogger(__name__)


class Connection:
    """A connected socket, its framer and its unsent bytes.

    address: of the peer; ``local`` names this connection.  heard: loop time of its last whole
    message or of its beginning, s.  kept: exempt from the idle rule.
    on_end: called once, when the connection ends for whatever reason.
    """

    __slots__ = (
        "_carrier",
        "_framer",
        "_junk",
        "_loop",
        "_on_end",
        "_socket",
        "_unsent",
        "address",
        "heard",
        "kept",
        "messages",
    )

    def __init__(
        self,
        sock: socket.socket,
        peer: tuple[str, int],
        carrier: Carrier[Any],
        on_end: Callable[["Connection", str], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = sock
        self._carrier = carrier
        self._framer = Framer()
        self._junk = 0
        self._on_end = on_end
        self._unsent = bytearray()
        self.address = Address(peer[0], peer[1], "tcp", carrier.new_name("tcp"))
        self.heard = self._loop.time()
        self.kept = False
        self.messages = 0
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        carrier.attach(self.address.local, self)
        self._loop.add_reader(sock.fileno(), self._read)

    @property
    def open(self) -> bool:
        """Whether the socket is still there."""
        return self._socket.fileno() >= 0

    @property
    def own(self) -> tuple[str, int]:
        """Our end of it, host and port; empty once closed."""
        if not self.open:
            return "", 0
        name = self._socket.getsockname()
        return name[0], name[1]

    def send(self, data: bytes, address: Address) -> None:
        """Send, or keep what the kernel does not take; end the connection beyond the limit."""
        if not self.open:
            return
        if self._unsent:
            self._unsent += data
            if len(self._unsent) > SEND_LIMIT:
                self.end("peer does not read")
            return
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self.end(_reason(error))
            return
        if sent < len(data):
            self._unsent += data[sent:]
            self._loop.add_writer(self._socket.fileno(), self._write)

    def end(self, why: str) -> None:
        """Close the socket and tell everybody, once."""
        if not self.open:
            return
        number = self._socket.fileno()
        self._loop.remove_reader(number)
        if self._unsent:
            self._loop.remove_writer(number)
            self._unsent = bytearray()
        self._socket.close()
        _log.debug("ended peer=%s:%d why=%r", self.address.host, self.address.port, why)
        self._on_end(self, why)
        self._carrier.lose(self.address, why)

    def _read(self) -> None:
        try:
            data = self._socket.recv(_TURN)
        except BlockingIOError:
            return
        except OSError as error:
            self.end(_reason(error))
            return
        if not data:
            self.end("closed by peer")
            return
        messages = self._framer.feed(data)
        for message in messages:
            self._carrier.take(message, self.address)
        if messages:
            self.messages += len(messages)
            self._junk = self._framer.skipped
            self.heard = self._loop.time()
            self._carrier.pump()
        if self._framer.broken:
            self.end(self._framer.broken)
        elif self._framer.skipped - self._junk > JUNK_LIMIT:
            self.end("not SIP")

    def _write(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError as error:
            self.end(_reason(error))
            return
        del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self._socket.fileno())


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__

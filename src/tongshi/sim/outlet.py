"""Where a simulated camera's media leave: a UDP socket, or a TCP connection made or awaited.

Nothing here ever waits: what the kernel does not take is dropped by whole frames and counted.

Source: GB/T 28181-2022 annex D (TCP: reconnect after 1 s at least, three attempts at least).
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tongshi.sim.impair import Impairments, Wire

_log = logging.getLogger(__name__)

UNSENT_LIMIT = 512 * 1024
"""Bytes that may wait in a TCP outlet before frames are dropped."""
ATTEMPTS = 3
RETRY_S = 1.0
ACCEPT_S = 15.0
"""How long a passive outlet waits for its peer."""


@dataclass(slots=True)
class OutletCounts:
    """What left, and what could not."""

    packets: int = 0
    bytes: int = 0
    refused: int = 0


class Outlet(Protocol):
    """A way out for packets."""

    port: int
    counts: OutletCounts

    def start(self, host: str, port: int) -> None:
        """Begin to send to the address that the offer gave."""

    def ready(self) -> bool:
        """Whether a whole frame may be handed over now."""

    def close(self) -> None:
        """Send no more."""


class UdpOutlet:
    """Sends datagrams, over an impaired wire if wanted."""

    def __init__(self, host: str, impairments: Impairments) -> None:
        """Bind to *host* on a free port.  Make it in a running loop."""
        self.counts = OutletCounts()
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(
            socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM
        )
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._socket.bind((host, 0))
        self.port = int(self._socket.getsockname()[1])
        self._target: tuple[str, int] | None = None
        self._wire: Wire[bytes] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.impair(impairments)

    def impair(self, impairments: Impairments) -> None:
        """Change the wire; what is under way on the old one is lost."""
        self._wire = None if impairments.clean else Wire(impairments)

    @property
    def lost(self) -> int:
        """Datagrams that the wire has lost on purpose."""
        return self._wire.lost if self._wire is not None else 0

    def start(self, host: str, port: int) -> None:
        """Send to *host*, *port* from now on."""
        self._target = (host, port)

    def ready(self) -> bool:
        """Whether a target is known."""
        return self._target is not None and self._socket.fileno() >= 0

    def send(self, packets: list[bytes]) -> None:
        """Send the packets of a frame."""
        wire = self._wire
        if wire is None:
            for packet in packets:
                self._emit(packet)
            return
        now = self._loop.time()
        for packet in packets:
            wire.send(packet, now)
        self._drain()

    def close(self) -> None:
        """Close the socket."""
        if self._timer is not None:
            self._timer.cancel()
        self._socket.close()

    def _drain(self) -> None:
        self._timer = None
        if self._wire is None or not self.ready():
            return
        for packet in self._wire.arrived(self._loop.time()):
            self._emit(packet)
        due = self._wire.deadline()
        if due is not None and self._timer is None:
            self._timer = self._loop.call_at(due, self._drain)

    def _emit(self, packet: bytes) -> None:
        if self._target is None:
            return
        try:
            self._socket.sendto(packet, self._target)
        except OSError:  # a full buffer, or an ICMP error for an earlier packet
            self.counts.refused += 1
            return
        self.counts.packets += 1
        self.counts.bytes += len(packet)


class TcpOutlet:
    """Sends framed packets over one connection.

    active: we open it, else the peer does.  on_end: called once when the connection is lost or
    never comes about; not after :meth:`close`.
    """

    def __init__(self, host: str, *, active: bool, on_end: Callable[[str], None]) -> None:
        """Listen on *host* when passive.  Make it in a running loop."""
        self.counts = OutletCounts()
        self._loop = asyncio.get_running_loop()
        self._host = host
        self._active = active
        self._on_end = on_end
        self._socket: socket.socket | None = None
        self._unsent = bytearray()
        self._closed = False
        self._listener = None if active else self._listen()
        # An active side names port 9, discard, where it has none to offer (RFC 4145 4.1).
        self.port = self._listener.getsockname()[1] if self._listener else 9
        self._task: asyncio.Task[None] | None = None

    def start(self, host: str, port: int) -> None:
        """Connect to *host*, *port*, or wait until the peer has connected."""
        self._task = self._loop.create_task(self._open(host, port))

    def ready(self) -> bool:
        """Whether the connection is there and drained enough for another frame."""
        return self._socket is not None and len(self._unsent) < UNSENT_LIMIT

    @property
    def drained(self) -> bool:
        """Whether nothing waits here any more."""
        return not self._unsent

    def send(self, data: bytes) -> None:
        """Send the framed packets of a frame."""
        if self._socket is None:
            return
        self.counts.packets += 1
        self.counts.bytes += len(data)
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._end(error.strerror or "connection lost")
            return
        if sent < len(data):
            self._unsent += data[sent:]
            self._loop.add_writer(self._socket.fileno(), self._write)

    def close(self) -> None:
        """Close whatever is open."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._drop()

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET)
        listener.setblocking(False)
        listener.bind((self._host, 0))
        listener.listen(1)
        return listener

    async def _open(self, host: str, port: int) -> None:
        try:
            made = await (self._connect(host, port) if self._active else self._accept())
        except (OSError, TimeoutError) as error:
            self._end(f"no media connection: {error or 'timed out'}")
            return
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = made
        self._loop.add_reader(made.fileno(), self._read)

    async def _accept(self) -> socket.socket:
        listener = self._listener
        if listener is None:
            raise OSError("listener is closed")
        async with asyncio.timeout(ACCEPT_S):
            made, _ = await self._loop.sock_accept(listener)
        listener.close()
        self._listener = None
        return made

    async def _connect(self, host: str, port: int) -> socket.socket:
        for attempt in range(1, ATTEMPTS + 1):
            sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            sock.setblocking(False)
            try:
                async with asyncio.timeout(5.0):
                    await self._loop.sock_connect(sock, (host, port))
            except (OSError, TimeoutError):
                sock.close()
                if attempt == ATTEMPTS:
                    raise
            except BaseException:
                sock.close()
                raise
            else:
                return sock
            await asyncio.sleep(RETRY_S)
        raise OSError("no attempt left")

    def _read(self) -> None:
        """Read RTCP away, and notice the end."""
        if self._socket is None:
            return
        try:
            data = self._socket.recv(4096)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(error.strerror or "connection lost")
            return
        if not data:
            self._end("media connection closed by peer")

    def _write(self) -> None:
        if self._socket is None:
            return
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(error.strerror or "connection lost")
            return
        del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self._socket.fileno())

    def _drop(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            if self._unsent:
                self._loop.remove_writer(self._socket.fileno())
                self._unsent.clear()
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None

    def _end(self, why: str) -> None:
        self._drop()
        if not self._closed:
            self._closed = True
            _log.info("media ended why=%r", why)
            self._on_end(why)

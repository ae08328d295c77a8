"""Ports for a stream's RTP, and the UDP socket on which it arrives.

Datagrams are handed over in lists, a frame's worth where possible: one wake-up of the loop and
one call per frame, not per packet.  Measured for 44,000 packets/s: asyncio's DatagramProtocol
22 us a packet (it allocates 256 KiB for each), this 3 to 4.
"""

import asyncio
import errno
import logging
import socket
from dataclasses import dataclass
from typing import Protocol

from tongshi.errors import EngineFailed, Exhausted
from tongshi.gateway.guard import admit_only, dropped
from tongshi.gateway.ports import Ports

BUFFER = 1 << 20
"""Bytes that the kernel keeps for a stream: at its default, packets are lost at a quarter of a
core."""
_DATAGRAM, _LARGEST = 2048, 65_535
_BATCH = 512  # datagrams of one socket before the others have their turn

_log = logging.getLogger(__name__)


class Sink(Protocol):
    """Where a source's datagrams go.  None of these may raise."""

    def take(self, datagrams: list[bytes]) -> None:
        """Take datagrams in the order of their arrival."""

    def take_bytes(self, data: bytes) -> None:
        """Take bytes of a TCP connection."""

    def link_up(self, host: str, port: int) -> None:
        """Note where media comes from, at first and whenever it may have changed."""

    def link_down(self) -> None:
        """Note that the TCP connection ended."""


class Source(Protocol):
    """An open socket, or the wait for one."""

    def close(self) -> None:
        """Close every socket; nothing reaches the sink afterwards."""


@dataclass(slots=True)
class BufferCheck:
    """Says once when the system grants less receive buffer than we ask for."""

    warned: bool = False

    def apply(self, sock: socket.socket) -> int:
        """Ask for the buffer; return what was granted, in bytes."""
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        # Linux doubles what is set, for its own bookkeeping, and answers the double.
        granted = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
        if granted < BUFFER and not self.warned:
            self.warned = True
            _log.warning(
                "event=receive_buffer_small wanted=%d granted=%d cure=net.core.rmem_max",
                BUFFER,
                granted,
            )
        return granted


def bind(ports: Ports, owner: str, host: str, kind: socket.SocketKind) -> socket.socket:
    """Return a non-blocking socket bound to a port of the pool, leased to *owner*.

    Raises Exhausted when every port is lent or used by another program, EngineFailed when the
    address is not ours.
    """
    sock = _unbound(host, kind)
    for port in ports.candidates():
        try:
            sock.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                continue
            sock.close()
            raise EngineFailed(f"media address {host}: {error}", stage="worker") from None
        chosen = sock.getsockname()[1]
        if chosen not in ports:
            ports.lease(chosen, owner)
            return sock
        sock.close()
        sock = _unbound(host, kind)
    sock.close()
    raise ports.exhausted()


def _unbound(host: str, kind: socket.SocketKind) -> socket.socket:
    try:
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    except OSError as error:
        raise Exhausted(f"no socket: {error}", resource="port") from None
    sock.setblocking(False)
    if kind is socket.SOCK_STREAM:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock


class UdpSource:
    """A UDP socket of one stream."""

    def __init__(self, sock: socket.socket, sink: Sink) -> None:
        self._sock = sock
        self._sink = sink
        self._size = _DATAGRAM
        self._look = True
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._read)

    def look(self) -> None:
        """Have the sender's address noted with the next datagram: asking each time costs."""
        self._look = True

    def insist(self, host: str) -> None:
        """Take datagrams of *host* alone from now on, where the system can filter."""
        admit_only(self._sock, host)

    @property
    def refused(self) -> int:
        """Datagrams that the kernel kept from us: of other hosts, or for want of room."""
        return dropped(self._sock)

    def close(self) -> None:
        """Stop reading and close the socket."""
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    def _read(self) -> None:
        """Read up to the end of a frame: the marker bit, or nothing more to read."""
        receive, size = self._sock.recv, self._size
        batch: list[bytes] = []
        append = batch.append
        try:
            if self._look:
                append(self._read_first(size))
            while len(batch) < _BATCH:
                datagram = receive(size)
                append(datagram)
                if datagram[1:2] >= b"\x80":
                    break
        except (BlockingIOError, ConnectionError):
            pass  # all read; or an ICMP error that the kernel reports here
        if batch:
            if len(batch[0]) == size:
                self._size = _LARGEST  # this one was cut: the sender trusts in IP fragments
            self._sink.take(batch)

    def _read_first(self, size: int) -> bytes:
        datagram, address = self._sock.recvfrom(size)
        self._look = False
        self._sink.link_up(str(address[0]), int(address[1]))
        return datagram

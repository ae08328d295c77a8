"""The way out of a stream to another platform: the same payload, our SSRC and sequence.

Over UDP a frame leaves by one system call (UDP_SEGMENT) where its packets are of one size.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Sequence

from tongshi.gateway.tcp import dial
from tongshi.media import sender
from tongshi.media.rtp import Frame

_UDP_SEGMENT = 103  # linux/udp.h
_SEGMENTS, _SEGMENT_BYTES = 60, 64_000  # under the kernel's 64 and 65,507
_LENGTH = struct.Struct("H")
_BUFFER = 1 << 20


class UdpRelay:
    """Sends by a connected UDP socket; what cannot be sent at once is dropped and counted."""

    def __init__(self, host: str, port: int, rtp: sender.Relay) -> None:
        """Raises OSError when the address is none."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.dropped = 0
        self._rtp = rtp
        self._segments = True
        self._sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._sock.setblocking(False)
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            self._sock.connect((host, port))
        except BaseException:
            self._sock.close()
            raise

    def take(self, frame: Frame) -> None:
        """Send *frame* on."""
        packets = self._rtp.rewrite(frame)
        if not self._segments or len(packets) < 2 or not even(packets):
            self._send_each(packets)
            return
        size = len(packets[0])
        step = min(_SEGMENTS, _SEGMENT_BYTES // size) or 1
        ancillary = [(socket.IPPROTO_UDP, _UDP_SEGMENT, _LENGTH.pack(size))]
        for at in range(0, len(packets), step):
            part = packets[at : at + step]
            try:
                self._sock.sendmsg(part, ancillary)
            except (BlockingIOError, ConnectionError):
                self.dropped += len(part)
            except OSError:
                # No segmentation here, or a path whose packets must be smaller.
                self._segments = False
                self._send_each(part)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def _send_each(self, packets: Sequence[bytes]) -> None:
        for packet in packets:
            try:
                self._sock.send(packet)
            except OSError:  # also ECONNREFUSED, by which nobody listening yet is told
                self.dropped += 1


def even(packets: Sequence[bytes]) -> bool:
    """Tell whether all packets are of one size, but for a shorter last one."""
    size = len(packets[0])
    return len(packets[-1]) <= size and all(len(packet) == size for packet in packets[:-1])


class TcpRelay(asyncio.Protocol):
    """Sends over a TCP connection; whole frames are dropped while the peer is slow."""

    def __init__(self, rtp: sender.Relay, limit: int, closed: Callable[[], None]) -> None:
        """limit: unsent bytes beyond which frames are dropped.  closed: the peer went away."""
        self.dropped = 0
        self._rtp = rtp
        self._limit = limit
        self._closed = closed
        self._transport: asyncio.WriteTransport | None = None

    async def connect(self, host: str, port: int, patience: float) -> None:
        """Connect; raises PeerSilent or EngineFailed(stage="connect")."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET

        def new_socket() -> socket.socket:
            sock = socket.socket(family)
            sock.setblocking(False)
            return sock

        sock = await dial((host, port), patience, new_socket)
        transport, _ = await asyncio.get_running_loop().create_connection(lambda: self, sock=sock)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """Tell that the peer is gone."""
        self._transport = None
        self._closed()

    def take(self, frame: Frame) -> None:
        """Send *frame* on."""
        packets = self._rtp.rewrite(frame)
        transport = self._transport
        if transport is None or transport.get_write_buffer_size() > self._limit:
            self.dropped += len(packets)
            return
        transport.write(sender.frame_rfc4571(packets))

    def close(self) -> None:
        """Close the connection without waiting for what is unsent."""
        if self._transport is not None:
            with contextlib.suppress(OSError):
                self._transport.abort()

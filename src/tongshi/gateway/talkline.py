"""The way of a talk's RTP to its listener, and of the listener's sound to us.

Nothing waits here: what the system does not take at once is dropped and counted, because late
speech is worth nothing.  Over TCP one packet is finished before the next begins, so that the
framing never breaks.

Source: GB/T 28181-2022 9.12.1, annex D; RFC 4571.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from typing import Protocol

from tongshi.errors import EngineFailed, Error, PeerSilent
from tongshi.gateway.tcp import dial
from tongshi.media.tcpframe import Framer
from tongshi.net.task import Supervisor

REFUSED_S = 5.0
"""How long a UDP port may be told to be closed before the line is lost: some open it late."""
STUCK_S = 10.0
"""How long a TCP peer may take nothing, s."""
_BATCH = 64  # datagrams of one socket before the others have their turn
_DATAGRAM = 2048
_CHUNK = 1 << 14
_UNSENT = 4096  # bytes the kernel may hold; Linux doubles it: about a second of speech
_PAUSE = 1.0  # s before a connection is made again; GB/T 28181-2022 D.1
_ERRORS = {
    socket.AF_INET: (socket.IPPROTO_IP, getattr(socket, "IP_RECVERR", 11)),
    socket.AF_INET6: (socket.IPPROTO_IPV6, getattr(socket, "IPV6_RECVERR", 25)),
}

_log = logging.getLogger(__name__)


class Ends(Protocol):
    """What a line tells.  Neither may raise."""

    def hear(self, packet: bytes) -> None:
        """Take an RTP packet of the listener."""

    def lose(self, error: Error) -> None:
        """Learn that the line is broken for good."""


class Line(Protocol):
    """A way to the listener."""

    refused: int
    """Connections, or datagrams, of strangers."""

    async def reach(self, host: str, port: int, *, follow: bool) -> None:
        """See ``Talks.start``."""

    def send(self, packet: bytes) -> bool:
        """Send an RTP packet; False when it was dropped."""

    def close(self) -> None:
        """Close every socket; nothing is told afterwards."""


class UdpLine:
    """A UDP socket, at the port that our description names.

    hosts: whose datagrams are taken; empty: everybody's.  refused: datagrams of others.
    """

    def __init__(self, sock: socket.socket, ends: Ends, hosts: tuple[str, ...] = ()) -> None:
        self.refused = 0
        self._sock = sock
        self._ends = ends
        self._target: tuple[str, int] | None = None
        self._follow = False
        self._refused_since: float | None = None
        self._loop = asyncio.get_running_loop()
        level, option = _ERRORS[sock.family]
        sock.setsockopt(level, option, 1)  # to be told that nobody listens there
        self._hosts = hosts
        self._loop.add_reader(sock.fileno(), self._read)

    async def reach(self, host: str, port: int, *, follow: bool) -> None:
        """Send there from now on."""
        self._target, self._follow = (host, port), follow

    def send(self, packet: bytes) -> bool:
        """Send *packet*; False when it could not be."""
        if self._target is None:
            return False
        try:
            self._sock.sendto(packet, self._target)
        except OSError:  # no room, no route, a host that is none, or what _read is told as well
            return False
        return True

    def close(self) -> None:
        """Close the socket."""
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    def _read(self) -> None:
        for _ in range(_BATCH):
            try:
                datagram, address = self._sock.recvfrom(_DATAGRAM)
            except OSError:
                self._read_errors()  # all read, or an error that stands in the other queue
                return
            if self._hosts and address[0] not in self._hosts:
                self.refused += 1
                continue
            if len(datagram) < 12 or datagram[0] >> 6 != 2 or 192 <= datagram[1] <= 223:
                continue  # not RTP: noise, or RTCP
            self._refused_since = None
            if self._follow:
                self._target = (str(address[0]), int(address[1]))
            self._ends.hear(datagram)

    def _read_errors(self) -> None:
        """Empty the queue of ICMP errors, which would wake us for ever."""
        for _ in range(_BATCH):
            try:
                self._sock.recvmsg(1, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return
            self._note_refusal()

    def _note_refusal(self) -> None:
        """Lose the line when the port has been closed for long."""
        now = time.monotonic()
        since = self._refused_since
        if since is None or now - since > 2 * REFUSED_S:  # the last one was another matter
            self._refused_since = now
        elif now - since >= REFUSED_S and self._target is not None:
            host, port = self._target
            self._target = None
            text = f"nobody listens at {host}:{port}"
            self._ends.lose(PeerSilent(text, timer="refused", stage="media"))


class _Pipe:
    """One connected socket: packets out as far as they fit, packets in."""

    def __init__(
        self, sock: socket.socket, hear: Callable[[bytes], None], broken: "Callable[[_Pipe], None]"
    ) -> None:
        self._sock = sock
        self._hear = hear
        self._broken = broken
        self._rest = b""
        self._framer = Framer()
        self._moved = time.monotonic()
        self._loop = asyncio.get_running_loop()
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNSENT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.add_reader(sock.fileno(), self._read)

    @property
    def stuck(self) -> bool:
        """Whether the peer has taken nothing for long."""
        return time.monotonic() - self._moved > STUCK_S

    def send(self, packet: bytes) -> bool:
        if self._rest:
            self._rest = self._write(self._rest)
            if self._rest:
                return False
        data = len(packet).to_bytes(2, "big") + packet
        left = self._write(data)
        if len(left) == len(data):
            return False
        self._rest = left
        return True

    def close(self) -> None:
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    def _write(self, data: bytes) -> bytes:
        """Return what of *data* the system did not take."""
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            return data
        except OSError:
            self._break()
            return data
        self._moved = time.monotonic()
        return data[sent:]

    def _read(self) -> None:
        try:
            data = self._sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._break()
            return
        for packet in self._framer.feed(data):
            if not 192 <= packet[1] <= 223:
                self._hear(packet)

    def _break(self) -> None:
        self.close()
        self._broken(self)


class TcpLine:
    """A TCP connection that the listener makes to us, or we to it, and make again when it breaks.

    passive: the listener connects.  hosts: from where it may; the newest connection counts, since
    a device that connects again has lost the one before.  patience: for a connection, s.
    """

    def __init__(
        self,
        sock: socket.socket,
        ends: Ends,
        hosts: tuple[str, ...],
        *,
        passive: bool,
        patience: float,
        tasks: Supervisor,
    ) -> None:
        self.refused = 0
        self._local: socket.socket | None = sock
        self._bound = sock.getsockname()[0]
        self._ends = ends
        self._hosts = hosts
        self._passive = passive
        self._patience = patience
        self._tasks = tasks
        self._address = ("", 0)
        self._pipe: _Pipe | None = None
        self._there = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._over = False
        self._loop = asyncio.get_running_loop()
        if passive:
            sock.listen(4)
            self._loop.add_reader(sock.fileno(), self._accept)

    async def reach(self, host: str, port: int, *, follow: bool) -> None:
        """Connect, or wait for the listener's connection."""
        if not self._passive:
            self._address = (host, port)
            await self._dial()
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._there.wait()
        except TimeoutError:
            text = "the listener did not connect for its sound"
            raise PeerSilent(text, timer="connect", stage="connect") from None
        if self._over:
            raise EngineFailed("closed before the listener connected", stage="connect")

    def send(self, packet: bytes) -> bool:
        """Send *packet*; False when there is no connection, or no room in it."""
        pipe = self._pipe
        if pipe is None:
            return False
        if pipe.send(packet):
            return True
        if pipe is self._pipe and pipe.stuck:
            self._lose(PeerSilent("the listener takes nothing", timer="stuck", stage="media"))
        return False

    def close(self) -> None:
        """Close connection and port."""
        self._over = True
        self._there.set()
        if self._watch is not None:
            self._watch.cancel()
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self._local is not None:
            if self._passive:
                self._loop.remove_reader(self._local.fileno())
            self._local.close()
            self._local = None

    def _accept(self) -> None:
        if self._local is None:
            return
        try:
            sock, address = self._local.accept()
        except OSError:
            return  # gone again, or no descriptor left
        if self._hosts and address[0] not in self._hosts:
            self.refused += 1
            sock.close()
            return
        self._take(sock)

    def _take(self, sock: socket.socket) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._watch is not None and self._passive:
            self._watch.cancel()
            self._watch = None
        self._pipe = _Pipe(sock, self._ends.hear, self._broken)
        self._there.set()

    async def _dial(self) -> None:
        sock = await dial(self._address, self._patience, self._take_socket)
        if self._over:
            sock.close()
            raise EngineFailed("closed while it was connected", stage="connect")
        self._take(sock)

    def _take_socket(self) -> socket.socket:
        """Return the socket whose port our answer named, at first; later any of that address."""
        if self._local is not None:
            sock, self._local = self._local, None
            return sock
        sock = socket.socket(socket.AF_INET6 if ":" in self._bound else socket.AF_INET)
        sock.setblocking(False)
        sock.bind((self._bound, 0))
        return sock

    def _broken(self, pipe: _Pipe) -> None:
        if pipe is self._pipe:
            self._pipe = None
            self._there.clear()
            self._watch = self._tasks.start(self._restore(), name="talk-line")

    async def _restore(self) -> None:
        """Have the connection made again, or lose the line."""
        try:
            if self._passive:
                await self.reach("", 0, follow=False)
            else:
                await asyncio.sleep(_PAUSE)
                await self._dial()
        except (PeerSilent, EngineFailed) as error:
            self._watch = None
            if not self._over:
                self._lose(PeerSilent(str(error), timer="connect", stage="connect"))

    def _lose(self, error: Error) -> None:
        _log.info("event=talk_line_lost error=%s", error)
        self.close()
        self._ends.lose(error)

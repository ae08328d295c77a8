"""TCP for a core: a server that outlives its peers' misbehaviour, and a dialer.

| the peer | what happens |
|---|---|
| connects and sends nothing, or no whole message | closed after ``idle`` s |
| sends what is no message | closed after 64 KiB of it |
| never reads | closed when 256 KiB wait for it |
| is one too many | the connection that was silent longest goes, if none is kept |
| uses up the file descriptors | the same, and accepting rests for a moment |

A connection that proved itself is kept (:meth:`TcpServer.keep`) and ends only by its own fault,
until it is of no use any more (:meth:`TcpServer.release`).
"""

import asyncio
import contextlib
import errno
import logging
import socket
from collections import Counter, OrderedDict
from typing import Any

from tongshi.errors import PeerSilent
from tongshi.net.carrier import Carrier
from tongshi.net.connection import Connection
from tongshi.sip.address import Address

BACKLOG = 1024
"""Connections that the kernel holds until they are accepted."""
ACCEPTS = 64
"""Connections accepted before other sockets get their turn."""
REST = 0.2
"""Pause of accepting when descriptors or memory are used up, s."""
_USED_UP = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

_log = logging.getLogger(__name__)


class TcpServer:
    """One listening socket and its connections.  Make it in a running loop.

    limit: connections at the most.  idle: s, in which a connection that is not kept must send a
    whole message, again and again.
    counters: accepted, refused, evicted, idle, rests, and ended.
    """

    def __init__(
        self,
        carrier: Carrier[Any],
        host: str,
        port: int,
        *,
        limit: int = 20_000,
        idle: float = 30.0,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._carrier = carrier
        self._limit = limit
        self._idle = idle
        self._connections: dict[str, Connection] = {}
        self._unproven: OrderedDict[str, Connection] = OrderedDict()  # longest silent first
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._resume: asyncio.TimerHandle | None = None
        self._socket = _listen(host, port)
        self.host, self.port = self._socket.getsockname()[:2]
        self._loop.add_reader(self._socket.fileno(), self._accept)

    def __len__(self) -> int:
        return len(self._connections)

    def keep(self, local: str) -> None:
        """Exempt the connection called *local* from the idle rule: its peer has proved itself."""
        connection = self._connections.get(local)
        if connection is not None:
            connection.kept = True
            self._unproven.pop(local, None)

    def release(self, local: str) -> None:
        """Let the idle rule hold again for the connection called *local*, from now on."""
        connection = self._connections.get(local)
        if connection is not None and connection.kept:
            connection.kept = False
            connection.heard = self._loop.time()
            self._unproven[local] = connection
            self._watch()

    def end(self, local: str, why: str) -> None:
        """Close the connection called *local*, if it is one of ours."""
        connection = self._connections.get(local)
        if connection is not None:
            connection.end(why)

    def own(self, local: str) -> str:
        """Return our own host on the connection *local*, ``""`` when it is none of ours."""
        connection = self._connections.get(local)
        return connection.own[0] if connection is not None else ""

    def close(self) -> None:
        """Stop listening and close every connection."""
        for timer in (self._timer, self._resume):
            if timer is not None:
                timer.cancel()
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
        for connection in list(self._connections.values()):
            connection.end("listener closed")

    def _accept(self) -> None:
        for _ in range(ACCEPTS):
            try:
                sock, peer = self._socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _USED_UP:
                    self._rest(error)
                    return
                self.counters["refused"] += 1  # the peer had gone again
                continue
            self._welcome(sock, peer)

    def _welcome(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        if len(self._connections) >= self._limit and not self._evict():
            self.counters["refused"] += 1
            sock.close()
            return
        try:
            connection = Connection(sock, peer, self._carrier, self._ended)
        except OSError:  # it went away between accept and here
            self.counters["refused"] += 1
            sock.close()
            return
        self.counters["accepted"] += 1
        local = connection.address.local
        self._connections[local] = self._unproven[local] = connection
        self._watch()

    def _evict(self) -> bool:
        """End the unproven connection that has been silent longest; False when there is none."""
        if not self._unproven:
            return False
        self._refresh()
        oldest = next(iter(self._unproven.values()))
        self.counters["evicted"] += 1
        oldest.end("pushed out by newer ones")
        return True

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(self._idle, self._sweep)

    def _refresh(self) -> None:
        """Bring one that spoke since from the front to the back; one step, so the cost is flat."""
        local, front = next(iter(self._unproven.items()))
        if front.messages:
            front.messages = 0
            self._unproven.move_to_end(local)

    def _rest(self, error: OSError) -> None:
        self.counters["rests"] += 1
        _log.warning("accept port=%d error=%s connections=%d", self.port, error, len(self))
        self._evict()
        self._loop.remove_reader(self._socket.fileno())
        self._resume = self._loop.call_later(REST, self._go_on)

    def _go_on(self) -> None:
        self._resume = None
        self._loop.add_reader(self._socket.fileno(), self._accept)
        self._accept()

    def _sweep(self) -> None:
        """End what has been silent too long.  The front is always the longest silent or moves."""
        self._timer = None
        now = self._loop.time()
        while self._unproven:
            local, front = next(iter(self._unproven.items()))
            if front.heard + self._idle <= now:
                self.counters["idle"] += 1
                front.end("idle")
            elif front.messages:
                front.messages = 0
                self._unproven.move_to_end(local)
            else:
                self._timer = self._loop.call_at(front.heard + self._idle, self._sweep)
                return

    def _ended(self, connection: Connection, why: str) -> None:
        self.counters["ended"] += 1
        self._connections.pop(connection.address.local, None)
        self._unproven.pop(connection.address.local, None)


class Dialer:
    """Opens connections for a core and owns them."""

    def __init__(self, carrier: Carrier[Any]) -> None:
        self._carrier = carrier
        self._connections: dict[str, Connection] = {}

    def __len__(self) -> int:
        return len(self._connections)

    async def connect(self, host: str, port: int, *, within: float = 5.0) -> Address:
        """Return the address that reaches *host* over a new connection.

        within: s.  Raises PeerSilent(stage="connect") when nobody answers or it is refused.
        """
        loop = asyncio.get_running_loop()
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        sock.setblocking(False)
        try:
            async with asyncio.timeout(within):
                await loop.sock_connect(sock, (host, port))
            connection = Connection(sock, (host, port), self._carrier, self._ended)
        except (OSError, TimeoutError) as error:
            sock.close()
            raise PeerSilent(
                f"no TCP connection to {host}:{port}: {str(error) or 'timed out'}",
                timer="connect",
                stage="connect",
            ) from None
        except BaseException:
            sock.close()
            raise
        self._connections[connection.address.local] = connection
        return connection.address

    def own(self, local: str) -> tuple[str, int]:
        """Return our own host and port on the connection *local*; ``("", 0)`` when it is gone."""
        connection = self._connections.get(local)
        return connection.own if connection is not None else ("", 0)

    def end(self, local: str) -> None:
        """Close the connection *local*, if it is open."""
        connection = self._connections.get(local)
        if connection is not None:
            connection.end("closed here")

    def close(self) -> None:
        """Close every connection."""
        for connection in list(self._connections.values()):
            connection.end("closed here")

    def _ended(self, connection: Connection, why: str) -> None:
        self._connections.pop(connection.address.local, None)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock

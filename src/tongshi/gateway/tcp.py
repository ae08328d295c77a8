"""TCP connections that carry a stream's RTP: made to us, or by us.

Source: GB/T 28181-2022 annex D; RFC 4571.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Callable

from tongshi.errors import EngineFailed, PeerSilent
from tongshi.gateway.receive import BUFFER, Sink
from tongshi.net.task import Supervisor

_CHUNK = 1 << 16
_CANDIDATES = 4  # connections that may compete to be the sender
_SILENT = 3.0  # s after which another connection may take a sender's place
_ATTEMPTS, _PAUSE = 3, 1.0  # GB/T 28181-2022 D.1: not under three, not under 1 s apart

_log = logging.getLogger(__name__)


class _Connection:
    """One TCP connection that may carry the stream.

    heard: when it last brought something (monotonic, s).
    """

    def __init__(
        self,
        sock: socket.socket,
        peer: tuple[str, int],
        take: "Callable[[_Connection, bytes], None]",
        closed: "Callable[[_Connection], None]",
    ) -> None:
        self.peer = peer
        self.heard = time.monotonic()
        self._sock = sock
        self._take = take
        self._closed = closed
        self._loop = asyncio.get_running_loop()
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._loop.add_reader(sock.fileno(), self._read)

    def close(self) -> None:
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    def _read(self) -> None:
        try:
            data = self._sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.heard = time.monotonic()
            self._take(self, data)
        else:
            self.close()
            self._closed(self)


def is_framed(data: bytes) -> bool | None:
    """Tell whether a connection that begins with *data* carries RTP; None: too early to say.

    Source: RFC 4571 2; the ``$`` form of RFC 2326 10.12, and a vendor's prefix of 256 bytes that
    begins 01 00, are seen in the field as well.
    """
    if data.startswith(b"\x01\x00"):
        return True
    at = 4 if data.startswith(b"$") else 2
    return data[at] >> 6 == 2 if len(data) > at else None


class TcpListener:
    """A port on which the device connects; the first that sends RTP is the sender.

    Connections that send something else, or nothing within *patience* seconds, are closed, and
    so are those beyond a handful.  A sender that fell silent gives way to the next.

    refused: connections of other hosts than the one insisted on.
    """

    def __init__(self, sock: socket.socket, sink: Sink, patience: float) -> None:
        self._sock = sock
        self._sink = sink
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._chosen: _Connection | None = None
        self._host = ""
        self.refused = 0
        self._begun: dict[_Connection, bytes] = {}
        self._timers: dict[_Connection, asyncio.TimerHandle] = {}
        sock.listen(_CANDIDATES)
        self._loop.add_reader(sock.fileno(), self._accept)

    def insist(self, host: str) -> None:
        """Take connections of *host* alone from now on; what others have begun is closed."""
        self._host = host
        for connection in tuple(self._begun):
            if connection.peer[0] != host:
                self.refused += 1
                self._discard(connection)
        chosen = self._chosen
        if chosen is not None and chosen.peer[0] != host:
            self.refused += 1
            chosen.close()
            self._closed(chosen)

    def close(self) -> None:
        """Close the port and all connections."""
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()
        for connection in tuple(self._begun):
            self._discard(connection)
        if self._chosen is not None:
            self._chosen.close()
            self._chosen = None

    def _accept(self) -> None:
        try:
            sock, address = self._sock.accept()
        except OSError:
            return  # gone again, or no descriptor left: the next event tries anew
        if self._host and address[0] != self._host:
            self.refused += 1
            sock.close()
            return
        chosen = self._chosen
        busy = chosen is not None and time.monotonic() - chosen.heard < _SILENT
        if busy or len(self._begun) >= _CANDIDATES:
            sock.close()
            return
        connection = _Connection(sock, (address[0], address[1]), self._take, self._closed)
        self._begun[connection] = b""
        self._timers[connection] = self._loop.call_later(self._patience, self._discard, connection)

    def _take(self, connection: _Connection, data: bytes) -> None:
        if connection is not self._chosen:
            data = self._begun[connection] + data
            framed = is_framed(data)
            if framed is None:
                self._begun[connection] = data
                return
            if not framed:
                self._discard(connection)
                return
            self._choose(connection)
        self._sink.take_bytes(data)

    def _choose(self, connection: _Connection) -> None:
        del self._begun[connection]
        self._timers.pop(connection).cancel()
        for other in tuple(self._begun):
            self._discard(other)
        if self._chosen is not None:
            self._chosen.close()
            self._sink.link_down()
        self._chosen = connection
        self._sink.link_up(*connection.peer)

    def _closed(self, connection: _Connection) -> None:
        if connection is self._chosen:
            self._chosen = None
            self._sink.link_down()
        else:
            self._discard(connection)

    def _discard(self, connection: _Connection) -> None:
        """Close one that waits."""
        if self._begun.pop(connection, None) is not None:
            self._timers.pop(connection).cancel()
            connection.close()


class TcpDialer:
    """A connection that we open to the sender, and open again when it breaks.

    address: of the sender.  patience: for all attempts together, s.
    """

    def __init__(
        self,
        local: socket.socket,
        address: tuple[str, int],
        sink: Sink,
        tasks: Supervisor,
        patience: float,
    ) -> None:
        self._local: socket.socket | None = local
        self._address = address
        self._tasks = tasks
        self._bound = local.getsockname()[0]
        self._sink = sink
        self._patience = patience
        self._connection: _Connection | None = None
        self._again: asyncio.Task[None] | None = None
        self._over = False

    async def connect(self) -> None:
        """Connect; raises PeerSilent or EngineFailed(stage="connect")."""
        sock = await dial(self._address, self._patience, self._take_socket)
        if self._over:
            sock.close()
            raise EngineFailed("closed while it was connected", stage="connect")
        self._connection = _Connection(
            sock, self._address, lambda _, data: self._sink.take_bytes(data), self._closed
        )
        self._sink.link_up(*self._address)

    def close(self) -> None:
        """Close the connection, or stop trying."""
        self._over = True
        if self._again is not None:
            self._again.cancel()
        if self._connection is not None:
            self._connection.close()
        if self._local is not None:
            self._local.close()
            self._local = None

    def _take_socket(self) -> socket.socket:
        """Return the socket whose port the offer named, at first; later any of that address."""
        if self._local is not None:
            sock, self._local = self._local, None
            return sock
        sock = socket.socket(socket.AF_INET6 if ":" in self._bound else socket.AF_INET)
        sock.setblocking(False)
        sock.bind((self._bound, 0))
        return sock

    def _closed(self, connection: _Connection) -> None:
        self._connection = None
        self._sink.link_down()
        self._again = self._tasks.start(self._reconnect(), name="reconnect")

    async def _reconnect(self) -> None:
        await asyncio.sleep(_PAUSE)
        try:
            await self.connect()
        except (PeerSilent, EngineFailed) as error:
            _log.info("event=media_link_not_restored peer=%s:%d error=%s", *self._address, error)


async def dial(
    address: tuple[str, int], patience: float, new_socket: Callable[[], socket.socket]
) -> socket.socket:
    """Return a connected socket: at least three attempts, each begun 1 s or more after the last.

    patience: for all attempts together, s; a third of it for each.
    Raises PeerSilent when the last attempt found nobody, EngineFailed when it was refused.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    attempt = 0
    while True:
        attempt += 1
        begun = loop.time()
        try:
            return await _try(address, patience / _ATTEMPTS, new_socket)
        except TimeoutError:
            error: PeerSilent | EngineFailed = PeerSilent(
                f"no TCP connection to {address[0]}:{address[1]}", timer="connect", stage="connect"
            )
        except OSError as why:
            error = EngineFailed(f"TCP to {address[0]}:{address[1]}: {why}", stage="connect")
        if attempt >= _ATTEMPTS and loop.time() + _PAUSE > deadline:
            raise error
        await asyncio.sleep(max(0.0, begun + _PAUSE - loop.time()))


async def _try(
    address: tuple[str, int], patience: float, new_socket: Callable[[], socket.socket]
) -> socket.socket:
    sock = new_socket()
    try:
        async with asyncio.timeout(patience):
            await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock

"""Who talks and who hears, for tests: a mouth that speaks in time, ears that keep all of it."""

import asyncio
import math
import socket
import time
from collections.abc import Callable

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tongshi.media.g711 import RATE, encode
from tongshi.media.rtp import Packet
from tongshi.media.tcpframe import Framer
from tongshi.media.unit import Codec
from tongshi.testing.viewer import carrying

FRAME = RATE // 50
"""Samples that a browser sends at once: 20 ms."""


def tone(seconds: float, *, hertz: float = 440.0, level: float = 0.5) -> bytes:
    """Return a swelling tone in G.711A: no two stretches of it are alike for long."""
    count = round(seconds * RATE)
    swell = [level * (0.3 + 0.7 * at / count) for at in range(count)]
    samples = [
        round(32767 * swell[at] * math.sin(2 * math.pi * hertz * at / RATE)) for at in range(count)
    ]
    return encode(Codec.G711A, samples)


async def poll(true: Callable[[], bool], within: float = 10.0) -> None:
    """Return once *true* says so; raises AssertionError when it does not *within* s."""
    for _ in range(round(within / 0.01)):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


class Mouth(WSListener):
    """A browser's end of a talk.

    texts, sounds: what it was sent.  sent: when each frame left (monotonic, s).
    """

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.sounds: list[bytes] = []
        self.sent: list[float] = []
        self.over = asyncio.Event()
        self._transport: WSTransport | None = None

    @classmethod
    async def open(cls, url: str, cookie: str = "") -> "Mouth":
        """Connect; raises picows.WSHandshakeError when the ticket does not count.

        cookie: of the sign-in that asked.
        """
        _, listener = await ws_connect(cls, url, extra_headers=carrying(cookie))
        assert isinstance(listener, cls)
        return listener

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Take the connection over."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Keep what comes."""
        if frame.msg_type is WSMsgType.TEXT:
            self.texts.append(frame.get_payload_as_utf8_text())
        elif frame.msg_type is WSMsgType.BINARY:
            self.sounds.append(frame.get_payload_as_bytes())
        elif frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Note the end."""
        self._transport = None
        self.over.set()

    def send(self, samples: bytes) -> None:
        """Send one message as it is."""
        if self._transport is not None:
            self._transport.send(WSMsgType.BINARY, samples)
            self.sent.append(time.monotonic())

    async def say(self, samples: bytes, frame: int = FRAME) -> None:
        """Send *samples* at the pace of speech."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        for at in range(0, len(samples), frame):
            await asyncio.sleep(max(0.0, due - loop.time()))
            self.send(samples[at : at + frame])
            due += frame / RATE

    def close(self) -> None:
        """Go away."""
        if self._transport is not None:
            self._transport.disconnect()


class Ear:
    """A listener's end: keeps every packet, and when it came (monotonic, s)."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.times: list[float] = []
        self.closed = asyncio.Event()
        self._more = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._ends: list[Callable[[], None]] = []
        self._over = False

    def samples(self) -> bytes:
        """Return what was heard, in the order of its coming."""
        return b"".join(packet.payload for packet in self.packets)

    async def until(self, true: Callable[["Ear"], bool], within: float = 10.0) -> None:
        """Wait until what was heard is *true*."""
        async with asyncio.timeout(within):
            while not true(self):
                self._more.clear()
                await self._more.wait()

    async def close(self) -> None:
        """Hear no more."""
        self._over = True
        for task in self._tasks:
            task.cancel()
        for end in self._ends:
            end()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    def _take(self, data: bytes) -> None:
        self.packets.append(Packet.parse(data))
        self.times.append(time.monotonic())
        self._more.set()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        framer = Framer()
        while data := await reader.read(4096):
            for packet in framer.feed(data):
                self._take(packet)
        self.closed.set()


class UdpEar(Ear):
    """Hears at a UDP port of the loopback.

    port: where.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__()
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind((host, 0))
        self._sock.setblocking(False)
        self.port = int(self._sock.getsockname()[1])
        loop = asyncio.get_running_loop()
        loop.add_reader(self._sock.fileno(), self._receive)
        self._ends.append(self._shut)

    def send(self, data: bytes, port: int, host: str = "127.0.0.1") -> None:
        """Send a datagram from where we hear."""
        self._sock.sendto(data, (host, port))

    def _receive(self) -> None:
        self._take(self._sock.recv(2048))

    def _shut(self) -> None:
        if self._sock.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._sock.fileno())
            self._sock.close()


class TcpEar(Ear):
    """Hears over TCP: listens (``listen``) or connects (``connect``).

    port: where it listens.
    """

    def __init__(self) -> None:
        super().__init__()
        self.port = 0
        self.joined = asyncio.Event()
        self.writer: asyncio.StreamWriter | None = None

    async def listen(self) -> None:
        """Wait for a connection at a free port of the loopback."""
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port = int(server.sockets[0].getsockname()[1])
        self._ends.append(server.close)

    async def connect(self, port: int) -> None:
        """Connect to *port* of the loopback."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await self._meet(reader, writer)

    def hang_up(self) -> None:
        """Break the connection."""
        if self.writer is not None:
            self.writer.transport.abort()
            self.writer = None

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._ends.append(writer.transport.abort)
        if self._over:
            writer.transport.abort()
        self._tasks.append(asyncio.create_task(self._read(reader)))
        self.joined.set()

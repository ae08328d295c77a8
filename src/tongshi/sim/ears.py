"""A simulated loudspeaker: it takes G.711A over UDP or TCP, and keeps what it hears.

A two-way talk speaks through it as well: the tone of :mod:`tongshi.sim.tone`, 20 ms a packet.
What is kept is bounded; the oldest goes first.

Source: GB/T 28181-2022 9.12, annexes C and D.
"""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tongshi.errors import RemoteProtocolError
from tongshi.media import g711
from tongshi.media.rtp import Packet
from tongshi.media.sender import Sender, frame_rfc4571
from tongshi.media.tcpframe import Framer
from tongshi.media.unit import Codec
from tongshi.sim import tone

KEPT_S = 120
"""Longest sound kept, s."""
PTIME_S = 0.02
"""Sound in a packet of ours."""
CONNECT_S = 5.0
_PCMA = 8
_LARGEST = 65536


@dataclass(slots=True)
class EarCounts:
    """What came: packets, samples, holes in the numbering, and what was no sound."""

    packets: int = 0
    samples: int = 0
    lost: int = 0
    strange: int = 0
    spoken: int = 0


class Ears:
    """One way in for sound.  Make it in a running loop, and close it.

    tcp, active: how the sound comes; active connects to the other side in :meth:`start`.
    on_end: called when a TCP connection is lost; not after :meth:`close`.
    """

    def __init__(
        self,
        host: str,
        *,
        tcp: bool = False,
        active: bool = False,
        on_end: Callable[[str], None] = lambda why: None,
    ) -> None:
        self.counts = EarCounts()
        self._kept: deque[bytes] = deque()
        self._size = 0
        self._last: int | None = None
        self._loop = asyncio.get_running_loop()
        self._on_end = on_end
        self._closed = False
        self._tcp, self._active = tcp, active
        self._framer = Framer()
        self._link: socket.socket | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._target: tuple[str, int] | None = None
        self._sender: Sender | None = None
        self._spoken = 0
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
        self._socket = socket.socket(family, kind)
        self._socket.setblocking(False)
        # An active side names port 9, discard, where it has none to offer (RFC 4145 4.1).
        self.port = 9
        if not (tcp and active):
            self._socket.bind((host, 0))
            self.port = int(self._socket.getsockname()[1])
        if tcp and not active:
            self._socket.listen(1)
        if not tcp:
            self._loop.add_reader(self._socket.fileno(), self._read_datagrams)

    def heard(self) -> bytes:
        """Return the sound kept, A-law, oldest first."""
        return b"".join(self._kept)

    def samples(self) -> bytes:
        """Return the sound kept as 16-bit little-endian samples, 8 kHz."""
        return g711.decode(Codec.G711A, self.heard())

    def start(self, host: str, port: int, *, speak: int | None = None) -> None:
        """Take sound from now on.

        host, port: the other side's.  speak: SSRC of the sound to send there; None sends none.
        """
        self._target = (host, port)
        if self._tcp:
            self._task = self._loop.create_task(self._open(host, port))
        if speak is not None:
            self._sender = Sender(speak, payload_type=_PCMA)
            self._speak()

    def close(self) -> None:
        """Hear no more; what was heard is kept."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        for link in (self._socket, self._link):
            if link is not None and link.fileno() >= 0:
                self._loop.remove_reader(link.fileno())
                link.close()

    def _speak(self) -> None:
        """Send the next packet of the tone; come back for the one after."""
        self._timer = self._loop.call_later(PTIME_S, self._speak)
        size = int(g711.RATE * PTIME_S)
        sender, target = self._sender, self._target
        if sender is None or target is None or (self._tcp and self._link is None):
            return
        packets = sender.packets_of(tone.listen(self._spoken, self._spoken + size), self._spoken)
        self._spoken += size
        self.counts.spoken += size
        with contextlib.suppress(OSError):
            if self._link is not None:
                self._link.send(frame_rfc4571(packets))
            else:
                self._socket.sendto(packets[0], target)

    async def _open(self, host: str, port: int) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                if self._active:
                    await self._loop.sock_connect(self._socket, (host, port))
                    self._link = self._socket
                else:
                    self._link, _ = await self._loop.sock_accept(self._socket)
        except (OSError, TimeoutError) as error:
            self._end(f"no connection for sound: {error or 'timed out'}")
            return
        self._link.setblocking(False)
        self._loop.add_reader(self._link.fileno(), self._read_stream)

    def _read_datagrams(self) -> None:
        while True:
            try:
                data = self._socket.recv(_LARGEST)
            except OSError:  # nothing left, or an ICMP error for what was spoken
                return
            self._take(data)

    def _read_stream(self) -> None:
        if self._link is None:
            return
        try:
            data = self._link.recv(_LARGEST)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(error.strerror or "connection lost")
            return
        if not data:
            self._end("connection of sound closed by peer")
            return
        for packet in self._framer.feed(data):
            self._take(packet)

    def _take(self, data: bytes) -> None:
        try:
            packet = Packet.parse(data)
        except RemoteProtocolError:
            self.counts.strange += 1
            return
        if packet.payload_type != _PCMA:
            self.counts.strange += 1
            return
        if self._last is not None:
            self.counts.lost += (packet.sequence - self._last - 1) % 65536
        self._last = packet.sequence
        self.counts.packets += 1
        self.counts.samples += len(packet.payload)
        self._kept.append(packet.payload)
        self._size += len(packet.payload)
        while self._size > KEPT_S * g711.RATE:
            self._size -= len(self._kept.popleft())

    def _end(self, why: str) -> None:
        if not self._closed:
            self.close()
            self._on_end(why)

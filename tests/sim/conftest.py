"""A platform on sockets, and a witness who looks at what a simulated camera sends."""

import asyncio
import secrets
import socket
from collections.abc import Callable
from typing import Self

import av
import pytest

from tongshi.clock import SystemClock
from tongshi.gb28181.description import Setup, StreamStyle
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.session import Caller
from tongshi.gb28181.steps import Ended, Established, Failed
from tongshi.media.stream import Pipeline
from tongshi.media.unit import AccessUnit, Codec
from tongshi.net.carrier import Carrier
from tongshi.net.tcp import TcpServer
from tongshi.net.udp import UdpServer
from tongshi.sim.platform import Moved, Platform, PlatformEvent
from tongshi.sim.scene import read_counter

PLATFORM_ID = "34020000002000000001"
SSRC = "0200000007"


async def until(done: Callable[[], object], *, seconds: float = 15.0) -> None:
    """Wait until *done* is true; the time-out is for defects only."""
    for _ in range(round(seconds / 0.01)):
        if done():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


class Witness:
    """Receives one stream, and reads its pictures' counters."""

    def __init__(self) -> None:
        self.pipeline = Pipeline(payload_types=[(96, "PS")], freeze=False)
        self.units: list[AccessUnit] = []
        self.datagrams: list[bytes] = []
        self.pipeline.units.append(self.units.append)
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket.fileno(), self._read)
        self._server: asyncio.Server | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.writers: list[asyncio.StreamWriter] = []

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    async def listen(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def connect(self, host: str, port: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        self._tasks.append(asyncio.create_task(self._serve(reader, writer)))

    async def close(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        for writer in self.writers:
            writer.close()
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def pictures(self) -> list[AccessUnit]:
        return [unit for unit in self.units if not unit.codec.is_audio]

    @property
    def sounds(self) -> list[AccessUnit]:
        return [unit for unit in self.units if unit.codec.is_audio]

    def counters(self) -> list[int | None]:
        """Decode everything from the first key frame and read each picture's counter."""
        pictures = self.pictures
        decoder = av.CodecContext.create("hevc" if pictures[0].codec is Codec.H265 else "h264", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        shown = []
        for unit in pictures:
            packet = av.Packet(unit.data)
            shown += decoder.decode(packet)
        shown += decoder.decode(None)
        return [read_counter(frame.to_ndarray(format="rgb24")) for frame in shown]

    def _read(self) -> None:
        while True:
            try:
                data = self._socket.recv(2048)
            except BlockingIOError:
                return
            self.datagrams.append(data)
            self.pipeline.receive([data], self._loop.time())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        while data := await reader.read(65536):
            self.pipeline.receive_bytes(data, self._loop.time())


class Office:
    """The simulated platform on real sockets, UDP and TCP."""

    def __init__(self, *, interval: float = 60.0, part_gap: float = 0.3) -> None:
        self.events: list[PlatformEvent] = []
        self.platform = Platform(
            PLATFORM_ID,
            "secret",
            contact=("127.0.0.1", 5060),
            new_token=lambda: secrets.token_hex(8),
            clock=SystemClock(),
            interval=interval,
            part_gap=part_gap,
        )
        self.carrier: Carrier[PlatformEvent] = Carrier(self.platform, self.events.append)
        self.udp = UdpServer(self.carrier, "127.0.0.1", 0)
        self.port = self.udp.port
        self.tcp = TcpServer(self.carrier, "127.0.0.1", self.port)
        self.platform.contact = ("127.0.0.1", self.port)
        self._loop = asyncio.get_running_loop()
        self.witnesses: list[Witness] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for witness in self.witnesses:
            await witness.close()
        self.tcp.close()
        self.udp.close()
        self.carrier.close()

    def seen(self, kind: type[PlatformEvent]) -> list[PlatformEvent]:
        return [event for event in self.events if isinstance(event, kind)]

    def outcome(self, caller: Caller) -> Established | Failed | Ended | None:
        """Return the last thing that happened to a session."""
        steps = [e.event for e in self.events if isinstance(e, Moved) and e.caller is caller]
        final = [e for e in steps if isinstance(e, Established | Failed | Ended)]
        return final[-1] if final else None

    def query(self, device_id: str) -> None:
        self.platform.query(device_id, self._loop.time())
        self.carrier.pump()

    def hang_up(self, caller: Caller) -> None:
        self.platform.hang_up(caller, self._loop.time())
        self.carrier.pump()

    async def call(
        self,
        device_id: str,
        channel_id: str,
        *,
        tcp: bool = False,
        setup: Setup | None = None,
        stream: int | None = None,
        port: int | None = None,
    ) -> tuple[Caller, Witness]:
        """Ask for live media, and let a witness take it."""
        witness = Witness()
        self.witnesses.append(witness)
        where = witness.port
        if tcp and setup is Setup.PASSIVE:
            where = await witness.listen()
        offer = Offer(
            owner=PLATFORM_ID,
            host="127.0.0.1",
            port=where if port is None else port,
            tcp=tcp,
            setup=setup,
            ssrc=SSRC,
            stream=stream,
            stream_style=StreamStyle.STREAMNUMBER,
        )
        caller = self.platform.invite(device_id, channel_id, offer, self._loop.time())
        self.carrier.pump()
        await until(lambda: self.outcome(caller) is not None)
        outcome = self.outcome(caller)
        if tcp and setup is Setup.ACTIVE and isinstance(outcome, Established):
            await witness.connect(outcome.answer.host, outcome.answer.port)
        return caller, witness


@pytest.fixture(name="office_of")
def _office_of() -> type[Office]:
    return Office

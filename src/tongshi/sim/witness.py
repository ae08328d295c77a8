"""One who looks at what a device sends: receives, takes apart, decodes, reads the counters."""

import asyncio
import socket
from collections.abc import Sequence

import av

from tongshi.errors import EngineFailed
from tongshi.media.stream import Pipeline
from tongshi.media.unit import AccessUnit, Codec
from tongshi.sim.strip import read_counter

_LARGEST = 65536


class Witness:
    """Receives one stream on the loopback interface, over UDP or TCP.

    units: every access unit that came whole or damaged.  datagrams: over UDP, as they came.
    Make it in a running loop.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.pipeline = Pipeline(payload_types=[(96, "PS")], freeze=False)
        self.units: list[AccessUnit] = []
        self.datagrams: list[bytes] = []
        self.pipeline.units.append(self.units.append)
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind((host, 0))
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket.fileno(), self._read)
        self._server: asyncio.Server | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def port(self) -> int:
        """The UDP port it receives on."""
        return int(self._socket.getsockname()[1])

    @property
    def pictures(self) -> list[AccessUnit]:
        """The units that are pictures."""
        return [unit for unit in self.units if not unit.codec.is_audio]

    @property
    def sounds(self) -> list[AccessUnit]:
        """The units that are sound."""
        return [unit for unit in self.units if unit.codec.is_audio]

    async def listen(self) -> int:
        """Await a TCP connection; returns the port."""
        self._server = await asyncio.start_server(self._serve, self._host, 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def connect(self, host: str, port: int) -> None:
        """Open a TCP connection.  Raises OSError."""
        reader, writer = await asyncio.open_connection(host, port)
        self._tasks.append(asyncio.create_task(self._serve(reader, writer)))

    def hang_up(self) -> None:
        """Close the TCP connections, if any."""
        for writer in self._writers:
            writer.close()

    async def close(self) -> None:
        """Close everything."""
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        self.hang_up()
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        closing = [writer.wait_closed() for writer in self._writers]
        await asyncio.gather(*self._tasks, *closing, return_exceptions=True)

    def counters(self) -> list[int | None]:
        """Return the counter of each picture so far, None where it cannot be read."""
        return read_counters(self.pictures)

    def _read(self) -> None:
        while True:
            try:
                data = self._socket.recv(_LARGEST)
            except BlockingIOError:
                return
            self.datagrams.append(data)
            self.pipeline.receive([data], self._loop.time())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        while data := await reader.read(_LARGEST):
            self.pipeline.receive_bytes(data, self._loop.time())


def read_counters(pictures: Sequence[AccessUnit]) -> list[int | None]:
    """Decode *pictures*, which begin with a key frame, and return the counter of each.

    Raises EngineFailed when they cannot be decoded.
    """
    if not pictures:
        return []
    name = "hevc" if pictures[0].codec is Codec.H265 else "h264"
    decoder = av.CodecContext.create(name, "r")
    if not isinstance(decoder, av.VideoCodecContext):
        raise EngineFailed(f"no decoder for {name}", stage="decode")
    shown: list[av.VideoFrame] = []
    try:
        for unit in pictures:
            shown += decoder.decode(av.Packet(unit.data))
        shown += decoder.decode(None)
    except av.error.FFmpegError as error:
        raise EngineFailed(f"decoding failed: {error}", stage="decode") from error
    return [read_counter(frame.to_ndarray(format="rgb24")) for frame in shown]

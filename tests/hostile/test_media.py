"""A good stream and its viewer, and peers that mean no good, on real sockets."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tongshi.gateway import viewers
from tongshi.gateway.engine import Figures, Receive, Transport
from tongshi.gateway.engines.builtin import Local
from tongshi.media.unit import AccessUnit, Codec
from tongshi.settings import MediaSettings
from tongshi.testing.clip import bursts, encode
from tongshi.testing.viewer import watch
from tongshi.testing.weight import weigh

pytestmark = pytest.mark.network
HOST, ELSEWHERE = "127.0.0.1", "127.0.0.66"
SETTINGS = MediaSettings(
    workers=0, listen=HOST, ports_from=0, ports_to=0, viewer_listen=f"{HOST}:0", transcodes=1
)
PS = ((96, "PS"),)


@pytest.fixture(scope="module")
def units() -> list[AccessUnit]:
    return encode(Codec.H264, 60, gop=10)


@pytest.fixture(scope="module")
def film(units: list[AccessUnit]) -> list[list[bytes]]:
    """The packets of each picture."""
    return list(bursts(units))


class Town:
    """An engine with one open stream, of SSRC 1, and who sends to it."""

    def __init__(self, engine: Local, port: int) -> None:
        self.engine = engine
        self.port = port
        self.sock = sender(HOST, port)
        self.stranger = sender(ELSEWHERE, port)

    async def until(self, true: Callable[[Figures], bool]) -> Figures:
        for _ in range(3000):
            if true(figures := await self.engine.figures("s")):
                return figures
            await asyncio.sleep(0.01)
        raise AssertionError(figures)

    def send(self, film: list[list[bytes]]) -> None:
        for packets in film:
            for packet in packets:
                self.sock.send(packet)

    async def view(self, ticket: str) -> str:
        await self.engine.admit("s", ticket, expires_s=60.0)
        return f"ws://{HOST}:{self.engine.viewer_port('s')}/play/{ticket}"


def sender(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.connect((HOST, port))
    return sock


@asynccontextmanager
async def town(settings: MediaSettings = SETTINGS, *, host: str = HOST) -> AsyncIterator[Town]:
    """Yield an engine to which the answer named *host*; ``""`` when it named none."""
    engine = Local(settings)
    await engine.start()
    made = None
    try:
        port = await engine.open(Receive("s", Transport.UDP, 1, PS))
        await engine.adopt("s", 1, PS, host)
        made = Town(engine, port)
        yield made
    finally:
        if made is not None:
            made.sock.close()
            made.stranger.close()
        await engine.stop()
        assert engine.leased_ports() == 0


def garbage(count: int) -> list[bytes]:
    """Datagrams that are none, that look like RTP, and true RTP of other streams."""
    chance = random.Random(3)
    made = []
    for number in range(count):
        head = bytes([0x80, 96, number >> 8 & 255, number & 255]) + chance.randbytes(8)
        made.append(
            [
                chance.randbytes(chance.randrange(0, 1400)),
                head + b"\0\0\1\xe0\xff\xff" + chance.randbytes(500),
                head[:8] + b"\0\0\0\2\0\0\1\xba" + bytes(1000),
                b"\x80\xc8\0\6" + chance.randbytes(24),
            ][number % 4]
        )
    return made


def test_a_flood_from_elsewhere_changes_nothing(film: list[list[bytes]]) -> None:
    async def run() -> None:
        async with town() as it:
            flood = [bytes.fromhex("80600001000000000000") + b"\0\1" + bytes(900), *garbage(400)]
            for number, packets in enumerate(film):
                for data in flood[7 * number : 7 * number + 7]:
                    it.stranger.send(data)
                it.send([packets])
                await asyncio.sleep(0)
            figures = await it.until(lambda figures: figures.frames == len(film))
            assert (figures.lost, figures.damaged, figures.foreign) == (0, 0, 0)
            assert figures.refused > 0

    asyncio.run(run())


def test_garbage_on_the_port_itself_is_counted_and_pictures_go_on(film: list[list[bytes]]) -> None:
    """From the sender's own host, which no filter tells from it."""

    async def run() -> None:
        async with town(host="") as it:
            before = weigh(it.engine)
            for _ in range(5):
                for data in garbage(200):
                    it.sock.send(data)
                await asyncio.sleep(0)
            await it.until(lambda figures: figures.packets + figures.refused >= 900)
            it.send(film[:40])
            figures = await it.until(lambda figures: figures.keys >= 3)
            assert figures.malformed + figures.foreign > 100
            assert weigh(it.engine) - before < 20_000_000
            watching = asyncio.create_task(watch(await it.view("t"), messages=2, within=20))
            await asyncio.sleep(0)
            await it.until(lambda figures: figures.viewers == 1)
            it.send(film[40:])
            assert (await watching).messages >= 2

    asyncio.run(run())


def test_a_picture_without_end_is_bounded(film: list[list[bytes]]) -> None:
    async def run() -> None:
        async with town() as it:
            before = weigh(it.engine)
            pack = bytes.fromhex("000001ba440004000401005f6bf8")
            for number in range(12_000):  # 16 MB of one picture of an endless packet
                head = bytes([0x80, 96, number >> 8, number & 255]) + bytes(4) + b"\0\0\0\1"
                start = (
                    pack + bytes.fromhex("000001e00000800000") + b"\0\0\1\x65"
                    if not number
                    else b""
                )
                it.sock.send(head + start + b"\x55" * 1388)
                if number % 64 == 63:
                    await asyncio.sleep(0)
            await it.until(lambda figures: figures.packets + figures.refused >= 10_000)
            assert weigh(it.engine) - before < 12_000_000
            figures = await it.engine.figures("s")
            assert figures.keys == 0

    asyncio.run(run())


async def shake_hands(port: int, ticket: str) -> socket.socket:
    """Return a viewer's connection that has shown its ticket and reads nothing more."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, (HOST, port))
    hello = (
        f"GET /play/{ticket} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await loop.sock_sendall(sock, hello.encode())
    assert (await loop.sock_recv(sock, 12)).startswith(b"HTTP/1.1 101")
    return sock


def test_viewers_that_never_read_cost_a_bounded_amount_and_go(
    units: list[AccessUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "_DEAD_MS", 1500)
    large = [unit._replace(data=unit.data + b"\0\0\1\x26" + b"\x55" * 50_000) for unit in units]

    async def run() -> None:
        async with town(replace(SETTINGS, viewer_backlog=100_000)) as it:
            stuck: list[socket.socket] = []
            for number in range(5):
                await it.view(f"stuck{number}")
                stuck.append(await shake_hands(it.engine.viewer_port("s"), f"stuck{number}"))
            for packets in bursts(large):
                it.send([packets])
                await asyncio.sleep(0.005)
            figures = await it.until(lambda figures: figures.skips >= 5)
            assert figures.viewers == 5
            live = it.engine._streams["s"]
            for viewer in live._viewers:
                assert viewer.backlog() < 100_000 + 400_000
            await it.until(lambda figures: figures.viewers == 0)
            for sock in stuck:
                sock.close()

    asyncio.run(run())


def test_a_storm_of_bad_tickets_opens_nothing(film: list[list[bytes]]) -> None:
    async def run() -> None:
        async with town() as it:
            it.send(film[:11])
            await it.until(lambda figures: figures.frames == 11)
            loop = asyncio.get_running_loop()
            port = it.engine.viewer_port("s")
            good = await it.view("good")
            paths = ["goo", "goodx", "../good", "%67ood", "", "x" * 3000, "good%00", "GOOD"]
            for number in range(300):
                sock = socket.socket()
                sock.setblocking(False)
                await loop.sock_connect(sock, (HOST, port))
                path = paths[number % len(paths)]
                hello = f"GET /play/{path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                hello += "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                hello += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                await loop.sock_sendall(sock, hello.encode())
                with contextlib.suppress(ConnectionError):
                    assert b" 101 " not in await loop.sock_recv(sock, 64)
                sock.close()
            assert it.engine._door.refused >= 250
            assert len(it.engine._door) == 0
            watching = asyncio.create_task(watch(good, messages=1, within=20))
            assert (await watching).messages >= 1

    asyncio.run(run())

"""Streams on the loopback interface: what a choked outlet does to them."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from tongshi.sim.depot import Depot
from tongshi.sim.film import Shot
from tongshi.sim.impair import CLEAN
from tongshi.sim.outlet import TcpOutlet, UdpOutlet
from tongshi.sim.quirks import NONE, Quirks
from tongshi.sim.rtpline import cut
from tongshi.sim.scene import Studio
from tongshi.sim.streaming import QUEUE_LIMIT, Stream

pytestmark = pytest.mark.network
SHOT = Shot(view="orbits", width=160, height=90, fps=50, gop=10, bitrate=100_000)


async def until(done: Callable[[], object], seconds: float = 10.0) -> None:
    for _ in range(round(seconds / 0.01)):
        if done():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def test_a_stream_waits_for_its_connection_and_drops_while_it_is_choked() -> None:
    async def look() -> None:
        async with Studio() as studio:
            depot = Depot(studio)
            outlet = TcpOutlet("127.0.0.1", active=False, on_end=lambda why: None)
            stream = Stream(depot, SHOT, 1, outlet, NONE)
            stream.start("127.0.0.1", 9)
            await until(lambda: studio.running() and studio.running()[0].ring)
            await asyncio.sleep(0.1)
            assert stream.counts.frames == 0
            reader, writer = await asyncio.open_connection("127.0.0.1", outlet.port)
            await until(lambda: stream.counts.frames > 3)
            assert stream.counts.dropped == 0
            outlet._unsent.extend(bytes(1 << 20))
            await until(lambda: stream.counts.dropped > 3)
            outlet._unsent.clear()
            frames = stream.counts.frames
            await until(lambda: stream.counts.frames > frames)
            writer.close()
            await writer.wait_closed()
            stream.close()
            assert reader is not None
        assert studio.running() == []

    asyncio.run(look())


def test_a_queue_is_cut_to_its_last_key_frame() -> None:
    async def look() -> None:
        async with Studio() as studio:
            outlet = TcpOutlet("127.0.0.1", active=False, on_end=lambda why: None)
            stream = Stream(Depot(studio), SHOT, 1, outlet, Quirks.of(["no-media"]))
            stream.start("127.0.0.1", 9)
            for number in range(QUEUE_LIMIT + 1):
                stream._take(cut(number, number % 40 == 0, number * 1800, b"x"))
            assert stream.counts.dropped == 120
            for number in range(QUEUE_LIMIT):
                stream._take(cut(number, False, number * 1800, b"x"))
            assert stream.counts.dropped > 240
            stream.close()

    asyncio.run(look())


def test_a_device_may_begin_within_a_group() -> None:
    async def look() -> None:
        async with Studio() as studio:
            depot = Depot(studio)
            leave = depot.fetch(SHOT, frozenset(), lambda pack: None)
            await until(lambda: len(studio.running()[0].ring) > 3)
            shown = studio.running()[0].ring[-1].number
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.bind(("127.0.0.1", 0))
                outlet = UdpOutlet("127.0.0.1", CLEAN)
                stream = Stream(depot, SHOT, 1, outlet, Quirks.of(["mid-group"]))
                stream.start("127.0.0.1", sock.getsockname()[1])
                assert stream.counts.last is None
                await until(lambda: stream.counts.frames)
                assert stream.counts.last is not None
                assert stream.counts.last > shown
                stream.close()
            leave()

    asyncio.run(look())

"""Outlets on the loopback interface: nothing ever waits for a peer."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from tongshi.sim.impair import CLEAN, Impairments
from tongshi.sim.outlet import TcpOutlet, UdpOutlet

pytestmark = pytest.mark.network


async def until(done: Callable[[], object], seconds: float = 10.0) -> None:
    for _ in range(round(seconds / 0.01)):
        if done():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def receiver() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(5)
    return sock


def test_datagrams_leave_and_are_counted() -> None:
    async def look() -> None:
        with receiver() as sock:
            outlet = UdpOutlet("127.0.0.1", CLEAN)
            assert not outlet.ready()
            outlet.send([b"too early"])
            outlet.start("127.0.0.1", sock.getsockname()[1])
            assert outlet.ready()
            outlet.send([b"one", b"two"])
            assert sock.recvfrom(10) == (b"one", ("127.0.0.1", outlet.port))
            assert sock.recv(10) == b"two"
            assert (outlet.counts.packets, outlet.counts.bytes) == (2, 6)
            outlet.send([bytes(70_000)])
            assert outlet.counts.refused == 1
            assert outlet.lost == 0
            outlet.close()
            assert not outlet.ready()

    asyncio.run(look())


def test_a_bad_wire_delays_and_loses() -> None:
    async def look() -> None:
        with receiver() as sock:
            outlet = UdpOutlet("127.0.0.1", Impairments(loss=0.5, delay=0.02, seed=4))
            outlet.start("127.0.0.1", sock.getsockname()[1])
            outlet.send([b"%d" % number for number in range(40)])
            assert outlet.counts.packets == 0
            await until(lambda: outlet.counts.packets)
            assert outlet.counts.packets + outlet.lost == 40
            outlet.send([b"under way"] * 9)
            outlet.impair(CLEAN)
            outlet.close()
            await asyncio.sleep(0.05)

    asyncio.run(look())


@pytest.mark.parametrize("active", [True, False])
def test_tcp_goes_either_way(active: bool) -> None:
    async def look() -> None:
        ended: list[str] = []
        outlet = TcpOutlet("127.0.0.1", active=active, on_end=ended.append)
        assert not outlet.ready()
        outlet.send(b"nowhere to go")
        got, over = asyncio.Event(), asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert await reader.readexactly(5) == b"frame"
            writer.write(b"rtcp is read away")
            got.set()
            await reader.read()
            writer.close()
            await writer.wait_closed()
            over.set()

        if active:
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            outlet.start("127.0.0.1", server.sockets[0].getsockname()[1])
        else:
            outlet.start("192.0.2.1", 9)
            reader, writer = await asyncio.open_connection("127.0.0.1", outlet.port)
            serving = asyncio.ensure_future(serve(reader, writer))
        await until(outlet.ready)
        outlet.send(b"frame")
        await got.wait()
        await asyncio.sleep(0.02)
        outlet.close()
        await over.wait()
        if active:
            server.close()
        else:
            await serving
        assert ended == []

    asyncio.run(look())


def test_a_peer_that_does_not_read_makes_an_outlet_unready_and_no_more() -> None:
    async def look() -> None:
        ended: list[str] = []
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            outlet = TcpOutlet("127.0.0.1", active=True, on_end=ended.append)
            outlet.start("127.0.0.1", listener.getsockname()[1])
            peer, _ = await asyncio.to_thread(listener.accept)
            await until(outlet.ready)
            for _ in range(400):
                if outlet.ready():
                    outlet.send(bytes(65536))
            assert not outlet.ready()
            # Once it reads again, the outlet is of use again.
            peer.settimeout(5)
            while not outlet.ready():
                await asyncio.to_thread(peer.recv, 1 << 20)
                await asyncio.sleep(0)
            peer.close()
            await until(lambda: ended)
            assert not outlet.ready()
            outlet.close()
        assert len(ended) == 1

    asyncio.run(look())


def test_nobody_there_is_told_after_three_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tongshi.sim.outlet.RETRY_S", 0.01)
    monkeypatch.setattr("tongshi.sim.outlet.ACCEPT_S", 0.05)

    async def look() -> None:
        ended: list[str] = []
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            active = TcpOutlet("127.0.0.1", active=True, on_end=ended.append)
            active.start("127.0.0.1", closed.getsockname()[1])
            passive = TcpOutlet("127.0.0.1", active=False, on_end=ended.append)
            passive.start("127.0.0.1", 9)
            await until(lambda: len(ended) == 2)
            active.close()
            passive.close()
        assert all(why.startswith("no media connection") for why in ended)

    asyncio.run(look())


def test_closing_while_connecting_says_nothing() -> None:
    async def look() -> None:
        ended: list[str] = []
        outlets = [TcpOutlet("127.0.0.1", active=a, on_end=ended.append) for a in (True, False)]
        for outlet in outlets:
            outlet.start("127.0.0.1", 9)
            outlet.close()
        await asyncio.sleep(0.02)
        assert ended == []

    asyncio.run(look())

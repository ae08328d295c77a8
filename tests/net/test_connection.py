"""One framed TCP connection."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.net import connection as module
from tongshi.net.carrier import Carrier
from tongshi.net.connection import Connection
from tongshi.sip.address import Address

pytestmark = pytest.mark.network

MESSAGE = b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 4\r\n\r\nbody"


class Echo:
    """A core that sends back what it gets."""

    def __init__(self) -> None:
        self.out: list[tuple[bytes, Address]] = []
        self.lost: list[Address] = []

    def receive(self, data: bytes, source: Address, now: float) -> None:
        self.out.append((data, source))

    def link_lost(self, address: Address, now: float) -> None:
        self.lost.append(address)

    def expire(self, now: float) -> None: ...

    def deadline(self) -> float | None:
        return None

    def outgoing(self) -> list[tuple[bytes, Address]]:
        out, self.out = self.out, []
        return out

    def events(self) -> list[str]:
        return []


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        far = socket.create_connection(listener.getsockname())
        near, _ = listener.accept()
    far.setblocking(False)
    return near, far


class Bench:
    """A connection over a socket pair, and what became of it."""

    def __init__(self) -> None:
        self.core = Echo()
        self.carrier: Carrier[str] = Carrier(self.core, lambda event: None)
        self.ends: list[str] = []
        near, self.far = pair()
        self.connection = Connection(
            near, ("192.0.2.1", 5060), self.carrier, lambda _, why: self.ends.append(why)
        )

    async def turn(self, until: Callable[[], bool]) -> None:
        for _ in range(20_000):
            if until():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came to that")

    async def hear(self, size: int) -> bytes:
        loop, got = asyncio.get_running_loop(), b""
        async with asyncio.timeout(10):
            while len(got) < size:
                got += await loop.sock_recv(self.far, 65536)
        return got


def run(work: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        bench = Bench()
        await work(bench)
        bench.connection.end("test over")
        bench.connection.end("test over")
        bench.far.close()
        assert len(bench.ends) == 1
        assert bench.core.lost == [bench.connection.address]

    asyncio.run(main())


def test_messages_come_whole_however_they_are_cut() -> None:
    async def work(bench: Bench) -> None:
        for byte in MESSAGE + b"\r\n\r\n" + MESSAGE:
            bench.far.send(bytes([byte]))
            await asyncio.sleep(0)
        assert await bench.hear(2 * len(MESSAGE)) == 2 * MESSAGE
        assert bench.connection.messages == 2
        assert bench.connection.own[0] == "127.0.0.1"

    run(work)


def test_a_peer_that_hangs_up_is_noticed() -> None:
    async def work(bench: Bench) -> None:
        bench.far.close()
        await bench.turn(lambda: bool(bench.ends))
        assert bench.ends == ["closed by peer"]
        assert not bench.connection.open
        assert bench.connection.own == ("", 0)
        bench.connection.send(b"too late", bench.connection.address)

    run(work)


def test_a_peer_that_resets_is_noticed() -> None:
    async def work(bench: Bench) -> None:
        bench.connection.send(b"unread", bench.connection.address)
        bench.far.close()  # with something unread, so the kernel resets
        await bench.turn(lambda: bool(bench.ends))
        assert bench.ends[0] in {"Connection reset by peer", "closed by peer"}

    run(work)


def test_a_peer_that_does_not_read_costs_a_bounded_amount() -> None:
    async def work(bench: Bench) -> None:
        for _ in range(10_000):
            bench.connection.send(b"x" * 8192, bench.connection.address)
            if bench.ends:
                break
        assert bench.ends == ["peer does not read"]

    run(work)


def test_what_waits_goes_out_in_order_when_the_peer_reads() -> None:
    async def work(bench: Bench) -> None:
        sent = 0
        while not bench.connection._unsent:
            bench.connection.send(b"%08d" % sent * 1024, bench.connection.address)
            sent += 1
        bench.connection.send(b"%08d" % sent, bench.connection.address)
        heard = await bench.hear(sent * 8192 + 8)
        assert heard == b"".join(b"%08d" % n * 1024 for n in range(sent)) + b"%08d" % sent
        await bench.turn(lambda: not bench.connection._unsent)

    run(work)


def test_a_peer_that_dies_with_answers_waiting_is_noticed() -> None:
    async def work(bench: Bench) -> None:
        while not bench.connection._unsent:
            bench.connection.send(b"x" * 8192, bench.connection.address)
        bench.far.close()
        await bench.turn(lambda: bool(bench.ends))

    run(work)


def test_junk_ends_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(bench: Bench) -> None:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(module, "JUNK_LIMIT", 100)
        await loop.sock_sendall(bench.far, b"\r\n" * 2000)
        await bench.turn(lambda: bool(bench.ends))
        assert bench.ends == ["not SIP"]

    run(work)


def test_a_stream_that_cannot_be_cut_ends() -> None:
    async def work(bench: Bench) -> None:
        loop = asyncio.get_running_loop()
        head = b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n"
        await loop.sock_sendall(bench.far, head)
        await bench.turn(lambda: bool(bench.ends))

    run(work)

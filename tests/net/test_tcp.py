"""TCP under a core, and peers that misbehave."""

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import PeerSilent
from tongshi.net import tcp
from tongshi.net.carrier import Carrier
from tongshi.net.tcp import Dialer, TcpServer
from tongshi.sip.address import Address

pytestmark = pytest.mark.network

MESSAGE = b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n"


class Echo:
    """A core that sends back what it gets."""

    def __init__(self) -> None:
        self.out: list[tuple[bytes, Address]] = []
        self.sources: list[Address] = []

    def receive(self, data: bytes, source: Address, now: float) -> None:
        self.out.append((data, source))
        self.sources.append(source)

    def link_lost(self, address: Address, now: float) -> None: ...

    def expire(self, now: float) -> None: ...

    def deadline(self) -> float | None:
        return None

    def outgoing(self) -> list[tuple[bytes, Address]]:
        out, self.out = self.out, []
        return out

    def events(self) -> list[str]:
        return []


class Bench:
    """A server, its core, and what it lost."""

    def __init__(self, limit: int, idle: float) -> None:
        self.core = Echo()
        self.lost: list[str] = []
        self.carrier: Carrier[str] = Carrier(
            self.core, lambda event: None, lambda address, why: self.lost.append(why)
        )
        self.server = TcpServer(self.carrier, "127.0.0.1", 0, limit=limit, idle=idle)
        self.peers: list[socket.socket] = []

    async def connect(self) -> socket.socket:
        sock = socket.socket()
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.server.port))
        self.peers.append(sock)
        return sock

    async def ask(self, sock: socket.socket) -> bytes:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(5):
            await loop.sock_sendall(sock, MESSAGE)
            return await loop.sock_recv(sock, 65536)

    async def turn(self, until: Callable[[], bool]) -> None:
        for _ in range(5000):
            if until():
                return
            await asyncio.sleep(0.001)
        raise AssertionError("it never came to that")


def run(
    work: Callable[[Bench], Coroutine[Any, Any, None]], *, limit: int = 20_000, idle: float = 30.0
) -> None:
    async def main() -> None:
        bench = Bench(limit, idle)
        await work(bench)
        bench.server.close()
        for sock in bench.peers:
            sock.close()
        assert len(bench.server) == 0

    asyncio.run(main())


def test_answers_go_back_on_the_connection_of_the_request() -> None:
    async def work(bench: Bench) -> None:
        first, second = await bench.connect(), await bench.connect()
        assert await bench.ask(first) == MESSAGE
        assert await bench.ask(second) == MESSAGE
        one, two = bench.core.sources
        assert one.local != two.local
        assert bench.server.own(one.local) == "127.0.0.1"
        assert bench.server.own("else") == ""
        bench.server.end(one.local, "enough")
        bench.server.end(one.local, "enough")
        assert bench.lost == ["enough"]

    run(work)


def test_peers_that_send_nothing_are_closed_and_the_others_stay() -> None:
    async def work(bench: Bench) -> None:
        silent, talking, proved = [await bench.connect() for _ in range(3)]
        await bench.ask(proved)
        bench.server.keep(bench.core.sources[0].local)
        bench.server.keep("else")
        await bench.turn(lambda: len(bench.server) == 3)
        for _ in range(5):
            await bench.ask(talking)
            await asyncio.sleep(0.1)
        await bench.turn(lambda: len(bench.server) < 3)
        assert await asyncio.get_running_loop().sock_recv(silent, 1) == b""
        await bench.turn(lambda: len(bench.server) == 1)
        assert bench.lost == ["idle", "idle"]
        assert await bench.ask(proved) == MESSAGE

    run(work, idle=0.3)


def test_one_that_is_of_no_use_any_more_is_idle_like_others() -> None:
    async def work(bench: Bench) -> None:
        proved = await bench.connect()
        await bench.ask(proved)
        local = bench.core.sources[0].local
        bench.server.keep(local)
        await asyncio.sleep(0.3)
        assert await bench.ask(proved) == MESSAGE
        bench.server.release("else")
        bench.server.release(local)
        bench.server.release(local)
        await bench.turn(lambda: len(bench.server) == 0)
        assert bench.lost == ["idle"]

    run(work, idle=0.1)


def test_one_too_many_pushes_out_the_one_silent_longest() -> None:
    async def work(bench: Bench) -> None:
        first, second, third = [await bench.connect() for _ in range(3)]
        await bench.ask(first)  # it spoke: the second one is now silent longest
        await bench.ask(third)
        fourth = await bench.connect()
        assert await bench.ask(fourth) == MESSAGE
        assert await asyncio.get_running_loop().sock_recv(second, 1) == b""
        assert bench.lost == ["pushed out by newer ones"]
        assert await bench.ask(first) == MESSAGE

    run(work, limit=3)


def test_kept_connections_are_never_pushed_out() -> None:
    async def work(bench: Bench) -> None:
        good = await bench.connect()
        await bench.ask(good)
        bench.server.keep(bench.core.sources[0].local)
        late = await bench.connect()
        async with asyncio.timeout(5):
            assert await asyncio.get_running_loop().sock_recv(late, 1) == b""
        assert bench.server.counters["refused"] == 1
        assert await bench.ask(good) == MESSAGE

    run(work, limit=1)


def test_a_thousand_silent_peers_harm_nobody() -> None:
    async def work(bench: Bench) -> None:
        for _ in range(300):
            await bench.connect()
        good = await bench.connect()
        assert await bench.ask(good) == MESSAGE
        assert len(bench.server) <= 100

    run(work, limit=100)


class Exhausted:
    """A listening socket whose accept fails *times* times, then works."""

    def __init__(self, real: socket.socket, number: int, times: int) -> None:
        self.real, self.number, self.times = real, number, times

    def accept(self) -> tuple[socket.socket, Any]:
        if self.times:
            self.times -= 1
            raise OSError(self.number, "simulated")
        return self.real.accept()

    def fileno(self) -> int:
        return self.real.fileno()

    def close(self) -> None:
        self.real.close()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOBUFS, errno.ECONNABORTED])
def test_accepting_survives_failures(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(bench: Bench) -> None:
        monkeypatch.setattr(tcp, "REST", 0.01)
        monkeypatch.setattr(bench.server, "_socket", Exhausted(bench.server._socket, number, 2))
        good = await bench.connect()
        assert await bench.ask(good) == MESSAGE
        assert bench.server.counters["rests"] + bench.server.counters["refused"] == 2

    run(work)


def test_used_up_descriptors_cost_the_silent_ones() -> None:
    async def work(bench: Bench) -> None:
        await bench.connect()
        await bench.turn(lambda: len(bench.server) == 1)
        bench.server._rest(OSError(errno.EMFILE, "simulated"))
        assert bench.lost == ["pushed out by newer ones"]

    run(work)


def test_a_socket_that_dies_between_accept_and_welcome_is_counted() -> None:
    async def work(bench: Bench) -> None:
        dead = socket.socket()
        dead.close()
        bench.server._welcome(dead, ("127.0.0.1", 1))
        assert bench.server.counters["refused"] == 1

    run(work)


def test_dialing_and_hanging_up() -> None:
    async def work(bench: Bench) -> None:
        core = Echo()
        carrier: Carrier[str] = Carrier(core, lambda event: None)
        dialer = Dialer(carrier)
        address = await dialer.connect("127.0.0.1", bench.server.port)
        assert (address.host, address.transport, len(dialer)) == ("127.0.0.1", "tcp", 1)
        host, port = dialer.own(address.local)
        core.out.append((MESSAGE, address))
        carrier.pump()
        await bench.turn(lambda: bool(bench.core.sources))
        assert bench.core.sources[0][:2] == (host, port)
        dialer.end(address.local)
        dialer.end(address.local)
        assert (dialer.own(address.local), len(dialer)) == (("", 0), 0)
        await dialer.connect("127.0.0.1", bench.server.port)
        dialer.close()
        assert len(dialer) == 0

    run(work)


def test_dialing_where_nobody_listens() -> None:
    async def main() -> None:
        dialer = Dialer(Carrier[str](Echo(), lambda event: None))
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            with pytest.raises(PeerSilent) as caught:
                await dialer.connect("127.0.0.1", taken.getsockname()[1])
        assert (caught.value.timer, caught.value.stage) == ("connect", "connect")

    asyncio.run(main())


def test_dialing_can_be_given_up() -> None:
    async def main() -> None:
        dialer = Dialer(Carrier[str](Echo(), lambda event: None))
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            port = full.getsockname()[1]
            held = [socket.socket() for _ in range(4)]
            for sock in held:  # fill the queue of a listener that never accepts
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", port))
            with pytest.raises(PeerSilent, match="timed out"):
                await dialer.connect("127.0.0.1", port, within=0.05)
            waiting = asyncio.create_task(dialer.connect("127.0.0.1", port))
            await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            for sock in held:
                sock.close()

    asyncio.run(main())


def test_ipv6_and_taken_ports() -> None:
    async def work(bench: Bench) -> None:
        with pytest.raises(OSError, match="in use"):
            TcpServer(bench.carrier, "127.0.0.1", bench.server.port)
        try:
            server = TcpServer(bench.carrier, "::1", 0)
        except OSError:
            pytest.skip("no IPv6 on this machine")
        sock = socket.socket(socket.AF_INET6)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("::1", server.port))
        assert await bench.ask(sock) == MESSAGE
        sock.close()
        server.close()

    run(work)

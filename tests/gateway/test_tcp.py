import asyncio
import socket
from collections.abc import Callable

import pytest

from tongshi.errors import EngineFailed, PeerSilent
from tongshi.gateway.ports import Ports
from tongshi.gateway.receive import bind
from tongshi.gateway.tcp import TcpDialer, TcpListener, dial, is_framed
from tongshi.net.task import Supervisor

pytestmark = pytest.mark.network
HOST = "127.0.0.1"


class Sink:
    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.bytes = b""
        self.links: list[tuple[str, int] | None] = []
        self._changed = asyncio.Event()

    def take(self, datagrams: list[bytes]) -> None:
        self.batches.append(datagrams)
        self._changed.set()

    def take_bytes(self, data: bytes) -> None:
        self.bytes += data
        self._changed.set()

    def link_up(self, host: str, port: int) -> None:
        self.links.append((host, port))
        self._changed.set()

    def link_down(self) -> None:
        self.links.append(None)
        self._changed.set()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not true():
                self._changed.clear()
                await self._changed.wait()


def tcp() -> socket.socket:
    return bind(Ports(), "s", HOST, socket.SOCK_STREAM)


def packet(number: int, *, last: bool = False, size: int = 20) -> bytes:
    return bytes([0x80, 96 | last << 7, number >> 8, number & 255]) + bytes(size)


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"", None),
        (b"\0\x5a", None),
        (b"\0\x5a\x80", True),
        (b"$\0\0\x5a", None),
        (b"$\0\0\x5a\x80", True),
        (b"\x01\0", True),
        (b"GET / HTTP/1.1", False),
        (b"\x16\x03\x01", False),
    ],
)
def test_what_looks_like_rtp_on_a_connection(data: bytes, answer: bool | None) -> None:
    assert is_framed(data) is answer


async def connect(address: tuple[str, int]) -> socket.socket:
    sock = socket.socket()
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, address)
    return sock


async def ended(sock: socket.socket) -> bool:
    """Whether the other side closes *sock*."""
    try:
        async with asyncio.timeout(10):
            return await asyncio.get_running_loop().sock_recv(sock, 1) == b""
    except ConnectionResetError:
        return True


async def connect_from(host: str, address: tuple[str, int]) -> socket.socket:
    sock = socket.socket()
    sock.bind((host, 0))
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, address)
    return sock


def test_only_the_host_insisted_on_is_the_sender() -> None:
    async def run() -> None:
        sink, sock = Sink(), tcp()
        listener = TcpListener(sock, sink, patience=60.0)
        loop = asyncio.get_running_loop()
        first = await connect_from("127.0.0.3", sock.getsockname())
        await loop.sock_sendall(first, framed(packet(0)))
        await sink.until(lambda: len(sink.links) == 1)
        listener.insist("127.0.0.3")
        assert (sink.links[-1], listener.refused) == (first.getsockname(), 0)
        listener.insist("127.0.0.2")
        assert await ended(first)
        assert (sink.links[-1], listener.refused) == (None, 1)
        late = await connect_from("127.0.0.3", sock.getsockname())
        assert await ended(late)
        right = await connect_from("127.0.0.2", sock.getsockname())
        await loop.sock_sendall(right, framed(packet(1)))
        await sink.until(lambda: len(sink.links) == 3)
        assert (sink.links[-1], listener.refused) == (right.getsockname(), 2)
        listener.close()
        for each in (first, late, right):
            each.close()

    asyncio.run(run())


def test_what_others_have_begun_is_closed_by_insisting() -> None:
    async def run() -> None:
        sink, sock = Sink(), tcp()
        listener = TcpListener(sock, sink, patience=60.0)
        begun = [await connect_from(f"127.0.0.{n}", sock.getsockname()) for n in (2, 3)]
        for _ in range(10):  # let them be accepted
            await asyncio.sleep(0.001)
        listener.insist("127.0.0.2")
        assert await ended(begun[1])
        assert listener.refused == 1
        await asyncio.get_running_loop().sock_sendall(begun[0], framed(packet(0)))
        await sink.until(lambda: sink.links == [begun[0].getsockname()])
        listener.close()
        for each in begun:
            each.close()

    asyncio.run(run())


def test_the_first_that_sends_rtp_is_the_sender() -> None:
    async def run() -> None:
        sink, sock = Sink(), tcp()
        listener = TcpListener(sock, sink, patience=60.0)
        quiet = await connect(sock.getsockname())
        wrong = await connect(sock.getsockname())
        right = await connect(sock.getsockname())
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(wrong, b"GET / HTTP/1.1\r\n\r\n")
        assert await ended(wrong)
        data = framed(packet(0))
        await loop.sock_sendall(right, data[:1])
        await loop.sock_sendall(right, data[1:])
        await sink.until(lambda: sink.bytes == data)
        assert sink.links == [right.getsockname()]
        assert await ended(quiet)
        late = await connect(sock.getsockname())
        assert await ended(late)
        right.close()
        await sink.until(lambda: sink.links[-1] is None)
        again = await connect(sock.getsockname())
        await loop.sock_sendall(again, data)
        await sink.until(lambda: sink.bytes == data + data)
        listener.close()
        assert await ended(again)
        for each in (quiet, wrong, late, again):
            each.close()

    asyncio.run(run())


def test_a_connection_without_media_is_closed_and_so_are_too_many() -> None:
    async def run() -> None:
        sink, sock = Sink(), tcp()
        listener = TcpListener(sock, sink, patience=0.2)
        peers = [await connect(sock.getsockname()) for _ in range(6)]
        for peer in peers:
            assert await ended(peer)
            peer.close()
        assert sink.links == []
        listener.close()

    asyncio.run(run())


def test_a_sender_that_fell_silent_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tongshi.gateway.tcp._SILENT", 0.0)

    async def run() -> None:
        sink, sock = Sink(), tcp()
        listener = TcpListener(sock, sink, patience=60.0)
        loop = asyncio.get_running_loop()
        old, new = [await connect(sock.getsockname()) for _ in range(2)]
        await loop.sock_sendall(old, framed(packet(0)))
        await sink.until(lambda: sink.links == [old.getsockname()])
        assert await ended(new)  # it was there too early
        new.close()
        new = await connect(sock.getsockname())
        await loop.sock_sendall(new, framed(packet(1)))
        await sink.until(lambda: len(sink.links) == 3)
        assert sink.links[1:] == [None, new.getsockname()]
        assert await ended(old)
        listener.close()
        assert await ended(new)
        old.close()
        new.close()

    asyncio.run(run())


def test_a_connection_that_breaks_is_an_end_like_another() -> None:
    async def run() -> None:
        sink, sock = Sink(), tcp()
        listener = TcpListener(sock, sink, patience=60.0)
        loop = asyncio.get_running_loop()
        for begun in (b"", framed(packet(0))):
            peer = await connect(sock.getsockname())
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            await loop.sock_sendall(peer, begun or b"\0")
            if begun:
                await sink.until(lambda: len(sink.links) == 1)
            peer.close()  # by a reset
        await sink.until(lambda: sink.links[-1] is None)
        listener.close()

    asyncio.run(run())


def test_dialing_succeeds_once_somebody_listens() -> None:
    async def run() -> None:
        sink = Sink()
        with tcp() as server:
            server.setblocking(False)
            dialer = TcpDialer(
                tcp(), (HOST, server.getsockname()[1]), sink, Supervisor("test"), 5.0
            )
            connecting = asyncio.create_task(dialer.connect())
            await asyncio.sleep(0.1)  # the first attempt is refused
            server.listen()
            loop = asyncio.get_running_loop()
            peer, _ = await loop.sock_accept(server)
            await connecting
            await loop.sock_sendall(peer, b"abc")
            await sink.until(lambda: sink.bytes == b"abc")
            peer.close()
            await sink.until(lambda: sink.links[-1] is None)
            peer, _ = await loop.sock_accept(server)  # it comes again by itself
            await sink.until(lambda: len(sink.links) == 3)
            dialer.close()
            assert await ended(peer)
            peer.close()

    asyncio.run(run())


def test_a_refused_connection_is_tried_three_times() -> None:
    async def run() -> None:
        with tcp() as server:  # bound, but nobody listens
            address = server.getsockname()
            made: list[socket.socket] = []

            def new_socket() -> socket.socket:
                made.append(tcp())
                return made[-1]

            with pytest.raises(EngineFailed) as caught:
                await dial(address, 0.5, new_socket)
            assert caught.value.stage == "connect"
            assert len(made) == 3
            assert all(sock.fileno() == -1 for sock in made)

    asyncio.run(run())


def test_a_silent_peer_is_given_up() -> None:
    async def run() -> None:
        with tcp() as server:
            server.listen(0)
            # Fill the queue of the listener: further connections get no answer.
            queued = [await connect(server.getsockname())]
            with pytest.raises(PeerSilent) as caught:
                await dial(server.getsockname(), 0.6, tcp)
            assert caught.value.timer == "connect"
            for sock in queued:
                sock.close()

    asyncio.run(run())


def test_closing_while_connecting_leaves_nothing_open() -> None:
    async def run() -> None:
        with tcp() as server:
            dialer = TcpDialer(
                tcp(), (HOST, server.getsockname()[1]), Sink(), Supervisor("test"), 5.0
            )
            connecting = asyncio.create_task(dialer.connect())
            await asyncio.sleep(0.1)
            dialer.close()
            server.listen()
            with pytest.raises(EngineFailed, match="closed"):
                await connecting

    asyncio.run(run())

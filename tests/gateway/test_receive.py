import asyncio
import logging
import socket
from collections.abc import Callable

import pytest

from tongshi.errors import EngineFailed, Exhausted, PeerSilent
from tongshi.gateway.ports import Ports
from tongshi.gateway.receive import (
    BufferCheck,
    TcpDialer,
    TcpListener,
    UdpSource,
    bind,
    dial,
    is_framed,
)
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


def udp(owner: str = "s", ports: Ports | None = None) -> socket.socket:
    return bind(ports or Ports(), owner, HOST, socket.SOCK_DGRAM)


def tcp() -> socket.socket:
    return bind(Ports(), "s", HOST, socket.SOCK_STREAM)


def packet(number: int, *, last: bool = False, size: int = 20) -> bytes:
    return bytes([0x80, 96 | last << 7, number >> 8, number & 255]) + bytes(size)


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def test_a_frame_is_one_batch() -> None:
    async def run() -> None:
        sink, sock = Sink(), udp()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(sock.getsockname())
            packets = [packet(0), packet(1, last=True), packet(2), packet(3, last=True)]
            for data in packets:
                sender.send(data)
            source = UdpSource(sock, sink)
            await sink.until(lambda: sum(map(len, sink.batches)) == 4)
            # The first read also asks for the address, and so may take a packet on its own.
            assert [data for batch in sink.batches for data in batch] == packets
            assert sink.batches[-1] == packets[2:]
            assert sink.links == [sender.getsockname()]
            source.look()
            sender.send(packet(4, last=True))
            await sink.until(lambda: len(sink.links) == 2)
            source.close()
            source.close()
            assert sock.fileno() == -1

    asyncio.run(run())


def test_datagrams_larger_than_expected_are_taken_whole_from_the_next_on() -> None:
    async def run() -> None:
        sink, sock = Sink(), udp()
        source = UdpSource(sock, sink)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(sock.getsockname())
            sent: list[bytes] = []
            for _ in range(2):
                sent.append(packet(0, last=True, size=5000))
                sender.send(sent[-1])
                await sink.until(lambda: len(sink.batches) == len(sent))
        source.close()
        assert [len(batch[0]) for batch in sink.batches] == [2048, 5004]

    asyncio.run(run())


def test_bind_leases_what_is_free() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((HOST, 0))
        taken = other.getsockname()[1]
        first = taken - taken % 2
        if first == taken:
            ports = Ports(first, first + 2)
            with udp("s", ports) as sock:
                assert sock.getsockname()[1] == first + 2
                assert ports.leased() == {first + 2: "s"}
                with pytest.raises(Exhausted):
                    udp("z", ports)
        with pytest.raises(Exhausted):
            udp("s", Ports(taken, taken))


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(EngineFailed, match=r"192\.0\.2\.1"):
        bind(Ports(), "s", "192.0.2.1", socket.SOCK_DGRAM)


def test_a_small_buffer_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    class Small(socket.socket):
        def getsockopt(self, *_: object) -> int:  # type: ignore[override]
            return 212_992

    check = BufferCheck()
    with caplog.at_level(logging.WARNING), Small(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        assert check.apply(sock) == 106_496
        assert check.apply(sock) == 106_496
    assert [record.message for record in caplog.records] == [
        "event=receive_buffer_small wanted=1048576 granted=106496 cure=net.core.rmem_max"
    ]


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
    monkeypatch.setattr("tongshi.gateway.receive._SILENT", 0.0)

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

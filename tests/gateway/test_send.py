import asyncio
import contextlib
import socket

import pytest

from tongshi.gateway.send import TcpRelay, UdpRelay, even
from tongshi.media.rtp import Frame, Packet
from tongshi.media.sender import Relay

HOST = "127.0.0.1"


def frame(*parts: bytes, stamp: int = 9000, ended: bool = True) -> Frame:
    return Frame(list(parts), stamp, 96, False, ended)


def receive(sock: socket.socket, count: int) -> list[Packet]:
    sock.settimeout(5)
    return [Packet.parse(sock.recv(65536)) for _ in range(count)]


def test_even() -> None:
    assert even([b"aaa", b"bbb", b"c"])
    assert even([b"aaa", b"bbb"])
    assert not even([b"aaa", b"bb", b"c"])
    assert not even([b"a", b"bb"])


@pytest.mark.network
@pytest.mark.parametrize(
    "parts",
    [
        [bytes([n]) * 1400 for n in range(100)] + [b"end"],
        [b"one"],
        [b"uneven", b"parts", b"of a frame", b""],
    ],
    ids=["a large frame", "one packet", "uneven"],
)
def test_a_frame_goes_on_under_our_name(parts: list[bytes]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sink.bind((HOST, 0))
        relay = UdpRelay(HOST, sink.getsockname()[1], Relay(77, sequence=65530))
        relay.take(frame(*parts))
        packets = receive(sink, len(parts))
        relay.close()
    assert [packet.payload for packet in packets] == parts
    assert {packet.ssrc for packet in packets} == {77}
    assert [packet.sequence for packet in packets] == [
        (65530 + index) % 65536 for index in range(len(parts))
    ]
    assert [packet.marker for packet in packets] == [False] * (len(parts) - 1) + [True]
    assert relay.dropped == 0


@pytest.mark.network
def test_nobody_listening_is_survived() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind((HOST, 0))
        port = sink.getsockname()[1]
    relay = UdpRelay(HOST, port, Relay(77))
    for _ in range(6):
        relay.take(frame(b"x" * 100))
        relay.take(frame(b"x" * 100, b"x" * 100))
    assert relay.dropped > 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind((HOST, port))
        relay.take(frame(b"x"))
        relay.take(frame(b"y"))
        assert receive(sink, 1)[0].ssrc == 77
    relay.close()


@pytest.mark.network
def test_without_segmentation_each_packet_goes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tongshi.gateway.send._UDP_SEGMENT", 9999)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind((HOST, 0))
        relay = UdpRelay(HOST, sink.getsockname()[1], Relay(77))
        relay.take(frame(b"a" * 10, b"b" * 10))
        relay.take(frame(b"c" * 10, b"d" * 10))
        payloads = [packet.payload[:1] for packet in receive(sink, 4)]
        relay.close()
    assert payloads == [b"a", b"b", b"c", b"d"]
    assert relay.dropped == 0


def test_an_address_that_is_none() -> None:
    with pytest.raises(OSError):
        UdpRelay("not an address", 1, Relay(1))


@pytest.mark.network
def test_over_tcp_a_slow_peer_loses_whole_frames_and_nothing_else() -> None:
    async def run() -> None:
        closed = asyncio.Event()
        with socket.create_server((HOST, 0)) as server:
            server.setblocking(False)
            relay = TcpRelay(Relay(77), 100_000, closed.set)
            relay.take(frame(b"too early"))
            await relay.connect(HOST, server.getsockname()[1], 5.0)
            loop = asyncio.get_running_loop()
            peer, _ = await loop.sock_accept(server)
            sent = 0
            while relay.dropped < 60:
                relay.take(frame(*[b"x" * 1400] * 50))
                sent += 50
                await asyncio.sleep(0)
            got = b""
            while len(got) < 2 + 12 + 1400:
                got += await loop.sock_recv(peer, 65536)
            assert got[:2] == (1412).to_bytes(2, "big")
            assert Packet.parse(got[2:1414]).ssrc == 77
            peer.close()
            async with asyncio.timeout(5):
                await closed.wait()
            relay.take(frame(b"too late"))
            relay.close()

    asyncio.run(run())


@pytest.mark.network
def test_closing_a_tcp_relay_ends_the_connection() -> None:
    async def run() -> None:
        with socket.create_server((HOST, 0)) as server:
            server.setblocking(False)
            relay = TcpRelay(Relay(77), 100_000, lambda: None)
            await relay.connect(HOST, server.getsockname()[1], 5.0)
            loop = asyncio.get_running_loop()
            peer, _ = await loop.sock_accept(server)
            with peer:
                relay.close()
                with contextlib.suppress(ConnectionResetError):  # an end as good as the other
                    assert await loop.sock_recv(peer, 10) == b""
            await asyncio.sleep(0)

    asyncio.run(run())

import asyncio
import logging
import socket
from collections.abc import Callable

import pytest

from tongshi.errors import EngineFailed, Exhausted
from tongshi.gateway.ports import Ports
from tongshi.gateway.receive import BufferCheck, UdpSource, bind

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


def packet(number: int, *, last: bool = False, size: int = 20) -> bytes:
    return bytes([0x80, 96 | last << 7, number >> 8, number & 255]) + bytes(size)


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


def test_other_hosts_than_the_one_insisted_on_are_kept_out_and_counted() -> None:
    async def run() -> None:
        sink, sock = Sink(), udp()
        source = UdpSource(sock, sink)
        source.insist("127.0.0.2")
        for host, number in (("127.0.0.3", 0), ("127.0.0.2", 1)):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((host, 0))
                sender.sendto(packet(number, last=True), sock.getsockname())
        await sink.until(lambda: bool(sink.batches))
        assert sink.batches == [[packet(1, last=True)]]
        assert source.refused == 1
        source.close()

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


def test_a_port_that_is_lent_for_the_other_transport_is_not_lent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ports = Ports()
    with bind(ports, "first", HOST, socket.SOCK_DGRAM) as first:
        lent = first.getsockname()[1]
        told = iter([lent, lent])

        class Odd(socket.socket):
            """Chosen by the system: twice what is lent, for TCP, then another."""

            def bind(self, address: tuple[str, int]) -> None:  # type: ignore[override]
                super().bind((address[0], next(told, 0)))

        monkeypatch.setattr("tongshi.gateway.receive.socket.socket", Odd)
        with bind(ports, "second", HOST, socket.SOCK_STREAM) as second:
            assert second.getsockname()[1] != lent
        assert next(told, None) is None
    assert sorted(ports.leased().values()) == ["first", "second"]

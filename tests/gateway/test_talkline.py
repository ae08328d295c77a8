"""Lines to a listener over real sockets: UDP, TCP made by either side, broken, stuck, refused."""

import asyncio
import socket
import struct

import pytest

from tongshi.errors import EngineFailed, Error, PeerSilent
from tongshi.gateway import talkline
from tongshi.gateway.ports import Ports
from tongshi.gateway.receive import bind
from tongshi.gateway.talkline import TcpLine, UdpLine
from tongshi.media.rtp import Packet
from tongshi.media.sender import frame_rfc4571
from tongshi.net.task import Supervisor
from tongshi.testing.voice import TcpEar, UdpEar, poll

pytestmark = pytest.mark.network
HOST = "127.0.0.1"
SOUND = Packet(8, 1, 160, 7, b"\x55" * 160).encode()
RTCP = bytes([0x80, 201, 0, 1]) + bytes(12)


class Ends:
    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.lost: list[Error] = []
        self.told = asyncio.Event()

    def hear(self, packet: bytes) -> None:
        self.heard.append(packet)
        self.told.set()

    def lose(self, error: Error) -> None:
        self.lost.append(error)
        self.told.set()

    async def wait(self) -> None:
        async with asyncio.timeout(10):
            await self.told.wait()
        self.told.clear()


def udp(ends: Ends, hosts: tuple[str, ...] = (HOST,)) -> tuple[UdpLine, int]:
    sock = bind(Ports(), "t", HOST, socket.SOCK_DGRAM)
    return UdpLine(sock, ends, hosts), int(sock.getsockname()[1])


def tcp(
    ends: Ends, tasks: Supervisor, *, passive: bool, patience: float = 1.5, host: str = HOST
) -> tuple[TcpLine, int]:
    sock = bind(Ports(), "t", HOST, socket.SOCK_STREAM)
    line = TcpLine(sock, ends, (host,), passive=passive, patience=patience, tasks=tasks)
    return line, int(sock.getsockname()[1])


def packet(number: int, size: int = 320) -> bytes:
    return Packet(8, number & 0xFFFF, number, 9, bytes([number & 0xFF]) * size).encode()


@pytest.mark.clause("9.12.1.2")
def test_udp_goes_from_the_port_that_was_named_and_hears_there() -> None:
    async def act() -> None:
        ends, ear = Ends(), UdpEar()
        line, port = udp(ends)
        assert not line.send(packet(0))
        await line.reach(HOST, ear.port, follow=False)
        assert line.send(packet(1))
        await ear.until(lambda ear: len(ear.packets) == 1)
        assert ear.packets[0].payload == b"\x01" * 320
        for datagram in (b"", b"noise that is no RTP", RTCP, SOUND):
            ear.send(datagram, port)
        await ends.wait()
        assert ends.heard == [SOUND]
        other = UdpEar("127.0.0.9")
        other.send(SOUND, port)
        ear.send(SOUND, port)
        await ends.wait()
        assert len(ends.heard) == 2
        assert line.refused == 1
        line.close()
        line.close()
        await ear.close()
        await other.close()

    asyncio.run(act())


def test_udp_follows_a_listener_behind_a_nat_when_told_to() -> None:
    async def act() -> None:
        ends, ear = Ends(), UdpEar()
        line, port = udp(ends, ())
        await line.reach(HOST, 9, follow=True)
        ear.send(SOUND, port)
        await ends.wait()
        assert line.send(packet(5))
        await ear.until(lambda ear: len(ear.packets) == 1)
        line.close()
        await ear.close()

    asyncio.run(act())


def test_a_port_that_stays_closed_loses_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talkline, "REFUSED_S", 0.2)

    async def act() -> None:
        ends, ear = Ends(), UdpEar()
        line, _ = udp(ends)
        await line.reach(HOST, ear.port, follow=False)
        await ear.close()
        for number in range(500):
            line.send(packet(number))
            if ends.lost:
                break
            await asyncio.sleep(0.01)
        [error] = ends.lost
        assert isinstance(error, PeerSilent)
        assert (error.timer, error.stage) == ("refused", "media")
        assert not line.send(packet(0))
        line.close()

    asyncio.run(act())


def test_an_address_that_is_none_drops_packets() -> None:
    async def act() -> None:
        line, _ = udp(Ends())
        await line.reach("not an address", 9, follow=False)
        assert not line.send(packet(0))
        line.close()

    asyncio.run(act())


@pytest.mark.clause("9.12.1.2", "D")
def test_tcp_that_the_listener_makes() -> None:
    async def act() -> None:
        ends, ear, tasks = Ends(), TcpEar(), Supervisor("t")
        line, port = tcp(ends, tasks, passive=True)
        assert not line.send(packet(0))
        reaching = asyncio.create_task(line.reach("", 0, follow=False))
        await ear.connect(port)
        await reaching
        for number in range(1, 51):
            assert line.send(packet(number))
            await asyncio.sleep(0)
        await ear.until(lambda ear: len(ear.packets) == 50)
        assert [each.sequence for each in ear.packets] == list(range(1, 51))
        assert ear.writer is not None
        ear.writer.write(frame_rfc4571([RTCP, SOUND]))
        await ends.wait()
        assert ends.heard == [SOUND]
        line.close()
        async with asyncio.timeout(5):
            await ear.closed.wait()
        await ear.close()
        await tasks.close()

    asyncio.run(act())


@pytest.mark.clause("D")
def test_tcp_that_we_make_and_make_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talkline, "_PAUSE", 0.05)

    async def act() -> None:
        ends, ear, tasks = Ends(), TcpEar(), Supervisor("t")
        await ear.listen()
        line, port = tcp(ends, tasks, passive=False)
        await line.reach(HOST, ear.port, follow=False)
        await ear.joined.wait()
        assert ear.writer is not None
        assert ear.writer.get_extra_info("peername")[1] == port
        assert line.send(packet(1))
        await ear.until(lambda ear: len(ear.packets) == 1)
        ear.joined.clear()
        ear.hang_up()
        async with asyncio.timeout(5):
            await ear.joined.wait()
        await poll(lambda: line.send(packet(2)))
        await ear.until(lambda ear: len(ear.packets) == 2)
        assert ends.lost == []
        line.close()
        await ear.close()
        await tasks.close()

    asyncio.run(act())


def test_a_listener_that_never_connects() -> None:
    async def act() -> None:
        tasks = Supervisor("t")
        line, _ = tcp(Ends(), tasks, passive=True, patience=0.05)
        with pytest.raises(PeerSilent) as raised:
            await line.reach("", 0, follow=False)
        assert (raised.value.stage, raised.value.timer) == ("connect", "connect")
        line.close()
        await tasks.close()

    asyncio.run(act())


def test_a_listener_that_does_not_listen() -> None:
    async def act() -> None:
        tasks = Supervisor("t")
        line, _ = tcp(Ends(), tasks, passive=False, patience=0.2)
        with socket.socket() as closed:
            closed.bind((HOST, 0))
            with pytest.raises(EngineFailed) as raised:
                await line.reach(HOST, closed.getsockname()[1], follow=False)
        assert raised.value.stage == "connect"
        line.close()
        await tasks.close()

    asyncio.run(act())


def test_a_connection_made_after_the_end_is_closed() -> None:
    async def act() -> None:
        ear, tasks = TcpEar(), Supervisor("t")
        await ear.listen()
        line, _ = tcp(Ends(), tasks, passive=False)
        reaching = asyncio.create_task(line.reach(HOST, ear.port, follow=False))
        await asyncio.sleep(0)
        line._over = True
        with pytest.raises(EngineFailed):
            await reaching
        await ear.joined.wait()
        line.close()
        await ear.close()
        await tasks.close()

    asyncio.run(act())


@pytest.mark.parametrize("passive", [True, False])
def test_a_connection_that_is_not_made_again_loses_the_line(
    monkeypatch: pytest.MonkeyPatch, passive: bool
) -> None:
    monkeypatch.setattr(talkline, "_PAUSE", 0.01)

    async def act() -> None:
        ends, ear, tasks = Ends(), TcpEar(), Supervisor("t")
        line, port = tcp(ends, tasks, passive=passive, patience=0.1)
        if passive:
            await ear.connect(port)
        else:
            await ear.listen()
        await line.reach(HOST, ear.port, follow=False)
        await ear.joined.wait()
        await ear.close()
        await ends.wait()
        [error] = ends.lost
        assert isinstance(error, PeerSilent)
        assert (error.timer, error.stage) == ("connect", "connect")
        assert not line.send(packet(1))
        line.close()
        await tasks.close()

    asyncio.run(act())


def test_strangers_are_refused_and_the_newest_of_the_listener_counts() -> None:
    async def act() -> None:
        ends, tasks = Ends(), Supervisor("t")
        line, port = tcp(ends, tasks, passive=True)
        _, stranger = await asyncio.open_connection(HOST, port, local_addr=("127.0.0.9", 0))
        first, second = TcpEar(), TcpEar()
        await first.connect(port)
        await line.reach("", 0, follow=False)
        await second.connect(port)
        async with asyncio.timeout(5):
            await first.closed.wait()
        assert line.send(packet(1))
        await second.until(lambda ear: len(ear.packets) == 1)
        assert line.refused == 1
        for ear in (first, second):
            await ear.close()
        line.close()
        stranger.close()
        await asyncio.sleep(0)
        await tasks.close()

    asyncio.run(act())


def test_a_listener_that_takes_nothing_costs_no_memory_and_is_lost_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(talkline, "STUCK_S", 0.1)

    async def act() -> None:
        ends, tasks = Ends(), Supervisor("t")
        line, port = tcp(ends, tasks, passive=True)
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        slow.setblocking(False)
        await asyncio.get_running_loop().sock_connect(slow, (HOST, port))
        await line.reach("", 0, follow=False)
        sent = 0
        while line.send(packet(sent)):
            sent += 1
        assert sent < 200  # a few seconds of speech at the most
        assert line._pipe is not None
        assert len(line._pipe._rest) < 400
        for _ in range(20):
            assert not line.send(packet(0))
            assert len(line._pipe._rest) < 400
        # What the peer takes after all is framed as before: nothing of a dropped packet is there.
        taken = b""
        while len(taken) < 334:
            taken += await asyncio.get_running_loop().sock_recv(slow, 4096)
        assert taken[:2] == struct.pack(">H", 332)
        await asyncio.sleep(0.12)
        for _ in range(2000):
            if not line.send(packet(0)) and ends.lost:
                break
            await asyncio.sleep(0.001)
        [error] = ends.lost
        assert isinstance(error, PeerSilent)
        assert error.timer == "stuck"
        slow.close()
        line.close()
        await tasks.close()

    asyncio.run(act())


def test_a_peer_that_resets_is_told_by_the_next_packet() -> None:
    async def act() -> None:
        ends, ear, tasks = Ends(), TcpEar(), Supervisor("t")
        line, port = tcp(ends, tasks, passive=True)
        await ear.connect(port)
        await line.reach("", 0, follow=False)
        assert line._pipe is not None
        asyncio.get_running_loop().remove_reader(line._pipe._sock.fileno())
        line._pipe._sock.shutdown(socket.SHUT_WR)
        assert not line.send(packet(1))
        assert line._pipe is None
        line.close()
        await ear.close()
        await tasks.close()

    asyncio.run(act())

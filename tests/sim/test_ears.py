"""Sound in, and out, over UDP and TCP."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from tongshi.media.rtp import Packet
from tongshi.media.sender import Sender, frame_rfc4571
from tongshi.sim import ears as module
from tongshi.sim import tone
from tongshi.sim.ears import Ears

pytestmark = pytest.mark.network

SOUND = tone.listen(0, 1600)


async def until(done: Callable[[], object], seconds: float = 10.0) -> None:
    for _ in range(round(seconds / 0.01)):
        if done():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def packets(payload_type: int = 8) -> list[bytes]:
    sender = Sender(7, payload_type=payload_type)
    return [
        packet
        for at in range(0, len(SOUND), 160)
        for packet in sender.packets_of(SOUND[at : at + 160], at)
    ]


@pytest.mark.clause("9.12.1.1", "C.2.4")
def test_what_comes_by_udp_is_heard() -> None:
    async def work() -> None:
        ears = Ears("127.0.0.1")
        ears.start("127.0.0.1", 9)
        with socket.socket(type=socket.SOCK_DGRAM) as mouth:
            sent = packets()
            for packet in (*sent[:3], *sent[4:], b"junk", *packets(96)[:1]):
                mouth.sendto(packet, ("127.0.0.1", ears.port))
            await until(lambda: ears.counts.packets == 9 and ears.counts.strange == 2)
        assert ears.counts.lost == 1
        assert ears.heard() == SOUND[:480] + SOUND[640:]
        assert len(ears.samples()) == 2 * ears.counts.samples
        ears.close()
        ears.close()

    asyncio.run(work())


@pytest.mark.parametrize("active", [True, False])
def test_what_comes_by_tcp_is_heard(active: bool) -> None:
    async def work() -> None:
        ended: list[str] = []
        ears = Ears("127.0.0.1", tcp=True, active=active, on_end=ended.append)
        with socket.socket() as mouth:
            if active:
                mouth.bind(("127.0.0.1", 0))
                mouth.listen(1)
                ears.start(*mouth.getsockname())
                link, _ = await asyncio.to_thread(mouth.accept)
            else:
                ears.start("127.0.0.1", 0)
                link = socket.create_connection(("127.0.0.1", ears.port))
            with link:
                link.sendall(frame_rfc4571(packets()))
                await until(lambda: ears.counts.packets == 10)
            await until(lambda: ended)
        assert ears.heard() == SOUND
        assert ended == ["connection of sound closed by peer"]

    asyncio.run(work())


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_S", 0.05)

    async def work() -> None:
        ended: list[str] = []
        refused = Ears("127.0.0.1", tcp=True, active=True, on_end=ended.append)
        refused.start("127.0.0.1", 9)
        waiting = Ears("127.0.0.1", tcp=True, on_end=ended.append)
        waiting.start("127.0.0.1", 0)
        await until(lambda: len(ended) == 2)
        assert all(why.startswith("no connection for sound") for why in ended)
        closed = Ears("127.0.0.1", tcp=True, on_end=ended.append)
        closed.start("127.0.0.1", 0)
        closed.close()
        await asyncio.sleep(0.1)
        assert len(ended) == 2

    asyncio.run(work())


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_S", 0.1)

    async def work() -> None:
        ears = Ears("127.0.0.1")
        with socket.socket(type=socket.SOCK_DGRAM) as mouth:
            for packet in packets():
                mouth.sendto(packet, ("127.0.0.1", ears.port))
            await until(lambda: ears.counts.packets == 10)
        assert ears.heard() == SOUND[-800:]
        ears.close()

    asyncio.run(work())


@pytest.mark.clause("9.12.2")
@pytest.mark.parametrize("tcp", [False, True])
def test_a_talk_speaks_as_well(tcp: bool) -> None:
    async def work() -> None:
        ears = Ears("127.0.0.1", tcp=tcp)
        other = Ears("127.0.0.1", tcp=tcp, active=tcp)
        other.start("127.0.0.1", ears.port, speak=9)
        ears.start("127.0.0.1", other.port, speak=8)
        await until(lambda: ears.counts.packets > 5 and other.counts.packets > 5)
        assert ears.heard() == tone.listen(0, len(ears.heard()))
        assert ears.counts.spoken >= 160
        ears.close()
        other.close()

    asyncio.run(work())


def test_packets_are_those_of_g711() -> None:
    packet = Packet.parse(packets()[0])
    assert (packet.payload_type, len(packet.payload)) == (8, 160)

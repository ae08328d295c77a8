"""Talks through a whole engine: a WebSocket at one end, UDP or TCP at the other, real time."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import pytest
from picows import WSHandshakeError

from tongshi.access.identity import digest_token
from tongshi.errors import Conflict, EngineFailed, Exhausted, Missing, PeerSilent
from tongshi.gateway.engine import EngineEvent, LineLost, ReaderJoined, ReaderLeft, Speak, Transport
from tongshi.gateway.engines.builtin import Local
from tongshi.gateway.tickets import Bond
from tongshi.media.rtp import Packet
from tongshi.settings import MediaSettings
from tongshi.testing.voice import Ear, Mouth, TcpEar, UdpEar, poll, tone

pytestmark = pytest.mark.network
HOST = "127.0.0.1"
SETTINGS = MediaSettings(
    workers=0,
    listen=HOST,
    ports_from=0,
    ports_to=0,
    viewer_listen=f"{HOST}:0",
    talks=3,
    connect_timeout=1.0,
)


class Stage:
    def __init__(self, engine: Local) -> None:
        self.engine = engine
        self.events: list[EngineEvent] = []
        engine.subscribe(self.events.append)

    def url(self, ticket: str, path: str = "talk") -> str:
        return f"ws://{HOST}:{self.engine.viewer_port('t')}/{path}/{ticket}"

    async def mouth(self, ticket: str = "k", talk: str = "t") -> Mouth:
        await self.engine.talks.admit(talk, ticket, expires_s=5)
        return await Mouth.open(self.url(ticket))

    async def heard(self, kind: type[EngineEvent]) -> EngineEvent:
        await poll(lambda: any(isinstance(event, kind) for event in self.events))
        return next(event for event in reversed(self.events) if isinstance(event, kind))


@asynccontextmanager
async def stage(settings: MediaSettings = SETTINGS) -> AsyncIterator[Stage]:
    engine = Local(settings)
    await engine.start()
    try:
        yield Stage(engine)
    finally:
        await engine.stop()
        assert engine.leased_ports() == 0


async def connect(on: Stage, transport: Transport) -> Ear:
    """Open and start talk ``t`` to an ear of that kind."""
    talks = on.engine.talks
    port = await talks.open(Speak("t", transport, (HOST,)))
    if transport is Transport.UDP:
        udp = UdpEar()
        await talks.start("t", HOST, udp.port, 0xABCD)
        return udp
    tcp = TcpEar()
    if transport is Transport.TCP_ACTIVE:
        await tcp.listen()
    else:
        await tcp.connect(port)
    await talks.start("t", HOST, tcp.port, 0xABCD)
    return tcp


@pytest.mark.clause("9.12.1.1", "C.2.4")
@pytest.mark.parametrize("transport", list(Transport))
@pytest.mark.parametrize("packet_ms", [20, 40, 100, 180])
def test_what_is_said_is_heard_sample_by_sample(transport: Transport, packet_ms: int) -> None:
    async def act() -> None:
        async with stage(replace(SETTINGS, talk_packet_ms=packet_ms)) as on:
            ear = await connect(on, transport)
            mouth = await on.mouth()
            said = tone(0.6)
            await mouth.say(said)
            await ear.until(lambda ear: said in ear.samples())
            assert {len(packet.payload) for packet in ear.packets} == {8 * packet_ms}
            assert {packet.ssrc for packet in ear.packets} == {0xABCD}
            numbers = [packet.sequence for packet in ear.packets]
            assert numbers == [numbers[0] + at & 0xFFFF for at in range(len(numbers))]
            mouth.close()
            left = await on.heard(ReaderLeft)
            assert isinstance(left, ReaderLeft)
            assert (left.stream, left.ticket, left.bytes, left.why) == ("t", "k", len(said), "left")
            spoken = await on.engine.talks.close("t")
            assert (spoken.voice, spoken.late, spoken.dropped) == (0.6, 0.0, 0)
            assert spoken.delay_p50_ms is not None
            await ear.close()

    asyncio.run(act())


def test_a_loss_on_the_way_is_seen_by_its_number() -> None:
    async def act() -> None:
        async with stage() as on:
            ear = await connect(on, Transport.UDP)
            mouth = await on.mouth()
            said = tone(0.4)
            await mouth.say(said)
            await ear.until(lambda ear: said in ear.samples())
            first = next(at for at, packet in enumerate(ear.packets) if packet.marker)
            del ear.packets[first + 3]  # as if it had been lost
            numbers = [packet.sequence for packet in ear.packets]
            holes = [(b - a & 0xFFFF) - 1 for a, b in pairwise(numbers)]
            assert sum(holes) == 1
            heard = ear.samples()
            assert said not in heard
            assert said[: 3 * 320] + said[4 * 320 :] in heard
            mouth.close()
            await ear.close()

    asyncio.run(act())


def test_the_listener_stays_fed_while_the_browser_pauses() -> None:
    async def act() -> None:
        async with stage() as on:
            ear = await connect(on, Transport.UDP)
            mouth = await on.mouth()
            await mouth.say(tone(0.2))
            await asyncio.sleep(0.4)
            await mouth.say(tone(0.2))
            await ear.until(lambda ear: sum(packet.marker for packet in ear.packets) == 2)
            steps = [b.timestamp - a.timestamp & 0xFFFFFFFF for a, b in pairwise(ear.packets)]
            assert set(steps) == {320}
            mouth.close()
            await ear.close()

    asyncio.run(act())


@pytest.mark.clause("9.12.2")
def test_who_talks_hears_the_listener_where_both_speak() -> None:
    async def act() -> None:
        async with stage() as on:
            ear = UdpEar()
            port = await on.engine.talks.open(Speak("t", Transport.UDP, (HOST,), hears=True))
            await on.engine.talks.start("t", HOST, ear.port, 1)
            mouth = await on.mouth()
            for number in range(5):
                ear.send(Packet(8, number, 160 * number, 7, bytes([number]) * 160).encode(), port)
            await poll(lambda: len(mouth.sounds) == 5)
            assert [sound[10:] for sound in mouth.sounds] == [bytes([at]) * 160 for at in range(5)]
            assert (await on.engine.talks.figures("t")).heard == 5
            mouth.close()
            await ear.close()

    asyncio.run(act())


def test_a_ticket_opens_one_talk_once_and_nothing_else() -> None:
    async def act() -> None:
        async with stage() as on:
            ear = await connect(on, Transport.UDP)
            mouth = await on.mouth("k")
            for ticket, path in (("k", "talk"), ("x", "talk"), ("", "talk")):
                with pytest.raises(WSHandshakeError):
                    await Mouth.open(on.url(ticket, path))
            await on.engine.talks.admit("t", "k2", expires_s=5)
            with pytest.raises(WSHandshakeError):  # it is none for looking
                await Mouth.open(on.url("k2", "play"))
            second = await Mouth.open(on.url("k2"))
            async with asyncio.timeout(5):
                await second.over.wait()
            assert json.loads(second.texts[-1])["code"] == "closed"
            await on.engine.talks.admit("t", "k3", expires_s=-1)
            with pytest.raises(WSHandshakeError):
                await Mouth.open(on.url("k3"))
            await on.engine.talks.admit("t", "k4", expires_s=5)
            await on.engine.revoke("k4", "revoked")
            mine = Bond(digest_token("mine"), HOST)
            await on.engine.talks.admit("t", "k5", expires_s=5, bond=mine)
            for cookie in ("", "tongshi_session=theirs"):
                with pytest.raises(WSHandshakeError):
                    await Mouth.open(on.url("k5"), cookie)
            third = await Mouth.open(on.url("k5"), "tongshi_session=mine")
            async with asyncio.timeout(5):
                await third.over.wait()
            away = Bond(host="192.0.2.1")
            await on.engine.talks.admit("t", "k6", expires_s=5, bond=away)
            stray = await Mouth.open(on.url("k6"))
            async with asyncio.timeout(5):
                await stray.over.wait()
            assert stray.texts == []
            with pytest.raises(WSHandshakeError):
                await Mouth.open(on.url("k4"))
            await on.engine.revoke("k", "denied.signin")
            async with asyncio.timeout(5):
                await mouth.over.wait()
            assert json.loads(mouth.texts[-1])["code"] == "denied.signin"
            await ear.close()

    asyncio.run(act())


def test_messages_that_are_too_long_end_who_sends_them() -> None:
    async def act() -> None:
        async with stage() as on:
            ear = await connect(on, Transport.UDP)
            for number, size in enumerate((1601, 5000, 1_000_000)):
                mouth = await on.mouth(f"k{number}")
                mouth.send(bytes(size))
                async with asyncio.timeout(5):
                    await mouth.over.wait()
                await poll(lambda: isinstance(on.events[-1], ReaderLeft))
            assert (await on.engine.talks.figures("t")).voice == 0
            await ear.close()

    asyncio.run(act())


def test_a_flood_of_speech_is_cut_and_counted() -> None:
    async def act() -> None:
        async with stage() as on:
            ear = await connect(on, Transport.UDP)
            mouth = await on.mouth()
            for _ in range(500):  # a hundred seconds at once
                mouth.send(b"\x01" * 1600)
            await ear.until(lambda ear: b"\x01" in ear.samples())
            for _ in range(500):
                spoken = await on.engine.talks.figures("t")
                if spoken.late >= 99:
                    break
                await asyncio.sleep(0.01)
            assert spoken.late >= 99
            assert spoken.voice <= 1.0
            mouth.close()
            await ear.close()

    asyncio.run(act())


def test_a_line_that_breaks_for_good_is_told() -> None:
    async def act() -> None:
        async with stage(replace(SETTINGS, connect_timeout=0.5)) as on:
            ear = await connect(on, Transport.TCP_PASSIVE)
            mouth = await on.mouth()
            await ear.close()
            event = await on.heard(LineLost)
            assert isinstance(event, LineLost)
            assert isinstance(event.error, PeerSilent)
            assert event.error.stage == "connect"
            assert (await on.engine.talks.figures("t")).dropped > 0
            await on.engine.talks.close("t", "peer.silent", "connect")
            async with asyncio.timeout(5):
                await mouth.over.wait()
            assert json.loads(mouth.texts[-1]) == {
                "type": "end",
                "code": "peer.silent",
                "stage": "connect",
            }

    asyncio.run(act())


def test_books_of_a_room() -> None:
    async def act() -> None:
        async with stage() as on:
            talks = on.engine.talks
            await talks.open(Speak("a", Transport.UDP))
            with pytest.raises(Conflict):
                await talks.open(Speak("a", Transport.UDP))
            await talks.open(Speak("b", Transport.TCP_PASSIVE))
            await talks.open(Speak("c", Transport.TCP_ACTIVE))
            assert (len(talks), on.engine.leased_ports()) == (3, 3)
            with pytest.raises(Exhausted):
                await talks.open(Speak("d", Transport.UDP))
            for act_ in (talks.figures("d"), talks.admit("d", "k", expires_s=1)):
                with pytest.raises(Missing):
                    await act_
            with pytest.raises(Missing):
                await talks.start("d", HOST, 9, 1)
            await talks.start("a", HOST, 9, 1)
            with pytest.raises(Conflict):
                await talks.start("a", HOST, 9, 1)
            with pytest.raises(PeerSilent):
                await talks.start("b", "", 0, 1)
            assert (await talks.close("d")).packets == 0
            await talks.close("a")
            with socket.socket() as closed:
                closed.bind((HOST, 0))
                starting = asyncio.create_task(talks.start("c", HOST, closed.getsockname()[1], 1))
                await asyncio.sleep(0.05)
                await talks.close("c")
                with pytest.raises(Exception, match=r"closed|TCP"):
                    await starting

    asyncio.run(act())


def test_a_talk_closed_while_its_listener_is_awaited() -> None:
    async def act() -> None:
        async with stage() as on:
            talks = on.engine.talks
            await talks.open(Speak("t", Transport.TCP_PASSIVE))
            starting = asyncio.create_task(talks.start("t", "", 0, 1))
            await asyncio.sleep(0.01)
            await talks.close("t")
            with pytest.raises(EngineFailed, match="closed"):
                await starting

    asyncio.run(act())


def test_who_talks_is_told_the_figures() -> None:
    async def act() -> None:
        async with stage() as on:
            ear = await connect(on, Transport.UDP)
            mouth = await on.mouth()
            joined = await on.heard(ReaderJoined)
            assert joined == ReaderJoined("t", "k")
            await poll(lambda: bool(mouth.texts))
            told = json.loads(mouth.texts[0])
            assert told["type"] == "figures"
            assert told["packets"] > 0
            mouth.close()
            await ear.close()

    asyncio.run(act())

"""One talk in virtual time: the clock, the store, who talks."""

import asyncio
import json
from itertools import pairwise

import pytest

from tongshi.errors import Error, PeerSilent
from tongshi.gateway.engine import EngineEvent, LineLost, ReaderJoined, ReaderLeft, Speak, Transport
from tongshi.gateway.talk import Talk
from tongshi.gateway.talkbuffer import SILENCE
from tongshi.gateway.talker import Talker
from tongshi.gateway.tickets import Ticket
from tongshi.media.g711 import to_mu_law
from tongshi.media.rtp import Packet
from tongshi.testing.timeless import run

PACKET = 320
SPEAK = Speak("t", Transport.UDP)
TICKET = Ticket("k", "t", 99.0, transcode=False)


class Wire:
    """A line that keeps what is sent."""

    def __init__(self) -> None:
        self.refused = 3
        self.full = False
        self.closed = False
        self.packets: list[Packet] = []
        self.times: list[float] = []

    async def reach(self, host: str, port: int, *, follow: bool) -> None:
        raise AssertionError("the talk does not reach: its room does")

    def send(self, packet: bytes) -> bool:
        if not self.full:
            self.packets.append(Packet.parse(packet))
            self.times.append(asyncio.get_running_loop().time())
        return not self.full

    def close(self) -> None:
        self.closed = True


class Person(Talker):
    """Who talks, without a connection."""

    said: list[str]
    ends: list[tuple[str, str, str]]
    sounds: list[bytes]

    @classmethod
    def of(cls, talk: Talk, token: str = "k") -> "Person":
        met = talk.meet(Ticket(token, "t", 99.0, transcode=False))
        person = cls(met.ticket, met._callbacks, met.since)
        person.said, person.ends, person.sounds = [], [], []
        return person

    def join(self) -> None:
        self._callbacks.joined(self)

    def speak(self, samples: bytes) -> None:
        self._callbacks.spoke(self, samples)

    def leave(self) -> None:
        self._callbacks.left(self)

    def say(self, text: str) -> None:
        self.said.append(text)

    def hear(self, block: bytes) -> None:
        self.sounds.append(block)

    def end(self, code: str, stage: str, why: str) -> None:
        self.why = why
        self.ends.append((code, stage, why))


class Bench:
    def __init__(self, speak: Speak = SPEAK) -> None:
        self.events: list[EngineEvent] = []
        self.wire = Wire()
        self.talk = Talk(speak, 40000, PACKET, self.events.append)
        self.talk.line = self.wire


def test_a_packet_leaves_at_each_tick_whether_anybody_speaks_or_not() -> None:
    async def act() -> None:
        bench = Bench()
        assert not bench.talk.running
        bench.talk.start(0xABC)
        await asyncio.sleep(0.39)
        packets = bench.wire.packets
        assert len(packets) == 10
        assert bench.wire.times == pytest.approx([at * 0.04 for at in range(10)])
        assert {packet.payload for packet in packets} == {bytes([SILENCE]) * PACKET}
        assert {(packet.ssrc, packet.payload_type) for packet in packets} == {(0xABC, 8)}
        stamps = [packet.timestamp - packets[0].timestamp & 0xFFFFFFFF for packet in packets]
        assert stamps == [at * PACKET for at in range(10)]
        numbers = [packet.sequence - packets[0].sequence & 0xFFFF for packet in packets]
        assert numbers == list(range(10))
        assert not any(packet.marker for packet in packets)
        spoken = bench.talk.close("", "")
        assert bench.wire.closed
        assert (spoken.packets, spoken.bytes) == (10, 10 * PACKET)
        assert (spoken.silence, spoken.voice, spoken.refused) == (0.4, 0.0, 3)
        await asyncio.sleep(1.0)
        assert len(packets) == 10

    run(act())


def test_speech_leaves_with_a_marker_at_its_begin() -> None:
    async def act() -> None:
        bench = Bench(Speak("t", Transport.UDP, payload_type=97))
        person = Person.of(bench.talk)
        person.join()
        person.speak(b"\x01" * 160)  # before the start: nobody is there to hear it
        bench.talk.start(1)
        for number in range(1, 26):
            person.speak(bytes([number]) * 160)
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        packets = bench.wire.packets
        assert {packet.payload_type for packet in packets} == {97}
        heard = b"".join(packet.payload for packet in packets)
        words = b"".join(bytes([number]) * 160 for number in range(1, 26))
        assert words in heard
        assert sum(packet.marker for packet in packets) == 1
        first = next(packet for packet in packets if packet.marker)
        assert first.payload == words[:PACKET]
        figures = bench.talk.figures()
        assert (figures.voice, figures.late, figures.gaps) == (0.5, 0.0, 1)
        assert figures.delay_p50_ms is not None
        assert figures.delay_p50_ms <= 80
        bench.talk.close("", "")

    run(act())


def test_a_loop_that_was_held_up_catches_up_or_says_that_time_has_passed() -> None:
    async def act() -> None:
        bench = Bench()
        bench.talk.start(1)
        await asyncio.sleep(0.01)
        bench.talk._due -= 0.16  # four ticks were missed
        bench.talk._tick()
        await asyncio.sleep(0.001)
        packets = bench.wire.packets
        steps = [b.timestamp - a.timestamp & 0xFFFFFFFF for a, b in pairwise(packets)]
        assert set(steps) == {PACKET}
        before = len(packets)
        bench.talk._due -= 2.0  # a suspended machine
        bench.talk._tick()
        after = packets[before:]
        assert (after[0].timestamp - packets[before - 1].timestamp & 0xFFFFFFFF) > 40 * PACKET
        assert after[0].sequence == packets[before - 1].sequence + 1 & 0xFFFF
        bench.talk.close("", "")

    run(act())


def test_who_talks_is_told_how_it_fares_and_why_it_ends() -> None:
    async def act() -> None:
        bench = Bench()
        person = Person.of(bench.talk)
        bench.talk.start(1)
        person.join()
        await asyncio.sleep(2.5)
        assert len(person.said) == 2
        told = json.loads(person.said[-1])
        assert told["type"] == "figures"
        assert told["packets"] == 51
        bench.talk.close("peer.silent", "media")
        assert person.ends == [("peer.silent", "media", "peer.silent")]
        assert bench.events == [
            ReaderJoined("t", "k"),
            ReaderLeft("t", "k", 2.5, 0, "peer.silent"),
        ]
        person.leave()  # the connection ends a little later
        assert len(bench.events) == 2

    run(act())


def test_one_talks_at_a_time_and_nobody_after_the_end() -> None:
    async def act() -> None:
        bench = Bench()
        person, second = Person.of(bench.talk), Person.of(bench.talk, "k2")
        bench.talk.start(1)
        person.join()
        second.join()
        assert second.ends == [("closed", "", "closed")]
        second.speak(b"\x01" * 1600)
        second.leave()
        assert bench.talk.figures().late == 0
        bench.talk.revoke("k2", "revoked")
        assert person.ends == []
        bench.talk.revoke("k", "revoked")
        assert person.ends == [("revoked", "access", "revoked")]
        bench.talk.revoke("k", "revoked")
        assert len(person.ends) == 1
        bench.talk.close("", "")
        third = Person.of(bench.talk, "k3")
        third.join()
        assert third.ends == [("closed", "", "closed")]

    run(act())


def test_what_the_line_cannot_take_is_dropped_and_counted() -> None:
    async def act() -> None:
        bench = Bench()
        bench.wire.full = True
        bench.talk.start(1)
        await asyncio.sleep(0.1)
        figures = bench.talk.figures()
        assert (figures.packets, figures.dropped) == (0, 3)
        bench.talk.close("", "")

    run(act())


@pytest.mark.clause("9.12.2")
def test_the_listeners_sound_reaches_who_talks() -> None:
    async def act() -> None:
        bench = Bench(Speak("t", Transport.UDP, payload_type=97, hears=True))
        sound = Packet(8, 1, 800, 7, b"\x55" * 160).encode()
        bench.talk.hear(sound)  # nobody is there
        person = Person.of(bench.talk)
        person.join()
        bench.talk.hear(sound)
        bench.talk.hear(Packet(97, 2, 960, 7, b"\x56").encode())
        bench.talk.hear(Packet(0, 3, 961, 7, b"\x57").encode())
        bench.talk.hear(Packet(96, 4, 962, 7, b"\x58").encode())  # not G.711
        bench.talk.hear(Packet(8, 5, 963, 7, b"").encode())
        bench.talk.hear(b"junk")
        ticks = (9000).to_bytes(8, "big")
        assert person.sounds[0] == b"\x01\x08" + ticks + b"\x55" * 160
        assert [sound[:2] for sound in person.sounds] == [b"\x01\x08", b"\x01\x08", b"\x01\x00"]
        assert bench.talk.figures().heard == 3
        bench.talk.close("", "")

    run(act())


def test_a_broadcast_does_not_listen() -> None:
    async def act() -> None:
        bench = Bench()
        person = Person.of(bench.talk)
        person.join()
        bench.talk.hear(Packet(8, 1, 800, 7, b"\x55" * 160).encode())
        assert person.sounds == []
        bench.talk.close("", "")

    run(act())


def test_a_lost_line_is_told_while_the_talk_is_open() -> None:
    async def act() -> None:
        bench = Bench()
        error: Error = PeerSilent("gone", timer="refused", stage="media")
        bench.talk.lose(error)
        assert bench.events == [LineLost("t", error)]
        bench.talk.close("", "")
        bench.talk.lose(error)
        assert len(bench.events) == 1

    run(act())


def test_a_talk_without_a_line_is_silent() -> None:
    async def act() -> None:
        bench = Bench()
        bench.talk.line = None
        bench.talk.start(1)
        await asyncio.sleep(0.1)
        spoken = bench.talk.close("", "")
        assert (spoken.packets, spoken.dropped, spoken.refused) == (0, 0, 0)

    run(act())


def test_a_listener_of_mu_law_gets_and_sends_mu_law() -> None:
    async def work() -> None:
        bench = Bench(Speak("t", Transport.UDP, payload_type=0, hears=True, mu_law=True))
        person = Person.of(bench.talk)
        person.join()
        bench.talk.start(7)
        person.speak(bytes(range(256)) * 8)
        await asyncio.sleep(1.0)
        sent = b"".join(packet.payload for packet in bench.wire.packets)
        assert to_mu_law(bytes(range(256))) in sent
        assert {packet.payload_type for packet in bench.wire.packets} == {0}
        bench.talk.hear(Packet(0, 1, 160, 9, b"\xff" * 160).encode())
        assert person.sounds[0][:2] == b"\x01\x00"
        bench.talk.close("", "")

    run(work())

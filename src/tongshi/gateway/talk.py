"""One talk: who speaks, the store between, the clock, the line to the listener.

A packet leaves at each tick of the clock, whether anybody speaks or not.  When the loop was held
up for a few ticks they are made good at once; after more, time has passed without sound, and the
time stamps say so.

Source: GB/T 28181-2022 9.12.1 (20 to 180 ms a packet), C.2; RFC 3550 5.1; RFC 3551 4.5.14.
"""

import asyncio
import secrets
from collections.abc import Callable

from tongshi.errors import Error, RemoteProtocolError
from tongshi.gateway.engine import EngineEvent, LineLost, ReaderJoined, ReaderLeft, Speak, Spoken
from tongshi.gateway.talkbuffer import RATE, SpeechBuffer
from tongshi.gateway.talker import Callbacks, Talker, figures_text
from tongshi.gateway.talkline import Line
from tongshi.gateway.tickets import Ticket
from tongshi.media.g711 import block, to_mu_law
from tongshi.media.rtp import Packet
from tongshi.media.sender import Sender
from tongshi.media.unit import Codec

_CATCH_UP = 5
"""Ticks that are made good when the loop was held up."""
_LAWS = {8: Codec.G711A, 0: Codec.G711U}
_TOLD = 1.0  # s between figures to who talks


class Talk:
    """Made by ``TalkRoom.open``; the ends of its line.

    packet: samples of one packet.
    """

    def __init__(
        self, speak: Speak, port: int, packet: int, tell: Callable[[EngineEvent], None]
    ) -> None:
        self.speak = speak
        self.port = port
        self.line: Line | None = None
        self._tell = tell
        self._packet = packet
        self._store = SpeechBuffer(packet)
        self._loop = asyncio.get_running_loop()
        self._callbacks = Callbacks(self._joined, self._spoke, self._left)
        self._talker: Talker | None = None
        self._sender: Sender | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = self._told = 0.0
        self._stamp = secrets.randbelow(1 << 32)
        self._dropped = self._heard = self._sent = 0
        self._over = False

    @property
    def running(self) -> bool:
        """Whether packets leave."""
        return self._timer is not None

    def start(self, ssrc: int) -> None:
        """Send a packet now, and one at each tick."""
        self._sender = Sender(
            ssrc, sequence=secrets.randbelow(1 << 16), payload_type=self.speak.payload_type
        )
        self._due = self._told = self._loop.time()
        self._tick()

    def meet(self, ticket: Ticket) -> Talker:
        """Return the connection of who shows *ticket*."""
        return Talker(ticket, self._callbacks, self._loop.time())

    def revoke(self, token: str, code: str) -> None:
        """End who talks by that ticket, if somebody does."""
        talker = self._talker
        if talker is not None and talker.ticket.token == token:
            talker.end(code, "access", code)
            self._left(talker)

    def figures(self) -> Spoken:
        """Return what was carried so far."""
        store = self._store
        return Spoken(
            packets=self._sent,
            bytes=self._sent * self._packet,
            dropped=self._dropped,
            voice=store.voice / RATE,
            silence=store.silence / RATE,
            late=store.late / RATE,
            gaps=store.gaps,
            heard=self._heard,
            refused=self.line.refused if self.line is not None else 0,
            delay_p50_ms=store.delay_ms(0.5),
            delay_p95_ms=store.delay_ms(0.95),
        )

    def close(self, code: str, stage: str) -> Spoken:
        """End the clock, the line, and who talks; return what was carried."""
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        talker = self._talker
        if talker is not None:
            talker.end(code or "closed", stage, code or "closed")
            self._left(talker)
        if self.line is not None:
            self.line.close()
        return self.figures()

    # The line's side.

    def hear(self, packet: bytes) -> None:
        """Hand the listener's sound to who talks."""
        talker = self._talker
        if talker is None or not self.speak.hears:
            return
        try:
            parsed = Packet.parse(packet)
        except RemoteProtocolError:
            return
        law = _LAWS.get(parsed.payload_type)
        if parsed.payload_type == self.speak.payload_type:
            law = Codec.G711U if self.speak.mu_law else Codec.G711A
        if law is not None and parsed.payload:
            self._heard += 1
            ticks = parsed.timestamp * 90_000 // RATE
            talker.hear(block(law, ticks, parsed.payload))

    def lose(self, error: Error) -> None:
        """Tell that nobody is reached any more."""
        if not self._over:
            self._tell(LineLost(self.speak.talk, error))

    # The clock.

    def _tick(self) -> None:
        period = self._packet / RATE
        now = self._loop.time()
        behind = int((now - self._due) / period)
        if behind > _CATCH_UP:
            self._due += behind * period
            self._stamp += behind * self._packet
        self._send(now)
        self._due += period
        self._timer = self._loop.call_at(self._due, self._tick)
        if now - self._told >= _TOLD:
            self._told = now
            if self._talker is not None:
                self._talker.say(figures_text(self.figures()))

    def _send(self, now: float) -> None:
        samples, begins = self._store.take(now)
        sender, line = self._sender, self.line
        if sender is None or line is None:
            return
        if self.speak.mu_law:
            samples = to_mu_law(samples)
        [packet] = sender.packets_with(
            [samples], self._stamp, self.speak.payload_type, ended=begins
        )
        self._stamp += self._packet
        if line.send(packet):
            self._sent += 1
        else:
            self._dropped += 1

    # Who talks.

    def _joined(self, talker: Talker) -> None:
        if self._over or self._talker is not None:
            talker.end("closed", "", "closed")
            return
        self._talker = talker
        self._tell(ReaderJoined(self.speak.talk, talker.ticket.token))

    def _spoke(self, talker: Talker, samples: bytes) -> None:
        if talker is self._talker and self.running:
            self._store.put(samples, self._loop.time())

    def _left(self, talker: Talker) -> None:
        if talker is not self._talker:
            return
        self._talker = None
        seconds = self._loop.time() - talker.since
        spoken = self._store.voice
        token = talker.ticket.token
        self._tell(ReaderLeft(self.speak.talk, token, seconds, spoken, talker.why))

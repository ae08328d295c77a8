"""Speech between a browser, which sends when it can, and RTP, which goes by the clock.

::

    put (20 ms, more or less in time) --> samples, bounded --> take (one packet, at each tick)

    SILENT --enough is there, or as much as comes--> FLOWING --runs dry--> SILENT

While nothing is there, silence is: devices end a call that brings nothing.  What has piled up, as
after a stall of the line, is left out, oldest first: talk that is late by seconds is worse than
talk with a hole.  How much is waited for grows with each time that speech ran dry, and shrinks
again in calm.

Source: ITU-T G.711 (A-law, 8 kHz); RFC 3551 4.1 (marker at the begin of a talkspurt).
"""

from collections import deque
from collections.abc import Sequence

RATE = 8000
"""Samples a second, one byte each."""
SILENCE = 0xD5
"""The A-law code of the smallest positive value."""
_STEP = RATE // 50
"""20 ms: what a browser sends at once."""
_LEAD_MOST = RATE * 18 // 100
_SLACK = RATE * 12 // 100
"""Beyond what is waited for, samples: more has come too late."""
_FLUSH = 2
"""Ticks after which what is there goes out, though more was waited for."""
_CALM = RATE * 4
"""Samples after which what was always in store is known to be too much."""
_BIN_MS, _BINS = 5, 100


class SpeechBuffer:
    """Samples, in order, in bounded number.

    packet: samples that each :meth:`take` returns.
    voice, silence, late: samples sent, put in their place, left out.  gaps: times that it ran dry.
    """

    def __init__(self, packet: int) -> None:
        self.voice = self.silence = self.late = self.gaps = 0
        self._packet = packet
        self._least = self._lead = packet + _STEP
        self._held = bytearray()
        self._arrivals: deque[tuple[int, float]] = deque()
        self._put = self._taken = 0  # samples since the beginning
        self._flowing = False
        self._ticks = 0
        self._held_most = _LEAD_MOST + packet + _SLACK
        self._floor, self._since = self._held_most, 0
        self._delays = [0] * _BINS

    def __len__(self) -> int:
        return len(self._held)

    def put(self, samples: bytes, now: float) -> None:
        """Take *samples* that came at *now*, s."""
        self._held += samples
        self._put += len(samples)
        self._arrivals.append((self._put, now))
        over = len(self._held) - self._lead - self._packet - _SLACK
        if over > 0:
            self._leave_out(over + _SLACK)

    def take(self, now: float) -> tuple[bytes, bool]:
        """Return one packet's samples, and whether speech begins with them."""
        if not self._flowing and not self._begins():
            self.silence += self._packet
            return bytes([SILENCE]) * self._packet, False
        begins, self._flowing = not self._flowing, True
        self._measure(now)
        samples = bytes(self._held[: self._packet])
        del self._held[: self._packet]
        self._move(len(samples))
        self.voice += len(samples)
        lacking = self._packet - len(samples)
        if lacking:
            self._run_dry(lacking)
        else:
            self._trim()
        return samples + bytes([SILENCE]) * lacking, begins

    def delay_ms(self, share: float) -> int | None:
        """Return how long *share* of the packets' first samples waited here at the most."""
        return quantile(self._delays, share)

    def _begins(self) -> bool:
        self._ticks = self._ticks + 1 if self._held else 0
        if len(self._held) >= self._lead or self._ticks > _FLUSH:
            self._ticks = 0
            return True
        return False

    def _run_dry(self, lacking: int) -> None:
        """Go silent; wait for a little more before the next words."""
        self._flowing = False
        self.silence += lacking
        self.gaps += 1
        self._lead = min(self._lead + _STEP, max(_LEAD_MOST, self._least))
        self._floor, self._since = self._held_most, 0

    def _trim(self) -> None:
        """Leave out what was in store all the time: clocks drift, and calm comes back."""
        self._floor = min(self._floor, len(self._held))
        self._since += self._packet
        if self._since < _CALM:
            return
        self._lead = max(self._lead - _STEP, self._least)
        wanted = self._lead - self._packet
        if self._floor > wanted + _STEP:  # a step more is a matter of who comes first, not of drift
            self._leave_out(self._floor - wanted)
        self._floor, self._since = self._held_most, 0

    def _leave_out(self, count: int) -> None:
        del self._held[:count]
        self.late += count
        self._move(count)

    def _move(self, count: int) -> None:
        """Forget when the oldest *count* samples came."""
        self._taken += count
        while self._arrivals and self._arrivals[0][0] <= self._taken:
            self._arrivals.popleft()

    def _measure(self, now: float) -> None:
        waited = now - self._arrivals[0][1] if self._arrivals else 0.0
        self._delays[min(int(waited * 1000) // _BIN_MS, _BINS - 1)] += 1


def quantile(counts: Sequence[int], share: float) -> int | None:
    """Return below which bound, ms, *share* of what *counts* holds lies; None when it is empty."""
    left = share * sum(counts)
    for number, count in enumerate(counts):
        left -= count
        if count and left <= 0:
            return (number + 1) * _BIN_MS
    return None

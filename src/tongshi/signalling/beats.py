"""How seldom each device may be heard: what it was told, or told us, of its keepalives.

A device with another ``HeartBeatInterval`` than the settings count on would look offline while it
does as it was told, or be missed too late.  So what a device confirmed of BasicParam, or said of
it, moves the watch over that device, and no other.

| what | silence until offline |
|---|---|
| nothing known | ``keepalive`` x ``keepalive_misses`` |
| interval n, count m | n x the larger of m and the settings' count, ``keepalive_longest`` at most |

A single lost datagram is no death, whatever count a device has: hence the larger.  A device that
counts as missed by an interval of its own, and is heard again while it is registered, contradicts
what it told: that is forgotten.  Nothing is concluded from slow beats alone, because a bad line
looks the same.

Source: GB/T 28181-2022 9.6, A.2.1.13 (HeartBeatInterval, HeartBeatCount).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tongshi.clock import Clock
from tongshi.gb28181.manscdp import BasicParam
from tongshi.signalling.event import BeatLearned, SignallingEvent
from tongshi.signalling.neighbours import Neighbours

REMEMBERED = 200_000
"""Devices with a beat of their own at the most."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A device's own rhythm.  interval: s.  count: beats without an answer; 0 when untold."""

    interval: float
    count: int = 0


@dataclass(frozen=True, slots=True)
class BeatRules:
    """interval: s, and misses: as the settings have them.  longest: silence at the most, s."""

    interval: float = 60.0
    misses: int = 3
    longest: float = 900.0

    def silence(self, beat: Beat | None) -> float:
        """Return how long a device with *beat* may be silent, s; None: one of no own rhythm."""
        usual = self.interval * self.misses
        if beat is None:
            return usual
        return min(beat.interval * max(beat.count, self.misses), max(self.longest, usual))


class Beats:
    """The rhythms of devices that have one of their own.

    emit: gets BeatLearned when one is learned or forgotten.  known: from before, by device.
    """

    def __init__(
        self,
        rules: BeatRules,
        neighbours: Neighbours,
        emit: Callable[[SignallingEvent], None],
        clock: Clock,
        known: Mapping[str, tuple[float, int]] | None = None,
    ) -> None:
        self.rules = rules
        self._neighbours = neighbours
        self._emit = emit
        self._clock = clock
        self._by_id = {key: Beat(*told) for key, told in (known or {}).items()}
        for device_id, beat in self._by_id.items():
            self._watch(device_id, beat)
        neighbours.contradicted = self._contradicted

    def of(self, device_id: str) -> Beat | None:
        """Return the rhythm of *device_id*; None while it has none of its own."""
        return self._by_id.get(device_id)

    def silence(self, device_id: str) -> float:
        """Return how long *device_id* may be silent until it counts as offline, s."""
        return self.rules.silence(self.of(device_id))

    def foresee(self, device_id: str, told: BasicParam) -> float:
        """Return what :meth:`silence` would be once *device_id* has confirmed *told*."""
        return self.rules.silence(_merge(self.of(device_id), told))

    def learn(self, device_id: str, told: BasicParam) -> None:
        """Take what *device_id* confirmed, or said, of its keepalives."""
        held = self.of(device_id)
        beat = _merge(held, told)
        if beat is not None and self.rules.silence(beat) == self.rules.silence(None):
            beat = None
        room = held is not None or len(self._by_id) < REMEMBERED
        if beat != held and room:
            self._keep(device_id, beat)

    def _keep(self, device_id: str, beat: Beat | None) -> None:
        if beat is None:
            del self._by_id[device_id]
        else:
            self._by_id[device_id] = beat
        self._watch(device_id, beat)
        interval, count = (beat.interval, beat.count) if beat is not None else (None, 0)
        self._emit(BeatLearned(device_id, interval, count, self._clock.wall()))

    def _watch(self, device_id: str, beat: Beat | None) -> None:
        silence = None if beat is None else self.rules.silence(beat)
        self._neighbours.expect(device_id, silence, self._clock.now())

    def _contradicted(self, device_id: str) -> None:
        """Forget a rhythm that a device does not keep."""
        if device_id in self._by_id and self.silence(device_id) < self.rules.silence(None):
            self._keep(device_id, None)


def _merge(held: Beat | None, told: BasicParam) -> Beat | None:
    """Return the rhythm after *told*, which may name interval or count alone."""
    interval, count = told.heart_beat_interval, told.heart_beat_count
    if interval is None or interval < 1:
        if held is None or count is None or count < 1:
            return held
        return Beat(held.interval, count)
    if count is None or count < 1:
        count = 0 if held is None else held.count
    return Beat(float(interval), count)

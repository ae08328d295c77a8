"""A small window that puts datagrams back in order and says which ones are gone.

Theory of operation.  As long as nothing is missing the receiver does not come here.  After a
hole everything waits in the window until the hole is filled, or 48 packets or 80 ms have passed;
then the hole is given up and counted as lost.  A number far from the expected one is a restart
of the sender, once a second packet follows it (RFC 3550 A.1).
"""

from dataclasses import dataclass

WINDOW_PACKETS = 48
"""Datagrams that wait for a missing one."""
WINDOW_SECONDS = 0.08
"""The longest wait for a missing one, s."""

_AHEAD = 3000  # MAX_DROPOUT of RFC 3550 A.1
_BEHIND = 100  # MAX_MISORDER
_STALE = 16


@dataclass(slots=True)
class OrderCounts:
    """What the order of arrival showed."""

    lost: int = 0
    reordered: int = 0
    duplicates: int = 0
    late: int = 0
    restarts: int = 0


class Window:
    """Datagrams by sequence number, from the expected one on.

    packets: how many wait at the most; 0 when the transport keeps order by itself.
    seconds: how long, s.

    ``expected`` is the next number due (None before the first), ``holding`` whether any wait.
    """

    __slots__ = ("_held", "_missed", "_packets", "_probe", "_seconds", "_since", "_stale", "counts",
                 "expected")  # fmt: skip

    def __init__(self, *, packets: int = WINDOW_PACKETS, seconds: float = WINDOW_SECONDS) -> None:
        self.expected: int | None = None
        self.counts = OrderCounts()
        self._packets = packets
        self._seconds = seconds
        self._held: dict[int, bytes] = {}
        self._since = 0.0
        self._missed: set[int] = set()
        self._probe: tuple[int, bytes] | None = None
        self._stale: tuple[int, int | None] = 0, None

    @property
    def holding(self) -> bool:
        """Whether datagrams wait for a missing one."""
        return bool(self._held)

    def put(self, number: int, datagram: bytes, now: float) -> list[tuple[bytes, bool]]:
        """Take one datagram; return those whose turn it is, in order.

        Each comes with whether packets before it were lost.
        """
        if self.expected is None:
            self.expected = number
        ahead = number - self.expected & 0xFFFF
        if _AHEAD <= ahead < 0x10000 - _BEHIND:
            return self._restart(number, datagram)
        self._probe = None
        if ahead >= 0x8000:
            return self._take_old(number, datagram)
        if number in self._held:
            self.counts.duplicates += 1
            return []
        if ahead and not self._held:
            self._since = now
        if self._held and ahead < max(held - self.expected & 0xFFFF for held in self._held):
            self.counts.reordered += 1
        self._held[number] = datagram
        return self._release(now)

    def drain(self) -> list[tuple[bytes, bool]]:
        """Return everything that waits, its holes given up."""
        out: list[tuple[bytes, bool]] = []
        while self._held:
            out += self._run(self._give_up())
        return out

    def _release(self, now: float) -> list[tuple[bytes, bool]]:
        out = self._run(False)
        while self._held and (
            len(self._held) > self._packets or now - self._since >= self._seconds
        ):
            out += self._run(self._give_up())
            self._since = now
        return out

    def _run(self, lost: bool) -> list[tuple[bytes, bool]]:
        """Take the unbroken run that begins at the expected number."""
        out: list[tuple[bytes, bool]] = []
        at = self.expected or 0
        while (datagram := self._held.pop(at, None)) is not None:
            out.append((datagram, lost))
            lost = False
            at = at + 1 & 0xFFFF
        self.expected = at
        return out

    def _give_up(self) -> bool:
        """Count the hole before the first datagram held as lost and step over it."""
        expected = self.expected or 0
        gap = min(number - expected & 0xFFFF for number in self._held)
        self.counts.lost += gap
        self._missed = {expected + step & 0xFFFF for step in range(min(gap, _BEHIND))}
        self.expected = expected + gap & 0xFFFF
        return gap > 0

    def _take_old(self, number: int, datagram: bytes) -> list[tuple[bytes, bool]]:
        """Count a packet whose turn is over; many with nothing new between are a restart."""
        count, expected = self._stale
        self._stale = count + 1 if expected == self.expected else 1, self.expected
        if self._stale[0] > _STALE:
            return self._begin_anew(number, datagram, None)
        if number in self._missed:
            self._missed.discard(number)
            self.counts.late += 1
        else:
            self.counts.duplicates += 1
        return []

    def _restart(self, number: int, datagram: bytes) -> list[tuple[bytes, bool]]:
        """Believe in a new beginning when two packets follow each other there."""
        probe, self._probe = self._probe, (number + 1 & 0xFFFF, datagram)
        if self._packets and (probe is None or probe[0] != number):
            return []
        held = probe[1] if probe is not None and probe[0] == number else None
        return self._begin_anew(number, datagram, held)

    def _begin_anew(
        self, number: int, datagram: bytes, before: bytes | None
    ) -> list[tuple[bytes, bool]]:
        out = self.drain()
        self.counts.restarts += 1
        self._missed.clear()
        self._probe = None
        self.expected = number + 1 & 0xFFFF
        first = [] if before is None else [(before, True)]
        return [*out, *first, (datagram, before is None)]

"""What a bad network does to datagrams: loss, delay, jitter, reordering, duplication.

Without sockets or clocks, and the same from the same seed, so that it serves in virtual time and
on real sockets alike.
"""

import heapq
import math
from dataclasses import dataclass, fields
from random import Random
from typing import Generic, TypeVar

from tongshi.errors import Invalid

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Impairments:
    """How bad the wire is.

    loss, reorder, duplicate: chance for each datagram, 0..1.
    burst: mean length of a run of losses, datagrams; 1 is independent loss.
    delay: of every datagram, s.  jitter: up to so much more, s; order is kept.
    reorder_by: how much later a reordered datagram comes, s, so that others overtake it.
    seed: equal seeds give equal fates.
    """

    loss: float = 0.0
    burst: float = 1.0
    delay: float = 0.0
    jitter: float = 0.0
    reorder: float = 0.0
    reorder_by: float = 0.03
    duplicate: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        chances = all(0 <= chance <= 1 for chance in (self.loss, self.reorder, self.duplicate))
        times = all(time >= 0 for time in (self.delay, self.jitter, self.reorder_by))
        if not chances or not times or self.burst < 1:
            raise Invalid(f"no such wire: {self}")

    @property
    def clean(self) -> bool:
        """Whether nothing ever happens to a datagram."""
        return not (self.loss or self.delay or self.jitter or self.reorder or self.duplicate)


CLEAN = Impairments()
"""A perfect wire."""


def parse(text: str) -> Impairments:
    """Return what ``loss=0.05,reorder=0.1,delay=0.02,seed=7`` asks for; raises Invalid."""
    known = {item.name: item.type for item in fields(Impairments)}
    given: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        try:
            given[name.strip()] = float(value)
        except ValueError:
            raise Invalid(f"not a number: {part!r}") from None
        if name.strip() not in known or not math.isfinite(given[name.strip()]):
            raise Invalid(f"unknown impairment {part!r}; there are {', '.join(known)}")
    seed = int(given.pop("seed", 1))
    return Impairments(**given, seed=seed)


class Wire(Generic[T]):
    """One direction of a bad wire; *T* is whatever travels.

    lost, late, doubled: counts since the start.
    """

    def __init__(self, impairments: Impairments) -> None:
        self.impairments = impairments
        self.lost = self.late = self.doubled = 0
        self._random = Random(impairments.seed)
        self._losing = False
        self._latest = 0.0
        self._order = 0
        self._under_way: list[tuple[float, int, T]] = []

    def send(self, thing: T, now: float) -> None:
        """Put *thing* on the wire at *now*, s."""
        if self._loses():
            self.lost += 1
            return
        self._put(thing, now)
        if self._random.random() < self.impairments.duplicate:
            self.doubled += 1
            self._put(thing, now)

    def arrived(self, now: float) -> list[T]:
        """Return and forget what has come out at the far end by *now*, in order of arrival."""
        out: list[T] = []
        while self._under_way and self._under_way[0][0] <= now:
            out.append(heapq.heappop(self._under_way)[2])
        return out

    def deadline(self) -> float | None:
        """Return when the next thing comes out, s; None when the wire is empty."""
        return self._under_way[0][0] if self._under_way else None

    def _loses(self) -> bool:
        """Walk the two states of Gilbert's model: in a run of losses, or between two."""
        given = self.impairments
        if given.loss <= 0:
            return False
        if given.loss >= 1:
            return True
        if self._losing:
            self._losing = self._random.random() >= 1 / given.burst
        if not self._losing:
            # The chance to begin a run is such that *loss* is lost in the mean.
            begin = given.loss / (given.burst * (1 - given.loss) + given.loss)
            self._losing = self._random.random() < begin
        return self._losing

    def _put(self, thing: T, now: float) -> None:
        given = self.impairments
        at = now + given.delay + given.jitter * self._random.random()
        if self._random.random() < given.reorder:
            self.late += 1
            at += given.reorder_by
        else:
            at = self._latest = max(at, self._latest)
        self._order += 1
        heapq.heappush(self._under_way, (at, self._order, thing))

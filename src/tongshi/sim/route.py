"""Where a simulated mobile device is: along a line of places, at a constant speed.

Pure: the time is an argument.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import atan2, cos, degrees, hypot, radians

_METRES = 111_320.0
"""Of one degree of latitude."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place and how it is passed.

    longitude, latitude: degrees, WGS-84.  speed: km/h.  direction: degrees from north, clockwise.
    """

    longitude: float
    latitude: float
    speed: float = 0.0
    direction: float = 0.0


@dataclass(slots=True)
class Route:
    """A drive from the first of *points* to the last, or round and round.

    points: longitudes and latitudes, one at the least.  speed: km/h.  began: s.
    """

    points: Sequence[tuple[float, float]]
    speed: float
    began: float
    loop: bool = False
    _legs: list[float] = field(init=False)

    def __post_init__(self) -> None:
        if self.loop:
            self.points = [*self.points, self.points[0]]
        self._legs = [_distance(a, b) for a, b in pairwise(self.points)]

    @property
    def length(self) -> float:
        """Length of the whole way, m."""
        return sum(self._legs)

    def at(self, now: float) -> Place:
        """Return where it is at *now*."""
        done = max(now - self.began, 0.0) * self.speed / 3.6
        if self.loop and self.length:
            done %= self.length
        for (start, end), leg in zip(pairwise(self.points), self._legs, strict=True):
            if done < leg:
                share = done / leg
                return Place(
                    start[0] + (end[0] - start[0]) * share,
                    start[1] + (end[1] - start[1]) * share,
                    self.speed,
                    _bearing(start, end),
                )
            done -= leg
        return Place(*self.points[-1])


def _offset(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """Return how far *end* is east and north of *start*, m."""
    shrink = cos(radians((start[1] + end[1]) / 2))
    return (end[0] - start[0]) * _METRES * shrink, (end[1] - start[1]) * _METRES


def _distance(start: tuple[float, float], end: tuple[float, float]) -> float:
    return hypot(*_offset(start, end))


def _bearing(start: tuple[float, float], end: tuple[float, float]) -> float:
    east, north = _offset(start, end)
    return degrees(atan2(east, north)) % 360.0

"""Leases of media ports: each with an owner, none lent twice, none forgotten."""

import itertools
from collections import deque
from collections.abc import Iterable

from tongshi.errors import Conflict, Exhausted

_TRIES = 20


class Ports:
    """A pool of even ports, RTP's habit, lent in turn so that a freed one rests longest.

    Without ports it holds no pool: the system chooses, and leases are only kept account of.
    """

    def __init__(self, first: int = 0, last: int = 0) -> None:
        """Take the even ports of *first*..*last*, both included; 0 means the system's choice."""
        self.system = first == 0
        self._free = deque(() if self.system else range(first + first % 2, last + 1, 2))
        self._owners: dict[int, str] = {}

    def __contains__(self, port: int) -> bool:
        return port in self._owners

    def candidates(self) -> Iterable[int]:
        """Yield ports to try to bind, each once; 0, some times, when the system chooses.

        The system may choose one that is lent still: for the other transport, or closed just now.
        """
        return (0,) * _TRIES if self.system else tuple(self._free)

    def lease(self, port: int, owner: str) -> None:
        """Note that *owner* has bound *port*; raises Conflict when it is lent."""
        if port in self._owners:
            raise Conflict(f"port {port} is lent to {self._owners[port]}")
        if not self.system:
            self._free.remove(port)
        self._owners[port] = owner

    def release(self, port: int) -> None:
        """Take *port* back; a port that is not lent is ignored."""
        if self._owners.pop(port, None) is not None and not self.system:
            self._free.append(port)

    def leased(self) -> dict[int, str]:
        """Return the owner of each lent port."""
        return dict(self._owners)

    def exhausted(self) -> Exhausted:
        """Return the error to raise when no candidate could be bound."""
        return Exhausted(f"no media port left, {len(self._owners)} are lent", resource="port")


def split(first: int, last: int, parts: int) -> list[tuple[int, int]]:
    """Return *parts* ranges of ports that together are *first*..*last*; (0, 0) stays itself."""
    if first == 0:
        return [(0, 0)] * parts
    first += first % 2
    pairs = (last - first) // 2 + 1
    bounds = [first + 2 * (pairs * part // parts) for part in range(parts + 1)]
    return [(low, high - 1) for low, high in itertools.pairwise(bounds)]

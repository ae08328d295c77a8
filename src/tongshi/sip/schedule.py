"""Which of many items is due next: a heap whose dead entries are dropped late.

Theory of operation.  An item says when it is due; the heap may hold an older, earlier wish of it,
which is found out when it comes up.  So arming costs at most one push, a timer that moves back
costs none, and forgetting costs nothing.  When more than half the heap is dead, it is rebuilt.
"""

from heapq import heapify, heappop, heappush
from math import inf
from typing import Generic, Protocol, TypeVar


class Timed(Protocol):
    """What can be scheduled.

    due: when it wants attention, s, inf for never.  queued: owned by the schedule, inf at first.
    """

    due: float
    queued: float


ItemT = TypeVar("ItemT", bound=Timed)


class Schedule(Generic[ItemT]):
    """Items by their ``due``."""

    __slots__ = ("_dead", "_heap", "_serial")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, ItemT]] = []
        self._serial = 0
        self._dead = 0

    def arm(self, item: ItemT) -> None:
        """Take notice of ``item.due``; call after each change of it."""
        due = item.due
        if due < item.queued:
            if item.queued < inf:
                item.queued = inf
                self._bury()
            item.queued = due
            self._serial += 1
            heappush(self._heap, (due, self._serial, item))

    def forget(self, item: ItemT) -> None:
        """Drop *item*."""
        item.due = inf
        if item.queued < inf:
            item.queued = inf
            self._bury()

    def pop(self, now: float) -> ItemT | None:
        """Remove and return an item that is due at *now*, or None; arm it again if need be."""
        while self._heap and self._heap[0][0] <= now:
            when, _, item = heappop(self._heap)
            if when != item.queued:
                self._dead -= 1
                continue
            item.queued = inf
            if item.due <= now:
                return item
            self.arm(item)
        return None

    def deadline(self) -> float | None:
        """Return when :meth:`pop` is worth calling, or None for never; it may be early."""
        heap = self._heap
        while heap and heap[0][0] != heap[0][2].queued:
            heappop(heap)
            self._dead -= 1
        return heap[0][0] if heap else None

    def __len__(self) -> int:
        return len(self._heap)

    def _bury(self) -> None:
        self._dead += 1
        if self._dead > 64 and 2 * self._dead > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[0] == entry[2].queued]
            heapify(self._heap)
            self._dead = 0

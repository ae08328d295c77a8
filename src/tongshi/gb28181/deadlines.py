"""Who is due when, at constant work per postponement.

Postponing is what happens a thousand times a second (each keepalive postpones a device's end),
coming due is rare.  So a postponement only changes a number; the heap learns of it when the old
time comes up.

::

    push(key, later)   O(1)          due(now)   O(log n) per key that comes up, due or not
    push(key, earlier) O(log n)      drop(key)  O(1)
"""

from heapq import heapify, heappop, heappush


class _Entry:
    """One key's time and the earliest time under which the heap knows it, s."""

    __slots__ = ("at", "queued")

    def __init__(self, at: float) -> None:
        self.at = at
        self.queued = at


class Deadlines:
    """Keys and the times at which they come due, s of the caller's clock."""

    __slots__ = ("_entries", "_heap")

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._heap: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def push(self, key: str, at: float) -> None:
        """Let *key* come due at *at* and at no other time."""
        entry = self._entries.get(key)
        if entry is None:
            self._entries[key] = _Entry(at)
            self._queue(key, at)
            return
        entry.at = at
        if at < entry.queued:
            entry.queued = at
            self._queue(key, at)

    def drop(self, key: str) -> None:
        """Forget *key*; an unknown one is no fault."""
        self._entries.pop(key, None)
        if not self._entries:
            self._heap.clear()

    def due(self, now: float) -> list[str]:
        """Return and forget the keys due at *now*."""
        found: list[str] = []
        while self._heap and self._heap[0][0] <= now:
            queued, key = heappop(self._heap)
            entry = self._entries.get(key)
            if entry is None or entry.queued != queued:
                continue  # dropped, or known under an earlier time by now
            if entry.at <= now:
                del self._entries[key]
                found.append(key)
            else:
                entry.queued = entry.at
                self._queue(key, entry.at)
        return found

    def next(self) -> float | None:
        """Return when to call :meth:`due`, s; it may be early, never late.  None: never."""
        return self._heap[0][0] if self._heap else None

    def _queue(self, key: str, at: float) -> None:
        heappush(self._heap, (at, key))
        if len(self._heap) > 2 * len(self._entries) + 64:
            # Keys that were dropped or brought forward left their old places behind.
            self._heap = [(entry.queued, key) for key, entry in self._entries.items()]
            heapify(self._heap)

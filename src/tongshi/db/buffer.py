"""Values that wait for the next flush, the newest of each key: a storm costs memory by keys.

A source may be emptied (`take`) while values keep coming, and gets back what could not be
written (`settle`).  All of it is safe to use from any thread.
"""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Connection

Job = Callable[[Connection], None]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Source(Protocol):
    """What the writer empties at each flush."""

    @property
    def durable(self) -> bool:
        """Whether its values must be safe from a power cut once written."""

    def take(self) -> Job | None:
        """Return one job that writes all that waits, or None; pending until settled."""

    def take_apart(self) -> list[tuple[Job, Callable[[], None]]]:
        """Return what was taken as jobs of one value each, to find the one that fails.

        Beside each job stands what forgets its value, once written or given up.
        """

    def settle(self, *, written: bool) -> None:
        """Forget what was taken, or have it wait again under whatever came since."""

    def __len__(self) -> int:
        """Return how many values wait or are being written."""


class Buffer(Generic[K, V]):
    """The newest value of each key.

    write: writes a batch.  merge: makes one value of an earlier and a later one; by default the
    later wins.  durable: safe from a power cut once written.
    """

    def __init__(
        self,
        write: Callable[[Connection, dict[K, V]], None],
        merge: Callable[[V, V], V] | None = None,
        *,
        durable: bool = False,
    ) -> None:
        self._write = write
        self._merge = merge or _keep_later
        self._durable = durable
        self._lock = threading.Lock()
        self._waiting: dict[K, V] = {}
        self._taken: dict[K, V] = {}

    @property
    def durable(self) -> bool:
        """Whether its values must be safe from a power cut once written."""
        return self._durable

    def __len__(self) -> int:
        return len(self._waiting) + len(self._taken)

    def __contains__(self, key: K) -> bool:
        with self._lock:
            return key in self._waiting

    def put(self, key: K, value: V) -> None:
        """Have *value* written with the next flush."""
        with self._lock:
            held = self._waiting.get(key)
            self._waiting[key] = value if held is None else self._merge(held, value)

    def take(self) -> Job | None:
        """Return one job that writes all that waits, or None; pending until settled."""
        with self._lock:
            if not self._waiting:
                return None
            self._taken, self._waiting = self._waiting, {}
            taken = self._taken
        return lambda connection: self._write(connection, taken)

    def take_apart(self) -> list[tuple[Job, Callable[[], None]]]:
        """Return what was taken as jobs of one value each, and what forgets each value."""
        return [self._single(key, value) for key, value in self._taken.items()]

    def settle(self, *, written: bool) -> None:
        """Forget what was taken, or have it wait again under whatever came since."""
        with self._lock:
            taken, self._taken = self._taken, {}
            if written:
                return
            for key, value in self._waiting.items():
                held = taken.get(key)
                taken[key] = value if held is None else self._merge(held, value)
            self._waiting = taken

    def _single(self, key: K, value: V) -> tuple[Job, Callable[[], None]]:
        def write(connection: Connection) -> None:
            self._write(connection, {key: value})

        def forget() -> None:
            with self._lock:
                del self._taken[key]

        return write, forget


def _keep_later(_: V, later: V) -> V:
    return later

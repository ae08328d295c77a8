"""An answer split into messages, and sent one after another.

Source: GB/T 28181-2022 annex M: serial sending, the next part after the answer to the last.
"""

from collections.abc import Callable, Iterator, Sequence, Sized
from enum import Enum
from typing import Generic, Protocol, TypeVar

from tongshi.gb28181.catalog import Item
from tongshi.gb28181.manscdp.item import write_item
from tongshi.gb28181.manscdp.response import CatalogAnswer
from tongshi.gb28181.version import Version

UDP_ROOM = 800
"""Bytes of body that keep a MESSAGE within 1,300 bytes with the headers of the field."""
TCP_ROOM = 256 * 1024
"""Bytes of body over TCP: hundreds of items, short enough that others are not kept waiting."""
MAX_ITEMS = 10_000
"""Most items in a message (annex M)."""
_ENVELOPE = 220
"""Bytes of a part around its items, generously."""
T = TypeVar("T")


class Listed(Protocol):
    """One message of a list: `CatalogAnswer`, `RecordInfoAnswer`, `PresetAnswer` and the like."""

    @property
    def items(self) -> Sized:
        """What it lists."""


P = TypeVar("P", bound=Listed)


def split(
    items: Sequence[T],
    size_of: Callable[[T], int],
    make: Callable[[tuple[T, ...]], P],
    *,
    room: int = UDP_ROOM,
    most: int = MAX_ITEMS,
) -> Iterator[P]:
    """Yield the parts of a list: at least one.

    size_of: returns the bytes of an item in XML.  make: returns the part that has these items; it
    says the total of all.  room: bytes a body may have; an item that is longer goes alone.
    most: items in a part.
    """
    part: list[T] = []
    left = room - _ENVELOPE
    for item in items:
        size = size_of(item) + 2
        if part and (size > left or len(part) >= most):
            yield make(tuple(part))
            part, left = [], room - _ENVELOPE
        part.append(item)
        left -= size
    yield make(tuple(part))


def split_catalog(
    items: Sequence[Item],
    *,
    sn: int,
    device_id: str,
    version: Version,
    room: int = UDP_ROOM,
    most: int = MAX_ITEMS,
) -> Iterator[CatalogAnswer]:
    """Yield the parts of a catalog: at least one, each with the total.

    room: bytes a body may have; an item that is longer goes alone.  most: items in a part.
    """
    total = len(items)

    def make(part: tuple[Item, ...]) -> CatalogAnswer:
        return CatalogAnswer(sn, device_id, total, part, len(part) if part else None)

    def size_of(item: Item) -> int:
        return len(write_item(item, version).encode("gb18030", "replace"))

    yield from split(items, size_of, make, room=room, most=most)


class Fate(Enum):
    """How sending stands."""

    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"


class Sending(Generic[P]):
    """Parts on their way: one in flight at a time.

    ::

        sending.take() -> a part to send, or None while one is in flight
        sending.answered(status) or sending.unanswered() -> take() again while SENDING

    retries: how often a part is sent again that had no answer, or a 4xx, 5xx, 6xx one.
    """

    def __init__(self, parts: Iterator[P], *, retries: int = 1) -> None:
        self._parts = parts
        self._retries = retries
        self._left = retries
        self._waiting: P | None = next(parts, None)
        self._in_flight = False
        self.sent = 0
        """Items that were answered for."""
        self.fate = Fate.SENDING if self._waiting else Fate.DONE

    def take(self) -> P | None:
        """Return the part to send now; None while one is in flight or when it is over."""
        if self._in_flight or self.fate is not Fate.SENDING:
            return None
        self._in_flight = True
        return self._waiting

    def answered(self, status: int) -> None:
        """Learn the final status, 200..699, of the part in flight."""
        if not 200 <= status < 300:
            self.unanswered()
            return
        if self._in_flight and self._waiting is not None:
            self._in_flight = False
            self._left = self._retries
            self.sent += len(self._waiting.items)
            self._waiting = next(self._parts, None)
            if self._waiting is None:
                self.fate = Fate.DONE

    def unanswered(self) -> None:
        """Learn that the part in flight had no answer."""
        if self._in_flight:
            self._in_flight = False
            self._left -= 1
            if self._left < 0:
                self.fate = Fate.FAILED

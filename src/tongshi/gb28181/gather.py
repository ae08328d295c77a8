"""Answers in many messages, brought together.

A device splits a list (a catalog, records, presets, cruises) over messages that share the query's
SN and announce the total.  They come twice, out of order, with other totals, or not at all.  A
gathering ends when all announced items are there and nothing follows for a moment, when nothing
has come for a while, or when it has gone on for too long; and it says whether its result may be
taken for the whole.

Source: GB/T 28181-2022 annex M.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar

from tongshi.gb28181.catalog import Item

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Part(Protocol[T_co]):
    """One message of an answer, as :class:`tongshi.gb28181.manscdp.response.CatalogAnswer`."""

    @property
    def sum_num(self) -> int | None:
        """Items announced in all."""

    @property
    def items(self) -> Sequence[T_co]:
        """Items in this part."""

    @property
    def unreadable(self) -> int:
        """Items of this part that could not be read."""


class Why(Enum):
    """Why a result is not the whole; the first that applies."""

    SILENT = "silent"
    """No part came."""
    TOO_MANY = "too many"
    """More items than the limit; the rest was not kept."""
    UNREADABLE = "unreadable"
    """Some items had no id."""
    COLLIDING = "colliding"
    """Different items came under one id."""
    UNCOUNTED = "uncounted"
    """No part announced a total."""
    MISSING = "missing"
    """Fewer items than announced."""
    SURPLUS = "surplus"
    """More items than announced: the total cannot be trusted."""
    ENDLESS = "endless"
    """Parts kept coming for longer than anybody waits."""


@dataclass(frozen=True, slots=True)
class Gathered(Generic[T]):
    """What came, and what to make of it.

    items: one per id, in order of arrival, the latest of each.
    announced: the greatest total announced; None when no part had one.
    unique: number of items.  duplicates: repetitions of an item.  colliding: ids under which
    different items came.  surplus: items beyond the announced.  unreadable: items without an id.
    complete: whether the peer has nothing else; only then absence means removal.
    why: None when complete.
    """

    items: tuple[T, ...]
    parts: int
    announced: int | None
    unique: int
    duplicates: int
    colliding: int
    surplus: int
    unreadable: int
    complete: bool
    why: Why | None


class Gathering(Generic[T]):
    """One answer under way; the caller keeps one per (peer, command, SN).

    key: an item's id within the answer.
    first: s to wait for the first part.  gap: s of silence after which no more comes.
    settle: s to wait after the last announced item, for those that were not.
    longest: s after which the gathering ends whatever comes.
    limit: items kept at the most.
    uncounted: the total may be missing: then what came before a silence of *settle* is the whole.
    PresetQuery has a total since 2022 only.
    twins: equal items in one part are items of their own; a part that comes twice counts once.
    """

    def __init__(
        self,
        key: Callable[[T], Hashable],
        now: float,
        *,
        first: float = 120.0,
        gap: float = 5.0,
        settle: float = 0.5,
        longest: float = 3600.0,
        limit: int = 200_000,
        uncounted: bool = False,
        twins: bool = False,
    ) -> None:
        self._key = key
        self._gap = gap
        self._settle = min(settle, gap)
        self._limit = limit
        self._uncounted = uncounted
        self._twins = twins
        self._end = now + longest
        self._endless = False
        self._items: dict[Hashable, T] = {}
        self._colliding: set[Hashable] = set()
        self._parts = 0
        self._announced: int | None = None
        self._duplicates = 0
        self._refused = 0
        self._unreadable = 0
        self._deadline = min(now + first, self._end)

    def add(self, part: Part[T], now: float) -> None:
        """Take one part."""
        self._parts += 1
        self._unreadable += part.unreadable
        if part.sum_num is not None:
            self._announced = max(self._announced or 0, part.sum_num)
        seen: Counter[Hashable] = Counter()
        for item in part.items:
            key = self._key(item)
            if self._twins:
                seen[key] += 1
                key = key, seen[key]
            self._keep(key, item)
        wait = self._settle if self._reached() else self._gap
        self._endless = now + wait > self._end
        self._deadline = min(now + wait, self._end)

    def deadline(self) -> float:
        """Return when the gathering is over unless another part comes, s."""
        return self._deadline

    def over(self, now: float) -> bool:
        """Whether to take the result: nothing more is expected."""
        return now >= self._deadline

    def result(self) -> Gathered[T]:
        """Return what has come so far."""
        unique = len(self._items)
        why = self._why()
        return Gathered(
            items=tuple(self._items.values()),
            parts=self._parts,
            announced=self._announced,
            unique=unique,
            duplicates=self._duplicates,
            colliding=len(self._colliding),
            surplus=max(unique - self._announced, 0) if self._announced is not None else 0,
            unreadable=self._unreadable,
            complete=why is None,
            why=why,
        )

    def _keep(self, key: Hashable, item: T) -> None:
        known = self._items.get(key)
        if known is None:
            if len(self._items) >= self._limit:
                self._refused += 1
            else:
                self._items[key] = item
        elif known == item:
            self._duplicates += 1
        else:
            self._duplicates += 1
            self._colliding.add(key)
            self._items[key] = item

    def _reached(self) -> bool:
        if self._announced is None:
            return self._uncounted
        return len(self._items) >= self._announced

    def _why(self) -> Why | None:
        unique, announced = len(self._items), self._announced
        reasons = (
            (not self._parts, Why.SILENT),
            (self._refused, Why.TOO_MANY),
            (self._unreadable, Why.UNREADABLE),
            (self._colliding, Why.COLLIDING),
            (announced is None and not self._uncounted, Why.UNCOUNTED),
            (announced is not None and unique < announced, Why.MISSING),
            (announced is not None and unique > announced, Why.SURPLUS),
            (self._endless, Why.ENDLESS),
        )
        return next((why for holds, why in reasons if holds), None)


def catalog_key(item: Item) -> str:
    """Return the id by which catalog items are told apart."""
    return item.device_id

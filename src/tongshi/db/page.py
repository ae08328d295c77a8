"""Pages of a list: what is asked for, kept within bounds, and what comes back."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

LARGEST = 500
"""Rows a page may have."""
LAST = 10_000_000
"""Highest number of a page."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list and the count of all, after scope and filters.

    number: from 1.  size: rows asked for.
    """

    rows: tuple[T, ...]
    total: int
    number: int
    size: int


def bound(number: int, size: int) -> tuple[int, int]:
    """Return page and size that can be asked of any store: 1..LAST, 1..LARGEST."""
    return min(max(number, 1), LAST), min(max(size, 1), LARGEST)

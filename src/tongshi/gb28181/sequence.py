"""The order in which a peer's notices of one dialog were sent, by their CSeq.

RFC 3261 12.2.2 has each number higher than the one before, and answers a lower one 500.  Over UDP a
notice may overtake another, or come once more after its transaction is forgotten; and devices exist
that never count, or begin anew while the dialog stands.  A 500 would have all of them send again or
give up; so everything is answered 200, and this says what is taken:

| number, against the highest | and | is |
|---|---|---|
| higher | | next |
| any | number and body were had before | repeated |
| the same | another body | next: the peer does not count |
| lower | the peer does not count | next |
| lower by more than `SPAN` | | next: it counts anew |
| lower | the third in a row of which none was had before | next: it does not count |
| lower | else | overtaken |
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from zlib import crc32

SPAN = 64
"""A notice can be overtaken by so many; one further behind is none that was on its way."""
PATIENCE = 3
"""So many lower numbers in a row come from no network, but from a peer that does not count."""
REMEMBERED = 8
"""Notices of which number and digest are known."""


class Order(Enum):
    """What a notice is among those before it."""

    NEXT = "next"
    REPEATED = "repeated"
    OVERTAKEN = "overtaken"
    """Newer ones were taken before it, and it was not."""


@dataclass(slots=True)
class Sequence:
    """What is known of one peer's numbers in one dialog."""

    _highest: int | None = None
    _counts: bool = True
    _lower: int = 0
    _known: OrderedDict[int, int] = field(default_factory=OrderedDict)

    def place(self, number: int, body: bytes) -> Order:
        """Take note of a notice and return what it is.  One without a body repeats none."""
        digest = crc32(body)
        if body and self._known.get(number) == digest:
            return Order.REPEATED
        order = self._order_of(number)
        self._known.pop(number, None)
        self._known[number] = digest
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return order

    def _order_of(self, number: int) -> Order:
        highest = self._highest
        if highest is None or number > highest:
            self._lower = 0
        elif number == highest:
            self._counts = False
        elif self._counts and highest - number <= SPAN:
            self._lower += 1
            if self._lower < PATIENCE:
                return Order.OVERTAKEN
            self._counts = False
        self._highest = number
        return Order.NEXT

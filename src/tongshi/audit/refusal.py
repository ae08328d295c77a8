"""How many refusals of one person are chained: enough to see an attack, too few to be one."""

from collections import OrderedDict
from dataclasses import dataclass

LIMIT = 10
"""Refusals of one person, or of one address, in a span."""
SPAN = 60.0
"""s"""
REMEMBERED = 10_000
"""People and addresses at the most; whoever was refused longest ago is forgotten."""


@dataclass(slots=True)
class _Count:
    since: float
    told: int = 0
    left_out: int = 0


class Throttle:
    """Counts refusals by who was refused.

    limit: of refusals in a span of *span* s; 0 lets nothing pass.
    """

    def __init__(self, limit: int = LIMIT, span: float = SPAN) -> None:
        self._limit = limit
        self._span = span
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def take(self, who: str, now: float) -> int | None:
        """Return None for a refusal that is left out, else how many were left out before it.

        now: monotonic time, s.
        """
        count = self._counts.get(who)
        left_out = 0
        if count is None or now - count.since >= self._span:
            left_out = count.left_out if count is not None else 0
            count = self._counts[who] = _Count(now)
        self._counts.move_to_end(who)
        while len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)
        if count.told >= self._limit:
            count.left_out += 1
            return None
        count.told += 1
        return left_out

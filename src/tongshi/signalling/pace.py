"""How fast one device is told things."""

from collections import OrderedDict
from collections.abc import Callable

from tongshi.errors import Exhausted


class Pace:
    """So many commands at once, then so many a second, for each device.

    now: returns s on any clock that only grows.  burst: at once.  rate: 1/s.
    """

    def __init__(
        self, now: Callable[[], float], *, burst: int = 20, rate: float = 10.0, limit: int = 10_000
    ) -> None:
        self._now = now
        self._burst = burst
        self._rate = rate
        self._limit = limit
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, device_id: str) -> None:
        """Count one command; raises Exhausted when it is one too many."""
        now = self._now()
        full_at = max(self._full_at.pop(device_id, now), now) + 1 / self._rate
        if full_at - now > (self._burst + 0.5) / self._rate:
            self._full_at[device_id] = full_at - 1 / self._rate
            raise Exhausted(f"{device_id} is told too much at once", resource="transaction")
        self._full_at[device_id] = full_at
        if len(self._full_at) > self._limit:
            self._full_at.popitem(last=False)

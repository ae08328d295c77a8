"""Time as a part that can be exchanged: the machine's, or one that tests wind."""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Two times that are never mixed."""

    def now(self) -> float:
        """Return monotonic time, s: for timers and intervals."""

    def wall(self) -> float:
        """Return UNIX time, s: for what people and peers read.  It may jump."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        """Return ``time.monotonic()``, which asyncio's loops use as well."""
        return time.monotonic()

    def wall(self) -> float:
        """Return ``time.time()``."""
        return time.time()


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until it is wound."""

    monotonic: float = 0.0
    unix: float = 1_700_000_000.0

    def now(self) -> float:
        """Return the monotonic time as last wound, s."""
        return self.monotonic

    def wall(self) -> float:
        """Return the UNIX time as last wound, s."""
        return self.unix

    def wind(self, seconds: float) -> None:
        """Move both times by *seconds*; negative is refused."""
        if seconds < 0:
            raise ValueError(f"time runs forward: {seconds}")
        self.monotonic += seconds
        self.unix += seconds

    def jump(self, seconds: float) -> None:
        """Move only the wall clock, either way, as an administrator or NTP does."""
        self.unix += seconds

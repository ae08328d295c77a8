"""Which changes of presence people are told, so that a flapping device does not drown the others.

States themselves are never damped: offline is offline at once, and history keeps every change.
Damped are the notices:

| a device | is told |
|---|---|
| goes offline | at once |
| comes back | when it has stayed for ``settle`` s; not at all when it did not |
| changed ``changes`` times within ``window`` s | as unstable, with the count; then nothing more |
| unstable, unchanged for ``calm`` s | as steady again, with its state |

Nothing is told of a device that comes up for the first time.  Source: GB/T 28181-2022 N.1 asks
those who pass such changes on to suppress flapping.
"""

import heapq
from collections import deque
from dataclasses import dataclass, field
from enum import Enum

LIMIT = 50_000
"""Devices that are watched for flapping at the most; those that changed longest ago go first."""


class Told(Enum):
    """What people are told of a device."""

    OFFLINE = "offline"
    ONLINE = "online"
    UNSTABLE = "unstable"
    STEADY = "steady"


@dataclass(frozen=True, slots=True)
class Rules:
    """See the module.  window, settle, calm: s."""

    changes: int = 6
    window: float = 3600.0
    settle: float = 60.0
    calm: float = 1800.0


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told.  online: its state.  changes: within the window.  at: UNIX time, s."""

    device_id: str
    told: Told
    online: bool
    changes: int
    at: float


@dataclass(frozen=True, slots=True)
class Flapping:
    """A device that is unstable.  since: UNIX time, s.  changes: within the window."""

    device_id: str
    since: float
    changes: int
    online: bool


@dataclass(slots=True)
class _Watched:
    """A device.  told: the last notice; due: when to look again, UNIX time, s."""

    online: bool
    times: deque[float] = field(default_factory=deque)
    told: Told | None = None
    since: float = 0.0
    due: float = 0.0


class Stability:
    """The devices that changed lately.  Times are UNIX time, s."""

    def __init__(self, rules: Rules | None = None) -> None:
        self._rules = rules or Rules()
        self._watched: dict[str, _Watched] = {}
        self._due: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._watched)

    def take(self, device_id: str, *, online: bool, at: float) -> Notice | None:
        """Take a change of presence; return what to tell at once."""
        watched = self._watched.pop(device_id, None)
        if watched is None:
            watched = _Watched(online)
            while len(self._watched) >= LIMIT:
                del self._watched[next(iter(self._watched))]
        self._watched[device_id] = watched  # at the end: it changed last
        watched.online = online
        watched.times.append(at)
        changes = self._count(watched, at)
        if watched.told is Told.UNSTABLE:
            self._arm(device_id, watched, at + self._rules.calm)
            return None
        if changes >= self._rules.changes:
            watched.since = at
            self._arm(device_id, watched, at + self._rules.calm)
            return self._tell(device_id, watched, Told.UNSTABLE, at)
        if online:
            self._arm(device_id, watched, at + self._rules.settle)
            return None
        self._arm(device_id, watched, at + self._rules.window)
        if watched.told is Told.OFFLINE:
            return None  # it never settled in between
        return self._tell(device_id, watched, Told.OFFLINE, at)

    def expire(self, at: float) -> list[Notice]:
        """Return what is to be told by *at*."""
        notices = []
        while self._due and self._due[0][0] <= at:
            due, device_id = heapq.heappop(self._due)
            watched = self._watched.get(device_id)
            if watched is not None and watched.due == due:
                notice = self._look(device_id, watched, at)
                if notice is not None:
                    notices.append(notice)
        return notices

    def flapping(self) -> list[Flapping]:
        """Return the devices that are unstable, the longest first."""
        found = [
            Flapping(device_id, watched.since, len(watched.times), watched.online)
            for device_id, watched in self._watched.items()
            if watched.told is Told.UNSTABLE
        ]
        return sorted(found, key=lambda one: one.since)

    def _look(self, device_id: str, watched: _Watched, at: float) -> Notice | None:
        self._count(watched, at)
        if watched.told is Told.UNSTABLE:
            watched.times.clear()
            self._arm(device_id, watched, at + self._rules.window)
            notice = self._tell(device_id, watched, Told.STEADY, at)
            watched.told = None if watched.online else Told.OFFLINE
            return notice
        if watched.online and watched.told is Told.OFFLINE:
            self._arm(device_id, watched, at + self._rules.window)
            return self._tell(device_id, watched, Told.ONLINE, at)
        if watched.online and not watched.times:
            del self._watched[device_id]
        elif watched.online:
            self._arm(device_id, watched, watched.times[-1] + self._rules.window + 1)
        return None

    def _count(self, watched: _Watched, at: float) -> int:
        """Return the changes within the window; forget older ones, and more than are asked for."""
        times = watched.times
        while times and times[0] < at - self._rules.window:
            times.popleft()
        while len(times) > 10 * self._rules.changes:
            times.popleft()
        return len(times)

    def _arm(self, device_id: str, watched: _Watched, due: float) -> None:
        watched.due = due
        heapq.heappush(self._due, (due, device_id))

    def _tell(self, device_id: str, watched: _Watched, told: Told, at: float) -> Notice:
        watched.told = told
        return Notice(device_id, told, watched.online, len(watched.times), at)

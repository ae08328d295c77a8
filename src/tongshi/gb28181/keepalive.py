"""Status reports: a device's beat, and the platform's watch over all beats.

Source: GB/T 28181-2022 9.6.
"""

from dataclasses import dataclass
from enum import Enum
from math import inf

from tongshi.sip.schedule import Schedule

INTERVAL = 60.0
"""Time between keepalives, s."""
MISSES = 3
"""Keepalives missed in a row until the other side counts as gone."""


class Beat:
    """A device's side: when to send, and whether the platform still answers.

    ::

        beat.due(now) -> send a keepalive -> beat.answered() or beat.unanswered()
        beat.dead     -> register again, then beat.restart(now)

    interval: s.  misses: unanswered keepalives in a row after which the platform is dead.
    """

    def __init__(self, now: float, *, interval: float = INTERVAL, misses: int = MISSES) -> None:
        self.interval = interval
        self._misses = misses
        self._unanswered = 0
        self._next = now + interval

    @property
    def dead(self) -> bool:
        """Whether so many keepalives in a row had no answer."""
        return self._unanswered >= self._misses

    def due(self, now: float) -> bool:
        """Whether a keepalive is to be sent; then the next one is an interval from now."""
        if now < self._next or self.dead:
            return False
        # Not from the time it was due: after a pause no burst makes up for what was missed.
        self._next = now + self.interval
        return True

    def hasten(self, now: float) -> None:
        """Let the next keepalive be due at once: a fault is reported when it happens."""
        self._next = min(self._next, now)

    def answered(self) -> None:
        """Learn that a keepalive was answered with success."""
        self._unanswered = 0

    def unanswered(self) -> None:
        """Learn that a keepalive had no answer, or was refused."""
        self._unanswered += 1

    def restart(self, now: float) -> None:
        """Begin anew after a registration."""
        self._unanswered = 0
        self._next = now + self.interval

    def deadline(self) -> float | None:
        """Return when the next keepalive is due, s; None while the platform is dead."""
        return None if self.dead else self._next


class Lost(Enum):
    """Why a device counts as gone."""

    KEEPALIVE = "keepalive"
    """Nothing was heard for as many intervals as may be missed."""
    REGISTRATION = "registration"
    """Its registration ran out."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A device that is gone, and why."""

    device_id: str
    why: Lost


class _Watched:
    """A device: when it is due, s, under which time the schedule knows it, when it expires.

    window: how long it may be silent, s.
    """

    __slots__ = ("device_id", "due", "end", "queued", "window")

    def __init__(self, device_id: str, window: float) -> None:
        self.device_id = device_id
        self.window = window
        self.due = inf
        self.queued = inf
        self.end = inf


class Watch:
    """The platform's side: who has been heard from, and who is overdue.

    Constant work per keepalive whatever the number of devices; nothing is ever scanned.
    interval: s.  misses: intervals without a sign of life until a device is overdue.
    """

    def __init__(self, *, interval: float = INTERVAL, misses: int = MISSES) -> None:
        self._window = interval * misses
        self._windows: dict[str, float] = {}
        self._watched: dict[str, _Watched] = {}
        self._schedule: Schedule[_Watched] = Schedule()

    def __len__(self) -> int:
        return len(self._watched)

    def __contains__(self, device_id: str) -> bool:
        return device_id in self._watched

    def register(self, device_id: str, now: float, expires: float) -> None:
        """Watch *device_id* from *now*; its registration ends *expires* s later."""
        watched = self._watched.get(device_id)
        if watched is None:
            window = self._windows.get(device_id, self._window)
            watched = self._watched[device_id] = _Watched(device_id, window)
        watched.end = now + expires
        watched.due = min(now + watched.window, watched.end)
        self._schedule.arm(watched)

    def heard(self, device_id: str, now: float) -> bool:
        """Take a sign of life; False when the device is not watched, as before its REGISTER."""
        watched = self._watched.get(device_id)
        if watched is None:
            return False
        # Later than before, so the schedule need not know until the old time comes up.
        watched.due = min(now + watched.window, watched.end)
        return True

    def expect(self, device_id: str, silence: float | None, now: float) -> None:
        """Let *device_id* be silent for *silence* s from *now* on; None: as long as any other.

        It holds until it is said otherwise, also while the device is not watched.
        """
        if silence is None:
            self._windows.pop(device_id, None)
        else:
            self._windows[device_id] = silence
        watched = self._watched.get(device_id)
        if watched is not None:
            watched.window = self._window if silence is None else silence
            watched.due = min(now + watched.window, watched.end)
            self._schedule.arm(watched)

    def forget(self, device_id: str) -> None:
        """Stop watching *device_id*: it has unregistered, or its connection is lost."""
        watched = self._watched.pop(device_id, None)
        if watched is not None:
            self._schedule.forget(watched)

    def overdue(self, now: float) -> list[Overdue]:
        """Return and forget the devices that are gone at *now*."""
        found: list[Overdue] = []
        while (watched := self._schedule.pop(now)) is not None:
            del self._watched[watched.device_id]
            why = Lost.REGISTRATION if watched.end <= now else Lost.KEEPALIVE
            found.append(Overdue(watched.device_id, why))
        return found

    def deadline(self) -> float | None:
        """Return when to call :meth:`overdue`, s; it may be early, never late.  None: never."""
        return self._schedule.deadline()

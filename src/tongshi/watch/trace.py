"""What an account did, as the access register and the audit chain tell it.

A trace names the account, the moment, the camera and its division.  Nothing of a picture is in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile

DAY = 86_400.0
HOUR = 3_600.0
TEN_MINUTES = 600.0
_COUNTY = 6


class Source(Enum):
    """Where a trace stands."""

    REGISTER = "register"
    AUDIT = "audit"


class Kind(Enum):
    """What sort of thing it was."""

    LOOK = "look"
    DOWNLOAD = "download"
    """A look whose picture is taken along."""
    REFUSAL = "refusal"
    SIGN_IN = "sign-in"
    """One that failed."""
    EMERGENCY = "emergency"
    """Glass that was broken."""
    TAMPERING = "tampering"
    """The mark on a picture was touched."""


LOOKS = frozenset({Kind.LOOK, Kind.DOWNLOAD})


@dataclass(frozen=True, slots=True)
class Account:
    """Whose traces are counted together.

    person_id: None where no account is known: then ``address`` is what failed sign-ins have in
    common.
    """

    person_id: int | None
    address: str = ""

    @property
    def key(self) -> str:
        """Return the one text that stands for it in the store."""
        return f"address:{self.address}" if self.person_id is None else f"person:{self.person_id}"


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing that an account did.

    at: UNIX time, s.  division: of the camera, as the catalog tells it; empty when unknown.
    uncertified: the account's certificate had run out by then.
    """

    source: Source
    id: int
    at: float
    kind: Kind
    account: Account
    device_id: str = ""
    channel_id: str = ""
    division: str = ""
    uncertified: bool = False

    @property
    def camera(self) -> tuple[str, str]:
        """Return which camera it was."""
        return self.device_id, self.channel_id

    @property
    def county(self) -> str:
        """Return the county-level division, the first six digits; empty when unknown."""
        return self.division[:_COUNTY]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time with what fell into it.  Times: UNIX, s, of the first and last trace."""

    since: float
    until: float
    traces: tuple[Trace, ...]


def day_of(at: float, offset: float) -> int:
    """Return the number of the day that *at* falls into.  offset: s east of UTC."""
    return int((at + offset) // DAY)


def begin_of(day: int, offset: float) -> float:
    """Return when a day begins, UNIX time, s."""
    return day * DAY - offset


def hour_of(at: float, offset: float) -> int:
    """Return the hour of the day, 0..23."""
    return int((at + offset) % DAY // HOUR)


def busiest(
    traces: Sequence[Trace], window: float, *, from_on: float, cameras: bool = False
) -> Stretch | None:
    """Return the fullest stretch of *window* s that ends with a trace from *from_on* on.

    traces: by time.  cameras: full is what has the most different cameras, else the most traces.
    None when there is no such trace.  Of equally full ones the first.
    """
    best: tuple[int, int, int] | None = None
    held: dict[tuple[str, str], int] = {}
    first = 0
    for last, trace in enumerate(traces):
        held[trace.camera] = held.get(trace.camera, 0) + 1
        while traces[first].at <= trace.at - window:
            _drop(held, traces[first].camera)
            first += 1
        count = len(held) if cameras else last - first + 1
        if trace.at >= from_on and (best is None or count > best[0]):
            best = (count, first, last)
    if best is None:
        return None
    return stretch_of(traces[best[1] : best[2] + 1])


def stretch_of(traces: Sequence[Trace]) -> Stretch | None:
    """Return what *traces*, by time, span; None for nothing."""
    return Stretch(traces[0].at, traces[-1].at, tuple(traces)) if traces else None


def one_day(traces: list[Trace], offset: float) -> list[Trace]:
    """Return the first of *traces*, up to where another day begins."""
    first = day_of(traces[0].at, offset) if traces else 0
    return list(takewhile(lambda trace: day_of(trace.at, offset) == first, traces))


def touched(traces: Iterable[Trace], offset: float) -> list[tuple[Account, int]]:
    """Return the accounts and days that *traces* are about, each once, in their order."""
    return list(dict.fromkeys((trace.account, day_of(trace.at, offset)) for trace in traces))


def _drop(held: dict[tuple[str, str], int], camera: tuple[str, str]) -> None:
    held[camera] -= 1
    if not held[camera]:
        del held[camera]

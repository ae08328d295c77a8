"""What an account, and the accounts of its role, usually do: from counts by the hour."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median

from tongshi.watch.trace import HOUR, day_of, hour_of

FEWEST = 3
"""Other accounts that a role must have for its median to say anything."""
USED = 2
"""Days on which an hour must have been used to be usual; the hours beside it are usual, too."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual; None where too little is known to say it.

    hour, day: looks, as the median of those hours and days in which there were any.
    """

    hour: float | None = None
    day: float | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """The past of one account, and of its role without it.

    settled: it has been in use for long enough to have habits.  hours: of the day, at which it is
    in use.  divisions: county-level ones it has looked at before.
    """

    settled: bool = False
    own: Usual = field(default_factory=Usual)
    role: Usual = field(default_factory=Usual)
    hours: frozenset[int] = frozenset()
    divisions: frozenset[str] = frozenset()


def usual_of(looks: Mapping[int, int], offset: float, settled_days: int) -> Usual:
    """Return what is usual for an account.

    looks: by number of the hour since 1970.  Unknown before so many days with looks.
    """
    days: dict[int, int] = defaultdict(int)
    for hour, count in looks.items():
        days[day_of(hour * HOUR, offset)] += count
    if len(days) < settled_days:
        return Usual()
    return Usual(median(looks.values()), median(days.values()))


def usual_hours(looks: Mapping[int, int], offset: float) -> frozenset[int]:
    """Return the hours of the day at which an account is in use, and those beside them."""
    days: dict[int, set[int]] = defaultdict(set)
    for hour, count in looks.items():
        if count:
            days[hour_of(hour * HOUR, offset)].add(day_of(hour * HOUR, offset))
    used = [hour for hour, seen in days.items() if len(seen) >= USED]
    return frozenset((hour + step) % 24 for hour in used for step in (-1, 0, 1))


def usual_of_role(accounts: Mapping[int, Usual], without: int | None) -> Usual:
    """Return the median of what is usual for the accounts of a role but one."""
    others = [usual for person_id, usual in accounts.items() if person_id != without]
    return Usual(_middle(each.hour for each in others), _middle(each.day for each in others))


def _middle(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if len(known) >= FEWEST else None

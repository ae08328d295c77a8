"""Break-glass: rights taken at once in an emergency, and the review that must follow.

Whoever breaks it says why and for which case; security, audit and the owners are told at once.
The audit closes each with a verdict within a set time.  While a review of somebody's is overdue he
breaks no other.
"""

from dataclasses import dataclass, replace
from enum import Enum

from tongshi.access.grant import Right
from tongshi.approvals.content import LONGEST_WORDS, Place
from tongshi.approvals.purpose import LONGEST_CASE
from tongshi.approvals.request import Who
from tongshi.errors import Conflict, Denied, Invalid

GIVES = frozenset({Right.SEE, Right.LIVE, Right.HEAR, Right.PLAYBACK})
"""What an emergency needs: to look.  Nothing is taken along, nothing is moved."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far broken glass reaches.

    minutes: that the rights hold at the most.  cameras: at once at the most.  review: s within
    which the audit reviews it.  footage: s of the past that may be looked at.
    """

    minutes: float = 30.0
    cameras: int = 8
    review: float = 86400.0
    footage: float = 86400.0


class Verdict(Enum):
    """What an after-review finds."""

    JUSTIFIED = "justified"
    UNJUSTIFIED = "unjustified"
    UNCLEAR = "unclear"


class State(Enum):
    """How broken glass stands."""

    OPEN = "open"
    """Its rights hold."""
    DUE = "due"
    """Its rights have ended, and its review is to come."""
    OVERDUE = "overdue"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Review:
    """What the audit found."""

    by: Who
    verdict: Verdict
    words: str
    at: float


@dataclass(frozen=True, slots=True)
class Emergency:
    """What somebody says who breaks the glass.  case: number or words of what happens."""

    purpose: str
    case: str
    reason: str
    cameras: tuple[Place, ...]
    minutes: float


@dataclass(frozen=True, slots=True)
class Glass:
    """Glass that was broken.  at, until: that the rights hold.  review_by: UNIX time, s.

    told_overdue_at: when the audit was told that the review is overdue.
    """

    id: int
    by: Who
    why: Emergency
    at: float
    until: float
    review_by: float
    address: str = ""
    grant_id: int | None = None
    told_overdue_at: float | None = None
    review: Review | None = None


def stand(glass: Glass, wall: float) -> State:
    """Return how *glass* stands at *wall*, UNIX time, s."""
    if glass.review is not None:
        return State.CLOSED
    if wall >= glass.review_by:
        return State.OVERDUE
    return State.OPEN if glass.at <= wall < glass.until else State.DUE


def check_emergency(why: Emergency, limits: Limits) -> None:
    """Raise Invalid with every fault of what was said."""
    faults = []
    if not why.reason.strip() or len(why.reason) > LONGEST_WORDS:
        faults.append(f"a reason has 1 to {LONGEST_WORDS} characters")
    if not why.case.strip() or len(why.case) > LONGEST_CASE:
        faults.append(f"a case has 1 to {LONGEST_CASE} characters")
    if not why.cameras or len(why.cameras) > limits.cameras:
        faults.append(f"it names 1 to {limits.cameras} cameras")
    if len({place.key for place in why.cameras}) != len(why.cameras):
        faults.append("a camera is named once")
    if not 1 <= why.minutes <= limits.minutes:
        faults.append(f"it holds from 1 to {limits.minutes:g} minutes")
    if faults:
        raise Invalid("glass is not broken so", faults=tuple(faults))


def check_overdue(own: tuple[Glass, ...], wall: float) -> None:
    """Raise Denied when one of somebody's *own* is overdue for its review."""
    overdue = [glass.id for glass in own if stand(glass, wall) is State.OVERDUE]
    if overdue:
        raise Denied(f"the review of break-glass {overdue[0]} is overdue", helps="review")


def smash(by: Who, why: Emergency, wall: float, limits: Limits, address: str) -> Glass:
    """Return the glass as it is broken now; its number comes from the store.

    Raises Invalid when it is not to be broken so.
    """
    check_emergency(why, limits)
    until = wall + why.minutes * 60.0
    return Glass(0, by, why, wall, until, max(until, wall + limits.review), address)


def close(glass: Glass, review: Review) -> Glass:
    """Return *glass* reviewed, once and for good.

    Raises Conflict when it is already, Denied for who broke it, Invalid without words.
    """
    if glass.review is not None:
        raise Conflict("this review is closed")
    if review.by.id == glass.by.id:
        raise Denied("who broke the glass does not review it")
    if not review.words.strip() or len(review.words) > LONGEST_WORDS:
        raise Invalid(f"a verdict is given in 1 to {LONGEST_WORDS} characters")
    return replace(glass, review=review)

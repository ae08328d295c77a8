"""The steps of a sign-in as values, and how many places somebody may be signed in from."""

from collections.abc import Iterable
from dataclasses import dataclass

from tongshi.access.identity import Rules, Session, Way
from tongshi.access.signin.pace import source_of


@dataclass(frozen=True, slots=True)
class Awaited:
    """A first step that was right.  way: by what.  ends_at: UNIX time, s.  address: from where."""

    person_id: int
    way: Way
    ends_at: float
    address: str

    def holds(self, wall: float, address: str) -> bool:
        """Say whether the second step may follow at *wall*, from *address*."""
        return wall < self.ends_at and source_of(address) == source_of(self.address)


@dataclass(frozen=True, slots=True)
class Step:
    """The way to the second step.  token: for the browser; it opens nothing but that step."""

    token: str
    ends_at: float


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session.  token: for the browser's cookie; only its digest is kept here.

    elsewhere: addresses at which the same person is signed in now.  ended: digests of sessions
    that ended thereby.
    """

    token: str
    session: Session
    elsewhere: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


def elsewhere(sessions: Iterable[Session], address: str) -> list[str]:
    """Return from where else the person of *sessions*, which hold, is signed in, latest first."""
    here = source_of(address)
    found: dict[str, float] = {}
    for session in sessions:
        source = source_of(session.address)
        if source != here:
            found[source] = max(found.get(source, 0.0), session.used_at)
    return sorted(found, key=lambda source: -found[source])


def crowded(
    sessions: Iterable[Session], address: str, wall: float, rules: Rules
) -> tuple[Session, ...]:
    """Return which of a person's *sessions* end when another begins at *address*.

    Nobody shares an account: those at the addresses used longest ago end, beyond the bound.
    """
    known = [each for each in sessions if each.is_live(wall, rules)]
    over = set(elsewhere(known, address)[max(0, rules.addresses - 1) :])
    return tuple(each for each in known if source_of(each.address) in over)

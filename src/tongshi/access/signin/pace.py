"""How failed sign-ins pause: growing pauses for who guesses, and no way to shut somebody out.

Failures are counted three ways: of a name at an address, of a name from anywhere, and of an
address for any name; of names that exist and of names that do not, so that nothing tells them
apart.  The last two never stop somebody who signs in from where they signed in before, so a
stranger elsewhere can slow down but not lock out.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tongshi.access.identity import Rules


class Kind(Enum):
    """What failures are counted of."""

    PAIR = "pair"
    NAME = "name"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Tally:
    """Failures in a row.  paused_until, at: UNIX time, s, of the pause's end and the last failure.

    A try during a pause is refused and not counted: it does not lengthen the pause.
    """

    failures: int
    paused_until: float
    at: float


@dataclass(frozen=True, slots=True)
class Limit:
    """free: failures before the first pause.  first, most: s, of pauses.  forget: s of quiet."""

    free: int
    first: float
    most: float
    forget: float


def limits(rules: Rules) -> Mapping[Kind, Limit]:
    """Return how each kind pauses."""
    short = rules.lock / 15
    return {
        Kind.PAIR: Limit(rules.attempts, rules.lock, 4 * rules.lock, 86400.0),
        Kind.NAME: Limit(4 * rules.attempts, short, rules.lock, 86400.0),
        Kind.ADDRESS: Limit(10 * rules.attempts, short, 4 * rules.lock, 3600.0),
    }


def count(tally: Tally | None, wall: float, limit: Limit) -> Tally:
    """Return *tally* after one more failure at *wall*, UNIX time, s."""
    if tally is not None and wall < tally.paused_until:
        return tally
    old = 0 if tally is None or wall - tally.at >= limit.forget else tally.failures
    failures = old + 1
    over = failures - limit.free
    if over < 0:
        return Tally(failures, 0.0, wall)
    pause = min(limit.first * 2.0 ** min(over, 32), limit.most)
    return Tally(failures, wall + pause, wall)


def is_paused(tallies: Mapping[Kind, Tally], wall: float, *, known: bool) -> bool:
    """Say whether a try is refused at *wall*.  known: this person signed in from here before."""
    return any(
        wall < tally.paused_until
        for kind, tally in tallies.items()
        if kind is Kind.PAIR or not known
    )


def keys_of(name: str, address: str) -> Mapping[Kind, str]:
    """Return under what failures are counted.  name: folded."""
    source = source_of(address)
    return {Kind.PAIR: f"{source} {name}", Kind.NAME: name, Kind.ADDRESS: source}


def source_of(address: str) -> str:
    """Return what stands for an address: itself, or the network of 64 bits that it is free in."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))

"""A token: whose it is, what it may, how long, from where; how it is spelt and read.

``tst_<number>_<secret>``: the number finds the row, the secret of 256 bits proves that it is held.
A digest of the secret is all that is kept: with so much chance in it, SHA-256 needs no salt and no
slowness.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from tongshi.access.identity import Person
from tongshi.access.permission import COMMON, GRANTED, Permission, Role
from tongshi.errors import Invalid
from tongshi.tokens.quota import Quotas

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

PREFIX = "tst_"
"""How every token begins, so that scanners of source code find one that leaked."""
_SPELT = re.compile(r"tst_([1-9][0-9]{0,17})_([A-Za-z0-9_-]{43})", re.ASCII)
LONGEST_NAME = 64
MOST_NETWORKS = 32
SHORTEST = 60.0
"""Between making a token and its end, s, at the least."""
OFFERED = tuple(
    permission
    for permission in Permission
    if permission in GRANTED[Role.SERVICE] and permission is not Permission.OWN_ACCOUNT
)
"""What a token can carry; to ask who it is and which cameras it may know of goes with any."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token.  networks: from where it counts; empty: from anywhere.

    made_by, revoked_by: names of people.  Times: UNIX, s; None: never, not yet.
    """

    id: int
    person: Person
    name: str
    scopes: frozenset[Permission]
    networks: tuple[Network, ...]
    quotas: Quotas
    made_at: float
    made_by: str
    ends_at: float
    revoked_at: float | None = None
    revoked_by: str = ""
    used_at: float | None = None
    used_from: str = ""

    @property
    def holder(self) -> Person:
        """The account as the token lets it act."""
        return narrow(self.person, self.scopes)

    @property
    def owner(self) -> str:
        """The name by which its views and events are found."""
        return owner_of(self.id)


@dataclass(frozen=True, slots=True)
class NewToken:
    """What somebody wants a token to be.  ends_at: UNIX time, s."""

    person_id: int
    name: str
    scopes: frozenset[Permission]
    ends_at: float
    networks: tuple[Network, ...] = ()
    quotas: Quotas = field(default_factory=Quotas)


def owner_of(token_id: int) -> str:
    """Return what stands for a token where the digest of a sign-in stands for a session."""
    return f"token:{token_id}"


def token_of(owner: str) -> int | None:
    """Return the number of the token that *owner* stands for; None where it is a session."""
    word, colon, number = owner.partition(":")
    return int(number) if colon and word == "token" and number.isdecimal() else None


def spell(number: int, secret: str) -> str:
    """Return the token as its holder keeps it."""
    return f"{PREFIX}{number}_{secret}"


def read(text: str) -> tuple[int, str] | None:
    """Return number and secret of a token; None when *text* is none."""
    found = _SPELT.fullmatch(text)
    return None if found is None else (int(found[1]), found[2])


def read_bearer(header: str) -> str:
    """Return what an ``Authorization`` header carries; ``""`` when it is no bearer token.

    Source: RFC 6750 2.1.
    """
    scheme, _, value = header.partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def matches(secret: str, kept: str) -> bool:
    """Say whether *secret* is the one of the digest *kept*, in the same time either way."""
    return hmac.compare_digest(digest(secret), kept)


def narrow(person: Person, scopes: frozenset[Permission]) -> Person:
    """Return *person* with no right beyond *scopes*, and what goes with any of them.

    Nobody signs in as a service: a password that was never changed holds up none of its tokens.
    """
    return Person(
        person.id,
        person.name,
        person.shown,
        person.unit,
        person.role,
        must_change=False,
        disabled=person.disabled,
        ends_at=person.ends_at,
        scopes=scopes | COMMON,
    )


def counts(token: Token, wall: float, address: str) -> bool:
    """Say whether *token* lets somebody in at *wall*, UNIX time, s, who comes from *address*."""
    person = token.person
    open_account = not person.disabled and person.role is Role.SERVICE
    in_time = wall < token.ends_at and not person.has_ended(wall)
    return (
        open_account and in_time and token.revoked_at is None and lets_in(token.networks, address)
    )


def lets_in(networks: tuple[Network, ...], address: str) -> bool:
    """Say whether *address* is in one of *networks*; any address when none is named."""
    if not networks:
        return True
    try:
        found: Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in networks)


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return addresses and networks such as ``192.0.2.0/24``; raises Invalid with every fault."""
    found: list[Network] = []
    faults = []
    for text in texts:
        try:
            network = ip_network(text.strip(), strict=False)
        except ValueError:
            faults.append(f"not an address or a network: {text[:60]!r}")
            continue
        if network not in found:
            found.append(network)
    if len(found) > MOST_NETWORKS:
        faults.append(f"more than {MOST_NETWORKS} networks")
    if faults:
        raise Invalid("networks are not usable", faults=tuple(faults))
    return tuple(found)


def read_scopes(texts: Iterable[str]) -> frozenset[Permission]:
    """Return permissions by their names; raises Invalid for none, and for what no token carries."""
    offered = {permission.value: permission for permission in OFFERED}
    names = list(texts)
    faults = tuple(f"a token cannot carry {name[:40]!r}" for name in names if name not in offered)
    if faults or not names:
        raise Invalid("scopes are not usable", faults=faults or ("a token needs a scope",))
    return frozenset(offered[name] for name in names)


def check(wish: NewToken, wall: float, longest: float) -> None:
    """Raise Invalid with every fault of *wish* at *wall*.  longest: s until its end at the most."""
    faults = []
    if not wish.name.strip() or len(wish.name) > LONGEST_NAME or not wish.name.isprintable():
        faults.append(f"a name has 1 to {LONGEST_NAME} printable characters")
    if not wish.scopes:
        faults.append("a token needs a scope")
    if not wish.scopes <= set(OFFERED):
        faults.append("a scope is beyond what a service may")
    if not SHORTEST <= wish.ends_at - wall <= longest:
        faults.append(f"a token ends after {SHORTEST:g} s to {longest / 86400:g} days")
    if faults:
        raise Invalid("this token cannot be made", faults=tuple(faults))

"""People, their passwords and their web sessions, as rules without chance or clock.

A session is known by the SHA-256 of its token: who reads the store cannot use it.  A wrong name,
a wrong password, a locked and a closed account get one answer after the same work.
"""

import hashlib
import unicodedata
from dataclasses import dataclass

from tongshi.access.permission import Permission, Role, allows
from tongshi.errors import Denied, Invalid

SHORTEST = 10
"""Characters of a password at the least."""
LONGEST = 256
"""Characters of a password at the most; bounds the work of hashing."""
LONGEST_NAME = 64
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like another


@dataclass(frozen=True, slots=True)
class Rules:
    """How sign-ins end and accounts lock.

    idle, absolute, lock: s.  attempts: failures in a row that lock.
    """

    idle: float = 3600.0
    absolute: float = 43200.0
    attempts: int = 5
    lock: float = 900.0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in.

    name: for signing in, in small letters.  shown, unit: as printed in the access register.
    must_change: the password was generated; nothing is allowed but changing it.
    ends_at: when the account ends; a contractor's always does.  trained_at, certified_until: when
    the training was, and how long the certificate holds (持证上岗).  UNIX time, s; None: unknown.
    totp: one-time codes of a second factor are enrolled.
    scopes: what the token of a service carries of its account's rights; None: no token, all.
    """

    id: int
    name: str
    shown: str
    unit: str
    role: Role
    must_change: bool
    disabled: bool
    ends_at: float | None = None
    trained_at: float | None = None
    certified_until: float | None = None
    totp: bool = False
    scopes: frozenset[Permission] | None = None

    def may(self, permission: Permission) -> bool:
        """Say whether this person has *permission*."""
        if self.disabled or (self.scopes is not None and permission not in self.scopes):
            return False
        return allows(self.role, permission, held=self.must_change)

    def require(self, permission: Permission) -> None:
        """Raise Denied unless this person has *permission*."""
        if not self.may(permission):
            change = "the password must be changed first" if self.must_change else ""
            raise Denied(f"no right: {permission.value}", helps=change or permission.value)


PLATFORM = Person(0, "", "Tongshi", "", Role.OPERATOR, must_change=False, disabled=True)
"""The platform, where it does something by itself; it is in no store and cannot sign in."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person with what signing in needs.  locked_until: UNIX time, s; 0 when never locked."""

    person: Person
    password: str
    failures: int
    locked_until: float

    def is_open(self, wall: float) -> bool:
        """Say whether a right password would be let in at *wall*, UNIX time, s."""
        return not self.person.disabled and wall >= self.locked_until


@dataclass(frozen=True, slots=True)
class Session:
    """One open sign-in.  digest: of its token.  Times: UNIX, s."""

    digest: str
    person: Person
    begun_at: float
    used_at: float
    ends_at: float
    address: str

    def is_live(self, wall: float, rules: Rules) -> bool:
        """Say whether it still holds at *wall*: neither idle nor old, and the account open.

        A wall clock that went backward ends no session and makes none longer than its end.
        """
        idle = wall - self.used_at >= rules.idle
        return not idle and wall < self.ends_at and not self.person.disabled


def fail(account: Account, wall: float, rules: Rules) -> tuple[int, float]:
    """Return failures and locked_until after one more wrong password.

    A try while locked does not lengthen the lock; after it the count begins anew.
    """
    if wall < account.locked_until:
        return account.failures, account.locked_until
    failures = account.failures + 1
    if failures < rules.attempts:
        return failures, 0.0
    return 0, wall + rules.lock


def fold_name(name: str) -> str:
    """Return *name* as it is kept and looked up; raises Invalid when it cannot be one."""
    folded = unicodedata.normalize("NFKC", name).strip().casefold()
    if not folded or len(folded) > LONGEST_NAME or not folded.isprintable():
        raise Invalid(f"a name has 1 to {LONGEST_NAME} printable characters")
    return folded


def check_password(password: str, name: str) -> None:
    """Raise Invalid with every fault of a new *password* of the person *name*."""
    faults = []
    if len(password) < SHORTEST:
        faults.append(f"it has less than {SHORTEST} characters")
    if len(password) > LONGEST:
        faults.append(f"it has more than {LONGEST} characters")
    if len(set(password)) < 5:
        faults.append("it has less than 5 different characters")
    if len(name) > 2 and name in password.casefold():
        faults.append("the name is in it")
    if faults:
        raise Invalid("this password is not accepted", faults=tuple(faults))


def spell_password(draw: bytes) -> str:
    """Return a password to be read aloud: four groups of five letters and digits.

    draw: at least 20 random bytes; 98 bits of them are used.
    """
    letters = [_LETTERS[byte % len(_LETTERS)] for byte in draw[:20]]
    return "-".join("".join(letters[at : at + 5]) for at in range(0, 20, 5))


def digest_token(token: str) -> str:
    """Return what is stored of a session's token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()

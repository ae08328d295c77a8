"""People, their passwords and their web sessions, as rules without chance or clock.

A session is known by the SHA-256 of its token: who reads the store cannot use it.  A wrong name,
a wrong password, a locked, an ended and a closed account get one answer after the same work.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from enum import Enum

from tongshi.access.permission import ADMINISTRATORS, Permission, Role, allows
from tongshi.errors import Denied, FirstNeeded, Invalid

SHORTEST = 10
"""Characters of a password at the least."""
LONGEST = 256
"""Characters of a password at the most; bounds the work of hashing."""
LONGEST_NAME = 64
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like another


class Certificate(Enum):
    """What a missing certificate does to who needs one (持证上岗)."""

    OFF = "off"
    WARN = "warn"
    BLOCK = "block"


class Bar(Enum):
    """What must be done before anything but the own account is allowed."""

    CHANGE = "password"
    """Change a password that was generated."""
    TOTP = "totp"
    """Enrol one-time codes."""
    CERTIFICATE = "certificate"
    """Have training and certificate recorded by an administrator of security."""


class Way(Enum):
    """By what somebody proved who they are."""

    PHRASE = "password"
    TOTP = "totp"
    RECOVERY = "recovery"
    OIDC = "oidc"


@dataclass(frozen=True, slots=True)
class Rules:
    """How sign-ins end and pause, and what they need.

    idle, absolute: s, of a session.  attempts: failures after which a name pauses at an address.
    lock: s, the first such pause; each failure after it doubles it.  step: s, from the password
    to the code.  once: s for which a generated password can be used, once.  proof: s for which a
    password or code is fresh enough for changes of accounts.  addresses: from how many addresses
    a person may be signed in at once.  administrators_totp, everybody_totp: who must have codes.
    """

    idle: float = 3600.0
    absolute: float = 43200.0
    attempts: int = 5
    lock: float = 900.0
    step: float = 300.0
    once: float = 86400.0
    proof: float = 900.0
    addresses: int = 2
    certificate: Certificate = Certificate.WARN
    administrators_totp: bool = True
    everybody_totp: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in.

    name: for signing in, in small letters.  shown, unit: as printed in the access register.
    must_change: the password was generated; nothing is allowed but changing it.
    ends_at: when the account ends; a contractor's always does.  trained_at, certified_until: when
    the training was, and how long the certificate holds (持证上岗).  UNIX time, s; None: unknown.
    totp: one-time codes of a second factor are enrolled.
    scopes: what the token of a service carries of its account's rights; None: no token, all.
    bar: what must be done first, as far as the sign-in knows.
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
    bar: Bar | None = None

    def may(self, permission: Permission) -> bool:
        """Say whether this person has *permission*."""
        if self.disabled or (self.scopes is not None and permission not in self.scopes):
            return False
        held = self.must_change or self.bar is not None
        return allows(self.role, permission, held=held)

    def require(self, permission: Permission) -> None:
        """Raise Denied unless this person has *permission*, FirstNeeded when a bar is before it."""
        if self.may(permission):
            return
        bar = Bar.CHANGE if self.must_change else self.bar
        if bar is not None and not self.disabled and permission is not Permission.OWN_ACCOUNT:
            raise FirstNeeded(f"no right yet: {permission.value}", first=bar.value, helps=HELP[bar])
        raise Denied(f"no right: {permission.value}", helps=permission.value)

    def has_ended(self, wall: float) -> bool:
        """Say whether the account's end date has passed at *wall*, UNIX time, s."""
        return self.ends_at is not None and wall >= self.ends_at


HELP = {
    Bar.CHANGE: "the password must be changed first",
    Bar.TOTP: "one-time codes must be enrolled first",
    Bar.CERTIFICATE: "training and a certificate that holds must be recorded first",
}
"""What would take a bar away."""
CERTIFIED = frozenset({Role.SYSTEM, Role.AUDIT, Role.OPERATOR, Role.CONTRACTOR})
"""Roles of key posts, which need training and a certificate.

Not the administrators of security: somebody must be able to record the dates.
"""


def needs_totp(role: Role, rules: Rules) -> bool:
    """Say whether one-time codes must be enrolled by who has *role*."""
    administrator = rules.administrators_totp and role in ADMINISTRATORS
    return administrator or (rules.everybody_totp and role is not Role.SERVICE)


def is_certified(person: Person, wall: float) -> bool:
    """Say whether *person* is trained and holds a certificate at *wall*, or needs none."""
    if person.role not in CERTIFIED:
        return True
    trained = person.trained_at is not None and person.trained_at <= wall
    return trained and person.certified_until is not None and wall < person.certified_until


def bar_of(person: Person, wall: float, rules: Rules) -> Bar | None:
    """Return what *person* must do before anything else, the first of it."""
    if person.must_change:
        return Bar.CHANGE
    if needs_totp(person.role, rules) and not person.totp:
        return Bar.TOTP
    if rules.certificate is Certificate.BLOCK and not is_certified(person, wall):
        return Bar.CERTIFICATE
    return None


PLATFORM = Person(0, "", "Tongshi", "", Role.OPERATOR, must_change=False, disabled=True)
"""The platform, where it does something by itself; it is in no store and cannot sign in."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person with what signing in needs.

    password: its hash.  password_until: UNIX time, s, until which a generated one can be used;
    None for one's own.  totp, totp_next: sealed secrets of one-time codes, in use and being
    enrolled.  totp_last: the last step that was used.
    """

    person: Person
    password: str
    password_until: float | None = None
    totp: str | None = None
    totp_next: str | None = None
    totp_last: int | None = None

    def is_open(self, wall: float) -> bool:
        """Say whether a right password would be let in at *wall*, UNIX time, s."""
        spent = self.password_until is not None and wall >= self.password_until
        person = self.person
        closed = person.disabled or person.has_ended(wall) or person.role is Role.SERVICE
        return not (spent or closed)


@dataclass(frozen=True, slots=True)
class Session:
    """One open sign-in.  digest: of its token.  Times: UNIX, s.

    proven_at: when the person last proved who they are.  way: by what.  elsewhere: how many
    other addresses the same person is signed in at.
    """

    digest: str
    person: Person
    begun_at: float
    used_at: float
    ends_at: float
    address: str
    proven_at: float = 0.0
    way: Way = Way.PHRASE
    elsewhere: int = 0

    def is_live(self, wall: float, rules: Rules) -> bool:
        """Say whether it still holds at *wall*: neither idle nor old, and the account open.

        A wall clock that went backward ends no session and makes none longer than its end.
        """
        idle = wall - self.used_at >= rules.idle
        closed = self.person.disabled or self.person.has_ended(wall)
        return not idle and wall < self.ends_at and not closed

    def is_fresh(self, wall: float, rules: Rules) -> bool:
        """Say whether the person proved lately enough who they are, for changes of accounts."""
        return 0.0 <= wall - self.proven_at < rules.proof


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

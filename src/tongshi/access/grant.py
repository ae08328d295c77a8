"""Grants (授权): who may do what with which cameras, why, when, and with how old footage.

`decide` answers one wish and is the one rule: the scope of lists (`tongshi.access.scope`) is the
same grants compiled, and a property test holds the two together.  A denial wins over every grant.
Whoever may do anything with a camera may know of it; who may not know of it may do nothing with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from tongshi.access.identity import Person
from tongshi.errors import Invalid

DIVISION_LENGTHS = (2, 4, 6, 8)
"""Digits of divisions that a selector names.  Source: GB/T 2260, GB/T 28181-2022 annex E."""
DAY = 1440
"""Minutes of a day."""
LONGEST_NOTE = 500
BY_HAND = "hand"
"""Origin of a grant that a person made."""


class Right(Enum):
    """What can be done with a camera."""

    SEE = "see"
    """Know of it: lists, tree, search, its state and place."""
    LIVE = "live"
    HEAR = "hear"
    PLAYBACK = "playback"
    DOWNLOAD = "download"
    SNAPSHOT = "snapshot"
    CONTROL = "control"
    TALK = "talk"
    EXPORT = "export"
    ALARMS = "alarms"
    CONFIGURE = "configure"
    EDIT = "edit"
    """Change its dossier."""
    APPROVE = "approve"
    """Decide on requests that are about it."""


FOOTAGE = frozenset({Right.PLAYBACK, Right.DOWNLOAD, Right.EXPORT})
"""Rights for which the age of footage counts."""


class SubjectKind(Enum):
    """Who a grant is for."""

    PERSON = "person"
    ROLE = "role"
    UNIT = "unit"
    SUPERIOR = "superior"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a grant is for.

    value: number of the person, name of the role, unit as people have it, or code of the superior.
    """

    kind: SubjectKind
    value: str

    def __post_init__(self) -> None:
        if not self.value or len(self.value) > 128:
            raise Invalid("a grant is for a person, a role, a unit or a superior")


Party = frozenset[Subject]
"""Everything that somebody is, as grants name it."""


def party_of(person: Person) -> Party:
    """Return what *person* is: themselves, their role, their unit."""
    subjects = {
        Subject(SubjectKind.PERSON, str(person.id)),
        Subject(SubjectKind.ROLE, person.role.value),
    }
    if person.unit:
        subjects.add(Subject(SubjectKind.UNIT, person.unit))
    return frozenset(subjects)


@dataclass(frozen=True, slots=True)
class Camera:
    """What tells cameras apart for grants.

    A device itself is a camera whose channel_id is its device_id.  division: without padding, ""
    when none is known.  klass: of the plans, as ``"I"``.
    """

    device_id: str
    channel_id: str
    division: str = ""
    klass: str = ""
    sector: str = ""
    unit: str = ""
    tags: frozenset[str] = frozenset()


Values = frozenset[str]
NONE: Values = frozenset()


@dataclass(frozen=True, slots=True)
class Selector:
    """Which cameras: fields that are named must all fit, of a field's values one.

    divisions: codes of 2, 4, 6 or 8 digits, each with all below it.  devices: with their channels.
    everything: every camera; then nothing else is named.  Without any field it is no camera.
    """

    divisions: Values = NONE
    classes: Values = NONE
    sectors: Values = NONE
    units: Values = NONE
    tags: Values = NONE
    cameras: frozenset[tuple[str, str]] = frozenset()
    devices: Values = NONE
    everything: bool = False

    def __post_init__(self) -> None:
        for code in self.divisions:
            digits = code.isascii() and code.isdigit()
            if not digits or len(code) not in DIVISION_LENGTHS:
                raise Invalid(f"no division: {code[:20]!r}; one has 2, 4, 6 or 8 digits")
        named = self.classes | self.sectors | self.units | self.tags | self.devices
        if not all(named) or not all(all(pair) for pair in self.cameras):
            raise Invalid("a selector names no empty value")
        if self.everything and (named or self.divisions or self.cameras):
            raise Invalid("a selector of everything names nothing else")

    @property
    def empty(self) -> bool:
        """Whether it is no camera at all."""
        fields = (self.divisions, self.classes, self.sectors, self.units, self.tags, self.devices)
        return not (self.everything or self.cameras or any(fields))

    def covers(self, camera: Camera) -> bool:
        """Say whether *camera* is one of them."""
        if self.everything or self.empty:
            return self.everything
        below = any(camera.division[:size] in self.divisions for size in DIVISION_LENGTHS)
        return (
            (not self.divisions or below)
            and (not self.classes or camera.klass in self.classes)
            and (not self.sectors or camera.sector in self.sectors)
            and (not self.units or camera.unit in self.units)
            and (not self.tags or not self.tags.isdisjoint(camera.tags))
            and (not self.devices or camera.device_id in self.devices)
            and (not self.cameras or (camera.device_id, camera.channel_id) in self.cameras)
        )


@dataclass(frozen=True, slots=True)
class Window:
    """A time of the week.

    days: 0 Monday to 6 Sunday, on which it begins.  begin, end: minutes of the day, end excluded;
    one whose end is not after its beginning goes on into the next day.
    """

    days: frozenset[int]
    begin: int = 0
    end: int = DAY

    def __post_init__(self) -> None:
        days = self.days and all(0 <= day <= 6 for day in self.days)
        if not days or not 0 <= self.begin < DAY or not 0 < self.end <= DAY:
            raise Invalid("a window has days 0 to 6, and minutes of the day")

    def holds(self, weekday: int, minute: int) -> bool:
        """Say whether it holds at this minute of the node's zone."""
        if self.begin < self.end:
            return weekday in self.days and self.begin <= minute < self.end
        late = weekday in self.days and minute >= self.begin
        return late or ((weekday - 1) % 7 in self.days and minute < self.end)


@dataclass(frozen=True, slots=True)
class Hours:
    """Times of the week in the node's zone; none is always."""

    windows: tuple[Window, ...] = ()

    def holds(self, weekday: int, minute: int) -> bool:
        """Say whether one of the windows holds."""
        return not self.windows or any(one.holds(weekday, minute) for one in self.windows)


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant, or with *deny* one denial.

    id: 0 before it is stored.  purposes: codes; empty for any.  since, until: UNIX time, s; until
    excluded.  footage_age: s, how old footage may be; a denial has none.  origin: ``hand``,
    ``approval:N`` or ``break-glass:N``.
    """

    id: int
    subject: Subject
    rights: frozenset[Right]
    selector: Selector
    purposes: Values = NONE
    hours: Hours = Hours()
    since: float | None = None
    until: float | None = None
    footage_age: float | None = None
    deny: bool = False
    note: str = ""
    made_by: str = ""
    made_at: float = 0.0
    revoked_at: float | None = None
    origin: str = BY_HAND

    def __post_init__(self) -> None:
        faults = []
        if not self.rights:
            faults.append("it has no right")
        if self.selector.empty:
            faults.append("it names no camera")
        if self.since is not None and self.until is not None and self.until <= self.since:
            faults.append("it ends before it begins")
        if self.footage_age is not None and (self.deny or self.footage_age <= 0):
            faults.append("only a grant bounds the age of footage, by a positive number")
        if len(self.note) > LONGEST_NOTE:
            faults.append(f"its note has more than {LONGEST_NOTE} characters")
        if faults:
            raise Invalid("this is no grant", faults=tuple(faults))

    def bears_on(self, right: Right) -> bool:
        """Say whether it is about *right*.

        Any right lets know of the camera; who may not know of it may do nothing.
        """
        return right in self.rights or (Right.SEE in self.rights if self.deny else right is SEE)

    def answers(self, wish: "Wish") -> bool:
        """Say whether it decides *wish*, for the cameras that it selects."""
        if self.deny:
            return self.bears_on(wish.right) and _holds(self, wish)
        return self.revoked_at is None and _shortfall(self, wish) is None

    def runs(self, wall: float) -> bool:
        """Say whether it holds at *wall*, UNIX time, s, the time of the day aside."""
        begun = self.since is None or wall >= self.since
        return begun and not self.over(wall)

    def over(self, wall: float) -> bool:
        """Say whether it never holds again."""
        return self.revoked_at is not None or (self.until is not None and wall >= self.until)


SEE = Right.SEE


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to do with a camera.

    purpose: code; None where none is asked for, as in lists: then grants for a purpose count and
    denials for one do not.  wall: UNIX time, s.  local_minute, weekday: of the node's zone.
    oldest_footage: its moment, UNIX time, s; None for the present.  approved: only a grant that
    came of an approval counts, because the purpose wants one.
    """

    right: Right
    wall: float
    local_minute: int
    weekday: int
    purpose: str | None = None
    oldest_footage: float | None = None
    approved: bool = False


class Reason(Enum):
    """Why a decision is as it is."""

    GRANTED = "granted"
    OFFICE = "office"
    """The role itself lets know of every camera."""
    ROLE = "role"
    """The role does not have the right, whatever is granted."""
    DENIED = "denied"
    NOTHING = "no-grant"
    RIGHT = "right"
    BEGINS = "begins"
    EXPIRED = "expired"
    HOURS = "hours"
    PURPOSE = "purpose"
    AGE = "age"
    APPROVAL = "approval"


_NEAREST = (
    Reason.APPROVAL,
    Reason.AGE,
    Reason.PURPOSE,
    Reason.HOURS,
    Reason.BEGINS,
    Reason.EXPIRED,
    Reason.RIGHT,
)
"""What is told when several grants fall short: first what can be mended most easily."""


@dataclass(frozen=True, slots=True)
class Help:
    """What would help: grant_id is the grant that falls short, None for a new one."""

    reason: Reason
    grant_id: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether somebody may, and why.

    grant_id: the grant that allows it, or the denial.  origin: of that grant.
    """

    allowed: bool
    reason: Reason
    grant_id: int | None = None
    origin: str = ""
    helps: tuple[Help, ...] = ()

    @property
    def approval_id(self) -> int | None:
        """Number of the approval that it rests on; None when it rests on none."""
        kind, _, number = self.origin.partition(":")
        return int(number) if kind == "approval" and number.isdigit() else None


def decide(grants: Iterable[Grant], party: Party, camera: Camera, wish: Wish) -> Decision:
    """Return whether *party* may do what *wish* says with *camera*, and why.

    Of several grants that allow it, one that came of an approval is named, else the oldest.
    """
    about = [one for one in grants if one.subject in party and one.selector.covers(camera)]
    for denial in about:
        if denial.deny and denial.answers(wish):
            return Decision(False, Reason.DENIED, denial.id, denial.origin)
    best: Grant | None = None
    short: list[Help] = []
    for grant in about:
        if grant.deny or grant.revoked_at is not None:
            continue
        reason = _shortfall(grant, wish)
        if reason is not None:
            short.append(Help(reason, grant.id))
        elif best is None or _rank(grant) < _rank(best):
            best = grant
    if best is not None:
        return Decision(True, Reason.GRANTED, best.id, best.origin)
    short.sort(key=lambda help: _NEAREST.index(help.reason))
    helps = (*short[:3], Help(Reason.NOTHING, None))
    return Decision(False, helps[0].reason, helps=helps)


def _rank(grant: Grant) -> tuple[bool, int]:
    return grant.origin == BY_HAND, grant.id


def _holds(denial: Grant, wish: Wish) -> bool:
    """Say whether a denial holds for *wish*."""
    return (
        denial.runs(wish.wall)
        and denial.hours.holds(wish.weekday, wish.local_minute)
        and (not denial.purposes or wish.purpose in denial.purposes)
    )


def _shortfall(grant: Grant, wish: Wish) -> Reason | None:
    """Return why *grant* does not allow *wish*; None when it does."""
    if not grant.bears_on(wish.right):
        return Reason.RIGHT
    if grant.over(wish.wall):
        return Reason.EXPIRED
    if not grant.runs(wish.wall):
        return Reason.BEGINS
    if not grant.hours.holds(wish.weekday, wish.local_minute):
        return Reason.HOURS
    if wish.purpose is not None and grant.purposes and wish.purpose not in grant.purposes:
        return Reason.PURPOSE
    if not _fresh(grant, wish):
        return Reason.AGE
    return Reason.APPROVAL if wish.approved and grant.origin == BY_HAND else None


def _fresh(grant: Grant, wish: Wish) -> bool:
    oldest, age = wish.oldest_footage, grant.footage_age
    if oldest is None or age is None or wish.right not in FOOTAGE:
        return True
    return wish.wall - oldest <= age

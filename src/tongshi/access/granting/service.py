"""Grants at work: `Rights` decides, compiles scopes and keeps grants.

Every method blocks for a moment on the store: call through ``asyncio.to_thread``.  What was
compiled for a person is kept until grants change, and for a minute at the most.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from tongshi.access.grant import (
    Camera,
    Decision,
    Grant,
    Help,
    Party,
    Reason,
    Right,
    Wish,
    decide,
    party_of,
)
from tongshi.access.granting import store
from tongshi.access.granting.store import GrantQuery
from tongshi.access.identity import Person
from tongshi.access.permission import ADMINISTRATORS, Permission
from tongshi.access.placing.service import Cells
from tongshi.access.scope import EVERYTHING, NOTHING, Book, Scope, compile_scope, no_camera
from tongshi.audit.entry import PLATFORM, Act, Actor, Value
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.page import Page, bound
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Invalid, Missing, NotGranted

NEEDED: Mapping[Right, Permission] = {
    Right.SEE: Permission.SEE_DEVICES,
    Right.LIVE: Permission.SEE_LIVE,
    Right.HEAR: Permission.SEE_LIVE,
    Right.PLAYBACK: Permission.SEE_PLAYBACK,
    Right.DOWNLOAD: Permission.DOWNLOAD,
    Right.SNAPSHOT: Permission.SEE_LIVE,
    Right.CONTROL: Permission.CONTROL_CAMERAS,
    Right.TALK: Permission.TALK,
    Right.EXPORT: Permission.DOWNLOAD,
    Right.ALARMS: Permission.SEE_ALARMS,
    Right.CONFIGURE: Permission.CONFIGURE_DEVICES,
    Right.EDIT: Permission.CONFIGURE_DEVICES,
    Right.APPROVE: Permission.APPROVE,
}
"""What the role needs besides, for each right."""
MINUTE = 60.0
PEOPLE = 500
"""People whose grants are kept compiled."""

Key = tuple[str, str]
Basis = tuple[tuple[int, ...], int]
"""What a scope was made of: the grants that hold, and how many cells there were."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that somebody does or wants to do.

    channel_id: "" for the device itself.  oldest: of the footage, UNIX time, s.
    """

    person: Person
    right: Right
    device_id: str
    channel_id: str
    purpose: str | None = None
    oldest: float | None = None
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Tested:
    """What a person may do with one camera, and why; None of it when they may not know of it."""

    visible: bool
    decisions: Mapping[Right, Decision]


class _Compiled:
    """The grants of one person at one version, and what was made of them in this minute."""

    def __init__(self, version: int, grants: Sequence[Grant]) -> None:
        self.version = version
        self.book = Book(grants)
        self.grants = grants
        self.edges = sorted(
            edge for one in grants for edge in (one.since, one.until) if edge is not None
        )
        self.scopes: dict[Right, tuple[Basis, Scope]] = {}
        self.stale_at = 0.0
        self.fresh: set[Right] = set()


class Rights:
    """The grants of one node.  Safe to use from any thread."""

    def __init__(self, engine: Engine, writer: Writer, clock: Clock, cells: Cells) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._cells = cells
        self._lock = threading.Lock()
        self._version = 0
        self._people: OrderedDict[Party, _Compiled] = OrderedDict()
        self._listeners: list[Callable[[], object]] = []

    @property
    def version(self) -> int:
        """A number that grows with every change of grants or marks."""
        return self._version

    def stamp(self) -> tuple[int, int]:
        """Return what changes with grants and with the minute; quick, for the node's loop."""
        return self._version, int(self._clock.wall() // MINUTE)

    def subscribe(self, listener: Callable[[], object]) -> None:
        """Call *listener* after every change, in the thread of whoever changed something."""
        self._listeners.append(listener)

    # Deciding

    def scope(self, person: Person | None, right: Right = Right.SEE) -> Scope:
        """Return the cameras for which *person* has *right* now, whatever the purpose."""
        if person is None or not person.may(NEEDED[right]):
            return NOTHING
        if right is Right.SEE and person.role in ADMINISTRATORS:
            return EVERYTHING
        compiled, wall = self._compile(person), self._clock.wall()
        cells = self._cells.known()
        with self._lock:
            if wall >= compiled.stale_at:
                compiled.fresh.clear()
                after = (edge for edge in compiled.edges if edge > wall)
                minute = (wall // MINUTE + 1) * MINUTE
                compiled.stale_at = min(minute, next(after, minute))
            basis, found = compiled.scopes.get(right, (None, NOTHING))
            if right in compiled.fresh and basis is not None and basis[1] == len(cells):
                return found
            wish = self._wish(right, wall)
            now = tuple(one.id for one in compiled.grants if one.answers(wish)), len(cells)
            if now != basis:
                found = compile_scope(compiled.grants, party_of(person), wish).by_cells(cells)
                compiled.scopes[right] = now, found
            compiled.fresh.add(right)
        return found

    def decide(self, case: Case, camera: Camera) -> Decision:
        """Return whether *case* is allowed with *camera*, and why."""
        person = case.person
        if not person.may(NEEDED[case.right]):
            return Decision(False, Reason.ROLE, helps=(Help(Reason.ROLE, None),))
        if case.right is Right.SEE and person.role in ADMINISTRATORS:
            return Decision(True, Reason.OFFICE)
        book = self._compile(person).book
        wish = self._wish(case.right, self._clock.wall())
        wish = replace(
            wish, purpose=case.purpose, oldest_footage=case.oldest, approved=case.approved
        )
        return decide(book.about(camera), party_of(person), camera, wish)

    def require(
        self,
        person: Person,
        right: Right,
        device_id: str,
        channel_id: str = "",
        *,
        purpose: str | None = None,
        oldest: float | None = None,
        approved: bool = False,
    ) -> Decision:
        """Return the decision that allows it.

        Raises Missing, the very same for a camera that does not exist and for one of which
        *person* may not know; NotGranted with the reason for one of which they may.
        """
        case = Case(person, right, device_id, channel_id, purpose, oldest, approved)
        with self._engine.connect() as connection:
            decision = self._judge(connection, case)
        if decision is None:
            raise no_camera(device_id, channel_id)
        if not decision.allowed:
            raise refusal(right, decision)
        return decision

    def review(self, cases: Iterable[Case]) -> list[bool]:
        """Say of each of *cases* whether it is still allowed."""
        with self._engine.connect() as connection:
            decisions = [self._judge(connection, case) for case in cases]
        return [decision is not None and decision.allowed for decision in decisions]

    def seen(self, person: Person, right: Right, keys: Iterable[Key]) -> set[Key]:
        """Return those of *keys*, devices and channels, for which *person* has *right*.

        A key without a channel is a device, seen by itself or by one of its channels.
        """
        scope = self.scope(person, right)
        if scope.everything:
            return set(keys)
        with self._engine.connect() as connection:
            return store.read_seen(connection, scope, keys)

    def sees(self, person: Person, device_id: str, channel_id: str = "") -> bool:
        """Say whether *person* may know of a device, or of a channel of it."""
        return bool(self.seen(person, Right.SEE, [(device_id, channel_id)]))

    def approves(self, person: Person, keys: Iterable[Key]) -> bool:
        """Say whether *person* decides on requests about every one of *keys*."""
        return all(self.review(Case(person, Right.APPROVE, *key) for key in keys))

    def test_as(
        self,
        person: Person,
        device_id: str,
        channel_id: str,
        *,
        purpose: str | None = None,
        oldest: float | None = None,
    ) -> Tested:
        """Return what *person* may do with a camera now, and why.

        Raises Missing when there is no such camera at all.
        """
        with self._engine.connect() as connection:
            camera = store.read_camera(connection, device_id, channel_id)
            if camera is None:
                raise no_camera(device_id, channel_id)
            see = Case(person, Right.SEE, device_id, channel_id)
            visible = self._judge(connection, see) is not None
        cases = (Case(person, right, device_id, channel_id, purpose, oldest) for right in Right)
        return Tested(visible, {case.right: self.decide(case, camera) for case in cases})

    def _judge(self, connection: Connection, case: Case) -> Decision | None:
        """Return the decision; None for a camera of which the person may not know."""
        found = store.read_camera(connection, case.device_id, case.channel_id)
        camera = found or Camera(case.device_id, case.channel_id)
        known = self.decide(Case(case.person, Right.SEE, case.device_id, case.channel_id), camera)
        if found is None:
            return None
        if not known.allowed and camera.channel_id == camera.device_id:
            scope, key = self.scope(case.person), (case.device_id, "")
            if store.read_seen(connection, scope, [key]):
                known = Decision(True, Reason.GRANTED)
        if not known.allowed:
            return None
        return known if case.right is Right.SEE else self.decide(case, camera)

    def _wish(self, right: Right, wall: float) -> Wish:
        local = datetime.fromtimestamp(wall, UTC).astimezone()  # to the node's zone
        return Wish(right, wall, local.hour * 60 + local.minute, local.weekday())

    def _compile(self, person: Person) -> _Compiled:
        party = party_of(person)
        version = self._version
        with self._lock:
            found = self._people.get(party)
            if found is not None and found.version == version:
                self._people.move_to_end(party)
                return found
        with self._engine.connect() as connection:
            grants = store.read_party(connection, party, self._clock.wall())
        made = _Compiled(version, grants)
        with self._lock:
            self._people[party] = made
            self._people.move_to_end(party)
            while len(self._people) > PEOPLE:
                self._people.popitem(last=False)
        return made

    # Grants

    def page(self, query: GrantQuery) -> Page[Grant]:
        """Return a page of grants, newest first."""
        number, size = bound(query.number, query.size)
        query = replace(query, number=number, size=size)
        with self._engine.connect() as connection:
            rows, total = store.page_grants(connection, query, self._clock.wall())
        return Page(rows, total, number, size)

    def add(self, grant: Grant, actor: Actor) -> Grant:
        """Keep *grant*, made by *actor* now, and return it with its number.

        Raises Invalid for one that is over already.
        """
        wall = self._clock.wall()
        made = replace(grant, made_by=actor.person, made_at=wall, revoked_at=None)
        if made.over(wall):
            raise Invalid("this grant is over before it begins")
        number = self._writer.commit(
            lambda connection: self._insert(connection, wall, made, actor), durable=True
        )
        self.changed()
        return replace(made, id=number)

    def end(self, grant_id: int, actor: Actor) -> Grant:
        """End a grant now; raises Missing, and Conflict when it was ended before."""
        wall = self._clock.wall()
        found = self._writer.commit(
            lambda connection: _end(connection, wall, grant_id, actor), durable=True
        )
        self.changed()
        return found

    def give(self, connection: Connection, wall: float, grant: Grant) -> int:
        """Insert *grant* in the caller's transaction and return its number.

        Call `changed` once that is committed.
        """
        return self._insert(connection, wall, grant, Actor(person=grant.made_by))

    def revoke(self, connection: Connection, wall: float, grant_id: int) -> None:
        """End a grant in the caller's transaction; harmless for one that was ended before.

        Call `changed` once that is committed.
        """
        found = store.read_grant(connection, grant_id)
        if found is not None and found.revoked_at is None:
            _end(connection, wall, grant_id, PLATFORM)

    def _insert(self, connection: Connection, wall: float, grant: Grant, actor: Actor) -> int:
        clean = replace(grant, note=storable(grant.note))
        number = store.add_grant(connection, clean)
        append(connection, wall, act_of(actor, "grant.made", str(number), _told(clean)))
        return number

    def note_test(self, actor: Actor, person: Person, about: str) -> None:
        """Chain that *actor* tested what *person* may do."""
        act = actor.act("grant.tested", about, tested=person.id, name=person.name)
        wall = self._clock.wall()
        self._writer.commit(lambda connection: append(connection, wall, act))

    def changed(self) -> None:
        """Let what was committed hold: nothing compiled before is used any more."""
        with self._lock:
            self._version += 1
        for listener in self._listeners:
            listener()


def _end(connection: Connection, wall: float, grant_id: int, actor: Actor) -> Grant:
    found = store.read_grant(connection, grant_id)
    if found is None:
        raise Missing(f"no such grant: {grant_id}")
    if not store.revoke_grant(connection, grant_id, actor.person, wall):
        raise Conflict("this grant was revoked before")
    append(connection, wall, act_of(actor, "grant.revoked", str(grant_id), _told(found)))
    return replace(found, revoked_at=wall)


def refusal(right: Right, decision: Decision) -> NotGranted:
    """Return the error that tells why *decision* refuses *right*."""
    return NotGranted(
        f"not granted: {right.value}, {decision.reason.value}",
        reason=decision.reason.value,
        helps=helps_of(right, decision),
    )


def helps_of(right: Right, decision: Decision) -> str:
    """Return what would help, in words; empty where nothing is needed."""
    return "; ".join(_word(right, help) for help in decision.helps)


_WORDS = {
    Reason.APPROVAL: "an approved request instead of grant {id}",
    Reason.AGE: "newer footage than grant {id} reaches back to, or an approval",
    Reason.PURPOSE: "a purpose of grant {id}",
    Reason.HOURS: "the hours of grant {id}",
    Reason.BEGINS: "grant {id}, once it begins",
    Reason.EXPIRED: "grant {id}, renewed",
    Reason.RIGHT: "grant {id} with the right {right}",
    Reason.ROLE: "a role with the permission {permission}",
    Reason.NOTHING: "a grant of {right} for this camera",
}


def _word(right: Right, help: Help) -> str:
    told = {"id": help.grant_id, "right": right.value, "permission": NEEDED[right].value}
    return _WORDS[help.reason].format(**told)


def act_of(actor: Actor, what: str, about: str, told: Mapping[str, Value]) -> Act:
    """Return an act for the audit chain."""
    return replace(actor.act(what, about), details=told)


def _told(grant: Grant) -> dict[str, Value]:
    """Return what the audit chain keeps of a grant."""
    return {
        "subject": f"{grant.subject.kind.value}:{grant.subject.value}",
        "rights": " ".join(sorted(right.value for right in grant.rights)),
        "selector": store.write_selector(grant.selector)[:160],
        "deny": grant.deny,
        "until": grant.until,
        "origin": grant.origin,
    }

"""Breaking glass and reviewing it: the use cases, with the store and the clock.

Every method blocks for a moment on the store: call through ``asyncio.to_thread``.
"""

from dataclasses import replace

from sqlalchemy import Connection, Engine

from tongshi.access.accounts.store import read_people
from tongshi.access.grant import Grant, Right, Selector, Subject, SubjectKind
from tongshi.access.granting.service import Rights
from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.access.scope import Scope
from tongshi.approvals.emergency import store
from tongshi.approvals.emergency.store import GlassQuery
from tongshi.approvals.glass import (
    GIVES,
    Emergency,
    Glass,
    Limits,
    Review,
    State,
    Verdict,
    check_overdue,
    close,
    smash,
    stand,
)
from tongshi.approvals.person import actor_of, who
from tongshi.approvals.purposes.service import Purposes
from tongshi.approvals.service import keys_of
from tongshi.audit.entry import PLATFORM
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.page import Page, bound
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Invalid, Missing

TOLD = frozenset({Role.SECURITY, Role.AUDIT})
"""Roles that are told of every broken glass at once."""


class Emergencies:
    """The broken glass of one node.  Safe to use from any thread."""

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        clock: Clock,
        rights: Rights,
        purposes: Purposes,
        limits: Limits,
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._rights = rights
        self._purposes = purposes
        self.limits = limits

    def smash(self, person: Person, address: str, why: Emergency) -> Glass:
        """Take rights at once: they hold when this returns, for so many minutes.

        Raises Denied while a review of this person's is overdue, Invalid when why, cameras or
        minutes are not as the limits ask.
        """
        purpose = self._purposes.known.get(why.purpose)
        if purpose is None or purpose.retired or purpose.approval:
            raise Invalid("this purpose cannot be stated in an emergency")
        wall = self._clock.wall()
        glass = smash(who(person), clean(why), wall, self.limits, storable(address, 64))
        actor = actor_of(person, address)

        def write(connection: Connection) -> Glass:
            check_overdue(store.read_unreviewed(connection, person.id), wall)
            number = store.add_glass(connection, glass)
            given = self._rights.give(connection, wall, grant_of(glass, number, self.limits))
            store.write_grant(connection, number, given)
            act = actor.act(
                "break-glass.begun",
                str(number),
                purpose=why.purpose,
                case=why.case,
                reason=why.reason,
                minutes=why.minutes,
                cameras=len(why.cameras),
                first=f"{why.cameras[0].device_id}/{why.cameras[0].channel_id}",
                grant=given,
            )
            append(connection, wall, act)
            return replace(glass, id=number, grant_id=given)

        broken = self._writer.commit(write, durable=True)
        self._rights.changed()
        return broken

    def close(
        self, person: Person, address: str, number: int, verdict: Verdict, words: str
    ) -> Glass:
        """Close a review; rights that still hold end with it unless it was justified.

        Raises Missing, Conflict when it is closed already, Denied for who broke the glass.
        """

        actor = actor_of(person, address)

        def write(connection: Connection) -> Glass:
            wall = self._clock.wall()
            found = store.read_glass(connection, number)
            if found is None:
                raise Missing("no such review")
            closed = close(found, Review(who(person), verdict, storable(words), wall))
            assert closed.review is not None
            store.add_review(connection, number, closed.review)
            if verdict is not Verdict.JUSTIFIED and wall < found.until and found.grant_id:
                self._rights.revoke(connection, wall, found.grant_id)
            act = actor.act("break-glass.reviewed", str(number), verdict=verdict.value, words=words)
            append(connection, wall, act)
            return closed

        closed = self._writer.commit(write, durable=True)
        self._rights.changed()
        return closed

    def sweep(self) -> tuple[Glass, ...]:
        """Record which reviews have become overdue, once each; return them."""
        wall = self._clock.wall()
        with self._engine.connect() as connection:
            if not store.read_untold(connection, wall):
                return ()

        def write(connection: Connection) -> tuple[Glass, ...]:
            late = store.read_untold(connection, wall)
            for glass in late:
                store.write_told_overdue(connection, glass.id, wall)
                act = PLATFORM.act("break-glass.overdue", str(glass.id), person=glass.by.id)
                append(connection, wall, act)
            return late

        return self._writer.commit(write, durable=True)

    def read(self, number: int) -> Glass:
        """Return one; raises Missing."""
        with self._engine.connect() as connection:
            glass = store.read_glass(connection, number)
        if glass is None:
            raise Missing("no such review")
        return glass

    def page(self, person_id: int, scope: Scope, query: GlassQuery) -> Page[Glass]:
        """Return a page of broken glass, newest first: a person's own, and that of *scope*."""
        number, size = bound(query.number, query.size)
        query = replace(query, number=number, size=size)
        with self._engine.connect() as connection:
            rows, total = store.page_glass(connection, person_id, scope, query)
        return Page(rows, total, number, size)

    def count_open(self) -> int:
        """Return how many wait for their review."""
        with self._engine.connect() as connection:
            return store.count_open(connection)

    def blocked(self, person: Person) -> bool:
        """Say whether a review of this person's is overdue, so that he breaks no other."""
        wall = self._clock.wall()
        with self._engine.connect() as connection:
            own = store.read_unreviewed(connection, person.id)
        return any(stand(glass, wall) is State.OVERDUE for glass in own)

    def told(self, glass: Glass) -> frozenset[int]:
        """Return who is told of *glass*: security, audit, and the owners of one of its cameras."""
        with self._engine.connect() as connection:
            everybody = [each for each in read_people(connection) if not each.disabled]
        keys = keys_of(glass.why.cameras)
        return frozenset(
            each.id
            for each in everybody
            if each.role in TOLD or (each.role is Role.OWNER and self._owns(each, keys))
        )

    def _owns(self, person: Person, keys: tuple[tuple[str, str], ...]) -> bool:
        return bool(self._rights.seen(person, Right.SEE, keys))


def clean(why: Emergency) -> Emergency:
    """Return *why* with texts that every store takes."""
    return replace(
        why,
        case=storable(why.case),
        reason=storable(why.reason),
        cameras=tuple(replace(each, channel=storable(each.channel)) for each in why.cameras),
    )


def grant_of(glass: Glass, number: int, limits: Limits) -> Grant:
    """Return the grant that broken glass gives: at once, bounded, for its purpose alone."""
    return Grant(
        id=0,
        subject=Subject(SubjectKind.PERSON, str(glass.by.id)),
        rights=GIVES,
        selector=Selector(cameras=frozenset(keys_of(glass.why.cameras))),
        purposes=frozenset({glass.why.purpose}),
        since=glass.at,
        until=glass.until,
        footage_age=limits.footage,
        note=glass.why.reason,
        made_by=glass.by.shown,
        made_at=glass.at,
        origin=f"break-glass:{number}",
    )

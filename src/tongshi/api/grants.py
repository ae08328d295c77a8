"""Grants (授权), for the administrator of security: list, make, revoke, and test as somebody.

A test tells what one person may do with one camera, right by right, each with its reason; and the
cameras of which that person may know, or has a right to.  It is on the audit chain.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Body
from fastapi import Query as Param
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from tongshi.access.grant import (
    DAY,
    LONGEST_NOTE,
    Decision,
    Grant,
    Hours,
    Reason,
    Right,
    Selector,
    Subject,
    SubjectKind,
    Window,
    party_of,
)
from tongshi.access.granting.service import helps_of
from tongshi.access.granting.store import GrantQuery
from tongshi.access.permission import Role
from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.devices import Number, RowId, Size, Text
from tongshi.api.notices import moment
from tongshi.api.parts import Parts
from tongshi.api.register import Moment, seconds
from tongshi.api.session import actor, need_proof
from tongshi.db.page import Page
from tongshi.errors import Invalid
from tongshi.registry.entry import Channel, Query

MOST = 2000
"""Values of one field of a selector at the most."""
Value = Annotated[str, Field(min_length=1, max_length=128)]
Values = Annotated[list[Value], Field(max_length=MOST)]


class CameraKey(BaseModel):
    """A camera; a device itself by its own code as channel."""

    model_config = ConfigDict(extra="forbid")

    device: Value
    channel: Value


class Cameras(BaseModel):
    """Which cameras: named fields must all fit, of a field's values one; none is no camera."""

    model_config = ConfigDict(extra="forbid")

    everything: bool = False
    divisions: Values = Field(default_factory=list, description="2, 4, 6 or 8 digits, and below.")
    classes: Values = Field(default_factory=list)
    sectors: Values = Field(default_factory=list)
    units: Values = Field(default_factory=list)
    tags: Values = Field(default_factory=list)
    devices: Values = Field(default_factory=list, description="With all their channels.")
    cameras: list[CameraKey] = Field(default_factory=list, max_length=MOST)

    def selector(self) -> Selector:
        """Return it as grants have it; raises Invalid."""
        return Selector(
            frozenset(self.divisions),
            frozenset(self.classes),
            frozenset(self.sectors),
            frozenset(self.units),
            frozenset(self.tags),
            frozenset((one.device, one.channel) for one in self.cameras),
            frozenset(self.devices),
            self.everything,
        )


class WeekWindow(BaseModel):
    """A time of the week in the node's zone: days 0 (Monday) to 6, minutes of the day."""

    model_config = ConfigDict(extra="forbid")

    days: list[int] = Field(min_length=1, max_length=7)
    begin: int = Field(default=0, ge=0, lt=DAY)
    end: int = Field(default=DAY, gt=0, le=DAY, description="Not after begin: of the next day.")


class NewGrant(BaseModel):
    """A grant to be made, or with ``deny`` a denial, which wins over every grant."""

    model_config = ConfigDict(extra="forbid")

    kind: SubjectKind
    subject: Value = Field(description="Number of a person, name of a role, unit, or superior.")
    rights: list[Right] = Field(min_length=1, max_length=len(Right))
    cameras: Cameras
    purposes: list[Value] = Field(default_factory=list, max_length=50, description="None: any.")
    hours: list[WeekWindow] = Field(default_factory=list, max_length=50, description="None: any.")
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    footage_days: float | None = Field(default=None, gt=0, le=36500, allow_inf_nan=False)
    deny: bool = False
    note: str = Field(default="", max_length=LONGEST_NOTE)

    def grant(self) -> Grant:
        """Return it as it is kept; raises Invalid."""
        windows = (Window(frozenset(one.days), one.begin, one.end) for one in self.hours)
        return Grant(
            0,
            Subject(self.kind, self.subject),
            frozenset(self.rights),
            self.cameras.selector(),
            frozenset(self.purposes),
            Hours(tuple(windows)),
            seconds(self.since),
            seconds(self.until),
            None if self.footage_days is None else self.footage_days * 86400.0,
            self.deny,
            self.note,
        )


@dataclass(frozen=True, slots=True)
class GrantShown:
    """A grant.  Times: ISO 8601.  person: name of the account, where it is for a person."""

    id: int
    kind: str
    subject: str
    person: str
    rights: list[str]
    cameras: Cameras
    purposes: list[str]
    hours: list[WeekWindow]
    since: str | None
    until: str | None
    footage_days: float | None
    deny: bool
    note: str
    origin: str
    made_by: str
    made_at: str | None
    revoked_at: str | None
    over: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test found for one right.

    grant: that allows or denies it.  helps: what would help, in words.
    """

    right: Right
    allowed: bool
    reason: Reason
    grant: int | None
    helps: str


@dataclass(frozen=True, slots=True)
class TestTold:
    """What somebody may do with a camera.  visible: whether they may know of it at all."""

    person: str
    device: str
    channel: str
    visible: bool
    verdicts: list[Verdict]


Person = Annotated[int, Param(ge=0, lt=2**63, description="Number of the person.")]


async def list_grants(
    parts: PartsOf,
    asker: AskerOf,
    text: Text = "",
    person: Annotated[
        int | None, Param(ge=0, lt=2**63, description="Of their role and unit too.")
    ] = None,
    running: bool = False,
    number: Number = 1,
    size: Size = 50,
) -> Page[GrantShown]:
    """Return a page of grants, newest first."""
    party = frozenset[Subject]()
    if person is not None:
        party = party_of(await asyncio.to_thread(parts.people.person, person))
    query = GrantQuery(party, running, text, number, size)
    page = await asyncio.to_thread(parts.rights.page, query)
    names = {one.id: one.name for one in await asyncio.to_thread(parts.people.everybody)}
    rows = tuple(show(parts, one, names) for one in page.rows)
    return Page(rows, page.total, page.number, page.size)


async def add_grant(
    parts: PartsOf, asker: AskerOf, given: Annotated[NewGrant, Body()]
) -> GrantShown:
    """Make a grant; it holds at once."""
    need_proof(parts, asker)
    grant = given.grant()
    await _check_subject(parts, grant.subject)
    made = await asyncio.to_thread(parts.rights.add, grant, actor(asker))
    names = {one.id: one.name for one in await asyncio.to_thread(parts.people.everybody)}
    return show(parts, made, names)


async def revoke_grant(parts: PartsOf, asker: AskerOf, grant_id: RowId) -> Response:
    """End a grant now; what goes on under it alone ends as well."""
    need_proof(parts, asker)
    await asyncio.to_thread(parts.rights.end, grant_id, actor(asker))
    return Response(status_code=204)


async def try_as(
    parts: PartsOf,
    asker: AskerOf,
    person: Person,
    device: Annotated[str, Param(min_length=1, max_length=256)],
    channel: Annotated[str, Param(max_length=256, description="Empty: the device itself.")] = "",
    purpose: Annotated[str | None, Param(max_length=200)] = None,
    oldest: Moment = None,
) -> TestTold:
    """Tell what somebody may do with a camera now, and why."""
    who = await asyncio.to_thread(parts.people.person, person)
    tested = await asyncio.to_thread(
        parts.rights.test_as, who, device, channel, purpose=purpose, oldest=seconds(oldest)
    )
    await asyncio.to_thread(parts.rights.note_test, actor(asker), who, f"{device}/{channel}")
    verdicts = [verdict_of(right, decision) for right, decision in tested.decisions.items()]
    return TestTold(who.name, device, channel, tested.visible, verdicts)


async def list_seen(
    parts: PartsOf,
    asker: AskerOf,
    person: Person,
    right: Right = Right.SEE,
    text: Text = "",
    number: Number = 1,
    size: Size = 50,
) -> Page[Channel]:
    """Return a page of the cameras with which somebody has a right now."""
    who = await asyncio.to_thread(parts.people.person, person)
    scope = await asyncio.to_thread(parts.rights.scope, who, right)
    await asyncio.to_thread(parts.rights.note_test, actor(asker), who, right.value)
    query = Query(text=text, number=number, size=size)
    return await asyncio.to_thread(parts.registry.channels, scope, query)


def verdict_of(right: Right, decision: Decision) -> Verdict:
    """Return *decision* as the interface tells it."""
    helps = helps_of(right, decision)
    return Verdict(right, decision.allowed, decision.reason, decision.grant_id, helps)


def show(parts: Parts, grant: Grant, names: dict[int, str]) -> GrantShown:
    """Return *grant* as the interface tells it.  names: of accounts by number."""
    selector, subject = grant.selector, grant.subject
    number = int(subject.value) if subject.value.isdecimal() else -1
    return GrantShown(
        grant.id,
        subject.kind.value,
        subject.value,
        names.get(number, "") if subject.kind is SubjectKind.PERSON else "",
        sorted(right.value for right in grant.rights),
        Cameras(
            everything=selector.everything,
            divisions=sorted(selector.divisions),
            classes=sorted(selector.classes),
            sectors=sorted(selector.sectors),
            units=sorted(selector.units),
            tags=sorted(selector.tags),
            devices=sorted(selector.devices),
            cameras=[CameraKey(device=one, channel=two) for one, two in sorted(selector.cameras)],
        ),
        sorted(grant.purposes),
        [
            WeekWindow(days=sorted(one.days), begin=one.begin, end=one.end)
            for one in grant.hours.windows
        ],
        moment(grant.since),
        moment(grant.until),
        None if grant.footage_age is None else grant.footage_age / 86400.0,
        grant.deny,
        grant.note,
        grant.origin,
        grant.made_by,
        moment(grant.made_at),
        moment(grant.revoked_at),
        grant.over(parts.clock.wall()),
    )


async def _check_subject(parts: Parts, subject: Subject) -> None:
    """Raise Missing or Invalid for a person or a role that is none."""
    match subject.kind:
        case SubjectKind.PERSON:
            number = subject.value
            if not (number.isascii() and number.isdecimal() and len(number) < 19):
                raise Invalid("a person is named by the number of the account")
            await asyncio.to_thread(parts.people.person, int(number))
        case SubjectKind.ROLE:
            if subject.value not in {role.value for role in Role}:
                raise Invalid(f"no such role: {subject.value[:40]!r}")
        case SubjectKind.UNIT | SubjectKind.SUPERIOR:
            pass

"""Break-glass: rights at once in an emergency, told at once, and the after-review of the audit."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Body
from fastapi import Query as Param
from pydantic import Field

from tongshi.access.permission import Permission
from tongshi.access.scope import Scope
from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.devices import Number, RowId, Size
from tongshi.api.notices import moment
from tongshi.api.parts import Parts
from tongshi.api.requests import CameraNamed, Closed, find_places
from tongshi.approvals.emergency.service import TOLD
from tongshi.approvals.emergency.store import GlassQuery
from tongshi.approvals.glass import GIVES, Emergency, Glass, State, Verdict, stand
from tongshi.db.page import Page


class BreakGlass(Closed):
    """Why somebody breaks the glass, and for which cameras."""

    purpose: str = Field(max_length=32, description="Code of a purpose.")
    case: str = Field(max_length=64, description="Case number, or what happens in a few words.")
    reason: str = Field(max_length=500)
    cameras: list[CameraNamed] = Field(min_length=1, max_length=64)
    minutes: float = Field(gt=0, le=1440, allow_inf_nan=False)


class Finding(Closed):
    """What an after-review found."""

    verdict: Verdict
    words: str = Field(min_length=1, max_length=500)


@dataclass(frozen=True, slots=True)
class GlassRow:
    """Broken glass and its review.  at, until: that its rights hold.  review_by: when it is due."""

    id: int
    person: str
    unit: str
    purpose: str
    purpose_title: str
    case: str
    reason: str
    cameras: list[dict[str, str]]
    at: str | None
    until: str | None
    review_by: str | None
    state: State
    verdict: Verdict | None
    words: str
    reviewer: str
    reviewed_at: str | None
    own: bool


@dataclass(frozen=True, slots=True)
class GlassPolicy:
    """How far broken glass reaches.  blocked: a review of the asker's is overdue: none is broken.

    gives: the rights.  review_hours: until its review is due.
    """

    minutes: float
    cameras: int
    review_hours: float
    gives: tuple[str, ...]
    blocked: bool


Unreviewed = Annotated[bool, Param(alias="open", description="Those without a verdict alone.")]


async def read_policy(parts: PartsOf, asker: AskerOf) -> GlassPolicy:
    """Return how far the asker's broken glass would reach."""
    limits = parts.emergencies.limits
    blocked = await asyncio.to_thread(parts.emergencies.blocked, asker.person)
    gives = tuple(sorted(right.value for right in GIVES))
    return GlassPolicy(limits.minutes, limits.cameras, limits.review / 3600.0, gives, blocked)


async def break_glass(
    parts: PartsOf, asker: AskerOf, given: Annotated[BreakGlass, Body()]
) -> GlassRow:
    """Take the right to look at once; security, audit and the cameras' owners are told.

    Raises Denied while a review of the asker's is overdue, Missing for cameras not to be seen.
    """
    return row_of(parts, asker, await smash(parts, asker, given))


async def smash(parts: Parts, asker: Asker, given: BreakGlass) -> Glass:
    """Break the glass and tell of it."""
    places = await find_places(parts, asker, given.cameras)
    why = Emergency(given.purpose, given.case, given.reason, places, given.minutes)
    glass = await asyncio.to_thread(parts.emergencies.smash, asker.person, asker.address, why)
    await tell(parts, glass)
    return glass


async def list_reviews(
    parts: PartsOf,
    asker: AskerOf,
    unreviewed: Unreviewed = False,
    number: Number = 1,
    size: Size = 50,
) -> Page[GlassRow]:
    """Return a page of broken glass, newest first.

    The audit and the administrator of security read all, owners those of their cameras, everybody
    else their own.
    """
    query = GlassQuery(open=unreviewed, number=number, size=size)
    page = await find_glass(parts, asker, query)
    rows = tuple(row_of(parts, asker, each) for each in page.rows)
    return Page(rows, page.total, page.number, page.size)


async def find_glass(parts: Parts, asker: Asker, query: GlassQuery) -> Page[Glass]:
    """Return what ``GET /reviews`` answers."""
    person = asker.person
    own, scope = person.id, Scope()
    if person.role in TOLD or person.may(Permission.READ_ACCESS_REGISTER):
        scope = asker.scope
    return await asyncio.to_thread(parts.emergencies.page, own, scope, query)


async def close_review(
    parts: PartsOf, asker: AskerOf, glass_id: RowId, given: Annotated[Finding, Body()]
) -> GlassRow:
    """Close a review with its verdict, once and for good."""
    glass = await asyncio.to_thread(
        parts.emergencies.close,
        asker.person,
        asker.address,
        glass_id,
        given.verdict,
        given.words,
    )
    await tell(parts, glass)
    return row_of(parts, asker, glass)


async def tell(parts: Parts, glass: Glass) -> None:
    """Tell security, audit, owners and who broke it that *glass* stands as it does."""
    people = await asyncio.to_thread(parts.emergencies.told, glass)
    state = stand(glass, parts.clock.wall())
    body = {"id": glass.id, "state": state.value}
    parts.feed.tell("glass", people | {glass.by.id}, body, key=str(glass.id))


def row_of(parts: Parts, asker: Asker, glass: Glass) -> GlassRow:
    """Return *glass* as the interface tells it."""
    why, review = glass.why, glass.review
    return GlassRow(
        glass.id,
        glass.by.shown,
        glass.by.unit,
        why.purpose,
        parts.purposes.show(why.purpose, asker.words.language.value),
        why.case,
        why.reason,
        [
            {"device": each.device_id, "channel": each.channel_id, "name": each.channel}
            for each in why.cameras
        ],
        moment(glass.at),
        moment(glass.until),
        moment(glass.review_by),
        stand(glass, parts.clock.wall()),
        review.verdict if review is not None else None,
        review.words if review is not None else "",
        review.by.shown if review is not None else "",
        moment(review.at) if review is not None else None,
        glass.by.id == asker.person.id,
    )

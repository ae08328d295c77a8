"""Requests: asked for by those who look, decided by those whom a step names, read by the audit.

What is granted is a grant: nothing here lets anybody look.  Moments are ISO 8601 with their zone.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Body
from fastapi import Query as Param
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from tongshi.access.permission import Permission
from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.devices import Number, RowId, Size
from tongshi.api.notices import moment
from tongshi.api.parts import Parts
from tongshi.api.register import seconds
from tongshi.approvals.content import (
    Ask,
    Interest,
    Kind,
    Mask,
    Place,
    Relation,
    from_plain,
    to_plain,
)
from tongshi.approvals.policy import STEPS, Delegation, files_of
from tongshi.approvals.request import Decision, Request, State, Verdict
from tongshi.approvals.store import RequestQuery
from tongshi.db.page import Page

Word = Annotated[str, Field(max_length=128)]


class Closed(BaseModel):
    """A body without anything that was not asked for."""

    model_config = ConfigDict(extra="forbid")


class CameraNamed(Closed):
    """A camera that is asked for."""

    device: str = Field(max_length=256)
    channel: str = Field(max_length=256)


class OfficerNamed(Closed):
    """One who comes for an authority.  document: number of the identity document."""

    name: Word
    unit: Word
    document: Word


class Legal(Closed):
    """What a request of the kind ``retrieval`` tells.  Source: Order 799, 20."""

    basis: Word = Field(description="Basis in law.")
    document: Word = Field(description="Number of the instrument.")
    officers: list[OfficerNamed] = Field(min_length=2, max_length=10)


class Published(Closed):
    """What a request of the kind ``publication`` tells.  Source: Order 799, 22."""

    where: Word = Field(description="Medium.")
    masks: list[Mask] = Field(max_length=10, description="What is masked: all of them.")


class CitizenNamed(Closed):
    """What a request of the kind ``citizen`` tells.  Source: Order 799, 21."""

    name: Word
    document: Word
    relation: Relation
    interest: Interest
    supervisor: Word = Field(description="Who sits beside while they view.")


class Changed(Closed):
    """What a request of the kind ``purpose`` tells."""

    before: Word = Field(description="Code of the purpose there was.")


class AskApproval(Closed):
    """What somebody asks for."""

    kind: Kind
    purpose: str = Field(max_length=32, description="Code of a purpose.")
    reason: str = Field(max_length=500)
    case: str = Field(default="", max_length=64, description="Case number.")
    cameras: list[CameraNamed] = Field(min_length=1, max_length=64)
    since: datetime | None = Field(default=None, description="Of the footage.")
    until: datetime | None = None
    hours: float = Field(
        gt=0, le=24 * 31, allow_inf_nan=False, description="How long a yes is to hold, h."
    )
    retrieval: Legal | None = None
    publication: Published | None = None
    citizen: CitizenNamed | None = None
    change: Changed | None = None


class Judgement(Closed):
    """A decision on the present step."""

    verdict: Verdict
    reason: str = Field(default="", max_length=500, description="A refusal needs one.")
    confirmed: bool = Field(
        default=False, description="What the step asks to be confirmed is so: see ``confirm``."
    )


class Appointment(Closed):
    """Who decides in the asker's place.  delegate: the name of their account."""

    delegate: Word
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided at a step.  behalf: for whom a delegate decided."""

    step: str
    person: str
    unit: str
    behalf: str
    verdict: Verdict
    reason: str
    confirmed: bool
    at: str | None


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as it stands.

    step: which is to be decided now; empty when none is.  confirm: that step asks its decider to
    confirm that what the kind tells is so.  own, decides: of the asker.  files: downloads it is
    good for, uses of them done.
    """

    id: int
    kind: Kind
    purpose: str
    purpose_title: str
    case: str
    reason: str
    person: str
    unit: str
    cameras: list[dict[str, str]]
    since: str | None
    until: str | None
    hours: float
    content: dict[str, object]
    steps: tuple[str, ...]
    step: str
    confirm: bool
    decisions: list[Decided]
    state: State
    made_at: str | None
    waits_until: str | None
    holds_until: str | None
    files: int | None
    uses: int
    own: bool


@dataclass(frozen=True, slots=True)
class DelegationRow:
    """Who decides in whose place.  given: by the asker."""

    id: int
    giver: str
    taker: str
    since: str | None
    until: str | None
    given: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the asker.  decide: requests.  reviews: broken glass without its review."""

    decide: int
    reviews: int


Which = Annotated[
    Literal["mine", "decide", "all"],
    Param(alias="list", description="Own ones, those to decide now, or all, for the audit."),
]


async def list_requests(
    parts: PartsOf,
    asker: AskerOf,
    which: Which = "mine",
    state: State | None = None,
    kind: Kind | None = None,
    number: Number = 1,
    size: Size = 50,
) -> Page[RequestRow]:
    """Return a page of requests, newest first; those to decide come all, the oldest first."""
    query = RequestQuery(state=state, kind=kind, number=number, size=size)
    page = await find_requests(parts, asker, which, query)
    rows = tuple(row_of(parts, asker, each) for each in page.rows)
    return Page(rows, page.total, page.number, page.size)


async def find_requests(
    parts: Parts, asker: Asker, which: str, query: RequestQuery
) -> Page[Request]:
    """Return what ``GET /requests`` answers."""
    if which == "all":
        asker.person.require(Permission.REVIEW)
        return await asyncio.to_thread(parts.approvals.everybody, query)
    if which == "decide":
        asker.person.require(Permission.APPROVE)
        found = await asyncio.to_thread(parts.approvals.to_decide, asker.person)
        return Page(found, len(found), 1, max(1, len(found)))
    return await asyncio.to_thread(parts.approvals.mine, asker.person, query)


async def count_waiting(parts: PartsOf, asker: AskerOf) -> Waiting:
    """Return how much waits for the asker."""
    mine = await asyncio.to_thread(parts.approvals.to_decide, asker.person)
    reviews = 0
    if asker.person.may(Permission.REVIEW):
        reviews = await asyncio.to_thread(parts.emergencies.count_open)
    return Waiting(len(mine), reviews)


async def read_request(parts: PartsOf, asker: AskerOf, request_id: RowId) -> RequestRow:
    """Return one request: an own one, one to decide or decided, any for the audit."""
    request = await asyncio.to_thread(parts.approvals.request, asker.person, request_id)
    return row_of(parts, asker, request)


async def ask(parts: PartsOf, asker: AskerOf, given: Annotated[AskApproval, Body()]) -> RequestRow:
    """Ask for an approval; those who decide its first step are told at once."""
    request = await submit(parts, asker, given)
    return row_of(parts, asker, request)


async def submit(parts: Parts, asker: Asker, given: AskApproval) -> Request:
    """Make a request for cameras that the asker may know of; raises Missing for others."""
    places = await find_places(parts, asker, given.cameras)
    wanted = Ask(
        given.kind,
        given.purpose,
        given.reason,
        places,
        given.hours * 3600.0,
        given.case,
        seconds(given.since),
        seconds(given.until),
        from_plain(given.kind, _content(given)),
    )
    request = await asyncio.to_thread(parts.approvals.submit, asker.person, asker.address, wanted)
    await tell(parts, request)
    return request


async def find_places(parts: Parts, asker: Asker, cameras: list[CameraNamed]) -> tuple[Place, ...]:
    """Return cameras with their names; raises Missing when one is not there for the asker."""
    places = []
    for each in cameras:
        found = await asyncio.to_thread(
            parts.registry.channel, asker.scope, each.device, each.channel
        )
        places.append(Place(each.device, each.channel, found.name))
    return tuple(places)


async def decide(
    parts: PartsOf, asker: AskerOf, request_id: RowId, given: Annotated[Judgement, Body()]
) -> RequestRow:
    """Decide the present step; the last yes makes the grant."""
    request = await asyncio.to_thread(
        parts.approvals.decide,
        asker.person,
        asker.address,
        request_id,
        given.verdict,
        given.reason,
        confirmed=given.confirmed,
    )
    await tell(parts, request)
    return row_of(parts, asker, request)


async def withdraw(parts: PartsOf, asker: AskerOf, request_id: RowId) -> RequestRow:
    """Take an own request back, or give back what it gave."""
    request = await asyncio.to_thread(
        parts.approvals.withdraw, asker.person, asker.address, request_id
    )
    await tell(parts, request)
    return row_of(parts, asker, request)


async def list_delegates(parts: PartsOf, asker: AskerOf) -> list[DelegationRow]:
    """Return whom the asker appointed and who appointed the asker, from now on."""
    found = await asyncio.to_thread(parts.approvals.delegates.of, asker.person)
    return [delegation_of(each, asker) for each in found]


async def appoint(
    parts: PartsOf, asker: AskerOf, given: Annotated[Appointment, Body()]
) -> list[DelegationRow]:
    """Have somebody decide in the asker's place between two dates."""
    since, until = seconds(given.since) or 0.0, seconds(given.until) or 0.0
    await asyncio.to_thread(
        parts.approvals.delegates.appoint, asker.person, asker.address, given.delegate, since, until
    )
    return await list_delegates(parts, asker)


async def dismiss(parts: PartsOf, asker: AskerOf, delegation_id: RowId) -> Response:
    """End an own delegation."""
    await asyncio.to_thread(
        parts.approvals.delegates.end, asker.person, asker.address, delegation_id
    )
    return Response(status_code=204)


async def tell(parts: Parts, request: Request) -> None:
    """Tell the asker of *request*, and those whom it waits for, that it stands as it does."""
    people = await asyncio.to_thread(parts.approvals.deciders, request)
    body = {"id": request.id, "state": request.state.value}
    parts.feed.tell("request", people | {request.asker.id}, body, key=str(request.id))


def row_of(parts: Parts, asker: Asker, request: Request) -> RequestRow:
    """Return *request* as the interface tells it."""
    wanted, step = request.ask, request.step
    return RequestRow(
        request.id,
        wanted.kind,
        wanted.purpose,
        parts.purposes.show(wanted.purpose, asker.words.language.value),
        wanted.case_number,
        wanted.reason,
        request.asker.shown,
        request.asker.unit,
        [
            {"device": each.device_id, "channel": each.channel_id, "name": each.channel}
            for each in wanted.cameras
        ],
        moment(wanted.since),
        moment(wanted.until),
        wanted.lasts / 3600.0,
        to_plain(wanted.content),
        request.steps,
        step,
        bool(step) and STEPS[step].confirm,
        [
            _decided(name, made)
            for name, made in zip(request.steps, request.decisions, strict=False)
        ],
        request.state,
        moment(request.made_at),
        moment(request.waits_until),
        moment(request.holds_until),
        files_of(request),
        request.uses,
        request.asker.id == asker.person.id,
    )


def delegation_of(delegation: Delegation, asker: Asker) -> DelegationRow:
    """Return *delegation* as the interface tells it."""
    return DelegationRow(
        delegation.id,
        delegation.giver.shown,
        delegation.taker.shown,
        moment(delegation.since),
        moment(delegation.until),
        delegation.giver.id == asker.person.id,
    )


def _decided(step: str, made: Decision) -> Decided:
    behalf = made.behalf.shown if made.behalf is not None else ""
    by, verdict = made.by, made.verdict
    at = moment(made.at)
    return Decided(step, by.shown, by.unit, behalf, verdict, made.reason, made.confirmed, at)


def _content(given: AskApproval) -> dict[str, object]:
    """Return what the kind asks for besides, as plain values; nothing of another kind."""
    told: dict[Kind, BaseModel | None] = {
        Kind.RETRIEVAL: given.retrieval,
        Kind.PUBLICATION: given.publication,
        Kind.CITIZEN: given.citizen,
        Kind.PURPOSE: given.change,
    }
    found = told.get(given.kind)
    return {} if found is None else found.model_dump(mode="json")

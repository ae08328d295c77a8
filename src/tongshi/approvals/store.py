"""The statements of requests and their decisions."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, or_, select, update

from tongshi.approvals.content import Ask, Kind, Place, from_plain, map_documents, to_plain
from tongshi.approvals.request import Decision, Request, State, Verdict, Who
from tongshi.db.tables import request_cameras, request_decisions, requests

Seal = Callable[[str], str]
"""Turns the number of an identity document into what is kept of it, or back."""


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """Which requests, newest first.  person_id: the asker's.  ids: of these alone.

    open: only those that wait or hold.
    """

    person_id: int | None = None
    ids: tuple[int, ...] | None = None
    state: State | None = None
    kind: Kind | None = None
    open: bool = False
    number: int = 1
    size: int = 50


def add_request(connection: Connection, request: Request, seal: Seal) -> int:
    """Insert a request with its cameras and return its number."""
    ask = request.ask
    content = to_plain(map_documents(ask.content, seal))
    statement = insert(requests).values(
        person_id=request.asker.id,
        person=request.asker.shown,
        unit=request.asker.unit,
        kind=ask.kind.value,
        purpose=ask.purpose,
        case_number=ask.case_number,
        reason=ask.reason,
        footage_since=ask.since,
        footage_until=ask.until,
        lasts=ask.lasts,
        content=json.dumps(content, ensure_ascii=False),
        steps=",".join(request.steps),
        made_at=request.made_at,
        waits_until=request.waits_until,
        state=request.state.value,
        state_at=request.state_at,
        uses=request.uses,
    )
    number = int(connection.execute(statement.returning(requests.c.id)).scalar_one())
    rows = [
        {
            "request_id": number,
            "device_id": place.device_id,
            "channel_id": place.channel_id,
            "channel": place.channel,
        }
        for place in ask.cameras
    ]
    connection.execute(insert(request_cameras), rows)
    return number


def add_decision(connection: Connection, request_id: int, step: int, decision: Decision) -> None:
    """Insert what was decided at a step, counted from 0."""
    by, behalf = decision.by, decision.behalf
    connection.execute(
        insert(request_decisions).values(
            request_id=request_id,
            step=step,
            person_id=by.id,
            person=by.shown,
            unit=by.unit,
            behalf_id=behalf.id if behalf is not None else None,
            behalf=behalf.shown if behalf is not None else "",
            verdict=decision.verdict.value,
            reason=decision.reason,
            confirmed=decision.confirmed,
            at=decision.at,
        )
    )


def write_standing(connection: Connection, request: Request) -> None:
    """Record how a request stands now."""
    values = {
        "state": request.state.value,
        "state_at": request.state_at,
        "holds_until": request.holds_until,
        "uses": request.uses,
        "grant_id": request.grant_id,
    }
    connection.execute(update(requests).where(requests.c.id == request.id).values(values))


def read_request(connection: Connection, request_id: int, unseal: Seal) -> Request | None:
    """Return one request; None when there is none."""
    found = connection.execute(select(requests).where(requests.c.id == request_id)).all()
    return next(iter(_requests(connection, found, unseal)), None)


def read_waiting(connection: Connection, unseal: Seal, most: int = 1000) -> tuple[Request, ...]:
    """Return the *most* requests that wait for a decision longest."""
    found = select(requests).where(requests.c.state == State.WAITING.value)
    rows = connection.execute(found.order_by(requests.c.id).limit(most)).all()
    return _requests(connection, rows, unseal)


def read_due(connection: Connection, wall: float, unseal: Seal, most: int) -> tuple[Request, ...]:
    """Return *most* requests whose time is over at *wall* and that do not say so yet."""
    c = requests.c
    waited = (c.state == State.WAITING.value) & (c.waits_until <= wall)
    held = (c.state == State.GRANTED.value) & (c.holds_until <= wall)
    rows = connection.execute(select(requests).where(or_(waited, held)).limit(most)).all()
    return _requests(connection, rows, unseal)


def read_holding(
    connection: Connection, person_id: int, wall: float, unseal: Seal
) -> tuple[Request, ...]:
    """Return the granted requests of a person that hold at *wall*, the newest first."""
    c = requests.c
    found = select(requests).where(
        c.person_id == person_id, c.state == State.GRANTED.value, c.holds_until > wall
    )
    return _requests(connection, connection.execute(found.order_by(c.id.desc())).all(), unseal)


def read_decided_by(connection: Connection, person_id: int) -> tuple[int, ...]:
    """Return the numbers of the requests of which a person decided a step."""
    c = request_decisions.c
    found = select(c.request_id).where(or_(c.person_id == person_id, c.behalf_id == person_id))
    return tuple(connection.execute(found.distinct()).scalars())


def page_requests(
    connection: Connection, query: RequestQuery, unseal: Seal
) -> tuple[tuple[Request, ...], int]:
    """Return one page, newest first, and the count of all that match."""
    where = _conditions(query)
    counted = select(func.count()).select_from(requests).where(*where)
    found: Select[Any] = (
        select(requests)
        .where(*where)
        .order_by(requests.c.id.desc())
        .limit(query.size)
        .offset((query.number - 1) * query.size)
    )
    rows = _requests(connection, connection.execute(found).all(), unseal)
    return rows, connection.execute(counted).scalar_one()


def _conditions(query: RequestQuery) -> list[ColumnElement[bool]]:
    c = requests.c
    where: list[ColumnElement[bool]] = []
    if query.person_id is not None:
        where.append(c.person_id == query.person_id)
    if query.ids is not None:
        where.append(c.id.in_(query.ids))
    if query.state is not None:
        where.append(c.state == query.state.value)
    if query.kind is not None:
        where.append(c.kind == query.kind.value)
    if query.open:
        where.append(c.state.in_((State.WAITING.value, State.GRANTED.value)))
    return where


# Rows as values -----------------------------------------------------------------------------


def _requests(
    connection: Connection, rows: Sequence[Row[Any]], unseal: Seal
) -> tuple[Request, ...]:
    """Return requests with their cameras and decisions, by two more questions however many."""
    numbers = [row.id for row in rows]
    if not numbers:
        return ()
    cameras: dict[int, list[Place]] = {number: [] for number in numbers}
    c = request_cameras.c
    listed = select(request_cameras).where(c.request_id.in_(numbers))
    for row in connection.execute(listed.order_by(c.device_id, c.channel_id)):
        cameras[row.request_id].append(Place(row.device_id, row.channel_id, row.channel))
    decided: dict[int, list[Decision]] = {number: [] for number in numbers}
    d = request_decisions.c
    made = select(request_decisions).where(d.request_id.in_(numbers)).order_by(d.step)
    for row in connection.execute(made):
        decided[row.request_id].append(_decision(row))
    return tuple(
        _request(row, tuple(cameras[row.id]), tuple(decided[row.id]), unseal) for row in rows
    )


def _decision(row: Row[Any]) -> Decision:
    behalf = None if row.behalf_id is None else Who(row.behalf_id, row.behalf, "")
    return Decision(
        Who(row.person_id, row.person, row.unit),
        Verdict(row.verdict),
        row.reason,
        row.at,
        behalf,
        row.confirmed,
    )


def _request(
    row: Row[Any], cameras: tuple[Place, ...], decisions: tuple[Decision, ...], unseal: Seal
) -> Request:
    kind = Kind(row.kind)
    content = map_documents(from_plain(kind, json.loads(row.content)), unseal)
    ask = Ask(
        kind,
        row.purpose,
        row.reason,
        cameras,
        row.lasts,
        row.case_number,
        row.footage_since,
        row.footage_until,
        content,
    )
    return Request(
        row.id,
        Who(row.person_id, row.person, row.unit),
        ask,
        tuple(row.steps.split(",")),
        row.made_at,
        row.waits_until,
        State(row.state),
        row.state_at,
        row.holds_until,
        decisions,
        row.uses,
        row.grant_id,
    )

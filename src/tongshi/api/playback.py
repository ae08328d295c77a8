"""Footage of a camera: asked for with a purpose, shown like a live picture, and steered.

A playback is a view with a span of the past: its address, renewal and end are those of ``/live``.
Orders are carried out one after another, each answered by what the device answered.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Body
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from tongshi.access.grant import Right
from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.live import AskLive, Wait, answer_view, wish_of
from tongshi.api.parts import Parts
from tongshi.api.register import seconds
from tongshi.api.view import State, View
from tongshi.errors import Conflict, Invalid, Missing
from tongshi.signalling.footage import LONGEST
from tongshi.signalling.history import FASTEST, History, Span

Moment = Annotated[datetime, Field(description="ISO 8601 with its zone, or UNIX time in s.")]


class AskPlayback(AskLive):
    """Which footage somebody wants to see, and why."""

    since: Moment
    until: Moment


class Order(BaseModel):
    """What a playback is to do."""

    do: Literal["play", "pause", "seek", "scale", "step"]
    at: datetime | None = Field(default=None, description="Of seek: the moment to go to.")
    scale: float | None = Field(
        default=None,
        ge=-FASTEST,
        le=FASTEST,
        allow_inf_nan=False,
        description="Of scale: the speed, negative for backwards.",
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """How a playback stands.

    since, until: the footage that was asked for, UNIX time, s.  at: moment of the newest picture.
    scale: speed that the device agreed to.  rate: seconds of the recording in one of the player.
    pace: ``ignored`` when the device sends at normal speed whatever it agreed to, and speed is
    made here by leaving out or by waiting.  lead: s that the player has in store.
    """

    view: str
    state: str
    since: float
    until: float
    at: float | None
    scale: float
    rate: float
    pace: str
    lead: float
    paused: bool


def span_of(since: datetime, until: datetime) -> Span:
    """Return the span; raises Invalid when it is none, or longer than a day."""
    begin, end = seconds(since) or 0.0, seconds(until) or 0.0
    if not 0 < begin < end or end - begin > LONGEST:
        raise Invalid("footage has a beginning, a later end, and a day at the most")
    return Span(begin, end)


async def open_playback(
    request: Request,
    parts: PartsOf,
    asker: AskerOf,
    ask: Annotated[AskPlayback, Body()],
    wait: Wait = 30.0,
) -> Response:
    """Open a playback: written into the access register, then asked of the device.

    Answers as ``POST /live`` does: 202 while there is no picture yet.
    """
    footage = span_of(ask.since, ask.until)
    plays: list[str] = list(ask.plays)
    wish = await wish_of(parts, asker, ask, Right.PLAYBACK, plays=plays, footage=footage)
    wish = replace(wish, transport=ask.transport)
    view = await parts.views.open(asker.session, wish, asker.address)
    return await answer_view(request, parts, view, wait)


async def read_playback(
    request: Request, parts: PartsOf, asker: AskerOf, view_id: str, wait: Wait = 0.0
) -> Response:
    """Return an own playback: 200 when it has its address, 202 while the device is being asked."""
    view = _find(parts, view_id, asker)
    return await answer_view(request, parts, view, wait)


async def renew_playback(
    request: Request, parts: PartsOf, asker: AskerOf, view_id: str
) -> Response:
    """Return an own playback with a new address, after its line broke."""
    view = _find(parts, view_id, asker)
    if view.state is not State.OPENING:
        await parts.views.renew(view)
    return await answer_view(request, parts, view, 0.0)


async def steer_playback(
    parts: PartsOf, asker: AskerOf, view_id: str, order: Annotated[Order, Body()]
) -> Standing:
    """Have a playback play, pause, step, go to a moment, or change its speed."""
    view = _find(parts, view_id, asker)
    history = _history(view)
    match order.do:
        case "play":
            await history.play()
        case "pause":
            await history.pause()
        case "step":
            await history.step()
        case "seek":
            at = seconds(order.at)
            if at is None:
                raise Invalid("a seek needs a moment")
            await history.seek(at)
        case "scale":
            if order.scale is None:
                raise Invalid("a change of speed needs a speed")
            await history.set_scale(order.scale)
    return standing_of(view, history)


async def close_playback(parts: PartsOf, asker: AskerOf, view_id: str) -> Response:
    """End an own playback and its entry in the register."""
    await parts.views.close(_find(parts, view_id, asker))
    return Response(status_code=204)


async def list_playbacks(parts: PartsOf, asker: AskerOf) -> list[Standing]:
    """Return the own playbacks that go on."""
    return [
        standing_of(view, view.session)
        for view in parts.views.all()
        if view.sign_in.person.id == asker.person.id and isinstance(view.session, History)
    ]


def standing_of(view: View, history: History) -> Standing:
    """Return how the playback of *view* stands."""
    advanced = history.advanced
    return Standing(
        view=view.id,
        state=view.state.value,
        since=history.span.since,
        until=history.span.until,
        at=history.at,
        scale=history.scale,
        rate=advanced.rate if advanced is not None else history.scale,
        pace=advanced.pace if advanced is not None else "unknown",
        lead=advanced.lead if advanced is not None else 0.0,
        paused=history.paused,
    )


def _find(parts: Parts, view_id: str, asker: Asker) -> View:
    view = parts.views.own(view_id, asker.session)
    if view.wish.footage is None:
        raise Missing("no such playback")
    return view


def _history(view: View) -> History:
    if not isinstance(view.session, History):
        raise Conflict("the device is still being asked")
    return view.session

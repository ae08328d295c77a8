"""Live pictures: asked for with a purpose, shown over a WebSocket opened by a ticket.

A view's answer carries the address of its WebSocket.  The address opens once and soon; a player
whose line broke renews the view for another.  Messages of the WebSocket: see the design page of
the console.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import Body
from fastapi import Query as Param
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tongshi.access.grant import Right
from tongshi.access.granting.service import Case
from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.gate import allows, seen
from tongshi.api.mark import Mark, mark_of
from tongshi.api.parts import Parts
from tongshi.api.purpose import code_of
from tongshi.api.reason import Cause, carry_on, justify
from tongshi.api.view import State, View, Wish
from tongshi.approvals.purpose import Stated
from tongshi.errors import Conflict
from tongshi.gateway.engine import Figures, Transport
from tongshi.settings import split_address
from tongshi.signalling.event import Kind
from tongshi.signalling.history import Span

LONGEST_WAIT = 60.0
"""How long an answer may be waited for, s: longer than any camera's first picture."""


class Ask(BaseModel):
    """What somebody wants to see, and why."""

    device: str = Field(max_length=256, description="Code of the device or platform.")
    channel: str = Field(max_length=256, description="Code of the channel.")
    stream: Kind = Field(default=Kind.MAIN, description="Main or sub stream.")
    purpose: str = Field(
        max_length=200,
        description="Why: a code of /live/purposes, ``code: words``, or words.",
        examples=["patrol"],
    )
    case: str = Field(default="", max_length=64, description="Case number, if the purpose asks.")
    second: str = Field(
        default="", max_length=64, description="Second person's account, if the purpose asks."
    )


class AskLive(Ask):
    """What somebody wants to watch, and what their program can decode."""

    plays: list[Literal["h264", "hevc"]] = Field(
        default=["h264"], max_length=8, description="Without hevc, H.265 is sent as H.264."
    )
    transport: Transport | None = Field(
        default=None,
        description="How the camera is to send, unless it sends already; else the node's choice.",
    )


class Shown(BaseModel):
    """A view.  Until ``state`` is ``ready`` there is no address; ask again for it."""

    view: str
    state: str = Field(description="opening, ready, watched or left")
    url: str | None = Field(default=None, description="WebSocket; opens once, within 20 s.")
    codec: str | None = None
    mime: str | None = None
    width: int | None = None
    height: int | None = None
    audio: str | None = None
    transcoded: bool = False
    transport: str | None = Field(default=None, description="How the video comes to us.")
    mark: Mark | None = Field(default=None, description="What a page draws over the picture.")


@dataclass(frozen=True, slots=True)
class Watched:
    """A view that goes on.  watched: s so far, without the ticket in use.

    figures: of its stream; lost packets among them.
    """

    view: str
    device: str
    channel: str
    name: str
    stream: str
    person: str
    purpose: str
    state: str
    transport: str | None
    transcoded: bool
    watched: float
    figures: Figures | None


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose to choose from.

    words, case, second: what the person has to add: words, a case number, a second person.
    """

    code: str
    title: str
    words: bool
    case: bool = False
    second: bool = False


Wait = Annotated[float, Param(ge=0, le=LONGEST_WAIT, description="Wait for the picture, s.")]


async def wish_of(
    parts: Parts,
    asker: Asker,
    ask: Ask,
    right: Right,
    *,
    plays: list[str] | None = None,
    footage: Span | None = None,
    held: Cause | None = None,
) -> Wish:
    """Return *ask* as a wish for a camera with which the asker has *right*.

    held: the reason of an open view, which counts instead of what *ask* states.
    Raises Invalid (no purpose), Missing (none such), NotGranted, Conflict (it has no picture).
    """
    camera = (ask.device, ask.channel)
    if held is not None:
        cause = await carry_on(parts, asker, right, camera, held, footage)
    else:
        stated = Stated(ask.purpose, ask.case, ask.second)
        cause = await justify(parts, asker, right, camera, stated, footage)
    if footage is not None and cause.until is not None:
        footage = Span(footage.since, cause.until)
    channel = await asyncio.to_thread(parts.registry.channel, asker.scope, ask.device, ask.channel)
    if not channel.camera or channel.removed_at is not None:
        raise Conflict("this entry of the catalog has no picture")
    hevc = plays is not None and "hevc" in plays
    oldest = None if footage is None else footage.since
    hears = Case(asker.person, Right.HEAR, *camera, code_of(cause.purpose), oldest)
    return Wish(
        ask.device,
        ask.channel,
        channel.name,
        ask.stream,
        cause.purpose,
        hevc,
        footage=footage,
        basis=cause.basis,
        approved=cause.approved,
        silent=not await allows(parts, hears),
    )


async def open_view(
    request: Request,
    parts: PartsOf,
    asker: AskerOf,
    ask: Annotated[AskLive, Body()],
    wait: Wait = 30.0,
) -> Response:
    """Open a view: written into the access register, then asked of the camera.

    Answers 200 with an address when the picture is there within ``wait``; 202 while it is not:
    then ask ``GET /live/{view}``.
    """
    wish = await wish_of(parts, asker, ask, Right.LIVE, plays=list(ask.plays))
    wish = replace(wish, transport=ask.transport)
    view = await parts.views.open(asker.session, wish, asker.address)
    return await answer_view(request, parts, view, wait)


async def read_view(
    request: Request, parts: PartsOf, asker: AskerOf, view_id: str, wait: Wait = 0.0
) -> Response:
    """Return an own view: 200 when it has its address, 202 while the camera is being asked."""
    view = parts.views.own(view_id, asker.session)
    return await answer_view(request, parts, view, wait)


async def renew_view(request: Request, parts: PartsOf, asker: AskerOf, view_id: str) -> Response:
    """Return an own view with a new address, after its line broke; the old one opens no more."""
    view = parts.views.own(view_id, asker.session)
    if view.state is not State.OPENING:
        await parts.views.renew(view)
    return await answer_view(request, parts, view, 0.0)


async def close_view(parts: PartsOf, asker: AskerOf, view_id: str) -> Response:
    """End an own view and its entry in the register."""
    view = parts.views.own(view_id, asker.session)
    await parts.views.close(view)
    return Response(status_code=204)


async def list_views(parts: PartsOf, asker: AskerOf) -> list[Watched]:
    """Return the own views that go on; those of others stand in the access register."""
    own = [view for view in parts.views.all() if view.sign_in.person.id == asker.person.id]
    keys = await seen(parts, asker, [(one.wish.device_id, one.wish.channel_id) for one in own])
    return [_watched(view) for view in own if (view.wish.device_id, view.wish.channel_id) in keys]


async def list_purposes(parts: PartsOf, asker: AskerOf) -> list[Purpose]:
    """Return the purposes to choose from; those that want an approval, while the asker has one."""
    offered = parts.purposes.offered()
    held: frozenset[str] = frozenset()
    if any(purpose.approval for purpose in offered):
        held = await asyncio.to_thread(parts.approvals.held, asker.person)
    language = asker.words.language.value
    return [
        Purpose(each.code, each.title(language), each.text, each.case, each.second)
        for each in offered
        if not each.approval or each.code in held
    ]


async def answer_view(request: Request, parts: Parts, view: View, wait: float) -> Response:
    """Return a view as it stands after *wait* s at the most; raises the error it failed by."""
    if not view.settled.is_set() and wait > 0:
        try:
            async with asyncio.timeout(wait):
                await view.settled.wait()
        except TimeoutError:
            pass
    if view.error is not None:
        raise view.error
    if view.state is State.OVER:
        raise Conflict("this view was ended")
    shown = _shown(request, parts, view)
    status = 200 if shown.url is not None else 202
    return JSONResponse(shown.model_dump(mode="json", exclude_none=True), status_code=status)


def _shown(request: Request, parts: Parts, view: View) -> Shown:
    session, track = view.session, view.track
    if session is None or track is None:
        return Shown(view=view.id, state=view.state.value)
    ready = view.state is State.READY
    return Shown(
        view=view.id,
        state=view.state.value,
        url=_address(request, parts, view, session.stream) if ready else None,
        codec=track.codec,
        mime=track.mime,
        width=track.width,
        height=track.height,
        audio=track.audio,
        transcoded=view.transcoded,
        transport=session.transport.value,
        mark=mark_of(parts, view.sign_in.person),
    )


def _address(request: Request, parts: Parts, view: View, stream: str) -> str:
    """Return where the view's WebSocket is, as the asker's browser reaches it."""
    configured = parts.settings.media.viewer_url
    if configured:
        return f"{configured.rstrip('/')}/play/{view.ticket}"
    host = request.url.hostname or split_address(parts.settings.web.listen)[0]
    host = f"[{host}]" if ":" in host else host
    scheme = "wss" if request.url.scheme == "https" else "ws"
    return f"{scheme}://{host}:{parts.engine.viewer_port(stream)}/play/{view.ticket}"


def _watched(view: View) -> Watched:
    session = view.session
    return Watched(
        view=view.id,
        device=view.wish.device_id,
        channel=view.wish.channel_id,
        name=view.wish.channel,
        stream=view.wish.kind.value,
        person=view.sign_in.person.shown,
        purpose=view.wish.purpose,
        state=view.state.value,
        transport=session.transport.value if session is not None else None,
        transcoded=view.transcoded,
        watched=view.watched,
        figures=session.figures if session is not None else None,
    )

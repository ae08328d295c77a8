"""Speaking to a device: opened with a purpose, spoken into a WebSocket opened by a ticket.

A talk's answer carries the address of its WebSocket: BINARY messages to it are G.711 A-law, 8 kHz,
20 ms each; see the design page of talk.  Listening is a live view besides, except where the device
talks both ways in one session (``hears``).
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Body
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from tongshi.access.grant import Right
from tongshi.access.permission import Permission
from tongshi.access.register import NO_BASIS
from tongshi.api import view as looking
from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.gate import seen
from tongshi.api.parts import Parts
from tongshi.api.purpose import read_purpose
from tongshi.api.reason import Cause, carry_on, justify
from tongshi.api.talking import Speech, Wish
from tongshi.approvals.purpose import Stated
from tongshi.errors import Conflict, Invalid
from tongshi.gateway.engine import Spoken
from tongshi.gateway.talkbuffer import RATE
from tongshi.registry.entry import Channel, Query
from tongshi.settings import split_address
from tongshi.signalling.event import Kind

_OUTPUT = "137"
"""Type code of voice outputs.  Source: GB/T 28181-2022 E.1."""
_MOST = 500


class AskTalk(BaseModel):
    """To whom somebody wants to speak, and why."""

    device: str = Field(max_length=256, description="Code of the device or platform.")
    channel: str = Field(
        max_length=256, description="Code of the camera, of a voice output, or of the device."
    )
    output: str | None = Field(
        default=None, max_length=256, description="Voice output (137); else the one that fits."
    )
    view: str | None = Field(
        default=None, max_length=100, description="An own open view of this camera."
    )
    purpose: str | None = Field(
        default=None, max_length=200, description="Why, where no view is open: see /live/purposes."
    )
    case: str = Field(default="", max_length=64, description="Case number, if the purpose asks.")
    second: str = Field(
        default="", max_length=64, description="Second person's account, if the purpose asks."
    )
    listen: bool = Field(default=False, description="Open a live view as well, to hear the answer.")


class Talk(BaseModel):
    """A talk that is open."""

    talk: str
    state: str = Field(description="ready until the microphone comes, then speaking")
    url: str | None = Field(default=None, description="WebSocket; opens once, within 20 s.")
    mode: str = Field(description="broadcast, or talk: both ways in one session")
    hears: bool = Field(description="The device's sound comes by the same WebSocket.")
    half_duplex: bool = Field(
        default=True,
        description="Keep the loudspeaker low while the microphone hears speech, against echo.",
    )
    rate: int = Field(description="Samples a second of what is sent, G.711 A-law.")
    transport: str
    view: str | None = Field(default=None, description="The view that was opened to listen.")


@dataclass(frozen=True, slots=True)
class Held:
    """A talk that goes on.  seconds: since the microphone came."""

    talk: str
    device: str
    channel: str
    target: str
    name: str
    person: str
    purpose: str
    state: str
    mode: str
    transport: str
    seconds: float
    spoken: Spoken | None


async def open_talk(
    request: Request, parts: PartsOf, asker: AskerOf, ask: Annotated[AskTalk, Body()]
) -> Talk:
    """Open a talk: written into the access register, then asked of the device.

    Answers when the device listens; 409 names who talks to it already.
    """
    held = reason_of(parts, asker, ask)
    if ask.listen:
        asker.person.require(Permission.SEE_LIVE)
    name, output = await _find(parts, asker, ask)
    camera = (ask.device, ask.channel)
    if ask.view is None:
        stated = Stated(held.purpose, ask.case, ask.second)
        cause = await justify(parts, asker, Right.TALK, camera, stated)
    else:
        cause = await carry_on(parts, asker, Right.TALK, camera, held)
    heard = cause
    if ask.listen:
        await carry_on(parts, asker, Right.HEAR, camera, cause)
        heard = await carry_on(parts, asker, Right.LIVE, camera, cause)
    purpose = cause.purpose
    wish = Wish(ask.device, ask.channel, name, output, purpose, cause.basis, cause.approved)
    speech = await parts.talking.open(asker.session, wish, asker.address)
    view_id = None
    if ask.listen:
        shown = looking.Wish(
            *camera, name, Kind.SUB, purpose, basis=heard.basis, approved=heard.approved
        )
        view_id = (await parts.views.open(asker.session, shown, asker.address)).id
    return _shown(request, parts, speech, view_id)


async def list_talks(parts: PartsOf, asker: AskerOf) -> list[Held]:
    """Return the own talks that go on; those of others stand in the access register."""
    own = [one for one in parts.talking.all() if one.sign_in.person.id == asker.person.id]
    keys = await seen(parts, asker, [(one.wish.device_id, one.wish.channel_id) for one in own])
    return [
        await _held(parts, speech)
        for speech in own
        if (speech.wish.device_id, speech.wish.channel_id) in keys
    ]


async def close_talk(parts: PartsOf, asker: AskerOf, talk_id: str) -> Response:
    """End an own talk and its entry in the register."""
    await parts.talking.close(parts.talking.find(talk_id, asker.person.id))
    return Response(status_code=204)


def reason_of(parts: Parts, asker: Asker, ask: AskTalk) -> Cause:
    """Return why: the purpose of an open view of the same camera, else the one that is stated.

    Raises Missing (no such view), Conflict (of another camera), Invalid (no purpose).
    """
    if ask.view is None:
        if ask.purpose is None:
            raise Invalid("a purpose must be stated, or an open view of the camera")
        return Cause(read_purpose(ask.purpose), NO_BASIS)
    wish = parts.views.find(ask.view, asker.person.id).wish
    if (wish.device_id, wish.channel_id) != (ask.device, ask.channel):
        raise Conflict("this view shows another camera")
    return Cause(wish.purpose, wish.basis)


def output_for(channel_id: str, outputs: list[Channel]) -> str:
    """Return the voice output to speak to at a channel; "" when none can be told for sure.

    One that hangs under the channel, else the only one of the device.
    Source: GB/T 28181-2022 9.12.1 (voice outputs are listed in the catalog).
    """
    if channel_id[10:13] == _OUTPUT:
        return channel_id
    ids = [output.channel_id for output in outputs if output.channel_id[10:13] == _OUTPUT]
    under = [output.channel_id for output in outputs if output.parent_id == channel_id]
    return next((each for each in under if each in ids), ids[0] if len(ids) == 1 else "")


async def _find(parts: Parts, asker: Asker, ask: AskTalk) -> tuple[str, str]:
    """Return the name of whom is spoken to, and the voice output; raises Missing."""
    registry, scope = parts.registry, asker.scope
    query = Query(device_id=ask.device, text=_OUTPUT, cameras=False, size=_MOST)
    if ask.output:
        await asyncio.to_thread(registry.channel, scope, ask.device, ask.output)
    if ask.channel == ask.device:
        device = await asyncio.to_thread(registry.device, scope, ask.device)
        return device.name, ask.output or ""
    channel = await asyncio.to_thread(registry.channel, scope, ask.device, ask.channel)
    if ask.output:
        return channel.name, ask.output
    page = await asyncio.to_thread(registry.channels, scope, query)
    return channel.name, output_for(ask.channel, list(page.rows))


def _shown(request: Request, parts: Parts, speech: Speech, view_id: str | None) -> Talk:
    talk = speech.talk
    return Talk(
        talk=speech.id,
        state=speech.state.value,
        url=_address(request, parts, speech),
        mode=talk.mode.value,
        hears=talk.hears,
        rate=RATE,
        transport=talk.transport.value,
        view=view_id,
    )


def _address(request: Request, parts: Parts, speech: Speech) -> str:
    """Return where the talk's WebSocket is, as the asker's browser reaches it."""
    configured = parts.settings.media.viewer_url
    if configured:
        return f"{configured.rstrip('/')}/talk/{speech.ticket}"
    host = request.url.hostname or split_address(parts.settings.web.listen)[0]
    host = f"[{host}]" if ":" in host else host
    scheme = "wss" if request.url.scheme == "https" else "ws"
    port = parts.engine.viewer_port(speech.talk.stream)
    return f"{scheme}://{host}:{port}/talk/{speech.ticket}"


async def _held(parts: Parts, speech: Speech) -> Held:
    talk, wish = speech.talk, speech.wish
    return Held(
        talk=speech.id,
        device=wish.device_id,
        channel=wish.channel_id,
        target=talk.key.target_id,
        name=wish.channel,
        person=speech.sign_in.person.shown,
        purpose=wish.purpose,
        state=speech.state.value,
        mode=talk.mode.value,
        transport=talk.transport.value,
        seconds=parts.talking.spoken_for(speech),
        spoken=await parts.engine.talks.figures(talk.stream) if not talk.over else None,
    )

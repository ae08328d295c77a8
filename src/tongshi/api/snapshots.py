"""Single pictures, registered like any look, by one of two ways.

| via | how |
|---|---|
| ``stream`` | the stream is opened, or joined, and its next key frame decoded |
| ``upload`` | the device takes the picture and uploads it: devices of 2022 |
| ``auto`` | by upload where the edition has it, nobody watches and the device reaches us; |
| | else, and when that fails, from the stream |

One picture is the answer itself, its headers say how it came; several are a list of addresses.
"""

import asyncio
import secrets
from asyncio import sleep as rest
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Literal

from fastapi import Body
from fastapi import Query as Param
from pydantic import Field
from starlette.responses import JSONResponse, Response

from tongshi.access.grant import Right
from tongshi.access.register import Action
from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.controls import entitle
from tongshi.api.deeds import Doer, Target
from tongshi.api.devices import Number, RowId, Size
from tongshi.api.gate import require, scope_for
from tongshi.api.live import Ask, wish_of
from tongshi.api.mark import EXPORT, lines_of
from tongshi.api.notices import moment
from tongshi.api.parts import Parts
from tongshi.api.purpose import code_of
from tongshi.api.reason import Cause
from tongshi.api.view import Wish
from tongshi.db.page import Page
from tongshi.errors import Conflict, Error, PeerRefused, PeerSilent
from tongshi.gb28181.picture_name import PictureName
from tongshi.shelf.jpeg import measure
from tongshi.shelf.picture import Picture, PictureQuery, Taken
from tongshi.signalling.event import Kind
from tongshi.signalling.pictures import MOST


class AskPictures(Ask):
    """What somebody wants a picture of."""

    purpose: str = Field(default="", max_length=200, description="Why, unless a view says it.")
    view: str | None = Field(default=None, max_length=100, description="An own open view of it.")
    via: Literal["auto", "stream", "upload"] = Field(default="stream")
    count: int = Field(default=1, ge=1, le=MOST)
    interval: int = Field(default=1, ge=1, le=60, description="Between pictures, s.")


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture that is kept.  url: of its file."""

    id: int
    url: str
    device: str
    channel: str
    name: str
    via: str
    taken_at: str | None
    got_at: str | None
    width: int
    height: int
    bytes: int
    sha256: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """What came of an order.

    via: how the pictures came.  why: why there are fewer than ordered, or ``""``: ``fewer``,
    ``lost``, ``late``.  instead: why they did not come by upload, where that was tried first.
    """

    via: str
    ordered: int
    complete: bool
    why: str
    instead: str
    pictures: list[Kept]


async def take_snapshot(
    parts: PartsOf, asker: AskerOf, ask: Annotated[AskPictures, Body()]
) -> Response:
    """Return a JPEG of what the camera shows now, in full size; or a list when several are asked.

    ``X-Picture-Via`` says how it came; ``X-Picture-Id`` names it where it is kept.
    """
    target = Target(ask.device, ask.channel, "")
    doer = parts.deeds.doer(asker.person, asker.address, target, ask.view, ask.purpose)
    held = Cause(doer.purpose, doer.basis) if doer.view else None
    wish = await wish_of(parts, asker, ask, Right.SNAPSHOT, held=held)
    ask = ask.model_copy(update={"purpose": wish.purpose})
    doer = replace(doer, purpose=wish.purpose, basis=wish.basis)
    instead = ""
    if ask.via == "upload" or (ask.via == "auto" and suits_upload(parts, ask)):
        try:
            return await _by_upload(parts, asker, ask, wish, doer)
        except (Conflict, PeerRefused, PeerSilent) as error:
            if ask.via == "upload":
                raise
            instead = error.code
    if ask.count > 1:
        return await _several(parts, asker, ask, wish, instead)
    picture = await parts.views.picture(asker.session, wish, asker.address)
    return await _give(parts, asker, picture, "stream", None, instead)


def suits_upload(parts: Parts, ask: Ask) -> bool:
    """Return whether a picture by upload costs less and may be had.

    Where somebody watches, the picture is there already.
    """
    watched = any(
        (view.wish.device_id, view.wish.channel_id) == (ask.device, ask.channel)
        for view in parts.views.all()
    )
    if watched or ask.stream is not Kind.MAIN:
        return False
    try:
        parts.address_for(ask.device)
        return parts.commands.uploads(ask.device)
    except Error:
        return False


async def list_pictures(
    parts: PartsOf,
    asker: AskerOf,
    device: str = "",
    channel: str = "",
    number: Number = 1,
    size: Size = 50,
) -> Page[Kept]:
    """Return a page of the pictures that are kept, newest first."""
    query = PictureQuery(device, channel, number=number, size=size)
    scope = await scope_for(parts, asker, Right.SNAPSHOT)
    page = await asyncio.to_thread(parts.shelf.pictures, scope, query)
    return Page(tuple(map(_kept, page.rows)), page.total, page.number, page.size)


async def read_picture(
    parts: PartsOf,
    asker: AskerOf,
    picture_id: RowId,
    purpose: Annotated[str, Param(max_length=200, description="Why, by all but its orderer.")] = "",
) -> Response:
    """Return a kept picture.  Who did not order it states a purpose and is registered."""
    picture = await asyncio.to_thread(parts.shelf.picture, asker.scope, picture_id)
    taken = picture.taken
    if taken.person_id == asker.person.id:
        code, camera = code_of(taken.purpose) or None, (taken.device_id, taken.channel_id)
        await require(parts, asker, Right.SNAPSHOT, *camera, purpose=code)
        data = await asyncio.to_thread(parts.shelf.read, picture)
    else:
        target = Target(taken.device_id, taken.channel_id, taken.channel)
        doer = parts.deeds.doer(asker.person, asker.address, target, None, purpose)
        doer = await entitle(parts, asker, Right.SNAPSHOT, target, doer)
        async with parts.deeds.enter(doer, target, f"picture {picture_id}", Action.SNAPSHOT):
            data = await asyncio.to_thread(parts.shelf.read, picture)
    return await _give(parts, asker, data, taken.via, picture.id)


async def _by_upload(
    parts: Parts, asker: Asker, ask: AskPictures, wish: Wish, doer: Doer
) -> Response:
    base = parts.address_for(ask.device)
    target = Target(wish.device_id, wish.channel_id, wish.channel)
    set_id = secrets.token_hex(8)

    async def keep(name: str, data: bytes) -> str:
        picture = await _keep(parts, asker, wish, "upload", set_id, name, data)
        return str(picture.id)

    async with parts.deeds.enter(doer, target, f"pictures {ask.count}", Action.SNAPSHOT) as outcome:
        uploaded = await parts.pictures.order(
            ask.device,
            ask.channel,
            ask.count,
            ask.interval,
            lambda key: f"{base}/api/uploads/{key}",
            keep,
        )
        outcome.how = uploaded.why or "done"
    found = await _set(parts, asker, set_id)
    if ask.count == 1 and found:
        data = await asyncio.to_thread(parts.shelf.read, found[0])
        return await _give(parts, asker, data, "upload", found[0].id)
    return _list("upload", ask.count, found, uploaded.why, "")


async def _several(
    parts: Parts, asker: Asker, ask: AskPictures, wish: Wish, instead: str
) -> Response:
    """Take pictures from the stream, each registered and kept."""
    set_id, why = secrets.token_hex(8), ""
    for place in range(ask.count):
        if place:
            await rest(ask.interval)
        try:
            data = await parts.views.picture(asker.session, wish, asker.address)
        except Error:
            if not place:
                raise
            why = "fewer"
            break
        await _keep(parts, asker, wish, "stream", set_id, "", data)
    return _list("stream", ask.count, await _set(parts, asker, set_id), why, instead)


async def _keep(
    parts: Parts, asker: Asker, wish: Wish, via: str, set_id: str, name: str, data: bytes
) -> Picture:
    size, named = measure(data), PictureName.parse(name)
    taken = Taken(
        wish.device_id,
        wish.channel_id,
        wish.channel,
        via,
        set_id,
        name,
        named.wall if named is not None else None,
        parts.clock.wall(),
        size.width,
        size.height,
        asker.person.id,
        wish.purpose,
    )
    picture = await asyncio.to_thread(parts.shelf.keep, taken, data)
    body = {"device": wish.device_id, "channel": wish.channel_id, "picture": picture.id}
    parts.feed.publish("picture", wish.device_id, body, key=str(picture.id))
    return picture


async def _set(parts: Parts, asker: Asker, set_id: str) -> list[Picture]:
    """Return the pictures of one order, oldest first."""
    query = PictureQuery(set_id=set_id, size=MOST)
    page = await asyncio.to_thread(parts.shelf.pictures, asker.scope, query)
    return list(reversed(page.rows))


def _list(via: str, ordered: int, found: list[Picture], why: str, instead: str) -> Response:
    told = Pictures(via, ordered, not why, why, instead, list(map(_kept, found)))
    return JSONResponse(asdict(told), headers={"Cache-Control": "no-store"})


async def _give(
    parts: Parts, asker: Asker, data: bytes, via: str, picture_id: int | None, instead: str = ""
) -> Response:
    """Hand a picture out, with the mark of who asks burnt in where the settings want it.

    What is kept stays as it came.
    """
    if parts.settings.access.watermark == EXPORT:
        person = asker.person
        data = await parts.stamp(data, lines_of(person.shown, person.unit, parts.clock.wall()))
    return _show(data, via, picture_id, instead)


def _show(data: bytes, via: str, picture_id: int | None, instead: str) -> Response:
    headers = {"Cache-Control": "no-store", "X-Picture-Via": via}
    if picture_id is not None:
        headers["X-Picture-Id"] = str(picture_id)
    if instead:
        headers["X-Picture-Instead"] = instead
    return Response(data, media_type="image/jpeg", headers=headers)


def _kept(picture: Picture) -> Kept:
    taken = picture.taken
    return Kept(
        picture.id,
        f"/api/pictures/{picture.id}/file",
        taken.device_id,
        taken.channel_id,
        taken.name,
        taken.via,
        moment(taken.taken_at),
        moment(taken.got_at),
        taken.width,
        taken.height,
        picture.bytes,
        picture.sha256,
        taken.purpose,
    )

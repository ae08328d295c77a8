"""Recordings to take along: a queue, and files that are fetched at an address of one's own.

``GET /downloads/{id}/file`` writes the fetch into the access register and leads to an address that
counts for the same sign-in from the same network address alone, for a short time after its last use
and until the whole file has left.  That one takes ranges, so a fetch that broke off goes on.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import Body
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from tongshi.access.grant import Right
from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.devices import Number, RowId, Size
from tongshi.api.files import Address, Addresses
from tongshi.api.gate import require, seen
from tongshi.api.live import Ask, wish_of
from tongshi.api.parts import Parts
from tongshi.api.playback import Moment, span_of
from tongshi.api.purpose import code_of
from tongshi.api.reading import opened
from tongshi.db.page import Page
from tongshi.errors import Invalid, Missing
from tongshi.recording.download import Download, name_of
from tongshi.recording.download import Request as Wanted

_CHUNK = 256 * 1024


class AskDownload(Ask):
    """Which footage somebody wants to take along, and why."""

    since: Moment
    until: Moment


class Item(BaseModel):
    """A download as it stands."""

    id: int
    device: str
    channel: str
    name: str
    person: str
    purpose: str
    since: float = Field(description="Of the footage asked for, UNIX time, s.")
    until: float
    made_at: float
    state: str = Field(
        description="queued, running, waiting, finishing, marking, done, failed, cancelled, gone"
    )
    why: str = Field(description="Code of the error by which it waits or failed.")
    detail: str
    progress: float = Field(description="0..1")
    written: int = Field(description="Bytes that are on the disk.")
    expected: int | None = Field(description="Bytes that it will have, where that can be told.")
    saved: float | None = Field(description="Moment up to which it is on the disk.")
    own: bool
    digest: str = Field(default="", description="SHA-256 of the file that is fetched.")
    original_digest: str = Field(default="", description="SHA-256 of the recording as it came.")
    marked: bool = Field(default=False, description="The file carries the mark of who asked.")
    pictures_digest: str = Field(default="", description="SHA-256 of its coded pictures.")
    sound_digest: str = ""
    frames: int = 0
    shows_since: float | None = Field(default=None, description="What the file really shows.")
    shows_until: float | None = None
    doubtful: bool = Field(
        default=False, description="Pictures may be missing or stand twice where it was resumed."
    )


async def add_download(parts: PartsOf, asker: AskerOf, ask: Annotated[AskDownload, Body()]) -> Item:
    """Queue a download; it stands in the access register before the device is asked."""
    span = span_of(ask.since, ask.until)
    wish = await wish_of(parts, asker, ask, Right.DOWNLOAD, footage=span)
    if wish.basis.approval_id is not None:
        await asyncio.to_thread(parts.approvals.take_file, wish.basis.approval_id)
    speeds = await asyncio.to_thread(parts.registry.download_speed, wish.device_id, wish.channel_id)
    person = asker.person
    wanted = Wanted(
        person.id,
        person.shown,
        person.unit,
        wish.device_id,
        wish.channel_id,
        wish.channel,
        wish.purpose,
        span.since,
        span.until,
        speeds[:32],
    )
    return item_of(parts, await parts.downloads.add(wanted, asker.address, wish.basis), asker)


async def list_downloads(
    parts: PartsOf, asker: AskerOf, number: Number = 1, size: Size = 50
) -> Page[Item]:
    """Return a page of the own downloads; those of others stand in the access register."""
    return await page_of(parts, asker, number, size)


async def page_of(parts: Parts, asker: Asker, number: int, size: int) -> Page[Item]:
    """Return what ``GET /downloads`` answers."""
    page = await parts.downloads.page(asker.scope, asker.person.id, number, size)
    rows = tuple(item_of(parts, each, asker) for each in page.rows)
    return Page(rows, page.total, page.number, page.size)


async def read_download(parts: PartsOf, asker: AskerOf, download_id: RowId) -> Item:
    """Return one download as it stands."""
    return item_of(parts, await find(parts, asker, download_id), asker)


async def remove_download(parts: PartsOf, asker: AskerOf, download_id: RowId) -> Response:
    """Cancel an own download that goes on, or let go of its file."""
    await find(parts, asker, download_id)
    await parts.downloads.remove(download_id)
    return Response(status_code=204)


async def fetch_file(
    request: Request, parts: PartsOf, asker: AskerOf, download_id: RowId, key: str = ""
) -> Response:
    """Return the file of an own download, or a part of it: MP4, playable from its first bytes.

    Without ``key`` it is entered in the access register and leads to an address that counts for
    this sign-in, for ten minutes after its last use.
    """
    download = await find(parts, asker, download_id)
    asked = download.request
    basis = await require(
        parts,
        asker,
        Right.DOWNLOAD,
        asked.device_id,
        asked.channel_id,
        purpose=code_of(asked.purpose),
        oldest=asked.since,
        approved=wants_approval(parts, asked.purpose),
    )
    path = parts.downloads.file(download)
    if not key:
        made = await parts.addresses.make(download, asker.session, asker.address, basis)
        return RedirectResponse(f"{request.url.path}?key={made}", status_code=307)
    digest = asker.session.digest
    address = parts.addresses.take(key, download_id, digest, asker.address)
    size = path.stat().st_size
    begin, end = read_range(request.headers.get("range", ""), size)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(end - begin),
        "Content-Disposition": f'attachment; filename="{name_of(download)}.mp4"',
        "Cache-Control": "private, no-store",
    }
    served = download.marked or download.result
    if served is not None:
        headers["ETag"] = f'"{served.digest[:32]}"'
    partial = (begin, end) != (0, size) or "range" in request.headers
    if partial:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    return StreamingResponse(
        _send(parts.addresses, address, path, begin, end, size),
        status_code=206 if partial else 200,
        media_type="video/mp4",
        headers=headers,
    )


def wants_approval(parts: Parts, purpose: str) -> bool:
    """Say whether a purpose, as it was stated, wants an approved request."""
    known = parts.purposes.known.get(code_of(purpose))
    return known is not None and known.approval


async def find(parts: Parts, asker: Asker, number: int) -> Download:
    """Return an own download; raises Missing for others'."""
    download = await parts.downloads.find(number)
    asked = download.request
    own = asked.person_id == asker.person.id
    if not own or not await seen(parts, asker, [(asked.device_id, asked.channel_id)]):
        raise Missing("no such download")
    return download


def read_range(header: str, size: int) -> tuple[int, int]:
    """Return the first byte and the one after the last that *header* asks for.

    One range alone; anything else asks for all.  Raises Invalid for one beyond the end.
    """
    unit, _, text = header.partition("=")
    first, dash, last = text.strip().partition("-")
    if unit.strip().lower() != "bytes" or not dash or "," in text:
        return 0, size
    first, last = first.strip(), last.strip()
    if not all(word.isascii() and len(word) < 19 for word in (first, last)):
        return 0, size
    if not all(word.isdigit() or not word for word in (first, last)):
        return 0, size
    if not first:
        begin, end = max(0, size - int(last or "0")), size
    else:
        begin, end = int(first), min(size, int(last) + 1 if last else size)
    if begin >= end:
        raise Invalid(f"the file has {size} bytes")
    return begin, end


async def _send(
    addresses: Addresses, address: Address, path: Path, begin: int, end: int, size: int
) -> AsyncIterator[bytes]:
    """Yield the bytes; what left counts, whether the asker stays to the end or not."""
    at = begin
    try:
        with opened(path, begin) as file:
            while at < end:
                data = await asyncio.to_thread(file.read, min(_CHUNK, end - at))
                if not data:
                    break
                at += len(data)
                yield data
                addresses.sent(address, len(data))
    finally:
        addresses.rest(address, whole=at >= size and address.sent >= size)


def item_of(parts: Parts, download: Download, asker: Asker) -> Item:
    """Return *download* as the interface shows it."""
    asked, result = download.request, download.result
    item = Item(
        id=download.id,
        device=asked.device_id,
        channel=asked.channel_id,
        name=asked.channel,
        person=asked.person,
        purpose=parts.purposes.show(asked.purpose, asker.words.language.value),
        since=asked.since,
        until=asked.until,
        made_at=download.made_at,
        state=download.state.value,
        why=download.why,
        detail=download.detail,
        progress=round(download.progress, 4),
        written=download.written,
        expected=download.expected,
        saved=download.saved,
        own=asked.person_id == asker.person.id,
    )
    if result is None:
        return item
    return item.model_copy(
        update={
            "digest": result.digest if download.marked is None else download.marked.digest,
            "original_digest": result.digest,
            "marked": download.marked is not None,
            "pictures_digest": result.pictures_digest,
            "sound_digest": result.sound_digest,
            "frames": result.frames,
            "shows_since": result.since,
            "shows_until": result.until,
            "doubtful": result.doubtful,
        }
    )

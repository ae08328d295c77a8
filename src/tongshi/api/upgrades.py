"""Firmware for devices, and the upgrades with it."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import Body
from fastapi import Query as Param
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from tongshi.access.grant import Right
from tongshi.access.scope import EVERYTHING
from tongshi.api.asker import AskerOf, PartsOf, address_of
from tongshi.api.controls import entitle, target_of
from tongshi.api.devices import Number, RowId, Size
from tongshi.api.gate import require, scope_for
from tongshi.api.notices import moment
from tongshi.api.parts import Parts
from tongshi.api.reading import opened
from tongshi.api.uploads import check_source
from tongshi.db.page import Page
from tongshi.errors import Conflict, Exhausted, Invalid
from tongshi.shelf.firmware import Firmware, State, Upgrade

CHUNK = 256 * 1024
"""Bytes read and sent at once."""
SLOW = 60.0
"""How long somebody who brings firmware may send nothing, s."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class NewUpgrade(BaseModel):
    """Which firmware for a device, and why.  manufacturer, version: as the device wants them."""

    firmware: int
    manufacturer: str = Field(min_length=1, max_length=64)
    version: str = Field(min_length=1, max_length=64, description="What the firmware calls itself.")
    view: str | None = Field(default=None, max_length=100)
    purpose: str | None = Field(default=None, max_length=200)


@dataclass(frozen=True, slots=True)
class FirmwareRow:
    """A file for devices."""

    id: int
    name: str
    bytes: int
    sha256: str
    at: str | None
    person: str


@dataclass(frozen=True, slots=True)
class UpgradeRow:
    """An upgrade and how far it has come.  sent: bytes of the firmware.  why: of a failure."""

    id: int
    device: str
    firmware: int
    manufacturer: str
    version: str
    state: State
    why: str
    sent: int
    begun_at: str | None
    changed_at: str | None
    person: str


async def add_firmware(
    parts: PartsOf,
    asker: AskerOf,
    request: Request,
    name: Annotated[str, Param(min_length=1, max_length=128, description="For people.")],
) -> FirmwareRow:
    """Take a firmware: the request's body is the file."""
    limit = parts.settings.web.firmware_limit
    stated = int(request.headers.get("content-length", "0"))
    if stated > limit:
        raise Invalid(f"the firmware is larger than {limit} bytes")
    passing = await asyncio.to_thread(parts.shelf.passing, None, stated)
    try:
        size, digest = await _receive(request, passing, limit)
        firmware = Firmware(
            0, name, size, digest, parts.clock.wall(), asker.person.id, asker.person.shown
        )
        kept = await asyncio.to_thread(parts.shelf.adopt, passing, firmware, asker.actor)
        return _firmware(kept)
    finally:
        await asyncio.to_thread(passing.unlink, True)


async def list_firmware(parts: PartsOf) -> list[FirmwareRow]:
    """Return every firmware that is kept, newest first."""
    return [_firmware(each) for each in await asyncio.to_thread(parts.shelf.firmwares)]


async def remove_firmware(parts: PartsOf, asker: AskerOf, firmware_id: RowId) -> Response:
    """Delete a firmware; raises Conflict while a device fetches it."""
    if parts.upgrades.uses(firmware_id):
        raise Conflict("a device is being upgraded with it")
    await asyncio.to_thread(parts.shelf.remove, firmware_id, asker.actor)
    return Response(status_code=204)


async def begin_upgrade(
    parts: PartsOf, asker: AskerOf, device_id: str, wanted: Annotated[NewUpgrade, Body()]
) -> UpgradeRow:
    """Have a device fetch and install a firmware; it is in the access register before it is asked.

    What comes of it is told by the device after its restart: see the list.
    """
    target = await target_of(parts, asker, device_id, device_id)
    doer = parts.deeds.doer(asker.person, asker.address, target, wanted.view, wanted.purpose)
    doer = await entitle(parts, asker, Right.CONFIGURE, target, doer)
    firmware = await asyncio.to_thread(parts.shelf.firmware, wanted.firmware)
    base = parts.address_for(device_id)
    async with parts.deeds.enter(doer, target, f"upgrade {wanted.version}") as outcome:
        upgrade = await parts.upgrades.begin(
            asker.person,
            device_id,
            firmware,
            wanted.manufacturer,
            wanted.version,
            lambda key: f"{base}/api/firmware/file/{key}",
        )
        outcome.how = upgrade.state.value
    return _upgrade(upgrade)


async def list_upgrades(
    parts: PartsOf, asker: AskerOf, device: str = "", number: Number = 1, size: Size = 50
) -> Page[UpgradeRow]:
    """Return a page of upgrades, newest first."""
    scope = await scope_for(parts, asker, Right.CONFIGURE)
    page = await asyncio.to_thread(parts.shelf.upgrades, scope, device, number, size)
    return Page(tuple(map(_upgrade, page.rows)), page.total, page.number, page.size)


async def list_device_upgrades(
    parts: PartsOf, asker: AskerOf, device_id: str, number: Number = 1, size: Size = 50
) -> Page[UpgradeRow]:
    """Return the upgrades of one device, newest first."""
    await asyncio.to_thread(parts.registry.device, asker.scope, device_id)
    await require(parts, asker, Right.CONFIGURE, device_id)
    return await list_upgrades(parts, asker, device_id, number, size)


async def fetch_firmware(parts: PartsOf, request: Request, key: str) -> Response:
    """Send a firmware to the device that was told the key.  A part of it may be asked for."""
    device_id = parts.upgrades.device_of(key)
    device = await asyncio.to_thread(parts.registry.device, EVERYTHING, device_id)
    registered = device.registration
    host = registered.host if registered is not None else ""
    check_source(parts, device_id, host, address_of(request))
    _, place = parts.upgrades.open(key)
    size = (await asyncio.to_thread(place.stat)).st_size
    first, last = read_range(request.headers.get("range", ""), size)
    headers = {
        "Content-Length": str(last - first + 1),
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
    }
    partial = (first, last) != (0, size - 1)
    if partial:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return StreamingResponse(
        _send(parts, key, place, first, last, size),
        status_code=206 if partial else 200,
        headers=headers,
        media_type="application/octet-stream",
    )


def read_range(header: str, size: int) -> tuple[int, int]:
    """Return the first and the last byte that a Range asks for; everything when it makes no sense.

    Source: RFC 9110 14.1.2, of which one range is taken.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return 0, size - 1
    if not match[1]:
        return max(0, size - int(match[2])), size - 1
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    return (first, last) if first <= last else (0, size - 1)


async def _send(
    parts: Parts, key: str, place: Path, first: int, last: int, size: int
) -> AsyncIterator[bytes]:
    left = last - first + 1
    with opened(place, first) as file:
        while left > 0:
            chunk = await asyncio.to_thread(file.read, min(CHUNK, left))
            if not chunk:
                return
            yield chunk
            left -= len(chunk)
            parts.upgrades.sent(key, len(chunk), last=left == 0 and last == size - 1)


async def _receive(request: Request, passing: Path, limit: int) -> tuple[int, str]:
    """Write the body to *passing*; return its bytes and their SHA-256."""
    digest, size = hashlib.sha256(), 0
    file: BinaryIO = await asyncio.to_thread(passing.open, "xb")
    try:
        chunks = request.stream().__aiter__()
        while True:
            async with asyncio.timeout(SLOW):
                chunk = await anext(chunks, None)
            if chunk is None:
                break
            size += len(chunk)
            if size > limit:
                raise Invalid(f"the firmware is larger than {limit} bytes")
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
    except TimeoutError:
        raise Invalid(f"nothing came for {SLOW:g} s") from None
    except ClientDisconnect:
        raise Invalid("the firmware was cut off") from None
    except OSError as error:
        raise Exhausted(f"the firmware cannot be kept: {error.strerror}", resource="disk") from None
    finally:
        await asyncio.to_thread(file.close)
    if not size:
        raise Invalid("the firmware is empty")
    return size, digest.hexdigest()


def _firmware(firmware: Firmware) -> FirmwareRow:
    return FirmwareRow(
        firmware.id,
        firmware.name,
        firmware.bytes,
        firmware.sha256,
        moment(firmware.at),
        firmware.person,
    )


def _upgrade(upgrade: Upgrade) -> UpgradeRow:
    return UpgradeRow(
        upgrade.id,
        upgrade.device_id,
        upgrade.firmware_id,
        upgrade.manufacturer,
        upgrade.version,
        upgrade.state,
        upgrade.why,
        upgrade.sent,
        moment(upgrade.begun_at),
        moment(upgrade.changed_at),
        upgrade.person,
    )

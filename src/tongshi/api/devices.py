"""Devices and platforms that register here, with their catalogs."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path
from fastapi import Query as Param
from starlette.responses import Response

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.gate import seen
from tongshi.api.notices import moment
from tongshi.api.presence import freshen, freshen_page
from tongshi.db.page import Page
from tongshi.registry.entry import CatalogState, Channel, Device, Query, Sort
from tongshi.registry.state import State

Text = Annotated[str, Param(max_length=100, description="Part of a name or code, literally.")]
RowId = Annotated[int, Path(ge=0, lt=2**63, description="Number of a row of the store.")]
Number = Annotated[int, Param(ge=1, description="Page, from 1.")]
Size = Annotated[int, Param(ge=1, le=500, description="Rows of a page.")]
Ref = Annotated[int | None, Param(ge=0, lt=2**63, description="Number of a row.")]


async def list_devices(
    parts: PartsOf,
    asker: AskerOf,
    text: Text = "",
    state: State | None = None,
    catalog: CatalogState | None = None,
    sort: Sort = Sort.NAME,
    descending: bool = False,
    number: Number = 1,
    size: Size = 50,
) -> Page[Device]:
    """Return a page of devices: state, last proof of life, state of the catalog."""
    query = Query(
        text=text,
        state=state,
        catalog=catalog,
        sort=sort,
        descending=descending,
        number=number,
        size=size,
    )
    page = await asyncio.to_thread(parts.registry.devices, asker.scope, query)
    return freshen_page(parts.health, page)


@dataclass(frozen=True, slots=True)
class Unsteady:
    """A device that comes and goes.  since: ISO 8601.  changes: of its state within an hour."""

    device: str
    since: str | None
    changes: int
    online: bool


async def list_unsteady(parts: PartsOf, asker: AskerOf) -> list[Unsteady]:
    """Return the devices that come and go: their changes are not told one by one."""
    flapping = parts.health.flapping()
    keys = await seen(parts, asker, [(one.device_id, "") for one in flapping])
    return [
        Unsteady(one.device_id, moment(one.since), one.changes, one.online)
        for one in flapping
        if (one.device_id, "") in keys
    ]


async def read_device(parts: PartsOf, asker: AskerOf, device_id: str) -> Device:
    """Return one device."""
    device = await asyncio.to_thread(parts.registry.device, asker.scope, device_id)
    return freshen(parts.health, device)


async def ask_catalog(parts: PartsOf, asker: AskerOf, device_id: str) -> Response:
    """Ask a device for its catalog again; what comes of it is told by events."""
    await asyncio.to_thread(parts.registry.device, asker.scope, device_id)
    parts.catalogs.ask(device_id)
    return Response(status_code=202)


async def list_device_channels(
    parts: PartsOf, asker: AskerOf, device_id: str, number: Number = 1, size: Size = 50
) -> Page[Channel]:
    """Return a page of a device's cameras."""
    await asyncio.to_thread(parts.registry.device, asker.scope, device_id)
    query = Query(device_id=device_id, number=number, size=size)
    return await asyncio.to_thread(parts.registry.channels, asker.scope, query)

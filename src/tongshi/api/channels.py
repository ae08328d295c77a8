"""Cameras over all devices, and one by its codes."""

import asyncio

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.devices import Number, Size, Text
from tongshi.db.page import Page
from tongshi.registry.entry import Channel, Query, Sort
from tongshi.registry.state import State


async def list_channels(
    parts: PartsOf,
    asker: AskerOf,
    text: Text = "",
    state: State | None = None,
    device: str = "",
    region: str = "",
    removed: bool = False,
    sort: Sort = Sort.NAME,
    descending: bool = False,
    number: Number = 1,
    size: Size = 50,
) -> Page[Channel]:
    """Return a page of cameras; with ``state=online`` those that can be played."""
    query = Query(
        text=text,
        state=state,
        device_id=device,
        region=region,
        removed=removed,
        sort=sort,
        descending=descending,
        number=number,
        size=size,
    )
    return await asyncio.to_thread(parts.registry.channels, asker.scope, query)


async def read_channel(parts: PartsOf, asker: AskerOf, device_id: str, channel_id: str) -> Channel:
    """Return one camera, or one node of a device's catalog."""
    return await asyncio.to_thread(parts.registry.channel, asker.scope, device_id, channel_id)

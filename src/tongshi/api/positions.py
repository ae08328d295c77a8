"""Where mobile devices said they were.  Moments are UNIX time, s; coordinates as reported."""

import asyncio

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.devices import Number, Size
from tongshi.api.register import Moment, seconds
from tongshi.db.page import Page
from tongshi.registry.position import Query, Report


async def list_positions(
    parts: PartsOf,
    asker: AskerOf,
    device: str = "",
    channel: str = "",
    number: Number = 1,
    size: Size = 50,
) -> Page[Report]:
    """Return a page of the newest position of each device or channel that reported any."""
    query = Query(device, channel, number=number, size=size)
    return await asyncio.to_thread(parts.positions.latest, asker.scope, query)


async def list_device_positions(
    parts: PartsOf,
    asker: AskerOf,
    device_id: str,
    channel: str = "",
    since: Moment = None,
    until: Moment = None,
    number: Number = 1,
    size: Size = 50,
) -> Page[Report]:
    """Return a page of what a device reported, oldest first."""
    await asyncio.to_thread(parts.registry.device, asker.scope, device_id)
    query = Query(device_id, channel, seconds(since), seconds(until), number, size)
    return await asyncio.to_thread(parts.positions.reports, asker.scope, query)

"""The access register (信息调用登记): who looked at what, why, when, and how it ended."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import Query as Param

from tongshi.access.register import Entry, EntryQuery
from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.devices import Number, Ref, Size, Text
from tongshi.db.page import Page

Moment = Annotated[datetime | None, Param(description="ISO 8601 with its zone.")]


def seconds(at: datetime | None) -> float | None:
    """Return *at* as UNIX time, s; one without a zone is local to the node."""
    return None if at is None else at.timestamp()


async def list_entries(
    parts: PartsOf,
    asker: AskerOf,
    text: Text = "",
    since: Moment = None,
    until: Moment = None,
    person: Ref = None,
    device: str = "",
    channel: str = "",
    open: bool = False,
    number: Number = 1,
    size: Size = 50,
) -> Page[Entry]:
    """Return a page of the register, newest first."""
    query = EntryQuery(
        since=seconds(since),
        until=seconds(until),
        person_id=person,
        device_id=device,
        channel_id=channel,
        text=text,
        open=open,
        number=number,
        size=size,
    )
    return await asyncio.to_thread(parts.register.page, asker.scope, query)

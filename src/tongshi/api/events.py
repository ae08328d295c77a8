"""What changes, as server-sent events.

Topics: ``device`` (presence), ``described``, ``catalog``, ``stream`` (an upstream opened or
ended), ``look`` (the access register grew), ``alarm`` (raised or handled), ``position``, ``ptz``,
``subscription``, ``fault`` (parts of a device), ``video`` (a mobile device offers its picture),
``refused`` (a camera said no to what it had taken), ``request`` and ``glass`` (something waits for
this person: a request, a review), ``reload`` (something was missed: load anew).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import Header
from fastapi import Query as Param
from starlette.responses import Response, StreamingResponse

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.feed import Feed, Notice, Reader
from tongshi.api.sight import Sight

BEAT = 15.0
"""Between signs of life on a quiet stream, s: proxies close what they take for dead."""
LONGEST = 600.0
"""How long one stream goes on, s; the browser comes back, and its sign-in is looked at again."""
AGAIN_MS = 2000
"""How long a browser waits before it comes back."""

Sift = Callable[[list[Notice]], Awaitable[list[Notice]]]


async def listen(
    parts: PartsOf,
    asker: AskerOf,
    last_event_id: Annotated[str, Header(max_length=100)] = "",
    last: Annotated[str, Param(max_length=100, description="The same, where a page begins.")] = "",
) -> Response:
    """Stream what changes of what the asker may see, since the event with the given id."""
    sign_in = asker.session
    last = last_event_id or last
    sight = Sight(parts.rights, asker.person)
    reader = parts.feed.join(sight.sees, last, sign_in.digest, person_id=asker.person.id)
    return StreamingResponse(
        stream(parts.feed, reader, sight.sift),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def stream(feed: Feed, reader: Reader, sift: Sift) -> AsyncIterator[bytes]:
    """Yield the events of *reader* until it is closed, leaves, or its time is over.

    sift: leaves out what its person may not know of.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST
    try:
        yield f"retry: {AGAIN_MS}\nid: {feed.mark()}\n\n".encode()
        while loop.time() < until:
            notices = await reader.take(BEAT)
            if notices is None:
                return
            told = await sift(notices)
            yield b"".join(map(feed.encode, told)) if told else b": still here\n\n"
    finally:
        feed.leave(reader)

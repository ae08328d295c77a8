"""What programs use is counted as it leaves, and ends when it is enough."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from tongshi.access.register import EntryQuery
from tongshi.access.scope import EVERYTHING
from tongshi.api.metering import Meter, Metered
from tongshi.api.parts import Parts
from tongshi.audit.entry import PLATFORM
from tongshi.clock import ManualClock
from tongshi.gateway.engine import ReaderJoined, ReaderLeft
from tongshi.tokens.usage import Period, UsageQuery, Used, total

LOOK = {"device": "34020000001180000001", "channel": "34020000001310000001", "purpose": "patrol"}
Program = Callable[..., httpx.Client]


@pytest.fixture
def meter(parts: Parts, clock: ManualClock) -> Meter:
    meter = Meter(parts.tokens, parts.views, parts.talking, clock)
    parts.views.parted = meter.settle
    parts.talking.parted = meter.settle_talk
    return meter


def used(parts: Parts, clock: ManualClock) -> Used:
    query = UsageQuery(0, clock.wall() + 1, Period.WHOLE)
    return total(parts.tokens.usage(query))


def watch(client: httpx.Client, parts: Parts) -> str:
    """Open a view and have its viewer come; return the ticket."""
    view_id = client.post("/api/live", json=LOOK).json()["view"]
    view = next(each for each in parts.views.all() if each.id == view_id)
    assert view.session is not None
    parts.views.heard(ReaderJoined(view.session.stream, view.ticket))
    return view.ticket


def test_bytes_of_answers_are_counted(
    program: Program, parts: Parts, clock: ManualClock, flush: Callable[[], None]
) -> None:
    size = len(program().get("/api/devices").content)
    flush()
    assert used(parts, clock) == Used(1, 0, 0.0, size)


def test_what_people_use_is_not(
    operator: httpx.Client, parts: Parts, clock: ManualClock, flush: Callable[[], None]
) -> None:
    operator.get("/api/devices")
    flush()
    assert used(parts, clock) == Used()


def test_seconds_and_bytes_of_a_view_are_counted_once(
    program: Program,
    parts: Parts,
    clock: ManualClock,
    meter: Meter,
    runner: asyncio.Runner,
    flush: Callable[[], None],
) -> None:
    ticket = watch(program(), parts)
    clock.wind(10.0)
    runner.run(meter.look())
    clock.wind(5.0)
    runner.run(meter.look())
    (view,) = parts.views.all()
    assert view.session is not None
    stream = view.session.stream

    async def leave() -> None:
        parts.views.heard(ReaderLeft(stream, ticket, 16.0, 900, "full"))

    runner.run(leave())
    flush()
    query = UsageQuery(0, clock.wall() + 1, Period.WHOLE, kinds=True)
    (live,) = [line.used for line in parts.tokens.usage(query) if line.kind == "live"]
    assert live.seconds == 16.0
    assert live.bytes >= 900
    (entry,) = parts.register.page(EVERYTHING, EntryQuery()).rows
    assert entry.ending is not None
    assert (entry.ending.watched, entry.ending.bytes) == (16.0, 900)


def test_a_view_ends_with_the_minutes_of_its_token(
    program: Program,
    parts: Parts,
    clock: ManualClock,
    meter: Meter,
    runner: asyncio.Runner,
) -> None:
    watch(program(stream_day=1), parts)
    clock.wind(30.0)
    runner.run(meter.look())
    assert not parts.views.all()[0].ended
    clock.wind(31.0)
    (view,) = parts.views.all()
    runner.run(meter.look())
    assert view.ended == "exhausted"


def test_a_view_that_opened_while_its_token_was_revoked_ends(
    program: Program, parts: Parts, meter: Meter, runner: asyncio.Runner
) -> None:
    watch(program(), parts)
    parts.tokens.revoke(1, PLATFORM)
    (view,) = parts.views.all()
    runner.run(meter.look())
    assert view.ended == "denied.signin"


def test_an_answer_ends_where_the_bytes_end() -> None:
    sent: list[Message] = []
    left = [10]

    def flow(size: int) -> bool:
        left[0] -= size
        return left[0] > 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["flow"] = flow
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(5):
            await send({"type": "http.response.body", "body": b"xxxx", "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Metered(app)({"type": "http"}, receive, send))
    assert [message.get("body") for message in sent] == [None, b"xxxx", b"xxxx"]

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from starlette.types import ASGIApp, Message

from tongshi.api import events
from tongshi.api.events import stream
from tongshi.api.feed import Feed, Notice
from tongshi.api.parts import Parts


async def sift(notices: list[Notice]) -> list[Notice]:
    return [notice for notice in notices if notice.device_id != "unknown"]


def run(test: Callable[[Feed, AsyncIterator[bytes]], Awaitable[None]]) -> None:
    async def whole() -> None:
        feed = Feed("boot")
        reader = feed.join(lambda notice: notice.device_id != "theirs")
        async with asyncio.timeout(5):
            await test(feed, stream(feed, reader, sift))

    asyncio.run(whole())


def test_a_stream_begins_with_its_mark_and_tells_what_comes() -> None:
    async def test(feed: Feed, told: AsyncIterator[bytes]) -> None:
        assert await anext(told) == b"retry: 2000\nid: boot.0\n\n"
        feed.publish("device", "theirs", {})
        feed.publish("device", "unknown", {})
        feed.publish("device", "mine", {"state": "online"})
        assert await anext(told) == b'id: boot.3\nevent: device\ndata: {"state":"online"}\n\n'
        feed.close()
        assert [part async for part in told] == []
        assert len(feed) == 0

    run(test)


def test_a_quiet_stream_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BEAT", 0.0)

    async def test(feed: Feed, told: AsyncIterator[bytes]) -> None:
        await anext(told)
        assert await anext(told) == b": still here\n\n"

    run(test)


def test_a_stream_ends_so_that_its_sign_in_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "LONGEST", 0.0)

    async def test(feed: Feed, told: AsyncIterator[bytes]) -> None:
        await anext(told)
        assert [part async for part in told] == []
        assert len(feed) == 0

    run(test)


def listen(site: ASGIApp, cookie: str, last: str) -> Callable[[], Awaitable[list[Message]]]:
    """Return a request for events that ends with its first two answers."""

    async def ask() -> list[Message]:
        sent: list[Message] = []
        enough = asyncio.Event()

        async def receive() -> Message:
            await enough.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)
            if len(sent) == 3:
                enough.set()

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": "/api/events",
            "raw_path": b"/api/events",
            "root_path": "",
            "query_string": b"",
            "scheme": "http",
            "server": ("console", 8080),
            "client": ("127.0.0.1", 1),
            "headers": [(b"cookie", cookie.encode()), (b"last-event-id", last.encode())],
        }
        async with asyncio.timeout(5):
            await site(scope, receive, send)
        return sent

    return ask


def test_a_page_that_comes_back_late_is_told_to_load_anew(
    site: ASGIApp, operator: httpx.Client, parts: Parts, runner: asyncio.Runner
) -> None:
    cookie = f"tongshi_session={operator.cookies['tongshi_session']}"

    async def ask() -> list[Message]:
        return await listen(site, cookie, "before.7")()

    start, first, second = runner.run(ask())[:3]
    assert start["status"] == 200
    assert dict(start["headers"])[b"content-type"].startswith(b"text/event-stream")
    assert first["body"].startswith(b"retry:")
    assert b"event: reload" in second["body"]
    assert len(parts.feed) == 0

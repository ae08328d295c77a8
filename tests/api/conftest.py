"""A browser inside the process: requests go straight into an application, on one loop."""

import asyncio
from collections.abc import Callable, Iterator

import httpx
import pytest
from starlette.types import ASGIApp

Browse = Callable[[ASGIApp], httpx.Client]


class Inside(httpx.BaseTransport):
    """Carries httpx's requests into an ASGI application."""

    def __init__(self, app: ASGIApp, runner: asyncio.Runner) -> None:
        self._inner = httpx.ASGITransport(app)
        self._runner = runner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._runner.run(self._carry(request))

    async def _carry(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        inner = httpx.Request(request.method, request.url, headers=request.headers, content=body)
        answer = await self._inner.handle_async_request(inner)
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=await answer.aread()
        )


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


@pytest.fixture
def browse(runner: asyncio.Runner) -> Iterator[Browse]:
    """Return a function that gives a browser of an application."""
    opened: list[httpx.Client] = []

    def give(app: ASGIApp) -> httpx.Client:
        client = httpx.Client(transport=Inside(app, runner), base_url="http://console:8080")
        opened.append(client)
        return client

    yield give
    for client in opened:
        client.close()

"""The HTTP server alone, with applications of a few lines."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tongshi.app import web
from tongshi.app.web import Web
from tongshi.errors import Conflict, Invalid

pytestmark = pytest.mark.network


def answering(answer: Callable[[Request], Awaitable[Response]]) -> Starlette:
    return Starlette(routes=[Route("/", answer)])


async def greet(request: Request) -> Response:
    return PlainTextResponse("hello")


async def ask(web: Web) -> bytes:
    """Return all that the server sends to one request."""
    reader, writer = await asyncio.open_connection(web.host, web.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    try:
        return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_it_serves_on_a_free_port_and_leaves_it(host: str) -> None:
    async def main() -> None:
        web = Web(answering(greet), f"{host}:0")
        await web.start()
        answer = await ask(web)
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"hello")
        assert b"server:" not in answer.lower()
        await web.stop()
        again = Web(answering(greet), f"{host}:{web.port}")
        await again.start()
        assert (await ask(again)).endswith(b"hello")
        await again.stop()

    asyncio.run(main())


def test_an_address_that_is_taken_or_is_none() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Conflict, match=rf"127.0.0.1:{port} cannot be had: Address already"):
            Web(answering(greet), f"127.0.0.1:{port}")
    with pytest.raises(Conflict, match=r"192\.0\.2\.1:80 cannot be had"):
        Web(answering(greet), "192.0.2.1:80")
    with pytest.raises(Invalid, match="host:port"):
        Web(answering(greet), "8080")


def test_signals_stay_with_the_command() -> None:
    async def main() -> None:
        before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
        web = Web(answering(greet), "127.0.0.1:0")
        await web.start()
        during = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
        await web.stop()
        assert during == before

    asyncio.run(main())


def test_a_request_under_way_is_finished() -> None:
    async def main() -> None:
        asked, answered = asyncio.Event(), asyncio.Event()

        async def slow(request: Request) -> Response:
            asked.set()
            await answered.wait()
            return PlainTextResponse("late")

        web = Web(answering(slow), "127.0.0.1:0")
        await web.start()
        asking = asyncio.create_task(ask(web))
        await asked.wait()
        stopping = asyncio.create_task(web.stop())
        await asyncio.sleep(0)
        answered.set()
        assert (await asking).endswith(b"late")
        await stopping

    asyncio.run(main())


def test_a_request_that_never_ends_is_ended(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(web, "FAREWELL", 1)

    async def main() -> None:
        asked = asyncio.Event()

        async def stay(request: Request) -> Response:
            asked.set()
            await asyncio.Event().wait()
            return PlainTextResponse("never")

        web = Web(answering(stay), "127.0.0.1:0")
        await web.start()
        asking = asyncio.create_task(ask(web))
        await asked.wait()
        await web.stop()
        assert not (await asking).endswith(b"never")

    asyncio.run(main())
    assert "timeout graceful shutdown exceeded" in caplog.text


def test_a_server_that_ends_at_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    async def end(server: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
        assert sockets

    monkeypatch.setattr(uvicorn.Server, "serve", end)

    async def main() -> None:
        web = Web(answering(greet), "127.0.0.1:0")
        with pytest.raises(Conflict, match="ended at its start"):
            await web.start()
        await web.stop()

    asyncio.run(main())


def test_one_that_was_never_started_gives_its_port_back() -> None:
    async def main() -> None:
        web = Web(answering(greet), "127.0.0.1:0")
        await web.stop()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", web.port))

    asyncio.run(main())

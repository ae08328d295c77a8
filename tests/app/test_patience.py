"""Connections that keep the server waiting, with the rules made short."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tongshi.app import patience
from tongshi.app.web import Web

pytestmark = pytest.mark.network
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("HEAD", 0.3), ("GRACE", 0.3), ("PACE", 1000.0), ("LOOK", 0.1)):
        monkeypatch.setattr(patience, name, value)


async def weigh(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def refuse(request: Request) -> Response:
    return PlainTextResponse("no", 400)


async def ponder(request: Request) -> Response:
    await asyncio.sleep(0.9)
    return PlainTextResponse(str(len(await request.body())))


def told(answer: Callable[[Request], Awaitable[Response]], talk: Talk) -> bytes:
    """Return what a client hears until the server closes the connection."""

    async def main() -> bytes:
        app = Starlette(routes=[Route("/", answer, methods=["GET", "POST"])])
        web = Web(app, "127.0.0.1:0")
        await web.start()
        reader, writer = await asyncio.open_connection(web.host, web.port)
        try:
            async with asyncio.timeout(20):
                return await talk(reader, writer)
        finally:
            writer.close()
            await web.stop()

    return asyncio.run(main())


async def drip(writer: asyncio.StreamWriter, data: bytes, pause: float = 0.1) -> None:
    """Send *data* a byte at a time, for as long as anybody takes it."""
    for byte in data:
        if writer.is_closing():
            return
        writer.write(bytes([byte]))
        await asyncio.sleep(pause)


def test_who_says_nothing_is_left() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        return await reader.read()

    assert told(weigh, talk) == b""


def test_a_head_that_comes_a_byte_at_a_time_is_not_waited_for() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        dripping = asyncio.create_task(drip(writer, GET))
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            dripping.cancel()

    assert told(weigh, talk) == b""


def test_nor_is_one_after_an_answer() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(GET)
        heard = await reader.read(4096)
        dripping = asyncio.create_task(drip(writer, GET))
        try:
            return heard + await reader.read()
        except ConnectionResetError:
            return heard
        finally:
            dripping.cancel()

    assert told(weigh, talk).count(b"HTTP/1.1 200") == 1


def test_a_body_that_comes_a_byte_at_a_time_is_not_waited_for() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(POST % 1000)
        dripping = asyncio.create_task(drip(writer, b"x" * 1000))
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            dripping.cancel()

    assert told(weigh, talk) == b""


def test_what_follows_an_answer_is_not_taken_for_ever() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(POST % 10**15)
        heard = await reader.read(4096)
        try:
            while not writer.is_closing():
                writer.write(b"x" * 1000)
                await writer.drain()
                await asyncio.sleep(0.02)
        except ConnectionError:
            pass
        return heard

    assert b"400" in told(refuse, talk)


def test_who_keeps_pace_and_who_is_kept_waiting_are_served() -> None:
    async def steady(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(POST % 6000)
        for _ in range(12):
            writer.write(b"x" * 500)
            await asyncio.sleep(0.1)
        return await reader.read(4096)

    async def patient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(POST % 400_000)
        writer.write(b"x" * 400_000)
        return await reader.read(4096)

    assert told(weigh, steady).endswith(b"6000")
    assert told(ponder, patient).endswith(b"400000")

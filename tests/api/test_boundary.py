import asyncio
from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tongshi.api.boundary import (
    BODY_LIMIT,
    HEADERS,
    Boundary,
    check_origin,
    limited,
    room_of,
)
from tongshi.errors import Denied, Error, Invalid, Missing


def tell(request: Request, error: Error) -> Response:
    return PlainTextResponse(error.code, status_code=418)


async def fine(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())} bytes")


async def own_policy(request: Request) -> Response:
    return PlainTextResponse("x", headers={"Content-Security-Policy": "default-src 'self'"})


async def missing(request: Request) -> Response:
    raise Missing("no such thing")


Browse = Callable[[ASGIApp], httpx.Client]


@pytest.fixture
def client(browse: Browse) -> httpx.Client:
    routes = [
        Route("/fine", fine, methods=["GET", "POST"]),
        Route("/own", own_policy),
        Route("/missing", missing),
    ]
    boundary = Middleware(Boundary, tell=tell, policy="default-src 'none'")
    return browse(Starlette(routes=routes, middleware=[boundary]))


def test_answers_are_dressed(client: httpx.Client) -> None:
    answer = client.get("/fine")
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    for name, value in HEADERS.items():
        assert answer.headers[name] == value


def test_a_page_may_bring_its_own_policy(client: httpx.Client) -> None:
    assert client.get("/own").headers["Content-Security-Policy"] == "default-src 'self'"


def test_an_error_becomes_an_answer(client: httpx.Client) -> None:
    answer = client.get("/missing")
    assert (answer.status_code, answer.text) == (418, "missing")


def test_a_defect_is_logged_and_tells_nothing(
    browse: Browse, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError("secret")

    answer = browse(Boundary(broken, tell, "")).get("/defect")
    assert (answer.status_code, answer.text) == (418, "error")
    assert "secret" in caplog.text


@pytest.mark.parametrize("error", [Missing("late"), ZeroDivisionError("late")])
def test_after_the_first_byte_nothing_can_be_told(browse: Browse, error: Exception) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    with pytest.raises(type(error)):
        browse(Boundary(broken, tell, "")).get("/")


def test_a_large_body_is_refused_whatever_it_states(client: httpx.Client) -> None:
    assert client.post("/fine", content=b"x" * BODY_LIMIT).status_code == 200
    assert client.post("/fine", content=b"x" * (BODY_LIMIT + 1)).status_code == 418
    pieces = (b"x" * 1000 for _ in range(BODY_LIMIT // 1000 + 2))
    assert client.post("/fine", content=pieces).status_code == 418
    answer = client.post("/fine", content=b"x", headers={"Content-Length": "-1"})
    assert answer.status_code == 418


def test_other_protocols_pass() -> None:
    passed: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(scope["type"])

    async def nothing() -> dict[str, object]:
        return {}

    async def nowhere(message: object) -> None:
        return None

    asyncio.run(Boundary(app, tell, "")({"type": "lifespan"}, nothing, nowhere))
    assert passed == ["lifespan"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": "http://console:8080"},
    ],
)
def test_own_pages_and_programs_may_write(headers: dict[str, str]) -> None:
    check_origin("POST", Headers(headers), "console:8080")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://console:8080"},
        {"origin": "http://evil:8080"},
        {"origin": "null"},
        {"origin": "http://console:9999"},
    ],
)
def test_other_sites_may_not_write(headers: dict[str, str]) -> None:
    check_origin("GET", Headers(headers), "console:8080")
    with pytest.raises(Denied):
        check_origin("POST", Headers(headers), "console:8080")


@pytest.mark.parametrize("stated", ["-1", "x", "", "\xb3", "9" * 5000, str(BODY_LIMIT + 1)])
def test_a_length_that_is_none_or_too_large_is_refused(stated: str) -> None:
    async def nothing() -> dict[str, object]:
        return {}

    with pytest.raises(Invalid):
        limited(Headers({"content-length": stated}), nothing)


def test_a_body_that_states_no_length_is_counted() -> None:
    async def pieces() -> Message:
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    async def read() -> int:
        counted = limited(Headers({}), pieces)
        seen = 0
        while True:
            message = await counted()
            seen += len(message["body"])
            assert seen <= BODY_LIMIT

    with pytest.raises(Invalid):
        asyncio.run(read())


def test_larger_bodies_are_taken_where_devices_and_firmware_come_only() -> None:
    assert room_of({"path": "/api/live"}) == BODY_LIMIT
    assert room_of({"path": "/elsewhere/api/uploads/x"}) == BODY_LIMIT
    assert room_of({"path": "/api/uploads/key"}) > BODY_LIMIT
    assert room_of({"path": "/api/firmware"}) > room_of({"path": "/api/uploads/key"})

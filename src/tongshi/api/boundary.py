"""The edge of the interface: nothing gets past it but answers.

It refuses bodies that are too large and unsafe requests from other sites, adds the headers that
every answer carries, and turns what a handler raised into an answer.  One of the three places
that catch everything.
"""

import logging
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tongshi.api.bearer import shows_token
from tongshi.errors import Denied, Error, Invalid

_LOG = logging.getLogger(__name__)

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BODY_LIMIT = 64 * 1024
"""Bytes of a request's body at the most: the largest honest one is a few hundred."""

ROOMS = (
    ("/api/uploads/", 12 * 1024 * 1024 + BODY_LIMIT),
    ("/api/firmware", 4 * 1024**3),
)
"""Where larger bodies are taken, byte by byte, by handlers that have limits of their own."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

Tell = Callable[[Request, Error], Response]
Hear = Callable[[Request, Error], None]


class Boundary:
    """ASGI middleware around one application.

    tell: makes the answer to an error, as problem details or as a page.  heard: is told of it.
    """

    def __init__(self, app: ASGIApp, tell: Tell, policy: str, heard: Hear | None = None) -> None:
        self._app = app
        self._heard = heard
        self._tell = tell
        self._headers = {**HEADERS, "Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request through the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        begun = False

        async def told(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._dress(message)
            await send(message)

        try:
            if not shows_token(request):  # no page of another site can make a browser send one
                check_origin(request.method, request.headers, request.url.netloc)
            await self._app(scope, limited(request.headers, receive, room_of(scope)), told)
        except Error as error:
            if begun:
                raise
            await self._answer(request, error, told)
        except Exception:
            _LOG.exception("event=defect method=%s path=%s", request.method, request.url.path)
            if begun:
                raise
            await self._answer(request, Error("internal error"), told)

    async def _answer(self, request: Request, error: Error, send: Send) -> None:
        if self._heard is not None:
            self._heard(request, error)
        response = self._tell(request, error)
        await response(request.scope, request.receive, send)

    def _dress(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._headers.items():
            headers.setdefault(name, value)


def check_origin(method: str, headers: Headers, host: str) -> None:
    """Refuse an unsafe request that another site's page caused; raises Denied.

    Browsers state ``Sec-Fetch-Site``, older ones ``Origin``.  A program states neither: what
    protects it is that cookies are SameSite=Strict and only browsers are led astray.
    """
    if method in SAFE:
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise Denied(f"request from another site ({site})")
        return
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != host:
        raise Denied("request from another origin")


def room_of(scope: Scope) -> int:
    """Return the bytes that the body of a request may have."""
    path = str(scope["path"])
    return next((room for prefix, room in ROOMS if path.startswith(prefix)), BODY_LIMIT)


def limited(headers: Headers, receive: Receive, room: int = BODY_LIMIT) -> Receive:
    """Return *receive* that raises Invalid once a body exceeds *room* bytes."""
    stated = headers.get("content-length", "0")
    if not (stated.isascii() and stated.isdigit() and len(stated) < 19) or int(stated) > room:
        raise Invalid(f"the body is larger than {room} bytes")
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > room:
            raise Invalid(f"the body is larger than {room} bytes")
        return message

    return counted

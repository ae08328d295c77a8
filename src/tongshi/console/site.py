"""The whole site: pages, static files, and the interface under ``/api``."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from tongshi.access.identity import Bar
from tongshi.api.application import application as interface
from tongshi.api.asker import identify, words_for
from tongshi.api.bearer import shows_token
from tongshi.api.boundary import Boundary
from tongshi.api.parts import Parts
from tongshi.api.problem import describe
from tongshi.api.refusals import note_refusal
from tongshi.console.assets import Assets
from tongshi.console.drawing import Drawing
from tongshi.console.routes import ROWS, Row
from tongshi.console.visit import Visit, door, own_place
from tongshi.errors import Denied, Error, FirstNeeded, Missing, ProofNeeded, SignInNeeded

POLICY = "default-src 'none'; frame-ancestors 'none'"
"""For answers that are no pages; pages bring their own."""


def application(parts: Parts) -> Starlette:
    """Return the application that a node serves: console at ``/``, interface at ``/api``."""
    assets = Assets()
    drawing = Drawing(assets)

    def tell(request: Request, error: Error) -> Response:
        return _tell(Visit(request, parts, drawing, None), error)

    async def refuse_path(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return tell(request, Missing("no such page"))
        return PlainTextResponse(str(error.detail), error.status_code, error.headers)

    pages = [Route(row.path, _endpoint(row, parts, drawing), methods=[row.method]) for row in ROWS]
    site = Starlette(
        routes=[
            Mount("/api", interface(parts)),
            Route("/static/{version}/{name:path}", assets.serve),
            *pages,
        ],
        middleware=[Middleware(Boundary, tell=tell, policy=POLICY, heard=note_refusal)],
        exception_handlers={HTTPException: refuse_path},
    )
    site.state.parts = parts
    return site


def _endpoint(row: Row, parts: Parts, drawing: Drawing) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        if shows_token(request):
            raise Denied("pages are for people: a program asks under /api")
        asker = await identify(request, parts)
        if row.permission is not None:
            if asker is None:
                raise SignInNeeded("nobody is signed in")
            request.state.asker = asker
            asker.person.require(row.permission)
        return await row.handler(Visit(request, parts, drawing, asker))

    return serve


def _tell(visit: Visit, error: Error) -> Response:
    """Return the page for an error: the door, the password's page, or what went wrong."""
    if isinstance(error, SignInNeeded):
        if visit.fragment:
            return PlainTextResponse(visit.words("door.ended"), 401)
        return visit.go(door(visit.request))
    if isinstance(error, FirstNeeded):
        return visit.go("/password" if error.first == Bar.CHANGE.value else "/account")
    if isinstance(error, ProofNeeded):
        return visit.go(f"/proof?next={quote(back_of(visit.request), safe='')}")
    problem = describe(error, words_for(visit.request, visit.parts.settings.node.language))
    if visit.fragment:
        text = problem.title + (f"\n{problem.advice}" if problem.advice else "")
        return PlainTextResponse(text, problem.status)
    return visit.draw("error.html", {"problem": problem}, status=problem.status)


def back_of(request: Request) -> str:
    """Return the page that *request* came from, where it is one of ours; else its own."""
    own = request.url.path if request.method == "GET" else "/account"
    try:
        told = urlsplit(request.headers.get("hx-current-url") or request.headers.get("referer", ""))
    except ValueError:
        return own
    if told.netloc != request.url.netloc:
        return own
    return own_place(told.path + (f"?{told.query}" if told.query else ""), own)

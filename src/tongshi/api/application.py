"""The application that answers under ``/api``: the table, its checks, its boundary."""

from fastapi import Depends, FastAPI, params
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from tongshi.access.permission import Permission
from tongshi.api.asker import parts_of, require, words_for
from tongshi.api.boundary import Boundary
from tongshi.api.metering import Metered
from tongshi.api.parts import Parts
from tongshi.api.problem import Problem, answer, describe, headers_of
from tongshi.api.refusals import note_refusal
from tongshi.api.routes import ROUTES, Route
from tongshi.api.text import Words
from tongshi.errors import Error, Invalid

POLICY = "default-src 'none'; frame-ancestors 'none'"
_CODES = {404: "missing", 405: "conflict"}


def application(parts: Parts) -> FastAPI:
    """Return the application; it is mounted at ``/api``."""
    app = FastAPI(
        title="Tongshi",
        description="The interface of a Tongshi node (通视). Sign in with POST /session, or"
        " send a token: ``Authorization: Bearer tst_...``.",
        version=parts.version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        servers=[{"url": "/api"}],
        middleware=[
            Middleware(Metered),
            Middleware(Boundary, tell=_tell, policy=POLICY, heard=note_refusal),
        ],
        exception_handlers={
            RequestValidationError: _refuse_values,
            HTTPException: _refuse_path,
        },
    )
    app.state.parts = parts
    names: set[str] = set()
    for route in ROUTES:
        name = str(getattr(route.handler, "__name__", route.path))
        if name in names:  # one handler, several methods
            name = f"{name}_by_{route.method.lower()}"
        names.add(name)
        _add(app, route, name)
    return app


def _add(app: FastAPI, route: Route, name: str) -> None:
    checks: list[params.Depends] = []
    if route.permission is not None:
        checks.append(Depends(require(route.permission)))
    success: dict[str, object] = {"description": "Success"}
    if route.media != "application/json":
        success["content"] = {route.media: {}}
    elif route.answer is not None:
        success["model"] = route.answer
    app.add_api_route(
        route.path,
        route.handler,
        methods=[route.method],
        dependencies=checks,
        response_model=None if route.answer is None else route.answer,
        status_code=route.status,
        tags=[route.path.split("/")[1].removesuffix(".json")],
        operation_id=name,
        responses={
            route.status: success,
            "default": {"description": "A problem", "model": Problem},
        },
        openapi_extra={"x-permission": route.permission.value if route.permission else "none"},
    )


def _words(request: Request) -> Words:
    return words_for(request, parts_of(request).settings.node.language)


def _tell(request: Request, error: Error) -> Response:
    return answer(describe(error, _words(request)), headers_of(error))


async def _check(request: Request) -> None:
    """Check who asks, where a body that cannot be read was found before the route's check ran."""
    needed = getattr(request.scope.get("route"), "openapi_extra", {}).get("x-permission", "none")
    if needed != "none" and not hasattr(request.state, "asker"):
        await require(Permission(needed))(request)


async def _refuse_values(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    await _check(request)
    faults = tuple(
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:20]
    )
    return _tell(request, Invalid("the request breaks its schema", faults=faults))


async def _refuse_path(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        await _check(request)
    code = _CODES.get(error.status_code, "invalid")
    problem = Problem(
        code=code,
        title=_words(request)(f"problem.{code}"),
        status=error.status_code,
        detail=str(error.detail),
    )
    return answer(problem, dict(error.headers or {}))

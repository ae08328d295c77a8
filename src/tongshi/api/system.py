"""The node itself: whether it is well, its figures, its version, this interface's description."""

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tongshi.api.asker import AskerOf, PartsOf


class Health(BaseModel):
    """Whether the node can serve."""

    ok: bool


class System(BaseModel):
    """The node: name, version, what devices must be told, figures by part."""

    name: str
    version: str
    platform: dict[str, str]
    views: int = Field(description="Views that go on.")
    listeners: int = Field(description="Pages that listen for events.")
    leased_ports: int = Field(description="Media ports in use.")
    figures: dict[str, dict[str, object]]


async def read_health(parts: PartsOf) -> Health:
    """Say that the node serves; an error with its cause when it does not.  Needs no sign-in."""
    await parts.healthy()
    return Health(ok=True)


async def read_system(parts: PartsOf, asker: AskerOf) -> System:
    """Return the node's state and figures."""
    return System(
        name=parts.settings.node.name,
        version=parts.version,
        platform=dict(parts.platform()),
        views=len(parts.views),
        listeners=len(parts.feed),
        leased_ports=parts.engine.leased_ports(),
        figures={name: dict(figures()) for name, figures in parts.figures.items()},
    )


async def describe_interface(request: Request, asker: AskerOf) -> Response:
    """Return the description of this interface (OpenAPI 3.1)."""
    return JSONResponse(request.app.openapi())

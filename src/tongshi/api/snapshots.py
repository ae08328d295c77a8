"""Single pictures, registered like any look."""

from typing import Annotated

from fastapi import Body
from starlette.responses import Response

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.live import Ask, wish_of


async def take_snapshot(parts: PartsOf, asker: AskerOf, ask: Annotated[Ask, Body()]) -> Response:
    """Return a JPEG of what the camera shows now, in full size."""
    wish = await wish_of(parts, asker, ask)
    picture = await parts.views.picture(asker.session, wish, asker.address)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

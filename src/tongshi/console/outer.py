"""The door by way of an OpenID Connect provider."""

from starlette.responses import RedirectResponse, Response

from tongshi.access.identity import Bar
from tongshi.access.signin.step import Step
from tongshi.api.outer import arrive, clear_trip, set_out
from tongshi.api.session import leave, set_cookie, set_step
from tongshi.console.people import ask_code
from tongshi.console.visit import Visit, own_place
from tongshi.errors import Denied, Invalid, PeerSilent


async def begin(visit: Visit) -> Response:
    """Lead to the provider."""
    place = own_place(visit.request.query_params.get("next", ""))
    try:
        return await set_out(visit.parts, place, lambda address: RedirectResponse(address, 303))
    except (PeerSilent, Invalid):
        return _tell(visit, 502)


async def come_back(visit: Visit) -> Response:
    """Take who comes back in, or to the second step.

    What is answered is a page that leads on, not a way: the new cookie does not go along with a
    request that another site began.
    """
    try:
        found, place = await arrive(visit.request, visit.parts)
    except Denied:
        return clear_trip(_tell(visit, 401), visit.parts)
    except PeerSilent:
        return clear_trip(_tell(visit, 502), visit.parts)
    place = own_place(place)
    if isinstance(found, Step):
        response = ask_code(visit, place)
        set_step(response, visit.parts, found)
        return clear_trip(response, visit.parts)
    await leave(visit.parts, found.ended)
    bar = found.session.person.bar
    if bar is not None:
        place = "/password" if bar is Bar.CHANGE else "/account"
    response = visit.draw("arrived.html", {"next": place})
    set_cookie(response, visit.parts, found)
    return clear_trip(response, visit.parts)


def _tell(visit: Visit, status: int) -> Response:
    word = "refused" if status == 401 else "silent"
    told = (visit.words(f"door.outer_{word}"), visit.words(f"door.outer_{word}_advice"))
    values = {"next": "/", "name": "", "ended": False, "told": told, "outer": True}
    return visit.draw("door.html", values, status=status)

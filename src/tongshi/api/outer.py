"""Signing in at an OpenID Connect provider; off unless the settings name one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tongshi.access.oidc.service import TRIP
from tongshi.access.signin.step import SignedIn, Step
from tongshi.api.asker import PartsOf, address_of
from tongshi.api.parts import Parts
from tongshi.api.session import refuse, welcome
from tongshi.errors import Denied


@dataclass(frozen=True, slots=True)
class Begun:
    """The way to the provider."""

    address: str


def trip_cookie(*, secure: bool) -> str:
    """Return the name of the cookie that remembers a trip to the provider."""
    return "__Host-tongshi-trip" if secure else "tongshi_trip"


async def begin(parts: PartsOf) -> Response:
    """Begin to sign in at the provider: the browser goes to the address that is answered."""
    return await set_out(parts, "/", lambda address: JSONResponse({"address": address}))


async def come_back(request: Request, parts: PartsOf) -> Response:
    """Take what the provider had the browser bring, and sign in."""
    try:
        found, _ = await arrive(request, parts)
    except Denied as error:
        return clear_trip(refuse(request, parts, error), parts)
    return clear_trip(await welcome(parts, found), parts)


async def set_out(parts: Parts, place: str, make: Callable[[str], Response]) -> Response:
    """Return the answer that *make* makes of the provider's address, with the trip's cookie."""
    going = await parts.outer.begin(place, parts.clock.wall())
    response = make(going.address)
    # Not strict: the provider's page leads back here, and the cookie must come along.
    response.set_cookie(
        trip_cookie(secure=parts.settings.web.secure),
        going.cookie,
        max_age=round(TRIP),
        path="/",
        secure=parts.settings.web.secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def arrive(request: Request, parts: Parts) -> tuple[SignedIn | Step, str]:
    """Return the sign-in of who comes back, and where they want to go; raises Denied."""
    cookie = request.cookies.get(trip_cookie(secure=parts.settings.web.secure), "")
    told = {name: text[:4096] for name, text in request.query_params.items()}
    proven, place = await parts.outer.finish(cookie, told, parts.clock.wall())
    email = proven.email if parts.outer.registered.by_email else ""
    person = await asyncio.to_thread(parts.people.bound, proven.oidc, email)
    address = address_of(request)
    if person is None:
        await asyncio.to_thread(parts.sign_ins.note_stranger, address)
        raise Denied("no account is bound to this identity")
    return await asyncio.to_thread(parts.sign_ins.admit, person.id, address), place


def clear_trip(response: Response, parts: Parts) -> Response:
    """Have the browser forget the trip; return *response*."""
    secure = parts.settings.web.secure
    response.delete_cookie(
        trip_cookie(secure=secure), path="/", secure=secure, httponly=True, samesite="lax"
    )
    return response

"""Signing in and out, who am I, the own password."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Body
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tongshi.access.identity import LONGEST, LONGEST_NAME, Person
from tongshi.access.permission import Permission
from tongshi.access.service import SignedIn
from tongshi.api.asker import AskerOf, PartsOf, address_of, session_cookie, words_for
from tongshi.api.notices import moment
from tongshi.api.parts import Parts
from tongshi.api.problem import Problem, answer
from tongshi.errors import Denied


@dataclass(frozen=True, slots=True)
class Myself:
    """The signed-in person.  rights: names of permissions.  ends: of this sign-in, ISO 8601."""

    id: int
    name: str
    shown: str
    unit: str
    role: str
    must_change: bool
    rights: tuple[str, ...]
    ends: str | None


class SignIn(BaseModel):
    """Name and password."""

    name: str = Field(max_length=LONGEST_NAME)
    password: str = Field(max_length=LONGEST)


class NewPassword(BaseModel):
    """The present password and the one that replaces it."""

    present: str = Field(max_length=LONGEST)
    new: str = Field(max_length=LONGEST)


def rights(person: Person) -> tuple[str, ...]:
    """Return the names of what *person* may do now."""
    return tuple(permission.value for permission in Permission if person.may(permission))


def myself(person: Person, ends_at: float) -> Myself:
    """Return *person* as the interface tells it."""
    return Myself(
        person.id,
        person.name,
        person.shown,
        person.unit,
        person.role.value,
        person.must_change,
        rights(person),
        moment(ends_at),
    )


def set_cookie(response: Response, parts: Parts, signed_in: SignedIn) -> None:
    """Give the browser its session: not readable by scripts, not sent from other sites."""
    secure = parts.settings.web.secure
    response.set_cookie(
        session_cookie(secure=secure),
        signed_in.token,
        max_age=max(1, round(signed_in.session.ends_at - parts.clock.wall())),
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def clear_cookie(response: Response, parts: Parts) -> None:
    """Take the session back from the browser."""
    secure = parts.settings.web.secure
    response.delete_cookie(
        session_cookie(secure=secure), path="/", secure=secure, httponly=True, samesite="strict"
    )


async def end(request: Request, parts: Parts, digest: str) -> None:
    """End the sign-in of *request*: its views, its events, then itself."""
    token = request.cookies.get(session_cookie(secure=parts.settings.web.secure), "")
    await asyncio.to_thread(parts.people.sign_out, token)
    parts.feed.end(digest)
    await parts.views.end_sign_in(digest)
    await parts.talking.end_sign_in(digest)


async def sign_in(request: Request, parts: PartsOf, given: Annotated[SignIn, Body()]) -> Response:
    """Sign in; the answer sets the cookie that every other call needs."""
    try:
        found = await asyncio.to_thread(
            parts.people.sign_in, given.name, given.password, address_of(request)
        )
    except Denied as error:
        words = words_for(request, parts.settings.node.language)
        title, advice = words("door.refused"), words("door.refused_advice")
        told = Problem(code=error.code, title=title, status=401, detail=str(error), advice=advice)
        return answer(told)
    session = found.session
    told_person = myself(session.person, session.ends_at)
    response = JSONResponse(
        {name: getattr(told_person, name) for name in Myself.__dataclass_fields__}
    )
    set_cookie(response, parts, found)
    return response


async def sign_out(request: Request, parts: PartsOf, asker: AskerOf) -> Response:
    """Sign out: open views of this sign-in end as well."""
    await end(request, parts, asker.session.digest)
    response = Response(status_code=204)
    clear_cookie(response, parts)
    return response


async def who_am_i(asker: AskerOf) -> Myself:
    """Tell who is signed in and what they may do."""
    return myself(asker.person, asker.session.ends_at)


async def change_password(
    request: Request, parts: PartsOf, asker: AskerOf, given: Annotated[NewPassword, Body()]
) -> Response:
    """Change the own password; every sign-in of this person ends, and all that it watched."""
    found = await asyncio.to_thread(
        parts.people.change_password, asker.person.id, given.present, given.new, asker.address
    )
    parts.feed.end(asker.session.digest)
    await parts.views.end_person(asker.person.id)
    await parts.talking.end_person(asker.person.id)
    response = Response(status_code=204)
    set_cookie(response, parts, found)
    return response

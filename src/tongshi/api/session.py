"""Signing in and out, who am I, the own password, the own sign-ins."""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import Body
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tongshi.access.identity import LONGEST, LONGEST_NAME, Person, Session, is_certified
from tongshi.access.permission import Permission
from tongshi.access.signin.step import SignedIn, Step, elsewhere
from tongshi.api.asker import Asker, AskerOf, PartsOf, address_of, session_cookie, words_for
from tongshi.api.notices import moment
from tongshi.api.parts import Parts
from tongshi.api.problem import Problem, answer
from tongshi.audit.entry import Actor
from tongshi.errors import Denied, ProofNeeded

LONGEST_CODE = 40


@dataclass(frozen=True, slots=True)
class Myself:
    """The signed-in person.  rights: names of permissions.  ends: of this sign-in, ISO 8601.

    first: what must be done before anything else: ``password``, ``totp``, ``certificate`` or
    nothing.  certified: training and certificate hold, or are not needed.  totp: one-time codes
    are enrolled.  elsewhere: addresses from which the same person is signed in as well.
    """

    id: int
    name: str
    shown: str
    unit: str
    role: str
    must_change: bool
    rights: tuple[str, ...]
    ends: str | None
    first: str
    certified: bool
    totp: bool
    elsewhere: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SecondStep:
    """The password was right; a code is awaited, until ``ends`` (ISO 8601)."""

    step: str
    ends: str | None


@dataclass(frozen=True, slots=True)
class OwnSignIn:
    """One open sign-in of one's own.  way: by what it was proved.  Times: ISO 8601."""

    id: str
    here: bool
    address: str
    way: str
    begun: str | None
    used: str | None
    ends: str | None


class SignIn(BaseModel):
    """Name and password, and the code of the second step where both come at once."""

    name: str = Field(max_length=LONGEST_NAME)
    password: str = Field(max_length=LONGEST)
    code: str = Field(default="", max_length=LONGEST_CODE)


class Code(BaseModel):
    """A one-time code, or a recovery code."""

    code: str = Field(max_length=LONGEST_CODE)


class Proof(BaseModel):
    """A one-time code where they are enrolled, else the password."""

    secret: str = Field(max_length=LONGEST)


class NewPassword(BaseModel):
    """The present password and the one that replaces it."""

    present: str = Field(max_length=LONGEST)
    new: str = Field(max_length=LONGEST)


def rights(person: Person) -> tuple[str, ...]:
    """Return the names of what *person* may do now."""
    return tuple(permission.value for permission in Permission if person.may(permission))


def myself(parts: Parts, session: Session, others: Iterable[str]) -> Myself:
    """Return the person of *session* as the interface tells it."""
    person = session.person
    return Myself(
        person.id,
        person.name,
        person.shown,
        person.unit,
        person.role.value,
        person.must_change,
        rights(person),
        moment(session.ends_at),
        person.bar.value if person.bar is not None else "",
        is_certified(person, parts.clock.wall()),
        person.totp,
        tuple(others),
    )


def actor(asker: Asker) -> Actor:
    """Return who asks, as the audit chain names them."""
    person = asker.person
    return Actor(person.id, person.shown, person.unit, asker.address)


def need_proof(parts: Parts, asker: Asker) -> None:
    """Raise ProofNeeded unless the asker proved lately who they are."""
    if not parts.sign_ins.is_fresh(asker.session):
        raise ProofNeeded("prove anew who you are: POST /session/proof")


def step_cookie(*, secure: bool) -> str:
    """Return the name of the cookie that leads to the second step."""
    return "__Host-tongshi-step" if secure else "tongshi_step"


def set_cookie(response: Response, parts: Parts, signed_in: SignedIn) -> None:
    """Give the browser its session: not readable by scripts, not sent from other sites."""
    secure = parts.settings.web.secure
    _put(response, parts, session_cookie(secure=secure), signed_in.token, signed_in.session.ends_at)
    response.delete_cookie(
        step_cookie(secure=secure), path="/", secure=secure, httponly=True, samesite="strict"
    )


def set_step(response: Response, parts: Parts, step: Step) -> None:
    """Give the browser the way to its second step, and to nothing else."""
    secure = parts.settings.web.secure
    _put(response, parts, step_cookie(secure=secure), step.token, step.ends_at)


def _put(response: Response, parts: Parts, name: str, token: str, ends_at: float) -> None:
    response.set_cookie(
        name,
        token,
        max_age=max(1, round(ends_at - parts.clock.wall())),
        path="/",
        secure=parts.settings.web.secure,
        httponly=True,
        samesite="strict",
    )


def clear_cookie(response: Response, parts: Parts) -> None:
    """Take the session back from the browser."""
    secure = parts.settings.web.secure
    response.delete_cookie(
        session_cookie(secure=secure), path="/", secure=secure, httponly=True, samesite="strict"
    )


async def leave(parts: Parts, digests: Iterable[str]) -> None:
    """End what hangs on sign-ins that have ended: events, views, talks, addresses of files."""
    for digest in digests:
        parts.feed.end(digest)
        parts.addresses.end_sign_in(digest)
        await parts.views.end_sign_in(digest)
        await parts.talking.end_sign_in(digest)


async def leave_all(parts: Parts, person_id: int) -> None:
    """End what hangs on every sign-in of a person."""
    parts.feed.end_person(person_id)
    parts.addresses.end_person(person_id)
    await parts.views.end_person(person_id)
    await parts.talking.end_person(person_id)


async def end(request: Request, parts: Parts, digest: str) -> None:
    """End the sign-in of *request*, and all that hangs on it."""
    token = request.cookies.get(session_cookie(secure=parts.settings.web.secure), "")
    await asyncio.to_thread(parts.sign_ins.sign_out, token)
    await leave(parts, (digest,))


async def welcome(parts: Parts, found: SignedIn | Step) -> Response:
    """Return what a step of signing in is answered with."""
    if isinstance(found, Step):
        awaited = SecondStep("code", moment(found.ends_at))
        response = JSONResponse(asdict(awaited), 202)
        set_step(response, parts, found)
        return response
    await leave(parts, found.ended)
    response = JSONResponse(asdict(myself(parts, found.session, found.elsewhere)))
    set_cookie(response, parts, found)
    return response


def refuse(request: Request, parts: Parts, error: Denied) -> Response:
    """Return the answer to a sign-in that failed: it tells nothing of why."""
    words = words_for(request, parts.settings.node.language)
    title, advice = words("door.refused"), words("door.refused_advice")
    told = Problem(code=error.code, title=title, status=401, detail=str(error), advice=advice)
    return answer(told)


async def sign_in(request: Request, parts: PartsOf, given: Annotated[SignIn, Body()]) -> Response:
    """Sign in; the answer sets the cookie that every other call needs.

    Who has one-time codes enrolled is answered 202, and sends a code to ``/session/code`` then,
    or gives it here at once.
    """
    address = address_of(request)
    try:
        found: SignedIn | Step = await asyncio.to_thread(
            parts.sign_ins.begin, given.name, given.password, address
        )
        if given.code and isinstance(found, Step):
            found = await asyncio.to_thread(parts.sign_ins.second, found.token, given.code, address)
    except Denied as error:
        return refuse(request, parts, error)
    return await welcome(parts, found)


async def give_code(request: Request, parts: PartsOf, given: Annotated[Code, Body()]) -> Response:
    """Take the second step of signing in."""
    token = request.cookies.get(step_cookie(secure=parts.settings.web.secure), "")
    try:
        found = await asyncio.to_thread(
            parts.sign_ins.second, token, given.code, address_of(request)
        )
    except Denied as error:
        return refuse(request, parts, error)
    return await welcome(parts, found)


async def sign_out(request: Request, parts: PartsOf, asker: AskerOf) -> Response:
    """Sign out: open views of this sign-in end as well."""
    await end(request, parts, asker.session.digest)
    response = Response(status_code=204)
    clear_cookie(response, parts)
    return response


async def who_am_i(parts: PartsOf, asker: AskerOf) -> Myself:
    """Tell who is signed in and what they may do."""
    return myself(parts, asker.session, await others_of(parts, asker))


async def others_of(parts: Parts, asker: Asker) -> tuple[str, ...]:
    """Return from where else the asker is signed in."""
    found = await asyncio.to_thread(parts.sign_ins.open_sessions, asker.person.id)
    return tuple(elsewhere(found, asker.session.address))


async def change_password(
    request: Request, parts: PartsOf, asker: AskerOf, given: Annotated[NewPassword, Body()]
) -> Response:
    """Change the own password; every sign-in of this person ends, and all that it watched."""
    found = await asyncio.to_thread(
        parts.sign_ins.change_password, asker.person.id, given.present, given.new, asker.address
    )
    await leave_all(parts, asker.person.id)
    response = Response(status_code=204)
    set_cookie(response, parts, found)
    return response


async def prove(parts: PartsOf, asker: AskerOf, given: Annotated[Proof, Body()]) -> Response:
    """Prove anew who one is, for changes of accounts; the sign-in goes on under a fresh cookie."""
    found = await asyncio.to_thread(
        parts.sign_ins.prove, asker.session, given.secret, asker.address
    )
    await leave(parts, found.ended)
    response = Response(status_code=204)
    set_cookie(response, parts, found)
    return response


async def list_own(parts: PartsOf, asker: AskerOf) -> list[OwnSignIn]:
    """Return the own sign-ins that hold, the oldest first."""
    found = await asyncio.to_thread(parts.sign_ins.open_sessions, asker.person.id)
    return [
        OwnSignIn(
            each.digest,
            each.digest == asker.session.digest,
            each.address,
            each.way.value,
            moment(each.begun_at),
            moment(each.used_at),
            moment(each.ends_at),
        )
        for each in found
    ]


async def end_own(parts: PartsOf, asker: AskerOf, key: str) -> Response:
    """End one of the own sign-ins, and all that hangs on it."""
    await asyncio.to_thread(parts.sign_ins.end_session, asker.person.id, key, actor(asker))
    await leave(parts, (key,))
    return Response(status_code=204)

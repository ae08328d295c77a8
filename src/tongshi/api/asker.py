"""Who asks: the signed-in person behind a request, their words and their scope."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from tongshi.access.identity import Person, Session
from tongshi.access.permission import Permission
from tongshi.access.scope import Scope
from tongshi.api.bearer import admit, session_of, shows_token
from tongshi.api.parts import Parts
from tongshi.api.text import Language, Words, prefer
from tongshi.audit.entry import Actor
from tongshi.errors import SignInNeeded

LANGUAGE_COOKIE = "tongshi_language"


@dataclass(frozen=True, slots=True)
class Asker:
    """A signed-in person and their request.

    address: from where they ask.  scope: the cameras of which they may know now.
    """

    session: Session
    words: Words
    address: str
    scope: Scope

    @property
    def person(self) -> Person:
        """Who it is."""
        return self.session.person

    @property
    def actor(self) -> Actor:
        """Who it is, as the audit chain tells it."""
        person = self.session.person
        return Actor(person.id, person.shown, person.unit, self.address)


def parts_of(request: Request) -> Parts:
    """Return the parts of the node that answers *request*."""
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


def words_for(connection: HTTPConnection, default: str) -> Words:
    """Return the words of the language that was chosen, else of the one the browser likes best."""
    chosen = connection.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in {language.value for language in Language}:
        return Words(Language(chosen))
    return Words(prefer(connection.headers.get("accept-language", ""), Language(default)))


def session_cookie(*, secure: bool) -> str:
    """Return the name of the cookie that carries a sign-in."""
    return "__Host-tongshi" if secure else "tongshi_session"


def address_of(connection: HTTPConnection) -> str:
    """Return the address that a request comes from, ``""`` when it is not known."""
    return connection.client.host if connection.client is not None else ""


async def identify(connection: HTTPConnection, parts: Parts) -> Asker | None:
    """Return who asks, by cookie or by token; None when nobody is signed in.

    Raises SignInNeeded for a token that does not count, Invalid for a token beside a cookie.
    """
    token = connection.cookies.get(session_cookie(secure=parts.settings.web.secure))
    session: Session | None
    if shows_token(connection):
        address = address_of(connection)
        session = await session_of(connection, parts.tokens, address, cookie=bool(token))
    else:
        session = await asyncio.to_thread(parts.sign_ins.session, token) if token else None
    if session is None:
        return None
    words = words_for(connection, parts.settings.node.language)
    scope = await asyncio.to_thread(parts.rights.scope, session.person)
    return Asker(session, words, address_of(connection), scope)


def require(permission: Permission) -> Callable[[Request], Awaitable[None]]:
    """Return the check of a route: somebody is signed in and has *permission*."""

    async def check(request: Request) -> None:
        parts = parts_of(request)
        asker = await identify(request, parts)
        if asker is None:
            raise SignInNeeded("nobody is signed in")
        request.state.asker = asker  # a refusal has a name, too
        admit(request, parts.tokens, asker.session, permission)
        asker.person.require(permission)
        request.state.asker = asker

    return check


def asker_of(request: Request) -> Asker:
    """Return who asks; the route's check has found them."""
    asker = request.state.asker
    assert isinstance(asker, Asker)
    return asker


PartsOf = Annotated[Parts, Depends(parts_of)]
AskerOf = Annotated[Asker, Depends(asker_of)]

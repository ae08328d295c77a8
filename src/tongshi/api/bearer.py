"""A program that asks with a token: ``Authorization: Bearer tst_...``.

The token stands for a sign-in: whatever belongs to one (views, streams of events, addresses of
files) belongs to the token, and ends with it.  What is wrong with a token is not told.

Source: RFC 6750 2.1, 3.
"""

import asyncio
from collections.abc import Callable

from starlette.requests import HTTPConnection, Request

from tongshi.access.identity import Session
from tongshi.access.permission import Permission
from tongshi.errors import Denied, Invalid, SignInNeeded
from tongshi.tokens.service import Tokens
from tongshi.tokens.token import Token, read_bearer, token_of
from tongshi.tokens.usage import kind_of

STREAMS = frozenset({"live", "playback", "talks"})
"""Kinds of calls that begin streams, when they are no mere questions."""
_REFUSAL = "the token does not count: it is wrong, over, revoked, or not for this address"


def shows_token(connection: HTTPConnection) -> bool:
    """Say whether a request carries a bearer token, whatever it is worth."""
    return any(read_bearer(each) for each in connection.headers.getlist("authorization"))


async def session_of(
    connection: HTTPConnection, tokens: Tokens, address: str, *, cookie: bool
) -> Session:
    """Return what stands for the sign-in of a program that shows a token.

    cookie: the request carries a sign-in as well: then nobody knows as whom it is meant, and it is
    refused.  Raises Invalid, SignInNeeded.
    """
    shown = connection.headers.getlist("authorization")
    if cookie or len(shown) != 1:
        raise Invalid("a request carries one token or one cookie, never two of them")
    token = await asyncio.to_thread(tokens.find, read_bearer(shown[0]), address)
    if token is None:
        raise SignInNeeded(_REFUSAL)
    return stand_for(token, address)


def stand_for(token: Token, address: str) -> Session:
    """Return the sign-in that *token* stands for."""
    ends_at = token.ends_at
    if token.person.ends_at is not None:
        ends_at = min(ends_at, token.person.ends_at)
    return Session(token.owner, token.holder, token.made_at, token.made_at, ends_at, address)


def admit(request: Request, tokens: Tokens, session: Session, permission: Permission) -> None:
    """Count the call of a program before it is answered; nothing for people.

    Raises Exhausted when a quota is spent, Denied for what no token is for: changes of the own
    account, as ends of sign-ins and new passwords.
    """
    number = token_of(session.digest)
    if number is None:
        return
    kind = kind_of(getattr(request.scope.get("route"), "path", ""))
    asks = request.method in {"GET", "HEAD"}
    tokens.count_call(number, kind, streams=kind in STREAMS and request.method == "POST")
    request.state.flow = lambda size: tokens.count_flow(number, kind, 0.0, size)
    if permission is Permission.OWN_ACCOUNT and not asks:
        raise Denied("a token changes nothing of its own account")


Flow = Callable[[int], bool]
"""Counts bytes that left; says whether more may."""

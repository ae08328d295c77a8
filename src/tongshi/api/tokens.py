"""Tokens of programs: made for an account of a service, told once, revoked at once."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Body
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.devices import RowId
from tongshi.api.notices import moment
from tongshi.api.parts import Parts
from tongshi.api.session import actor, need_proof
from tongshi.tokens.quota import Quotas
from tongshi.tokens.token import (
    LONGEST_NAME,
    MOST_NETWORKS,
    NewToken,
    Token,
    read_networks,
    read_scopes,
)

_MOST = 2**53


@dataclass(frozen=True, slots=True)
class Limits:
    """Quotas of a token; None: no limit.  stream_day: minutes."""

    calls_minute: int | None
    calls_day: int | None
    stream_day: int | None
    bytes_day: int | None


@dataclass(frozen=True, slots=True)
class TokenShown:
    """A token without its secret.  Times: ISO 8601.

    state: ``counts``, ``over``, ``revoked``, or ``closed`` with its account.
    """

    id: int
    account_id: int
    account: str
    unit: str
    name: str
    scopes: tuple[str, ...]
    networks: tuple[str, ...]
    quotas: Limits
    state: str
    made: str | None
    made_by: str
    ends: str | None
    revoked: str | None
    revoked_by: str
    used: str | None
    used_from: str


@dataclass(frozen=True, slots=True)
class TokenTold:
    """A fresh token.  token: told here only; send it as ``Authorization: Bearer <token>``."""

    token: str
    about: TokenShown


class NewQuotas(BaseModel):
    """How much a program may use; what is left out has no limit."""

    model_config = ConfigDict(extra="forbid")

    calls_minute: int | None = Field(default=None, ge=1, le=_MOST)
    calls_day: int | None = Field(default=None, ge=1, le=_MOST)
    stream_day: int | None = Field(
        default=None, ge=0, le=_MOST // 60, description="Minutes of pictures and sound."
    )
    bytes_day: int | None = Field(default=None, ge=1, le=_MOST)


class AskToken(BaseModel):
    """What a token is to be."""

    model_config = ConfigDict(extra="forbid")

    account: int = Field(ge=1, lt=2**63, description="Number of an account of a service.")
    name: str = Field(max_length=LONGEST_NAME, description="What it is for.")
    scopes: list[str] = Field(
        max_length=50, description="Names of permissions.", examples=[["see-live"]]
    )
    ends: AwareDatetime = Field(description="When it counts no more.")
    networks: list[Annotated[str, Field(max_length=60)]] = Field(
        default=[],
        max_length=MOST_NETWORKS,
        description="From where it counts; empty: from anywhere.",
        examples=[["192.0.2.0/24"]],
    )
    quotas: NewQuotas = Field(default_factory=NewQuotas)


async def list_tokens(parts: PartsOf, asker: AskerOf) -> list[TokenShown]:
    """Return all tokens, newest first, those that count no more included."""
    found = await asyncio.to_thread(parts.tokens.everything)
    return [show(parts, token) for token in found]


async def make_token(parts: PartsOf, asker: AskerOf, ask: Annotated[AskToken, Body()]) -> TokenTold:
    """Make a token; it is told in this answer and never again."""
    need_proof(parts, asker)
    wish = NewToken(
        ask.account,
        ask.name,
        read_scopes(ask.scopes),
        ask.ends.timestamp(),
        read_networks(ask.networks),
        Quotas(**ask.quotas.model_dump()),
    )
    given = await asyncio.to_thread(parts.tokens.make, wish, actor(asker))
    return TokenTold(given.text, show(parts, given.token))


async def revoke_token(parts: PartsOf, asker: AskerOf, token_id: RowId) -> Response:
    """Have a token count no more: its views, talks, streams of events and addresses end."""
    token = await asyncio.to_thread(parts.tokens.revoke, token_id, actor(asker))
    parts.feed.end(token.owner)
    parts.addresses.end_sign_in(token.owner)
    await parts.views.end_sign_in(token.owner)
    await parts.talking.end_sign_in(token.owner)
    return Response(status_code=204)


def show(parts: Parts, token: Token) -> TokenShown:
    """Return *token* as the interface shows it."""
    quotas = token.quotas
    return TokenShown(
        token.id,
        token.person.id,
        token.person.shown,
        token.person.unit,
        token.name,
        tuple(sorted(scope.value for scope in token.scopes)),
        tuple(map(str, token.networks)),
        Limits(quotas.calls_minute, quotas.calls_day, quotas.stream_day, quotas.bytes_day),
        state_of(token, parts.clock.wall()),
        moment(token.made_at),
        token.made_by,
        moment(token.ends_at),
        moment(token.revoked_at),
        token.revoked_by,
        moment(token.used_at),
        token.used_from,
    )


def state_of(token: Token, wall: float) -> str:
    """Return where *token* stands at *wall*, UNIX time, s, in a word."""
    if token.revoked_at is not None:
        return "revoked"
    if wall >= token.ends_at:
        return "over"
    if token.person.disabled or token.person.has_ended(wall):
        return "closed"
    return "counts"

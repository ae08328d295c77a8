"""Heads that subordinate nodes hand over: this node is their witness."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Body, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from tongshi.api.asker import PartsOf, address_of, parts_of
from tongshi.audit.head import from_plain, read_key
from tongshi.audit.witness.service import AT_ONCE
from tongshi.errors import SignInNeeded

HEX = "^[0-9a-f]+$"


class HeadGiven(BaseModel):
    """A signed head, as `tongshi.audit.head` has it."""

    model_config = ConfigDict(extra="forbid")

    purpose: str = Field(pattern="^head$")
    node: str = Field(min_length=32, max_length=32, pattern=HEX)
    number: int = Field(ge=1, lt=2**53)
    seq: int = Field(ge=0, lt=2**53)
    digest: str = Field(min_length=64, max_length=64, pattern=HEX)
    wall: float = Field(allow_inf_nan=False)
    kept: int = Field(ge=0, lt=2**53)
    run: float = Field(allow_inf_nan=False)
    lasted: float = Field(allow_inf_nan=False)
    signature: str = Field(min_length=128, max_length=128, pattern=HEX)


class HeadsGiven(BaseModel):
    """Heads of one node, oldest first.  key: its public one, hex."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=64, max_length=64, pattern=HEX)
    heads: list[HeadGiven] = Field(min_length=1, max_length=AT_ONCE)


@dataclass(frozen=True, slots=True)
class Taken:
    """What the witness has now.  number: of the newest head."""

    number: int


async def find_subordinate(request: Request) -> str:
    """Return the name of the node whose secret the request carries; raises SignInNeeded."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret:
        raise SignInNeeded("a subordinate node shows its secret")
    return await asyncio.to_thread(parts_of(request).subordinates.name_of, secret.strip())


async def take_heads(
    request: Request,
    parts: PartsOf,
    by: Annotated[str, Depends(find_subordinate)],
    given: Annotated[HeadsGiven, Body()],
) -> Taken:
    """Keep heads of a subordinate node; its secret lets it in.

    Heads that go back behind those before are kept as well, and stand on this node's own chain.
    """
    heads = [from_plain(head.model_dump()) for head in given.heads]
    key, address = read_key(given.key), address_of(request)
    number = await asyncio.to_thread(parts.subordinates.take, by, address, key, heads)
    return Taken(number)

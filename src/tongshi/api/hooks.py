"""Webhooks: where changes are told, and what became of each delivery."""

import asyncio
import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import Body
from fastapi import Query as Param
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.devices import Number, RowId, Size
from tongshi.api.notices import moment
from tongshi.api.session import actor
from tongshi.db.page import Page
from tongshi.hooks.hook import LONGEST_NAME, TOPICS, Delivery, Hook, HookWish, State
from tongshi.hooks.target import LONGEST_URL


@dataclass(frozen=True, slots=True)
class HookShown:
    """A webhook without its secret.  Times: ISO 8601.

    failures: in a row.  again: when it is tried next, None when nothing holds it up.
    missed: notices that found the queue full and are not yet told.
    """

    id: int
    owner_id: int
    owner: str
    name: str
    url: str
    topics: tuple[str, ...]
    paused: bool
    made: str | None
    made_by: str
    failures: int
    again: str | None
    missed: int


@dataclass(frozen=True, slots=True)
class HookTold:
    """A webhook with a fresh secret, told here only: with it receivers verify signatures."""

    secret: str
    about: HookShown


class DeliveryShown(BaseModel):
    """Something that a webhook tells."""

    id: int
    topic: str
    device: str
    channel: str
    data: dict[str, object] = Field(description="What changed, as the feed tells it.")
    made: str | None
    again_of: int | None = Field(description="The delivery that is told once more.")
    state: str = Field(description="waiting, done, given-up, withheld")
    tries: int
    tried: str | None
    status: int | None = Field(description="HTTP status of the last answer.")
    why: str = Field(
        description="Why it was not taken: forbidden, unreachable, tls, timeout, no-http, status,"
        " redirect, key, removed, scope; empty when it was."
    )
    detail: str
    answer: str = Field(description="First bytes of the last answer's body.")


class AskHook(BaseModel):
    """What a webhook is to be."""

    model_config = ConfigDict(extra="forbid")

    owner: int = Field(
        ge=1, lt=2**63, description="Account of a service: the hook tells what it may know."
    )
    name: str = Field(max_length=LONGEST_NAME)
    url: str = Field(max_length=LONGEST_URL, examples=["https://hooks.example/tongshi"])
    topics: list[str] = Field(max_length=50, examples=[sorted(TOPICS)[:3]])
    paused: bool = False


async def list_hooks(parts: PartsOf, asker: AskerOf) -> list[HookShown]:
    """Return all webhooks."""
    return [show(hook) for hook in await asyncio.to_thread(parts.hooks.everything)]


async def make_hook(parts: PartsOf, asker: AskerOf, ask: Annotated[AskHook, Body()]) -> HookTold:
    """Make a webhook; its secret is told in this answer and never again."""
    made = await asyncio.to_thread(parts.hooks.make, wish_of(ask), actor(asker))
    return HookTold(made.secret, show(made.hook))


async def read_hook(parts: PartsOf, asker: AskerOf, hook_id: RowId) -> HookShown:
    """Return one webhook."""
    return show(await asyncio.to_thread(parts.hooks.find, hook_id))


async def change_hook(
    parts: PartsOf, asker: AskerOf, hook_id: RowId, ask: Annotated[AskHook, Body()]
) -> HookShown:
    """Change a webhook; what waits goes to its new address, at once."""
    changed = await asyncio.to_thread(parts.hooks.change, hook_id, wish_of(ask), actor(asker))
    return show(changed)


async def renew_hook(parts: PartsOf, asker: AskerOf, hook_id: RowId) -> HookTold:
    """Give a webhook a new secret; the one before signs nothing more."""
    made = await asyncio.to_thread(parts.hooks.renew, hook_id, actor(asker))
    return HookTold(made.secret, show(made.hook))


async def remove_hook(parts: PartsOf, asker: AskerOf, hook_id: RowId) -> Response:
    """Remove a webhook; what waits is given up."""
    await asyncio.to_thread(parts.hooks.remove, hook_id, actor(asker))
    return Response(status_code=204)


async def test_hook(parts: PartsOf, asker: AskerOf, hook_id: RowId) -> DeliveryShown:
    """Send a test now and return how it went."""
    return show_delivery(await parts.queues.test(hook_id))


async def list_deliveries(
    parts: PartsOf,
    asker: AskerOf,
    hook_id: RowId,
    state: Annotated[State | None, Param(description="Of these alone.")] = None,
    number: Number = 1,
    size: Size = 50,
) -> Page[DeliveryShown]:
    """Return a page of a webhook's deliveries, newest first."""
    page = await asyncio.to_thread(parts.hooks.deliveries, hook_id, state, number, size)
    rows = tuple(show_delivery(each) for each in page.rows)
    return Page(rows, page.total, page.number, page.size)


async def redeliver(
    parts: PartsOf, asker: AskerOf, hook_id: RowId, delivery_id: RowId
) -> DeliveryShown:
    """Have a webhook tell something once more, after all that waits."""
    again = await asyncio.to_thread(parts.hooks.redeliver, hook_id, delivery_id, actor(asker))
    return show_delivery(again)


def wish_of(ask: AskHook) -> HookWish:
    """Return what somebody asks for."""
    return HookWish(ask.owner, ask.name, ask.url, frozenset(ask.topics), ask.paused)


def show(hook: Hook) -> HookShown:
    """Return *hook* as the interface shows it."""
    return HookShown(
        hook.id,
        hook.owner_id,
        hook.owner,
        hook.name,
        hook.url,
        tuple(sorted(hook.topics)),
        hook.paused,
        moment(hook.made_at),
        hook.made_by,
        hook.failures,
        moment(hook.next_at or None),
        hook.missed,
    )


def show_delivery(delivery: Delivery) -> DeliveryShown:
    """Return *delivery* as the interface shows it."""
    outcome = delivery.outcome
    return DeliveryShown(
        id=delivery.id,
        topic=delivery.topic,
        device=delivery.device_id,
        channel=delivery.channel_id,
        data=json.loads(delivery.body),
        made=moment(delivery.made_at),
        again_of=delivery.again_of,
        state=delivery.state.value,
        tries=delivery.tries,
        tried=moment(delivery.tried_at),
        status=outcome.status if outcome is not None else None,
        why=outcome.why if outcome is not None else "",
        detail=outcome.detail if outcome is not None else "",
        answer=outcome.answer if outcome is not None else "",
    )

"""What devices are subscribed to: how it stands, and what people choose for a device."""

import asyncio
from typing import Annotated

from fastapi import Body
from fastapi import Query as Param
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.errors import Invalid
from tongshi.gb28181.identifier import is_usable
from tongshi.gb28181.subscription import Subject
from tongshi.registry.want import Want
from tongshi.signalling.tie import Subscribed

Target = Annotated[
    str, Param(max_length=64, description="A channel of the device; empty for the device itself.")
]


class Wish(BaseModel):
    """How something is wanted."""

    model_config = ConfigDict(extra="forbid")

    interval: int = Field(
        default=0, ge=0, le=3600, description="Between positions, s; 0 for the usual one."
    )
    target: str = Field(default="", max_length=64, description="A channel; empty: the device.")


async def list_subscriptions(parts: PartsOf, asker: AskerOf, device_id: str) -> list[Subscribed]:
    """Return the subscriptions to a device and how each stands.

    ``fallback``: the device cannot do it; what it would tell is asked for, or comes unasked.
    """
    await asyncio.to_thread(parts.registry.device, asker.scope, device_id)
    return parts.subscriptions.standing(device_id)


async def want_subscription(
    parts: PartsOf,
    asker: AskerOf,
    device_id: str,
    subject: Subject,
    wish: Annotated[Wish | None, Body()] = None,
) -> Subscribed:
    """Have a device tell of something from now on, and again after every restart."""
    wish = wish or Wish()
    check_target(wish.target)
    await asyncio.to_thread(parts.registry.device, asker.scope, device_id)
    standing = parts.subscriptions.want(device_id, subject, wish.target, wish.interval)
    want = Want(device_id, subject.value, wish.target, wanted=True, interval=wish.interval)
    await asyncio.to_thread(parts.wants.keep, want, asker.person.name, asker.actor)
    return standing


async def unwant_subscription(
    parts: PartsOf, asker: AskerOf, device_id: str, subject: Subject, target: Target = ""
) -> Response:
    """Have a device tell of something no longer, whatever the settings say."""
    check_target(target)
    await asyncio.to_thread(parts.registry.device, asker.scope, device_id)
    want = Want(device_id, subject.value, target, wanted=False)
    await asyncio.to_thread(parts.wants.keep, want, asker.person.name, asker.actor)
    parts.subscriptions.unwant(device_id, subject, target)
    return Response(status_code=204)


def check_target(target: str) -> None:
    """Raise Invalid unless *target* is empty or can be the id of a channel."""
    if target and not is_usable(target):
        raise Invalid(f"not the id of a channel: {target[:64]!r}")

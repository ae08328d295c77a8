"""The mark on pictures: who looks, their unit, the time; what pages draw, and what is burnt in.

The words come from the sign-in that opened a view, never from what a page sends.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Body
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from tongshi.access.identity import Person
from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor

OFF, EXPORT = "off", "export"
TAMPERED = "tampered"
"""How a view ends whose mark was touched."""
ACT = "mark.tampered"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a page draws over a picture.  at: the node's time, UNIX s.  zone: s east of UTC."""

    text: str
    at: float
    zone: float


class Touched(BaseModel):
    """What a page noticed."""

    model_config = ConfigDict(extra="forbid")

    what: Literal["removed", "style", "size", "content"]


def text_of(shown: str, unit: str) -> str:
    """Return who looks, as the mark has it."""
    return f"{shown} {unit}".strip()


def lines_of(shown: str, unit: str, wall: float) -> str:
    """Return what is burnt in: who, and when in the node's zone, below one another."""
    at = datetime.fromtimestamp(wall, UTC).astimezone()
    return f"{text_of(shown, unit)}\n{at:%Y-%m-%d %H:%M:%S}"


def mark_of(parts: Parts, person: Person) -> Mark | None:
    """Return the mark over what *person* watches; None where the settings want none."""
    if parts.settings.access.watermark == OFF:
        return None
    wall = parts.clock.wall()
    return Mark(text_of(person.shown, person.unit), wall, zone_of(wall))


def zone_of(wall: float) -> float:
    """Return how far east of UTC the node's zone is at a moment, s."""
    offset = datetime.fromtimestamp(wall, UTC).astimezone().utcoffset()
    return 0.0 if offset is None else offset.total_seconds()


async def report_tampering(
    parts: PartsOf, asker: AskerOf, view_id: str, given: Annotated[Touched, Body()]
) -> Response:
    """Take a page's report that the mark on an own view was touched: its picture ends.

    It stands in the audit chain, and becomes a finding for the auditor.
    """
    view = parts.views.own(view_id, asker.session)
    person, wish = asker.person, view.wish
    actor = Actor(person.id, person.shown, person.unit, asker.address)
    about = f"{wish.device_id}/{wish.channel_id}"
    await parts.views.close(view, TAMPERED)
    act = actor.act(ACT, about, entry=view.entry_id, noticed=given.what)
    await asyncio.to_thread(parts.watch.note, act)
    parts.watch.wake()
    return Response(status_code=204)

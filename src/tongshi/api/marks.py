"""Marks of cameras, by which grants select: class, sector, unit and tags, for one or many."""

import asyncio
from typing import Annotated

from fastapi import Body
from fastapi import Query as Param
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from tongshi.access.marking.service import MOST
from tongshi.access.scope import no_camera
from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.gate import seen
from tongshi.api.grants import CameraKey
from tongshi.api.session import actor

Mark = Annotated[str, Field(min_length=1, max_length=64)]


class NewMarks(BaseModel):
    """Marks for cameras instead of those they have of the same kinds; left out: unchanged."""

    model_config = ConfigDict(extra="forbid")

    cameras: list[CameraKey] = Field(min_length=1, max_length=MOST)
    classes: list[Mark] | None = Field(default=None, max_length=1)
    sectors: list[Mark] | None = Field(default=None, max_length=1)
    units: list[Mark] | None = Field(default=None, max_length=1)
    tags: list[Mark] | None = Field(default=None, max_length=32)

    def by_kind(self) -> dict[str, list[str]]:
        """Return the kinds that are told."""
        told = {"class": self.classes, "sector": self.sectors, "unit": self.units, "tag": self.tags}
        return {kind: values for kind, values in told.items() if values is not None}


async def read_marks(
    parts: PartsOf,
    asker: AskerOf,
    device: Annotated[str, Param(min_length=1, max_length=256)],
    channel: Annotated[str, Param(max_length=256, description="Empty: the device itself.")] = "",
) -> dict[str, list[str]]:
    """Return the marks of a camera by kind: class, sector, unit, tag."""
    if not await seen(parts, asker, [(device, channel)]):
        raise no_camera(device, channel)
    key = (device, channel or device)
    return (await asyncio.to_thread(parts.marks.read, [key])).get(key, {})


async def list_values(parts: PartsOf, asker: AskerOf) -> dict[str, list[str]]:
    """Return the marks that are in use, by kind."""
    return await asyncio.to_thread(parts.marks.values)


async def write_marks(
    parts: PartsOf, asker: AskerOf, given: Annotated[NewMarks, Body()]
) -> Response:
    """Mark one or many cameras; all of them or, when one does not exist, none."""
    keys = [(one.device, one.channel) for one in given.cameras]
    known = await seen(parts, asker, keys)
    for key in keys:
        if key not in known:
            raise no_camera(*key)
    await asyncio.to_thread(parts.marks.write, keys, given.by_kind(), actor(asker))
    return Response(status_code=204)

"""Settings of devices: read by type, checked, written, read back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Body
from fastapi import Query as Param
from pydantic import BaseModel, Field

from tongshi.access.grant import Right
from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.controls import Plain, entitle, target_of
from tongshi.api.gate import require
from tongshi.api.noting import noted
from tongshi.api.problem import Problem, describe
from tongshi.api.text import Words
from tongshi.errors import Missing
from tongshi.gb28181.manscdp import BLOCKS, Block, SnapShotConfig, VideoParamOpt
from tongshi.gb28181.manscdp.schema import Row, build, fields_of, title_of, to_plain
from tongshi.gb28181.version import Version
from tongshi.signalling.commands import Fate
from tongshi.signalling.configuration import TYPES

UNSET: tuple[type[Block], ...] = (VideoParamOpt, SnapShotConfig)
"""Blocks that nobody writes: one says what a device can do, one is an order of pictures."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a device told.  blocks: by type.  lacking: why there is none, by type."""

    blocks: dict[str, Plain]
    lacking: dict[str, Problem]


@dataclass(frozen=True, slots=True)
class Differing:
    """A field that the device has otherwise than it was told."""

    field: str
    told: object
    found: object


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of new settings.

    outcome: as of a control.  found: the block as the device has it now; None when it does not
    tell: then why says why, and nobody knows whether it took them.
    """

    outcome: Fate
    confirmed: bool
    found: Plain | None
    differences: list[Differing]
    why: Problem | None


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a form; ``rows`` where it is a group of inputs, or a list of such groups."""

    name: str
    title: str
    kind: str
    required: bool
    told: bool
    many: bool
    low: float | None
    high: float | None
    unit: str
    form: str
    most: int | None
    since: str
    options: list[tuple[int | str, str]]
    rows: list["Input"]


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one block.  writable: whether it can be sent."""

    block: str
    title: str
    since: str
    writable: bool
    rows: list[Input]


class New(BaseModel):
    """New settings of one block, and why."""

    values: dict[str, object] = Field(description="Fields by name, as GET gives them.")
    view: str | None = Field(default=None, max_length=100)
    purpose: str | None = Field(default=None, max_length=200)


async def list_forms(asker: AskerOf) -> list[Form]:
    """Return the form of every block: made from the message types, in the asker's language."""
    return [_form(kind, asker.words) for kind in BLOCKS]


async def read_settings(
    parts: PartsOf,
    asker: AskerOf,
    device_id: str,
    channel_id: str,
    types: Annotated[
        str, Param(max_length=400, description="Names of blocks, with commas; empty for all.")
    ] = "",
) -> Settings:
    """Ask a device for its settings.  A device says nothing to types that it does not know."""
    target = await target_of(parts, asker, device_id, channel_id)
    await require(parts, asker, Right.CONFIGURE, device_id, channel_id)
    names = [name.strip() for name in types.split(",") if name.strip()]
    found = await parts.configuration.read(device_id, target.channel_id, names)
    return Settings(
        {name: to_plain(block) for name, block in found.blocks.items()},
        {name: describe(error, asker.words) for name, error in found.lacking.items()},
    )


async def write_settings(
    parts: PartsOf,
    asker: AskerOf,
    device_id: str,
    channel_id: str,
    block: str,
    new: Annotated[New, Body()],
) -> Changed:
    """Check and send new settings, read them back and say what differs.

    They are in the access register before they are sent.
    """
    kind = TYPES.get(block)
    if kind is None or kind in UNSET:
        raise Missing(f"no settings of the name {block[:64]}")
    make: Callable[..., Block] = kind
    made = build(make, new.values, Version.V2022)
    target = await target_of(parts, asker, device_id, channel_id)
    doer = parts.deeds.doer(asker.person, asker.address, target, new.view, new.purpose)
    doer = await entitle(parts, asker, Right.CONFIGURE, target, doer)
    about = f"{device_id}/{target.channel_id}"
    async with (
        noted(parts, asker, "device.configured", about, block=block) as told,
        parts.deeds.enter(doer, target, f"config {block}") as outcome,
    ):
        written = await parts.configuration.write(device_id, target.channel_id, made)
        outcome.how = told["how"] = written.fate.value
    return Changed(
        written.fate,
        written.fate is Fate.CONFIRMED,
        None if written.found is None else to_plain(written.found),
        [Differing(each.field, each.told, each.found) for each in written.differences],
        None if written.why is None else describe(written.why, asker.words),
    )


def _form(kind: type[Block], words: Words) -> Form:
    rows = [_input(row, words) for row in fields_of(kind)]
    title = words.find(title_of(kind)) or kind.WIRE
    return Form(kind.WIRE, title, str(kind.SINCE), kind not in UNSET, rows)


def _input(row: Row, words: Words) -> Input:
    return Input(
        row.name,
        words.find(row.title) or row.name,
        row.kind.value,
        row.required,
        row.told,
        row.many,
        row.low,
        row.high,
        row.unit,
        row.form,
        row.most,
        str(row.since),
        [(option.value, words.find(option.title) or str(option.value)) for option in row.options],
        [_input(inner, words) for inner in row.rows],
    )

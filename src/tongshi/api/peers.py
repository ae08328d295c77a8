"""How each peer is spoken to, and with which password it registers."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Body
from pydantic import BaseModel, Field
from starlette.responses import Response

from tongshi.access.scope import no_camera
from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.gate import seen
from tongshi.api.parts import Parts
from tongshi.gb28181.preset import PRESET, PRESETS, write_value
from tongshi.gb28181.profile import FIELDS, STANDARD


@dataclass(frozen=True, slots=True)
class FieldForm:
    """One field of a profile.

    kind: ``flag`` (``true``, ``false``), ``number``, ``choice``, ``list`` (by commas).
    default: as text; where it is empty, an empty text is "as the settings, or the edition, say".
    row: of the table of deviations that it answers.
    """

    name: str
    kind: str
    choices: tuple[str, ...]
    low: float | None
    high: float | None
    default: str
    row: str


@dataclass(frozen=True, slots=True)
class PresetShown:
    """A profile by maker.  words: by which the maker is known.  fields: text by field."""

    name: str
    words: tuple[str, ...]
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class ProfileTable:
    """Every field there is, and every preset."""

    fields: tuple[FieldForm, ...]
    presets: tuple[PresetShown, ...]


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field as it holds.  by: ``hand``, ``preset`` or ``standard``."""

    name: str
    value: str
    by: str


@dataclass(frozen=True, slots=True)
class ProfileShown:
    """The profile in use, and why.

    preset: chosen by ground: ``hand``, ``device-info``, ``user-agent``, ``catalog``, ``edition``;
    told: the text that showed it.  told_version: as the peer told; version: spoken to it.
    own_password: whether it registers with a password of its own.
    """

    device: str
    preset: str
    ground: str
    told: str
    by_hand: tuple[str, ...]
    told_version: str | None
    version: str | None
    own_password: bool
    fields: tuple[FieldShown, ...]


class ProfileWish(BaseModel):
    """Fields to be set by hand, as text; those left out follow the preset again."""

    preset: str | None = Field(default=None, max_length=40, description="None: by evidence.")
    fields: dict[str, str] = Field(default_factory=dict, max_length=100)


class Password(BaseModel):
    """A device's own password; only hashes of it are kept.

    username, realm: what the device answers with, where that is not its id and our domain.
    """

    password: str = Field(max_length=128)
    username: str = Field(default="", max_length=64)
    realm: str = Field(default="", max_length=64)


def list_presets(asker: AskerOf) -> ProfileTable:
    """Return every field that a profile has, and the presets by maker."""
    forms = tuple(
        FieldForm(
            name,
            item.metadata["kind"].value,
            item.metadata["choices"],
            item.metadata["low"],
            item.metadata["high"],
            write_value(item.default),
            item.metadata["row"],
        )
        for name, item in FIELDS.items()
    )
    presets = tuple(
        PresetShown(
            preset.name,
            preset.words,
            {name: write_value(value) for name, value in preset.fields.items()},
        )
        for preset in PRESETS.values()
    )
    return ProfileTable(forms, presets)


async def read_profile(parts: PartsOf, asker: AskerOf, device_id: str) -> ProfileShown:
    """Return the profile that holds for a device, and why it is this one."""
    await check_sight(parts, asker, device_id)
    return show(parts, device_id)


async def set_profile(
    parts: PartsOf, asker: AskerOf, device_id: str, wish: Annotated[ProfileWish, Body()]
) -> ProfileShown:
    """Set a device's profile by hand; what is left out follows the evidence again."""
    await check_sight(parts, asker, device_id)
    fields = dict(wish.fields)
    if wish.preset is not None:
        fields[PRESET] = wish.preset
    await asyncio.to_thread(
        parts.peers.set_fields, device_id, fields, asker.person.name, asker.actor
    )
    await asyncio.sleep(0)  # signalling takes it up in its own turn of the loop
    return show(parts, device_id)


async def set_password(
    parts: PartsOf, asker: AskerOf, device_id: str, given: Annotated[Password, Body()]
) -> Response:
    """Let a device register with a password of its own; it is never shown again."""
    await check_sight(parts, asker, device_id)
    await asyncio.to_thread(
        parts.peers.set_password,
        device_id,
        given.password,
        asker.person.name,
        asker.actor,
        username=given.username,
        realm=given.realm,
    )
    return Response(status_code=204)


async def remove_password(parts: PartsOf, asker: AskerOf, device_id: str) -> Response:
    """Let a device register with the common password again."""
    await check_sight(parts, asker, device_id)
    await asyncio.to_thread(parts.peers.remove_password, device_id, asker.actor)
    return Response(status_code=204)


async def check_sight(parts: Parts, asker: Asker, device_id: str) -> None:
    """Raise Missing unless *asker* may know of *device_id*, registered before or not."""
    if not await seen(parts, asker, [(device_id, "")]):
        raise no_camera(device_id)


def show(parts: Parts, device_id: str) -> ProfileShown:
    """Return the profile of a device as the interface tells it."""
    chosen = parts.profiles.chosen(device_id)
    told = parts.profiles.editions(device_id)
    preset = PRESETS[chosen.preset]
    fields = []
    for name in FIELDS:
        value = getattr(chosen.profile, name)
        by = "standard"
        if name in chosen.by_hand:
            by = "hand"
        elif name in preset.fields and value != getattr(STANDARD, name):
            by = "preset"
        fields.append(FieldShown(name, write_value(value), by))
    return ProfileShown(
        device=device_id,
        preset=chosen.preset,
        ground=chosen.ground.value,
        told=chosen.told,
        by_hand=chosen.by_hand,
        told_version=None if told is None else str(told[0]),
        version=None if told is None else str(told[1]),
        own_password=parts.peers.has_password(device_id),
        fields=tuple(fields),
    )

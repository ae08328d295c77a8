"""The list of purposes: read by everybody who is signed in, kept by the administrator of security.

No purpose is ever deleted: a retired one is stated no more, and the register still reads it.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Body, Path
from pydantic import BaseModel, ConfigDict, Field

from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.parts import Parts
from tongshi.approvals.person import actor_of
from tongshi.approvals.purpose import LONGEST_TITLE, Purpose
from tongshi.errors import Missing

Code = Annotated[str, Path(max_length=32)]


@dataclass(frozen=True, slots=True)
class PurposeRow:
    """A purpose.  title: in the asker's language.  The rest: what stating it requires."""

    code: str
    title: str
    zh: str
    en: str
    case: bool
    approval: bool
    second: bool
    text: bool
    order: int
    retired: bool


class PurposeBody(BaseModel):
    """What a purpose is called and what stating it requires."""

    model_config = ConfigDict(extra="forbid")

    zh: str = Field(min_length=1, max_length=LONGEST_TITLE, description="Its name in Chinese.")
    en: str = Field(min_length=1, max_length=LONGEST_TITLE, description="Its name in English.")
    case: bool = Field(default=False, description="It asks for a case number.")
    approval: bool = Field(default=False, description="It asks for an approved request.")
    second: bool = Field(default=False, description="It asks for a second person.")
    text: bool = Field(default=False, description="It asks for words.")
    order: int = Field(default=0, ge=0, le=9999, description="Its place before any use.")
    retired: bool = Field(default=False, description="It is stated no more.")


class NewPurpose(PurposeBody):
    """A purpose that there is not yet."""

    code: str = Field(max_length=32, pattern=r"^[a-z][a-z0-9-]{0,31}$")


async def list_purposes(parts: PartsOf, asker: AskerOf) -> list[PurposeRow]:
    """Return every purpose in the order of the list, retired ones too."""
    return [row_of(each, asker) for each in parts.purposes.known.values()]


async def add_purpose(
    parts: PartsOf, asker: AskerOf, given: Annotated[NewPurpose, Body()]
) -> PurposeRow:
    """Add a purpose."""
    purpose = Purpose(**given.model_dump())
    await asyncio.to_thread(parts.purposes.add, actor_of(asker.person, asker.address), purpose)
    return row_of(purpose, asker)


async def change_purpose(
    parts: PartsOf, asker: AskerOf, code: Code, given: Annotated[PurposeBody, Body()]
) -> PurposeRow:
    """Let a purpose be so from now on; retired, it is stated no more."""
    return row_of(await write_purpose(parts, asker, code, given), asker)


async def write_purpose(parts: Parts, asker: Asker, code: str, given: PurposeBody) -> Purpose:
    """Change the purpose of this code; raises Missing."""
    if code not in parts.purposes.known:
        raise Missing("no such purpose")
    purpose = Purpose(code=code, **given.model_dump())
    await asyncio.to_thread(parts.purposes.change, actor_of(asker.person, asker.address), purpose)
    return purpose


def row_of(purpose: Purpose, asker: Asker) -> PurposeRow:
    """Return *purpose* as the interface tells it."""
    return PurposeRow(
        purpose.code,
        purpose.title(asker.words.language.value),
        purpose.zh,
        purpose.en,
        purpose.case,
        purpose.approval,
        purpose.second,
        purpose.text,
        purpose.order,
        purpose.retired,
    )

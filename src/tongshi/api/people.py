"""Accounts, for the administrator of security: add, change, reset, close, bind."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Body
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from tongshi.access.accounts.terms import Terms
from tongshi.access.identity import LONGEST_NAME, Person, is_certified
from tongshi.access.permission import Role
from tongshi.access.service import Given
from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.devices import RowId
from tongshi.api.notices import moment
from tongshi.api.parts import Parts
from tongshi.api.session import actor, leave_all, need_proof

LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class PersonShown:
    """An account.  Times: ISO 8601, None for no end or unknown.

    must_change: the password is a generated one.  certified: training and certificate hold, or
    are not needed.  totp: one-time codes are enrolled.  sign_ins: how many hold.
    """

    id: int
    name: str
    shown: str
    unit: str
    role: str
    must_change: bool
    disabled: bool
    ended: bool
    ends: str | None
    trained: str | None
    certified_until: str | None
    certified: bool
    totp: bool
    sign_ins: int


@dataclass(frozen=True, slots=True)
class PasswordTold:
    """A generated password: told once, opens once, within a day."""

    person: PersonShown
    password: str


@dataclass(frozen=True, slots=True)
class Binding:
    """By what a person signs in at the provider: empty where by nothing."""

    issuer: str
    subject: str
    email: str


class Dates(BaseModel):
    """Dates of an account."""

    model_config = ConfigDict(extra="forbid")

    shown: str = Field(max_length=64)
    unit: str = Field(default="", max_length=128)
    role: Role
    ends: AwareDatetime | None = Field(default=None, description="A contractor's is required.")
    trained: AwareDatetime | None = None
    certified_until: AwareDatetime | None = None

    @property
    def terms(self) -> Terms:
        """The dates as the account has them."""
        return Terms(_wall(self.ends), _wall(self.trained), _wall(self.certified_until))


class NewPerson(Dates):
    """An account to be made."""

    name: str = Field(max_length=LONGEST_NAME)


class NewBinding(BaseModel):
    """The outer identity of a person; empty for none."""

    model_config = ConfigDict(extra="forbid")

    subject: str = Field(default="", max_length=LONGEST_SUBJECT)
    email: str = Field(default="", max_length=LONGEST_SUBJECT)


def _wall(moment_: datetime | None) -> float | None:
    return None if moment_ is None else moment_.timestamp()


async def list_people(parts: PartsOf, asker: AskerOf) -> list[PersonShown]:
    """Return all accounts, by name."""
    everybody = await asyncio.to_thread(parts.people.everybody)
    counts = await asyncio.to_thread(parts.sign_ins.count_open)
    return [show(parts, each, counts.get(each.id, 0)) for each in everybody]


async def read_person(parts: PartsOf, asker: AskerOf, person_id: RowId) -> PersonShown:
    """Return one account."""
    person = await asyncio.to_thread(parts.people.person, person_id)
    held = await asyncio.to_thread(parts.sign_ins.open_sessions, person_id)
    return show(parts, person, len(held))


async def add_person(
    parts: PartsOf, asker: AskerOf, given: Annotated[NewPerson, Body()]
) -> PasswordTold:
    """Make an account; its password is told here only."""
    need_proof(parts, asker)
    made = await asyncio.to_thread(
        parts.people.add,
        given.name,
        given.shown,
        given.unit,
        given.role,
        terms=given.terms,
        by=actor(asker),
    )
    return await _tell(parts, made)


async def change_person(
    parts: PartsOf, asker: AskerOf, person_id: RowId, given: Annotated[Dates, Body()]
) -> PersonShown:
    """Change an account; a change of role or end date ends its sign-ins."""
    need_proof(parts, asker)
    before = await asyncio.to_thread(parts.people.person, person_id)
    after = await asyncio.to_thread(
        parts.people.change,
        person_id,
        given.shown,
        given.unit,
        given.role,
        given.terms,
        actor(asker),
    )
    if (before.role, before.ends_at) != (after.role, after.ends_at):
        await leave_all(parts, person_id)
    return await read_person(parts, asker, person_id)


async def reset_password(parts: PartsOf, asker: AskerOf, person_id: RowId) -> PasswordTold:
    """Give somebody a new password, told here only; all their sign-ins end."""
    need_proof(parts, asker)
    made = await asyncio.to_thread(parts.people.reset, person_id, actor(asker))
    await leave_all(parts, person_id)
    return await _tell(parts, made)


async def remove_factor(parts: PartsOf, asker: AskerOf, person_id: RowId) -> Response:
    """Take somebody's second factor off; all their sign-ins end.  Not of an administrator."""
    need_proof(parts, asker)
    await asyncio.to_thread(parts.people.remove_factor, person_id, actor(asker))
    await leave_all(parts, person_id)
    return Response(status_code=204)


async def disable(parts: PartsOf, asker: AskerOf, person_id: RowId) -> Response:
    """Close an account; all its sign-ins end."""
    need_proof(parts, asker)
    await asyncio.to_thread(parts.people.disable, person_id, disabled=True, by=actor(asker))
    await leave_all(parts, person_id)
    return Response(status_code=204)


async def enable(parts: PartsOf, asker: AskerOf, person_id: RowId) -> Response:
    """Open an account again."""
    need_proof(parts, asker)
    await asyncio.to_thread(parts.people.disable, person_id, disabled=False, by=actor(asker))
    return Response(status_code=204)


async def read_binding(parts: PartsOf, asker: AskerOf, person_id: RowId) -> Binding:
    """Return the outer identity of a person."""
    oidc, email = await asyncio.to_thread(parts.people.binding, person_id)
    issuer, _, subject = oidc.partition("|")
    return Binding(issuer, subject, email)


async def bind(
    parts: PartsOf, asker: AskerOf, person_id: RowId, given: Annotated[NewBinding, Body()]
) -> Binding:
    """Bind a person to a subject of the provider that the settings name, or to none."""
    need_proof(parts, asker)
    issuer = parts.settings.access.oidc_issuer
    oidc = f"{issuer}|{given.subject}" if given.subject else ""
    await asyncio.to_thread(parts.people.bind, person_id, oidc, given.email, actor(asker))
    return await read_binding(parts, asker, person_id)


async def _tell(parts: Parts, made: Given) -> PasswordTold:
    person = await asyncio.to_thread(parts.people.named, made.name)
    return PasswordTold(show(parts, person, 0), made.password)


def show(parts: Parts, person: Person, sign_ins: int) -> PersonShown:
    """Return *person* as the interface tells them."""
    wall = parts.clock.wall()
    return PersonShown(
        person.id,
        person.name,
        person.shown,
        person.unit,
        person.role.value,
        person.must_change,
        person.disabled,
        person.has_ended(wall),
        moment(person.ends_at),
        moment(person.trained_at),
        moment(person.certified_until),
        is_certified(person, wall),
        person.totp,
        sign_ins,
    )

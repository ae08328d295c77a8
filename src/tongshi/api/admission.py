"""Who may register: rules, devices that wait for approval, lock-outs."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Body
from pydantic import BaseModel, Field
from starlette.responses import Response

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.devices import RowId
from tongshi.api.notices import moment
from tongshi.api.peers import check_sight
from tongshi.registry.peers.rule import Effect, Rule
from tongshi.signalling.admission import Lock


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule.  made_at: ISO 8601."""

    id: int
    effect: str
    pattern: str
    network: str
    target: str
    expires: int
    note: str
    made_at: str | None
    made_by: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A device that proved its password and waits for a person.  first_at, last_at: ISO 8601."""

    device: str
    host: str
    transport: str
    first_at: str | None
    last_at: str | None
    tries: int


@dataclass(frozen=True, slots=True)
class AdmissionShown:
    """All of it.  counters: refusals by reason since the start."""

    rules: tuple[RuleShown, ...]
    waiting: tuple[Waiting, ...]
    locks: tuple[Lock, ...]
    counters: dict[str, int]


@dataclass(frozen=True, slots=True)
class Cleared:
    """How many failures were forgotten."""

    failures: int


class NewRule(BaseModel):
    """A rule to be added.

    pattern: a device id, or the beginning of ids with ``*``.  network: CIDR.  target:
    ``id@address:port`` of a redirection, expires: s for which it holds.
    """

    effect: Effect
    pattern: str = Field(max_length=70)
    network: str = Field(default="", max_length=50)
    target: str = Field(default="", max_length=130)
    expires: int = 3600
    note: str = Field(default="", max_length=500)


class Host(BaseModel):
    """An address."""

    host: str = Field(max_length=64)


async def read_admission(parts: PartsOf, asker: AskerOf) -> AdmissionShown:
    """Return rules, devices that wait for approval, and lock-outs that hold."""
    waiting = tuple(
        Waiting(
            one.device_id,
            one.host,
            one.transport,
            moment(one.first_at),
            moment(one.last_at),
            one.tries,
        )
        for one in parts.admission.newcomers()
    )
    return AdmissionShown(
        rules=tuple(map(_show, parts.peers.book.rules)),
        waiting=waiting,
        locks=tuple(parts.admission.locks()),
        counters=dict(parts.admission.counters),
    )


async def add_rule(parts: PartsOf, asker: AskerOf, given: Annotated[NewRule, Body()]) -> RuleShown:
    """Add a rule; it holds from the next REGISTER on."""
    rule = Rule(given.effect, given.pattern, given.network, given.target, given.expires, given.note)
    made = await asyncio.to_thread(parts.peers.add_rule, rule, asker.person.name, asker.actor)
    return _show(made)


async def remove_rule(parts: PartsOf, asker: AskerOf, number: RowId) -> Response:
    """Remove a rule."""
    await asyncio.to_thread(parts.peers.remove_rule, number, asker.actor)
    return Response(status_code=204)


async def dismiss(parts: PartsOf, asker: AskerOf, device_id: str) -> Response:
    """Take a device off the list of those who wait; it may come again."""
    parts.admission.dismiss(device_id)
    parts.audit.note(asker.actor.act("admission.dismissed", device_id))
    return Response(status_code=204)


async def clear_lock(parts: PartsOf, asker: AskerOf, device_id: str) -> Cleared:
    """Forget a device's failed attempts and let it try again."""
    await check_sight(parts, asker, device_id)
    failures = parts.admission.clear(device_id)
    parts.audit.note(asker.actor.act("admission.unlocked", device_id, failures=failures))
    return Cleared(failures)


async def clear_host(parts: PartsOf, asker: AskerOf, given: Annotated[Host, Body()]) -> Response:
    """Forget every failed attempt from an address."""
    parts.admission.clear_host(given.host)
    parts.audit.note(asker.actor.act("admission.unlocked", given.host))
    return Response(status_code=204)


def _show(rule: Rule) -> RuleShown:
    return RuleShown(
        rule.id,
        rule.effect.value,
        rule.pattern,
        rule.network,
        rule.target,
        rule.expires,
        rule.note,
        moment(rule.made_at),
        rule.made_by,
    )

"""Alarms that devices raised: a list that people work through, and what they did with each.

Moments are UNIX time, s.  ``at`` is by the device's clock, ``received_at`` by ours, which orders
the list and is what ``since`` and ``until`` mean.  Kinds are the device's own codes.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Body
from fastapi import Query as Param
from pydantic import BaseModel, ConfigDict, Field

from tongshi.access.grant import Right
from tongshi.access.register import Action, Basis, Look
from tongshi.alarms.alarm import Act, Alarm, Handling, Query, State
from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.devices import Number, RowId, Size, Text
from tongshi.api.gate import require, scope_for
from tongshi.api.notices import alarm_changed
from tongshi.api.parts import Parts
from tongshi.api.register import Moment, seconds
from tongshi.db.page import Page
from tongshi.errors import Error, Missing
from tongshi.gb28181.manscdp import AlarmCmd

PURPOSE = "alarm"
"""What a reset at the device is for, in the access register."""


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm.

    device, channel: codes, with the names that the register has for them; camera: the channel has
    a picture.  assignee: whom it was given to last.  occurrences: reports that it stands for.
    needs_reset: the device raises no other before it is reset.
    """

    id: int
    device: str
    device_name: str
    channel: str
    channel_name: str
    camera: bool
    priority: int | None
    method: int | None
    alarm_type: int | None
    event_type: int | None
    description: str
    longitude: float | None
    latitude: float | None
    at: float | None
    received_at: float
    last_at: float
    occurrences: int
    state: State
    state_at: float | None
    assignee: str
    reset_at: float | None
    needs_reset: bool


@dataclass(frozen=True, slots=True)
class AlarmStep:
    """What somebody did with an alarm; person is empty for the platform itself."""

    at: float
    person: str
    act: Act
    assignee: str
    note: str


@dataclass(frozen=True, slots=True)
class AlarmWhole:
    """One alarm with its history, oldest step first."""

    alarm: AlarmRow
    steps: list[AlarmStep]


class Remark(BaseModel):
    """What somebody has to say about it."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(default="", max_length=500)


class Assignment(Remark):
    """Who is to see to it."""

    to: str = Field(min_length=1, max_length=128, description="A person or unit, in words.")


class Finding(BaseModel):
    """What was found, before an alarm is closed."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(min_length=1, max_length=500)


async def list_alarms(
    parts: PartsOf,
    asker: AskerOf,
    state: State | Literal["open"] | None = None,
    device: str = "",
    channel: str = "",
    method: Annotated[int | None, Param(ge=1, le=7)] = None,
    priority: Annotated[int | None, Param(ge=1, le=4)] = None,
    since: Moment = None,
    until: Moment = None,
    text: Text = "",
    number: Number = 1,
    size: Size = 50,
) -> Page[AlarmRow]:
    """Return a page of alarms, newest first; ``open`` are those that are not closed."""
    query = Query(
        state=state if isinstance(state, State) else None,
        open=state == "open",
        device_id=device,
        channel_id=channel,
        method=method,
        priority=priority,
        since=seconds(since),
        until=seconds(until),
        text=text,
        number=number,
        size=size,
    )
    scope = await scope_for(parts, asker, Right.ALARMS)
    page = await asyncio.to_thread(parts.alarms.page, scope, query)
    return Page(tuple(map(row_of, page.rows)), page.total, page.number, page.size)


async def count_alarms(parts: PartsOf, asker: AskerOf) -> dict[str, int]:
    """Return how many alarms are in each state."""
    scope = await scope_for(parts, asker, Right.ALARMS)
    counts = await asyncio.to_thread(parts.alarms.counts, scope)
    return {state.value: number for state, number in counts.items()}


async def read_alarm(parts: PartsOf, asker: AskerOf, alarm_id: RowId) -> AlarmWhole:
    """Return one alarm and what was done with it."""
    alarm = await find_alarm(parts, asker, alarm_id)
    steps = await asyncio.to_thread(parts.alarms.steps, asker.scope, alarm_id)
    told = [
        AlarmStep(one.at, one.person, one.act, one.assignee, one.note)
        for one in (step.handling for step in steps)
    ]
    return AlarmWhole(row_of(alarm), told)


async def find_alarm(parts: Parts, asker: Asker, alarm_id: int) -> Alarm:
    """Return an alarm; raises Missing, and NotGranted when its camera may be known of only."""
    alarm = await asyncio.to_thread(parts.alarms.read, asker.scope, alarm_id)
    await _reach(parts, asker, Right.ALARMS, alarm)
    return alarm


async def _reach(parts: Parts, asker: Asker, right: Right, alarm: Alarm) -> Basis:
    report = alarm.report
    try:
        return await require(parts, asker, right, report.device_id, report.channel_id)
    except Missing:  # an input that no catalog has stands for its device
        return await require(parts, asker, right, report.device_id)


async def acknowledge_alarm(
    parts: PartsOf, asker: AskerOf, alarm_id: RowId, remark: Annotated[Remark | None, Body()] = None
) -> AlarmRow:
    """Say that somebody has seen it."""
    note = remark.note if remark is not None else ""
    return await _handle(parts, asker, alarm_id, Act.ACKNOWLEDGE, note)


async def assign_alarm(
    parts: PartsOf, asker: AskerOf, alarm_id: RowId, given: Annotated[Assignment, Body()]
) -> AlarmRow:
    """Give it to somebody."""
    return await _handle(parts, asker, alarm_id, Act.ASSIGN, given.note, given.to)


async def close_alarm(
    parts: PartsOf, asker: AskerOf, alarm_id: RowId, finding: Annotated[Finding, Body()]
) -> AlarmRow:
    """Say what was found, and be done with it."""
    return await _handle(parts, asker, alarm_id, Act.CLOSE, finding.note)


async def reset_alarm(parts: PartsOf, asker: AskerOf, alarm_id: RowId) -> AlarmRow:
    """Have the device clear it; written into the access register before anything is sent."""
    alarm = await find_alarm(parts, asker, alarm_id)
    person, report = asker.person, alarm.report
    basis = await _reach(parts, asker, Right.CONTROL, alarm)
    look = Look(
        person_id=person.id,
        person=person.shown,
        unit=person.unit,
        action=Action.CONTROL,
        device_id=report.device_id,
        channel_id=report.channel_id,
        channel=alarm.channel,
        purpose=PURPOSE,
        at=parts.clock.wall(),
        transport="",
        address=asker.address,
    )
    entry = await asyncio.to_thread(parts.register.open, look.on(basis))
    how = "cancelled"
    try:
        await parts.reset_alarm(report.device_id, report.channel_id, command_for(alarm))
        how = "done"
    except Error as error:
        how = error.code
        raise
    finally:
        parts.register.close(entry, how, None, None)
    note_reset = parts.alarms.note_reset
    alarm = await asyncio.to_thread(
        note_reset, alarm_id, person.id, person.shown, actor=asker.actor
    )
    alarm_changed(parts.feed, alarm)
    return row_of(alarm)


def command_for(alarm: Alarm) -> AlarmCmd:
    """Return what resets *alarm*: its method and type, as far as the device told them."""
    report = alarm.report
    methods = () if report.method is None else (report.method,)
    types = () if report.alarm_type is None else (report.alarm_type,)
    return AlarmCmd(methods=methods, types=types)


def row_of(alarm: Alarm) -> AlarmRow:
    """Return *alarm* as the interface tells it."""
    report = alarm.report
    return AlarmRow(
        alarm.id,
        report.device_id,
        alarm.device,
        report.channel_id,
        alarm.channel,
        alarm.camera,
        report.priority,
        report.method,
        report.alarm_type,
        report.event_type,
        report.description,
        report.longitude,
        report.latitude,
        report.at,
        report.received_at,
        alarm.last_at,
        alarm.occurrences,
        alarm.state,
        alarm.state_at,
        alarm.assignee,
        alarm.reset_at,
        alarm.needs_reset,
    )


async def _handle(
    parts: Parts, asker: Asker, alarm_id: RowId, act: Act, note: str, assignee: str = ""
) -> AlarmRow:
    person = asker.person
    handling = Handling(act, person.id, person.shown, parts.clock.wall(), note, assignee)
    await find_alarm(parts, asker, alarm_id)
    alarm = await asyncio.to_thread(
        parts.alarms.handle, asker.scope, alarm_id, handling, asker.actor
    )
    alarm_changed(parts.feed, alarm)
    return row_of(alarm)

"""The statements of alarms.  Every question takes a scope and counts only what it lets see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from tongshi.access.scope import Scope
from tongshi.access.store import visible
from tongshi.alarms.alarm import Act, Alarm, Handling, Query, Report, State, Step
from tongshi.db.tables import alarm_steps, alarms, channels, devices
from tongshi.db.text import find_literally

_joined = alarms.outerjoin(devices, devices.c.device_id == alarms.c.device_id).outerjoin(
    channels,
    and_(
        channels.c.device_id == alarms.c.device_id,
        channels.c.channel_id == alarms.c.channel_id,
    ),
)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Reports that repeat an alarm.  at: UNIX time of the last, s."""

    count: int
    at: float

    def __add__(self, later: "Recurrence") -> "Recurrence":
        return Recurrence(self.count + later.count, max(self.at, later.at))


def read_last_id(connection: Connection) -> int:
    """Return the highest number an alarm has; 0 when there is none."""
    return int(connection.execute(select(func.max(alarms.c.id))).scalar_one() or 0)


def add_alarms(connection: Connection, reports: Mapping[int, Report]) -> None:
    """Insert alarms under their numbers, all of them new."""
    rows = [
        {
            "id": alarm_id,
            "device_id": report.device_id,
            "channel_id": report.channel_id,
            "received_at": report.received_at,
            "at": report.at,
            "priority": report.priority,
            "method": report.method,
            "alarm_type": report.alarm_type,
            "event_type": report.event_type,
            "description": report.description,
            "longitude": report.longitude,
            "latitude": report.latitude,
            "state": State.NEW.value,
            "assignee": "",
            "occurrences": 1,
            "last_at": report.received_at,
        }
        for alarm_id, report in reports.items()
    ]
    connection.execute(insert(alarms), rows)


def add_recurrences(connection: Connection, found: Mapping[int, Recurrence]) -> None:
    """Count reports that repeat alarms."""
    rows = [
        {"key": alarm_id, "more": more.count, "when": more.at} for alarm_id, more in found.items()
    ]
    statement = update(alarms).where(alarms.c.id == bindparam("key"))
    values = {"occurrences": alarms.c.occurrences + bindparam("more"), "last_at": bindparam("when")}
    connection.execute(statement.values(values), rows)


def add_step(connection: Connection, alarm_id: int, state: State, handling: Handling) -> None:
    """Append a step, and let the alarm stand as it says."""
    step = insert(alarm_steps).values(
        alarm_id=alarm_id,
        at=handling.at,
        person_id=handling.person_id,
        person=handling.person,
        act=handling.act.value,
        assignee=handling.assignee,
        note=handling.note,
    )
    connection.execute(step)
    values: dict[str, object] = {"state": state.value, "state_at": handling.at}
    if handling.act is Act.ASSIGN:
        values["assignee"] = handling.assignee
    if handling.act is Act.RESET:
        values = {"reset_at": handling.at}
    connection.execute(update(alarms).where(alarms.c.id == alarm_id).values(values))


def read_alarm(connection: Connection, scope: Scope, alarm_id: int) -> Alarm | None:
    """Return one alarm; None when it is not there or not to be seen."""
    c = alarms.c
    found = _select().where(c.id == alarm_id, visible(scope, c.device_id, c.channel_id))
    row = connection.execute(found).first()
    return None if row is None else _alarm(row)


def page_alarms(
    connection: Connection, scope: Scope, query: Query
) -> tuple[tuple[Alarm, ...], int]:
    """Return one page of alarms, newest first, and the count of all that match."""
    where = _conditions(scope, query)
    # Names are looked up for the rows of the page only, unless they are what is looked for.
    table = _joined if query.text else alarms
    total = connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()
    keys = (
        select(alarms.c.id)
        .select_from(table)
        .where(*where)
        .order_by(alarms.c.id.desc())
        .limit(query.size)
        .offset((query.number - 1) * query.size)
        .subquery()
    )
    found = _select().where(alarms.c.id.in_(select(keys.c.id))).order_by(alarms.c.id.desc())
    return tuple(_alarm(row) for row in connection.execute(found)), total


def count_states(connection: Connection, scope: Scope) -> dict[State, int]:
    """Return how many alarms are in each state."""
    c = alarms.c
    rows = connection.execute(
        select(c.state, func.count())
        .where(visible(scope, c.device_id, c.channel_id))
        .group_by(c.state)
    )
    return dict.fromkeys(State, 0) | {State(state): int(number) for state, number in rows}


def read_steps(connection: Connection, alarm_id: int) -> tuple[Step, ...]:
    """Return the history of an alarm, oldest first."""
    c = alarm_steps.c
    rows = connection.execute(select(alarm_steps).where(c.alarm_id == alarm_id).order_by(c.id))
    return tuple(
        Step(
            row.id,
            Handling(Act(row.act), row.person_id, row.person, row.at, row.note, row.assignee),
        )
        for row in rows
    )


def _conditions(scope: Scope, query: Query) -> list[ColumnElement[bool]]:
    c = alarms.c
    where = [visible(scope, c.device_id, c.channel_id)]
    if query.state is not None:
        where.append(c.state == query.state.value)
    if query.open:
        where.append(c.state != State.CLOSED.value)
    for column, value in (
        (c.device_id, query.device_id or None),
        (c.channel_id, query.channel_id or None),
        (c.method, query.method),
        (c.priority, query.priority),
    ):
        if value is not None:
            where.append(column == value)
    if query.since is not None:
        where.append(c.received_at >= query.since)
    if query.until is not None:
        where.append(c.received_at < query.until)
    if query.text:
        columns = (c.description, c.device_id, c.channel_id, devices.c.name, channels.c.name)
        where.append(or_(*(find_literally(column, query.text) for column in columns)))
    return where


def _select() -> Select[Any]:
    names = (
        devices.c.name.label("device_name"),
        channels.c.name.label("channel_name"),
        func.coalesce(channels.c.camera, False).label("camera"),
    )
    return select(alarms, *names).select_from(_joined)


def _alarm(row: Row[Any]) -> Alarm:
    report = Report(
        row.device_id,
        row.channel_id,
        row.received_at,
        row.at,
        row.priority,
        row.method,
        row.alarm_type,
        row.event_type,
        row.description,
        row.longitude,
        row.latitude,
    )
    return Alarm(
        row.id,
        report,
        row.device_name or "",
        row.channel_name or "",
        bool(row.camera),
        State(row.state),
        row.state_at,
        row.assignee,
        row.occurrences,
        row.last_at,
        row.reset_at,
    )


def prune(connection: Connection, before: float, most: int) -> int:
    """Delete at most *most* alarms that last came before *before*, with what was done.

    Returns how many alarms are gone.
    """
    c = alarms.c
    old = select(c.id).where(c.received_at < before, c.last_at < before)
    numbers = connection.execute(old.order_by(c.received_at).limit(most)).scalars().all()
    if numbers:
        connection.execute(delete(alarm_steps).where(alarm_steps.c.alarm_id.in_(numbers)))
        connection.execute(delete(alarms).where(c.id.in_(numbers)))
    return len(numbers)

"""The statements of grants, and of what they know a camera by."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)

from tongshi.access.grant import (
    Camera,
    Grant,
    Hours,
    Party,
    Right,
    Selector,
    Subject,
    SubjectKind,
    Window,
)
from tongshi.access.scope import Scope
from tongshi.access.sight.store import visible
from tongshi.db.tables import camera_marks, channels, devices, grants
from tongshi.db.text import find_literally

REMEMBERED = 30 * 86400.0
"""How long a grant that ended is still told as the reason why not, s."""


@dataclass(frozen=True, slots=True)
class GrantQuery:
    """Which grants, newest first.

    party: of one of these subjects; empty for all.  running: only those that are not over.
    text: of note, subject or maker, literally.
    """

    party: Party = frozenset()
    running: bool = False
    text: str = ""
    number: int = 1
    size: int = 50


def add_grant(connection: Connection, grant: Grant) -> int:
    """Insert *grant* and return its number."""
    statement = insert(grants).values(
        subject_kind=grant.subject.kind.value,
        subject=grant.subject.value,
        rights=",".join(sorted(right.value for right in grant.rights)),
        selector=write_selector(grant.selector),
        purposes=json.dumps(sorted(grant.purposes), ensure_ascii=False),
        hours=write_hours(grant.hours),
        since=grant.since,
        until=grant.until,
        footage_age=grant.footage_age,
        deny=grant.deny,
        note=grant.note,
        origin=grant.origin,
        made_by=grant.made_by,
        made_at=grant.made_at,
    )
    return int(connection.execute(statement.returning(grants.c.id)).scalar_one())


def revoke_grant(connection: Connection, grant_id: int, by: str, wall: float) -> bool:
    """Write that a grant is revoked; say whether it was not before."""
    c = grants.c
    statement = update(grants).where(c.id == grant_id, c.revoked_at.is_(None))
    return connection.execute(statement.values(revoked_by=by, revoked_at=wall)).rowcount == 1


def read_grant(connection: Connection, grant_id: int) -> Grant | None:
    """Return a grant; None when there is none."""
    row = connection.execute(select(grants).where(grants.c.id == grant_id)).first()
    return None if row is None else _grant(row)


def read_party(connection: Connection, party: Party, wall: float) -> tuple[Grant, ...]:
    """Return the grants of *party* that are not revoked nor over for long at *wall*."""
    c = grants.c
    lately = or_(c.until.is_(None), c.until > wall - REMEMBERED)
    found = select(grants).where(c.revoked_at.is_(None), lately, _of(party)).order_by(c.id)
    return tuple(_grant(row) for row in connection.execute(found))


def page_grants(
    connection: Connection, query: GrantQuery, wall: float
) -> tuple[tuple[Grant, ...], int]:
    """Return one page of grants and the count of all that match."""
    c = grants.c
    where: list[ColumnElement[bool]] = []
    if query.party:
        where.append(_of(query.party))
    if query.running:
        where += [c.revoked_at.is_(None), or_(c.until.is_(None), c.until > wall)]
    if query.text:
        columns = (c.note, c.subject, c.made_by, c.selector)
        where.append(or_(*(find_literally(column, query.text) for column in columns)))
    counted = select(func.count()).select_from(grants).where(*where)
    total = connection.execute(counted).scalar_one()
    found = select(grants).where(*where).order_by(c.id.desc()).limit(query.size)
    rows = connection.execute(found.offset((query.number - 1) * query.size))
    return tuple(_grant(row) for row in rows), total


def _of(party: Party) -> ColumnElement[bool]:
    c = grants.c
    return or_(
        *(and_(c.subject_kind == one.kind.value, c.subject == one.value) for one in in_order(party))
    )


def in_order(party: Party) -> list[Subject]:
    """Return *party* in an order that is always the same."""
    return sorted(party, key=lambda one: (one.kind.value, one.value))


# Cameras ------------------------------------------------------------------------------------


def read_camera(connection: Connection, device_id: str, channel_id: str) -> Camera | None:
    """Return what tells a camera apart; a device itself by its own code, or by no channel.

    None when there is neither such a channel nor such a device.
    """
    c, m = channels.c, camera_marks.c
    channel_id = channel_id or device_id
    own = and_(m.device_id == device_id, m.channel_id == channel_id)
    found: Select[Any] = (
        select(c.region, m.kind, m.value)
        .select_from(channels.outerjoin(camera_marks, own))
        .where(c.device_id == device_id, c.channel_id == channel_id)
    )
    rows = connection.execute(found).all()
    if not rows:
        d = devices.c
        found = select(d.region, m.kind, m.value).select_from(devices.outerjoin(camera_marks, own))
        rows = connection.execute(found.where(d.device_id == device_id)).all()
        if device_id != channel_id:
            return None
    if not rows:
        return None
    marks = [(row.kind, row.value) for row in rows if row.kind is not None]
    return camera_with(device_id, channel_id, rows[0].region, marks)


def read_seen(
    connection: Connection, scope: Scope, keys: Iterable[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Return those of *keys* that are in *scope*; one without a channel is a device."""
    if scope.everything:
        return set(keys)
    seen = set()
    for device_id, channel_id in keys:
        d, c = devices.c, channels.c
        found = select(d.device_id).where(d.device_id == device_id, visible(scope, d.device_id))
        if channel_id and channel_id != device_id:
            found = select(c.device_id).where(
                c.device_id == device_id,
                c.channel_id == channel_id,
                visible(scope, c.device_id, c.channel_id),
            )
        if connection.execute(found).first() is not None:
            seen.add((device_id, channel_id))
    return seen


def camera_with(
    device_id: str, channel_id: str, region: str, marks: Iterable[tuple[str, str]]
) -> Camera:
    """Return a camera with its marks, kinds and values."""
    single = {kind: value for kind, value in marks if kind != "tag"}
    return Camera(
        device_id,
        channel_id,
        region,
        single.get("class", ""),
        single.get("sector", ""),
        single.get("unit", ""),
        frozenset(value for kind, value in marks if kind == "tag"),
    )


# Rows as values -----------------------------------------------------------------------------


def write_selector(selector: Selector) -> str:
    """Return *selector* as JSON, empty fields left out."""
    if selector.everything:
        return '{"everything": true}'
    fields = {name: sorted(getattr(selector, name)) for name in SELECTED}
    return json.dumps({name: found for name, found in fields.items() if found}, ensure_ascii=False)


def read_selector(text: str) -> Selector:
    """Return what `write_selector` wrote."""
    told: dict[str, list[Any]] = json.loads(text)
    if "everything" in told:
        return Selector(everything=True)
    cameras = frozenset((device, channel) for device, channel in told.get("cameras", ()))
    divisions, classes, sectors, units, tags, devices = (
        frozenset[str](told.get(name, ())) for name in SELECTED if name != "cameras"
    )
    return Selector(divisions, classes, sectors, units, tags, cameras, devices)


def write_hours(hours: Hours) -> str:
    """Return *hours* as JSON."""
    return json.dumps([[sorted(one.days), one.begin, one.end] for one in hours.windows])


def read_hours(text: str) -> Hours:
    """Return what `write_hours` wrote."""
    windows = (Window(frozenset(days), begin, end) for days, begin, end in json.loads(text))
    return Hours(tuple(windows))


SELECTED = ("divisions", "classes", "sectors", "units", "tags", "cameras", "devices")


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        row.id,
        Subject(SubjectKind(row.subject_kind), row.subject),
        frozenset(map(Right, row.rights.split(","))),
        read_selector(row.selector),
        frozenset(json.loads(row.purposes)),
        read_hours(row.hours),
        row.since,
        row.until,
        row.footage_age,
        row.deny,
        row.note,
        row.made_by,
        row.made_at,
        row.revoked_at,
        row.origin,
    )

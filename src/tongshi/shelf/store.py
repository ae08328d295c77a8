"""The statements of the shelf: pictures, firmware, upgrades."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from tongshi.access.scope import Scope
from tongshi.access.store import visible
from tongshi.db.tables import firmwares, pictures, upgrades
from tongshi.shelf.firmware import OVER, Firmware, State, Upgrade
from tongshi.shelf.picture import Picture, PictureQuery, Taken

_PURGED = 500
"""Pictures that are forgotten in one transaction at the most."""


def add_picture(connection: Connection, taken: Taken, size: int, sha256: str) -> int:
    """Insert a picture and return its number."""
    statement = insert(pictures).values(
        device_id=taken.device_id,
        channel_id=taken.channel_id,
        channel=taken.channel,
        via=taken.via,
        set_id=taken.set_id,
        name=taken.name,
        taken_at=taken.taken_at,
        got_at=taken.got_at,
        width=taken.width,
        height=taken.height,
        bytes=size,
        sha256=sha256,
        person_id=taken.person_id,
        purpose=taken.purpose,
    )
    return int(connection.execute(statement.returning(pictures.c.id)).scalar_one())


def read_picture(connection: Connection, scope: Scope, picture_id: int) -> Picture | None:
    """Return a picture; None when there is none that may be seen."""
    c = pictures.c
    where = (c.id == picture_id, visible(scope, c.device_id, c.channel_id))
    row = connection.execute(select(pictures).where(*where)).first()
    return None if row is None else _picture(row)


def page_pictures(
    connection: Connection, scope: Scope, query: PictureQuery
) -> tuple[tuple[Picture, ...], int]:
    """Return one page of pictures, newest first, and the count of all that match."""
    where = _picture_conditions(scope, query)
    total = connection.execute(
        select(func.count()).select_from(pictures).where(*where)
    ).scalar_one()
    found = (
        select(pictures)
        .where(*where)
        .order_by(pictures.c.id.desc())
        .limit(query.size)
        .offset((query.number - 1) * query.size)
    )
    return tuple(map(_picture, connection.execute(found))), total


def forget_pictures(connection: Connection, before: float) -> tuple[int, ...]:
    """Delete the oldest pictures that came before UNIX time *before*, and return their numbers."""
    c = pictures.c
    old = select(c.id).where(c.got_at < before).order_by(c.got_at).limit(_PURGED)
    numbers = tuple(connection.execute(old).scalars())
    connection.execute(delete(pictures).where(c.id.in_(numbers)))
    return numbers


def add_firmware(connection: Connection, firmware: Firmware) -> int:
    """Insert a firmware, its number aside, and return that."""
    statement = insert(firmwares).values(
        name=firmware.name,
        bytes=firmware.bytes,
        sha256=firmware.sha256,
        at=firmware.at,
        person_id=firmware.person_id,
        person=firmware.person,
    )
    return int(connection.execute(statement.returning(firmwares.c.id)).scalar_one())


def read_firmwares(connection: Connection) -> tuple[Firmware, ...]:
    """Return every firmware that was not removed, newest first."""
    c = firmwares.c
    found = select(firmwares).where(c.removed_at.is_(None)).order_by(c.id.desc())
    return tuple(map(_firmware, connection.execute(found)))


def remove_firmware(connection: Connection, firmware_id: int, wall: float) -> None:
    """Note that a firmware's file is gone; its row stays for the upgrades that name it."""
    c = firmwares.c
    statement = update(firmwares).where(c.id == firmware_id, c.removed_at.is_(None))
    connection.execute(statement.values(removed_at=wall))


def add_upgrade(connection: Connection, upgrade: Upgrade) -> int:
    """Insert an upgrade, its number aside, and return that."""
    statement = insert(upgrades).values(
        session_id=upgrade.session_id,
        device_id=upgrade.device_id,
        target_id=upgrade.target_id,
        firmware_id=upgrade.firmware_id,
        manufacturer=upgrade.manufacturer,
        version=upgrade.version,
        state=upgrade.state.value,
        why=upgrade.why,
        sent=upgrade.sent,
        begun_at=upgrade.begun_at,
        changed_at=upgrade.changed_at,
        person_id=upgrade.person_id,
        person=upgrade.person,
    )
    return int(connection.execute(statement.returning(upgrades.c.id)).scalar_one())


def write_upgrade(connection: Connection, upgrade: Upgrade) -> None:
    """Record how far an upgrade has come."""
    statement = update(upgrades).where(upgrades.c.id == upgrade.id)
    connection.execute(
        statement.values(
            state=upgrade.state.value,
            why=upgrade.why,
            sent=upgrade.sent,
            changed_at=upgrade.changed_at,
        )
    )


def read_open_upgrades(connection: Connection) -> tuple[Upgrade, ...]:
    """Return the upgrades that are not over."""
    over = [state.value for state in OVER]
    found = select(upgrades).where(upgrades.c.state.not_in(over)).order_by(upgrades.c.id)
    return tuple(map(_upgrade, connection.execute(found)))


def page_upgrades(
    connection: Connection, scope: Scope, device_id: str, number: int, size: int
) -> tuple[tuple[Upgrade, ...], int]:
    """Return one page of upgrades, newest first, and the count; of one device where it is named."""
    c = upgrades.c
    where: list[ColumnElement[bool]] = [visible(scope, c.device_id)]
    if device_id:
        where.append(c.device_id == device_id)
    total = connection.execute(
        select(func.count()).select_from(upgrades).where(*where)
    ).scalar_one()
    found = select(upgrades).where(*where).order_by(c.id.desc())
    rows: Sequence[Row[Any]] = connection.execute(
        found.limit(size).offset((number - 1) * size)
    ).all()
    return tuple(map(_upgrade, rows)), total


def _picture_conditions(scope: Scope, query: PictureQuery) -> list[ColumnElement[bool]]:
    c = pictures.c
    where = [visible(scope, c.device_id, c.channel_id)]
    if query.device_id:
        where.append(c.device_id == query.device_id)
    if query.channel_id:
        where.append(c.channel_id == query.channel_id)
    if query.set_id:
        where.append(c.set_id == query.set_id)
    if query.since is not None:
        where.append(c.got_at >= query.since)
    if query.until is not None:
        where.append(c.got_at < query.until)
    return where


def _picture(row: Row[Any]) -> Picture:
    taken = Taken(
        row.device_id,
        row.channel_id,
        row.channel,
        row.via,
        row.set_id,
        row.name,
        row.taken_at,
        row.got_at,
        row.width,
        row.height,
        row.person_id,
        row.purpose,
    )
    return Picture(row.id, taken, row.bytes, row.sha256)


def _firmware(row: Row[Any]) -> Firmware:
    return Firmware(row.id, row.name, row.bytes, row.sha256, row.at, row.person_id, row.person)


def _upgrade(row: Row[Any]) -> Upgrade:
    return Upgrade(
        row.id,
        row.session_id,
        row.device_id,
        row.target_id,
        row.firmware_id,
        row.manufacturer,
        row.version,
        State(row.state),
        row.why,
        row.sent,
        row.begun_at,
        row.changed_at,
        row.person_id,
        row.person,
    )

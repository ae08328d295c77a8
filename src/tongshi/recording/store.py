"""The statements of downloads."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from tongshi.access.scope import Scope
from tongshi.access.store import visible
from tongshi.db.tables import downloads
from tongshi.media.mp4 import Finished
from tongshi.recording.download import Download, Marked, Request, State


def add_download(connection: Connection, request: Request, entry_id: int, wall: float) -> int:
    """Insert a download and return its number."""
    statement = insert(downloads).values(
        **asdict(request),
        entry_id=entry_id,
        made_at=wall,
        state=State.QUEUED.value,
        why="",
        detail="",
        tries=0,
        again_at=0.0,
        written=0,
        result="",
    )
    return int(connection.execute(statement.returning(downloads.c.id)).scalar_one())


def write_downloads(connection: Connection, changed: Mapping[int, Download]) -> None:
    """Record where downloads stand."""
    for number, each in changed.items():
        values = {
            "entry_id": each.entry_id,
            "state": each.state.value,
            "why": each.why,
            "detail": each.detail,
            "tries": each.tries,
            "again_at": each.again_at,
            "begun_at": each.begun_at,
            "ended_at": each.ended_at,
            "saved": each.saved,
            "written": each.written,
            "announced": each.announced,
            "result": "" if each.result is None else json.dumps(asdict(each.result)),
            "marked": None if each.marked is None else json.dumps(asdict(each.marked)),
        }
        connection.execute(update(downloads).where(downloads.c.id == number).values(values))


def read_kept(connection: Connection) -> list[Download]:
    """Return the downloads that go on or have a file, oldest first."""
    over = [State.FAILED.value, State.CANCELLED.value, State.GONE.value]
    found = select(downloads).where(downloads.c.state.not_in(over)).order_by(downloads.c.id)
    return [_download(row) for row in connection.execute(found)]


def read_download(connection: Connection, number: int) -> Download | None:
    """Return one download; None when there is none."""
    row = connection.execute(select(downloads).where(downloads.c.id == number)).first()
    return None if row is None else _download(row)


def page_downloads(
    connection: Connection, scope: Scope, person_id: int | None, number: int, size: int
) -> tuple[tuple[Download, ...], int]:
    """Return one page, newest first, and the count of all.  person_id: None for everybody's."""
    where = [visible(scope, downloads.c.device_id, downloads.c.channel_id)]
    if person_id is not None:
        where.append(downloads.c.person_id == person_id)
    counted = select(func.count()).select_from(downloads).where(*where)
    total = connection.execute(counted).scalar_one()
    found = (
        select(downloads)
        .where(*where)
        .order_by(downloads.c.id.desc())
        .limit(size)
        .offset((number - 1) * size)
    )
    return tuple(_download(row) for row in connection.execute(found)), total


def _download(row: Row[Any]) -> Download:
    request = Request(
        row.person_id,
        row.person,
        row.unit,
        row.device_id,
        row.channel_id,
        row.channel,
        row.purpose,
        row.since,
        row.until,
        row.speeds,
    )
    return Download(
        row.id,
        request,
        row.entry_id,
        row.made_at,
        State(row.state),
        row.why,
        row.detail,
        row.tries,
        row.again_at,
        row.begun_at,
        row.ended_at,
        row.saved,
        row.written,
        row.announced,
        Finished(**json.loads(row.result)) if row.result else None,
        Marked(**json.loads(row.marked)) if row.marked else None,
    )

"""The statements of the marks of cameras."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, and_, delete, insert, select

from tongshi.db.tables import camera_marks


def read_marks(
    connection: Connection, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return kinds and values of the marks of cameras."""
    m = camera_marks.c
    marks: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for device_id in sorted({key[0] for key in keys}):
        own = [channel for device, channel in keys if device == device_id]
        found = select(m.channel_id, m.kind, m.value).where(
            m.device_id == device_id, m.channel_id.in_(own)
        )
        for channel_id, kind, value in connection.execute(found):
            marks.setdefault((device_id, channel_id), []).append((kind, value))
    return marks


def write_marks(
    connection: Connection, key: tuple[str, str], marks: Mapping[str, Iterable[str]]
) -> None:
    """Replace the marks of a camera, of the kinds that *marks* has."""
    m = camera_marks.c
    here = and_(m.device_id == key[0], m.channel_id == key[1])
    connection.execute(delete(camera_marks).where(here, m.kind.in_(list(marks))))
    rows = [
        {"device_id": key[0], "channel_id": key[1], "kind": kind, "value": value}
        for kind, values in marks.items()
        for value in values
    ]
    if rows:
        connection.execute(insert(camera_marks), rows)


def read_values(connection: Connection) -> dict[str, list[str]]:
    """Return the values that are in use, by kind."""
    m = camera_marks.c
    values: dict[str, list[str]] = {}
    found = select(m.kind, m.value).distinct().order_by(m.kind, m.value)
    for kind, value in connection.execute(found):
        values.setdefault(kind, []).append(value)
    return values

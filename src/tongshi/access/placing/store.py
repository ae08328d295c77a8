"""The statements of cells."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, func, insert, select, update

from tongshi.access.cell import Cell, read_cell, write_cell
from tongshi.access.grant import Camera
from tongshi.access.granting.store import camera_with
from tongshi.db.tables import camera_cells, camera_marks, channels, devices


def read_cells(connection: Connection, after: int) -> tuple[Cell, ...]:
    """Return the cells with a higher number than *after*, in their order."""
    c = camera_cells.c
    found = select(c.id, c.key).where(c.id > after).order_by(c.id)
    return tuple(read_cell(number, key) for number, key in connection.execute(found))


def read_newest(connection: Connection) -> int:
    """Return the highest number of a cell; 0 when there is none."""
    return connection.execute(select(func.max(camera_cells.c.id))).scalar_one() or 0


def number_channels(
    connection: Connection, device_id: str, regions: Mapping[str, str]
) -> dict[str, int]:
    """Return the cell of each channel of a device, given its division; made where there is none."""
    m = camera_marks.c
    marks: dict[str, list[tuple[str, str]]] = {}
    wanted = list(regions)
    for begin in range(0, len(wanted), _CHUNK):
        some = m.channel_id.in_(wanted[begin : begin + _CHUNK])
        found = select(m.channel_id, m.kind, m.value).where(m.device_id == device_id, some)
        for channel_id, kind, value in connection.execute(found):
            marks.setdefault(channel_id, []).append((kind, value))
    keys = {
        channel_id: write_cell(
            camera_with(device_id, channel_id, region, marks.get(channel_id, ()))
        )
        for channel_id, region in regions.items()
    }
    numbers = _numbers(connection, set(keys.values()))
    return {channel_id: numbers[key] for channel_id, key in keys.items()}


def number_devices(connection: Connection, regions: Iterable[str]) -> dict[str, int]:
    """Return the cell of new devices by their division; made where there is none."""
    keys = {region: write_cell(Camera("", "", region)) for region in regions}
    numbers = _numbers(connection, set(keys.values()))
    return {region: numbers[key] for region, key in keys.items()}


def place_camera(connection: Connection, camera: Camera) -> None:
    """Write the cell of a camera or device whose marks are others now."""
    key = write_cell(camera)
    number = _numbers(connection, {key})[key]
    c, d = channels.c, devices.c
    here = (c.device_id == camera.device_id, c.channel_id == camera.channel_id)
    connection.execute(update(channels).where(*here).values(cell=number))
    if camera.channel_id == camera.device_id:
        own = d.device_id == camera.device_id
        connection.execute(update(devices).where(own).values(cell=number))


def read_unplaced(connection: Connection, most: int) -> list[tuple[str, str]]:
    """Return *most* channels and devices that have no cell, as they were before there were any."""
    c, d = channels.c, devices.c
    found = select(c.device_id, c.channel_id).where(c.cell == 0).limit(most)
    alone = select(d.device_id, d.device_id).where(d.cell == 0).limit(most)
    rows = [*connection.execute(found), *connection.execute(alone)]
    return [(device_id, channel_id) for device_id, channel_id in rows]


def _numbers(connection: Connection, keys: set[str]) -> dict[str, int]:
    c = camera_cells.c
    numbers: dict[str, int] = {}
    ordered = sorted(keys)
    for begin in range(0, len(ordered), _CHUNK):
        found = select(c.key, c.id).where(c.key.in_(ordered[begin : begin + _CHUNK]))
        numbers |= {row.key: row.id for row in connection.execute(found)}
    for key in ordered:
        if key not in numbers:
            made = insert(camera_cells).values(key=key).returning(c.id)
            numbers[key] = int(connection.execute(made).scalar_one())
    return numbers


_CHUNK = 500  # keys in one statement

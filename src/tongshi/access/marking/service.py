"""The marks of cameras: read, and set for one or many at once.

Every method blocks for a moment on the store: call through ``asyncio.to_thread``.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, Engine

from tongshi.access.granting.service import act_of
from tongshi.access.granting.store import read_camera
from tongshi.access.marking import store
from tongshi.access.marking.mark import check_marks
from tongshi.access.placing.store import place_camera
from tongshi.access.scope import no_camera
from tongshi.audit.entry import Actor, Value
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.writer import Writer
from tongshi.errors import Invalid

MOST = 5000
"""Cameras that are marked at once at the most."""

Key = tuple[str, str]


class Marks:
    """The marks of one node's cameras.  Safe to use from any thread.

    changed: called after each change, in the thread of whoever made it.
    """

    def __init__(
        self, engine: Engine, writer: Writer, clock: Clock, changed: Callable[[], object]
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._changed = changed

    def read(self, keys: Sequence[Key]) -> dict[Key, dict[str, list[str]]]:
        """Return the marks of cameras by kind, those without any left out."""
        with self._engine.connect() as connection:
            found = store.read_marks(connection, keys)
        by_kind: dict[Key, dict[str, list[str]]] = {}
        for key, marks in found.items():
            for kind, value in sorted(marks):
                by_kind.setdefault(key, {}).setdefault(kind, []).append(value)
        return by_kind

    def values(self) -> dict[str, list[str]]:
        """Return the values that are in use, by kind."""
        with self._engine.connect() as connection:
            return store.read_values(connection)

    def write(self, keys: Sequence[Key], marks: Mapping[str, Sequence[str]], actor: Actor) -> None:
        """Give each of *keys* these marks instead of those it has of the same kinds.

        Raises Invalid for marks that are none, Missing when one of the cameras does not exist:
        then none is changed.
        """
        checked = check_marks(marks)
        if not 0 < len(keys) <= MOST:
            raise Invalid(f"1 to {MOST} cameras are marked at once")
        self._writer.commit(lambda connection: self._write(connection, keys, checked, actor))
        self._changed()

    def _write(
        self,
        connection: Connection,
        keys: Sequence[Key],
        marks: Mapping[str, tuple[str, ...]],
        actor: Actor,
    ) -> None:
        wall = self._clock.wall()
        told: dict[str, Value] = {kind: " ".join(values)[:190] for kind, values in marks.items()}
        for device_id, channel_id in keys:
            if read_camera(connection, device_id, channel_id) is None:
                raise no_camera(device_id, channel_id)
            store.write_marks(connection, (device_id, channel_id or device_id), marks)
            marked = read_camera(connection, device_id, channel_id)
            if marked is not None:
                place_camera(connection, marked)
            about = f"{device_id}/{channel_id or device_id}"
            append(connection, wall, act_of(actor, "mark.changed", about, told))

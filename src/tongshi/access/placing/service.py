"""Knows all cells; numbers what stood in the store before there were any.

Methods block for a moment on the store: call through ``asyncio.to_thread``.
"""

import threading

from sqlalchemy import Connection, Engine

from tongshi.access.cell import Cell
from tongshi.access.granting.store import read_camera
from tongshi.access.placing import store
from tongshi.db.writer import Writer

AT_ONCE = 1000
"""Channels, and as many devices, in one transaction."""


class Cells:
    """The cells of one node.  Safe to use from any thread."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer
        self._lock = threading.Lock()
        self._known: tuple[Cell, ...] = ()

    def known(self) -> tuple[Cell, ...]:
        """Return every cell, in the order of their numbers."""
        with self._lock, self._engine.connect() as connection:
            last = self._known[-1].id if self._known else 0
            if store.read_newest(connection) > last:
                self._known += store.read_cells(connection, last)
            return self._known

    def place(self) -> int:
        """Give every channel and device without a cell its own; return how many those were."""
        placed = 0
        while more := self._writer.commit(_place, timeout=60.0):
            placed += more
        return placed


def _place(connection: Connection) -> int:
    unplaced = store.read_unplaced(connection, AT_ONCE)
    for device_id, channel_id in unplaced:
        camera = read_camera(connection, device_id, channel_id)
        if camera is not None:
            store.place_camera(connection, camera)
    return len(unplaced)

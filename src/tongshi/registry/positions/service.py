"""Reported positions in use: recorded without waiting, kept for a while, answered to pages.

`Positions.record` never blocks.  Reports that wait for the store are bounded; what is beyond is
dropped, counted and logged, but for the newest of each channel, which is kept while there are no
more channels than that.  A device that invents channels has so many in the store and no more.
Everything else reads or writes the store: call it through ``asyncio.to_thread``.
"""

import logging
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Engine

from tongshi.access.scope import Scope
from tongshi.clock import Clock
from tongshi.db.buffer import Buffer
from tongshi.db.page import Page, bound
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.registry.position import Query, Report
from tongshi.registry.positions import store

_log = logging.getLogger(__name__)

WAITING = 100_000
"""Reports that may wait for a store that cannot be written."""
CHUNK = 5000
"""Old reports deleted in one transaction."""
CHANNELS = 20_000
"""Newest positions that are kept of one device; the oldest of more go."""
DAY = 86_400.0


class Positions:
    """The reported positions of one node.  Safe to use from any thread.

    days: how long reports are kept; 0 for none but the newest of each channel.
    counters: ``"recorded"`` and ``"dropped"``.
    """

    def __init__(
        self, engine: Engine, writer: Writer, clock: Clock, *, days: float, limit: int = WAITING
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._days = days
        self._limit = limit
        self._lock = threading.Lock()
        self._count = 0
        self._latest: Buffer[tuple[str, str], Report] = Buffer(store.write_latest)
        self._reports: Buffer[int, Report] = Buffer(store.add_reports)
        writer.attach(self._latest)
        writer.attach(self._reports)

    def record(self, report: Report) -> None:
        """Keep *report*, whose coordinates are known."""
        report = replace(
            report,
            device_id=storable(report.device_id, 64),
            channel_id=storable(report.channel_id, 64),
        )
        with self._lock:
            key = (report.device_id, report.channel_id)
            if len(self._latest) < self._limit or key in self._latest:
                self._latest.put(key, report)
            elif not self._days:
                self._drop()
                return
            if self._days and len(self._reports) >= self._limit:
                self._drop()
                return
            self.counters["recorded"] += 1
            if self._days:
                self._count += 1
                self._reports.put(self._count, report)

    def _drop(self) -> None:
        if not self.counters["dropped"]:
            _log.error("event=positions-dropped why='too many wait to be written'")
        self.counters["dropped"] += 1

    def latest(self, scope: Scope, query: Query) -> Page[Report]:
        """Return a page of the newest position of each channel."""
        query = _bounded(query)
        with self._engine.connect() as connection:
            rows, total = store.page_latest(connection, scope, query)
        return Page(rows, total, query.number, query.size)

    def reports(self, scope: Scope, query: Query) -> Page[Report]:
        """Return a page of reports, oldest first."""
        query = _bounded(query)
        with self._engine.connect() as connection:
            rows, total = store.page_reports(connection, scope, query)
        return Page(rows, total, query.number, query.size)

    def prune(self) -> int:
        """Delete reports that are older than they are kept; return how many.

        Newest positions beyond :data:`CHANNELS` of a device go as well.
        Raises Exhausted when the store cannot be written.
        """
        before = self._clock.wall() - self._days * DAY
        gone = self._writer.commit(lambda connection: store.prune_latest(connection, CHANNELS))
        while True:
            deleted = self._writer.commit(
                lambda connection: store.prune_reports(connection, before, CHUNK)
            )
            gone += deleted
            if deleted < CHUNK:
                return gone

    def figures(self) -> Mapping[str, float]:
        """Return counts since the start, and what waits to be written."""
        with self._lock:
            return {**self.counters, "waiting": len(self._reports)}


def _bounded(query: Query) -> Query:
    number, size = bound(query.number, query.size)
    return replace(query, number=number, size=size)

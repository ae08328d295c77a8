"""Changes that devices notify, on their way into the register.

`Intake.take` never blocks.  States wait for the next flush, the newest of each channel; entries and
removals wait for the one thread that merges, the newest of each channel, and all that wait for one
device are merged together, however many notices brought them.  What is beyond the bound is dropped
and counted, and `Intake.take` says so: a catalog asked for anew brings it all back.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import partial
from time import monotonic

from sqlalchemy import Connection, Engine

from tongshi.db.buffer import Buffer, Job
from tongshi.db.writer import Writer
from tongshi.errors import Error, Exhausted
from tongshi.gb28181.catalog import Item
from tongshi.registry.change import STATES, Damper, Told, fit, fold, sort_out, split, told_by
from tongshi.registry.entry import CatalogStanding, CatalogState
from tongshi.registry.intake import store
from tongshi.registry.merge import Changes, Stored, merge
from tongshi.registry.region import region_of

_log = logging.getLogger(__name__)

WAITING = 200_000
"""Changes that may wait to be written."""
ENTRIES = 200_000
"""Entries of one device, removed ones included, beyond which notices and partial catalogs, which
remove nothing, add no more."""
REMOVED = 20_000
"""Removed entries of one device that are kept; of more, those removed longest ago are deleted,
unless something speaks of them."""

CHUNK = 1000
"""Events or entries deleted in one go: others write in between."""

Key = tuple[str, str]
Listener = Callable[[set[str]], None]
Store = Callable[[str, str, CatalogStanding, Changes, float], None]


class _States(Buffer[Key, Told]):
    """States on their way into the store; those of restless channels wait until these rest."""

    def __init__(self, counters: Counter[str], listeners: list[Listener]) -> None:
        super().__init__(self._write_states)
        self.damper = Damper()
        self._counters = counters
        self._listeners = listeners
        self._writing: set[str] = set()
        self._unknown = 0

    def put(self, key: Key, value: Told) -> None:
        """Have *value* written when the channel is at rest."""
        with self._lock:
            self.damper.note(key, monotonic())
            self._waiting[key] = value

    def take(self) -> Job | None:
        """Return the job that writes what is ready, or None."""
        with self._lock:
            ready, held = split(self._waiting, self.damper, monotonic())
            if not ready:
                return None
            self._taken, self._waiting = ready, held
            self._writing = {device_id for device_id, _ in ready}
        return lambda connection: self._write_states(connection, ready)

    def settle(self, *, written: bool) -> None:
        """Forget what was written, and tell of it."""
        super().settle(written=written)
        if written:
            self._counters["unknown"] += self._unknown
            for listener in self._listeners:
                listener(self._writing)

    def _write_states(self, connection: Connection, told: dict[Key, Told]) -> None:
        self._unknown = store.write_states(connection, told)


class Intake:
    """Changes of catalogs.  Safe to use from any thread.

    submit: runs in the thread that merges.  write: stores what a merge came to.
    counters: ``"states"``, ``"entries"``, ``"merged"``, and what was left out: ``"unknown"`` (of
    channels nobody knows), ``"dropped"`` (too many wait), ``"beyond"`` (the device has too many
    entries), ``"lost"`` (the store refused).  ``"forgotten"``: removed entries that were deleted.
    """

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        submit: Callable[[Callable[[str], None], str], Future[None]],
        write: Store,
        limit: int = WAITING,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._engine = engine
        self._writer = writer
        self._submit = submit
        self._write = write
        self._limit = limit
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._states = _States(self.counters, self._listeners)
        self._pending: dict[str, dict[str, Item]] = {}
        self._at: dict[str, float] = {}
        self._size = 0
        writer.attach(self._states)

    def subscribe(self, listener: Listener) -> None:
        """Tell *listener* of which devices changes were stored, in another thread."""
        self._listeners.append(listener)

    def prune(self, before: float) -> int:
        """Delete the history of channels from before *before*, UNIX time, s; return how much.

        Raises Exhausted when the store cannot be written.
        """
        gone = 0
        while True:
            deleted = self._writer.commit(
                lambda connection: store.prune_events(connection, before, CHUNK)
            )
            gone += deleted
            if deleted < CHUNK:
                return gone

    def fit(
        self, device_id: str, items: tuple[Item, ...], stored: Mapping[str, Stored]
    ) -> tuple[Item, ...]:
        """Return those of *items* for which a device has room; the others are counted and told."""
        fitting, beyond = fit(items, stored, ENTRIES)
        if beyond:
            self.counters["beyond"] += beyond
            _log.warning("event=channels-beyond device_id=%s count=%d", device_id, beyond)
        return fitting

    def forget_removed(self, device_id: str) -> None:
        """Delete what was removed longest ago, where a device has more of it than is kept.  Blocks.

        While the store cannot be written it stays until the next removal.
        """
        with self._engine.connect() as connection:
            excess = store.count_removed(connection, device_id) - REMOVED
        while excess > 0:
            most = min(excess, CHUNK)
            try:
                deleted = self._writer.commit(partial(_forget, device_id, most))
            except Exhausted as error:
                _log.warning("event=channels-kept device_id=%s why=%s", device_id, error)
                return
            self.counters["forgotten"] += deleted
            if deleted:
                _log.info("event=channels-forgotten device_id=%s count=%d", device_id, deleted)
            excess = excess - deleted if deleted == most else 0

    def take(self, device_id: str, items: Iterable[Item], at: float) -> bool:
        """Take what *device_id* notified at *at*, UNIX time, s; False when some was dropped."""
        whole = True
        with self._lock:
            begun = device_id in self._pending
            for item in items:
                whole = self._take_one(device_id, item, at) and whole
            merge_now = not begun and device_id in self._pending
        if merge_now:
            self._submit(self._merge, device_id)
        return whole

    @property
    def held(self) -> int:
        """How many changes of restless channels were not written as they came."""
        return self._states.damper.held

    def __len__(self) -> int:
        return self._size + len(self._states)

    def _take_one(self, device_id: str, item: Item, at: float) -> bool:
        pending = self._pending.get(device_id, {})
        told = told_by(item, at)
        if told is not None and not fold(pending, item):
            key = (device_id, item.device_id)
            if len(self._states) >= self._limit:
                return self._drop()
            self.counters["states"] += 1
            self._states.put(key, told)
        elif told is None:
            if self._size >= self._limit and item.device_id not in pending:
                return self._drop()
            self.counters["entries"] += 1
            self._size += item.device_id not in pending
            fold(self._pending.setdefault(device_id, {}), item)
            self._at[device_id] = at
        return True

    def _drop(self) -> bool:
        if not self.counters["dropped"]:
            _log.error("event=changes-dropped why='too many wait to be written'")
        self.counters["dropped"] += 1
        return False

    def _merge(self, device_id: str) -> None:
        """Merge what waits for one device; in the thread that merges."""
        with self._lock:
            pending = self._pending.pop(device_id)
            at = self._at.pop(device_id)
            self._size -= len(pending)
        try:
            self._store(device_id, pending, at)
        except Error as error:
            self.counters["lost"] += len(pending)
            _log.error("event=changes-lost device_id=%s why=%s", device_id, error)
        else:
            for listener in self._listeners:
                listener({device_id})

    def _store(self, device_id: str, pending: dict[str, Item], at: float) -> None:
        with self._engine.connect() as connection:
            stored = store.read_stored(connection, device_id)
            region = store.read_region(connection, device_id) or region_of("", device_id)
        batch = sort_out(pending, stored)
        self.counters["unknown"] += batch.ignored
        entries = self.fit(device_id, batch.entries, stored)
        changes = merge(
            device_id,
            stored,
            entries,
            complete=False,
            region=region,
            removed=frozenset(batch.removed),
        )
        number = len(pending)
        standing = CatalogStanding(CatalogState.PARTIAL, number, number, at=at)
        if not changes.nothing:
            self._write(device_id, "notify", standing, changes, at)
        told = {(device_id, key): Told(said, "UPDATE", at) for key, said in batch.states.items()}
        known = stored.keys() | {item.device_id for item in entries}
        events = [
            (device_id, item.device_id, at, item.change.value)
            for item in pending.values()
            if item.change not in STATES and item.device_id in known
        ]

        def record(connection: Connection) -> None:
            store.add_events(connection, events)
            store.write_states(connection, told)

        self._writer.call(record).result()
        self.counters["merged"] += number - batch.ignored
        if changes.removed:
            self.forget_removed(device_id)


def _forget(device_id: str, most: int, connection: Connection) -> int:
    return store.forget_removed(connection, device_id, most)

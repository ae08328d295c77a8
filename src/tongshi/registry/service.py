"""The register's use cases: recording what devices tell, answering what people ask.

Reads block on the store for a moment: call them through ``asyncio.to_thread``.  Recording never
blocks: registrations and descriptions wait in a buffer for the next flush, catalogs in the queue
of one thread, which merges one after the other and hands the writer at most `CHUNK` rows at a
time, so that a catalog of a hundred thousand channels holds up nobody's write.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from sqlalchemy import Connection, Engine

from tongshi.access.scope import Scope, no_camera
from tongshi.db.buffer import Buffer
from tongshi.db.page import Page, bound
from tongshi.db.writer import Writer
from tongshi.errors import Exhausted
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.identifier import Role, role_of
from tongshi.registry import store
from tongshi.registry.channels.store import (
    count_cameras,
    page_channels,
    read_channel,
    read_download_speed,
)
from tongshi.registry.entry import (
    CatalogStanding,
    CatalogState,
    Channel,
    Counts,
    Description,
    Device,
    Node,
    NodeKind,
    Query,
    Registration,
    View,
)
from tongshi.registry.intake import store as intake
from tongshi.registry.intake.service import Intake
from tongshi.registry.levels import store as levels
from tongshi.registry.merge import Changes, merge
from tongshi.registry.region import region_of
from tongshi.registry.tree import (
    UNPLACED,
    Division,
    EntryKey,
    RegionKey,
    count,
    divide,
    kind_of,
    read_key,
    region_title,
    sum_branches,
    write_key,
)

_log = logging.getLogger(__name__)

CHUNK = 2000
"""Catalog entries in one transaction."""
PATIENCE = 60.0
"""How long a catalog waits for a store that cannot be written, s."""
LONGEST_QUEUE = 100_000
"""Catalogs that may wait to be merged; one a device is the rule."""


class Registry:
    """Devices and channels of one node.  Safe to use from any thread.

    changes: takes what devices notify of their catalogs.
    """

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer
        self._registrations: Buffer[str, Registration] = Buffer(intake.write_registrations)
        self._descriptions: Buffer[str, Description] = Buffer(intake.write_descriptions)
        writer.attach(self._registrations)
        writer.attach(self._descriptions)
        self._merges = ThreadPoolExecutor(1, thread_name_prefix="catalog-merge")
        self.changes = Intake(engine, writer, self._merges.submit, self._store)
        self._waiting = 0
        self._lock = threading.Lock()

    def close(self) -> None:
        """Finish the merge under way and drop those that wait; before the writer is closed.

        A dropped catalog is asked for again at the device's next registration.
        """
        self._merges.shutdown(cancel_futures=True)

    # Recording

    def record_registration(self, registration: Registration) -> None:
        """Record a granted or refreshed registration; written with the next flush."""
        self._registrations.put(registration.device_id, registration)

    def record_description(self, description: Description) -> None:
        """Record what a device said of itself; written with the next flush."""
        self._descriptions.put(description.device_id, description)

    def record_catalog_failure(self, device_id: str, why: str, at: float) -> None:
        """Record that a catalog query failed.  why: shown to people, as ``"silent"``.

        What was known before stays: no answer is no proof that a channel is gone.
        """
        self._writer.call(
            lambda connection: intake.write_failure(connection, device_id, why, at),
            patience=PATIENCE,
        )

    def submit_catalog(
        self,
        device_id: str,
        items: Sequence[Item],
        standing: CatalogStanding,
        *,
        source: str = "query",
    ) -> Future[Changes]:
        """Queue a gathered catalog; the future is done when it is stored.

        standing: COMPLETE only if the device has nothing else; ``at`` must be set.
        source: ``query``, ``notify``, ``stand-in``.  Raises Exhausted when too many wait.
        """
        with self._lock:
            if self._waiting >= LONGEST_QUEUE:
                raise Exhausted("too many catalogs wait to be merged", resource="store")
            self._waiting += 1
        future = self._merges.submit(self.merge_catalog, device_id, items, standing, source)
        future.add_done_callback(lambda done: self._note_merge(device_id, done))
        return future

    def stand_in(self, device_id: str, at: float) -> Future[Changes] | None:
        """Let a device that never answers Catalog count as its own only channel.

        The entry goes when a real catalog comes.  None for a platform, which is no camera.
        Raises Exhausted when too many catalogs wait.
        """
        if role_of(device_id) is Role.PLATFORM:
            return None
        standing = CatalogStanding(CatalogState.NEVER, 0, 0, intake.STAND_IN, at)
        item = Item(device_id=device_id, name=device_id)
        return self.submit_catalog(device_id, (item,), standing, source=intake.STAND_IN)

    def merge_catalog(
        self,
        device_id: str,
        items: Iterable[Item],
        standing: CatalogStanding,
        source: str = "query",
    ) -> Changes:
        """Store a gathered catalog now and return what it changed.  Blocks.

        Not to be called beside `submit_catalog` for the same device.  Raises Exhausted when the
        store cannot be written; then the catalog is as it was, or the chunks written so far are
        there and the rest follows with the next one.
        """
        items = tuple(items)
        complete = standing.state is CatalogState.COMPLETE
        at = standing.at or 0.0
        standing = replace(standing, complete_at=at if complete else None)
        with self._engine.connect() as connection:
            stored = intake.read_stored(connection, device_id)
            region = intake.read_region(connection, device_id) or region_of("", device_id)
        if source == intake.STAND_IN and any(not entry.removed for entry in stored.values()):
            return Changes((), (), (), 0, 0, 0)  # it has answered once: what it said then stays
        if not complete:
            items = self.changes.fit(device_id, items, stored)
        changes = merge(device_id, stored, items, complete=complete, region=region)
        listed = any(item.device_id == device_id for item in items)
        self._store(device_id, source, standing, changes, at, retire=not listed)
        if changes.removed:
            self.changes.forget_removed(device_id)
        return changes

    def _store(
        self,
        device_id: str,
        source: str,
        standing: CatalogStanding,
        changes: Changes,
        at: float,
        *,
        retire: bool = False,
    ) -> None:
        chunks = [changes.rows[i : i + CHUNK] for i in range(0, len(changes.rows), CHUNK)] or [()]

        def write_first(connection: Connection) -> int:
            intake.ensure_device(connection, device_id, at)
            number = 0
            if not changes.nothing:
                number = intake.add_catalog(connection, device_id, source, standing, changes)
            if retire:
                intake.retire_stand_in(connection, device_id, at)
            intake.write_channels(connection, device_id, chunks[0], number, at)
            if len(chunks) == 1:
                write_last(connection)
            return number

        def write_last(connection: Connection) -> None:
            intake.move_channels(connection, device_id, changes.moved, at)
            intake.remove_channels(connection, device_id, changes.removed, at)
            if source == "query":  # a notice says nothing of the catalog as a whole
                intake.write_standing(connection, device_id, standing)

        number = self._writer.call(write_first, patience=PATIENCE).result()
        for chunk in chunks[1:]:

            def write_next(connection: Connection, rows: Sequence[intake.Row] = chunk) -> None:
                intake.write_channels(connection, device_id, rows, number, at)

            self._writer.call(write_next, patience=PATIENCE).result()
        if len(chunks) > 1:
            self._writer.call(write_last, patience=PATIENCE).result()

    def _note_merge(self, device_id: str, done: Future[Changes]) -> None:
        with self._lock:
            self._waiting -= 1
        if not done.cancelled() and (error := done.exception()) is not None:
            _log.error("event=catalog-lost device_id=%s", device_id, exc_info=error)

    # Answering

    def registrations(self, after: float) -> list[Registration]:
        """Return registrations that have not run out at *after*, UNIX time, s: for a start."""
        with self._engine.connect() as connection:
            return store.read_registrations(connection, after)

    def devices(self, scope: Scope, query: Query) -> Page[Device]:
        """Return a page of devices."""
        query = _bounded(query)
        with self._engine.connect() as connection:
            rows, total = store.page_devices(connection, scope, query)
        return Page(rows, total, query.number, query.size)

    def channels(self, scope: Scope, query: Query) -> Page[Channel]:
        """Return a page of cameras."""
        query = _bounded(query)
        with self._engine.connect() as connection:
            rows, total = page_channels(connection, scope, query)
        return Page(rows, total, query.number, query.size)

    def device(self, scope: Scope, device_id: str) -> Device:
        """Return one device; raises Missing when it is not there or not to be seen."""
        with self._engine.connect() as connection:
            found = store.read_device(connection, scope, device_id)
        if found is None:
            raise no_camera(device_id)
        return found

    def channel(self, scope: Scope, device_id: str, channel_id: str) -> Channel:
        """Return one entry, removed ones too; raises Missing as `device` does."""
        with self._engine.connect() as connection:
            found = read_channel(connection, scope, device_id, channel_id)
        if found is None:
            raise no_camera(device_id, channel_id)
        return found

    def download_speed(self, device_id: str, channel_id: str) -> str:
        """Return the speeds at which a camera says that it may be downloaded, as ``"1/2/4"``."""
        with self._engine.connect() as connection:
            return read_download_speed(connection, device_id, channel_id)

    def counts(self, scope: Scope) -> tuple[Counts, Counts]:
        """Return devices and cameras by state."""
        with self._engine.connect() as connection:
            return store.count_devices(connection, scope), count_cameras(connection, scope)

    def level(
        self,
        scope: Scope,
        view: View,
        key: str = "",
        *,
        number: int = 1,
        size: int = 100,
        language: str = "zh",
    ) -> Page[Node]:
        """Return one level of the tree: below the node *key*, or with ``""`` the top of *view*.

        Nodes come before cameras.  Raises Missing for a key that no node has.
        """
        query = _bounded(Query(number=number, size=size))
        at = read_key(key) if key else None
        with self._engine.connect() as connection:
            match at:
                case EntryKey():
                    return _below_entry(connection, scope, at, query)
                case RegionKey(code):
                    return _below_region(connection, scope, code, query, language)
                case None if view is View.REGIONS:
                    return _below_region(connection, scope, "", query, language)
                case None:
                    return _top(connection, scope, query)


def _bounded(query: Query) -> Query:
    """Return *query* with a page that can be asked of any store."""
    number, size = bound(query.number, query.size)
    return replace(query, number=number, size=size)


def _top(connection: Connection, scope: Scope, query: Query) -> Page[Node]:
    """Return the registering devices; one that is but a camera stands there as the camera."""
    devices, total = store.page_devices(connection, scope, query)
    lone = levels.read_lone_cameras(connection, scope, [device.device_id for device in devices])
    nodes = tuple(_device_node(device, lone.get(device.device_id)) for device in devices)
    return Page(nodes, total, query.number, query.size)


def _device_node(device: Device, camera: Channel | None) -> Node:
    if camera is not None:
        return _camera_node(camera)
    role = role_of(device.device_id)
    return Node(
        key=write_key(EntryKey(device.device_id)),
        kind=NodeKind.PLATFORM if role is Role.PLATFORM else NodeKind.DEVICE,
        title=device.name,
        counts=device.counts,
        leaf=device.catalog.state is CatalogState.NEVER,
        state=device.state,
        device_id=device.device_id,
        region=device.region,
    )


def _camera_node(channel: Channel) -> Node:
    return Node(
        key=write_key(EntryKey(channel.device_id, channel.channel_id)),
        kind=NodeKind.CAMERA,
        title=channel.name,
        counts=count(channel.state, 1),
        leaf=True,
        state=channel.state,
        device_id=channel.device_id,
        channel_id=channel.channel_id,
        region=channel.region,
    )


def _below_entry(connection: Connection, scope: Scope, at: EntryKey, query: Query) -> Page[Node]:
    rows, total = levels.page_children(connection, scope, at, query)
    ids = [row.channel_id for row in rows if not row.camera]
    sums: dict[str, Counts] = {}
    nodes: set[str] = set()
    if ids:
        clusters = levels.read_clusters(connection, scope, at.device_id)
        sums = sum_branches(clusters, levels.read_links(connection, scope, at.device_id))
        nodes = levels.read_nodes(connection, scope, at.device_id, ids)
    found = tuple(
        _camera_node(row)
        if row.camera
        else Node(
            key=write_key(EntryKey(row.device_id, row.channel_id)),
            kind=kind_of(row.role, camera=False),
            title=row.name,
            counts=sums.get(row.channel_id, Counts()),
            leaf=row.channel_id not in nodes,
            state=row.state if row.role in _LIVING else None,
            device_id=row.device_id,
            channel_id=row.channel_id,
            region=row.region,
        )
        for row in rows
    )
    return Page(found, total, query.number, query.size)


_LIVING = (Role.DEVICE, Role.PLATFORM, Role.PERIPHERAL, Role.UNKNOWN)
"""Entries that have a state of their own."""


def _below_region(
    connection: Connection, scope: Scope, code: str, query: Query, language: str
) -> Page[Node]:
    """Return the divisions below *code*, then the cameras that stand in it itself."""
    region = "" if code == UNPLACED else code
    divisions: list[Node] = []
    if code != UNPLACED:
        divisions = _divisions(connection, scope, code, language)
    first = (query.number - 1) * query.size
    shown = divisions[first : first + query.size]
    if code == "":
        return Page(tuple(shown), len(divisions), query.number, query.size)
    # Cameras fill what the divisions leave of the page; their offset is counted from the first.
    skip = max(first - len(divisions), 0)
    room = query.size - len(shown)
    cameras, standing = levels.page_standing(connection, scope, region, skip, room)
    nodes = (*shown, *map(_camera_node, cameras))
    return Page(nodes, len(divisions) + standing, query.number, query.size)


def _divisions(connection: Connection, scope: Scope, code: str, language: str) -> list[Node]:
    counted = levels.count_regions(connection, scope, code)
    steps = divide(code, counted)
    names = levels.read_region_names(connection, scope, [part for s in steps for part in s.path])
    nodes = [_division_node(step, region_title(step.path, names, language)) for step in steps]
    if code == "" and "" in counted:
        title = "未知区划" if language == "zh" else "No division known"
        nodes.append(_division_node(Division(UNPLACED, (), counted[""]), title))
    return nodes


def _division_node(step: Division, title: str) -> Node:
    return Node(
        key=write_key(RegionKey(step.code)),
        kind=NodeKind.REGION,
        title=title,
        counts=step.counts,
        leaf=False,
        state=None,
        region="" if step.code == UNPLACED else step.code,
    )

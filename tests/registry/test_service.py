from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, event, text

from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.db.connect import connect
from tongshi.db.migrate import upgrade
from tongshi.db.tables import presence
from tongshi.db.upsert import upsert
from tongshi.db.writer import Writer
from tongshi.errors import Error, Exhausted, Missing
from tongshi.gb28181.catalog import Item
from tongshi.registry import service
from tongshi.registry.entry import (
    CatalogStanding,
    CatalogState,
    Counts,
    Description,
    Node,
    NodeKind,
    Query,
    Registration,
    Sort,
    View,
)
from tongshi.registry.service import Registry
from tongshi.registry.state import State
from tongshi.registry.tree import EntryKey, write_key

PLATFORM = "34020000002000000001"
RECORDER = "34020300001180000001"
IPC = "34020300001320000001"


def channel_id(number: int, county: str = "340203") -> str:
    return f"{county}0000132{number:07d}"


def camera(number: int, county: str = "340203", parent_id: str = "") -> Item:
    return Item(
        device_id=channel_id(number, county),
        name=f"东门枪机 {number:05d}",
        civil_code=county,
        parental=0,
        parent_id=parent_id,
        status="OFF" if number % 10 == 9 else "ON",
    )


def complete(number: int, at: float = 100.0) -> CatalogStanding:
    return CatalogStanding(CatalogState.COMPLETE, number, number, at=at)


def partial(received: int, announced: int, at: float = 100.0) -> CatalogStanding:
    return CatalogStanding(CatalogState.PARTIAL, announced, received, "missing", at=at)


def live(writer: Writer, *ids: str, state: State = State.ONLINE) -> None:
    rows = [
        {"device_id": key, "state": state.value, "why": "", "since": 1.0, "noticed": 1.0}
        for key in ids
    ]
    writer.commit(lambda connection: upsert(connection, presence, rows, update=["state"]))


@pytest.fixture
def registry(engine: Engine, writer: Writer) -> Iterator[Registry]:
    registry = Registry(engine, writer)
    yield registry
    registry.close()


def registered(device_id: str, at: float = 50.0) -> Registration:
    return Registration(device_id, "127.0.0.1", 5061, "udp", at, at + 3600, "2016", "sim")


def test_a_device_is_recorded_with_the_next_flush(registry: Registry, writer: Writer) -> None:
    registry.record_registration(registered(IPC))
    registry.record_description(Description(IPC, 51.0, "Gate", "ACME", "X1", "1.0"))
    writer.flush()
    device = registry.device(EVERYTHING, IPC)
    assert device.registration == registered(IPC)
    assert (device.name, device.manufacturer, device.firmware) == ("Gate", "ACME", "1.0")
    assert (device.region, device.first_at, device.described_at) == ("340203", 50.0, 51.0)
    assert (device.state, device.catalog.state) == (State.UNKNOWN, CatalogState.NEVER)
    assert registry.registrations(after=3649) == [registered(IPC)]
    assert registry.registrations(after=3650) == []


def test_what_is_not_there_is_missing_as_is_what_may_not_be_seen(
    registry: Registry, writer: Writer
) -> None:
    registry.merge_catalog(RECORDER, [camera(0)], complete(1))
    for scope, device_id in ((EVERYTHING, "nobody"), (NOTHING, RECORDER)):
        with pytest.raises(Missing):
            registry.device(scope, device_id)
        with pytest.raises(Missing):
            registry.channel(scope, device_id, channel_id(0))


def test_a_catalog_becomes_channels(registry: Registry, writer: Writer) -> None:
    live(writer, RECORDER)
    changes = registry.submit_catalog(RECORDER, [camera(n) for n in range(10)], complete(10))
    assert changes.result(10).added == 10
    page = registry.channels(EVERYTHING, Query(size=4))
    assert (page.total, page.size, len(page.rows)) == (10, 4, 4)
    channel = registry.channel(EVERYTHING, RECORDER, channel_id(9))
    assert (channel.state, channel.device_name, channel.appeared_at) == (
        State.OFFLINE,
        RECORDER,
        100.0,
    )
    device = registry.device(EVERYTHING, RECORDER)
    assert device.counts == Counts(online=9, offline=1)
    assert device.catalog == replace(complete(10), complete_at=100.0)
    assert registry.counts(EVERYTHING) == (Counts(online=1), Counts(online=9, offline=1))


def test_partial_catalogs_take_nothing_and_removed_channels_stay_known(
    registry: Registry,
) -> None:
    registry.merge_catalog(RECORDER, [camera(n) for n in range(5)], complete(5))
    registry.merge_catalog(RECORDER, [camera(0)], partial(1, 5, at=200.0))
    device = registry.device(EVERYTHING, RECORDER)
    assert device.counts.total == 5
    assert device.catalog == CatalogStanding(CatalogState.PARTIAL, 5, 1, "missing", 200.0, 100.0)
    registry.merge_catalog(RECORDER, [camera(0)], complete(1, at=300.0))
    device = registry.device(EVERYTHING, RECORDER)
    assert (device.counts.total, device.catalog.removed) == (1, 4)
    assert registry.channel(EVERYTHING, RECORDER, channel_id(3)).removed_at == 300.0
    gone = registry.channels(EVERYTHING, Query(removed=True))
    assert gone.total == 4
    registry.merge_catalog(RECORDER, [camera(3)], partial(1, 5, at=400.0), source="notify")
    assert registry.channel(EVERYTHING, RECORDER, channel_id(3)).removed_at is None
    assert registry.device(EVERYTHING, RECORDER).catalog.removed == 3


def test_a_failed_query_leaves_all_as_it_was(registry: Registry, writer: Writer) -> None:
    registry.merge_catalog(RECORDER, [camera(0)], complete(1))
    registry.record_catalog_failure(RECORDER, "silent", 200.0)
    writer.flush()
    catalog = registry.device(EVERYTHING, RECORDER).catalog
    assert (catalog.state, catalog.why, catalog.received) == (CatalogState.COMPLETE, "silent", 1)


def test_equal_ids_below_two_devices_are_two_cameras(registry: Registry) -> None:
    for device_id in (RECORDER, PLATFORM):
        registry.merge_catalog(device_id, [camera(0)], complete(1))
    assert registry.channels(EVERYTHING, Query()).total == 2
    registry.merge_catalog(PLATFORM, [], complete(0))
    assert [row.device_id for row in registry.channels(EVERYTHING, Query()).rows] == [RECORDER]


def test_a_large_catalog_is_written_in_chunks(
    registry: Registry, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "CHUNK", 10)
    items = [camera(n) for n in range(35)]
    assert registry.merge_catalog(RECORDER, items, complete(35)).added == 35
    assert registry.device(EVERYTHING, RECORDER).counts.total == 35
    assert registry.merge_catalog(RECORDER, items[5:], complete(30)).removed
    assert registry.device(EVERYTHING, RECORDER).counts.total == 30
    assert registry.merge_catalog(RECORDER, items[5:], complete(30)).nothing


def test_a_catalog_that_cannot_be_stored_is_told_and_logged(
    registry: Registry, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE register_progress"))
        connection.execute(text("ALTER TABLE channels RENAME TO elsewhere"))
    future = registry.submit_catalog(RECORDER, [camera(0)], complete(1))
    assert future.exception(10) is not None
    registry.close()
    assert "catalog-lost" in caplog.text


def test_a_catalog_the_writer_refuses_raises(registry: Registry, writer: Writer) -> None:
    writer.close()
    with pytest.raises(Error):
        registry.merge_catalog(RECORDER, [camera(0)], complete(1))


def test_waiting_catalogs_are_bounded(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LONGEST_QUEUE", 0)
    with pytest.raises(Exhausted):
        registry.submit_catalog(RECORDER, [], complete(0))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(text="00012"), 1),
        (Query(text="枪机"), 30),
        (Query(text="%"), 0),
        (Query(text="_"), 0),
        (Query(text=channel_id(7)[5:]), 1),
        (Query(state=State.OFFLINE), 3),
        (Query(state=State.UNKNOWN), 0),
        (Query(state=State.ONLINE, text="机 0001"), 9),
        (Query(region="3402"), 30),
        (Query(region="340204"), 10),
        (Query(device_id=RECORDER), 20),
        (Query(device_id="nobody"), 0),
    ],
)
def test_channels_are_filtered(
    registry: Registry, writer: Writer, query: Query, expected: int
) -> None:
    registry.merge_catalog(RECORDER, [camera(n) for n in range(20)], complete(20))
    registry.merge_catalog(PLATFORM, [camera(n, "340204") for n in range(20, 30)], complete(10))
    live(writer, RECORDER, PLATFORM)
    page = registry.channels(EVERYTHING, query)
    assert page.total == expected
    assert len(page.rows) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), {IPC, RECORDER, PLATFORM}),
        (Query(text="gate"), {IPC}),
        (Query(text="118"), {RECORDER}),
        (Query(text="127.0.0.1"), {IPC}),
        (Query(state=State.ONLINE), {RECORDER}),
        (Query(catalog=CatalogState.NEVER), {IPC}),
        (Query(catalog=CatalogState.PARTIAL), {PLATFORM}),
        (Query(region="340203"), {IPC, RECORDER}),
        (Query(device_id=IPC), {IPC}),
        (Query(number=0, size=0), {PLATFORM}),
    ],
)
def test_devices_are_filtered(
    registry: Registry, writer: Writer, query: Query, expected: set[str]
) -> None:
    registry.record_registration(registered(IPC))
    registry.record_description(Description(IPC, 51.0, "The GATE"))
    registry.merge_catalog(RECORDER, [camera(0)], complete(1))
    registry.merge_catalog(PLATFORM, [camera(0)], partial(1, 2))
    live(writer, RECORDER)
    live(writer, PLATFORM, state=State.OFFLINE)
    writer.flush()
    assert {row.device_id for row in registry.devices(EVERYTHING, query).rows} == expected


# The tree


GROUP = "34020000002150000001"
ORGANISATION = "34020000002160000001"
BELOW = "34020400002000000001"
TREE = [
    Item(device_id="3402", name="芜湖市"),
    Item(device_id=BELOW, name="弋江", parent_id=PLATFORM),
    Item(device_id=GROUP, name="重点单位", parent_id=PLATFORM),
    Item(device_id=ORGANISATION, name="学校", business_group_id=GROUP),
    camera(0, parent_id=f"{BELOW}/{ORGANISATION}"),
    camera(1, parent_id=f"{BELOW}/{ORGANISATION}"),
    camera(9, "340204", parent_id=BELOW),
    camera(3, "340200", parent_id=PLATFORM),
]


def titles(nodes: tuple[Node, ...]) -> list[tuple[str, int]]:
    return [(node.title, node.counts.total) for node in nodes]


def test_a_platforms_tree_level_by_level(registry: Registry, writer: Writer) -> None:
    registry.merge_catalog(PLATFORM, TREE, complete(len(TREE)))
    live(writer, PLATFORM)
    (top,) = registry.level(EVERYTHING, View.DEVICES).rows
    assert (top.kind, top.state, top.leaf) == (NodeKind.PLATFORM, State.ONLINE, False)
    assert top.counts == Counts(online=3, offline=1)
    first = registry.level(EVERYTHING, View.DEVICES, top.key).rows
    assert titles(first) == [("弋江", 3), ("芜湖市", 1), ("重点单位", 2)]
    below, region, group = first
    assert [node.kind for node in first] == [NodeKind.PLATFORM, NodeKind.REGION, NodeKind.GROUP]
    assert (below.state, region.state, group.leaf) == (State.ONLINE, None, False)
    (school,) = registry.level(EVERYTHING, View.DEVICES, group.key).rows
    assert (school.kind, school.counts) == (NodeKind.ORGANISATION, Counts(online=2))
    cameras = registry.level(EVERYTHING, View.DEVICES, school.key).rows
    assert [node.channel_id for node in cameras] == [channel_id(0), channel_id(1)]
    assert all(node.leaf and node.kind is NodeKind.CAMERA for node in cameras)
    lower = registry.level(EVERYTHING, View.DEVICES, below.key).rows
    assert [node.state for node in lower] == [State.ONLINE, State.ONLINE, State.OFFLINE]
    assert registry.level(EVERYTHING, View.DEVICES, cameras[0].key).total == 0


def test_a_device_that_is_but_a_camera_stands_there_as_the_camera(registry: Registry) -> None:
    registry.merge_catalog(IPC, [Item(device_id=IPC, name="Gate")], complete(1))
    registry.merge_catalog(RECORDER, [camera(0), camera(1)], complete(2))
    registry.record_catalog_failure("34020300001180000002", "silent", 1.0)
    registry.merge_catalog("34020300001180000003", [], complete(0))
    nodes = registry.level(EVERYTHING, View.DEVICES).rows
    assert [(node.kind, node.title, node.leaf) for node in nodes] == [
        (NodeKind.DEVICE, RECORDER, False),
        (NodeKind.DEVICE, "34020300001180000002", True),
        (NodeKind.DEVICE, "34020300001180000003", False),
        (NodeKind.CAMERA, "Gate", True),
    ]
    assert nodes[3].channel_id == IPC


def test_the_same_cameras_by_division(registry: Registry, writer: Writer) -> None:
    registry.merge_catalog(PLATFORM, TREE, complete(len(TREE)))
    registry.merge_catalog("odd", [Item(device_id="cam")], complete(1))
    live(writer, PLATFORM)
    nodes = registry.level(EVERYTHING, View.REGIONS).rows
    assert titles(nodes) == [("安徽省 / 芜湖市", 4), ("未知区划", 1)]
    city, unplaced = nodes
    level = registry.level(EVERYTHING, View.REGIONS, city.key)
    assert [(node.title, node.kind) for node in level.rows] == [
        ("340203", NodeKind.REGION),
        ("340204", NodeKind.REGION),
        ("东门枪机 00003", NodeKind.CAMERA),
    ]
    assert level.total == 3
    (lone,) = registry.level(EVERYTHING, View.REGIONS, unplaced.key).rows
    assert lone.channel_id == "cam"
    english = registry.level(EVERYTHING, View.REGIONS, language="en").rows
    assert titles(english) == [("Anhui / 芜湖市", 4), ("No division known", 1)]


def test_a_level_of_divisions_and_cameras_is_paged_as_one_list(registry: Registry) -> None:
    registry.merge_catalog(PLATFORM, TREE, complete(len(TREE)))
    found = []
    for number in (1, 2, 3, 4):
        page = registry.level(EVERYTHING, View.REGIONS, "r/3402", number=number, size=1)
        assert page.total == 3
        found += [node.title for node in page.rows]
    assert found == ["340203", "340204", "东门枪机 00003"]


def test_an_unknown_node_is_missing(registry: Registry) -> None:
    with pytest.raises(Missing):
        registry.level(EVERYTHING, View.DEVICES, "nonsense")
    assert registry.level(EVERYTHING, View.DEVICES, "e/6/nobody").total == 0
    assert registry.level(EVERYTHING, View.REGIONS, "r/11").rows == ()


# What pages may cost.  Steps: thousands of instructions of SQLite's machine, which do not depend
# on the machine it runs on.

CAMERAS = 10_000
BUDGET = {
    "channels": (2, 250),
    "channels, last page": (2, 450),
    "channels, search": (2, 450),
    "channels, by state": (2, 600),
    "channels, filtered by state": (2, 300),
    "devices": (3, 300),
    "device": (2, 300),
    "channel": (1, 1),
    "tree, devices": (4, 450),
    "tree, below a device": (6, 1000),
    "tree, divisions": (2, 450),
    "tree, below a division": (4, 250),
    "counts": (2, 300),
}


class Meter:
    """Counts statements and machine steps of a store."""

    def __init__(self, engine: Engine) -> None:
        self.statements = 0
        self.steps = 0
        event.listen(engine, "before_cursor_execute", self._count)
        event.listen(engine, "begin", self._begin)

    def _begin(self, connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_progress_handler(self._step, 1000)

    def _step(self) -> int:
        self.steps += 1
        return 0

    def _count(self, *facts: object) -> None:
        statement = str(facts[2])
        self.statements += statement.lstrip().upper().startswith("SELECT")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Registry, Meter]]:
    path = tmp_path_factory.mktemp("budget") / "tongshi.db"
    engine = connect(f"sqlite:///{path}")
    upgrade(engine)
    writer = Writer(engine)
    registry = Registry(engine, writer)
    groups = [Item(device_id=f"3402000000215{n:07d}", name=f"group {n}") for n in range(100)]
    items = [
        replace(camera(n, f"3402{n % 80:02d}"), business_group_id=f"3402000000215{n % 100:07d}")
        for n in range(CAMERAS)
    ]
    registry.merge_catalog(PLATFORM, [*groups, *items], complete(len(items)))
    live(writer, PLATFORM)
    meter = Meter(engine)
    yield registry, meter
    registry.close()
    writer.close()
    engine.dispose()


@pytest.mark.parametrize("page", list(BUDGET))
def test_a_page_keeps_its_budget(filled: tuple[Registry, Meter], page: str) -> None:
    registry, meter = filled
    pages: dict[str, Callable[[], object]] = {
        "channels": lambda: registry.channels(EVERYTHING, Query()),
        "channels, last page": lambda: registry.channels(EVERYTHING, Query(number=CAMERAS // 50)),
        "channels, search": lambda: registry.channels(EVERYTHING, Query(text="0123")),
        "channels, by state": lambda: registry.channels(EVERYTHING, Query(sort=Sort.STATE)),
        "channels, filtered by state": lambda: registry.channels(
            EVERYTHING, Query(state=State.ONLINE)
        ),
        "devices": lambda: registry.devices(EVERYTHING, Query()),
        "device": lambda: registry.device(EVERYTHING, PLATFORM),
        "channel": lambda: registry.channel(EVERYTHING, PLATFORM, channel_id(1, "340201")),
        "tree, devices": lambda: registry.level(EVERYTHING, View.DEVICES),
        "tree, below a device": lambda: registry.level(
            EVERYTHING, View.DEVICES, write_key(EntryKey(PLATFORM))
        ),
        "tree, divisions": lambda: registry.level(EVERYTHING, View.REGIONS),
        "tree, below a division": lambda: registry.level(EVERYTHING, View.REGIONS, "r/340201"),
        "counts": lambda: registry.counts(EVERYTHING),
    }
    meter.statements = meter.steps = 0
    assert pages[page]()
    statements, steps = BUDGET[page]
    assert meter.statements <= statements
    assert meter.steps <= steps

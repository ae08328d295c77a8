"""Statements that need rows of several kinds; the use cases over them are in test_service."""

import pytest
from sqlalchemy import Engine, insert

from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.db.tables import catalogs, channels, devices, presence
from tongshi.gb28181 import catalog
from tongshi.registry import store
from tongshi.registry.entry import Counts, Query, Sort
from tongshi.registry.state import State, channel_state
from tongshi.registry.tree import EntryKey


def add_device(engine: Engine, device_id: str, state: State | None, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(insert(devices).values(device_id=device_id, first_at=1.0, **values))
        if state is not None:
            known = {"device_id": device_id, "state": state.value, "why": "", "since": 1.0}
            connection.execute(insert(presence).values(**known, noticed=1.0))


def add_channel(engine: Engine, device_id: str, channel_id: str, **values: object) -> None:
    row: dict[str, object] = dict.fromkeys(
        ("name", "manufacturer", "model", "address", "civil_code", "region", "parents"), ""
    )
    row |= {"business_group": "", "parent_id": device_id, "group_id": "", "item": "{}"}
    row |= {"role": "camera", "camera": True, "said": "on", "digest": "", "name": channel_id}
    row |= {"appeared_at": 1.0, "changed_at": 1.0, "device_id": device_id}
    with engine.begin() as connection:
        source = {"device_id": device_id, "source": "query", "at": 1.0, "state": "complete"}
        source |= dict.fromkeys(("announced", "received", "added", "changed"), 0)
        source |= {"removed": 0, "restored": 0, "why": ""}
        number = connection.execute(insert(catalogs).values(**source).returning(catalogs.c.id))
        row |= {"channel_id": channel_id, "catalog_id": number.scalar_one()}
        connection.execute(insert(channels).values({**row, **values}))


@pytest.mark.parametrize("device", [*State, None])
@pytest.mark.parametrize("said", list(catalog.State))
def test_a_row_has_the_state_that_the_rule_gives(
    engine: Engine, device: State | None, said: catalog.State
) -> None:
    add_device(engine, "d", device)
    add_channel(engine, "d", "c", said=said.value, region="34")
    expected = channel_state(device or State.UNKNOWN, said)
    with engine.connect() as connection:
        found = store.read_channel(connection, EVERYTHING, "d", "c")
        assert found is not None
        assert found.state is expected
        for state in State:
            _, total = store.page_channels(connection, EVERYTHING, Query(state=state))
            assert total == (state is expected)
        (counts,) = store.count_regions(connection, EVERYTHING, "34").values()
        assert getattr(counts, expected.value) == counts.total == 1


def test_whoever_may_see_nothing_sees_nothing_anywhere(engine: Engine) -> None:
    add_device(engine, "d", State.ONLINE)
    add_channel(engine, "d", "c", region="34")
    add_channel(engine, "d", "34", region="34", role="region", camera=False, name="安徽")
    with engine.connect() as connection:
        assert store.page_devices(connection, NOTHING, Query()) == ((), 0)
        assert store.read_device(connection, NOTHING, "d") is None
        assert store.page_channels(connection, NOTHING, Query()) == ((), 0)
        assert store.read_channel(connection, NOTHING, "d", "c") is None
        assert store.count_states(connection, NOTHING) == (Counts(), Counts())
        assert store.count_regions(connection, NOTHING, "") == {}
        assert store.read_region_names(connection, NOTHING, ["34"]) == {}
        assert store.page_children(connection, NOTHING, EntryKey("d"), Query()) == ((), 0)
        assert store.page_standing(connection, NOTHING, "34", 0, 10) == ((), 0)
        assert store.read_clusters(connection, NOTHING, "d") == []
        assert store.read_links(connection, NOTHING, "d") == {}
        assert store.read_nodes(connection, NOTHING, "d", ["d"]) == set()
        assert store.read_lone_cameras(connection, NOTHING, ["d"]) == {}


def test_division_names_come_from_catalogs_in_either_way_of_writing(engine: Engine) -> None:
    add_device(engine, "d", None)
    add_channel(engine, "d", "340200", region="3402", role="region", camera=False, name="芜湖市")
    add_channel(engine, "d", "3403", region="3403", role="region", camera=False, name="3403")
    with engine.connect() as connection:
        names = store.read_region_names(connection, EVERYTHING, ["3402", "3403", "34"])
    assert names == {"3402": "芜湖市"}


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("descending", [False, True])
def test_every_order_is_total(engine: Engine, sort: Sort, descending: bool) -> None:
    """Pages side by side show each row once, however many are equal."""
    for device_id in ("d", "e"):
        add_device(engine, device_id, State.ONLINE)
        for number in range(4):
            add_channel(engine, device_id, f"c{number}", name="same")
    with engine.connect() as connection:
        found = []
        for number in (1, 2, 3):
            query = Query(sort=sort, descending=descending, number=number, size=3)
            rows, total = store.page_channels(connection, EVERYTHING, query)
            assert total == 8
            found += [(row.device_id, row.channel_id) for row in rows]
        devices_found = []
        for number in (1, 2):
            query = Query(sort=sort, descending=descending, number=number, size=1)
            page, _ = store.page_devices(connection, EVERYTHING, query)
            devices_found += [row.device_id for row in page]
    assert len(found) == len(set(found)) == 8
    assert sorted(devices_found) == ["d", "e"]


@pytest.mark.parametrize(
    ("prefix", "expected"), [("", 4), ("34", 2), ("3402", 1), ("99", 1), ("x", 0), ("3", 3)]
)
def test_a_region_is_a_prefix(engine: Engine, prefix: str, expected: int) -> None:
    add_device(engine, "d", None)
    for channel_id, region in (("a", "34"), ("b", "340203"), ("c", "35"), ("e", "9901")):
        add_channel(engine, "d", channel_id, region=region)
    with engine.connect() as connection:
        _, total = store.page_channels(connection, EVERYTHING, Query(region=prefix))
    assert total == expected

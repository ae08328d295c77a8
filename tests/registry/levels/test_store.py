from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.gb28181 import catalog
from tongshi.registry.entry import Query
from tongshi.registry.levels import store
from tongshi.registry.state import State, channel_state
from tongshi.registry.tree import EntryKey

Add = Callable[..., None]


@pytest.mark.parametrize("device", [*State, None])
@pytest.mark.parametrize("said", list(catalog.State))
def test_a_division_counts_by_the_state_that_the_rule_gives(
    engine: Engine, add_device: Add, add_channel: Add, device: State | None, said: catalog.State
) -> None:
    add_device("d", device)
    add_channel("d", "c", said=said.value, region="34")
    expected = channel_state(device or State.UNKNOWN, said)
    with engine.connect() as connection:
        (counts,) = store.count_regions(connection, EVERYTHING, "34").values()
    assert getattr(counts, expected.value) == counts.total == 1


def test_whoever_may_see_nothing_sees_nothing_at_any_level(
    engine: Engine, add_device: Add, add_channel: Add
) -> None:
    add_device("d", State.ONLINE)
    add_channel("d", "c", region="34")
    add_channel("d", "34", region="34", role="region", camera=False, name="安徽")
    with engine.connect() as connection:
        assert store.count_regions(connection, NOTHING, "") == {}
        assert store.read_region_names(connection, NOTHING, ["34"]) == {}
        assert store.page_children(connection, NOTHING, EntryKey("d"), Query()) == ((), 0)
        assert store.page_standing(connection, NOTHING, "34", 0, 10) == ((), 0)
        assert store.read_clusters(connection, NOTHING, "d") == []
        assert store.read_links(connection, NOTHING, "d") == {}
        assert store.read_nodes(connection, NOTHING, "d", ["d"]) == set()
        assert store.read_lone_cameras(connection, NOTHING, ["d"]) == {}


def test_division_names_come_from_catalogs_in_either_way_of_writing(
    engine: Engine, add_device: Add, add_channel: Add
) -> None:
    add_device("d", None)
    add_channel("d", "340200", region="3402", role="region", camera=False, name="芜湖市")
    add_channel("d", "3403", region="3403", role="region", camera=False, name="3403")
    with engine.connect() as connection:
        names = store.read_region_names(connection, EVERYTHING, ["3402", "3403", "34"])
    assert names == {"3402": "芜湖市"}

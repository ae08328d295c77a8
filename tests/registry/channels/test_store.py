from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.gb28181 import catalog
from tongshi.registry.channels import store
from tongshi.registry.entry import Counts, Query, Sort
from tongshi.registry.state import State, channel_state

Add = Callable[..., None]


@pytest.mark.parametrize("device", [*State, None])
@pytest.mark.parametrize("said", list(catalog.State))
def test_a_row_has_the_state_that_the_rule_gives(
    engine: Engine, add_device: Add, add_channel: Add, device: State | None, said: catalog.State
) -> None:
    add_device("d", device)
    add_channel("d", "c", said=said.value, region="34")
    expected = channel_state(device or State.UNKNOWN, said)
    with engine.connect() as connection:
        found = store.read_channel(connection, EVERYTHING, "d", "c")
        assert found is not None
        assert found.state is expected
        for state in State:
            _, total = store.page_channels(connection, EVERYTHING, Query(state=state))
            assert total == (state is expected)
        counts = store.count_cameras(connection, EVERYTHING)
        assert getattr(counts, expected.value) == counts.total == 1


def test_whoever_may_see_nothing_sees_no_channel(
    engine: Engine, add_device: Add, add_channel: Add
) -> None:
    add_device("d", State.ONLINE)
    add_channel("d", "c", region="34")
    with engine.connect() as connection:
        assert store.page_channels(connection, NOTHING, Query()) == ((), 0)
        assert store.read_channel(connection, NOTHING, "d", "c") is None
        assert store.count_cameras(connection, NOTHING) == Counts()


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("descending", [False, True])
def test_every_order_is_total(
    engine: Engine, add_device: Add, add_channel: Add, sort: Sort, descending: bool
) -> None:
    """Pages side by side show each row once, however many are equal."""
    for device_id in ("d", "e"):
        add_device(device_id, State.ONLINE)
        for number in range(4):
            add_channel(device_id, f"c{number}", name="same")
    found = []
    with engine.connect() as connection:
        for number in (1, 2, 3):
            query = Query(sort=sort, descending=descending, number=number, size=3)
            rows, total = store.page_channels(connection, EVERYTHING, query)
            assert total == 8
            found += [(row.device_id, row.channel_id) for row in rows]
    assert len(found) == len(set(found)) == 8


@pytest.mark.parametrize(
    ("prefix", "expected"), [("", 4), ("34", 2), ("3402", 1), ("99", 1), ("x", 0), ("3", 3)]
)
def test_a_region_is_a_prefix(
    engine: Engine, add_device: Add, add_channel: Add, prefix: str, expected: int
) -> None:
    add_device("d", None)
    for channel_id, region in (("a", "34"), ("b", "340203"), ("c", "35"), ("e", "9901")):
        add_channel("d", channel_id, region=region)
    with engine.connect() as connection:
        _, total = store.page_channels(connection, EVERYTHING, Query(region=prefix))
    assert total == expected


@pytest.mark.parametrize(
    ("item", "speeds"), [('{"Info":{"DownloadSpeed":"1/2"}}', "1/2"), ("", "")]
)
def test_speeds_of_downloads_are_those_announced(
    engine: Engine, add_device: Add, add_channel: Add, item: str, speeds: str
) -> None:
    add_device("d", None)
    add_channel("d", "c", item=item or "{}")
    with engine.connect() as connection:
        assert store.read_download_speed(connection, "d", "c") == speeds
        assert store.read_download_speed(connection, "d", "none") == ""

"""Statements that need rows of several kinds; the use cases over them are in test_service."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.registry import store
from tongshi.registry.entry import Counts, Query, Sort
from tongshi.registry.state import State


def test_whoever_may_see_nothing_sees_no_device(
    engine: Engine, add_device: Callable[..., None]
) -> None:
    add_device("d", State.ONLINE)
    with engine.connect() as connection:
        assert store.page_devices(connection, NOTHING, Query()) == ((), 0)
        assert store.read_device(connection, NOTHING, "d") is None
        assert store.count_devices(connection, NOTHING) == Counts()
        assert store.count_devices(connection, EVERYTHING) == Counts(online=1)


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("descending", [False, True])
def test_every_order_is_total(
    engine: Engine, add_device: Callable[..., None], sort: Sort, descending: bool
) -> None:
    """Pages side by side show each row once, however many are equal."""
    for device_id in ("d", "e"):
        add_device(device_id, State.ONLINE)
    found = []
    with engine.connect() as connection:
        for number in (1, 2):
            query = Query(sort=sort, descending=descending, number=number, size=1)
            page, _ = store.page_devices(connection, EVERYTHING, query)
            found += [row.device_id for row in page]
    assert sorted(found) == ["d", "e"]


def test_a_device_that_never_told_its_state_has_an_unknown_one(
    engine: Engine, add_device: Callable[..., None]
) -> None:
    add_device("d", None)
    with engine.connect() as connection:
        found = store.read_device(connection, EVERYTHING, "d")
        assert found is not None
        assert found.state is store.read_state(connection, "d") is State.UNKNOWN

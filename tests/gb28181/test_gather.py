from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.catalog import Item
from tongshi.gb28181.gather import Gathered, Gathering, Why, catalog_key
from tongshi.gb28181.manscdp.response import CatalogAnswer


def part(ids: str, announced: int | None, *, name: str = "", unreadable: int = 0) -> CatalogAnswer:
    items = tuple(Item(device_id=device_id, name=name) for device_id in ids)
    return CatalogAnswer(1, "d", announced, items, unreadable=unreadable)


def gather(parts: Sequence[CatalogAnswer], limit: int = 100) -> Gathered[Item]:
    gathering = Gathering(catalog_key, 0.0, limit=limit)
    for answer in parts:
        gathering.add(answer, 1.0)
    return gathering.result()


@pytest.mark.clause("M")
def test_all_announced_items_are_the_whole() -> None:
    gathered = gather([part("ab", 3), part("c", 3)])
    assert [item.device_id for item in gathered.items] == ["a", "b", "c"]
    assert (gathered.parts, gathered.announced, gathered.unique) == (2, 3, 3)
    assert gathered.complete
    assert gathered.why is None


@pytest.mark.clause("M")
def test_an_empty_catalog_is_complete() -> None:
    gathered = gather([part("", 0)])
    assert gathered.complete
    assert gathered.items == ()


def test_repeated_parts_do_no_harm() -> None:
    gathered = gather([part("ab", 3), part("ab", 3), part("c", 3)])
    assert gathered.complete
    assert gathered.duplicates == 2


@pytest.mark.clause("M")
@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([], Why.SILENT),
        ([part("ab", 3)], Why.MISSING),
        ([part("abcd", 3)], Why.SURPLUS),
        ([part("ab", 2), part("cd", 2)], Why.SURPLUS),
        ([part("ab", None)], Why.UNCOUNTED),
        ([part("a", 2), part("a", 2, name="other")], Why.COLLIDING),
        ([part("ab", 3, unreadable=1)], Why.UNREADABLE),
        ([part("abcdefgh", 8)], Why.TOO_MANY),
        ([part("a", 0)], Why.SURPLUS),
    ],
)
def test_what_is_partial_says_why(parts: list[CatalogAnswer], why: Why) -> None:
    gathered = gather(parts, limit=7)
    assert not gathered.complete
    assert gathered.why is why


def test_the_figures_of_partial_results() -> None:
    assert gather([part("ab", 2), part("cd", 2)]).surplus == 2
    assert gather([part("ab", None)]).surplus == 0
    assert gather([part("a", 1, unreadable=3)]).unreadable == 3
    colliding = gather([part("a", 2), part("a", 2, name="later")])
    assert (colliding.colliding, colliding.duplicates, colliding.unique) == (1, 1, 1)
    assert colliding.items[0].name == "later"
    assert gather([part("abcdefgh", 8)], limit=3).unique == 3


def test_a_total_that_changes_counts_as_its_greatest() -> None:
    assert gather([part("a", 1), part("b", 2), part("c", 3)]).complete
    shrunk = gather([part("a", 3), part("b", 2)])
    assert shrunk.announced == 3
    assert shrunk.why is Why.MISSING


def test_the_clock_of_a_gathering() -> None:
    gathering = Gathering(catalog_key, 10.0, first=120.0, gap=5.0, settle=0.5)
    assert gathering.deadline() == 130.0
    assert not gathering.over(129.0)
    gathering.add(part("a", 2), 20.0)
    assert gathering.deadline() == 25.0
    gathering.add(part("b", 2), 24.0)
    assert gathering.deadline() == 24.5
    assert not gathering.over(24.4)
    # A part beyond the announced total is waited for, too.
    gathering.add(part("c", 2), 24.4)
    assert gathering.over(24.9)
    assert gathering.result().why is Why.SURPLUS


def test_silence_ends_a_gathering() -> None:
    gathering = Gathering(catalog_key, 0.0, first=2.0)
    assert gathering.over(2.0)
    assert gathering.result().why is Why.SILENT


@given(
    st.lists(st.lists(st.sampled_from("abcdef"), max_size=3), max_size=8),
    st.integers(0, 7),
)
def test_complete_means_exactly_the_announced(parts: list[list[str]], announced: int) -> None:
    gathered = gather([part("".join(ids), announced) for ids in parts])
    ids = {device_id for part_ids in parts for device_id in part_ids}
    assert gathered.unique == len(ids)
    assert gathered.complete == (bool(parts) and len(ids) == announced)
    assert gathered.complete == (gathered.why is None)
    assert gathered.unique + gathered.duplicates == sum(map(len, parts))


def test_parts_without_end_are_not_waited_for() -> None:
    gathering = Gathering(catalog_key, 0.0, first=120.0, gap=5.0, longest=20.0)
    for now in range(0, 20, 4):
        gathering.add(part("abcdefghij"[now % 10], 100), float(now))
        assert not gathering.over(float(now))
    assert gathering.deadline() == 20.0
    assert gathering.result().why is Why.MISSING
    gathering.add(part("abcdefghij" * 10, 5), 19.0)
    whole = Gathering(catalog_key, 0.0, longest=2.0)
    whole.add(part("a", 1), 1.9)
    assert whole.deadline() == 2.0
    assert whole.result().why is Why.ENDLESS
    assert Gathering(catalog_key, 0.0, first=120.0, longest=20.0).deadline() == 20.0


def test_a_list_may_come_without_a_total() -> None:
    gathering = Gathering(catalog_key, 0.0, gap=5.0, settle=0.5, uncounted=True)
    gathering.add(part("ab", None), 1.0)
    assert gathering.deadline() == 1.5
    assert gathering.result().complete
    gathering.add(part("c", 4), 1.1)
    assert gathering.result().why is Why.MISSING


def test_equal_items_of_one_part_may_be_meant() -> None:
    twice = Gathering(catalog_key, 0.0, twins=True)
    for _ in range(2):
        twice.add(part("aab", 3), 1.0)
    gathered = twice.result()
    assert (gathered.unique, gathered.duplicates, gathered.complete) == (3, 3, True)

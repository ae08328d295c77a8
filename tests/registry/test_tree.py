import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import Missing
from tongshi.gb28181 import catalog
from tongshi.gb28181.identifier import Role
from tongshi.registry.entry import Counts, NodeKind
from tongshi.registry.state import State
from tongshi.registry.tree import (
    UNPLACED,
    Cluster,
    Division,
    EntryKey,
    RegionKey,
    count,
    count_said,
    divide,
    kind_of,
    read_key,
    region_title,
    sum_branches,
    write_key,
)

ONE, TWO = Counts(online=1), Counts(offline=2)


@given(
    st.builds(EntryKey, st.text(min_size=1, max_size=50), st.text(max_size=50))
    | st.builds(RegionKey, st.sampled_from(["", UNPLACED, "34", "340203"]))
)
def test_keys_round_trip(key: EntryKey | RegionKey) -> None:
    assert read_key(write_key(key)) == key


@pytest.mark.parametrize(
    "text", ["", "x", "r/abc", "r/345", "e/", "e/0/", "e/5/abc", "e/x/abc", "e/999999/a", "e/²/a"]
)
def test_other_keys_lead_nowhere(text: str) -> None:
    with pytest.raises(Missing):
        read_key(text)


@given(st.text(max_size=30))
def test_any_text_is_a_key_or_is_refused(text: str) -> None:
    try:
        assert write_key(read_key(text))
    except Missing:
        assert True


@pytest.mark.parametrize("role", list(Role))
def test_every_role_is_shown_as_something(role: Role) -> None:
    assert kind_of(role, camera=True) is NodeKind.CAMERA
    assert kind_of(role, camera=False).value


def test_cameras_are_counted_by_their_own_state() -> None:
    assert count(State.ONLINE, 2) == Counts(online=2)
    assert count(State.OFFLINE, 2) == Counts(offline=2)
    assert count(State.UNKNOWN, 2) == Counts(unknown=2)
    assert count_said(State.ONLINE, catalog.State.OFF.value, 3) == Counts(offline=3)
    assert count_said(State.UNKNOWN, catalog.State.ON.value, 3).total == 3


def test_a_camera_in_a_parent_and_a_group_counts_once_in_what_is_above_both() -> None:
    links = {"platform": ("root", ""), "group": ("platform", ""), "recorder": ("platform", "group")}
    clusters = [
        Cluster("recorder", "", ONE),
        Cluster("platform", "group", TWO),
        Cluster("platform", "group", ONE),
        Cluster("root", "", ONE),
    ]
    assert sum_branches(clusters, links) == {
        "root": Counts(online=3, offline=2),
        "platform": Counts(online=2, offline=2),
        "group": Counts(online=2, offline=2),
        "recorder": ONE,
    }


def test_divisions_step_by_step() -> None:
    counted = {"": TWO, "340203": ONE, "340222": ONE, "3702": ONE, "370202": ONE}
    assert divide("", counted) == [
        Division("3402", ("34", "3402"), Counts(online=2)),
        Division("3702", ("37", "3702"), Counts(online=2)),
    ]
    below = {"340203": ONE, "340222": TWO}
    assert divide("3402", below) == [
        Division("340203", ("340203",), ONE),
        Division("340222", ("340222",), TWO),
    ]
    assert divide("340203", {"340203": ONE}) == []
    assert divide("", {"34020301": ONE})[0].path == ("34", "3402", "340203", "34020301")


def test_titles_come_from_catalogs_then_provinces_then_codes() -> None:
    assert region_title(["34", "3402"], {"3402": "芜湖市"}, "zh") == "安徽省 / 芜湖市"
    assert region_title(["34", "3402"], {}, "en") == "Anhui / 3402"


@given(
    st.dictionaries(
        st.lists(st.sampled_from(["34", "02", "01"]), min_size=1, max_size=4).map("".join),
        st.just(ONE),
    )
)
def test_every_camera_is_below_exactly_one_division(counted: dict[str, Counts]) -> None:
    total = sum((division.counts for division in divide("", counted)), Counts())
    assert total.total == len(counted)

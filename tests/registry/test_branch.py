from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.catalog import Item
from tongshi.registry.branch import Place, ancestors, place

PLATFORM = "34020000002000000001"
RECORDER = "34020000001180000001"
BELOW = "34020100002000000001"
GROUP = "34020000002150000001"
ORGANISATION = "34020000002160000001"
INNER = "34020000002160000002"
CAMERA = "34020000001320000001"
ALARM = "34020000001340000001"
SUB_DEVICE = "34020000001110000001"


def placed(device_id: str, *items: Item) -> dict[str, Place]:
    return place(device_id, {item.device_id: item for item in items})


def camera(parent_id: str = "", civil_code: str = "", business_group_id: str = "") -> Item:
    return Item(
        device_id=CAMERA,
        parental=0,
        parent_id=parent_id,
        civil_code=civil_code,
        business_group_id=business_group_id,
    )


def test_an_unknown_parent_means_the_registering_device() -> None:
    for parent in ("", "34020000002000009999", "3402000000", CAMERA, PLATFORM):
        found = placed(RECORDER, camera(parent_id=parent))
        assert found[CAMERA] == Place(RECORDER, "", camera=True), parent


def test_the_device_among_its_channels_is_the_root() -> None:
    found = placed(RECORDER, Item(device_id=RECORDER, parental=1), camera(parent_id=RECORDER))
    assert found[RECORDER] == Place("", "", camera=False)
    assert found[CAMERA] == Place(RECORDER, "", camera=True)


def test_a_camera_that_is_its_own_only_channel() -> None:
    assert placed(CAMERA, camera())[CAMERA] == Place(CAMERA, "", camera=True)
    # The same from a device with the type of a recorder.
    found = placed(RECORDER, Item(device_id=RECORDER))
    assert found[RECORDER] == Place(RECORDER, "", camera=True)


def test_a_sub_device_and_its_channels() -> None:
    found = placed(
        PLATFORM,
        Item(device_id=SUB_DEVICE, parental=1, parent_id=PLATFORM),
        camera(parent_id=SUB_DEVICE),
        Item(device_id=ALARM, parent_id=SUB_DEVICE),
    )
    assert found[SUB_DEVICE] == Place(PLATFORM, "", camera=False)
    assert found[CAMERA] == Place(SUB_DEVICE, "", camera=True)
    assert found[ALARM] == Place(SUB_DEVICE, "", camera=False)


def test_a_childless_recorder_that_says_so_is_a_camera() -> None:
    assert placed(PLATFORM, Item(device_id=SUB_DEVICE, parental=0))[SUB_DEVICE].camera
    assert not placed(PLATFORM, Item(device_id=SUB_DEVICE))[SUB_DEVICE].camera
    found = placed(PLATFORM, Item(device_id=SUB_DEVICE, parental=0), camera(parent_id=SUB_DEVICE))
    assert not found[SUB_DEVICE].camera


def test_an_odd_id_is_a_camera_unless_something_hangs_below() -> None:
    found = placed(PLATFORM, Item(device_id="site-1"), Item(device_id="cam-1", parent_id="site-1"))
    assert not found["site-1"].camera
    assert found["cam-1"] == Place("site-1", "", camera=True)


def test_groups_and_organisations_of_2022() -> None:
    found = placed(
        PLATFORM,
        Item(device_id=GROUP, parent_id=PLATFORM),
        Item(device_id=ORGANISATION, business_group_id=GROUP),
        Item(device_id=INNER, parent_id=ORGANISATION, business_group_id=GROUP),
        camera(parent_id=f"{PLATFORM}/{INNER}", business_group_id=GROUP),
    )
    assert found[GROUP] == Place(PLATFORM, "", camera=False)
    assert found[ORGANISATION] == Place(GROUP, "", camera=False)
    assert found[INNER] == Place(ORGANISATION, "", camera=False)
    assert found[CAMERA] == Place(PLATFORM, INNER, camera=True)


def test_groups_as_2016_writes_them() -> None:
    found = placed(
        PLATFORM,
        Item(device_id=GROUP, parent_id=PLATFORM),
        Item(device_id=ORGANISATION, parent_id=GROUP, business_group_id=GROUP),
        camera(parent_id=ORGANISATION),
    )
    assert found[ORGANISATION] == Place(GROUP, "", camera=False)
    assert found[CAMERA] == Place(ORGANISATION, "", camera=True)


def test_a_business_group_alone_lists_a_camera_too() -> None:
    found = placed(
        PLATFORM, Item(device_id=GROUP), camera(parent_id=PLATFORM, business_group_id=GROUP)
    )
    assert found[CAMERA] == Place(PLATFORM, GROUP, camera=True)
    # A group that nobody listed, and one that names itself.
    assert placed(PLATFORM, camera(business_group_id=GROUP))[CAMERA].group_id == ""
    lost = Item(device_id=ORGANISATION, business_group_id=ORGANISATION)
    assert placed(PLATFORM, lost)[ORGANISATION].parent_id == PLATFORM


def test_regions_nest_by_prefix_however_they_are_written() -> None:
    found = placed(
        PLATFORM,
        Item(device_id="34", name="安徽省"),
        Item(device_id="340200", name="芜湖市"),
        Item(device_id="34020301", name="弋江区某所"),
        camera(civil_code="340203", parent_id=PLATFORM),
        Item(device_id=BELOW, civil_code="3402", parent_id=PLATFORM),
    )
    assert found["34"].parent_id == PLATFORM
    assert found["340200"].parent_id == "34"
    assert found["34020301"].parent_id == "340200"
    assert found[CAMERA] == Place("340200", "", camera=True)
    assert found[BELOW].parent_id == PLATFORM, "a platform hangs from its platform"


def test_circles_are_cut_at_the_root() -> None:
    one, two, three = (f"3402000000118000000{number}" for number in (1, 2, 3))
    found = placed(
        PLATFORM,
        Item(device_id=one, parent_id=two),
        Item(device_id=two, parent_id=three),
        Item(device_id=three, parent_id=one),
        camera(parent_id=one),
    )
    assert [found[key].parent_id for key in (one, two, three)].count(PLATFORM) == 1
    links = {key: (p.parent_id, p.group_id) for key, p in found.items()}
    assert all(PLATFORM in ancestors(key, links) for key in found)


IDS = [PLATFORM, RECORDER, BELOW, GROUP, ORGANISATION, INNER, CAMERA, ALARM, "34", "3402", "x"]
ITEMS = st.builds(
    Item,
    device_id=st.sampled_from(IDS),
    parent_id=st.lists(st.sampled_from([*IDS, "", "?"]), max_size=3).map("/".join),
    business_group_id=st.sampled_from([*IDS, ""]),
    civil_code=st.sampled_from(["", "34", "3402", "340200", "CivilCode"]),
    parental=st.sampled_from([None, 0, 1, 65535]),
)


@given(st.lists(ITEMS), st.sampled_from([PLATFORM, RECORDER, CAMERA, "odd"]))
def test_every_entry_hangs_from_the_root(items: list[Item], device_id: str) -> None:
    entries = {item.device_id: item for item in items}
    found = place(device_id, entries)
    assert found.keys() == entries.keys()
    links = {key: (p.parent_id, "") for key, p in found.items()}
    for key, at in found.items():
        assert at.parent_id in entries or at.parent_id in (device_id, "")
        assert at.group_id in entries or at.group_id == ""
        assert key == device_id or device_id in ancestors(key, links)


def test_ancestors_follow_parents_and_groups_once() -> None:
    links = {"a": ("b", "g"), "b": ("root", ""), "g": ("root", ""), "root": ("", "")}
    assert sorted(ancestors("a", links)) == ["a", "b", "g", "root"]
    assert list(ancestors("", links)) == []

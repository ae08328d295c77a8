from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.catalog import Details, Item
from tongshi.gb28181.element import Element
from tongshi.registry.branch import Place
from tongshi.registry.merge import Changes, Stored, digest_of, merge

DEVICE = "34020000001180000001"
IDS = [f"3402000000131000000{number}" for number in range(5)]


def item(
    number: int, *, name: str = "", status: str = "ON", parent_id: str = "", holder: str = ""
) -> Item:
    return Item(
        device_id=IDS[number],
        name=name or f"camera {number}",
        status=status,
        parent_id=parent_id,
        password=holder,
    )


def store(stored: dict[str, Stored], changes: Changes) -> dict[str, Stored]:
    """Carry *changes* out as the store does."""
    after = dict(stored)
    for row in changes.rows:
        key = str(row["channel_id"])
        at = Place(str(row["parent_id"]), str(row["group_id"]), bool(row["camera"]))
        below = row["parental"]
        after[key] = Stored(
            key,
            str(row["digest"]),
            False,
            at,
            str(row["parents"]),
            str(row["business_group"]),
            str(row["civil_code"]),
            below if isinstance(below, int) else None,
        )
    for key, at in changes.moved:
        after[key] = after[key]._replace(place=at)
    for key in changes.removed:
        after[key] = after[key]._replace(removed=True)
    return after


def present(stored: dict[str, Stored]) -> set[str]:
    return {key for key, was in stored.items() if not was.removed}


def test_a_first_catalog_adds() -> None:
    changes = merge(DEVICE, {}, [item(1), item(0)], complete=True)
    assert [row["channel_id"] for row in changes.rows] == IDS[:2]
    assert (changes.added, changes.changed, changes.restored) == (2, 0, 0)
    assert not changes.nothing


def test_the_same_again_changes_nothing() -> None:
    items = [item(0), item(1)]
    stored = store({}, merge(DEVICE, {}, items, complete=True))
    assert merge(DEVICE, stored, items, complete=True).nothing
    assert merge(DEVICE, stored, items[:1], complete=False).nothing


def test_only_what_changed_is_written() -> None:
    stored = store({}, merge(DEVICE, {}, [item(0), item(1)], complete=True))
    changes = merge(DEVICE, stored, [item(0), item(1, status="OFF")], complete=True)
    assert [row["channel_id"] for row in changes.rows] == [IDS[1]]
    assert changes.rows[0]["said"] == "off"
    assert (changes.added, changes.changed) == (0, 1)


def test_a_partial_catalog_never_removes() -> None:
    stored = store({}, merge(DEVICE, {}, [item(n) for n in range(4)], complete=True))
    changes = merge(DEVICE, stored, [item(4)], complete=False)
    assert changes.removed == ()
    assert present(store(stored, changes)) == set(IDS)
    assert merge(DEVICE, stored, [], complete=False).nothing


def test_a_complete_catalog_removes_what_it_lacks_once() -> None:
    stored = store({}, merge(DEVICE, {}, [item(n) for n in range(3)], complete=True))
    changes = merge(DEVICE, stored, [item(1)], complete=True)
    assert changes.removed == (IDS[0], IDS[2])
    stored = store(stored, changes)
    assert present(stored) == {IDS[1]}
    assert merge(DEVICE, stored, [item(1)], complete=True).nothing


def test_an_empty_complete_catalog_removes_all() -> None:
    stored = store({}, merge(DEVICE, {}, [item(0)], complete=True))
    assert merge(DEVICE, stored, [], complete=True).removed == (IDS[0],)


def test_what_comes_back_is_restored() -> None:
    stored = store({}, merge(DEVICE, {}, [item(0), item(1)], complete=True))
    stored = store(stored, merge(DEVICE, stored, [item(1)], complete=True))
    for complete in (True, False):
        changes = merge(DEVICE, stored, [item(0), item(1)], complete=complete)
        assert (changes.added, changes.changed, changes.restored) == (0, 0, 1)
        assert present(store(stored, changes)) == set(IDS[:2])


def test_items_without_an_id_are_passed_over_and_the_last_of_equals_counts() -> None:
    items = [Item(name="nobody"), item(0), item(0, name="renamed")]
    changes = merge(DEVICE, {}, items, complete=True)
    assert [row["name"] for row in changes.rows] == ["renamed"]


def test_a_parent_that_comes_later_takes_its_children() -> None:
    parent = "34020000001110000001"
    stored = store({}, merge(DEVICE, {}, [item(0, parent_id=parent)], complete=False))
    assert stored[IDS[0]].place == Place(DEVICE, "", camera=True)
    changes = merge(DEVICE, stored, [Item(device_id=parent)], complete=False)
    assert changes.moved == ((IDS[0], Place(parent, "", camera=True)),)
    # In a complete catalog the child is written whole where it hangs elsewhere.
    changes = merge(
        DEVICE, stored, [Item(device_id=parent), item(0, parent_id=parent)], complete=True
    )
    assert changes.changed == 1
    assert changes.moved == ()


def test_a_row_has_what_can_be_believed_and_keeps_the_rest() -> None:
    told = Item(
        device_id=IDS[0],
        civil_code="CivilCode",
        owner="owner",
        parental=2**40,
        longitude=118.38,
        latitude=31.33,
        password=IDS[1],
        status="strange",
        others=(Element("Private", "1"),),
        details=Details(ptz_type=3, mac="00-11", others=(Element("EnableBroadcast", "0"),)),
    )
    row = merge(DEVICE, {}, [told], complete=True, region="3402").rows[0]
    assert row["name"] == IDS[0]
    assert row["region"] == "3402"
    assert row["parental"] is None
    assert row["said"] == "off"
    assert (row["longitude"], row["latitude"], row["ptz_type"]) == (118.38, 31.33, 3)
    assert row["item"] == (
        '{"Owner":"owner","Status":"strange","Longitude":118.38,"Latitude":31.33,'
        '"Info":{"PTZType":3,"MAC":"00-11"},'
        '"InfoOthers":["<EnableBroadcast>0</EnableBroadcast>"],'
        '"Others":["<Private>1</Private>"]}'
    )


def test_an_entry_that_says_little() -> None:
    row = merge(DEVICE, {}, [Item(device_id="odd", longitude=0.0)], complete=True).rows[0]
    assert (row["region"], row["longitude"], row["ptz_type"]) == ("", None, None)
    assert row["item"] == '{"Longitude":0.0}'
    assert merge(DEVICE, {}, [Item(device_id="odd")], complete=True).rows[0]["item"] == "{}"
    told = Item(device_id="odd", details=Details(mac="1"))
    assert merge(DEVICE, {}, [told], complete=True).rows[0]["item"] == '{"Info":{"MAC":"1"}}'


def test_a_digest_tells_every_field_apart_but_the_event() -> None:
    plain = item(0)
    others = [
        item(0, name="x"),
        item(0, holder="x"),
        replace(plain, details=Details()),
        replace(plain, details=Details(mac="1")),
        replace(plain, others=(Element("A"),)),
        item(0, name="\ud800"),
    ]
    assert len({digest_of(other) for other in [plain, *others]}) == 1 + len(others)
    assert digest_of(replace(plain, event="ADD")) == digest_of(plain)


CATALOGS = st.tuples(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["ON", "OFF"]))), st.booleans()
)


@given(st.lists(CATALOGS))
def test_the_store_follows_the_catalogs(catalogs: list[tuple[list[tuple[int, str]], bool]]) -> None:
    """What is there is all that came since the last complete catalog, that one included."""
    stored: dict[str, Stored] = {}
    expected: dict[str, str] = {}
    for entries, complete in catalogs:
        items = [item(number, status=status) for number, status in entries]
        stored = store(stored, merge(DEVICE, stored, items, complete=complete))
        if complete:
            expected = {}
        expected |= {one.device_id: digest_of(one) for one in items}
    assert {key: was.digest for key, was in stored.items() if not was.removed} == expected

from dataclasses import replace

import pytest

from tongshi.gb28181.catalog import (
    Change,
    Column,
    Details,
    Item,
    Position,
    State,
    columns,
)
from tongshi.gb28181.identifier import Role

CAMERA = "34020000001320000001"


@pytest.mark.clause("A.2.1.4")
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("ON", State.ON),
        ("On", State.ON),
        ("ONLINE", State.ON),
        ("ok", State.ON),
        ("", State.ON),
        ("OFF", State.OFF),
        ("Off", State.OFF),
        ("OFFLINE", State.OFF),
        ("DEFECT", State.OFF),
    ],
)
def test_words_for_presence(status: str, state: State) -> None:
    assert Item(device_id=CAMERA, status=status).state is state


@pytest.mark.parametrize("device_id", ["3402", "34020000002150000001", "34020000002160000001"])
def test_regions_and_groups_have_no_presence(device_id: str) -> None:
    assert Item(device_id=device_id, status="ON").state is State.UNKNOWN


@pytest.mark.clause("J")
def test_roles_come_from_the_id() -> None:
    assert Item(device_id=CAMERA).role is Role.CAMERA


@pytest.mark.parametrize(
    ("civil_code", "division"),
    [
        ("3402", "3402"),
        ("34020701", "34020701"),
        ("CivilCode", None),
        ("3402000000", None),
        (CAMERA, None),
        ("", None),
    ],
)
def test_civil_codes(civil_code: str, division: str | None) -> None:
    assert Item(device_id=CAMERA, civil_code=civil_code).division == division


@pytest.mark.parametrize(
    ("longitude", "latitude", "position"),
    [
        (118.38, 31.33, Position(118.38, 31.33)),
        (0.0, 31.33, None),
        (118.38, 0.0, None),
        (None, 31.33, None),
        (118.38, None, None),
        (181.0, 31.33, None),
        (118.38, -91.0, None),
    ],
)
def test_positions(
    longitude: float | None, latitude: float | None, position: Position | None
) -> None:
    assert Item(device_id=CAMERA, longitude=longitude, latitude=latitude).position == position


@pytest.mark.clause("N.4.3.2")
@pytest.mark.parametrize(
    ("event", "change"),
    [("ON", Change.ON), ("vlost", Change.VLOST), ("", Change.ADD), ("NEW", Change.ADD)],
)
def test_changes(event: str, change: Change) -> None:
    assert Item(device_id=CAMERA, event=event).change is change


@pytest.mark.clause("J")
@pytest.mark.parametrize(
    ("parent_id", "parents"),
    [
        ("nvr", ("nvr",)),
        ("group", ("group",)),
        ("nvr/group", ("nvr", "group")),
        (" group / group ", ("group",)),
        ("gone/group", ("group",)),
        ("34020000002000000001", ("nvr",)),
        ("3402000000", ("nvr",)),
        ("", ("nvr",)),
        (CAMERA, ("nvr",)),
    ],
)
def test_an_unknown_parent_is_the_registering_device(
    parent_id: str, parents: tuple[str, ...]
) -> None:
    item = Item(device_id=CAMERA, parent_id=parent_id)
    assert item.parents({"group", CAMERA}, "nvr") == parents


def test_the_registering_device_has_no_parent_of_its_own() -> None:
    assert Item(device_id="nvr", parent_id="server").parents({"group"}, "nvr") == ()
    assert Item(device_id="nvr", parent_id="group").parents({"group"}, "nvr") == ("group",)


def test_the_password_does_not_show() -> None:
    item = replace(Item(device_id=CAMERA), password=CAMERA[::-1])
    assert item.password not in repr(item)


@pytest.mark.clause("A.2.1.9")
def test_columns_are_the_schemas_fields_in_order() -> None:
    rows = columns(Item)
    assert [row.wire for row in rows][:5] == ["DeviceID", "Event", "Name", "Manufacturer", "Model"]
    assert Column("longitude", "Longitude", "float", "") in rows
    assert Column("parental", "Parental", "int", "") in rows
    owner = next(row for row in rows if row.wire == "Owner")
    assert owner.belongs(to_2022=False)
    assert not owner.belongs(to_2022=True)
    place = next(row for row in columns(Details) if row.wire == "MAC")
    assert place.belongs(to_2022=True)
    assert not place.belongs(to_2022=False)
    assert all(row.kind in ("str", "int", "float") for row in rows + columns(Details))

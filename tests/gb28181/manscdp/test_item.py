from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.catalog import Column, Details, Item, columns
from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.codec import parse
from tongshi.gb28181.manscdp.item import (
    Listed,
    read_item,
    read_listed,
    write_item,
    write_listed,
)
from tongshi.gb28181.manscdp.types import open_envelope
from tongshi.gb28181.version import Version

CAMERA = "34020000001320000001"


def read(xml: str) -> Item:
    item = read_item(parse(f"<Item>{xml}</Item>".encode()))
    assert item is not None
    return item


@pytest.mark.clause("A.2.1.9")
def test_an_item_of_the_2022_edition() -> None:
    item = read(
        f"<DeviceID>{CAMERA}</DeviceID><Name>东门枪机</Name><Manufacturer>ACME</Manufacturer>"
        "<Model>X1</Model><CivilCode>340200</CivilCode><Address>东门</Address>"
        "<Parental>0</Parental><ParentID>34020000002000000001</ParentID>"
        "<RegisterWay>1</RegisterWay><Secrecy>0</Secrecy><Status>ON</Status>"
        "<Longitude>118.38</Longitude><Latitude>31.33</Latitude><Info><PTZType>3</PTZType>"
        "<GrassrootsCode>000000</GrassrootsCode><PointType>1</PointType></Info>"
    )
    assert item == Item(
        device_id=CAMERA,
        name="东门枪机",
        manufacturer="ACME",
        model="X1",
        civil_code="340200",
        address="东门",
        parental=0,
        parent_id="34020000002000000001",
        register_way=1,
        secrecy=0,
        status="ON",
        longitude=118.38,
        latitude=31.33,
        details=Details(ptz_type=3, grassroots_code="000000", point_type=1),
    )


def test_faults_of_the_field() -> None:
    item = read(
        f"<deviceid> {CAMERA} </deviceid><Name>null</Name><Secrecy> 0 </Secrecy><Port></Port>"
        "<Parental>yes</Parental><Longitude>NaN</Longitude><Latitude/><Status> On </Status><Info/>"
    )
    assert item == Item(device_id=CAMERA, secrecy=0, status="On")


def test_an_item_without_an_id_is_none() -> None:
    assert read_item(parse(b"<Item><Name>x</Name></Item>")) is None
    assert read_item(parse(b"<Item><DeviceID> </DeviceID></Item>")) is None
    assert read_item(parse(b"<Item><DeviceID>1\r\nVia: x</DeviceID></Item>")) is None
    assert read_item(parse("<Item><DeviceID>东门</DeviceID></Item>".encode())) is None


def test_unknown_elements_are_kept_where_they_were() -> None:
    item = read(
        f"<DeviceID>{CAMERA}</DeviceID><Maker><A>1</A></Maker>"
        "<Info><EnableBroadcast>1</EnableBroadcast></Info><Info><PTZType>1</PTZType></Info>"
    )
    assert item.others == (
        Element("Maker", "", (), (Element("A", "1"),)),
        Element("Info", "", (), (Element("PTZType", "1"),)),
    )
    assert item.details == Details(others=(Element("EnableBroadcast", "1"),))
    assert read(write_item(item, Version.V2022)[6:-7]) == item


@pytest.mark.clause("A.2.1.9")
@pytest.mark.parametrize(
    "xml",
    [
        "<BusinessGroupID>215</BusinessGroupID>",
        "<Info><BusinessGroupID>215</BusinessGroupID></Info>",
        "<BusinessGroupID>215</BusinessGroupID><Info><BusinessGroupID>9</BusinessGroupID></Info>",
    ],
)
def test_the_business_group_is_read_from_either_place(xml: str) -> None:
    item = read(f"<DeviceID>{CAMERA}</DeviceID>{xml}")
    assert item == Item(device_id=CAMERA, business_group_id="215")


@pytest.mark.clause("A.2.1.9")
def test_each_edition_gets_its_own_fields() -> None:
    item = Item(
        device_id=CAMERA,
        owner="o",
        security_level_code="A",
        business_group_id="215",
        details=Details(use_type=1, mac="00-00-00-00-00-01"),
    )
    group = "<BusinessGroupID>215</BusinessGroupID>"
    assert write_item(item, Version.V2016) == (
        f"<Item><DeviceID>{CAMERA}</DeviceID><Owner>o</Owner>{group}"
        f"<Info><UseType>1</UseType>{group}</Info></Item>"
    )
    assert write_item(item, Version.V2022) == (
        f"<Item><DeviceID>{CAMERA}</DeviceID><SecurityLevelCode>A</SecurityLevelCode>{group}"
        "<Info><MAC>00-00-00-00-00-01</MAC></Info></Item>"
    )


WORDS = st.text(st.characters(codec="gb18030", categories=("L", "N", "P")), max_size=8).filter(
    lambda word: word.lower() != "null"
)
VALUES: dict[str, st.SearchStrategy[object]] = {
    "str": WORDS,
    "int": st.none() | st.integers(-(10**17), 10**17),
    "float": st.none() | st.floats(allow_nan=False, allow_infinity=False),
}


def filled(rows: tuple[Column, ...]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional={row.attribute: VALUES[row.kind] for row in rows})


def chosen(
    values: dict[str, object], rows: tuple[Column, ...], version: Version
) -> dict[str, object]:
    """Return the *values* of fields that *version* has."""
    to_2022 = version is Version.V2022
    kept = {row.attribute for row in rows if row.belongs(to_2022)} - {"device_id"}
    return {name: value for name, value in values.items() if name in kept}


new_item: Callable[..., Item] = Item
new_details: Callable[..., Details] = Details


@given(filled(columns(Item)), filled(columns(Details)), st.sampled_from(Version))
def test_read_of_write_is_identity(
    values: dict[str, object], details: dict[str, object], version: Version
) -> None:
    inner = new_details(**chosen(details, columns(Details), version))
    item = new_item(
        device_id=CAMERA,
        details=None if inner == Details() else inner,
        **chosen(values, columns(Item), version),
    )
    assert read_item(parse(write_item(item, version).encode("gb18030"))) == item


def test_a_message_lists_items() -> None:
    inside = (
        "<SumNum>5</SumNum><DeviceList Num='2'><Item><DeviceID>1</DeviceID></Item><Item/>"
        "</DeviceList>"
    )
    listed = read_listed(open_envelope(parse(f"<Response>{inside}</Response>".encode())))
    assert listed == Listed(5, (Item(device_id="1"),), 2, 1)
    assert write_listed(5, listed.items, Version.V2022) == [
        "<SumNum>5</SumNum>",
        '<DeviceList Num="1">',
        "<Item><DeviceID>1</DeviceID></Item>",
        "</DeviceList>",
    ]


def test_a_message_lists_nothing() -> None:
    assert read_listed(open_envelope(parse(b"<Response/>"))) == Listed(None, (), None, 0)
    assert write_listed(0, (), Version.V2022) == ["<SumNum>0</SumNum>"]

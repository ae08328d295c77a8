import pytest

from tongshi.gb28181.catalog import Item
from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.codec import parse
from tongshi.gb28181.manscdp.response import (
    CatalogAnswer,
    DeviceInfoAnswer,
    DeviceStatusAnswer,
    Duty,
    catalog_lines,
    device_info_lines,
    device_status_lines,
    read_catalog,
    read_device_info,
    read_device_status,
)
from tongshi.gb28181.manscdp.types import Envelope, Outcome, open_envelope
from tongshi.gb28181.version import Version


def envelope(inside: str) -> Envelope:
    text = f"<Response><CmdType>x</CmdType><SN>7</SN><DeviceID>34</DeviceID>{inside}</Response>"
    return open_envelope(parse(text.encode()))


@pytest.mark.clause("A.2.6.4")
def test_a_part_of_a_catalog() -> None:
    inside = (
        '<SumNum>3</SumNum><DeviceList Num="2"><Item><DeviceID>1</DeviceID></Item>'
        "<Item><Name>nobody</Name></Item><Item><DeviceID>2</DeviceID></Item></DeviceList><X>y</X>"
    )
    answer = read_catalog(envelope(inside))
    items = (Item(device_id="1"), Item(device_id="2"))
    assert answer == CatalogAnswer(7, "34", 3, items, 2, 1, (Element("X", "y"),))
    assert catalog_lines(answer, Version.V2022) == [
        "<SumNum>3</SumNum>",
        '<DeviceList Num="2">',
        "<Item><DeviceID>1</DeviceID></Item>",
        "<Item><DeviceID>2</DeviceID></Item>",
        "</DeviceList>",
    ]


@pytest.mark.parametrize(
    ("inside", "sum_num", "num"),
    [
        ("<SumNum>0</SumNum>", 0, None),
        ("<SumNum>0</SumNum><DeviceList Num='0'></DeviceList>", 0, 0),
        ("<SumNum>many</SumNum><DeviceList/>", None, None),
        ("<SumNum>-1</SumNum><DeviceList Num='-1'/>", None, None),
        ("", None, None),
    ],
)
def test_counts_may_be_missing_or_nonsense(
    inside: str, sum_num: int | None, num: int | None
) -> None:
    assert read_catalog(envelope(inside)) == CatalogAnswer(7, "34", sum_num, (), num)


@pytest.mark.clause("A.2.6.4", "M")
def test_an_empty_catalog_has_no_list() -> None:
    assert catalog_lines(CatalogAnswer(7, "34", 0), Version.V2022) == ["<SumNum>0</SumNum>"]


@pytest.mark.clause("A.2.6.5")
def test_device_info() -> None:
    inside = (
        "<DeviceName>东门</DeviceName><Result>OK</Result><Manufacturer>ACME</Manufacturer>"
        "<Model>X1</Model><Firmware>1.0</Firmware><Channel>4</Channel>"
    )
    answer = read_device_info(envelope(inside + "<MaxCamera>4</MaxCamera>"))
    assert answer == DeviceInfoAnswer(
        7, "34", Outcome.OK, "东门", "ACME", "X1", "1.0", 4, (Element("MaxCamera", "4"),)
    )
    assert "".join(device_info_lines(answer)) == inside
    assert read_device_info(envelope("<Result/>")) == DeviceInfoAnswer(7, "34", Outcome.UNKNOWN)


@pytest.mark.clause("A.2.6.6")
def test_device_status() -> None:
    inside = (
        "<Result>OK</Result><Online>ONLINE</Online><Status>ERROR</Status><Reason>disk</Reason>"
        "<Encode>ON</Encode><Record>OFF</Record><DeviceTime>2024-05-06T07:08:09</DeviceTime>"
        '<Alarmstatus Num="2"><Item><DeviceID>1</DeviceID><DutyStatus>ALARM</DutyStatus></Item>'
        "<Item><DeviceID>2</DeviceID></Item></Alarmstatus>"
    )
    answer = read_device_status(envelope(inside))
    assert answer == DeviceStatusAnswer(
        7,
        "34",
        Outcome.OK,
        True,
        Outcome.ERROR,
        "disk",
        True,
        False,
        "2024-05-06T07:08:09",
        (Duty("1", "ALARM"), Duty("2", "")),
    )
    assert "".join(device_status_lines(answer)) == inside


def test_a_device_that_says_nothing_of_itself() -> None:
    answer = read_device_status(envelope("<Extra>1</Extra>"))
    expected = DeviceStatusAnswer(7, "34", Outcome.UNKNOWN, others=(Element("Extra", "1"),))
    assert answer == expected
    assert "".join(device_status_lines(answer)) == ""

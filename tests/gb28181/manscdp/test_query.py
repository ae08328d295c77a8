from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.codec import parse
from tongshi.gb28181.manscdp.query import (
    CatalogQuery,
    DeviceInfoQuery,
    DeviceStatusQuery,
    catalog_lines,
    read_catalog,
    read_device_info,
    read_device_status,
)
from tongshi.gb28181.manscdp.types import Envelope, open_envelope


def envelope(inside: str = "") -> Envelope:
    text = f"<Query><CmdType>x</CmdType><SN>7</SN><DeviceID>34</DeviceID>{inside}</Query>"
    return open_envelope(parse(text.encode()))


def test_a_catalog_query_may_have_a_window() -> None:
    inside = "<StartTime>2024-05-06T07:08:09</StartTime><EndTime>2024-05-07T07:08:09</EndTime>"
    query = read_catalog(envelope(inside))
    assert query == CatalogQuery(7, "34", "2024-05-06T07:08:09", "2024-05-07T07:08:09")
    assert "".join(catalog_lines(query)) == inside
    assert read_catalog(envelope()) == CatalogQuery(7, "34")
    assert "".join(catalog_lines(CatalogQuery(7, "34"))) == ""


def test_queries_keep_what_they_do_not_know() -> None:
    others = (Element("X", "1"),)
    assert read_catalog(envelope("<X>1</X>")) == CatalogQuery(7, "34", others=others)
    assert read_device_info(envelope("<X>1</X>")) == DeviceInfoQuery(7, "34", others)
    assert read_device_status(envelope("<X>1</X>")) == DeviceStatusQuery(7, "34", others)

import pytest

from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.codec import parse
from tongshi.gb28181.manscdp.message import read, write
from tongshi.gb28181.manscdp.query import (
    AlarmQuery,
    CatalogQuery,
    ConfigDownloadQuery,
    CruiseTrackListQuery,
    CruiseTrackQuery,
    DeviceInfoQuery,
    DeviceStatusQuery,
    HomePositionQuery,
    MobilePositionQuery,
    PresetQuery,
    PtzPositionQuery,
    RecordInfoQuery,
    SdCardStatusQuery,
    catalog_lines,
    read_catalog,
    read_device_info,
    read_device_status,
)
from tongshi.gb28181.manscdp.types import Envelope, open_envelope
from tongshi.gb28181.version import Version

Query = (
    CatalogQuery
    | DeviceInfoQuery
    | DeviceStatusQuery
    | RecordInfoQuery
    | AlarmQuery
    | ConfigDownloadQuery
    | PresetQuery
    | MobilePositionQuery
    | HomePositionQuery
    | CruiseTrackListQuery
    | CruiseTrackQuery
    | PtzPositionQuery
    | SdCardStatusQuery
)
BEGIN, END = "2024-05-06T07:08:09", "2024-05-07T07:08:09"
WIRE: list[tuple[str, Query, str]] = [
    ("A.2.4.2", DeviceStatusQuery(7, "34"), "<CmdType>DeviceStatus</CmdType>"),
    (
        "A.2.4.3",
        CatalogQuery(7, "34", BEGIN, END),
        f"<CmdType>Catalog</CmdType><StartTime>{BEGIN}</StartTime><EndTime>{END}</EndTime>",
    ),
    ("A.2.4.4", DeviceInfoQuery(7, "34"), "<CmdType>DeviceInfo</CmdType>"),
    (
        "A.2.4.5",
        RecordInfoQuery(7, "34", BEGIN, END, "/a", "b", 0, "all", "c", True, 1, (2, 5), (1, 13)),
        f"<CmdType>RecordInfo</CmdType><StartTime>{BEGIN}</StartTime><EndTime>{END}</EndTime>"
        "<FilePath>/a</FilePath><Address>b</Address><Secrecy>0</Secrecy><Type>all</Type>"
        "<RecorderID>c</RecorderID><IndistinctQuery>1</IndistinctQuery>"
        "<StreamNumber>1</StreamNumber><AlarmMethod>2/5</AlarmMethod><AlarmType>1/13</AlarmType>",
    ),
    (
        "A.2.4.6",
        AlarmQuery(7, "34", 1, 4, (0,), (), BEGIN, END),
        "<CmdType>Alarm</CmdType><StartAlarmPriority>1</StartAlarmPriority>"
        "<EndAlarmPriority>4</EndAlarmPriority><AlarmMethod>0</AlarmMethod>"
        f"<StartAlarmTime>{BEGIN}</StartAlarmTime><EndAlarmTime>{END}</EndAlarmTime>",
    ),
    (
        "A.2.4.7",
        ConfigDownloadQuery(7, "34", ("BasicParam", "OSDConfig")),
        "<CmdType>ConfigDownload</CmdType><ConfigType>BasicParam/OSDConfig</ConfigType>",
    ),
    ("A.2.4.8", PresetQuery(7, "34"), "<CmdType>PresetQuery</CmdType>"),
    (
        "A.2.4.9",
        MobilePositionQuery(7, "34", 5),
        "<CmdType>MobilePosition</CmdType><Interval>5</Interval>",
    ),
    ("A.2.4.10", HomePositionQuery(7, "34"), "<CmdType>HomePositionQuery</CmdType>"),
    ("A.2.4.11", CruiseTrackListQuery(7, "34"), "<CmdType>CruiseTrackListQuery</CmdType>"),
    (
        "A.2.4.12",
        CruiseTrackQuery(7, "34", 0),
        "<CmdType>CruiseTrackQuery</CmdType><Number>0</Number>",
    ),
    ("A.2.4.13", PtzPositionQuery(7, "34"), "<CmdType>PTZPosition</CmdType>"),
    ("A.2.4.14", SdCardStatusQuery(7, "34"), "<CmdType>SDCardStatus</CmdType>"),
]


@pytest.mark.clause("A.2.4.1", "A.1")
@pytest.mark.parametrize(
    ("query", "wire"),
    [
        pytest.param(query, wire, marks=pytest.mark.clause(clause), id=clause)
        for clause, query, wire in WIRE
    ],
)
def test_each_query(query: Query, wire: str) -> None:
    envelope = "</CmdType><SN>7</SN><DeviceID>34</DeviceID>"
    text = f"<Query>{wire.replace('</CmdType>', envelope)}</Query>"
    assert read(text.encode()) == query
    assert write(query, Version.V2022).decode("gb18030").replace("\r\n", "").endswith(text)


@pytest.mark.parametrize("methods", ["1/2", "12", "1，2"])
def test_methods_of_alarm_combine(methods: str) -> None:
    body = (
        f"<Query><CmdType>Alarm</CmdType><SN>1</SN><AlarmMethod>{methods}</AlarmMethod>"
        f"<StartTime>{BEGIN}</StartTime><EndTime>{END}</EndTime></Query>"
    )
    found = read(body.encode("gb18030"))
    assert found == AlarmQuery(1, "", methods=(1, 2), start_time=BEGIN, end_time=END)


def test_filters_of_2022_are_not_sent_to_others() -> None:
    query = RecordInfoQuery(7, "34", BEGIN, END, stream_number=1, alarm_methods=(2,))
    body = write(query, Version.V2016)
    assert b"StreamNumber" not in body
    assert b"AlarmMethod" not in body


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

"""Every answer of A.2.6 that came with 2016 and 2022 as it stands on the wire, both ways."""

import pytest

from tongshi.gb28181.date import read_date
from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.answer import (
    AlarmAnswer,
    BroadcastAnswer,
    ConfigDownloadAnswer,
    CruiseStop,
    CruiseTrack,
    CruiseTrackAnswer,
    CruiseTrackListAnswer,
    DeviceConfigAnswer,
    DeviceControlAnswer,
    HomePositionAnswer,
    Preset,
    PresetAnswer,
    PtzPositionAnswer,
    Record,
    RecordInfoAnswer,
    SdCard,
    SdCardStatusAnswer,
)
from tongshi.gb28181.manscdp.config import FrameMirror
from tongshi.gb28181.manscdp.control import HomePosition
from tongshi.gb28181.manscdp.message import Message, read, write
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.version import Version

BEGIN, END = "2024-05-06T07:08:09", "2024-05-06T08:00:00"
RECORD = Record(
    "34020000001320000001",
    "东门",
    "/a.ps",
    "b",
    BEGIN,
    END,
    0,
    "time",
    "c",
    1024,
    "34020000001180000001",
    0,
)
LISTED = (
    "<Item><DeviceID>34020000001320000001</DeviceID><Name>东门</Name><FilePath>/a.ps</FilePath>"
    f"<Address>b</Address><StartTime>{BEGIN}</StartTime><EndTime>{END}</EndTime>"
    "<Secrecy>0</Secrecy><Type>time</Type><RecorderID>c</RecorderID><FileSize>1024</FileSize>"
    "<RecordLocation>34020000001180000001</RecordLocation><StreamNumber>0</StreamNumber></Item>"
)
WIRE: list[tuple[str, Message, str]] = [
    (
        "A.2.6.2",
        DeviceControlAnswer(7, "34", Outcome.OK),
        "<CmdType>DeviceControl</CmdType><Result>OK</Result>",
    ),
    ("A.2.6.3", AlarmAnswer(7, "34", Outcome.OK), "<CmdType>Alarm</CmdType><Result>OK</Result>"),
    (
        "A.2.6.7",
        RecordInfoAnswer(7, "34", "东门", 3, (RECORD,), 1),
        "<CmdType>RecordInfo</CmdType><Name>东门</Name><SumNum>3</SumNum>"
        f'<RecordList Num="1">{LISTED}</RecordList>',
    ),
    (
        "A.2.6.8",
        DeviceConfigAnswer(7, "34", Outcome.ERROR),
        "<CmdType>DeviceConfig</CmdType><Result>ERROR</Result>",
    ),
    (
        "A.2.6.9",
        ConfigDownloadAnswer(7, "34", Outcome.OK, (FrameMirror(0),)),
        "<CmdType>ConfigDownload</CmdType><Result>OK</Result><FrameMirror>0</FrameMirror>",
    ),
    (
        "A.2.6.10",
        PresetAnswer(7, "34", 2, (Preset("1", "东门"), Preset("2", "b")), 2),
        '<CmdType>PresetQuery</CmdType><SumNum>2</SumNum><PresetList Num="2">'
        "<Item><PresetID>1</PresetID><PresetName>东门</PresetName></Item>"
        "<Item><PresetID>2</PresetID><PresetName>b</PresetName></Item></PresetList>",
    ),
    (
        "A.2.6.11",
        BroadcastAnswer(7, "34", Outcome.OK),
        "<CmdType>Broadcast</CmdType><Result>OK</Result>",
    ),
    (
        "A.2.6.12",
        HomePositionAnswer(7, "34", HomePosition(True, 30, 1)),
        "<CmdType>HomePositionQuery</CmdType><HomePosition><Enabled>1</Enabled>"
        "<ResetTime>30</ResetTime><PresetIndex>1</PresetIndex></HomePosition>",
    ),
    (
        "A.2.6.13",
        CruiseTrackListAnswer(7, "34", 1, (CruiseTrack(0, "夜间"),), 1),
        "<CmdType>CruiseTrackListQuery</CmdType><SumNum>1</SumNum>"
        '<CruiseTrackList Num="1"><CruiseTrack><Number>0</Number><Name>夜间</Name></CruiseTrack>'
        "</CruiseTrackList>",
    ),
    (
        "A.2.6.14",
        CruiseTrackAnswer(7, "34", 0, "夜间", 1, (CruiseStop(1, 20, 15),), 1),
        "<CmdType>CruiseTrackQuery</CmdType><Number>0</Number><Name>夜间</Name>"
        '<SumNum>1</SumNum><CruisePointList Num="1"><CruisePoint><PresetIndex>1</PresetIndex>'
        "<StayTime>20</StayTime><Speed>15</Speed></CruisePoint></CruisePointList>",
    ),
    (
        "A.2.6.15",
        PtzPositionAnswer(7, "34", 10.5, -5.25, 2.0, 60.0, 33.5, 100.0),
        "<CmdType>PTZPosition</CmdType><Pan>10.5</Pan><Tilt>-5.25</Tilt><Zoom>2.0</Zoom>"
        "<HorizontalFieldAngle>60.0</HorizontalFieldAngle>"
        "<VerticalFieldAngle>33.5</VerticalFieldAngle><MaxViewDistance>100.0</MaxViewDistance>",
    ),
    (
        "A.2.6.16",
        SdCardStatusAnswer(7, "34", 1, (SdCard(1, "sd1", "formatting", 40, 1024, 512),), 1),
        '<CmdType>SDCardStatus</CmdType><SumNum>1</SumNum><SDCardStatusInfo Num="1"><Item>'
        "<ID>1</ID><HddName>sd1</HddName><Status>formatting</Status>"
        "<FormatProgress>40</FormatProgress><Capacity>1024</Capacity><FreeSpace>512</FreeSpace>"
        "</Item></SDCardStatusInfo>",
    ),
]


def body(root: str, wire: str) -> str:
    envelope = "</CmdType><SN>7</SN><DeviceID>34</DeviceID>"
    return f"<{root}>{wire.replace('</CmdType>', envelope)}</{root}>"


@pytest.mark.clause("A.2.6.1", "A.2.2.2", "A.1")
@pytest.mark.parametrize(
    ("answer", "wire"),
    [
        pytest.param(answer, wire, marks=pytest.mark.clause(clause), id=clause)
        for clause, answer, wire in WIRE
    ],
)
def test_each_answer(answer: Message, wire: str) -> None:
    text = body("Response", wire)
    assert read(text.encode("gb18030")) == answer
    assert write(answer, Version.V2022).decode("gb18030").replace("\r\n", "").endswith(text)


@pytest.mark.clause("A.2.1.10")
def test_a_record_knows_its_times() -> None:
    assert RECORD.since == read_date(BEGIN)
    assert RECORD.until == read_date(END)
    assert RECORD.key == ("34020000001320000001", BEGIN, END)
    assert Record("1", start_time="yesterday").since is None


@pytest.mark.clause("A.2.6.7")
def test_records_without_times_are_counted_and_left_out() -> None:
    inside = f"<Item><Name>x</Name></Item>{LISTED}<Other/>"
    text = body(
        "Response", f'<CmdType>RecordInfo</CmdType><RecordList Num="9">{inside}</RecordList>'
    )
    answer = read(text.encode())
    assert isinstance(answer, RecordInfoAnswer)
    assert answer.items == (RECORD,)
    assert (answer.sum_num, answer.num, answer.unreadable) == (None, 9, 1)
    assert answer.others == (Element("RecordList", "", (), (Element("Other"),)),)


@pytest.mark.clause("A.2.6.7", "M")
def test_nothing_found_is_no_list() -> None:
    text = body("Response", "<CmdType>RecordInfo</CmdType><Name>a</Name><SumNum>0</SumNum>")
    answer = RecordInfoAnswer(7, "34", "a", 0)
    assert read(text.encode()) == answer
    assert b"RecordList" not in write(answer, Version.V2022)


@pytest.mark.clause("A.2.6.10")
def test_no_presets_are_a_list_of_none_and_2016_has_no_total() -> None:
    answer = PresetAnswer(7, "34", 0)
    assert b'<SumNum>0</SumNum>\r\n<PresetList Num="0"></PresetList>' in write(
        answer, Version.V2022
    )
    assert b"SumNum" not in write(answer, Version.V2016)


@pytest.mark.parametrize(
    ("told", "number"),
    [("1", 1), ("255", 255), ("0", None), ("256", None), ("a", None), ("", None), ("²", None)],
)
def test_a_preset_has_a_number_when_its_id_is_one(told: str, number: int | None) -> None:
    assert Preset(told).number == number


def test_parts_tell_what_they_list() -> None:
    tracks, points, cards = CruiseTrack(0), CruiseStop(1), SdCard(1)
    assert PresetAnswer(7, "34", 1, (Preset("1"),)).items == (Preset("1"),)
    assert CruiseTrackListAnswer(7, "34", 1, (tracks,)).items == (tracks,)
    assert CruiseTrackAnswer(7, "34", 0, "", 1, (points,)).items == (points,)
    assert SdCardStatusAnswer(7, "34", 1, (cards,)).items == (cards,)
    for answer in (
        PresetAnswer(7, "34"),
        CruiseTrackListAnswer(7, "34"),
        CruiseTrackAnswer(7, "34"),
        SdCardStatusAnswer(7, "34"),
    ):
        assert answer.unreadable == 0


@pytest.mark.clause("A.2.6.15")
def test_a_refusal_in_place_of_a_position() -> None:
    wire = (
        "<CmdType>PTZPosition</CmdType><Result>ERROR</Result>"
        "<Reason>Cann't get ptz position</Reason>"
    )
    answer = read(body("Response", wire).encode())
    assert answer == PtzPositionAnswer(
        7, "34", result=Outcome.ERROR, reason="Cann't get ptz position"
    )


@pytest.mark.clause("A.2.6.12")
def test_a_home_position_under_a_name_without_query() -> None:
    wire = "<CmdType>HomePosition</CmdType><HomePosition><Enabled>0</Enabled></HomePosition>"
    assert read(body("Response", wire).encode()) == HomePositionAnswer(7, "34", HomePosition(False))

"""Every block as it stands on the wire, both ways."""

import pytest

from tongshi.gb28181.manscdp.codec import parse
from tongshi.gb28181.manscdp.config import (
    BLOCKS,
    AlarmReport,
    AudioParam,
    BasicParam,
    Block,
    DaySchedule,
    FrameMirror,
    MaskRegion,
    OsdConfig,
    OsdText,
    PictureMask,
    Roi,
    RoiParam,
    ShowParam,
    SnapShotConfig,
    StreamAttribute,
    SurveillanceParam,
    SvacDecodeConfig,
    SvacEncodeConfig,
    SvcDecodeParam,
    SvcEncodeParam,
    TimeSegment,
    VideoAlarmRecord,
    VideoParamAttribute,
    VideoParamOpt,
    VideoRecordPlan,
)
from tongshi.gb28181.manscdp.table import read_as, write_element
from tongshi.gb28181.version import Version

SESSION = "0123456789abcdef0123456789ABCDEF-1"
WIRE: list[tuple[str, Block, str]] = [
    (
        "A.2.1.12",
        OsdConfig(1920, 1080, 10, 20, True, 1, False, (OsdText("东门", 1, 2), OsdText("b", 3, 4))),
        "<OSDConfig><Length>1920</Length><Width>1080</Width><TimeX>10</TimeX><TimeY>20</TimeY>"
        "<TimeEnable>1</TimeEnable><TimeType>1</TimeType><TextEnable>0</TextEnable>"
        "<SumNum>2</SumNum><Item><Text>东门</Text><X>1</X><Y>2</Y></Item>"
        "<Item><Text>b</Text><X>3</X><Y>4</Y></Item></OSDConfig>",
    ),
    (
        "A.2.1.13",
        VideoParamAttribute((StreamAttribute(0, "2", "6", "25", "1", "4096"),)),
        '<VideoParamAttribute Num="1"><Item><StreamNumber>0</StreamNumber>'
        "<VideoFormat>2</VideoFormat><Resolution>6</Resolution><FrameRate>25</FrameRate>"
        "<BitRateType>1</BitRateType><VideoBitRate>4096</VideoBitRate></Item>"
        "</VideoParamAttribute>",
    ),
    (
        "A.2.1.15",
        VideoRecordPlan(True, (DaySchedule(7, (TimeSegment(8, 0, 0, 23, 59, 59),)),), 1),
        "<VideoRecordPlan><RecordEnable>1</RecordEnable>"
        "<RecordScheduleSumNum>1</RecordScheduleSumNum><RecordSchedule>"
        "<WeekDayNum>7</WeekDayNum><TimeSegmentSumNum>1</TimeSegmentSumNum><TimeSegment>"
        "<StartHour>8</StartHour><StartMin>0</StartMin><StartSec>0</StartSec>"
        "<StopHour>23</StopHour><StopMin>59</StopMin><StopSec>59</StopSec></TimeSegment>"
        "</RecordSchedule><StreamNumber>1</StreamNumber></VideoRecordPlan>",
    ),
    (
        "A.2.1.16",
        VideoAlarmRecord(False, 30, 5, 0),
        "<VideoAlarmRecord><RecordEnable>0</RecordEnable><RecordTime>30</RecordTime>"
        "<PreRecordTime>5</PreRecordTime><StreamNumber>0</StreamNumber></VideoAlarmRecord>",
    ),
    (
        "A.2.1.17",
        PictureMask(True, (MaskRegion(1, "20,30,50,60"),)),
        '<PictureMask><On>1</On><SumNum>1</SumNum><RegionList Num="1"><Item><Seq>1</Seq>'
        "<Point>20,30,50,60</Point></Item></RegionList></PictureMask>",
    ),
    (
        "A.2.1.18",
        AlarmReport(True, False),
        "<AlarmReport><MotionDetection>1</MotionDetection><FieldDetection>0</FieldDetection>"
        "</AlarmReport>",
    ),
    (
        "A.2.1.19",
        BasicParam("东门枪机", 86400, 60, 3),
        "<BasicParam><Name>东门枪机</Name><Expiration>86400</Expiration>"
        "<HeartBeatInterval>60</HeartBeatInterval><HeartBeatCount>3</HeartBeatCount>"
        "</BasicParam>",
    ),
    (
        "A.2.1.20",
        VideoParamOpt(("1", "2", "4"), ("5", "6")),
        "<VideoParamOpt><DownloadSpeed>1/2/4</DownloadSpeed><Resolution>5/6</Resolution>"
        "</VideoParamOpt>",
    ),
    (
        "A.2.1.21",
        SvacEncodeConfig(
            RoiParam(True, 1, (Roi(1, 0, 40, 3),)),
            SvcEncodeParam(1, 2, "4:3", 3, 3, ("4:3", "2:1")),
            SurveillanceParam(True, False, False, True),
            AudioParam(False),
        ),
        "<SVACEncodeConfig><ROIParam><ROIFlag>1</ROIFlag><ROINumber>1</ROINumber><Item>"
        "<ROISeq>1</ROISeq><TopLeft>0</TopLeft><BottomRight>40</BottomRight><ROIQP>3</ROIQP>"
        "</Item></ROIParam><SVCParam><SVCSpaceDomainMode>1</SVCSpaceDomainMode>"
        "<SVCTimeDomainMode>2</SVCTimeDomainMode><SSVCRatioValue>4:3</SSVCRatioValue>"
        "<SVCSpaceSupportMode>3</SVCSpaceSupportMode><SVCTimeSupportMode>3</SVCTimeSupportMode>"
        "<SSVCRatioSupportList>4:3/2:1</SSVCRatioSupportList></SVCParam><SurveillanceParam>"
        "<TimeFlag>1</TimeFlag><OSDFlag>0</OSDFlag><AIFlag>0</AIFlag><GISFlag>1</GISFlag>"
        "</SurveillanceParam><AudioParam><AudioRecognitionFlag>0</AudioRecognitionFlag>"
        "</AudioParam></SVACEncodeConfig>",
    ),
    (
        "A.2.1.22",
        SvacDecodeConfig(SvcDecodeParam(1, 2, 3), ShowParam(True, True, False, False)),
        "<SVACDecodeConfig><SVCParam><SVCSTMMode>1</SVCSTMMode>"
        "<SVCSpaceSupportMode>2</SVCSpaceSupportMode><SVCTimeSupportMode>3</SVCTimeSupportMode>"
        "</SVCParam><SurveillanceParam><TimeShowFlag>1</TimeShowFlag>"
        "<OSDShowFlag>1</OSDShowFlag><AIShowFlag>0</AIShowFlag><GISShowFlag>0</GISShowFlag>"
        "</SurveillanceParam></SVACDecodeConfig>",
    ),
    ("A.2.1.23", FrameMirror(3), "<FrameMirror>3</FrameMirror>"),
    (
        "A.2.1.24",
        SnapShotConfig(3, 1, "http://192.0.2.1/up?k=1&n=2", SESSION),
        "<SnapShotConfig><SnapNum>3</SnapNum><Interval>1</Interval>"
        "<UploadURL>http://192.0.2.1/up?k=1&amp;n=2</UploadURL>"
        f"<SessionID>{SESSION}</SessionID></SnapShotConfig>",
    ),
]


@pytest.mark.parametrize(
    ("block", "wire"),
    [
        pytest.param(block, wire, marks=pytest.mark.clause(clause), id=clause)
        for clause, block, wire in WIRE
    ],
)
def test_each_block(block: Block, wire: str) -> None:
    assert write_element(block.WIRE, block, Version.V2022) == wire
    assert read_as(type(block), parse(wire.encode("gb18030"))) == block


def test_every_block_has_its_row_and_its_name() -> None:
    assert {type(block) for _, block, _ in WIRE} == set(BLOCKS)
    assert len({kind.WIRE for kind in BLOCKS}) == len(BLOCKS)
    before = {kind for kind in BLOCKS if kind.SINCE is Version.V2016}
    assert before == {BasicParam, VideoParamOpt, SvacEncodeConfig, SvacDecodeConfig}


@pytest.mark.clause("A.2.1.19")
def test_answers_of_2016_tell_a_position() -> None:
    block = BasicParam(position_capability=1, longitude=118.5, latitude=31.25)
    wire = write_element("BasicParam", block, Version.V2016)
    assert "<PositionCapability>1</PositionCapability><Longitude>118.5</Longitude>" in wire
    assert read_as(BasicParam, parse(wire.encode())) == block
    assert write_element("BasicParam", block, Version.V2022) == "<BasicParam></BasicParam>"


def test_numbers_that_are_none_are_absent() -> None:
    inside = b"<Expiration>soon</Expiration><HeartBeatCount> 3 </HeartBeatCount>"
    tree = parse(b"<BasicParam>" + inside + b"</BasicParam>")
    assert read_as(BasicParam, tree) == BasicParam(heart_beat_count=3)

import pytest

from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.answer import ConfigDownloadAnswer
from tongshi.gb28181.manscdp.blocks import (
    config_lines,
    download_lines,
    read_config,
    read_download,
)
from tongshi.gb28181.manscdp.codec import parse
from tongshi.gb28181.manscdp.config import (
    AlarmReport,
    BasicParam,
    Block,
    FrameMirror,
    OsdConfig,
    OsdText,
    PictureMask,
    SnapShotConfig,
    StreamAttribute,
    SvacDecodeConfig,
    SvcDecodeParam,
    VideoParamAttribute,
)
from tongshi.gb28181.manscdp.config import MaskRegion as Region
from tongshi.gb28181.manscdp.control import DeviceConfig
from tongshi.gb28181.manscdp.types import Envelope, Outcome, open_envelope
from tongshi.gb28181.version import Version


def envelope(inside: str, attributes: str = "") -> Envelope:
    text = f"<Response{attributes}><CmdType>x</CmdType><SN>7</SN><DeviceID>34</DeviceID>{inside}"
    return open_envelope(parse(f"{text}</Response>".encode()))


@pytest.mark.clause("A.2.3.2.1", "A.2.3.2.2", "A.2.3.2.9")
def test_settings_in_a_control() -> None:
    inside = "<BasicParam><Name>a</Name></BasicParam><FrameMirror>1</FrameMirror><X>1</X>"
    config = DeviceConfig(7, "34", (BasicParam("a"), FrameMirror(1)), (Element("X", "1"),))
    assert read_config(envelope(inside)) == config
    assert "".join(config_lines(config, Version.V2022)) == inside


@pytest.mark.clause("A.2.6.9")
def test_settings_in_an_answer() -> None:
    inside = (
        "<Result>OK</Result><BasicParam><Name>a</Name></BasicParam><AlarmReport>"
        "<MotionDetection>1</MotionDetection><FieldDetection>1</FieldDetection></AlarmReport>"
    )
    answer = ConfigDownloadAnswer(7, "34", Outcome.OK, (BasicParam("a"), AlarmReport(True, True)))
    assert read_download(envelope(inside)) == answer
    assert "".join(download_lines(answer, Version.V2022)) == inside


def test_an_answer_without_a_result_or_with_a_bad_one() -> None:
    answer = read_download(envelope("<Result>ERROR</Result><Reason>no</Reason>"))
    assert answer == ConfigDownloadAnswer(7, "34", Outcome.ERROR, (), (Element("Reason", "no"),))
    silent = read_download(envelope("", ' lang="zh"'))
    assert silent == ConfigDownloadAnswer(7, "34", Outcome.UNKNOWN, (), (Element("@lang", "zh"),))
    assert download_lines(silent, Version.V2022) == [""]


@pytest.mark.clause("A.2.3.2.12", "A.2.6.9")
def test_snapshots_have_two_names() -> None:
    block = SnapShotConfig(snap_num=1)
    config = DeviceConfig(7, "34", (block,))
    answer = ConfigDownloadAnswer(7, "34", Outcome.OK, (block,))
    assert config_lines(config, Version.V2022)[0].startswith("<SnapShotConfig>")
    assert download_lines(answer, Version.V2022)[1].startswith("<SnapShot>")
    for name in ("SnapShot", "SnapShotConfig", "snapshotconfig"):
        inside = f"<{name}><SnapNum>1</SnapNum></{name}>"
        assert read_config(envelope(inside)).blocks == (block,)
        assert read_download(envelope(inside)).blocks == (block,)


@pytest.mark.parametrize(
    ("inside", "block"),
    [
        (
            "<Basic><Name>a</Name><Expiration>3600</Expiration></Basic>",
            BasicParam("a", 3600),
        ),
        (
            "<Osd><Length>1</Length><SumNum>1</SumNum><Item><Text>a</Text></Item></Osd>",
            OsdConfig(length=1, texts=(OsdText("a"),)),
        ),
        (
            '<Video Num="1"><Item><StreamNumber>0</StreamNumber></Item></Video>',
            VideoParamAttribute((StreamAttribute(0),)),
        ),
        (
            '<Mask><On>1</On><RegionList Num="1"><Item><Seq>1</Seq></Item></RegionList></Mask>',
            PictureMask(True, (Region(1),)),
        ),
        (
            "<Svac><SVCParam><SVCSTMMode>1</SVCSTMMode></SVCParam></Svac>",
            SvacDecodeConfig(SvcDecodeParam(1)),
        ),
    ],
)
def test_a_block_under_a_foreign_name_is_known_by_what_is_in_it(inside: str, block: Block) -> None:
    assert read_download(envelope(inside)).blocks == (block,)


@pytest.mark.parametrize(
    "inside",
    [
        "<X/>",
        "<X>1</X>",
        # One field is too little to tell by.
        "<X><Name>a</Name></X>",
        # Recording plan and recording on alarm have these in common.
        "<X><RecordEnable>1</RecordEnable><StreamNumber>0</StreamNumber></X>",
        "<X><Name>a</Name><Dance>1</Dance></X>",
        # A text with children is none.
        "<X><Name>a</Name><Expiration><b/></Expiration></X>",
        # Items of nothing that is known.
        "<X><Item><Dance>1</Dance></Item></X>",
        "<X><On>1</On><RegionList><Item><Dance>1</Dance></Item></RegionList></X>",
        "<X><SumNum><a/></SumNum><On>1</On></X>",
    ],
)
def test_what_might_be_several_blocks_is_none(inside: str) -> None:
    answer = read_download(envelope(inside))
    assert answer.blocks == ()
    assert [other.tag for other in answer.others] == ["X"]

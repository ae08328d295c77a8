"""Every block of settings: asked for, set, kept, and taking effect."""

import pytest

from tongshi.gb28181.manscdp import (
    BLOCKS,
    AlarmReport,
    BasicParam,
    Block,
    ConfigDownloadAnswer,
    ConfigDownloadQuery,
    DaySchedule,
    DeviceConfig,
    DeviceConfigAnswer,
    FrameMirror,
    MaskRegion,
    OsdConfig,
    OsdText,
    Outcome,
    PictureMask,
    SnapShotConfig,
    StreamAttribute,
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
from tongshi.sim.desk import CHANNEL, DEVICE, Desk
from tongshi.sim.event import SnapshotWanted
from tongshi.sim.join import Unregistered
from tongshi.sim.profile import Channel, Profile

SECOND = "34020000001310000002"
SESSION = "0123456789abcdef0123456789abcdef"


def desk(*quirks: str) -> Desk:
    channels = (Channel(CHANNEL, "门"), Channel(SECOND, "窗"))
    return Desk(*quirks, profile=Profile(DEVICE, "机", channels)).enter()


def download(at: Desk, *names: str, target: str = CHANNEL) -> list[ConfigDownloadAnswer]:
    return at.of(ConfigDownloadAnswer, at.ask(ConfigDownloadQuery(4, target, names)))


def setting(at: Desk, *blocks: Block, target: str = CHANNEL) -> Outcome | None:
    answers = at.of(DeviceConfigAnswer, at.ask(DeviceConfig(5, target, blocks)))
    return answers[0].result if answers else None


@pytest.mark.clause("A.2.6.9", "A.2.4.7")
def test_every_type_is_told() -> None:
    at = desk()
    names = tuple(kind.WIRE for kind in BLOCKS)
    answers = download(at, *names)
    assert [type(answer.blocks[0]) for answer in answers] == list(BLOCKS)
    assert {answer.sn for answer in answers} == {4}
    [one] = download(at, "SnapShot")
    assert isinstance(one.blocks[0], SnapShotConfig)


def test_a_type_that_is_unknown() -> None:
    [answer] = download(desk(), "Weather")
    assert answer.result is Outcome.ERROR
    assert download(desk("config-silent"), "Weather") == []


KEPT: list[Block] = [
    SvacEncodeConfig(svc=SvcEncodeParam(1, 1)),
    SvacDecodeConfig(svc=SvcDecodeParam(2)),
    VideoParamAttribute((StreamAttribute(0, "2", "6", "25", "1", "4096"),)),
    VideoAlarmRecord(False, 60, 5, 0),
    PictureMask(True, (MaskRegion(1, "1,2,3,4"),)),
    FrameMirror(3),
    AlarmReport(False, True),
    OsdConfig(704, 576, 1, 2, True, 1, True, (OsdText("门", 3, 4),)),
    VideoRecordPlan(True, (DaySchedule(1, (TimeSegment(1, 2, 3, 4, 5, 6),)),), 0),
]


@pytest.mark.clause(
    "A.2.3.2.3",
    "A.2.3.2.4",
    "A.2.3.2.5",
    "A.2.3.2.6",
    "A.2.3.2.7",
    "A.2.3.2.8",
    "A.2.3.2.9",
    "A.2.3.2.10",
    "A.2.3.2.11",
)
@pytest.mark.parametrize("block", KEPT, ids=lambda block: type(block).__name__)
def test_what_is_set_is_kept_and_told(block: Block) -> None:
    at = desk()
    assert setting(at, block) is Outcome.OK
    [answer] = download(at, block.WIRE)
    assert answer.blocks == (block,)
    if isinstance(block, AlarmReport):
        return
    [other] = download(at, block.WIRE, target=SECOND)
    assert other.blocks != (block,)


def test_what_is_left_out_stays() -> None:
    at = desk()
    setting(at, VideoAlarmRecord(True, 60, 5, 0))
    setting(at, VideoAlarmRecord(False, None, 7, 0))
    [answer] = download(at, "VideoAlarmRecord")
    assert answer.blocks == (VideoAlarmRecord(False, 60, 7, 0),)


@pytest.mark.clause("A.2.3.2.2")
def test_basic_parameters_take_effect() -> None:
    at = desk()
    assert setting(at, BasicParam("新名", 600, 30, 5), target=DEVICE) is Outcome.OK
    [answer] = download(at, "BasicParam", target=DEVICE)
    assert answer.blocks == (BasicParam("新名", 600, 30, 5),)
    presence = at.device.presence
    assert (presence.interval, presence.misses, presence.home.expires) == (30.0, 5, 600)
    before = presence.sent
    at.run(95)
    assert presence.sent - before == 3
    assert setting(at, BasicParam(), target=DEVICE) is Outcome.OK
    assert at.device.body.name == "新名"


def test_values_out_of_range() -> None:
    at = desk()
    assert setting(at, BasicParam(heart_beat_interval=4), target=DEVICE) is Outcome.ERROR
    assert at.device.registered
    at = desk("config-strict")
    assert setting(at, BasicParam(heart_beat_interval=4), target=DEVICE) is Outcome.ERROR
    assert at.events(Unregistered)


def test_a_recording_plan_holds_from_now_on() -> None:
    at = desk()
    part = at.device.body.part(CHANNEL)
    assert part is not None
    assert part.archive.records(at.device.wall())
    assert setting(at, VideoRecordPlan(False, (), 0)) is Outcome.OK
    at.run(10)
    assert not part.archive.records(at.device.wall())
    days = tuple(
        DaySchedule(day, (TimeSegment(0, 0, 0, 24, 0, 0),)) for day in (1, 2, 3, 4, 5, 6, 7)
    )
    setting(at, VideoRecordPlan(True, (*days, DaySchedule(None)), 0))
    at.run(10)
    assert part.archive.records(at.device.wall())
    [answer] = download(desk(), "VideoRecordPlan")
    plan = answer.blocks[0]
    assert isinstance(plan, VideoRecordPlan)
    assert len(plan.days) == 7


@pytest.mark.clause("A.2.3.2.12")
def test_pictures_are_ordered() -> None:
    at = desk()
    order = SnapShotConfig(2, 1, "http://192.0.2.10/up", SESSION)
    assert setting(at, order) is Outcome.OK
    assert at.events(SnapshotWanted) == [SnapshotWanted(CHANNEL, order)]
    assert setting(at, order, target=DEVICE) is Outcome.ERROR
    assert setting(at, SnapShotConfig(2, 1, "", SESSION)) is Outcome.ERROR


def test_what_cannot_be_set() -> None:
    at = desk()
    assert setting(at, VideoParamOpt(("1",), ("5",))) is Outcome.ERROR
    assert setting(at) is Outcome.ERROR


def test_who_answers_and_who_does_not() -> None:
    at = desk("config-needs-device")
    assert setting(at, FrameMirror(1)) is None
    assert setting(at, AlarmReport(True, True), target=DEVICE) is Outcome.OK
    assert setting(desk("control-silent"), FrameMirror(1)) is None
    [answer] = download(desk(), "VideoParamAttribute", target=DEVICE)
    assert answer.blocks == (VideoParamAttribute(),)
    [answer] = download(desk(), "VideoRecordPlan", target=DEVICE)
    assert isinstance(answer.blocks[0], VideoRecordPlan)
    assert download(desk(), "OSDConfig", target=DEVICE)

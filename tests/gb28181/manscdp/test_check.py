import pytest

from tongshi.api.text import Language, Words
from tongshi.errors import Invalid
from tongshi.gb28181 import ptz
from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.check import Breach, Fault, below, check, require
from tongshi.gb28181.manscdp.config import (
    BasicParam,
    Block,
    DaySchedule,
    FrameMirror,
    MaskRegion,
    OsdConfig,
    OsdText,
    PictureMask,
    SnapShotConfig,
    SurveillanceParam,
    SvacEncodeConfig,
    SvcEncodeParam,
    TimeSegment,
    VideoParamOpt,
    VideoRecordPlan,
)
from tongshi.gb28181.manscdp.control import (
    AlarmCmd,
    Command,
    DeviceUpgrade,
    HomePosition,
    PtzCmd,
    PtzPrecise,
    RecordCmd,
    TargetTrack,
    TeleBoot,
)
from tongshi.gb28181.manscdp.notify import UploadSnapShotFinished
from tongshi.gb28181.manscdp.query import AlarmQuery, RecordInfoQuery
from tongshi.gb28181.version import Version

SESSION = "0123456789abcdef0123456789ABCDEF-1"
DAY = TimeSegment(8, 0, 0, 18, 30, 0)


@pytest.mark.clause("A.2.3.2.2", "A.2.3.2.12")
@pytest.mark.parametrize(
    "value",
    [
        BasicParam("a", 3600, 60, 3),
        BasicParam(),
        BasicParam(heart_beat_interval=60),
        OsdConfig(1, 1, 0, 0, True, 0, True, (OsdText("a" * 32, 0, 0),)),
        SnapShotConfig(10, 1, "http://192.0.2.1/", SESSION),
        PictureMask(False, (MaskRegion(4, "0,0,1,1"),)),
        VideoRecordPlan(True, (DaySchedule(1, (DAY,)),), 0),
        SvacEncodeConfig(svc=SvcEncodeParam(0, 3)),
        PtzCmd(ptz.Move(1)),
        TeleBoot(),
        AlarmCmd(methods=(0,)),
        PtzPrecise(360.0, -30.0, 1.0),
        HomePosition(True, 0, 255),
        RecordInfoQuery(1, "3", "2024-05-06T07:08:09", "2024-05-06T07:08:10", kind="all"),
        UploadSnapShotFinished(1, "3", SESSION, ("a",) * 10),
    ],
)
def test_what_may_be_sent(value: object) -> None:
    assert check(value) == ()
    require(value, Version.V2022)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (BasicParam(expiration=59), Fault("expiration", Breach.LOW, "60")),
        (BasicParam(heart_beat_interval=4), Fault("heart_beat_interval", Breach.LOW, "5")),
        (BasicParam(heart_beat_count=256), Fault("heart_beat_count", Breach.HIGH, "255")),
        (
            BasicParam(expiration=60, heart_beat_interval=60),
            Fault("heart_beat_interval", Breach.BEATS),
        ),
        (VideoParamOpt(("1",)), Fault("download_speeds", Breach.TOLD)),
        (
            SvacEncodeConfig(surveillance=SurveillanceParam(analysis_mark=True)),
            Fault("surveillance", Breach.TOLD),
        ),
        (SvacEncodeConfig(svc=SvcEncodeParam(0)), Fault("svc.time_mode", Breach.MISSING)),
        (FrameMirror(4), Fault("mirror", Breach.CHOICE, "0, 1, 2, 3")),
        (FrameMirror(), Fault("mirror", Breach.MISSING)),
        (
            PictureMask(True, (MaskRegion(1, "1,2,3"),)),
            Fault("regions.0.corners", Breach.FORM, r"\d+,\d+,\d+,\d+"),
        ),
        (
            PictureMask(True, (MaskRegion(1, "1,2,3,4"),) * 5),
            Fault("regions", Breach.MANY, "4"),
        ),
        (
            OsdConfig(1, 1, 0, 0, texts=(OsdText("a" * 33, 0, 0),)),
            Fault("texts.0.text", Breach.LONG, "32"),
        ),
        (
            VideoRecordPlan(True, (DaySchedule(1, (DAY, TimeSegment(9, 0, 0, 9, 0, 0))),), 0),
            Fault("days.0.segments.1.stop_hour", Breach.ORDER),
        ),
        (VideoRecordPlan(True, (DaySchedule(1),), 0), Fault("days.0.segments", Breach.MISSING)),
        (
            SnapShotConfig(1, 1, "http://192.0.2.1/", "short"),
            Fault("session_id", Breach.FORM, "[A-Za-z0-9-]{32,128}"),
        ),
        (RecordCmd(), Fault("on", Breach.MISSING)),
        (PtzPrecise(pan=360.5), Fault("pan", Breach.HIGH, "360")),
        (PtzPrecise(tilt=-31.0), Fault("tilt", Breach.LOW, "-30")),
        (PtzCmd("A50F"), Fault("word", Breach.FORM, "A.3")),
        (TeleBoot("Bang"), Fault("word", Breach.CHOICE, "Boot")),
        (TargetTrack("Auto"), Fault("how", Breach.LINE)),
        (
            AlarmQuery(1, "3", methods=(2, 9)),
            Fault("methods.1", Breach.CHOICE, "0, 1, 2, 3, 4, 5, 6, 7"),
        ),
        (
            UploadSnapShotFinished(1, "3", SESSION, ("a",) * 11),
            Fault("files", Breach.MANY, "10"),
        ),
        (
            DeviceUpgrade("1", "http://192.0.2.1/f", "", SESSION),
            Fault("manufacturer", Breach.MISSING),
        ),
    ],
)
def test_what_must_not_be_sent(value: object, fault: Fault) -> None:
    assert check(value) == (fault,)
    with pytest.raises(Invalid) as caught:
        require(value, Version.V2022)
    assert caught.value.faults == (str(fault),)


def test_a_word_out_of_range_is_told() -> None:
    (fault,) = check(PtzCmd(ptz.Move(pan=256)))
    assert (fault.path, fault.breach) == ("word", Breach.FORM)
    assert "256" in str(fault)


def test_faults_of_before_are_raised_as_well() -> None:
    with pytest.raises(Invalid) as caught:
        require(FrameMirror(9), Version.V2022, (Fault("x", Breach.UNKNOWN),))
    assert caught.value.faults == ("x is not known", "mirror is none of 0, 1, 2, 3")


def test_what_an_edition_does_not_have_is_not_checked() -> None:
    told = BasicParam(longitude=500.0)
    assert check(told, Version.V2022) == ()
    assert check(told, Version.V2016) == (Fault("longitude", Breach.TOLD),)
    query: Block | Command = RecordCmd(on=True, stream_number=-1)
    assert check(query, Version.V2016) == ()
    assert check(query, Version.V2022) == (Fault("stream_number", Breach.LOW, "0"),)


def test_others_are_nobodys_fault() -> None:
    assert check(BasicParam(others=(Element("X"),))) == ()


def test_paths() -> None:
    faults = (Fault("", Breach.MISSING), Fault("a.b", Breach.LOW, "1"))
    assert below("x", faults) == (Fault("x", Breach.MISSING), Fault("x.a.b", Breach.LOW, "1"))


@pytest.mark.parametrize("breach", Breach)
def test_every_breach_has_its_text_in_both_languages(breach: Breach) -> None:
    fault = Fault("here", breach, "7")
    english = Words(Language.EN)(f"fault.{breach.value}", path="here", limit="7")
    assert str(fault) == english
    assert "here" in Words(Language.ZH)(f"fault.{breach.value}", path="here", limit="7")

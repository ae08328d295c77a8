"""What can be configured on a device: the blocks of DeviceConfig and ConfigDownload.

Source: GB/T 28181-2022 A.2.1.12 to A.2.1.24, A.2.3.2.
"""

from dataclasses import dataclass
from typing import ClassVar

from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.field import SESSION_ID, flag, number, text, whole, words
from tongshi.gb28181.manscdp.nest import block, items, repeated
from tongshi.gb28181.version import Version


@dataclass(frozen=True, slots=True)
class BasicParam:
    """A device's name, and how it registers and keeps alive.

    expiration: of its registration.  Illegal values make some devices unregister or restart.
    """

    WIRE: ClassVar[str] = "BasicParam"
    SINCE: ClassVar[Version] = Version.V2016
    name: str = text("Name")
    expiration: int | None = whole("Expiration", low=60, high=604_800, unit="s")
    heart_beat_interval: int | None = whole("HeartBeatInterval", low=5, high=3600, unit="s")
    heart_beat_count: int | None = whole("HeartBeatCount", low=1, high=255)
    position_capability: int | None = whole("PositionCapability", told=True, until=Version.V2016)
    """Only in answers: 0 none, 1 GPS, 2 BeiDou."""
    longitude: float | None = number(
        "Longitude", low=-180, high=180, told=True, until=Version.V2016
    )
    """Only in answers."""
    latitude: float | None = number("Latitude", low=-90, high=90, told=True, until=Version.V2016)
    """Only in answers."""
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoParamOpt:
    """What a device can do; it is asked for and never set.

    download_speeds: multiples of real time.  resolutions: codes of annex G.
    """

    WIRE: ClassVar[str] = "VideoParamOpt"
    SINCE: ClassVar[Version] = Version.V2016
    download_speeds: tuple[str, ...] = words("DownloadSpeed", told=True)
    resolutions: tuple[str, ...] = words("Resolution", told=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class Roi:
    """A region that is coded better.  Corners count blocks of 32 by 32; qp: 0 plain to 3 best."""

    seq: int | None = whole("ROISeq", low=1, high=16)
    top_left: int | None = whole("TopLeft", low=0)
    bottom_right: int | None = whole("BottomRight", low=0)
    qp: int | None = whole("ROIQP", choices=(0, 1, 2, 3))
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class RoiParam:
    """Regions that are coded better."""

    on: bool | None = flag("ROIFlag")
    roi_number: int | None = whole("ROINumber", low=0, high=16)
    regions: tuple[Roi, ...] = repeated("Item", Roi, most=16)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class SvcEncodeParam:
    """Scalable coding.  The support modes are in answers only."""

    space_mode: int | None = whole("SVCSpaceDomainMode", choices=(0, 1, 2, 3), required=True)
    time_mode: int | None = whole("SVCTimeDomainMode", choices=(0, 1, 2, 3), required=True)
    ratio: str = text("SSVCRatioValue")
    space_support: int | None = whole("SVCSpaceSupportMode", told=True)
    time_support: int | None = whole("SVCTimeSupportMode", told=True)
    ratios: tuple[str, ...] = words("SSVCRatioSupportList", told=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class SurveillanceParam:
    """Which marks the stream carries.

    Only in answers.  Of a decoder's marks, analysis is not set either: what is found in pictures,
    as features of sound, may be about people.
    """

    time_mark: bool | None = flag("TimeFlag")
    osd_mark: bool | None = flag("OSDFlag")
    analysis_mark: bool | None = flag("AIFlag", told=True)
    position_mark: bool | None = flag("GISFlag")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class AudioParam:
    """Whether the stream carries features of the sound."""

    recognition: bool | None = flag("AudioRecognitionFlag", told=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class SvacEncodeConfig:
    """How an SVAC encoder works."""

    WIRE: ClassVar[str] = "SVACEncodeConfig"
    SINCE: ClassVar[Version] = Version.V2016
    roi: RoiParam | None = block("ROIParam", RoiParam)
    svc: SvcEncodeParam | None = block("SVCParam", SvcEncodeParam)
    surveillance: SurveillanceParam | None = block(
        "SurveillanceParam", SurveillanceParam, told=True
    )
    """Only in answers."""
    audio: AudioParam | None = block("AudioParam", AudioParam)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class SvcDecodeParam:
    """Which layers of a scalable stream are decoded.  The support modes are in answers only."""

    layers: int | None = whole("SVCSTMMode", choices=(0, 1, 2, 3), required=True)
    space_support: int | None = whole("SVCSpaceSupportMode", told=True)
    time_support: int | None = whole("SVCTimeSupportMode", told=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class ShowParam:
    """Which marks of the stream a decoder shows."""

    time_mark: bool | None = flag("TimeShowFlag")
    osd_mark: bool | None = flag("OSDShowFlag")
    analysis_mark: bool | None = flag("AIShowFlag")
    position_mark: bool | None = flag("GISShowFlag")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class SvacDecodeConfig:
    """How an SVAC decoder works."""

    WIRE: ClassVar[str] = "SVACDecodeConfig"
    SINCE: ClassVar[Version] = Version.V2016
    svc: SvcDecodeParam | None = block("SVCParam", SvcDecodeParam)
    surveillance: ShowParam | None = block("SurveillanceParam", ShowParam)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamAttribute:
    """How one stream is coded; format, resolution, rates: codes of annex G."""

    stream_number: int | None = whole("StreamNumber", low=0, required=True)
    video_format: str = text("VideoFormat", required=True)
    resolution: str = text("Resolution", required=True)
    frame_rate: str = text("FrameRate", required=True)
    bit_rate_type: str = text("BitRateType", required=True)
    video_bit_rate: str = text("VideoBitRate")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoParamAttribute:
    """How each stream is coded."""

    WIRE: ClassVar[str] = "VideoParamAttribute"
    SINCE: ClassVar[Version] = Version.V2022
    streams: tuple[StreamAttribute, ...] = items("", StreamAttribute)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeSegment:
    """A stretch of a day."""

    start_hour: int | None = whole("StartHour", low=0, high=23, unit="h", required=True)
    start_minute: int | None = whole("StartMin", low=0, high=59, unit="min", required=True)
    start_second: int | None = whole("StartSec", low=0, high=59, unit="s", required=True)
    stop_hour: int | None = whole("StopHour", low=0, high=23, unit="h", required=True)
    stop_minute: int | None = whole("StopMin", low=0, high=59, unit="min", required=True)
    stop_second: int | None = whole("StopSec", low=0, high=59, unit="s", required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class DaySchedule:
    """When there is recording on one day of the week; day: 1 Monday to 7 Sunday."""

    day: int | None = whole("WeekDayNum", choices=(1, 2, 3, 4, 5, 6, 7), required=True)
    segments: tuple[TimeSegment, ...] = repeated(
        "TimeSegment", TimeSegment, most=8, count="TimeSegmentSumNum", required=True
    )
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoRecordPlan:
    """When a device records."""

    WIRE: ClassVar[str] = "VideoRecordPlan"
    SINCE: ClassVar[Version] = Version.V2022
    on: bool | None = flag("RecordEnable", required=True)
    days: tuple[DaySchedule, ...] = repeated(
        "RecordSchedule", DaySchedule, most=7, count="RecordScheduleSumNum"
    )
    stream_number: int | None = whole("StreamNumber", low=0, required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoAlarmRecord:
    """What a device records around an alarm."""

    WIRE: ClassVar[str] = "VideoAlarmRecord"
    SINCE: ClassVar[Version] = Version.V2022
    on: bool | None = flag("RecordEnable", required=True)
    record_after: int | None = whole("RecordTime", low=0, unit="s")
    record_before: int | None = whole("PreRecordTime", low=0, unit="s")
    stream_number: int | None = whole("StreamNumber", low=0, required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class MaskRegion:
    """A rectangle that is hidden.  corners: ``left,top,right,bottom`` in pixels."""

    seq: int | None = whole("Seq", low=1, high=4, required=True)
    corners: str = text("Point", form=r"\d+,\d+,\d+,\d+", required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureMask:
    """What of the picture is hidden."""

    WIRE: ClassVar[str] = "PictureMask"
    SINCE: ClassVar[Version] = Version.V2022
    on: bool | None = flag("On", required=True)
    regions: tuple[MaskRegion, ...] = items("RegionList", MaskRegion, most=4, count="SumNum")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameMirror:
    """How the picture is turned over: 0 not, 1 left to right, 2 upside down, 3 both."""

    WIRE: ClassVar[str] = "FrameMirror"
    SINCE: ClassVar[Version] = Version.V2022
    mirror: int | None = whole("", choices=(0, 1, 2, 3), required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class AlarmReport:
    """Which alarms a device reports."""

    WIRE: ClassVar[str] = "AlarmReport"
    SINCE: ClassVar[Version] = Version.V2022
    motion_detection: bool | None = flag("MotionDetection", required=True)
    field_detection: bool | None = flag("FieldDetection", required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class OsdText:
    """A line of text in the picture; x, y: of its top left corner, pixels."""

    text: str = text("Text", most=32, required=True)
    x: int | None = whole("X", low=0, unit="px", required=True)
    y: int | None = whole("Y", low=0, unit="px", required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class OsdConfig:
    """What stands in the picture.

    length, width: of the window that x and y are measured in.
    time_type: 0 ``YYYY-MM-DD HH:MM:SS``, 1 with Chinese characters.
    """

    WIRE: ClassVar[str] = "OSDConfig"
    SINCE: ClassVar[Version] = Version.V2022
    length: int | None = whole("Length", low=1, unit="px", required=True)
    width: int | None = whole("Width", low=1, unit="px", required=True)
    time_x: int | None = whole("TimeX", low=0, unit="px", required=True)
    time_y: int | None = whole("TimeY", low=0, unit="px", required=True)
    time_on: bool | None = flag("TimeEnable")
    time_type: int | None = whole("TimeType", choices=(0, 1))
    text_on: bool | None = flag("TextEnable")
    texts: tuple[OsdText, ...] = repeated("Item", OsdText, most=8, count="SumNum")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class SnapShotConfig:
    """An order to take pictures and upload them.

    ConfigDownload answers name it ``SnapShot``; both are read in either place.
    """

    WIRE: ClassVar[str] = "SnapShotConfig"
    SINCE: ClassVar[Version] = Version.V2022
    snap_num: int | None = whole("SnapNum", low=1, high=10, required=True)
    interval: int | None = whole("Interval", low=1, unit="s", required=True)
    upload_url: str = text("UploadURL", required=True)
    session_id: str = text("SessionID", form=SESSION_ID, required=True)
    others: tuple[Element, ...] = ()


Block = (
    BasicParam
    | VideoParamOpt
    | SvacEncodeConfig
    | SvacDecodeConfig
    | VideoParamAttribute
    | VideoRecordPlan
    | VideoAlarmRecord
    | PictureMask
    | FrameMirror
    | AlarmReport
    | OsdConfig
    | SnapShotConfig
)
BLOCKS: tuple[type[Block], ...] = (
    BasicParam,
    VideoParamOpt,
    SvacEncodeConfig,
    SvacDecodeConfig,
    VideoParamAttribute,
    VideoRecordPlan,
    VideoAlarmRecord,
    PictureMask,
    FrameMirror,
    AlarmReport,
    OsdConfig,
    SnapShotConfig,
)
"""Every kind of block; its ``WIRE`` is its name in ``ConfigType``."""

"""Answers to the queries that came with 2016 and 2022, and to controls.

What a device writes under ``Result`` and ``Reason`` is kept in each, though the standard has them
in few: it is how devices say that they cannot.

Source: GB/T 28181-2022 A.2.6.
"""

from dataclasses import dataclass

from tongshi.gb28181.date import read_date
from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.config import Block
from tongshi.gb28181.manscdp.control import HomePosition
from tongshi.gb28181.manscdp.field import number, outcome, text, time, whole
from tongshi.gb28181.manscdp.nest import block, items
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.version import Version


@dataclass(frozen=True, slots=True)
class Record:
    """One recorded file.  size: bytes; secrecy: 0 no, 1 yes."""

    device_id: str = text("DeviceID")
    name: str = text("Name")
    file_path: str = text("FilePath")
    address: str = text("Address")
    start_time: str = time("StartTime")
    end_time: str = time("EndTime")
    secrecy: int | None = whole("Secrecy")
    kind: str = text("Type")
    """``time``, ``alarm`` or ``manual``."""
    recorder_id: str = text("RecorderID")
    size: int | None = whole("FileSize", low=0, unit="B")
    location: str = text("RecordLocation")
    """Id of the device or platform that holds it."""
    stream_number: int | None = whole("StreamNumber", low=0, since=Version.V2022)
    others: tuple[Element, ...] = ()

    @property
    def since(self) -> float | None:
        """When it begins, UNIX time, s; None when that cannot be read."""
        return read_date(self.start_time)

    @property
    def until(self) -> float | None:
        """When it ends, UNIX time, s; None when that cannot be read."""
        return read_date(self.end_time)

    @property
    def key(self) -> tuple[str, str, str]:
        """By which it is told from others: answers repeat records, in any order."""
        return self.device_id, self.start_time, self.end_time


def _has_times(record: object) -> bool:
    return isinstance(record, Record) and record.since is not None and record.until is not None


@dataclass(frozen=True, slots=True)
class RecordInfoAnswer:
    """One part of a list of records.

    sum_num: records in all parts together, as announced; None when not said.
    num: records in this part, as announced; None when not said.
    unreadable: records of this part without a beginning and an end, which are left out.
    """

    sn: int
    device_id: str
    name: str = text("Name")
    sum_num: int | None = whole("SumNum", low=0)
    items: tuple[Record, ...] = items(
        "RecordList", Record, num="num", usable=_has_times, unreadable="unreadable"
    )
    num: int | None = None
    unreadable: int = 0
    result: Outcome = outcome()
    reason: str = text("Reason")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigDownloadAnswer:
    """Settings; one answer may come for each type that was asked for."""

    sn: int
    device_id: str
    result: Outcome = Outcome.OK
    blocks: tuple[Block, ...] = ()
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset:
    """A stored view.  preset_id: text, because some devices write more than a number."""

    preset_id: str = text("PresetID", required=True)
    name: str = text("PresetName")
    others: tuple[Element, ...] = ()

    @property
    def number(self) -> int | None:
        """The number to call it by, 1..255; None when its id is none."""
        told = self.preset_id
        number = int(told) if told.isascii() and told.isdigit() and len(told) <= 9 else 0
        return number if 1 <= number <= 255 else None


@dataclass(frozen=True, slots=True)
class PresetAnswer:
    """The presets of a camera.  sum_num: in all parts together; 2016 does not say it."""

    sn: int
    device_id: str
    sum_num: int | None = whole("SumNum", low=0, since=Version.V2022)
    presets: tuple[Preset, ...] = items("PresetList", Preset, num="num", always=True)
    num: int | None = None
    result: Outcome = outcome()
    reason: str = text("Reason")
    others: tuple[Element, ...] = ()

    @property
    def items(self) -> tuple[Preset, ...]:
        """What this part lists."""
        return self.presets

    @property
    def unreadable(self) -> int:
        """How many presets of this part could not be read."""
        return 0


@dataclass(frozen=True, slots=True)
class HomePositionAnswer:
    """The home position of a camera; None when it has none."""

    sn: int
    device_id: str
    home: HomePosition | None = block("HomePosition", HomePosition)
    result: Outcome = outcome()
    reason: str = text("Reason")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class CruiseTrack:
    """A cruise; number: from 0."""

    number: int | None = whole("Number", low=0, required=True)
    name: str = text("Name", most=32)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class CruiseTrackListAnswer:
    """The cruises that a camera knows.  sum_num: in all parts together."""

    sn: int
    device_id: str
    sum_num: int | None = whole("SumNum", low=0)
    tracks: tuple[CruiseTrack, ...] = items(
        "CruiseTrackList", CruiseTrack, item="CruiseTrack", num="num"
    )
    num: int | None = None
    result: Outcome = outcome()
    reason: str = text("Reason")
    others: tuple[Element, ...] = ()

    @property
    def items(self) -> tuple[CruiseTrack, ...]:
        """What this part lists."""
        return self.tracks

    @property
    def unreadable(self) -> int:
        """How many cruises of this part could not be read."""
        return 0


@dataclass(frozen=True, slots=True)
class CruiseStop:
    """A point of a cruise.  stay: s of rest.  speed: 1 slow to 15 fast, on the way to it."""

    preset_index: int | None = whole("PresetIndex", low=0, high=255, required=True)
    stay: int | None = whole("StayTime", low=0, unit="s", required=True)
    speed: int | None = whole("Speed", low=1, high=15, required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class CruiseTrackAnswer:
    """The points of one cruise.  sum_num: in all parts together."""

    sn: int
    device_id: str
    number: int | None = whole("Number", low=0)
    name: str = text("Name", most=32)
    sum_num: int | None = whole("SumNum", low=0)
    points: tuple[CruiseStop, ...] = items(
        "CruisePointList", CruiseStop, item="CruisePoint", num="num"
    )
    num: int | None = None
    result: Outcome = outcome()
    reason: str = text("Reason")
    others: tuple[Element, ...] = ()

    @property
    def items(self) -> tuple[CruiseStop, ...]:
        """What this part lists."""
        return self.points

    @property
    def unreadable(self) -> int:
        """How many points of this part could not be read."""
        return 0


@dataclass(frozen=True, slots=True)
class PtzPositionAnswer:
    """Where a camera looks; None where it does not say.

    pan: clockwise seen from above, °.  tilt: down is positive, °.  zoom: times.
    Angles of field: °.  max_view_distance: m.
    Some devices answer ``Result`` ERROR with a reason.
    """

    sn: int
    device_id: str
    pan: float | None = number("Pan", unit="°")
    tilt: float | None = number("Tilt", unit="°")
    zoom: float | None = number("Zoom")
    horizontal_field_angle: float | None = number("HorizontalFieldAngle", unit="°")
    vertical_field_angle: float | None = number("VerticalFieldAngle", unit="°")
    max_view_distance: float | None = number("MaxViewDistance", unit="m")
    result: Outcome = outcome()
    reason: str = text("Reason")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class SdCard:
    """A card and its state.

    status: ``ok``, ``formatting``, ``unformatted``, ``idle`` or ``error``.
    progress: of formatting, %.  capacity, free: MB.
    """

    card_id: int | None = whole("ID", required=True)
    name: str = text("HddName")
    status: str = text("Status", choices=("ok", "formatting", "unformatted", "idle", "error"))
    progress: int | None = whole("FormatProgress", low=0, high=100, unit="%")
    capacity: int | None = whole("Capacity", low=0, unit="MB")
    free: int | None = whole("FreeSpace", low=0, unit="MB")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class SdCardStatusAnswer:
    """The cards in a device, eight at the most.  sum_num: in all parts together."""

    sn: int
    device_id: str
    sum_num: int | None = whole("SumNum", low=0)
    cards: tuple[SdCard, ...] = items("SDCardStatusInfo", SdCard, most=8, num="num")
    num: int | None = None
    result: Outcome = outcome()
    reason: str = text("Reason")
    others: tuple[Element, ...] = ()

    @property
    def items(self) -> tuple[SdCard, ...]:
        """What this part lists."""
        return self.cards

    @property
    def unreadable(self) -> int:
        """How many cards of this part could not be read."""
        return 0


@dataclass(frozen=True, slots=True)
class DeviceControlAnswer:
    """What became of a control."""

    sn: int
    device_id: str
    result: Outcome = outcome(required=True)
    reason: str = text("Reason")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceConfigAnswer:
    """What became of new settings."""

    sn: int
    device_id: str
    result: Outcome = outcome(required=True)
    reason: str = text("Reason")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class AlarmAnswer:
    """Says that an alarm, or a query for alarms, was taken."""

    sn: int
    device_id: str
    result: Outcome = outcome(required=True)
    reason: str = text("Reason")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class BroadcastAnswer:
    """Says whether a voice broadcast will be heard; device_id: of the voice output."""

    sn: int
    device_id: str
    result: Outcome = outcome(required=True)
    reason: str = text("Reason")
    others: tuple[Element, ...] = ()

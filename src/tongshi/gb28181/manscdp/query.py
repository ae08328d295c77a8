"""Queries: what a platform asks of a device or of a platform below.

Source: GB/T 28181-2022 A.2.4.
"""

from dataclasses import dataclass

from tongshi.gb28181.element import Element, tag
from tongshi.gb28181.manscdp.field import flag, numbers, text, time, whole, words
from tongshi.gb28181.manscdp.types import Envelope
from tongshi.gb28181.version import Version


@dataclass(frozen=True, slots=True)
class CatalogQuery:
    """Asks for a node and what is below it."""

    sn: int
    device_id: str
    start_time: str = ""
    """With end_time: only nodes added between; ``2024-05-06T07:08:09``, Beijing time."""
    end_time: str = ""
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceInfoQuery:
    """Asks who made a device."""

    sn: int
    device_id: str
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceStatusQuery:
    """Asks how a device is."""

    sn: int
    device_id: str
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordInfoQuery:
    """Asks what was recorded between two times, Beijing.

    kind: ``time``, ``alarm``, ``manual`` or ``all``.
    fuzzy: whether to search at the centre and at the device; else the one that is asked.
    stream_number, alarm_methods, alarm_types: filters of 2022.
    """

    sn: int
    device_id: str
    start_time: str = time("StartTime", required=True)
    end_time: str = time("EndTime", required=True)
    file_path: str = text("FilePath")
    address: str = text("Address")
    secrecy: int | None = whole("Secrecy", choices=(0, 1))
    kind: str = text("Type", choices=("time", "alarm", "manual", "all"))
    recorder_id: str = text("RecorderID")
    fuzzy: bool | None = flag("IndistinctQuery")
    stream_number: int | None = whole("StreamNumber", low=0, since=Version.V2022)
    alarm_methods: tuple[int, ...] = numbers("AlarmMethod", digits=True, since=Version.V2022)
    alarm_types: tuple[int, ...] = numbers("AlarmType", since=Version.V2022)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class AlarmQuery:
    """Asks for alarms; the body of a subscription to them.

    priorities: 0 all, 1 first to 4 last.  methods: 0 all; see AlarmNotify.
    """

    sn: int
    device_id: str
    start_priority: int | None = whole("StartAlarmPriority", low=0, high=4)
    end_priority: int | None = whole("EndAlarmPriority", low=0, high=4)
    methods: tuple[int, ...] = numbers("AlarmMethod", digits=True, choices=tuple(range(8)))
    types: tuple[int, ...] = numbers("AlarmType")
    start_time: str = time("StartAlarmTime", aliases=("StartTime",))
    end_time: str = time("EndAlarmTime", aliases=("EndTime",))
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigDownloadQuery:
    """Asks for settings.  config_types: names of blocks, as ``("BasicParam",)``."""

    sn: int
    device_id: str
    config_types: tuple[str, ...] = words("ConfigType", required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class PresetQuery:
    """Asks for the presets of a camera."""

    sn: int
    device_id: str
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class MobilePositionQuery:
    """Asks for positions; the body of a subscription to them.  interval: 5 s when not said."""

    sn: int
    device_id: str
    interval: int | None = whole("Interval", low=1, unit="s")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class HomePositionQuery:
    """Asks for the home position of a camera."""

    sn: int
    device_id: str
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class CruiseTrackListQuery:
    """Asks which cruises a camera knows."""

    sn: int
    device_id: str
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class CruiseTrackQuery:
    """Asks for the points of one cruise.  number: from 0."""

    sn: int
    device_id: str
    number: int | None = whole("Number", low=0, required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class PtzPositionQuery:
    """Asks where a camera looks; the body of a subscription to it."""

    sn: int
    device_id: str
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class SdCardStatusQuery:
    """Asks for the state of the cards in a device."""

    sn: int
    device_id: str
    others: tuple[Element, ...] = ()


_TIMES = frozenset({"starttime", "endtime"})
_NOTHING: frozenset[str] = frozenset()


def read_catalog(envelope: Envelope) -> CatalogQuery:
    """Return the catalog query in *envelope*."""
    return CatalogQuery(
        envelope.sn,
        envelope.device_id,
        envelope.text("starttime"),
        envelope.text("endtime"),
        envelope.rest(_TIMES),
    )


def read_device_info(envelope: Envelope) -> DeviceInfoQuery:
    """Return the DeviceInfo query in *envelope*."""
    return DeviceInfoQuery(envelope.sn, envelope.device_id, envelope.rest(_NOTHING))


def read_device_status(envelope: Envelope) -> DeviceStatusQuery:
    """Return the DeviceStatus query in *envelope*."""
    return DeviceStatusQuery(envelope.sn, envelope.device_id, envelope.rest(_NOTHING))


def catalog_lines(query: CatalogQuery) -> list[str]:
    """Return the elements of *query* after its envelope."""
    return [tag("StartTime", query.start_time), tag("EndTime", query.end_time)]

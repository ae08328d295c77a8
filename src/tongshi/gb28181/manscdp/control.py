"""Controls: what a platform has a device do.

A control carries one command.  A command is elements beside the envelope (``RecordCmd`` and
``StreamNumber``) or one element with fields of its own (``HomePosition``).

Source: GB/T 28181-2022 A.2.3.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tongshi.errors import LocalProtocolError, RemoteProtocolError
from tongshi.gb28181 import ptz
from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.config import Block
from tongshi.gb28181.manscdp.field import (
    SESSION_ID,
    constant,
    flag,
    number,
    numbers,
    other,
    text,
    whole,
)
from tongshi.gb28181.manscdp.table import (
    read_as,
    read_values,
    rest_lines,
    write_element,
    write_lines,
)
from tongshi.gb28181.manscdp.types import ENVELOPE, Envelope
from tongshi.gb28181.version import Version


def _read_word(told: str) -> ptz.Word | str:
    """Return the word; what is none stays as it was written."""
    try:
        return ptz.decode(told)
    except RemoteProtocolError:
        return told.strip()


def _write_word(word: object) -> str:
    if isinstance(word, ptz.Word):
        return ptz.encode(word)
    return word if isinstance(word, str) else ""


_NO_WORD: ptz.Word | str = ""


@dataclass(frozen=True, slots=True)
class PtzCmd:
    """Turns the camera; no answer follows.

    word: the sixteen digits as text where they are no word.
    preset_name: with setting a preset.  cruise_name: with cruise words, 32 bytes at the most.
    priority: of the one who controls; larger goes first.
    """

    word: ptz.Word | str = other("PTZCmd", _NO_WORD, _read_word, _write_word, required=True)
    preset_name: str = text("PTZCmdParams/PresetName", most=32, since=Version.V2022)
    cruise_name: str = text("PTZCmdParams/CruiseTrackName", most=32, since=Version.V2022)
    priority: int | None = whole("Info/ControlPriority", low=1)


@dataclass(frozen=True, slots=True)
class TeleBoot:
    """Restarts the device; no answer follows."""

    word: str = constant("TeleBoot", "Boot")


@dataclass(frozen=True, slots=True)
class RecordCmd:
    """Starts or stops recording by hand; a Result answers.  stream_number: 0 when not said."""

    on: bool | None = flag("RecordCmd", words=("Record", "StopRecord"), required=True)
    stream_number: int | None = whole("StreamNumber", low=0, since=Version.V2022)


@dataclass(frozen=True, slots=True)
class GuardCmd:
    """Arms or disarms; a Result answers."""

    on: bool | None = flag("GuardCmd", words=("SetGuard", "ResetGuard"), required=True)


@dataclass(frozen=True, slots=True)
class AlarmCmd:
    """Resets alarms, all of them or those of some methods and types; a Result answers.

    After an alarm of method 2 a device reports no other until it was reset (A.2.5.3).
    """

    word: str = constant("AlarmCmd", "ResetAlarm")
    methods: tuple[int, ...] = numbers("Info/AlarmMethod", digits=True)
    types: tuple[int, ...] = numbers("Info/AlarmType")


@dataclass(frozen=True, slots=True)
class KeyFrameCmd:
    """Has the encoder send a key frame now; no answer follows.

    2016 misspells the element, and its devices expect it so.
    """

    word: str = constant("IFrameCmd", "Send", aliases=("IFameCmd",), was="IFameCmd")


@dataclass(frozen=True, slots=True)
class DragZoom:
    """Brings a box drawn in the player to the full picture, or the reverse; no answer follows.

    All in pixels of the player from its top left; length is along x, width along y.
    """

    inward: bool = True
    """Whether the box becomes the picture (DragZoomIn), or the picture the box (DragZoomOut)."""
    length: int | None = whole("Length", low=1, unit="px", required=True)
    width: int | None = whole("Width", low=1, unit="px", required=True)
    mid_x: int | None = whole("MidPointX", low=0, unit="px", required=True)
    mid_y: int | None = whole("MidPointY", low=0, unit="px", required=True)
    length_x: int | None = whole("LengthX", low=0, unit="px", required=True)
    length_y: int | None = whole("LengthY", low=0, unit="px", required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class HomePosition:
    """Where a camera returns when nobody turns it; a Result answers.

    reset_time: of rest before it returns.
    """

    on: bool | None = flag("Enabled", required=True)
    reset_time: int | None = whole("ResetTime", low=0, unit="s")
    preset_index: int | None = whole("PresetIndex", low=0, high=255)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class PtzPrecise:
    """Turns the camera to where it is told; no answer follows.

    pan: clockwise seen from above.  tilt: down is positive.  zoom: beyond the optical, digital.
    """

    pan: float | None = number("Pan", low=0, high=360, unit="°")
    tilt: float | None = number("Tilt", low=-30, high=90, unit="°")
    zoom: float | None = number("Zoom", low=1)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceUpgrade:
    """Has the device fetch and install firmware; a Result answers, DeviceUpgradeResult follows."""

    firmware: str = text("Firmware", required=True)
    file_url: str = text("FileURL", required=True)
    manufacturer: str = text("Manufacturer", required=True)
    session_id: str = text("SessionID", form=SESSION_ID, required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class FormatSdCard:
    """Formats a card; no answer follows.  card: 0 all of them, else its number."""

    card: int | None = whole("FormatSDCard", low=0, required=True)


@dataclass(frozen=True, slots=True)
class TargetTrack:
    """Asks a camera to follow somebody.  It is read so that it can be refused, and never written.

    how: ``Auto``, ``Manual`` or ``Stop``.
    """

    how: str = text("TargetTrack")


Command = (
    PtzCmd
    | TeleBoot
    | RecordCmd
    | GuardCmd
    | AlarmCmd
    | KeyFrameCmd
    | DragZoom
    | HomePosition
    | PtzPrecise
    | DeviceUpgrade
    | FormatSdCard
    | TargetTrack
)
COMMANDS: tuple[type[Command], ...] = (
    PtzCmd,
    TeleBoot,
    RecordCmd,
    GuardCmd,
    AlarmCmd,
    KeyFrameCmd,
    DragZoom,
    HomePosition,
    PtzPrecise,
    DeviceUpgrade,
    FormatSdCard,
)
"""Every kind of command that can be sent."""
ANSWERED: tuple[type[Command], ...] = (
    RecordCmd,
    GuardCmd,
    AlarmCmd,
    HomePosition,
    DeviceUpgrade,
)
"""The commands that a Result answers (9.3.1 d, e); to the others only the 200 of SIP is certain."""


@dataclass(frozen=True, slots=True)
class DeviceControl:
    """One command to a device or a channel."""

    sn: int
    device_id: str
    command: Command
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """Settings for a device or a channel; a Result answers."""

    sn: int
    device_id: str
    blocks: tuple[Block, ...] = ()
    others: tuple[Element, ...] = ()


FORBIDDEN = "targettrack"
"""The command that crosses the line, in lower case."""
# Commands in elements beside the envelope, by the one that tells them.
_BESIDE: dict[str, Callable[..., Command]] = {
    "ptzcmd": PtzCmd,
    "teleboot": TeleBoot,
    "recordcmd": RecordCmd,
    "guardcmd": GuardCmd,
    "alarmcmd": AlarmCmd,
    "iframecmd": KeyFrameCmd,
    "ifamecmd": KeyFrameCmd,
    "formatsdcard": FormatSdCard,
    FORBIDDEN: TargetTrack,
}
# Commands in one element.
_INSIDE: dict[str, Callable[..., Command]] = {
    "homeposition": HomePosition,
    "ptzprecisectrl": PtzPrecise,
    "deviceupgrade": DeviceUpgrade,
    "dragzoomin": DragZoom,
    "dragzoomout": partial(DragZoom, inward=False),
}


def read_control(envelope: Envelope) -> DeviceControl | None:
    """Return the control in *envelope*; None when it has no command that can be read.

    Of several commands the first counts; but one that crosses the line counts before all others.
    """
    names = [name for name in envelope.fields if name in _BESIDE or name in _INSIDE]
    if not names:
        return None
    name = FORBIDDEN if FORBIDDEN in names else names[0]
    head = (envelope.sn, envelope.device_id)
    if name in _INSIDE:
        command = read_as(_INSIDE[name], envelope.fields[name])
        return DeviceControl(*head, command, envelope.rest(frozenset({name})))
    make = _BESIDE[name]
    values, others = read_values(make, envelope.tree, ENVELOPE)
    command = make(**values)
    return DeviceControl(*head, command, others) if _says_something(command) else None


def _says_something(command: Command) -> bool:
    """Whether the element that tells the command could be read."""
    match command:
        case PtzCmd(word):
            return word != ""
        case RecordCmd(on) | GuardCmd(on):
            return on is not None
        case FormatSdCard(card):
            return card is not None
    return True


def control_lines(control: DeviceControl, version: Version) -> list[str]:
    """Return the elements of *control* after its envelope.

    Raises LocalProtocolError for a command that crosses the line, in whatever guise.
    """
    command, others = control.command, control.others
    if isinstance(command, TargetTrack) or any(map(crosses, others)):
        raise LocalProtocolError("TargetTrack follows people: it is never sent")
    match command:
        case DragZoom():
            name = "DragZoomIn" if command.inward else "DragZoomOut"
        case HomePosition():
            name = "HomePosition"
        case PtzPrecise():
            name = "PTZPreciseCtrl"
        case DeviceUpgrade():
            name = "DeviceUpgrade"
        case _:
            return write_lines(command, others, version)
    return [write_element(name, command, version), *rest_lines(others)]


def crosses(element: Element) -> bool:
    """Whether *element* is, or holds, a command that crosses the line."""
    return element.tag.lower() == FORBIDDEN or any(map(crosses, element.children))

"""``PTZCmd``: eight bytes that turn a camera, written as sixteen hexadecimal digits.

::

    byte 1   2        3         4            5     6     7                      8
         A5  0|check  address   instruction  data  data  data|address bits 8-11  sum of 1..7

The address is not used: the target is the DeviceID of the message.  Nearly everyone writes 01.

Source: GB/T 28181-2022 A.3.
"""

import re
from dataclasses import dataclass
from enum import Enum

from tongshi.errors import Invalid, RemoteProtocolError

CLAUSE = "GB/T 28181-2022 A.3"
MAX_SPEED = 255
"""Fastest pan, tilt, focus and iris."""
MAX_ZOOM = 15
"""Fastest zoom."""
MAX_LONG = 4095
"""Greatest cruise speed, dwell time and scan speed."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Ends every movement, cruise and scan."""


@dataclass(frozen=True, slots=True)
class Move:
    """Turns and zooms until a :class:`Stop`; each 0 when it is to rest.

    pan: -255..255, right is positive.  tilt: -255..255, up is positive.
    zoom: -15..15, in is positive.  Directions are those of the picture.
    """

    pan: int = 0
    tilt: int = 0
    zoom: int = 0


@dataclass(frozen=True, slots=True)
class Lens:
    """Moves focus and iris until a ``Lens()``; each 0 when it is to rest.

    focus: -255..255, far is positive.  iris: -255..255, open is positive.
    """

    focus: int = 0
    iris: int = 0


class PresetAct(Enum):
    """What is done with a preset; the value is the instruction."""

    SET = 0x81
    CALL = 0x82
    DELETE = 0x83


@dataclass(frozen=True, slots=True)
class Preset:
    """Stores, goes to or deletes a preset.  number: 1..255."""

    act: PresetAct
    number: int


@dataclass(frozen=True, slots=True)
class CruisePoint:
    """Adds preset *number*, 1..255, to cruise *group*, 0..255; or takes it away."""

    group: int
    number: int
    add: bool = True


@dataclass(frozen=True, slots=True)
class CruiseDelete:
    """Deletes cruise *group*, 0..255."""

    group: int


@dataclass(frozen=True, slots=True)
class CruiseSpeed:
    """Sets the speed of cruise *group*: 0..4095."""

    group: int
    speed: int


@dataclass(frozen=True, slots=True)
class CruiseDwell:
    """Sets how long cruise *group* rests at its points: 0..4095 s."""

    group: int
    seconds: int


@dataclass(frozen=True, slots=True)
class CruiseStart:
    """Starts cruise *group*, 0..255; a :class:`Stop` ends it."""

    group: int


class ScanAct(Enum):
    """What is done with a scan; the value is the data byte."""

    START = 0
    """The picture moves from right to left first."""
    LEFT = 1
    """Sets the left limit where the camera looks."""
    RIGHT = 2
    """Sets the right limit where the camera looks."""


@dataclass(frozen=True, slots=True)
class Scan:
    """Starts scan *group*, 0..255, or sets one of its limits."""

    group: int
    act: ScanAct = ScanAct.START


@dataclass(frozen=True, slots=True)
class ScanSpeed:
    """Sets the speed of scan *group*: 0..4095."""

    group: int
    speed: int


@dataclass(frozen=True, slots=True)
class Auxiliary:
    """Turns auxiliary switch *number*, 0..255, on or off; 1 is the wiper."""

    number: int
    on: bool


Word = (
    Stop
    | Move
    | Lens
    | Preset
    | CruisePoint
    | CruiseDelete
    | CruiseSpeed
    | CruiseDwell
    | CruiseStart
    | Scan
    | ScanSpeed
    | Auxiliary
)

_FORM = re.compile(r"[0-9A-Fa-f]{16}")
_HEAD = 0xA5
# Version 0 in the high nibble; the low one is (A + 5 + 0) mod 16.
_CHECK = 0x0F
_RIGHT, _LEFT, _DOWN, _UP, _IN, _OUT = 1, 2, 4, 8, 16, 32
_FAR, _NEAR, _OPEN, _CLOSE = 1, 2, 4, 8
_LENS, _ADD, _REMOVE, _SPEED, _DWELL, _START = 0x40, 0x84, 0x85, 0x86, 0x87, 0x88
_SCAN, _SCAN_SPEED, _ON, _OFF = 0x89, 0x8A, 0x8C, 0x8D


def encode(word: Word, address: int = 1) -> str:
    """Return *word* as sixteen digits; raises Invalid when a number in it is out of its range.

    address: 0..4095.
    """
    instruction, first, second, third = _fields(word)
    _within("address", address, 0, 0xFFF)
    frame = [_HEAD, _CHECK, address & 0xFF, instruction, first, second, third << 4 | address >> 8]
    return bytes([*frame, sum(frame) & 0xFF]).hex().upper()


def decode(text: str) -> Word:
    """Return the word that *text* is.

    A direction with speed 0 is the slowest speed: its writer meant a movement.  A wrong check in
    byte 2 is let pass, because the sum covers it.  Raises RemoteProtocolError for anything but
    sixteen digits, a wrong first byte or sum, opposites together, and unknown instructions.
    """
    digits = "".join(text.split())
    if not _FORM.fullmatch(digits):
        raise _refusal(text, "is not sixteen hexadecimal digits")
    frame = bytes.fromhex(digits)
    if frame[0] != _HEAD:
        raise _refusal(text, "does not begin with A5")
    if sum(frame[:7]) & 0xFF != frame[7]:
        raise _refusal(text, "has a wrong sum")
    word = _word(frame[3], frame[4], frame[5], frame[6] >> 4)
    if word is None:
        raise _refusal(text, "is no instruction")
    return word


def _refusal(text: str, why: str) -> RemoteProtocolError:
    return RemoteProtocolError(f"PTZCmd {text[:32]!r} {why}", clause=CLAUSE)


def _fields(word: Word) -> tuple[int, int, int, int]:
    """Return the instruction and its three data."""
    match word:
        case Stop():
            return 0, 0, 0, 0
        case Move(pan, tilt, zoom):
            return _move(pan, tilt, zoom)
        case Lens(focus, iris):
            bits = _sign("focus", focus, MAX_SPEED, _FAR, _NEAR)
            bits |= _sign("iris", iris, MAX_SPEED, _OPEN, _CLOSE)
            return _LENS | bits, abs(focus), abs(iris), 0
        case Preset(act, number):
            return act.value, 0, _within("preset", number, 1, 255), 0
        case Auxiliary(number, on):
            return _ON if on else _OFF, _within("switch", number, 0, 255), 0, 0
        case Scan(group, act):
            return _SCAN, _group(group), act.value, 0
        case ScanSpeed(group, speed):
            return _long(_SCAN_SPEED, group, speed)
    return _cruise(word)


def _cruise(
    word: CruisePoint | CruiseDelete | CruiseSpeed | CruiseDwell | CruiseStart,
) -> tuple[int, int, int, int]:
    match word:
        case CruisePoint(group, number, add):
            number = _within("preset", number, 1, 255)
            return _ADD if add else _REMOVE, _group(group), number, 0
        case CruiseDelete(group):
            return _REMOVE, _group(group), 0, 0
        case CruiseSpeed(group, speed):
            return _long(_SPEED, group, speed)
        case CruiseDwell(group, seconds):
            return _long(_DWELL, group, seconds)
    return _START, _group(word.group), 0, 0


def _move(pan: int, tilt: int, zoom: int) -> tuple[int, int, int, int]:
    bits = _sign("pan", pan, MAX_SPEED, _RIGHT, _LEFT)
    bits |= _sign("tilt", tilt, MAX_SPEED, _UP, _DOWN)
    bits |= _sign("zoom", zoom, MAX_ZOOM, _IN, _OUT)
    return bits, abs(pan), abs(tilt), abs(zoom)


def _long(instruction: int, group: int, value: int) -> tuple[int, int, int, int]:
    _within("value", value, 0, MAX_LONG)
    return instruction, _group(group), value & 0xFF, value >> 8


def _group(group: int) -> int:
    return _within("group", group, 0, 255)


def _sign(what: str, speed: int, most: int, plus: int, minus: int) -> int:
    _within(what, speed, -most, most)
    return plus if speed > 0 else minus if speed < 0 else 0


def _within(what: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise Invalid(f"{what} {value} is not within {low}..{high}")
    return value


def _word(instruction: int, first: int, second: int, third: int) -> Word | None:
    if instruction < 0x40:
        return _read_move(instruction, first, second, third)
    if instruction < 0x50:
        return _read_lens(instruction, first, second)
    value = third << 8 | second
    match instruction:
        case 0x81 | 0x82 | 0x83:
            return Preset(PresetAct(instruction), second) if second else None
        case 0x84:
            return CruisePoint(first, second) if second else None
        case 0x85:
            return CruisePoint(first, second, add=False) if second else CruiseDelete(first)
        case 0x86:
            return CruiseSpeed(first, value)
        case 0x87:
            return CruiseDwell(first, value)
        case 0x88:
            return CruiseStart(first)
    return _read_scan(instruction, first, second, value)


def _read_scan(instruction: int, first: int, second: int, value: int) -> Word | None:
    match instruction:
        case 0x89:
            return Scan(first, ScanAct(second)) if second <= 2 else None
        case 0x8A:
            return ScanSpeed(first, value)
        case 0x8C | 0x8D:
            return Auxiliary(first, instruction == _ON)
    return None


def _read_move(bits: int, first: int, second: int, third: int) -> Word | None:
    if not bits:
        return Stop()
    pan = _signed(bits, _RIGHT, _LEFT, first)
    tilt = _signed(bits, _UP, _DOWN, second)
    zoom = _signed(bits, _IN, _OUT, third)
    if pan is None or tilt is None or zoom is None:
        return None
    return Move(pan, tilt, zoom)


def _read_lens(bits: int, first: int, second: int) -> Word | None:
    focus = _signed(bits, _FAR, _NEAR, first)
    iris = _signed(bits, _OPEN, _CLOSE, second)
    return None if focus is None or iris is None else Lens(focus, iris)


def _signed(bits: int, plus: int, minus: int, speed: int) -> int | None:
    """Return the speed with its sign; 0 for neither direction, None for both."""
    if bits & plus and bits & minus:
        return None
    if bits & plus:
        return speed or 1
    return -(speed or 1) if bits & minus else 0

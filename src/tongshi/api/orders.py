"""What somebody may have a camera do: the bodies of ``POST .../control``, told apart by ``do``.

Directions are those of the picture: pan right, tilt up, zoom in, focus far, iris open are positive.
An axis has one number, so opposites cannot be asked for together.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tongshi.errors import Invalid

Axis = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Speed = Annotated[
    float, Field(ge=0, le=1, allow_inf_nan=False, description="0 the slowest, 1 the fastest.")
]
Byte = Annotated[int, Field(ge=0, le=255)]
Number = Annotated[int, Field(ge=1, le=255)]
Word12 = Annotated[int, Field(ge=0, le=4095)]
Pixel = Annotated[int, Field(ge=0, le=100_000)]


class Act(BaseModel):
    """What every order says of its reason: an open view of the same camera, or a purpose."""

    model_config = ConfigDict(extra="forbid")

    view: str | None = Field(
        default=None, max_length=100, description="An own open view of this camera."
    )
    purpose: str | None = Field(
        default=None, max_length=200, description="Why, where no view is open: see /live/purposes."
    )


class Move(Act):
    """Move until a stop, a renewal that fails to come, or another move.  Renew each second."""

    do: Literal["move"]
    pan: Axis = 0.0
    tilt: Axis = 0.0
    zoom: Axis = 0.0
    speed: Speed = 0.5


class Lens(Act):
    """Turn focus or iris until a stop, as a move."""

    do: Literal["lens"]
    focus: Axis = 0.0
    iris: Axis = 0.0
    speed: Speed = 0.5


class Stop(Act):
    """Stop everything: moves, lens, cruise, scan."""

    do: Literal["stop"]


class Preset(Act):
    """Call, set or delete a preset.  name: with set, told to devices of 2022."""

    do: Literal["preset"]
    act: Literal["call", "set", "delete"]
    number: Number
    name: str = Field(default="", max_length=32)


class Cruise(Act):
    """Edit or run a cruise.

    act: add and remove take *preset*; speed takes *speed*; dwell takes *dwell*, s; clear deletes
    the cruise.  name: with add, told to devices of 2022.
    """

    do: Literal["cruise"]
    act: Literal["start", "stop", "add", "remove", "clear", "speed", "dwell"]
    group: Byte
    preset: Number | None = None
    speed: Word12 | None = None
    dwell: Word12 | None = Field(default=None, description="s")
    name: str = Field(default="", max_length=32)


class Scan(Act):
    """Edit or run a scan.  act: left and right set its limits here; speed takes *speed*."""

    do: Literal["scan"]
    act: Literal["start", "stop", "left", "right", "speed"]
    group: Byte
    speed: Word12 | None = None


class Auxiliary(Act):
    """Switch something on or off; 1 is the wiper."""

    do: Literal["auxiliary"]
    number: Number
    on: bool


class DragZoom(Act):
    """Bring a box of the shown picture to full size, or the full size into it.  In pixels.

    length, width: of the shown picture.  mid_x, mid_y: middle of the box, from the upper left.
    length_x, length_y: of the box.
    """

    do: Literal["drag-zoom"]
    direction: Literal["in", "out"]
    length: Pixel
    width: Pixel
    mid_x: Pixel
    mid_y: Pixel
    length_x: Pixel
    length_y: Pixel


class Precise(Act):
    """Go to an exact position; what is left out stays.  A device goes to its limit beyond."""

    do: Literal["precise"]
    pan: float | None = Field(default=None, ge=0, le=360, allow_inf_nan=False, description="°")
    tilt: float | None = Field(default=None, ge=-30, le=90, allow_inf_nan=False, description="°")
    zoom: float | None = Field(default=None, ge=1, le=1000, allow_inf_nan=False)


class Home(Act):
    """Set the home position.  reset_time: s of idleness before the camera returns to *preset*."""

    do: Literal["home"]
    enabled: bool
    reset_time: int | None = Field(default=None, ge=0, le=86400, description="s")
    preset: Byte | None = None


class KeyFrame(Act):
    """Have a key frame sent at once."""

    do: Literal["key-frame"]


class Record(Act):
    """Start or stop recording at the device.  stream: 0 the main one."""

    do: Literal["record"]
    on: bool
    stream: int = Field(default=0, ge=0, le=16)


class Guard(Act):
    """Set or reset the guard of an alarm input."""

    do: Literal["guard"]
    on: bool


class ResetAlarm(Act):
    """Reset an alarm at the device, which may then report another."""

    do: Literal["reset-alarm"]
    method: int | None = Field(default=None, ge=1, le=7)
    type: int | None = Field(default=None, ge=1, le=99)


class Reboot(Act):
    """Restart the device."""

    do: Literal["reboot"]


class Format(Act):
    """Format a storage card, and lose what is on it.  card: 0 for all."""

    do: Literal["format"]
    card: int = Field(default=0, ge=0, le=8)


Order = Annotated[
    Move
    | Lens
    | Stop
    | Preset
    | Cruise
    | Scan
    | Auxiliary
    | DragZoom
    | Precise
    | Home
    | KeyFrame
    | Record
    | Guard
    | ResetAlarm
    | Reboot
    | Format,
    Field(discriminator="do"),
]
"""Everything that ``POST .../control`` takes."""
Upkeep = Annotated[Reboot | Format, Field(discriminator="do")]
"""Everything that ``POST .../upkeep`` takes: what concerns the whole device, not a picture."""


def need(value: int | None, name: str) -> int:
    """Return *value*; raises Invalid when this act cannot do without it."""
    if value is None:
        raise Invalid(f"{name} is missing")
    return value

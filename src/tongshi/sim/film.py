"""One running picture: drawn, captioned, encoded, frame by frame."""

import time
from dataclasses import dataclass, replace
from typing import NamedTuple

from tongshi.gb28181.date import write_time
from tongshi.media import g711
from tongshi.media.unit import CLOCK, AccessUnit, Codec
from tongshi.sim import glyphs, strip, tone
from tongshi.sim.canvas import Canvas
from tongshi.sim.encode import Encoder
from tongshi.sim.picture import Picture

_NEUTRAL = 128
_CAPTION_LINES = 180
"""Lines of a picture for each pixel of a caption's dots."""


@dataclass(frozen=True, slots=True)
class Shot:
    """What is shown and how it is coded; cameras with equal shots share one encoder.

    view: a name of :data:`tongshi.sim.picture.VIEWS`.  tint: 0 day, 1 morning, 2 evening, 3 night.
    title: caption; ASCII capitals and digits.  width, height: pixels, even.  gop: frames from key
    frame to key frame.  bitrate: bit/s.  sound: whether there is a tone as G.711A.
    frozen: the picture and its counter stand still, as when a camera's sensor hangs.
    """

    view: str = "harbour"
    tint: int = 0
    title: str = ""
    codec: Codec = Codec.H264
    width: int = 640
    height: int = 360
    fps: int = 25
    gop: int = 25
    bitrate: int = 500_000
    sound: bool = True
    frozen: bool = False

    def smaller(self) -> "Shot":
        """Return the sub stream: half as wide and high, a third of the bits."""
        width, height = self.width // 4 * 2, self.height // 4 * 2
        return replace(self, width=width, height=height, bitrate=self.bitrate // 3)


class Frame(NamedTuple):
    """One picture and the sound that belongs to it.

    number: the frame's count since 1970 at the shot's rate; modulo 2**28 it stands in the picture.
    units: the picture first.
    """

    number: int
    key: bool
    units: tuple[AccessUnit, ...]


class Film:
    """Makes the frames of one shot.  Used by one thread at a time.

    picture: the view, built for this shot's size.  first: number whose time stamps are 0.
    key_wanted: the next frame is to be a key frame; anybody may set it.
    frames, skipped: made, and left out because the machine was late.  cpu: s spent, without the
    threads that an encoder runs of its own.
    """

    def __init__(self, shot: Shot, picture: Picture, first: int) -> None:
        """Open an encoder.  Raises EngineFailed."""
        self.shot = shot
        self.frames = self.skipped = 0
        self.key_wanted = False
        self.cpu = 0.0
        self._picture = picture
        self._first = first
        self._last: int | None = None
        self._still: int | None = None
        self._encoder = Encoder(
            shot.codec,
            shot.width,
            shot.height,
            fps=shot.fps,
            gop=shot.gop,
            bitrate=shot.bitrate,
        )

    def shoot(self, number: int) -> Frame:
        """Return frame *number*, which must grow from call to call.  Raises EngineFailed."""
        started = time.thread_time()
        self.skipped += number - self._last - 1 if self._last is not None else 0
        if self._still is None or not self.shot.frozen:
            self._still = number
        wanted, self.key_wanted = self.key_wanted, False
        planes = paint(self.shot, self._picture, self._still).planes
        data, key = self._encoder.encode(planes, key=wanted)
        pts = self._ticks(number)
        units = [AccessUnit(self.shot.codec, pts, pts, key, data)]
        if self.shot.sound:
            units.append(self._listen(number))
        self._last = number
        self.frames += 1
        self.cpu += time.thread_time() - started
        return Frame(number, key, tuple(units))

    def _ticks(self, number: int) -> int:
        return (number - self._first) * CLOCK // self.shot.fps

    def _listen(self, number: int) -> AccessUnit:
        """Return the sound since the frame before, at most a second of it."""
        fps, count = self.shot.fps, number - self._first
        since = count - 1 if self._last is None else max(self._last - self._first, count - fps)
        start, stop = since * g711.RATE // fps, count * g711.RATE // fps
        pts = start * CLOCK // g711.RATE + CLOCK // fps
        return AccessUnit(Codec.G711A, pts, pts, True, tone.listen(start, stop))


def paint(shot: Shot, picture: Picture, number: int) -> Canvas:
    """Return the canvas of frame *number*: view, captions, counter strip."""
    moment = number / shot.fps
    canvas = picture.paint(moment)
    caption(canvas, shot.title, moment, number)
    return canvas


def caption(canvas: Canvas, title: str, moment: float, number: int) -> None:
    """Write title, wall clock and counter into *canvas*; moment: UNIX time, s."""
    height, width = canvas.luma.shape
    scale = max(1, round(height / _CAPTION_LINES))
    margin = 6 * scale
    clock = write_time(moment).replace("T", " ")
    right = width - glyphs.measure(clock, scale)[0] - margin
    glyphs.write(canvas.luma, clock, max(right, margin), margin, scale)
    if title and margin + glyphs.measure(title, scale)[0] < right:
        glyphs.write(canvas.luma, title, margin, margin, scale)
    rows = round(height * strip.HEIGHT)
    digits = f"#{number % strip.MODULUS:09d}"
    low = height - rows - glyphs.HEIGHT * scale - margin // 2
    glyphs.write(canvas.luma, digits, margin, low, scale)
    strip.paint(canvas.luma, number)
    for plane in (canvas.blue, canvas.red):
        plane[height // 2 - (rows + 1) // 2 :] = _NEUTRAL

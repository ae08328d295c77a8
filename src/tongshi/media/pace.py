"""What a device makes of the speed that was asked of it, told from what it sends.

Theory of operation.  The standard does not say whether the time stamps of a playback at another
speed are those of the recording or those of the wall, and some recorders ignore the speed.  Two
things tell: the step from picture to picture, compared with that at normal speed, and how much
stamped time comes in how much real time.

| step | stamped time per real time | pace |
|---|---|---|
| as at normal speed | the speed | MEDIA |
| divided by the speed | 1 | WALL |
| longer: pictures are left out | the speed | MEDIA |
| longer: pictures are left out | 1 | WALL |
| as at normal speed | 1 | IGNORED |

Source: GB/T 28181-2022 B.2.3 (Scale), which leaves it open.
"""

import math
from enum import Enum

from tongshi.media.unit import CLOCK

WINDOW = 1.5
"""Real time over which arrival is measured, s."""
SETTLE = 0.5
"""Real time after a change that is not measured, s: what was under way still comes."""
_ALIKE = 0.25
_SURE = 3


class Pace(Enum):
    """What the time stamps of a playback count."""

    UNKNOWN = "unknown"
    """Normal speed, or not measured yet."""
    MEDIA = "media"
    """Time of the recording: a second of stamps is a second of it."""
    WALL = "wall"
    """Time of the wall: a second of stamps is as many seconds of it as the speed says."""
    IGNORED = "ignored"
    """The device sends at normal speed, whatever was asked."""


class Gauge:
    """Judges one speed.

    scale: what was asked, above 0 and not 1.  usual: step between pictures at normal speed,
    90 kHz.  ``pace`` is UNKNOWN until something tells.
    """

    __slots__ = ("_alike", "_longest", "_mark", "_scale", "_usual", "pace")

    def __init__(self, scale: float, usual: int) -> None:
        self.pace = Pace.UNKNOWN
        self._scale = scale
        self._usual = usual
        self._alike = 0
        self._longest = 0.0
        self._mark: tuple[float, int] | None = None

    def rest(self) -> None:
        """Forget the window: the device was told to wait, or jumped."""
        self._mark = None

    def take(self, step: int, raw: int, now: float) -> Pace:
        """Return what is known after a picture *step* after the last, stamped *raw*, at *now*."""
        ratio = step / self._usual
        self._compare(ratio)
        mark = self._mark
        if mark is None:
            self._mark = now + SETTLE, raw
        elif now < mark[0]:
            self._mark = mark[0], raw
        else:
            self._longest = max(self._longest, ratio)
            if now - mark[0] >= WINDOW:
                self._judge((raw - mark[1]) / CLOCK / (now - mark[0]))
                self._mark = now, raw
                self._longest = 0.0
        return self.pace

    def _compare(self, ratio: float) -> None:
        """See whether steps are divided by the speed: that is seen at once, and means WALL."""
        wanted = ratio * self._scale
        self._alike = self._alike + 1 if abs(wanted - 1) <= _ALIKE else 0
        if self._alike >= _SURE:
            self.pace = Pace.WALL

    def _judge(self, rate: float) -> None:
        """Judge by *rate*, stamped time per real time."""
        if rate <= 0 or self._alike >= _SURE:
            return
        if abs(math.log(rate / self._scale)) <= abs(math.log(rate)):
            self.pace = Pace.MEDIA
        elif self._longest > 1 + 2 * _ALIKE:
            self.pace = Pace.WALL
        else:
            self.pace = Pace.IGNORED

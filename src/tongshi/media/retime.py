"""Pictures of a recording put on a player's time line, and what moment of the past each shows.

Theory of operation.  The player always plays at its own normal speed: a speed is made here, by
dividing steps, because what is in its buffer may be of several speeds, because browsers play few
speeds evenly, and because some devices stamp by the wall anyway.  Two times are kept for each
picture: ``shown``, 90 kHz, growing without holes for the player, and ``at``, UNIX time, which goes
where the recording goes.

A seek is told before it is asked of the device.  The picture at which it lands is the first key
frame after a break of the stamps; where the device stamps on without one, the first key frame after
its answer.  A stamp that lies near the moment sought counts as absolute and says where in its
group of pictures the device really landed.

Backwards, key frames alone are shown, each as long as the recording took from it to the next:
groups played forwards one after the other, as they are sent, would show people walk forwards.

Source: GB/T 28181-2022 9.8, B.2.3.
"""

from dataclasses import dataclass

from tongshi.media.pace import Gauge, Pace
from tongshi.media.unit import CLOCK, AccessUnit

LIMIT = 10 * CLOCK
"""A longer step between pictures is a break of the stamps."""
SLACK = 15.0
"""A key frame so far from the moment sought, s, may still be where the device landed."""
DOUBT = 5.0
"""For so long after a landing that nothing proved, a break of the stamps is the true one, s."""
GROWTH = 1.9
"""A picture comes at most so many times later than was promised."""
_LONGER = 3
_TRUE = 60 * CLOCK  # a break so short is a true move within the recording
_BREAK = CLOCK  # while a seek is awaited, so much off the usual step is a break
_NOMINAL = 3600


@dataclass(frozen=True, slots=True)
class Place:
    """What a picture shows.

    pts: on the player's time line, 90 kHz.  at: moment of the recording, UNIX time, s.
    rate: seconds of the recording that pass from here on in a second of the player; negative
    backwards.  jump: the picture before shows another moment of the recording.
    """

    pts: int
    at: float
    rate: float
    jump: bool


@dataclass(slots=True)
class RetimeCounts:
    """landings: seeks that arrived.  breaks: of the stamps, that nobody had asked for.
    withheld: pictures before a key frame, or between key frames backwards."""

    landings: int = 0
    breaks: int = 0
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class _Seek:
    """A seek that is awaited.  answered: the device took it.  broken: the stamps broke."""

    target: float
    answered: bool = False
    broken: bool = False


class Retimer:
    """One playback or download.

    since, until: the footage asked for, UNIX time, s.
    ``at``: moment shown by the newest picture; None before the first.
    ``lead``: s that the player has in store, if it plays at normal speed all the time.
    ``held``: the player waits, so that its store stays.
    ``hint``: how long the picture given last will stand, as far as can be told, 90 kHz.
    ``smooth``: what comes late is brought up by degrees, as browsers want it; files do without.
    """

    __slots__ = ("_base", "_doubt", "_gauge", "_guessed", "_now", "_owed", "_passed", "_raw",
                 "_seek", "_shown", "_sound", "_step", "_stepped", "_tell", "_told", "_turned",
                 "_until", "_usual", "_went_back", "at", "counts", "held", "hint", "lead", "scale",
                 "smooth")  # fmt: skip

    def __init__(self, since: float, until: float, *, smooth: bool = True) -> None:
        self.smooth = smooth
        self.scale = 1.0
        self.hint = _NOMINAL
        self._turned = False
        self._went_back = False
        self.at: float | None = None
        self.lead = 0.0
        self.held = False
        self.counts = RetimeCounts()
        self._until = until
        self._seek: _Seek | None = _Seek(since, answered=True)
        self._doubt: tuple[float, float] | None = None
        self._gauge: Gauge | None = None
        self._raw: int | None = None
        self._shown = 0.0
        self._step = float(_NOMINAL)
        self._stepped = 0.0
        self._usual = _NOMINAL
        self._guessed = 0
        self._base = since
        self._passed = self._owed = 0.0
        self._sound: int | None = None
        self._tell = True
        self._told = 0.0
        self._now: float | None = None

    @property
    def pace(self) -> Pace:
        """What the device makes of the speed asked for; UNKNOWN at normal speed."""
        return Pace.UNKNOWN if self._gauge is None else self._gauge.pace

    @property
    def rate(self) -> float:
        """Seconds of the recording in a second of the player, as things stand."""
        # Slower than normal can be made here all the same, by having the device wait.
        return 1.0 if self.pace is Pace.IGNORED and self.scale > 1 else self.scale

    def steer(self, scale: float) -> None:
        """Take a speed that the device agreed to: not 0; negative for backwards."""
        if scale != self.scale:
            self.scale = scale
            self._gauge = None if scale == 1 or scale < 0 else Gauge(scale, self._usual)
            self._guessed = 0
            self._tell = self._turned = True

    def hold(self, held: bool) -> None:
        """Note that the player waits, or goes on."""
        self.held = held
        self.rest()

    def rest(self) -> None:
        """Note that the device was told to wait or to go on: arrival is measured anew."""
        if self._gauge is not None:
            self._gauge.rest()

    def seek(self, at: float) -> None:
        """Expect the recording to go on at *at*, UNIX time: the device is being asked."""
        self._seek = _Seek(at)
        self._doubt = None

    def answer(self, at: float | None) -> None:
        """Take the device's answer to a seek: where it says that it goes on, None if unsaid."""
        seek = self._seek
        if seek is not None:
            self._seek = _Seek(seek.target if at is None else at, True, seek.broken)

    def stay(self) -> None:
        """The device refused to seek: it goes on where it was."""
        self._seek = None

    def take(self, unit: AccessUnit, now: float) -> tuple[AccessUnit, Place | None] | None:
        """Return *unit* on the player's time line; None when it is not to be shown.

        The place comes with key frames, after jumps and changes of speed, and once a second.
        """
        if unit.codec.is_audio:
            return self._take_sound(unit)
        unit = self._straighten(unit)
        raw = unit.dts
        step = 0 if self._raw is None else raw - self._raw
        if self._seek is not None:
            verdict = self._await(self._seek, unit, step)
            if verdict:
                return self._land(self._seek, unit, now)
            if verdict is not None:
                self.counts.withheld += 1
                return None
        if self.scale < 0:
            if not unit.key:
                self.counts.withheld += 1
                return None
            jump = self._go_back(step)
        elif 0 < step <= LIMIT:
            jump = self._advance(step, unit, now)
        else:
            if self._doubt is not None and now < self._doubt[1] and unit.key:
                return self._land(_Seek(self._doubt[0], True, True), unit, now)
            jump = self._break(step)
        return self._give(unit, now, jump=jump)

    def _straighten(self, unit: AccessUnit) -> AccessUnit:
        """Return *unit* as it was sent where it was taken for a picture out of order.

        A key picture never is one: the stamps went back, and those that follow with them.
        """
        if unit.pts >= unit.dts:
            self._went_back = False
        elif unit.key or self._went_back:
            self._went_back = True
            return unit._replace(dts=unit.pts)
        return unit

    def _await(self, seek: _Seek, unit: AccessUnit, step: int) -> bool | None:
        """Return whether *unit* is where the seek lands; None while it is of before the seek."""
        if self._raw is None:
            return unit.key
        broken = seek.broken or not -_BREAK < step - self._usual_step() < _BREAK
        if broken:
            self._seek = _Seek(seek.target, seek.answered, True)
            return unit.key
        return True if seek.answered and unit.key else None

    def _usual_step(self) -> int:
        return int(min(max(self._step, self._usual), LIMIT)) if self.scale > 0 else 0

    def _land(self, seek: _Seek, unit: AccessUnit, now: float) -> tuple[AccessUnit, Place | None]:
        at = seek.target
        if self._raw is not None and self.at is not None:
            self.counts.landings += 1
            told = self.at + (unit.dts - self._raw) / CLOCK
            if not seek.broken:
                self._doubt = seek.target, now + DOUBT
            elif abs(told - at) <= SLACK:
                at = told
            self._shown += self._stepped or self._usual
            self.lead = 0.0
        self.at = self._base = at
        self._passed = self._owed = 0.0
        self._seek = None
        self._sound = None
        self.rest()
        return self._give(unit, now, jump=True)

    def _advance(self, step: int, unit: AccessUnit, now: float) -> bool:
        """Go on by one picture; return False: it is no jump."""
        gauge = self._gauge
        pace = Pace.UNKNOWN if gauge is None else gauge.pace
        if gauge is None:
            if step <= CLOCK:
                self._usual = step
        elif gauge.take(step, unit.dts, now) is not pace:
            pace = gauge.pace
            self._tell = self._turned = True
            if pace is Pace.WALL:
                self._passed += self._guessed * (self.scale - 1)  # it was taken for MEDIA
        if pace is Pace.UNKNOWN and abs(step - self._usual) > self._usual / 4:
            self._guessed += step
        self._step = float(step)
        moved = step * self.scale if pace is Pace.WALL else float(step)
        self._move(moved, self._ease(moved / self.rate, key=unit.key))
        return False

    def _ease(self, natural: float, *, key: bool) -> float:
        """Return how much later than the last this picture is shown; promise as much for the next.

        natural: what its stamp says.  Browsers drop what comes later than twice the time that the
        picture before was to stand, up to the next key picture.  So after a change of speed this
        picture comes when it was promised, and what comes late is brought up by degrees.
        """
        promised = self.hint
        if self._turned:
            self._turned = False
            self._owed = 0.0
            self.hint = round(natural)
            return float(promised)
        wanted = natural + self._owed
        given = wanted if key or not self.smooth else min(wanted, GROWTH * promised)
        self._owed = wanted - given
        self._tell |= given != natural
        if promised / _LONGER <= natural and (key or natural <= _LONGER * promised):
            self.hint = round(natural)
        return given

    def _go_back(self, step: int) -> bool:
        speed = -self.scale
        self._turned = False
        if step < 0 and step >= -_TRUE:
            self._move(step, -step / speed)
        elif 0 < step <= _TRUE:  # stamped by the wall
            self._move(-step * speed, step)
        else:
            self._move(-CLOCK, CLOCK / speed)
        return False

    def _break(self, step: int) -> bool:
        """Follow stamps that broke by themselves: a hole in the recording, or a new file of it."""
        self.counts.breaks += 1
        true = step != 0 and (
            abs(step) <= _TRUE
            or (step > 0 and self.at is not None and self.at + step / CLOCK <= self._until)
        )
        self._move(step if true else self._usual, self._stepped or self._usual)
        self._sound = None
        self._owed = 0.0
        self.rest()
        return True

    def _move(self, moved: float, shown: float) -> None:
        """Go on by *moved* in the recording and *shown* at the player, 90 kHz."""
        self._stepped = shown
        self._shown += shown
        self._passed += moved
        self.at = self._base + self._passed / CLOCK

    def _give(self, unit: AccessUnit, now: float, *, jump: bool) -> tuple[AccessUnit, Place | None]:
        if self._now is not None:
            passed = 0.0 if self.held else now - self._now
            self.lead = max(0.0, self.lead - passed) + self._stepped / CLOCK
        self._now = now
        self._raw = unit.dts
        dts = round(self._shown)
        later = unit.pts - unit.dts
        slowed = 1.0 if self.pace is Pace.WALL else abs(self.rate)
        pts = dts + (round(later / slowed) if later else 0)
        place = None
        if jump or unit.key or self._tell or self._shown - self._told >= CLOCK:
            at = self.at if self.at is not None else 0.0
            place = Place(pts, at, self.rate, jump)
            self._tell = False
            self._told = self._shown
        return unit._replace(pts=pts, dts=dts), place

    def _take_sound(self, unit: AccessUnit) -> tuple[AccessUnit, None] | None:
        """Put sound beside the pictures; none at other speeds, nor before a seek has landed."""
        if self._raw is None or self.scale != 1 or (self._seek is not None and self._seek.broken):
            return None
        base = round(self._shown) - self._raw
        if abs(unit.pts - self._raw) > LIMIT:  # it counts by a clock of its own
            if self._sound is None or abs(unit.pts + self._sound - self._shown) > LIMIT:
                self._sound = round(self._shown) - unit.pts
            base = self._sound
        pts = unit.pts + base
        return unit._replace(pts=pts, dts=pts), None

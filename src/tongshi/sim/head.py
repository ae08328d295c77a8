"""The pan, tilt and zoom head of a simulated dome: where it points, and how it gets there.

Pure: the time is an argument, and every method first moves the head to where it would be by then.
A movement goes on until it is stopped or meets a limit; a preset, a cruise, a scan and the home
position are movements to a place.

Source: GB/T 28181-2022 A.3 (directions, presets, cruises, scans), A.2.3.1 (home, precise control).
"""

from dataclasses import dataclass, field, replace
from enum import Enum

PAN_SPEED, TILT_SPEED, ZOOM_SPEED = 90.0, 45.0, 4.0
"""Degrees a second, and magnifications a second, at the greatest speed."""
LEAST_TILT, MOST_TILT = -30.0, 90.0
"""Limits of tilt, degrees, down positive."""
MOST_ZOOM = 32.0
PRESETS, GROUPS, POINTS = 255, 64, 64
"""Most presets, cruises and scans, points of a cruise."""
WIDE_ANGLE = 58.0
"""Horizontal angle of view at zoom 1, degrees; the vertical one is 9/16 of it."""
_LEGS = 4_096


@dataclass(frozen=True, slots=True)
class Aim:
    """A place.  pan: 0 .. 360, clockwise seen from above.  tilt: -30 .. 90, down.  zoom: from 1."""

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 1.0

    def within(self) -> "Aim":
        """Return the nearest place that the head can reach."""
        tilt = min(max(self.tilt, LEAST_TILT), MOST_TILT)
        return Aim(self.pan % 360.0, tilt, min(max(self.zoom, 1.0), MOST_ZOOM))

    @property
    def width(self) -> float:
        """Horizontal angle of view, degrees."""
        return WIDE_ANGLE / self.zoom

    @property
    def height(self) -> float:
        """Vertical angle of view, degrees."""
        return WIDE_ANGLE * 9 / 16 / self.zoom


@dataclass(frozen=True, slots=True)
class Spot:
    """A preset."""

    name: str
    aim: Aim


@dataclass(frozen=True, slots=True)
class Round:
    """A cruise: presets one after another.  stay: s at each.  speed: as told, 1 .. 4095."""

    points: tuple[int, ...] = ()
    stay: int = 10
    speed: int = 15
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A scan between two limits of pan, degrees; None where none was set.  speed: 1 .. 4095."""

    left: float | None = None
    right: float | None = None
    speed: int = 128


@dataclass(frozen=True, slots=True)
class Home:
    """Where the head goes when it is left alone.  after: s."""

    enabled: bool = False
    after: int = 60
    preset: int = 0


class Doing(Enum):
    """What keeps the head moving."""

    NOTHING = "nothing"
    DRIVEN = "driven"
    AIMING = "aiming"
    CRUISING = "cruising"
    SCANNING = "scanning"


@dataclass(slots=True)
class Head:
    """One head.

    switches: auxiliary ones that are on.  focus: 0 near .. 1 far.  iris: 0 closed .. 1 open.
    deaf: it has just let a stop pass, as a quirk wants.
    """

    aim: Aim = field(default_factory=Aim)
    doing: Doing = Doing.NOTHING
    presets: dict[int, Spot] = field(default_factory=dict)
    rounds: dict[int, Round] = field(default_factory=dict)
    sweeps: dict[int, Sweep] = field(default_factory=dict)
    home: Home = field(default_factory=Home)
    switches: set[int] = field(default_factory=set)
    focus: float = 0.5
    iris: float = 0.5
    deaf: bool = False
    _now: float = 0.0
    _touched: float = 0.0
    _speeds: tuple[float, float, float] = (0.0, 0.0, 0.0)
    _lens: tuple[float, float] = (0.0, 0.0)
    _target: Aim = field(default_factory=Aim)
    _group: int = 0
    _leg: int = 0
    _stay_until: float | None = None

    def advance(self, now: float) -> Aim:
        """Return where the head points at *now*."""
        if now <= self._now:
            return self.aim
        focus, iris = self._lens
        self.focus = _unit(self.focus + focus * (now - self._now))
        self.iris = _unit(self.iris + iris * (now - self._now))
        if self.doing is Doing.NOTHING or self.doing is Doing.AIMING:
            self._go_home(now)
        for _ in range(_LEGS):
            if self._now >= now or not self._step(now):
                break
        self._now = now
        return self.aim

    @property
    def still(self) -> bool:
        """Whether it stands."""
        return self.doing is Doing.NOTHING

    def drive(self, pan: float, tilt: float, zoom: float, now: float) -> None:
        """Move at fractions of the greatest speeds, -1 .. 1: right, down and in are positive."""
        self._touch(now)
        self._speeds = pan * PAN_SPEED, tilt * TILT_SPEED, zoom * ZOOM_SPEED
        self.doing = Doing.DRIVEN if any(self._speeds) else Doing.NOTHING

    def adjust(self, focus: float, iris: float, now: float) -> None:
        """Move the lens at fractions a second: far and open are positive."""
        self._touch(now)
        self._lens = focus, iris

    def stop(self, now: float) -> None:
        """Stop whatever moves, a cruise or a scan too."""
        self._touch(now)
        self.doing = Doing.NOTHING
        self._lens = (0.0, 0.0)

    def go(self, aim: Aim, now: float) -> None:
        """Go to *aim*, or as near as can be."""
        self._touch(now)
        self._target = aim.within()
        self.doing = Doing.AIMING

    def look_into(self, box: tuple[float, float, float, float], now: float, *, out: bool) -> None:
        """Fill the picture with *box*, or the box with the picture when *out*.

        box: middle x, y, width, height as fractions of the picture, from the top left.
        """
        aim = self.advance(now)
        x, y, width, height = box
        factor = 1 / min(max(width, height, 0.01), 1.0)
        self.go(
            Aim(
                aim.pan + (x - 0.5) * aim.width,
                aim.tilt + (y - 0.5) * aim.height,
                aim.zoom / factor if out else aim.zoom * factor,
            ),
            now,
        )

    def keep(self, number: int, name: str, now: float) -> None:
        """Make preset *number* of where it points; over the limit nothing is kept."""
        aim = self.advance(now)
        if 1 <= number <= PRESETS:
            known = self.presets.get(number)
            title = name or (known.name if known else f"preset {number}")
            self.presets[number] = Spot(title, aim)

    def recall(self, number: int, now: float) -> None:
        """Go to preset *number*; an unknown one does nothing."""
        spot = self.presets.get(number)
        if spot is not None:
            self.go(spot.aim, now)

    def forget(self, number: int) -> None:
        """Delete preset *number*, and its points in cruises."""
        self.presets.pop(number, None)
        for group, known in list(self.rounds.items()):
            points = tuple(point for point in known.points if point != number)
            self.rounds[group] = replace(known, points=points)

    def add_point(self, group: int, preset: int) -> None:
        """Append *preset* to cruise *group*."""
        known = self.rounds.get(group, Round())
        if preset in self.presets and len(known.points) < POINTS and group < GROUPS:
            self.rounds[group] = replace(known, points=(*known.points, preset))

    def drop_point(self, group: int, preset: int) -> None:
        """Take *preset* out of cruise *group*; 0 deletes the cruise."""
        known = self.rounds.get(group)
        if known is None:
            return
        if preset == 0:
            del self.rounds[group]
            return
        points = tuple(point for point in known.points if point != preset)
        self.rounds[group] = replace(known, points=points)

    def tune_round(
        self, group: int, *, speed: int | None = None, stay: int | None = None, name: str = ""
    ) -> None:
        """Set speed, stay or name of cruise *group*."""
        if group >= GROUPS:
            return
        known = self.rounds.get(group, Round())
        self.rounds[group] = replace(
            known,
            speed=known.speed if speed is None else speed,
            stay=known.stay if stay is None else stay,
            name=name or known.name,
        )

    def cruise(self, group: int, now: float) -> None:
        """Run cruise *group* for ever; one without points does nothing."""
        known = self.rounds.get(group)
        if known is not None and known.points:
            self._touch(now)
            self._group, self._leg, self._stay_until = group, 0, None
            self.doing = Doing.CRUISING

    def tune_sweep(
        self, group: int, now: float, *, speed: int | None = None, side: str = ""
    ) -> None:
        """Set the speed of scan *group*, or its limit on *side*, ``left`` or ``right``, to here."""
        if group >= GROUPS:
            return
        pan = self.advance(now).pan
        known = self.sweeps.get(group, Sweep())
        self.sweeps[group] = replace(
            known,
            left=pan if side == "left" else known.left,
            right=pan if side == "right" else known.right,
            speed=known.speed if speed is None else speed,
        )

    def scan(self, group: int, now: float) -> None:
        """Sweep to and fro between the limits of *group*, first to the left; else all around."""
        self._touch(now)
        self._group, self._leg = group, 0
        self.doing = Doing.SCANNING

    def _touch(self, now: float) -> None:
        self.advance(now)
        self._now = max(self._now, now)
        self._touched = now

    def _go_home(self, now: float) -> None:
        """Set out for the home position when nobody has touched the head for long enough."""
        due = self._touched + self.home.after
        spot = self.presets.get(self.home.preset)
        if self.home.enabled and spot is not None and now >= due and self.aim != spot.aim:
            self._now = max(self._now, due)
            self._target = spot.aim
            self.doing = Doing.AIMING

    def _step(self, now: float) -> bool:
        """Do the next piece of what it does, to *now* at most; return whether there is more."""
        match self.doing:
            case Doing.NOTHING:
                return False
            case Doing.DRIVEN:
                self._drift(now - self._now)
                return False
            case Doing.AIMING:
                if self._approach(self._target, now, 1.0):
                    self.doing = Doing.NOTHING
                return self.doing is Doing.NOTHING
            case Doing.CRUISING:
                return self._cruise_on(now)
            case Doing.SCANNING:
                return self._scan_on(now)

    def _drift(self, passed: float) -> None:
        pan, tilt, zoom = self._speeds
        aim = self.aim
        self.aim = Aim(
            aim.pan + pan * passed, aim.tilt + tilt * passed, aim.zoom + zoom * passed
        ).within()

    def _approach(self, target: Aim, now: float, share: float) -> bool:
        """Move towards *target* until *now*; return whether it is reached, the time then set."""
        aim, left = self.aim, now - self._now
        turn = (target.pan - aim.pan + 180.0) % 360.0 - 180.0
        needed = max(
            abs(turn) / (PAN_SPEED * share),
            abs(target.tilt - aim.tilt) / (TILT_SPEED * share),
            abs(target.zoom - aim.zoom) / (ZOOM_SPEED * share),
        )
        if needed <= left:
            self._now += needed
            self.aim = target
            return True
        done = left / needed
        self._now = now
        self.aim = Aim(
            (aim.pan + turn * done) % 360.0,
            aim.tilt + (target.tilt - aim.tilt) * done,
            aim.zoom + (target.zoom - aim.zoom) * done,
        )
        return False

    def _cruise_on(self, now: float) -> bool:
        known = self.rounds.get(self._group)
        if known is None or not known.points:
            self.doing = Doing.NOTHING
            return False
        if self._stay_until is not None:
            if now < self._stay_until:
                self._now = now
                return False
            self._now, self._stay_until = self._stay_until, None
            self._leg += 1
        spot = self.presets.get(known.points[self._leg % len(known.points)])
        if spot is None or self._approach(spot.aim, now, min(max(known.speed, 1) / 15, 1.0)):
            self._stay_until = self._now + max(known.stay, 1)
        return True

    def _scan_on(self, now: float) -> bool:
        known = self.sweeps.get(self._group, Sweep())
        share = min(max(known.speed, 1) / 255, 1.0)
        if known.left is None or known.right is None:
            passed = now - self._now
            pan = (self.aim.pan - PAN_SPEED * share * passed) % 360.0
            self.aim = replace(self.aim, pan=pan)
            return False
        limit = known.left if self._leg % 2 == 0 else known.right
        if self._approach(replace(self.aim, pan=limit), now, share):
            self._leg += 1
        # Two limits in one place would never let the time pass.
        return known.left != known.right


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)

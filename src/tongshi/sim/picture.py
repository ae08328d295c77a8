"""Calm views for simulated cameras: a ground painted once, and things that move over it.

Everything is drawn in units of the picture's height, so that each size shows the same view.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tongshi.errors import Invalid
from tongshi.sim.canvas import (
    Canvas,
    Colour,
    Floats,
    canvas_of,
    disc,
    flat,
    gradient,
    mix,
    polygon,
    rounded,
)
from tongshi.sim.motion import Blink, Drift, Mover, Swing, Turn
from tongshi.sim.thing import TINTS, Tint, balloon, boat, car, cloud, rotor, train


@dataclass(frozen=True, slots=True)
class Picture:
    """A view of one size: its ground and what moves, from the back to the front."""

    ground: Canvas
    movers: tuple[Mover, ...]

    def paint(self, time: float) -> Canvas:
        """Return a new canvas with the view as it is at *time*, s."""
        height = self.ground.luma.shape[0]
        canvas = Canvas(self.ground.planes.copy(), height)
        for mover in self.movers:
            mover.lay(canvas, time)
        return canvas


def paint_harbour(width: int, height: int, tint: Tint) -> Picture:
    """Return a bay: boats on three courses, glitter on the water, a lighthouse."""
    u = float(height)
    rgb = _sky(width, height, tint)
    horizon = int(0.52 * u)
    sun = disc(int(0.16 * u))
    _stamp(rgb, tint.lamp, sun * 0.9, int(0.68 * width), int(0.2 * u))
    _ridge(rgb, tint.lit(0.52, 0.60, 0.62), 0.50 * u, 0.06 * u, 1.3, 0.4)
    _ridge(rgb, tint.lit(0.38, 0.50, 0.50), 0.53 * u, 0.04 * u, 2.1, 2.0)
    water = [(0.0, tint.lit(0.50, 0.68, 0.74)), (1.0, tint.lit(0.10, 0.30, 0.42))]
    rgb[horizon:] = gradient(width, height - horizon, water)
    tower = polygon(
        int(0.12 * u),
        int(0.34 * u),
        [(0.03 * u, 0.34 * u), (0.045 * u, 0.05 * u), (0.075 * u, 0.05 * u), (0.09 * u, 0.34 * u)],
    )
    _stamp(rgb, tint.lit(0.92, 0.88, 0.84), tower, int(0.12 * width), int(0.24 * u))
    movers: list[Mover] = [
        Drift(
            flat(tint.lit(0.85, 0.95, 1.0), 0.35 * rounded(int(w * u), max(2, int(0.008 * u)), 1)),
            k * 0.37 * u,
            (0.56 + 0.036 * k) * u,
            (4 + 2 * k) * u / 360,
            width + w * u,
            0.006 * u,
        )
        for k, w in enumerate((0.10, 0.16, 0.12, 0.22, 0.18, 0.30, 0.24, 0.34, 0.28, 0.4))
    ]
    lamp = flat(tint.lamp, 0.9 * disc(int(0.10 * u), 0.8))
    movers.append(Blink(lamp, 0.12 * width + 0.01 * u, 0.21 * u, 3.0, 0.3))
    for size, y, speed, start, hull in (
        (0.13, 0.49, 9, 0.1, (0.55, 0.20, 0.18)),
        (0.20, 0.56, -16, 0.8, (0.20, 0.30, 0.45)),
        (0.30, 0.66, 26, 0.4, (0.93, 0.90, 0.84)),
    ):
        sails = boat(size * u, tint, hull)
        movers.append(
            Drift(sails, start * width, y * u, speed * u / 360, width + sails.width, 0.006 * u)
        )
    return Picture(canvas_of(rgb), tuple(movers))


def paint_road(width: int, height: int, tint: Tint) -> Picture:
    """Return a road from above between fields: cars in four lanes, a lamp or two."""
    u = float(height)
    rgb = np.empty((height, width, 3))
    rgb[:] = tint.lit(0.52, 0.60, 0.42)
    patches = ((0.62, 0.66, 0.42), (0.44, 0.56, 0.38), (0.70, 0.66, 0.46), (0.50, 0.62, 0.46))
    for k in range(8):
        patch = rounded(int(0.42 * u), int(0.25 * u), 0.02 * u)
        x, y = int((k % 4) * 0.46 * u), int((0.02 + 0.72 * (k // 4)) * u)
        _stamp(rgb, tint.lit(*patches[(k * 3 + k // 4) % 4]), patch, x, y)
    top, lane = 0.32 * u, 0.09 * u
    rgb[int(top - 0.01 * u) : int(top + 4 * lane + 0.01 * u)] = tint.lit(0.80, 0.80, 0.76)
    rgb[int(top) : int(top + 4 * lane)] = tint.lit(0.34, 0.36, 0.39)
    for k in (1, 2, 3):
        dash = width if k == 2 else int(0.08 * u)
        for x in range(0, width, width if k == 2 else int(0.16 * u)):
            y = int(top + k * lane)
            rgb[y : y + max(1, int(0.006 * u)), x : x + dash] = tint.lit(0.92, 0.90, 0.80)
    movers: list[Mover] = []
    paints = ((0.80, 0.25, 0.22), (0.92, 0.92, 0.90), (0.22, 0.42, 0.68), (0.92, 0.74, 0.30))
    for k in range(12):
        row = k % 4
        body = car((0.17 if k % 5 else 0.34) * u, 0.058 * u, tint, paints[k * 7 % 4], row >= 2)
        speed = (48 + 17 * row) * (1 if row >= 2 else -1) * u / 360
        span = 1.4 * width
        start = span * (k // 4 / 3 + 0.07 * (k * 5 % 4))
        movers.append(Drift(body, start, top + row * lane + 0.016 * u, speed, span))
    for k in range(4):
        crown = flat(tint.lit(0.24, 0.42, 0.28), 0.92 * disc(int(0.11 * u), 0.15))
        at = (0.15 + 0.25 * k) * width, (0.15 if k % 2 else 0.84) * u
        movers.append(Swing(crown, *at, 0.006 * u, 0.004 * u, 5 + k))
    return Picture(canvas_of(rgb), tuple(movers))


def paint_hills(width: int, height: int, tint: Tint) -> Picture:
    """Return hills with wind turbines, and clouds above."""
    u = float(height)
    rgb = _sky(width, height, tint)
    for k, green in enumerate((0.62, 0.52, 0.42, 0.32)):
        colour = tint.lit(green * 0.72, green, green * 0.66)
        _ridge(rgb, colour, (0.55 + 0.11 * k) * u, (0.05 + 0.01 * k) * u, 1.2 + 0.5 * k, 1.7 * k)
    movers: list[Mover] = []
    for k in range(3):
        puff = cloud((0.30 + 0.08 * k) * u, tint)
        span = width + puff.width
        movers.append(
            Drift(puff, k * 0.41 * width, (0.08 + 0.09 * k) * u, (5 + 3 * k) * u / 360, span)
        )
    for k, (x, y, size) in enumerate(((0.2, 0.62, 0.22), (0.47, 0.68, 0.30), (0.78, 0.6, 0.24))):
        mast = polygon(8, int(size * u), [(2.5, size * u), (3.4, 0.0), (4.6, 0.0), (5.5, size * u)])
        _stamp(rgb, tint.lit(0.95, 0.95, 0.95), mast, int(x * width) - 4, int((y - size) * u))
        blades = rotor(size * 1.1 * u, tint)
        corner = (x * width - blades[0].width / 2, (y - size) * u - blades[0].height / 2)
        movers.append(Turn(blades, *corner, 2.2 + 0.5 * k, 0.3 * k))
    return Picture(canvas_of(rgb), tuple(movers))


def paint_city(width: int, height: int, tint: Tint) -> Picture:
    """Return a skyline with windows that go on and off, and a train on its viaduct."""
    u = float(height)
    rgb = _sky(width, height, tint)
    moon = flat(tint.lamp, 0.9 * disc(int(0.11 * u), 0.1))
    movers: list[Mover] = [Swing(moon, 0.72 * width, 0.2 * u, 0.08 * width, 0.04 * u, 90)]
    window = flat(tint.lamp, 0.85 * rounded(max(4, int(0.016 * u)), max(4, int(0.02 * u)), 1))
    x, k = -0.03 * u, 0
    while x < width:
        wide, tall = (0.13 + 0.06 * (k * 7 % 4)) * u, (0.24 + 0.07 * (k * 3 % 5)) * u
        shade = 0.34 + 0.07 * (k % 3)
        block = rounded(int(wide), int(tall), 0.008 * u)
        _stamp(rgb, tint.lit(shade, shade * 1.05, shade * 1.2), block, int(x), int(0.78 * u - tall))
        for j in range(5):
            at = x + wide * (0.18 + 0.16 * (j * 3 % 5)), 0.82 * u - tall + j * 0.045 * u
            movers.append(Blink(window, *at, 11 + 3 * j + k, 0.6, j * 0.37 + k * 0.21))
        x += wide + 0.012 * u
        k += 1
    rgb[int(0.78 * u) :] = gradient(
        width,
        height - int(0.78 * u),
        [(0.0, tint.lit(0.42, 0.46, 0.50)), (1.0, tint.lit(0.22, 0.27, 0.32))],
    )
    rgb[int(0.845 * u) : int(0.865 * u)] = tint.lit(0.66, 0.66, 0.66)
    for place in range(0, width, int(0.3 * u)):
        rgb[int(0.865 * u) :, place : place + int(0.02 * u)] = tint.lit(0.52, 0.52, 0.54)
    cars = train(0.9 * u, 0.07 * u, tint)
    movers.append(Drift(cars, 0.0, 0.778 * u, 60 * u / 360, 2.2 * width))
    movers.append(Drift(cars, 0.9 * width, 0.778 * u, -48 * u / 360, 2.9 * width))
    return Picture(canvas_of(rgb), tuple(movers))


def paint_orbits(width: int, height: int, tint: Tint) -> Picture:
    """Return coloured discs on closed curves over a gradient."""
    u = float(height)
    stops = [(0.0, tint.top), (0.55, tint.middle), (1.0, tint.low)]
    rgb = gradient(width, height, stops)
    for k in range(3):
        ring = disc(int((0.86 - 0.2 * k) * u)) - np.pad(
            disc(int((0.86 - 0.2 * k) * u) - 4), ((2, 2), (2, 2))
        )
        side = ring.shape[0] // 2
        _stamp(rgb, (1, 1, 1), 0.35 * ring, width // 2 - side, height // 2 - side)
    hues = ((0.90, 0.45, 0.35), (0.95, 0.78, 0.40), (0.40, 0.72, 0.60), (0.35, 0.50, 0.80))
    movers: list[Mover] = [
        Swing(
            flat(tint.lit(*hues[k % 4]), 0.85 * disc(int((0.07 + 0.025 * (k % 4)) * u))),
            width / 2,
            0.48 * u,
            (0.18 + 0.09 * k) * u,
            (0.10 + 0.045 * k) * u,
            7.0 + 2.3 * k,
            1.0 if k % 2 else 2.0,
            k / 8,
        )
        for k in range(7)
    ]
    return Picture(canvas_of(rgb), tuple(movers))


def paint_balloons(width: int, height: int, tint: Tint) -> Picture:
    """Return balloons that drift over a valley with a river."""
    u = float(height)
    rgb = _sky(width, height, tint)
    for k, green in enumerate((0.60, 0.48, 0.56)):
        colour = tint.lit(green * 0.8, green, green * 0.6)
        _ridge(rgb, colour, (0.62 + 0.12 * k) * u, 0.05 * u, 1.6 + 0.4 * k, 0.9 + 2 * k)
    wide, tall = 0.35 * width, 0.2 * u
    shore = [(0.05 * width, 0.0), (0.09 * width, 0.0), (wide, tall), (0.0, tall)]
    river = polygon(int(wide), int(tall), shore)
    _stamp(rgb, tint.lit(0.55, 0.72, 0.82), river, int(0.45 * width), height - int(tall))
    movers: list[Mover] = []
    hues = ((0.85, 0.32, 0.28), (0.96, 0.76, 0.32), (0.30, 0.55, 0.72), (0.58, 0.70, 0.40))
    for k, size in enumerate((0.13, 0.17, 0.22, 0.28)):
        hull = balloon(size * u, tint, hues[k], hues[(k + 1) % 4])
        span = width + hull.width
        y = (0.10 + 0.07 * ((k * 2) % 4)) * u
        movers.append(
            Drift(hull, k * 0.29 * width, y, (6 + 4 * k) * u / 360, span, 0.03 * u, 9.0 + k)
        )
    return Picture(canvas_of(rgb), tuple(movers))


VIEWS: dict[str, Callable[[int, int, Tint], Picture]] = {
    "harbour": paint_harbour,
    "road": paint_road,
    "hills": paint_hills,
    "city": paint_city,
    "orbits": paint_orbits,
    "balloons": paint_balloons,
}
"""Every view by name."""


def build(view: str, tint: int, width: int, height: int) -> Picture:
    """Return the picture of *view* at the time of day *tint*, 0..3.

    width, height: pixels, even, at least 80 x 40.  Raises Invalid.
    """
    if view not in VIEWS:
        raise Invalid(f"no such view: {view!r}; there are {', '.join(VIEWS)}")
    if width % 2 or height % 2 or width < 80 or height < 40:
        raise Invalid(f"not a picture size: {width}x{height}")
    return VIEWS[view](width, height, TINTS[tint % len(TINTS)])


def _sky(width: int, height: int, tint: Tint) -> Floats:
    stops = [(0.0, tint.top), (0.35, tint.middle), (0.62, tint.low), (1.0, tint.low)]
    return gradient(width, height, stops)


def _stamp(rgb: Floats, colour: Colour, alpha: Floats, x: int, y: int) -> None:
    """Paint the shape *alpha* into *rgb*, its corner at *x*, *y*, cut at the borders."""
    height, width = alpha.shape
    top, left = max(0, -y), max(0, -x)
    area = rgb[y + top : y + height, x + left : x + width]
    mix(area, colour, alpha[top : top + area.shape[0], left : left + area.shape[1]])


def _ridge(
    rgb: Floats, colour: Colour, level: float, swell: float, waves: float, phase: float
) -> None:
    """Fill everything below a soft line about *level* pixels from the top."""
    height, width, _ = rgb.shape
    along = np.arange(width) / width * 2 * math.pi
    line = level - swell * (
        np.sin(waves * along + phase) + 0.45 * np.sin(2.7 * waves * along + 2 * phase)
    )
    mix(rgb, colour, np.clip(np.arange(height)[:, None] - line[None, :], 0.0, 1.0))

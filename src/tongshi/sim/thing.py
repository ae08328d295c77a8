"""Boats, cars, clouds and whatever else moves in a picture, and the light that falls on it."""

import math
from dataclasses import dataclass

import numpy as np

from tongshi.sim.canvas import (
    Colour,
    Floats,
    Sprite,
    flat,
    grid,
    mix,
    polygon,
    rounded,
    smooth,
    sprite_of,
)


@dataclass(frozen=True, slots=True)
class Tint:
    """The time of day: colours of the sky from the top, and of the light on everything else."""

    top: Colour
    middle: Colour
    low: Colour
    light: Colour
    lamp: Colour

    def lit(self, red: float, green: float, blue: float) -> Colour:
        """Return a thing's colour in this light."""
        return red * self.light[0], green * self.light[1], blue * self.light[2]


TINTS = (
    Tint(
        (0.36, 0.60, 0.82), (0.62, 0.79, 0.90), (0.88, 0.93, 0.93), (1.0, 1.0, 1.0), (1, 0.97, 0.8)
    ),
    Tint(
        (0.33, 0.42, 0.62), (0.83, 0.66, 0.64), (0.98, 0.84, 0.66), (0.93, 0.84, 0.8), (1, 0.9, 0.7)
    ),
    Tint(
        (0.17, 0.20, 0.40), (0.55, 0.34, 0.46), (0.96, 0.60, 0.38), (0.7, 0.58, 0.62), (1, 0.8, 0.5)
    ),
    Tint(
        (0.04, 0.07, 0.16),
        (0.08, 0.14, 0.27),
        (0.17, 0.25, 0.38),
        (0.38, 0.44, 0.6),
        (1, 0.88, 0.6),
    ),
)
"""Day, morning, evening, night."""


def boat(size: float, tint: Tint, hull: Colour) -> Sprite:
    """Return a boat with two sails, *size* pixels wide."""
    wide, tall = int(size), int(size * 0.8)
    rgb, alpha = np.ones((tall, wide, 3)), np.zeros((tall, wide))
    sails = (
        [(0.47 * size, 0.0), (0.47 * size, 0.56 * size), (0.12 * size, 0.56 * size)],
        [(0.52 * size, 0.08 * size), (0.84 * size, 0.56 * size), (0.52 * size, 0.56 * size)],
    )
    for sail in sails:
        _cover(rgb, alpha, tint.lit(0.97, 0.95, 0.90), polygon(wide, tall, list(sail)))
    side = [
        (0.05 * size, 0.60 * size),
        (0.95 * size, 0.60 * size),
        (0.82 * size, 0.78 * size),
        (0.18 * size, 0.78 * size),
    ]
    _cover(rgb, alpha, tint.lit(*hull), polygon(wide, tall, side))
    return sprite_of(rgb, alpha)


def car(length: float, wide: float, tint: Tint, paint: Colour, right: bool) -> Sprite:
    """Return a car from above, *length* by *wide* pixels; it drives to the right or to the left."""
    columns, rows = int(length), int(wide)
    rgb, alpha = np.ones((rows, columns, 3)), np.zeros((rows, columns))
    _cover(rgb, alpha, tint.lit(*paint), rounded(columns, rows, 0.3 * wide))
    cabin = np.zeros((rows, columns))
    inner = rounded(int(0.42 * length), int(0.7 * wide), 0.15 * wide)
    y, x = (rows - inner.shape[0]) // 2, int(0.28 * length)
    cabin[y : y + inner.shape[0], x : x + inner.shape[1]] = inner
    _cover(rgb, alpha, tint.lit(0.18, 0.22, 0.27), 0.8 * cabin)
    for y in (0, rows - max(2, rows // 4)):
        lamp = np.zeros((rows, columns))
        lamp[y : y + max(2, rows // 4), columns - max(2, columns // 16) :] = 1
        _cover(rgb, alpha, tint.lamp, lamp)
    return sprite_of(rgb, alpha) if right else sprite_of(rgb[:, ::-1], alpha[:, ::-1])


def train(length: float, tall: float, tint: Tint) -> Sprite:
    """Return a train of four cars, *length* by *tall* pixels."""
    columns, rows = int(length), int(tall)
    rgb, alpha = np.ones((rows, columns, 3)), np.zeros((rows, columns))
    cars = 4
    for k in range(cars):
        body = rounded(columns // cars - 3, rows, 0.18 * tall)
        at = k * columns // cars
        shape = np.zeros((rows, columns))
        shape[:, at : at + body.shape[1]] = body
        _cover(rgb, alpha, tint.lit(0.88, 0.90, 0.92), shape)
        for j in range(5):
            pane = np.zeros((rows, columns))
            x = at + int((0.08 + 0.18 * j) * columns / cars)
            pane[int(0.2 * rows) : int(0.55 * rows), x : x + int(0.12 * columns / cars)] = 1
            _cover(rgb, alpha, tint.lamp, pane)
    stripe = np.zeros((rows, columns))
    stripe[int(0.7 * rows) : int(0.82 * rows)] = alpha[int(0.7 * rows) : int(0.82 * rows)]
    _cover(rgb, alpha, tint.lit(0.80, 0.30, 0.26), stripe)
    return sprite_of(rgb, alpha)


def cloud(size: float, tint: Tint) -> Sprite:
    """Return a cloud, *size* pixels wide."""
    wide, tall = int(size), int(0.45 * size)
    x, y = grid(wide, tall)
    inside = np.zeros(x.shape, bool)
    for cx, cy, r in (
        (0.22, 0.30, 0.13),
        (0.42, 0.20, 0.19),
        (0.64, 0.24, 0.16),
        (0.8, 0.32, 0.11),
    ):
        inside |= np.hypot(x - cx * size, y - cy * size) < r * size
    inside &= y < 0.38 * size
    return flat(tint.lit(0.98, 0.98, 0.98), 0.8 * smooth(inside))


def rotor(size: float, tint: Tint) -> tuple[Sprite, ...]:
    """Return 20 steps of a third of a turn: three blades look the same after 120 degrees."""
    side = int(size) // 2 * 2
    middle, steps = side / 2, 20
    x, y = grid(side, side)
    sprites = []
    for step in range(steps):
        inside = np.hypot(x - middle, y - middle) < 0.035 * size
        for blade in range(3):
            angle = 2 * math.pi / 3 * (blade + step / steps)
            along = (x - middle) * math.sin(angle) - (y - middle) * math.cos(angle)
            across = np.abs((x - middle) * math.cos(angle) + (y - middle) * math.sin(angle))
            reach = 0.48 * size
            inside |= (
                (along > 0) & (along < reach) & (across < 0.028 * size * (1.15 - along / reach))
            )
        sprites.append(flat(tint.lit(0.97, 0.97, 0.97), smooth(inside)))
    return tuple(sprites)


def balloon(size: float, tint: Tint, one: Colour, other: Colour) -> Sprite:
    """Return a balloon of two colours, *size* pixels wide."""
    wide, tall = int(size), int(1.4 * size)
    rgb, alpha = np.ones((tall, wide, 3)), np.zeros((tall, wide))
    x, y = grid(wide, tall)
    middle = size / 2
    round_part = np.hypot(x - middle, y - middle) < middle
    taper = (y > 0.75 * size) & (y < 1.12 * size)
    taper &= np.abs(x - middle) < 0.44 * size - 0.85 * (y - 0.75 * size)
    hull = round_part | taper
    _cover(rgb, alpha, tint.lit(*one), smooth(hull))
    for at in (0.16, 0.5, 0.84):
        band = hull & (
            np.abs((x - middle) - (at - 0.5) * 1.1 * (size - np.abs(y - middle))) < 0.07 * size
        )
        _cover(rgb, alpha, tint.lit(*other), smooth(band))
    basket = (np.abs(x - middle) < 0.08 * size) & (y > 1.2 * size) & (y < 1.34 * size)
    _cover(rgb, alpha, tint.lit(0.45, 0.32, 0.22), smooth(basket))
    return sprite_of(rgb, alpha)


def _cover(rgb: Floats, alpha: Floats, colour: Colour, shape: Floats) -> None:
    """Lay *shape* over a sprite that is being built."""
    mix(rgb, colour, shape)
    alpha += shape * (1 - alpha)

"""What moves in a picture: each thing's place is a function of the time alone."""

import math
from dataclasses import dataclass
from typing import Protocol

from tongshi.sim.canvas import Canvas, Sprite


class Mover(Protocol):
    """A thing that is laid over the ground of each frame."""

    def lay(self, canvas: Canvas, time: float) -> None:
        """Draw the thing as it is at *time*, s."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Passes through the picture for ever: right at a positive *speed*, pixels/s.

    span: the way after which it returns, pixels.  bob: how far it rises and sinks, pixels.
    """

    sprite: Sprite
    start: float
    y: float
    speed: float
    span: float
    bob: float = 0.0
    period: float = 4.0

    def lay(self, canvas: Canvas, time: float) -> None:
        """Draw it where it is at *time*, s."""
        x = (self.start + self.speed * time) % self.span - self.sprite.width
        rise = self.bob * math.sin(2 * math.pi * (time / self.period + self.start / self.span))
        canvas.lay(self.sprite, x, self.y + rise)


@dataclass(frozen=True, slots=True)
class Swing:
    """Follows a closed curve about *x*, *y*: *wide* and *high* pixels, once and *knots* times."""

    sprite: Sprite
    x: float
    y: float
    wide: float
    high: float
    period: float
    knots: float = 1.0
    phase: float = 0.0

    def lay(self, canvas: Canvas, time: float) -> None:
        """Draw it where it is at *time*, s."""
        angle = 2 * math.pi * (time / self.period + self.phase)
        x = self.x + self.wide * math.cos(angle) - self.sprite.width / 2
        y = self.y + self.high * math.sin(self.knots * angle) - self.sprite.height / 2
        canvas.lay(self.sprite, x, y)


@dataclass(frozen=True, slots=True)
class Turn:
    """Shows one sprite after the other at one place, a whole round in *period* seconds."""

    sprites: tuple[Sprite, ...]
    x: float
    y: float
    period: float
    phase: float = 0.0

    def lay(self, canvas: Canvas, time: float) -> None:
        """Draw the one whose turn it is at *time*, s."""
        part = (time / self.period + self.phase) % 1.0
        canvas.lay(self.sprites[int(part * len(self.sprites))], self.x, self.y)


@dataclass(frozen=True, slots=True)
class Blink:
    """Is there for the *lit* part of each *period*, s."""

    sprite: Sprite
    x: float
    y: float
    period: float
    lit: float = 0.5
    phase: float = 0.0

    def lay(self, canvas: Canvas, time: float) -> None:
        """Draw it if it is lit at *time*, s."""
        if (time / self.period + self.phase) % 1.0 < self.lit:
            canvas.lay(self.sprite, self.x, self.y)

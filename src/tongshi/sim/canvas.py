"""A picture in the making: YUV 4:2:0 planes, and sprites that are laid over them.

Everything costly (shapes, anti-aliasing, colour conversion) happens once, when a scene is built;
a frame is one copy of its ground and a few small blends.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]
"""Red, green, blue, 0..1."""

Floats = NDArray[np.float64]
_SAMPLES = 3


class Canvas:
    """Planes of one frame as PyAV takes them: uint8[H * 3 / 2, W], ``yuv420p``."""

    def __init__(self, planes: NDArray[np.uint8], height: int) -> None:
        """Take *planes* as they are, without a copy."""
        self.planes = planes
        self.luma = planes[:height]
        half = (height // 2, planes.shape[1] // 2)
        chroma = planes[height:].reshape(2, *half)
        self.blue, self.red = chroma[0], chroma[1]

    def lay(self, sprite: "Sprite", x: float, y: float) -> None:
        """Blend *sprite* with its corner at pixel *x*, *y*; what falls outside is left away."""
        left, top = round(x / 2), round(y / 2)
        _blend(self.luma, sprite.luma, sprite.keep, left * 2, top * 2)
        _blend(self.blue, sprite.blue, sprite.keep_half, left, top)
        _blend(self.red, sprite.red, sprite.keep_half, left, top)


@dataclass(frozen=True, slots=True)
class Sprite:
    """Premultiplied planes and what they keep of the ground, all 0..255 as uint16."""

    luma: NDArray[np.uint16]
    blue: NDArray[np.uint16]
    red: NDArray[np.uint16]
    keep: NDArray[np.uint16]
    keep_half: NDArray[np.uint16]

    @property
    def width(self) -> int:
        """Return the width in pixels."""
        return int(self.luma.shape[1])

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return int(self.luma.shape[0])


def canvas_of(rgb: Floats) -> Canvas:
    """Return a new canvas that shows float[H, W, 3], 0..1; both sides must be even."""
    height, width, _ = rgb.shape
    luma, blue, red = _convert(rgb)
    planes = np.empty((height * 3 // 2, width), np.uint8)
    planes[:height] = luma.round()
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    chroma[0], chroma[1] = _halve(blue).round(), _halve(red).round()
    return Canvas(planes, height)


def sprite_of(rgb: Floats, alpha: Floats) -> Sprite:
    """Return a sprite of float[h, w, 3] and float[h, w], 0..1, grown to even sides."""
    grow = ((0, rgb.shape[0] % 2), (0, rgb.shape[1] % 2))
    rgb, alpha = np.pad(rgb, (*grow, (0, 0))), np.pad(alpha, grow)
    luma, blue, red = _convert(rgb)
    return Sprite(
        luma=(luma * alpha).round().astype(np.uint16),
        blue=_halve(blue * alpha).round().astype(np.uint16),
        red=_halve(red * alpha).round().astype(np.uint16),
        keep=(256 * (1 - alpha)).round().astype(np.uint16),
        keep_half=(256 * (1 - _halve(alpha))).round().astype(np.uint16),
    )


def flat(colour: Colour, alpha: Floats) -> Sprite:
    """Return a sprite of one colour in the shape *alpha*, float[h, w]."""
    return sprite_of(np.broadcast_to(np.array(colour), (*alpha.shape, 3)), alpha)


def grid(width: int, height: int) -> tuple[Floats, Floats]:
    """Return x and y of finely spaced sample points, for :func:`smooth`."""
    y, x = np.mgrid[0 : height * _SAMPLES, 0 : width * _SAMPLES]
    return (x + 0.5) / _SAMPLES, (y + 0.5) / _SAMPLES


def smooth(inside: NDArray[np.bool_]) -> Floats:
    """Return the part of each pixel that is *inside*, from samples of :func:`grid`."""
    height, width = inside.shape[0] // _SAMPLES, inside.shape[1] // _SAMPLES
    means: Floats = inside.reshape(height, _SAMPLES, width, _SAMPLES).mean(axis=(1, 3))
    return means


def polygon(width: int, height: int, points: list[tuple[float, float]]) -> Floats:
    """Return the shape of a polygon, float[height, width], its points in pixels (even-odd rule)."""
    x, y = grid(width, height)
    inside = np.zeros(x.shape, bool)
    for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > y) != (y2 > y)
        inside ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return smooth(inside)


def disc(diameter: int, softness: float = 0.0) -> Floats:
    """Return a round shape; *softness* 0..1 is the part of the radius that fades."""
    x, y = grid(diameter, diameter)
    radius = diameter / 2
    distance = np.hypot(x - radius, y - radius) / radius
    if softness == 0:
        return smooth(distance < 1)
    fade = np.clip((1 - distance) / softness, 0, 1)[::_SAMPLES, ::_SAMPLES]
    return np.asarray(fade, np.float64)


def rounded(width: int, height: int, radius: float) -> Floats:
    """Return a rectangle with round corners."""
    x, y = grid(width, height)
    dx = np.maximum(np.maximum(radius - x, x - (width - radius)), 0)
    dy = np.maximum(np.maximum(radius - y, y - (height - radius)), 0)
    return smooth(np.hypot(dx, dy) <= max(radius, 1e-9))


def gradient(width: int, height: int, stops: list[tuple[float, Colour]]) -> Floats:
    """Return float[height, width, 3] that passes from colour to colour downwards.

    stops: position 0..1 from the top, in order, with the colour there.
    """
    at = (np.arange(height) + 0.5) / height
    where = [position for position, _ in stops]
    columns = [np.interp(at, where, [colour[i] for _, colour in stops]) for i in range(3)]
    return np.repeat(np.stack(columns, axis=1)[:, None, :], width, axis=1)


def mix(rgb: Floats, colour: Colour, alpha: Floats) -> None:
    """Paint *colour* in the shape *alpha* over *rgb*, both of the same height and width."""
    rgb += alpha[:, :, None] * (np.array(colour) - rgb)


def _blend(
    plane: NDArray[np.uint8], paint: NDArray[np.uint16], keep: NDArray[np.uint16], x: int, y: int
) -> None:
    height, width = paint.shape
    top, left = max(0, -y), max(0, -x)
    bottom, right = min(height, plane.shape[0] - y), min(width, plane.shape[1] - x)
    if top >= bottom or left >= right:
        return
    area = plane[y + top : y + bottom, x + left : x + right]
    area[...] = (area * keep[top:bottom, left:right] >> 8) + paint[top:bottom, left:right]


def _convert(rgb: Floats) -> tuple[Any, Any, Any]:
    """Return Y, Cb, Cr of BT.601 with limited range, as floats."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return 16 + 219 * luma, 128 + 126.4 * (blue - luma), 128 + 159.7 * (red - luma)


def _halve(plane: Floats) -> Floats:
    height, width = plane.shape
    means: Floats = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return means

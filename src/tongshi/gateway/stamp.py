"""The mark that is burnt into pictures: who took them along, their unit, when.

Letters are drawn once for a size, then laid over the brightness of each picture: light with a dark
edge, so that they can be read on any picture, and weak, so that they hide none.  The font ships
with the program.  Only helper processes import this.
"""

from dataclasses import dataclass
from importlib.resources import as_file, files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from tongshi.errors import EngineFailed

FONT = "NotoSansSC-Regular.otf"
STRENGTH = 0.30
"""How far a letter moves the picture towards white, its edge towards black: 0..1."""
TILT = 20.0
"""Degrees."""
LARGEST = 50_000_000
"""Pixels of a picture at the most."""
_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Ink:
    """Letters for pictures of one size.

    where: int64[n], places in the flattened picture.  weight: uint16[n], 0..256.  tone: uint16[n],
    the weighted brightness that is added.
    """

    where: NDArray[np.int64]
    weight: NDArray[np.uint16]
    tone: NDArray[np.uint16]


def draw_ink(text: str, width: int, height: int, drift: int = 0) -> Ink:
    """Return *text* again and again over a picture.  drift: px that it has moved on.

    Lines of the text are set below one another.
    """
    size = max(10, round(max(width, height) / 46))
    layers = _draw_layers(text, size, (width, height), drift)
    edge, letters = (np.asarray(layer, dtype=np.uint16) for layer in layers)
    most = round(256 * STRENGTH)
    weight = np.maximum(edge, letters) * most // 255
    # Where both are, the letter counts and not its edge.
    light = np.divide(letters * 255, np.maximum(np.maximum(edge, letters), 1)).astype(np.uint16)
    where = np.flatnonzero(weight)
    flat = weight.ravel()[where].astype(np.uint16)
    shade = np.minimum(light.ravel()[where], 255).astype(np.uint16)
    return Ink(where, flat, flat * shade)


def lay(ink: Ink, luma: NDArray[np.uint8]) -> None:
    """Lay *ink* over *luma*, uint8[H, W], contiguous, of the size it was drawn for, in place."""
    flat = luma.reshape(-1)
    under = flat[ink.where].astype(np.uint32)
    flat[ink.where] = ((under * (256 - ink.weight) + ink.tone) >> 8).astype(np.uint8)


def stamp_jpeg(data: bytes, text: str) -> bytes:
    """Return a JPEG with *text* over it.

    Raises EngineFailed for what is no picture, or one that is too large.
    """
    try:
        with Image.open(BytesIO(data), formats=("JPEG",)) as opened:
            if opened.width * opened.height > LARGEST:
                raise EngineFailed("the picture is too large", stage="decode")
            picture = opened.convert("YCbCr")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise EngineFailed(f"the picture cannot be decoded: {error}", stage="decode") from None
    bands = list(picture.split())
    luma = np.array(bands[0], dtype=np.uint8)
    lay(draw_ink(text, picture.width, picture.height), luma)
    bands[0] = Image.fromarray(luma)
    made = BytesIO()
    Image.merge("YCbCr", bands).save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()


def _draw_layers(
    text: str, size: int, area: tuple[int, int], drift: int
) -> tuple[Image.Image, Image.Image]:
    """Return the edges and the letters, each as an image of *area*, 0..255."""
    font, lines = _font(size), text.splitlines()
    wide = int(max((font.getlength(line) for line in lines), default=0)) + 4 * size
    tall = len(lines) * 4 * size // 3 + 4 * size
    reach = int(np.hypot(*area)) + 2 * max(wide, tall)
    layers = []
    for stroke in (max(1, size // 12), 0):
        layer = Image.new("L", (reach, reach))
        pen = ImageDraw.Draw(layer)
        for row, top in enumerate(range(0, reach, tall)):
            left = drift % wide - wide + (row % 2) * (wide // 2)
            for at in range(left, reach, wide):
                for place, line in enumerate(lines):
                    at_line = (at, top + place * 4 * size // 3)
                    pen.text(at_line, line, 255, font, stroke_width=stroke)
        turned = layer.rotate(TILT, Image.Resampling.BILINEAR)
        left, top = (reach - area[0]) // 2, (reach - area[1]) // 2
        layers.append(turned.crop((left, top, left + area[0], top + area[1])))
    return layers[0], layers[1]


def _font(size: int) -> ImageFont.FreeTypeFont:
    with as_file(files("tongshi.gateway").joinpath("fonts", FONT)) as path:
        return ImageFont.truetype(str(path), size)

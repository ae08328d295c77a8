"""A frame counter that machines read out of the picture.

The lowest twentieth of the picture carries 40 grey cells in one row, all of one width:

    cell    0 1 | 2 ... 29          | 30 ... 37      | 38 39
    holds   W B | 28 bits, high one | CRC-8 of them, | B W
                |  first            |  high first    |

White (W) is 1.  In fractions of the picture, cell *i* spans ``i/40 .. (i+1)/40`` in width and
``19/20 .. 1`` in height; a reader takes the mean of the middle half of each cell, both ways, and
compares it with the middle between the mean of the white and of the black guard cells.  So the
code survives compression and scaling as long as a cell keeps a few pixels: 160 x 90 will do.

The check is CRC-8 with polynomial 07H and initial value FFH over the 28 bits, high bit first.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

CELLS = 40
"""Cells in the row."""
HEIGHT = 1 / 20
"""Height of the row, as a fraction of the picture's."""
BITS = 28
"""Bits of the counter."""
MODULUS = 1 << BITS
"""The counter is kept modulo this; at 25 frames/s it wraps after 124 days."""

_WHITE, _BLACK = 215, 36
_CHECK_BITS = 8
_POLYNOMIAL = 0x07
_LEAST_CONTRAST = 40.0
# A cell nearer to the middle than this part of the contrast says neither 0 nor 1.
_LEAST_MARGIN = 0.12


def check(counter: int) -> int:
    """Return the CRC-8 over the 28 bits of *counter*."""
    crc = 0xFF
    for index in range(BITS - 1, -1, -1):
        carry = (crc >> 7) ^ (counter >> index & 1)
        crc = crc << 1 & 0xFF
        if carry:
            crc ^= _POLYNOMIAL
    return crc


def cells(counter: int) -> list[bool]:
    """Return the 40 cells for *counter*, white as True; the counter is taken modulo 2**28."""
    counter %= MODULUS
    word = counter << _CHECK_BITS | check(counter)
    bits = [bool(word >> index & 1) for index in range(BITS + _CHECK_BITS - 1, -1, -1)]
    return [True, False, *bits, False, True]


def paint(luma: NDArray[np.uint8], counter: int) -> None:
    """Paint the row for *counter* into the lowest twentieth of uint8[H, W]."""
    height, width = luma.shape
    row = np.where(cells(counter), np.uint8(_WHITE), np.uint8(_BLACK))
    luma[height - round(height * HEIGHT) :] = row[np.arange(width) * CELLS // width]


def read_counter(image: NDArray[Any]) -> int | None:
    """Return the counter in *image*, uint8[H, W, 3] (or grey, uint8[H, W]); None if unreadable."""
    height, width = image.shape[:2]
    if width < 2 * CELLS or height < 40:
        return None
    top = height - height * HEIGHT
    band = image[round(top + height * HEIGHT / 4) : round(height - height * HEIGHT / 4)]
    grey = band.reshape(band.shape[0], width, -1).mean(axis=(0, 2))
    return _decide(np.array([_middle(grey, index) for index in range(CELLS)]))


def _middle(grey: NDArray[Any], index: int) -> float:
    """Return the mean over the middle half of cell *index*."""
    cell = len(grey) / CELLS
    start, stop = round((index + 0.25) * cell), round((index + 0.75) * cell)
    return float(grey[start : max(stop, start + 1)].mean())


def _decide(levels: NDArray[np.float64]) -> int | None:
    white, black = (levels[0] + levels[-1]) / 2, (levels[1] + levels[-2]) / 2
    contrast = white - black
    if contrast < _LEAST_CONTRAST:
        return None
    margins = (levels - (white + black) / 2) / contrast
    if np.abs(margins).min() < _LEAST_MARGIN:
        return None
    word = 0
    for bit in margins[2:-2] > 0:
        word = word << 1 | int(bit)
    counter = word >> _CHECK_BITS
    return counter if check(counter) == word & 0xFF else None

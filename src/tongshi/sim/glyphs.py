"""Letters and digits of five by seven dots, for captions in pictures.

No font file is needed, and none is shipped.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 5, 7
"""Dots of a character; one empty column follows each."""

# Seven rows from the top, one hexadecimal pair each; bit 4 is the left dot.
_ROWS = {
    " ": "00000000000000",
    "-": "0000000E000000",
    ".": "00000000000C0C",
    ":": "000C0C000C0C00",
    "/": "01020204080810",
    "#": "0A0A1F0A1F0A0A",
    "0": "0E11131519110E",
    "1": "040C040404040E",
    "2": "0E11010204081F",
    "3": "1F02040201110E",
    "4": "02060A121F0202",
    "5": "1F101E0101110E",
    "6": "0608101E11110E",
    "7": "1F010204080808",
    "8": "0E11110E11110E",
    "9": "0E11110F01020C",
    "A": "0E11111F111111",
    "B": "1E11111E11111E",
    "C": "0E11101010110E",
    "D": "1C12111111121C",
    "E": "1F10101E10101F",
    "F": "1F10101E101010",
    "G": "0E11101711110F",
    "H": "1111111F111111",
    "I": "0E04040404040E",
    "J": "0702020202120C",
    "K": "11121418141211",
    "L": "1010101010101F",
    "M": "111B1515111111",
    "N": "11111915131111",
    "O": "0E11111111110E",
    "P": "1E11111E101010",
    "Q": "0E11111115120D",
    "R": "1E11111E141211",
    "S": "0F10100E01011E",
    "T": "1F040404040404",
    "U": "1111111111110E",
    "V": "11111111110A04",
    "W": "1111111515150A",
    "X": "11110A040A1111",
    "Y": "1111110A040404",
    "Z": "1F01020408101F",
}


@cache
def glyph(character: str, scale: int) -> NDArray[np.bool_]:
    """Return the dots of *character*, bool[7 * scale, 6 * scale]; unknown ones are blank.

    Lower case is drawn as upper case.
    """
    rows = bytes.fromhex(_ROWS.get(character.upper(), _ROWS[" "]))
    dots = np.array(
        [[bool(row >> (WIDTH - 1 - x) & 1) for x in range(WIDTH)] + [False] for row in rows]
    )
    return dots.repeat(scale, axis=0).repeat(scale, axis=1)


def measure(text: str, scale: int) -> tuple[int, int]:
    """Return the width and height of *text* in pixels."""
    return len(text) * (WIDTH + 1) * scale, HEIGHT * scale


def write(luma: NDArray[np.uint8], text: str, x: int, y: int, scale: int) -> None:
    """Write *text* in white into uint8[H, W] on a darkened ground, its corner at *x*, *y*.

    What falls outside the picture is left away.
    """
    width, height = measure(text, scale)
    top, left = max(0, y - scale), max(0, x - scale)
    ground = luma[top : y + height + scale, left : x + width]
    ground >>= 1
    for index, character in enumerate(text):
        dots = glyph(character, scale)
        at = x + index * (WIDTH + 1) * scale
        area = luma[y : y + height, at : at + dots.shape[1]]
        area[dots[: area.shape[0], : area.shape[1]]] = 235

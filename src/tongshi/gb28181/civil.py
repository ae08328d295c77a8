"""Codes of administrative divisions, and the tree that their prefixes imply.

Two digits a level: province, city, county, basic access unit.  No parent is ever sent for a
division; its code without the last two digits is its parent.

Source: GB/T 28181-2022 A.1, annex J; GB/T 2260.
"""

from collections.abc import Container
from enum import Enum


class Level(Enum):
    """The levels, by number of digits."""

    PROVINCE = 2
    CITY = 4
    COUNTY = 6
    UNIT = 8


def is_code(text: str) -> bool:
    """Whether *text* is 2, 4, 6 or 8 decimal digits."""
    return len(text) in (2, 4, 6, 8) and text.isascii() and text.isdigit()


def level_of(code: str) -> Level:
    """Return the level of *code*, which must be one."""
    return Level(len(code))


def parent_of(code: str) -> str | None:
    """Return the division above *code*; None above a province."""
    return code[:-2] if len(code) > 2 else None


def path_of(code: str) -> tuple[str, ...]:
    """Return the divisions from the province down to *code* itself."""
    return tuple(code[:end] for end in range(2, len(code) + 1, 2))


def trimmed(code: str) -> str:
    """Return *code* without the ``00`` that pad unused low levels: ``34020000`` -> ``3402``."""
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code


def home_of(civil_code: str, device_id: str, known: Container[str]) -> str | None:
    """Return the division that a device hangs under, or None.

    Its own civil code when that is one; else the longest of the first 8, 6, 4, 2 digits of its
    id that is *known*: recorders send nothing, or the word "CivilCode".
    """
    if is_code(civil_code):
        return trimmed(civil_code)
    candidates = (device_id[:digits] for digits in (8, 6, 4, 2))
    return next((code for code in candidates if is_code(code) and code in known), None)

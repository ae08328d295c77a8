"""The names of uploaded snapshots: 41 characters.

::

    34020000001320000001 02 20240506070809123 01
    device or channel       when, Beijing     number, 01..99

Source: GB/T 28181-2022 9.14.1 and A.2.5.7; devices append ``.jpg``.
"""

import re
from dataclasses import dataclass

from tongshi.gb28181.date import read_date, write_date

_FORM = re.compile(
    r"(\d{20})02(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})(\d\d)(?:\.[A-Za-z0-9]{1,8})?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class PictureName:
    """What a name tells.

    wall: when the picture was taken, UNIX time, s, to the millisecond.
    number: its place among those of one order, 0..99.
    """

    device_id: str
    wall: float
    number: int

    @classmethod
    def parse(cls, name: str) -> "PictureName | None":
        """Return what *name* tells, with or without folders before it and a suffix; or None."""
        match = _FORM.fullmatch(re.split(r"[/\\]", name.strip())[-1])
        if match is None:
            return None
        device_id, year, month, day, hour, minute, second, thousandth, number = match.groups()
        wall = read_date(f"{year}-{month}-{day}T{hour}:{minute}:{second}.{thousandth}")
        return None if wall is None else cls(device_id, wall, int(number))

    def __str__(self) -> str:
        when = re.sub(r"\D", "", write_date(self.wall))
        return f"{self.device_id}02{when}{self.number:02}"

"""Editions of the standard, and the ``X-GB-Ver`` header that tells them.

Source: GB/T 28181-2022 annex I.
"""

import re
from enum import Enum
from functools import lru_cache

HEADER = "X-GB-Ver"
"""The header: in REGISTER and in every answer to it."""

_FORM = re.compile(r"\s*(\d{1,3})\.(\d{1,3})\s*", re.ASCII)


class Version(Enum):
    """The editions, oldest first; ``str()`` is the header's value."""

    V2011 = (1, 0)
    V2011A = (1, 1)
    """2011 with its amendment."""
    V2016 = (2, 0)
    V2022 = (3, 0)

    def __str__(self) -> str:
        return f"{self.value[0]}.{self.value[1]}"

    @classmethod
    def parse(cls, header: str | None) -> "Version":
        """Return the newest edition not newer than *header* says.

        An absent or unreadable header means 2016, which almost every deployed device speaks.
        """
        return _newest(header) if header else cls.V2016


@lru_cache(maxsize=64)  # few are told, at every registration
def _newest(header: str) -> Version:
    match = _FORM.fullmatch(header)
    if match is None:
        return Version.V2016
    told = (int(match[1]), int(match[2]))
    return max(
        (version for version in Version if version.value <= told),
        key=lambda version: version.value,
        default=Version.V2011,
    )


def negotiate(own: Version, peer: Version) -> Version:
    """Return the edition to speak: the older of both."""
    return min(own, peer, key=lambda version: version.value)

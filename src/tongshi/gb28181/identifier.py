"""The 20-digit code that names devices, channels, platforms and users.

::

    digits   1-2   3-4   5-6   7-8 | 9-10     | 11-13 | 14      | 15-20
             prov  city county unit| industry | type  | network | serial

Source: GB/T 28181-2022 6.1.2 and annex E.1.
"""

import re
from dataclasses import dataclass
from enum import Enum

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181 import civil
from tongshi.gb28181.codes import Family, Name, family_of, type_name

_CLAUSE = "GB/T 28181-2022 E.1"
LENGTH = 20
"""Digits of a code."""
_USABLE = re.compile(r"[A-Za-z0-9._+~\-]{1,64}")


@dataclass(frozen=True, slots=True)
class Identifier:
    """A well-formed 20-digit code."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "Identifier":
        """Return the code that *text* is.

        Raises RemoteProtocolError when it is not 20 digits; no digit's value is refused,
        because codes given before 2022 use the network digit as they please.
        """
        if not is_code(text):
            raise RemoteProtocolError(f"not a 20-digit code: {text[:64]!r}", clause=_CLAUSE)
        return cls(text)

    @classmethod
    def build(
        cls, *, centre: str, industry: int, type_code: int, serial: int, network: int = 0
    ) -> "Identifier":
        """Return the code made of its parts; raises ValueError when one does not fit."""
        text = f"{centre}{industry:02}{type_code:03}{network}{serial:06}"
        if len(centre) != 8 or not is_code(text):
            raise ValueError(f"parts do not make a 20-digit code: {text!r}")
        return cls(text)

    def __str__(self) -> str:
        return self.text

    @property
    def centre(self) -> str:
        """The 8-digit code of the monitoring centre, padded with 00."""
        return self.text[:8]

    @property
    def domain(self) -> str:
        """The first ten digits: the SIP domain of a platform."""
        return self.text[:10]

    @property
    def industry(self) -> int:
        """Digits 9 and 10; named in :data:`tongshi.gb28181.codes.INDUSTRIES`."""
        return int(self.text[8:10])

    @property
    def type_code(self) -> int:
        """Digits 11 to 13."""
        return int(self.text[10:13])

    @property
    def family(self) -> Family:
        """The range that the type belongs to."""
        return family_of(self.type_code)

    @property
    def type_name(self) -> Name:
        """What the type stands for."""
        return type_name(self.type_code)

    @property
    def network(self) -> int:
        """Digit 14; named in :data:`tongshi.gb28181.codes.NETWORKS`."""
        return int(self.text[13])

    @property
    def serial(self) -> int:
        """Digits 15 to 20."""
        return int(self.text[14:])


class Role(Enum):
    """What a catalog's node is, judged by its id alone."""

    REGION = "region"
    PLATFORM = "platform"
    GROUP = "business group"
    ORGANISATION = "virtual organisation"
    DEVICE = "device"
    CAMERA = "camera"
    PERIPHERAL = "peripheral"
    UNKNOWN = "unknown"
    """An id of another form, or of a type that no catalog node has."""


_ROLES = {131: Role.CAMERA, 132: Role.CAMERA, 215: Role.GROUP, 216: Role.ORGANISATION}
_FAMILY_ROLES = {
    Family.MAIN_DEVICE: Role.DEVICE,
    Family.PERIPHERAL: Role.PERIPHERAL,
    Family.PLATFORM: Role.PLATFORM,
}


def is_code(text: str) -> bool:
    """Whether *text* is 20 decimal digits."""
    return len(text) == LENGTH and text.isascii() and text.isdigit()


def is_usable(text: str) -> bool:
    """Whether *text* may name a device or channel: a code, or one of the odd ids of the field.

    Such a name becomes part of our own requests, of addresses of pages and of lines of logs, so
    nothing else than 1 to 64 letters, digits and ``._+~-`` is one.
    """
    return _USABLE.fullmatch(text) is not None


def role_of(device_id: str) -> Role:
    """Return what a node named *device_id* is.

    A hint only: cheap recorders give their single channel the device's own id.
    """
    if is_code(device_id):
        code = int(device_id[10:13])
        return _ROLES.get(code) or _FAMILY_ROLES.get(family_of(code), Role.UNKNOWN)
    return Role.REGION if civil.is_code(device_id) else Role.UNKNOWN


def domain_of(server_id: str) -> str:
    """Return the SIP domain of the platform *server_id*: its first ten digits (6.1.2)."""
    return server_id[:10]

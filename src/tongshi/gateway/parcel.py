"""What travels between a worker and its coder process: a head, then bytes."""

import struct
from dataclasses import dataclass
from enum import IntEnum

HEAD = struct.Struct(">IBBqd")
LARGEST = 16 << 20
"""No coded frame or picture is larger, in bytes; a longer parcel ends the process."""


class Kind(IntEnum):
    """What a parcel is."""

    PICTURE = 1
    """A file of one key frame; and its JPEG."""
    FRAME = 2
    """A message of a hub to be transcoded; and what became of it, of no bytes when nothing did."""
    FAULT = 3
    """The codec gave up; the bytes say why."""
    READY = 4
    """The process has started; said once, unasked."""
    STAMP = 5
    """A JPEG and the words of a mark; and the JPEG with the mark on it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message.  pts: 90 kHz.  sent: when it was put on its way (monotonic, s)."""

    kind: Kind
    data: bytes
    key: bool = False
    pts: int = 0
    sent: float = 0.0

    def head(self) -> bytes:
        """Return the head that goes before ``data``."""
        return HEAD.pack(len(self.data), self.kind, self.key, self.pts, self.sent)


def read_head(head: bytes) -> tuple[int, Parcel]:
    """Return the length of the data to come and the parcel without it; raises ValueError."""
    length, kind, key, pts, sent = HEAD.unpack(head)
    if length > LARGEST:
        raise ValueError(f"parcel of {length} bytes")
    return length, Parcel(Kind(kind), b"", bool(key), pts, sent)

"""What the head of a JPEG says, and whether there is a picture behind it.

Nothing is decoded: the markers are walked until the frame header, and the last bytes are looked at.

Source: ISO/IEC 10918-1 B.1, B.2.
"""

from dataclasses import dataclass

from tongshi.errors import RemoteProtocolError

CLAUSE = "ISO/IEC 10918-1 B.2"
LARGEST = 16_384
"""Pixels of a side at the most."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_TAIL = 4096
"""Bytes that may follow the end of a picture: some devices pad."""
_MARKERS = 2000
"""Markers, and bytes of filling, before the first scan at the most; cameras write about ten."""


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels of a picture."""

    width: int
    height: int


def measure(data: bytes) -> Size:
    """Return the size of the JPEG *data*; raises RemoteProtocolError when it is none, or cut."""
    if data[:3] != b"\xff\xd8\xff":
        raise _refusal("it does not begin as a JPEG")
    if data.rfind(b"\xff\xd9", max(0, len(data) - _TAIL)) < 0:
        raise _refusal("it has no end")
    size: Size | None = None
    at = 2
    for _ in range(_MARKERS):
        marker, at = _marker(data, at)
        if marker == _SCAN and size is not None:
            return size
        if marker in (_START, _END, _SCAN):
            raise _refusal("it has no frame")
        if marker in _ALONE:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2 or at + length > len(data):
            raise _refusal("a segment is longer than it")
        if marker in _FRAMES:
            size = _size(data[at + 2 : at + length])
        at += length
    raise _refusal("it has more markers than pictures have")


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """Return the marker at *at* and where what follows it begins."""
    if data[at : at + 1] != b"\xff":
        raise _refusal("its segments do not join")
    limit = at + _MARKERS
    while data[at : at + 1] == b"\xff" and at < limit:
        at += 1
    if at >= min(limit, len(data)):
        raise _refusal("its segments do not join")
    return data[at], at + 1


def _size(frame: bytes) -> Size:
    if len(frame) < 6:
        raise _refusal("its frame header is cut off")
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    if not 0 < width <= LARGEST or not 0 < height <= LARGEST:
        raise _refusal(f"a picture of {width} by {height} is none")
    return Size(width, height)


def _refusal(why: str) -> RemoteProtocolError:
    return RemoteProtocolError(f"no picture: {why}", clause=CLAUSE)

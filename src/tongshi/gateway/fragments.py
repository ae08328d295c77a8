"""Samples out of the fMP4 that our own Fragmenter makes, for who wants the coded frames back.

Source: ISO/IEC 14496-12 8.8 (moof, tfdt, trun), 8.1.1 (mdat); ISO/IEC 14496-15 (avcC, hvcC).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_BOX = struct.Struct(">I4s")
_INSIDE = frozenset({b"moof", b"traf", b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_TIME = struct.Struct(">Q")
_RUN = struct.Struct(">IIi")
_NOT_SYNC = 0x00010000
_SAMPLE_ENTRY = 78  # bytes of a visual sample entry before its boxes
_DESCRIPTION = 8  # bytes of stsd before its first entry


@dataclass(frozen=True, slots=True)
class Config:
    """The decoder's configuration: the content of ``avcC`` or ``hvcC``."""

    h265: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame, its NAL units with 4-byte lengths before them; pts in 90 kHz."""

    data: bytes
    pts: int
    key: bool


def read(message: bytes) -> Iterator[Config | Sample]:
    """Yield what the boxes of *message* hold, in order.

    message: whole boxes as one hub message has them, one sample in each fragment.
    """
    dts = offset = flags = 0
    for kind, begin, end in _boxes(message, 0, len(message)):
        if kind == b"tfdt":
            (dts,) = _TIME.unpack_from(message, begin + 4)
        elif kind == b"trun":
            # version and flags, count, data offset, duration, then these
            _, flags, offset = _RUN.unpack_from(message, begin + 16)
        elif kind == b"mdat":
            yield Sample(message[begin:end], dts + offset, not flags & _NOT_SYNC)
        elif kind in (b"avcC", b"hvcC"):
            yield Config(kind == b"hvcC", message[begin:end])


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the boxes that hold no others, as kind, begin and end of the content."""
    while at + 8 <= end:
        size, kind = _BOX.unpack_from(data, at)
        stop = min(at + size, end)
        if size < 8:
            return
        if kind in _INSIDE:
            yield from _boxes(data, at + 8, stop)
        elif kind == b"stsd":
            yield from _boxes(data, at + 8 + _DESCRIPTION, stop)
        elif kind in (b"avc1", b"hvc1"):
            yield from _boxes(data, at + 8 + _SAMPLE_ENTRY, stop)
        else:
            yield kind, at + 8, stop
        at = stop

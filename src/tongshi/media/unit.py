"""The access unit, which is the only currency between the parts of media."""

from enum import Enum
from typing import NamedTuple

CLOCK = 90_000
"""Ticks of every time stamp here, per second."""


class Codec(Enum):
    """How the bytes of a unit are coded; the values stand in messages to viewers."""

    H264 = "h264"
    H265 = "h265"
    SVAC = "svac"
    G711A = "g711a"
    G711U = "g711u"
    AAC = "aac"
    UNKNOWN = "unknown"

    def __init__(self, value: str) -> None:
        self.is_audio = value in ("g711a", "g711u", "aac")
        """Whether it is sound; UNKNOWN is not."""

    # Members are singletons; the hash of Enum is Python code and shows in the figures.
    __hash__ = object.__hash__


class AccessUnit(NamedTuple):
    """One picture, or one block of sound.  Immutable; a tuple because one is made per frame.

    pts, dts: 90 kHz, unwrapped and continuous; dts grows strictly within a stream's video.
    key: decoding can begin here.  Always true for sound.
    data: video with Annex B start codes; G.711 raw; AAC with its ADTS headers.
    damaged: bytes of this unit, or a whole unit just before it, were lost.
    spans: where each NAL unit begins and ends in data, without its start code and trailing
    zeros; empty for sound, and when nobody has looked yet.
    """

    codec: Codec
    pts: int
    dts: int
    key: bool
    data: bytes
    damaged: bool = False
    spans: tuple[tuple[int, int], ...] = ()

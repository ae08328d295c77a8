"""Boxes of MP4 files, and the sample entries of sound.

Source: ISO/IEC 14496-12 4.2, 8.5.2, 12; ISO/IEC 14496-14 5.6.
"""

import struct

from tongshi.media import aac
from tongshi.media.unit import Codec

MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
"""Pictures stand as they are."""


def box(kind: bytes, *parts: bytes) -> bytes:
    """Return a box."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind: bytes, flags: int, *parts: bytes) -> bytes:
    """Return a box with *flags*: the version in the highest eight of 32 bits."""
    return box(kind, struct.pack(">I", flags), *parts)


def sound_entry(codec: Codec, rate: int, channels: int, profile: int) -> bytes:
    """Return the sample entry of sound: G711A, G711U or AAC.  profile: of AAC."""
    kinds = {Codec.G711A: b"alaw", Codec.G711U: b"ulaw"}
    extra = _decoder(rate, channels, profile) if codec is Codec.AAC else b""
    head = struct.pack(">6xH8xHHHHI", 1, channels, 16, 0, 0, rate << 16)
    return box(kinds.get(codec, b"mp4a"), head, extra)


def _decoder(rate: int, channels: int, profile: int) -> bytes:
    """Return the ``esds`` of AAC."""
    config = (profile << 11 | aac.RATES.index(rate) << 7 | channels << 3).to_bytes(2, "big")
    specific = b"\x05" + bytes([len(config)]) + config
    decoder = struct.pack(">BB3xII", 0x40, 0x15, 0, 0) + specific
    decoder = b"\x04" + bytes([len(decoder)]) + decoder
    stream = struct.pack(">HB", 0, 0) + decoder + b"\x06\x01\x02"
    return full(b"esds", 0, b"\x03" + bytes([len(stream)]) + stream)

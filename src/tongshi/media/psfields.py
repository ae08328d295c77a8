"""The fields of a program stream: pack header, system header, stream map, PES header.

Reading is for streams from the field: lengths are clamped, CRCs ignored.  Writing is to the
letter.

Source: ISO/IEC 13818-1 2.4.3.6, 2.5.3.3, 2.5.3.5, 2.5.4; GB/T 28181-2022 C.1.
"""

import struct
from dataclasses import dataclass

from tongshi.media.unit import Codec

PACK = b"\0\0\1\xba"
VIDEO_ID = 0xE0
AUDIO_ID = 0xC0
MUX_RATE = 6106
"""Of every pack header written, in units of 50 bytes/s."""
RATE_BOUND = 26234
"""Of every system header written, in units of 50 bytes/s."""
MAX_PES = 0xFF80
"""The largest PES_packet_length written: some decoders fail above."""

_STREAM_TYPES = {
    Codec.H264: 0x1B,
    Codec.H265: 0x24,
    Codec.SVAC: 0x80,
    Codec.AAC: 0x0F,
    Codec.G711A: 0x90,
    Codec.G711U: 0x91,
}
_CODECS = {number: codec for codec, number in _STREAM_TYPES.items()}
_WRAP = (1 << 33) - 1


def codec_of(stream_type: int) -> Codec:
    """Return the codec of a stream_type; UNKNOWN for those that nothing here reads."""
    return _CODECS.get(stream_type, Codec.UNKNOWN)


def build_pack_header(scr: int) -> bytes:
    """Return the 14 bytes of a pack header.  scr: 90 kHz, taken modulo 2**33."""
    scr &= _WRAP
    # 01 SCR[32..30] 1 SCR[29..15] 1 SCR[14..0] 1 ext(9) 1
    clock = 1 << 46 | (scr >> 30) << 43 | 1 << 42 | (scr >> 15 & 0x7FFF) << 27 | 1 << 26
    clock |= (scr & 0x7FFF) << 11 | 1 << 10 | 1
    rate = MUX_RATE << 2 | 3
    return PACK + clock.to_bytes(6, "big") + rate.to_bytes(3, "big") + b"\xf8"


def build_system_header(*, audio: bool) -> bytes:
    """Return the system header for one video stream, and one of sound when *audio*."""
    rate = 1 << 23 | RATE_BOUND << 1 | 1
    # P-STD bounds: 512 units of 1024 bytes for video, 32 of 128 bytes for sound.
    body = rate.to_bytes(3, "big") + bytes([audio << 2, 0xE1, 0x7F]) + b"\xe0\xe2\x00"
    if audio:
        body += b"\xc0\xc0\x20"
    return b"\0\0\1\xbb" + struct.pack(">H", len(body)) + body


def build_stream_map(video: Codec, audio: Codec | None) -> bytes:
    """Return the program stream map; raises KeyError for codecs that have no stream_type."""
    entries = struct.pack(">BBH", _STREAM_TYPES[video], VIDEO_ID, 0)
    if audio is not None:
        entries += struct.pack(">BBH", _STREAM_TYPES[audio], AUDIO_ID, 0)
    body = struct.pack(">BBHH", 0xE0, 0xFF, 0, len(entries)) + entries
    whole = b"\0\0\1\xbc" + struct.pack(">H", len(body) + 4) + body
    return whole + struct.pack(">I", crc32(whole))


def build_pes_header(
    stream_id: int, size: int, *, pts: int | None = None, dts: int | None = None
) -> bytes:
    """Return the header of a PES packet that carries *size* bytes.

    pts, dts: 90 kHz, taken modulo 2**33; dts only where it differs.
    """
    if pts is None:
        return b"\0\0\1" + struct.pack(">BHBBB", stream_id, size + 3, 0x80, 0x00, 0)
    if dts is None or dts == pts:
        stamps = _build_stamp(2, pts)
        flags = 0x80
    else:
        stamps = _build_stamp(3, pts) + _build_stamp(1, dts)
        flags = 0xC0
    head = struct.pack(">BHBBB", stream_id, size + 3 + len(stamps), 0x84, flags, len(stamps))
    return b"\0\0\1" + head + stamps


def _build_stamp(prefix: int, ticks: int) -> bytes:
    ticks &= _WRAP
    value = prefix << 36 | (ticks >> 30) << 33 | 1 << 32 | (ticks >> 15 & 0x7FFF) << 17 | 1 << 16
    return (value | (ticks & 0x7FFF) << 1 | 1).to_bytes(5, "big")


def read_stamp(data: bytes, at: int) -> int:
    """Return the 33-bit time stamp in the five bytes at *at*, marker bits ignored."""
    return (
        (data[at] & 0x0E) << 29
        | data[at + 1] << 22
        | (data[at + 2] & 0xFE) << 14
        | data[at + 3] << 7
        | data[at + 4] >> 1
    )


@dataclass(frozen=True, slots=True)
class StreamMap:
    """Which codec each stream_id carries, as far as the map says."""

    codecs: tuple[tuple[int, Codec], ...]

    def codec_of(self, stream_id: int) -> Codec:
        """Return the codec of *stream_id*; UNKNOWN when the map does not name it."""
        return next((codec for at, codec in self.codecs if at == stream_id), Codec.UNKNOWN)


def read_stream_map(packet: bytes) -> StreamMap:
    """Return what a program stream map says, wherever its lengths make sense.

    packet: from its start code to the next element.  CRC and outer lengths are not looked at,
    because cameras write them wrongly; descriptors are stepped over whatever they hold.
    """
    end = len(packet) - 4
    at = 10 + int.from_bytes(packet[8:10], "big")
    if at + 2 > end:
        at = 10
    at += 2
    codecs: list[tuple[int, Codec]] = []
    while at + 4 <= end:
        stream_type, stream_id = packet[at], packet[at + 1]
        if stream_id < 0xBC:
            break
        codecs.append((stream_id, codec_of(stream_type)))
        at += 4 + int.from_bytes(packet[at + 2 : at + 4], "big")
    return StreamMap(tuple(codecs))


def _build_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(value)
    return tuple(table)


_TABLE = _build_table()


def crc32(data: bytes) -> int:
    """Return the CRC of ISO/IEC 13818-1 annex A: nothing is reflected or inverted."""
    value = 0xFFFFFFFF
    for byte in data:
        value = (value << 8 & 0xFFFFFF00) ^ _TABLE[value >> 24 ^ byte]
    return value


def read_header(data: bytes, at: int, end: int) -> tuple[int, int | None, int | None] | None:
    """Return payload offset, pts and dts of the PES packet at *at*; None when it has no header.

    end: of the packet, at least 9 bytes after *at*.  A header that claims more than the packet
    is passed over by looking for the first NAL unit.
    """
    if data[at + 6] >> 6 != 2:
        return None
    begin = at + 9 + data[at + 8]
    if begin > end:
        found = data.find(b"\0\0\1", at + 9, end)
        return (end if found < 0 else found), None, None
    stamps = data[at + 7] >> 6
    if stamps < 2 or begin < at + 14:
        return begin, None, None
    if stamps == 2 or begin < at + 19:
        return begin, read_stamp(data, at + 9), None
    return begin, read_stamp(data, at + 9), read_stamp(data, at + 14)


def read_old_header(data: bytes, at: int, end: int) -> tuple[int, int | None, int | None]:
    """Return payload offset, pts and dts of an MPEG-1 PES packet, ISO/IEC 11172-1 2.4.3.3.

    at: of the start code.  end: of the packet.
    """
    at += 6
    while at < end and data[at] == 0xFF:
        at += 1
    if at + 2 <= end and data[at] >> 6 == 1:
        at += 2
    if at >= end:
        return end, None, None
    mark = data[at] >> 4
    if mark == 2 and at + 5 <= end:
        return at + 5, read_stamp(data, at), None
    if mark == 3 and at + 10 <= end:
        return at + 10, read_stamp(data, at), read_stamp(data, at + 5)
    return at + 1, None, None

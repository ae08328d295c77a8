"""Fragmented MP4: an initialization segment, then one ``moof`` and ``mdat`` for each frame.

``mvhd.duration`` is 0 and there is no ``mehd``: browsers then play with the least delay.

Source: ISO/IEC 14496-12 8 (boxes); ISO/IEC 14496-15 5.3.3 (avcC), 8.3.3 (hvcC).
"""

import struct
from dataclasses import dataclass

from tongshi.media import nal
from tongshi.media.boxes import MATRIX, box, full
from tongshi.media.sps import Picture, parse_h264, parse_h265
from tongshi.media.unit import CLOCK, AccessUnit, Codec

TRACK_ID = 1
_KEY_FLAGS = 0x02000000
_DELTA_FLAGS = 0x01010000
_LONGEST = 10 * CLOCK
_NOMINAL = 3600
_MOST_SETS = 31  # ISO/IEC 14496-15 5.3.3.1.2: of sequence parameter sets, in five bits


@dataclass(frozen=True, slots=True)
class Track:
    """A video track: all that an initialization segment needs.

    codec_string: as in RFC 6381, ``avc1.64001f``.
    sets: parameter sets as sent, without start codes.
    """

    codec: Codec
    codec_string: str
    width: int
    height: int
    sets: tuple[bytes, ...]
    config: bytes

    @property
    def mime(self) -> str:
        """What a browser's ``isTypeSupported`` is asked."""
        return f'video/mp4; codecs="{self.codec_string}"'


def track_of(codec: Codec, sets: tuple[bytes, ...]) -> Track | None:
    """Return the track that the parameter *sets* describe.

    None when one is missing or broken, or when there are more than a decoder's record can count.
    """
    if len(sets) > _MOST_SETS:
        return None
    wanted = (7, 8) if codec is Codec.H264 else (32, 33, 34)
    kinds = [[item for item in sets if nal.kind_of(codec, item[0]) == kind] for kind in wanted]
    if not all(kinds):
        return None
    if codec is Codec.H264:
        picture = parse_h264(kinds[0][0])
        build = _build_avcc
    else:
        picture = parse_h265(kinds[1][0])
        build = _build_hvcc
    if picture is None:
        return None
    config = build(picture, kinds)
    return Track(codec, picture.codec, picture.width, picture.height, sets, config)


def _build_avcc(picture: Picture, kinds: list[list[bytes]]) -> bytes:
    sequence, pictures = kinds
    parts = [b"\x01", picture.profile, b"\xff", bytes([0xE0 | len(sequence)])]
    parts += [struct.pack(">H", len(item)) + item for item in sequence]
    parts.append(bytes([len(pictures)]))
    parts += [struct.pack(">H", len(item)) + item for item in pictures]
    if picture.profile[0] in (100, 110, 122, 144):
        luma, chroma = picture.depths
        parts.append(
            bytes([0xFC | picture.chroma, 0xF8 | (luma - 8 & 7), 0xF8 | (chroma - 8 & 7), 0])
        )
    return b"".join(parts)


def _build_hvcc(picture: Picture, kinds: list[list[bytes]]) -> bytes:
    luma, chroma = picture.depths
    layers, nested = picture.layers
    parts = [
        b"\x01",
        picture.profile,
        b"\xf0\0\xfc",  # min_spatial_segmentation_idc 0, parallelismType unknown
        bytes([0xFC | picture.chroma, 0xF8 | (luma - 8 & 7), 0xF8 | (chroma - 8 & 7)]),
        b"\0\0",  # average frame rate unknown
        bytes([layers << 3 | nested << 2 | 3, len(kinds)]),
    ]
    for kind, items in zip((32, 33, 34), kinds, strict=True):
        parts.append(struct.pack(">BH", 0x80 | kind, len(items)))
        parts += [struct.pack(">H", len(item)) + item for item in items]
    return b"".join(parts)


def visual_entry(track: Track) -> bytes:
    """Return the sample entry of *track*."""
    h264 = track.codec is Codec.H264
    return box(
        b"avc1" if h264 else b"hvc1",
        struct.pack(
            ">6xH16xHHIIIH32xHh", 1, track.width, track.height, 72 << 16, 72 << 16, 0, 1, 24, -1
        ),
        box(b"avcC" if h264 else b"hvcC", track.config),
    )


def init_segment(track: Track) -> bytes:
    """Return ``ftyp`` and ``moov`` for *track*."""
    sample = visual_entry(track)
    table = box(
        b"stbl",
        full(b"stsd", 0, struct.pack(">I", 1), sample),
        full(b"stts", 0, bytes(4)),
        full(b"stsc", 0, bytes(4)),
        full(b"stsz", 0, bytes(8)),
        full(b"stco", 0, bytes(4)),
    )
    sources = box(b"dinf", full(b"dref", 0, struct.pack(">I", 1), full(b"url ", 1)))
    media = box(
        b"mdia",
        full(b"mdhd", 0, struct.pack(">IIIIHH", 0, 0, CLOCK, 0, 0x55C4, 0)),
        full(b"hdlr", 0, struct.pack(">4x4s12x", b"vide"), b"video\0"),
        box(b"minf", full(b"vmhd", 1, bytes(8)), sources, table),
    )
    head = struct.pack(">III4xI8xHHHH", 0, 0, TRACK_ID, 0, 0, 0, 0, 0)
    size = struct.pack(">II", track.width << 16, track.height << 16)
    return box(b"ftyp", b"iso6", struct.pack(">I", 1), b"iso6mp41") + box(
        b"moov",
        full(
            b"mvhd",
            0,
            struct.pack(">IIIIIH10x", 0, 0, CLOCK, 0, 0x10000, 0x100),
            MATRIX,
            struct.pack(">24xI", TRACK_ID + 1),
        ),
        box(b"trak", full(b"tkhd", 3, head, MATRIX, size), media),
        box(b"mvex", full(b"trex", 0, struct.pack(">IIIII", TRACK_ID, 1, 0, 0, 0))),
    )


# moof, mfhd, traf, tfhd (default-base-is-moof), tfdt version 1, trun version 1 with duration,
# size, flags and a signed composition offset for one sample, then the head of mdat.
_FRAGMENT = struct.Struct(">I4s I4sII I4s I4sII I4sIQ I4sIIiIIIi I4s")
_HEAD_SIZE = _FRAGMENT.size
_LENGTH = struct.Struct(">I")


class Fragmenter:
    """Turns the access units of one stream into fragments.

    ``track`` is None until a key frame has brought its parameter sets, and becomes another
    object when they change: its initialization segment must then go first.
    ``hint`` is how long the next frame will stand, 90 kHz, where that is known; 0 where it is not.
    """

    __slots__ = ("_codec", "_dropped", "_dts", "_duration", "_sequence", "_shift", "hint", "track")

    def __init__(self) -> None:
        self.track: Track | None = None
        self.hint = 0
        self._codec = Codec.UNKNOWN
        self._dropped = nal.DROPPED_H264
        self._shift = 0
        self._sequence = 0
        self._dts: int | None = None
        self._duration = _NOMINAL

    def fragment(self, unit: AccessUnit) -> bytes:
        """Return ``moof`` and ``mdat`` of *unit*; empty while there is no track for it."""
        codec, pts, dts, key, data, _, spans = unit
        spans = spans or nal.split(data)
        if key:
            self._adopt(codec, data, spans)
        if self.track is None or codec is not self._codec:
            return b""
        self._advance(dts)
        shift, mask, dropped = self._shift, 0x1F if not self._shift else 0x3F, self._dropped
        view = memoryview(data)
        size = 0
        parts: list[bytes | memoryview] = [b""]
        for begin, end in spans:
            if data[begin] >> shift & mask not in dropped:
                size += 4 + end - begin
                parts += (_LENGTH.pack(end - begin), view[begin:end])
        later = pts - dts if -_LONGEST <= pts - dts <= _LONGEST else 0
        self._sequence = self._sequence + 1 & 0xFFFFFFFF
        parts[0] = _FRAGMENT.pack(
            104, b"moof", 16, b"mfhd", 0, self._sequence, 80, b"traf",
            16, b"tfhd", 0x020000, TRACK_ID, 20, b"tfdt", 0x01000000, dts if dts > 0 else 0,
            36, b"trun", 0x01000F01, 1, _HEAD_SIZE, self._duration, size,
            _KEY_FLAGS if key else _DELTA_FLAGS, later, 8 + size, b"mdat",
        )  # fmt: skip
        return b"".join(parts)

    def _advance(self, dts: int) -> None:
        """Take the last step for this frame's duration: the true one is known a frame later."""
        if self._dts is not None and 0 < dts - self._dts <= _LONGEST:
            self._duration = dts - self._dts
        self._dts = dts
        if self.hint:
            self._duration = self.hint

    def _adopt(self, codec: Codec, data: bytes, spans: nal.Spans) -> None:
        sets = nal.parameter_sets(codec, data, spans)
        if not sets or (self.track is not None and sets == self.track.sets):
            return
        track = track_of(codec, sets)
        if track is not None:
            self.track = track
            self._codec = codec
            self._shift = 0 if codec is Codec.H264 else 1
            self._dropped = nal.DROPPED_H264 if codec is Codec.H264 else nal.DROPPED_H265

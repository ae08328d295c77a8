"""NAL units in Annex B bytes: where they are, what they are, whether decoding can begin there.

Source: ITU-T H.264 7.3.1, 7.4.1 and annex B; ITU-T H.265 7.3.1, 7.4.2 and annex B.
"""

from tongshi.media.unit import Codec

Spans = tuple[tuple[int, int], ...]

START = b"\0\0\1"
START_4 = b"\0\0\0\1"

MOST_UNITS = 16_384
"""Units of one picture: a slice for every packet of the largest is a tenth of it."""
LONGEST_SET = 4096
"""Bytes of a parameter set; real ones have a few dozen."""

DROPPED_H264 = frozenset({7, 8, 9, 10, 11, 12})
"""What an MP4 sample does without: parameter sets, delimiter, ends, filler."""
DROPPED_H265 = frozenset({32, 33, 34, 35, 36, 37, 38})
"""The same for H.265."""
SETS_H264 = frozenset({7, 8})
"""Sequence and picture parameter sets."""
SETS_H265 = frozenset({32, 33, 34})
"""Video, sequence and picture parameter sets."""

_DELIMITERS = {
    Codec.H264: b"\0\0\0\1\x09\xf0",
    Codec.H265: b"\0\0\0\1\x46\x01\x50",
}
# What may stand before the first slice of a picture and so shows that a new one begins:
# H.264 7.4.1.2.3, H.265 7.4.2.4.4.
_LEADERS_H264 = frozenset({6, 7, 8, 9, 14, 15, 16, 17, 18})
_LEADERS_H265 = frozenset({32, 33, 34, 35, 39, *range(41, 45), *range(48, 56)})
# First bytes of H.265 units that tell it from H.264: BLA, IDR, CRA; parameter sets; delimiter, SEI.
_HEADS_H265 = frozenset(kind << 1 for kind in (16, 17, 18, 19, 20, 21, 32, 33, 34, 35, 39))
_KINDS_H264 = frozenset({5, 7, 8})


def split(data: bytes) -> Spans:
    """Return where each NAL unit of *data* begins and ends, start code and zeros left out.

    Data with more than MOST_UNITS start codes are no picture: no unit is found in them.
    """
    # Backwards, because CPython's rfind takes half the time of its find here.
    rfind = data.rfind
    spans: list[tuple[int, int]] = []
    end = len(data)
    at = rfind(START)
    for _ in range(MOST_UNITS):
        if at < 0:
            spans.reverse()
            return tuple(spans)
        begin = at + 3
        if end > begin and not data[end - 1]:
            end = begin + len(data[begin:end].rstrip(b"\0"))
        if end > begin:
            spans.append((begin, end))
        end = at
        at = rfind(START, 0, at)
    return ()


def kind_of(codec: Codec, head: int) -> int:
    """Return nal_unit_type from the first byte of a unit."""
    return head & 0x1F if codec is Codec.H264 else head >> 1 & 0x3F


def find_key(codec: Codec, data: bytes, spans: Spans) -> bool | None:
    """Return whether decoding can begin at this picture; None when there is no picture at all.

    An I slice that comes with its own sequence parameter set counts for H.264, because cameras
    that refresh without IDR pictures would never start otherwise.
    """
    if codec is Codec.H264:
        return _find_key_h264(data, spans)
    for begin, _ in spans:
        kind = data[begin] >> 1 & 0x3F
        if kind < 32:
            return 16 <= kind <= 23
    return None


def _find_key_h264(data: bytes, spans: Spans) -> bool | None:
    sets = False
    for begin, end in spans:
        kind = data[begin] & 0x1F
        if kind == 1:
            return sets and end > begin + 1 and _is_intra(data[begin + 1])
        if kind == 5:
            return True
        if kind == 7:
            sets = True
        elif 2 <= kind <= 4:
            return False
    return None


def _is_intra(head: int) -> bool:
    """first_mb_in_slice 0 ('1'), then slice_type 7 ('0001000') or 2 ('011')."""
    return head == 0x88 or head >> 4 == 0xB


def guess(data: bytes, spans: Spans) -> Codec:
    """Return the codec that the units' first bytes give away, or UNKNOWN.

    Source: GB/T 28181-2022 C.1 leaves it to the program stream map, which is often not sent.
    """
    for begin, end in spans:
        head = data[begin]
        if head in _HEADS_H265 and end > begin + 1 and data[begin + 1] == 1:
            return Codec.H265
        if head & 0x80 == 0 and head & 0x60 and head & 0x1F in _KINDS_H264:
            return Codec.H264
    return Codec.UNKNOWN


def opens_picture(codec: Codec, head: bytes) -> bool:
    """Return whether a unit that begins with *head* is the first of a new picture.

    head: from the byte after the start code; three bytes are enough.
    """
    if not head:
        return False
    if codec is Codec.H265:
        kind = head[0] >> 1 & 0x3F
        return kind in _LEADERS_H265 or (kind < 32 and len(head) > 2 and head[2] >= 0x80)
    kind = head[0] & 0x1F
    return kind in _LEADERS_H264 or (kind in (1, 2, 5) and len(head) > 1 and head[1] >= 0x80)


def is_picture(codec: Codec, head: int) -> bool:
    """Return whether the unit with this first byte carries a slice."""
    return 1 <= head & 0x1F <= 5 if codec is Codec.H264 else head >> 1 & 0x3F < 32


def head_length(payload: bytes) -> int:
    """Return the length of the start code that *payload* begins with: 3, 4, or 0 for none."""
    if payload.startswith(START_4):
        return 4
    return 3 if payload.startswith(START) else 0


def delimiter(codec: Codec) -> bytes:
    """Return an access unit delimiter with its start code; empty for other codecs."""
    return _DELIMITERS.get(codec, b"")


def parameter_sets(codec: Codec, data: bytes, spans: Spans) -> tuple[bytes, ...]:
    """Return the parameter sets in *data* in their order, each once; none of absurd length."""
    wanted = SETS_H264 if codec is Codec.H264 else SETS_H265
    found = {
        data[begin:end]: None
        for begin, end in spans
        if kind_of(codec, data[begin]) in wanted and end - begin <= LONGEST_SET
    }
    return tuple(found)

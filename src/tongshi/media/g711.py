"""G.711: both laws to and from 16-bit samples, and the message that carries them to viewers.

Source: ITU-T G.711 tables 1 and 2.
"""

import struct
from collections.abc import Iterable

from tongshi.media.unit import CLOCK, Codec

RATE = 8000
"""Samples per second; one byte each."""
TICKS_4 = 4 * CLOCK // RATE
"""Of 90 kHz per four samples: 45."""

_BLOCK = struct.Struct(">BBq")
_NUMBERS = {Codec.G711A: 8, Codec.G711U: 0}


SOUND = b"\x01"
"""How a block of sound begins, and no fragment of a picture."""


def block(codec: Codec, pts: int, data: bytes) -> bytes:
    """Return the message to a viewer: 01, the RTP payload type of the law, pts, the samples.

    codec: G711A or G711U.  pts: 90 kHz.
    """
    return _BLOCK.pack(1, _NUMBERS[codec], pts) + data


def _expand_a(code: int) -> int:
    code ^= 0x55
    value = (code & 0x0F) << 4 | 8
    segment = code >> 4 & 7
    if segment:
        value = (value | 0x100) << segment - 1
    return value if code & 0x80 else -value


def _expand_u(code: int) -> int:
    code = ~code & 0xFF
    value = (((code & 0x0F) << 3 | 0x84) << (code >> 4 & 7)) - 0x84
    return -value if code & 0x80 else value


_SAMPLES = {
    Codec.G711A: tuple(_expand_a(code) for code in range(256)),
    Codec.G711U: tuple(_expand_u(code) for code in range(256)),
}
_LOW = {law: bytes(value & 0xFF for value in table) for law, table in _SAMPLES.items()}
_HIGH = {law: bytes(value >> 8 & 0xFF for value in table) for law, table in _SAMPLES.items()}


def decode(codec: Codec, data: bytes) -> bytes:
    """Return *data* as 16-bit little-endian samples.  codec: G711A or G711U."""
    out = bytearray(2 * len(data))
    out[0::2] = data.translate(_LOW[codec])
    out[1::2] = data.translate(_HIGH[codec])
    return bytes(out)


def to_mu_law(data: bytes) -> bytes:
    """Return A-law *data* in mu-law, sample by sample.  Source: ITU-T G.711 table 4."""
    return data.translate(_TO_MU)


def encode(codec: Codec, samples: Iterable[int]) -> bytes:
    """Return 16-bit *samples* by the law of *codec*, G711A or G711U."""
    compress = _compress_a if codec is Codec.G711A else _compress_u
    return bytes(map(compress, samples))


def _compress_a(sample: int) -> int:
    value = sample >> 3
    sign = 0xD5 if value >= 0 else 0x55
    if value < 0:
        value = -value - 1
    segment = max(value.bit_length() - 5, 0)
    step = value >> 1 if segment < 2 else value >> segment
    return (segment << 4 | step & 0x0F) ^ sign


def _compress_u(sample: int) -> int:
    sign = 0xFF if sample >= 0 else 0x7F
    value = min(abs(sample), 32635) + 0x84
    segment = value.bit_length() - 8
    return (segment << 4 | value >> segment + 3 & 0x0F) ^ sign


_TO_MU = bytes(map(_compress_u, _SAMPLES[Codec.G711A]))

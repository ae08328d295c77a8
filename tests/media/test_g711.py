import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.media import g711
from tongshi.media.unit import Codec

LAWS = [Codec.G711A, Codec.G711U]


def test_the_message_to_viewers() -> None:
    message = g711.block(Codec.G711A, 90000, b"\xd5\xd5")
    assert message.hex(" ") == "01 08 00 00 00 00 00 01 5f 90 d5 d5"
    assert g711.block(Codec.G711U, -1, b"").hex(" ") == "01 00 ff ff ff ff ff ff ff ff"


@pytest.mark.parametrize(
    ("law", "code", "sample"),
    [
        # ITU-T G.711 tables 1a, 1b, 2a, 2b, decoder output in 16 bits.
        (Codec.G711A, 0xD5, 8),
        (Codec.G711A, 0x55, -8),
        (Codec.G711A, 0xAA, 32256),
        (Codec.G711A, 0x2A, -32256),
        (Codec.G711A, 0x80, 5504),
        (Codec.G711U, 0xFF, 0),
        (Codec.G711U, 0x80, 32124),
        (Codec.G711U, 0x00, -32124),
        (Codec.G711U, 0xEF, 132),
    ],
)
def test_known_values(law: Codec, code: int, sample: int) -> None:
    assert struct.unpack("<h", g711.decode(law, bytes([code]))) == (sample,)


@pytest.mark.parametrize("law", LAWS)
def test_every_code_survives_decoding_and_encoding(law: Codec) -> None:
    codes = bytes(range(256))
    samples = struct.unpack("<256h", g711.decode(law, codes))
    again = g711.encode(law, samples)
    # Minus zero of the mu-law comes back as zero.
    expected = codes.replace(b"\x7f", b"\xff") if law is Codec.G711U else codes
    assert again == expected


@given(st.sampled_from(LAWS), st.lists(st.integers(-32768, 32767), max_size=50))
def test_samples_keep_their_size(law: Codec, samples: list[int]) -> None:
    data = g711.encode(law, samples)
    for sample, heard in zip(
        samples, struct.unpack(f"<{len(data)}h", g711.decode(law, data)), strict=True
    ):
        assert abs(sample - heard) <= 16 + abs(sample) // 16


def test_a_law_becomes_mu_law_sample_by_sample() -> None:
    codes = bytes(range(256))
    samples = struct.unpack("<256h", g711.decode(Codec.G711A, codes))
    assert g711.to_mu_law(codes) == g711.encode(Codec.G711U, samples)
    assert g711.to_mu_law(b"\xd5\x55") == b"\xfe\x7e"  # next to nothing, of either sign

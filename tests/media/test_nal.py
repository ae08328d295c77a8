import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.media import nal
from tongshi.media.unit import AccessUnit, Codec

# Units of which only the head matters, with their start codes.
AUD_4, SPS_4, PPS_4, SEI_4, IDR_4, P_4, I_4 = (
    b"\0\0\0\1" + bytes.fromhex(text)
    for text in ("09f0", "6764", "68ee", "0605", "6588", "419a", "4188")
)
AUD_5, VPS_5, SPS_5, PPS_5, IDR_5, TRAIL_5 = (
    b"\0\0\0\1" + bytes.fromhex(text)
    for text in ("460150", "40010c", "420101", "4401c1", "2601af", "0201d0")
)


def test_split_leaves_out_start_codes_and_zeros() -> None:
    data = b"\0\0\0\1\x09\xf0\0\0\1\x65\x88\0\0\0\0\1\x41\x9a\0\0"
    assert [data[a:b] for a, b in nal.split(data)] == [b"\x09\xf0", b"\x65\x88", b"\x41\x9a"]


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\x65\x88", b"\0\0\1", b"\0\0\1\0\0\0\1\0"])
def test_split_finds_nothing_where_nothing_is(data: bytes) -> None:
    assert nal.split(data) == ()


def test_split_finds_no_picture_in_start_codes_without_end() -> None:
    assert len(nal.split(b"\0\0\1\x65" * (nal.MOST_UNITS - 1))) == nal.MOST_UNITS - 1
    assert nal.split(b"\0\0\1\x65" * nal.MOST_UNITS) == ()


def test_sets_of_absurd_length_are_none() -> None:
    longest = b"\0\0\1\x67" + b"x" * (nal.LONGEST_SET - 1)
    for data, count in ((longest, 1), (longest + b"x", 0)):
        assert len(nal.parameter_sets(Codec.H264, data, nal.split(data))) == count


def split_slowly(data: bytes) -> list[bytes]:
    parts = data.split(b"\0\0\1")[1:]
    return [part.rstrip(b"\0") for part in parts if part.rstrip(b"\0")]


@given(
    st.lists(st.sampled_from([b"\0", b"\1", b"\2", b"\0\0\1", b"\0\0\0\1", b"ab"])).map(b"".join)
)
def test_split_equals_the_slow_way(data: bytes) -> None:
    assert [data[a:b] for a, b in nal.split(data)] == split_slowly(data)


@pytest.mark.parametrize(
    ("codec", "data", "key"),
    [
        (Codec.H264, AUD_4 + SPS_4 + PPS_4 + SEI_4 + IDR_4, True),
        (Codec.H264, AUD_4 + P_4, False),
        (Codec.H264, AUD_4 + I_4, False),
        (Codec.H264, SPS_4 + PPS_4 + I_4, True),
        (Codec.H264, SPS_4 + PPS_4 + b"\0\0\1\x41\xb3", True),
        (Codec.H264, SPS_4 + P_4, False),
        (Codec.H264, SPS_4 + b"\0\0\1\x41", False),
        (Codec.H264, SPS_4 + b"\0\0\1\x42\x88", False),
        (Codec.H264, SPS_4 + PPS_4, None),
        (Codec.H264, b"", None),
        (Codec.H265, AUD_5 + VPS_5 + SPS_5 + PPS_5 + IDR_5, True),
        (Codec.H265, b"\0\0\1\x2a\x01\xaf", True),
        (Codec.H265, TRAIL_5, False),
        (Codec.H265, VPS_5 + SPS_5 + PPS_5, None),
    ],
)
def test_key_pictures(codec: Codec, data: bytes, key: bool | None) -> None:
    assert nal.find_key(codec, data, nal.split(data)) is key


@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (AUD_4 + SPS_4, Codec.H264),
        (PPS_4, Codec.H264),
        (IDR_4, Codec.H264),
        (b"\0\0\1\x27\x42", Codec.H264),
        (VPS_5, Codec.H265),
        (SPS_5, Codec.H265),
        (PPS_5, Codec.H265),
        (AUD_5, Codec.H265),
        (IDR_5, Codec.H265),
        (b"\0\0\1\x28\x01\xaf", Codec.H265),
        (P_4, Codec.UNKNOWN),
        (b"\0\0\1\x40", Codec.UNKNOWN),
        (b"", Codec.UNKNOWN),
    ],
)
def test_the_first_bytes_give_the_codec_away(data: bytes, codec: Codec) -> None:
    assert nal.guess(data, nal.split(data)) is codec


@pytest.mark.parametrize(
    ("codec", "data", "opens"),
    [
        (Codec.H264, AUD_4, True),
        (Codec.H264, SPS_4, True),
        (Codec.H264, IDR_4, True),
        (Codec.H264, P_4, True),
        (Codec.H264, b"\0\0\0\1\x41\x40", False),
        (Codec.H264, b"\0\0\0\1\x41", False),
        (Codec.H264, b"\0\0\0\1\x0c\xff", False),
        (Codec.H264, b"\0\0\0\1", False),
        (Codec.H265, VPS_5, True),
        (Codec.H265, IDR_5, True),
        (Codec.H265, TRAIL_5, True),
        (Codec.H265, b"\0\0\0\1\x02\x01\x40", False),
        (Codec.H265, b"\0\0\0\1\x02\x01", False),
        (Codec.H265, b"\0\0\0\1\x4c\x01\x80", False),
    ],
)
def test_which_units_open_a_picture(codec: Codec, data: bytes, opens: bool) -> None:
    assert nal.opens_picture(codec, data[4:7]) is opens


def test_which_units_carry_slices() -> None:
    assert nal.is_picture(Codec.H264, 0x65)
    assert not nal.is_picture(Codec.H264, 0x67)
    assert nal.is_picture(Codec.H265, 0x26)
    assert not nal.is_picture(Codec.H265, 0x40)


def test_start_codes_have_three_bytes_or_four() -> None:
    assert [nal.head_length(data) for data in (b"\0\0\1A", b"\0\0\0\1A", b"\0\0A", b"")] == [
        3,
        4,
        0,
        0,
    ]


def test_delimiters() -> None:
    assert nal.delimiter(Codec.H264) == b"\0\0\0\1\x09\xf0"
    assert nal.delimiter(Codec.H265) == b"\0\0\0\1\x46\x01\x50"
    assert nal.delimiter(Codec.SVAC) == b""


def test_parameter_sets_come_once_each(h264: list[AccessUnit], h265: list[AccessUnit]) -> None:
    twice = h264[0].data + h264[6].data
    sets = nal.parameter_sets(Codec.H264, twice, nal.split(twice))
    assert [item[0] & 0x1F for item in sets] == [7, 8]
    sets = nal.parameter_sets(Codec.H265, h265[0].data, h265[0].spans)
    assert [item[0] >> 1 for item in sets] == [32, 33, 34]

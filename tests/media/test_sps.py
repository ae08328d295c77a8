import re

from hypothesis import given
from hypothesis import strategies as st

from tongshi.media import nal
from tongshi.media.sps import Bits, Picture, parse_h264, parse_h265, unescape
from tongshi.media.unit import AccessUnit, Codec


class Writer:
    """Bits put one after another, to build sets that no encoder at hand writes."""

    def __init__(self) -> None:
        self.text = ""

    def put(self, value: int, count: int) -> "Writer":
        self.text += f"{value:0{count}b}" if count else ""
        return self

    def ue(self, *values: int) -> "Writer":
        for value in values:
            binary = f"{value + 1:b}"
            self.text += "0" * (len(binary) - 1) + binary
        return self

    def se(self, *values: int) -> "Writer":
        return self.ue(*(2 * value - 1 if value > 0 else -2 * value for value in values))

    def done(self, head: bytes) -> bytes:
        text = self.text + "1"
        text += "0" * (-len(text) % 8)
        body = int(text, 2).to_bytes(len(text) // 8, "big")
        body = re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\0\0\3", body)
        return head + body


def find_set(unit: AccessUnit, kind: int) -> bytes:
    sets = nal.parameter_sets(unit.codec, unit.data, unit.spans)
    return next(item for item in sets if nal.kind_of(unit.codec, item[0]) == kind)


def test_exp_golomb() -> None:
    bits = Bits(bytes.fromhex("a6429844"))  # 1 010 011 00100 00101 00110 00010001 00
    assert [bits.ue() for _ in range(6)] == [0, 1, 2, 3, 4, 5]
    bits = Bits(Writer().se(0, 1, -1, 2, -2).done(b""))
    assert [bits.se() for _ in range(5)] == [0, 1, -1, 2, -2]


def test_reading_beyond_the_end_gives_zeros() -> None:
    bits = Bits(b"\xff")
    assert (bits.read(8), bits.overrun) == (255, False)
    assert (bits.read(1), bits.overrun) == (0, True)
    bits = Bits(b"\0\0\0\0\1")
    assert (bits.ue(), bits.overrun) == (0, True)


def test_emulation_prevention_is_taken_out() -> None:
    assert unescape(b"\x67\0\0\3\1\0\0\3\0\0\3") == b"\x67\0\0\1\0\0\0\0"


def test_h264_of_x264(h264: list[AccessUnit]) -> None:
    picture = parse_h264(find_set(h264[0], 7))
    assert picture is not None
    assert (picture.width, picture.height, picture.codec) == (64, 48, "avc1.42d00b")


def test_h265_of_x265(h265: list[AccessUnit]) -> None:
    picture = parse_h265(find_set(h265[0], 33))
    assert picture is not None
    assert (picture.width, picture.height, picture.chroma) == (64, 48, 1)
    assert picture.codec == "hvc1.1.6.L30.90"
    assert picture.layers == (1, True)


def test_h264_of_a_1080p_camera() -> None:
    # Composed: High, level 4.0, 120 x 68 macroblocks, 8 lines cropped.
    bits = Writer().ue(0, 1, 0, 0).put(0, 1).put(0, 1).ue(0, 0, 0, 1).put(0, 1)
    bits.ue(119, 67).put(1, 1).put(1, 1).put(1, 1).ue(0, 0, 0, 4).put(0, 1)
    picture = parse_h264(bits.done(bytes.fromhex("67640028")))
    assert picture == Picture(1920, 1080, "avc1.640028", 1, (8, 8), bytes.fromhex("640028"))


def test_h264_interlaced_with_every_option() -> None:
    # 4:4:4, separate planes, scaling lists, order count type 1, fields, cropping.
    bits = Writer().ue(0, 3).put(1, 1).ue(2, 2).put(0, 1).put(1, 1)
    bits.put(1, 1).se(-8)  # a list that ends at once
    bits.put(1, 1).se(*[0] * 16)  # a whole one
    bits.put(0, 10)
    bits.ue(0, 1).put(0, 1).se(0, 0).ue(2).se(1, -1)
    bits.ue(1).put(0, 1).ue(44, 17).put(0, 1).put(0, 1).put(1, 1).put(1, 1).ue(1, 1, 0, 1)
    picture = parse_h264(bits.done(bytes.fromhex("67f4001e")))
    assert picture is not None
    assert (picture.width, picture.height) == (718, 574)
    assert (picture.chroma, picture.depths) == (3, (10, 10))


def test_h264_order_count_type_2_and_420_fields() -> None:
    bits = Writer().ue(0, 0, 2, 1).put(0, 1).ue(10, 8).put(0, 1).put(0, 1).put(1, 1)
    bits.put(1, 1).ue(0, 0, 0, 1)
    picture = parse_h264(bits.done(bytes.fromhex("6742001e")))
    assert picture is not None
    assert (picture.width, picture.height) == (176, 284)


def profile_of(space: int, tier: int, idc: int, compatible: int, flags: str, level: int) -> bytes:
    first = bytes([space << 6 | tier << 5 | idc])
    return first + compatible.to_bytes(4, "big") + bytes.fromhex(flags) + bytes([level])


def h265_set(profile: bytes, layers: int, chroma: int, size: tuple[int, int], crop: bool) -> bytes:
    bits = Writer().put(0, 4).put(layers - 1, 3).put(0, 1)
    bits.put(int.from_bytes(profile, "big"), 96)
    for index in range(layers - 1):
        bits.put(3 if index == 0 else 0, 2)
    if layers > 1:
        bits.put(0, 2 * (9 - layers))
        bits.put(0, 96)
    bits.ue(0, chroma)
    if chroma == 3:
        bits.put(0, 1)
    bits.ue(*size).put(crop, 1)
    if crop:
        bits.ue(0, 2, 0, 4)
    return bits.ue(2, 2).done(b"\x42\x01")


def test_h265_codec_strings() -> None:
    profile = profile_of(1, 1, 2, 0x20000000, "b00000000000", 123)
    picture = parse_h265(h265_set(profile, 3, 1, (1920, 1088), True))
    assert picture is not None
    assert (picture.width, picture.height) == (1916, 1080)
    assert picture.codec == "hvc1.A2.4.H123.B0"
    assert (picture.depths, picture.layers) == ((10, 10), (3, False))
    picture = parse_h265(
        h265_set(profile_of(0, 0, 4, 8 << 24, "90" + "00" * 5, 90), 1, 3, (64, 64), True)
    )
    assert picture is not None
    assert (picture.width, picture.height, picture.codec) == (62, 60, "hvc1.4.10.L90.90")


def test_sizes_that_cannot_be_are_refused() -> None:
    profile = profile_of(0, 0, 1, 6 << 28, "900000000000", 93)
    assert parse_h265(h265_set(profile, 1, 1, (0, 64), False)) is None
    assert parse_h265(h265_set(profile, 1, 1, (64, 40000), False)) is None
    assert parse_h265(h265_set(profile, 1, 4, (64, 64), False)) is None


def test_other_units_are_refused() -> None:
    assert parse_h264(b"\x68\xee\x3c\x80\x00") is None
    assert parse_h264(b"\x67\x42") is None
    assert parse_h265(bytes(20)) is None
    assert parse_h265(b"\x42\x01") is None


def test_cut_at_each_length_nothing_raises(h264: list[AccessUnit], h265: list[AccessUnit]) -> None:
    whole = find_set(h264[0], 7)
    assert [parse_h264(whole[:size]) for size in range(7)] == [None] * 7
    whole = find_set(h265[0], 33)
    assert [parse_h265(whole[:size]) for size in range(16)] == [None] * 16


@given(st.binary(max_size=64))
def test_any_bytes_give_a_picture_or_none(data: bytes) -> None:
    for picture in (parse_h264(b"\x67" + data), parse_h265(b"\x42\x01" + data)):
        if picture is not None:
            assert 0 < picture.width <= 16384
            assert 0 < picture.height <= 16384


def test_trailing_bytes_do_not_matter(h264: list[AccessUnit]) -> None:
    whole = find_set(h264[0], 7)
    assert parse_h264(whole + b"\xff\xff") == parse_h264(whole)
    assert Codec.H264 is h264[0].codec

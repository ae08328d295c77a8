import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.media import psfields as fields
from tongshi.media.unit import Codec

# Worked out by hand from ISO/IEC 13818-1 and checked with ffprobe.
PACKS = [
    (0, "00 00 01 ba 44 00 04 00 04 01 00 5f 6b f8"),
    (3600, "00 00 01 ba 44 00 04 70 84 01 00 5f 6b f8"),
    (90000, "00 00 01 ba 44 00 16 fc 84 01 00 5f 6b f8"),
]
MAPS = [
    (
        Codec.H264,
        Codec.G711A,
        "00 00 01 bc 00 12 e0 ff 00 00 00 08 1b e0 00 00 90 c0 00 00 fe df b1 d7",
    ),
    (Codec.H264, None, "00 00 01 bc 00 0e e0 ff 00 00 00 04 1b e0 00 00 f4 dc bd 45"),
    (
        Codec.H265,
        Codec.AAC,
        "00 00 01 bc 00 12 e0 ff 00 00 00 08 24 e0 00 00 0f c0 00 00 ea c5 e4 1d",
    ),
]


@pytest.mark.parametrize(("scr", "text"), PACKS)
def test_pack_headers(scr: int, text: str) -> None:
    assert fields.build_pack_header(scr).hex(" ") == text
    assert fields.build_pack_header(scr + (1 << 33)).hex(" ") == text


def test_system_headers() -> None:
    both = "00 00 01 bb 00 0c 80 cc f5 04 e1 7f e0 e2 00 c0 c0 20"
    assert fields.build_system_header(audio=True).hex(" ") == both
    video = "00 00 01 bb 00 09 80 cc f5 00 e1 7f e0 e2 00"
    assert fields.build_system_header(audio=False).hex(" ") == video


@pytest.mark.parametrize(("video", "audio", "text"), MAPS)
def test_stream_maps(video: Codec, audio: Codec | None, text: str) -> None:
    packet = fields.build_stream_map(video, audio)
    assert packet.hex(" ") == text
    read = fields.read_stream_map(packet)
    assert read.codec_of(0xE0) is video
    assert read.codec_of(0xC0) is (audio or Codec.UNKNOWN)
    assert fields.crc32(packet) == 0


@pytest.mark.parametrize(
    ("number", "codec"),
    [(0x1B, Codec.H264), (0x24, Codec.H265), (0x80, Codec.SVAC), (0x0F, Codec.AAC),
     (0x90, Codec.G711A), (0x91, Codec.G711U), (0x10, Codec.UNKNOWN), (0x9B, Codec.UNKNOWN)],
)  # fmt: skip
def test_stream_types(number: int, codec: Codec) -> None:
    assert fields.codec_of(number) is codec


def test_pes_headers() -> None:
    header = fields.build_pes_header(0xE0, 5, pts=90000)
    whole = "00 00 01 e0 00 0d 84 80 05 21 00 05 bf 21 00 00 00 01 65"
    assert (header + b"\0\0\0\1\x65").hex(" ") == whole
    header = fields.build_pes_header(0xE0, 0, pts=93600, dts=90000)
    assert header.hex(" ") == "00 00 01 e0 00 0d 84 c0 0a 31 00 05 db 41 11 00 05 bf 21"
    header = fields.build_pes_header(0xE0, 0, pts=2**33 - 1, dts=2**33 - 1)
    assert header.hex(" ").endswith("05 2f ff ff ff ff")
    assert fields.build_pes_header(0xC0, 3).hex(" ") == "00 00 01 c0 00 06 80 00 00"


@given(st.integers(0, 2**33 - 1), st.integers(0, 2**33 - 1), st.integers(0, 50))
def test_read_of_build_is_identity(pts: int, dts: int, size: int) -> None:
    data = fields.build_pes_header(0xE0, size, pts=pts, dts=dts) + bytes(size)
    header = fields.read_header(data, 0, len(data))
    assert header == (len(data) - size, pts, None if dts == pts else dts)
    data = fields.build_pes_header(0xE0, size) + bytes(size)
    assert fields.read_header(data, 0, len(data)) == (9, None, None)


def test_a_map_is_read_whatever_its_lengths_and_crc_say() -> None:
    good = bytes.fromhex(MAPS[0][2])
    wrong_crc = good[:-1] + b"\0"
    long_map = good[:10] + b"\x7f\xff" + good[12:]
    long_info = good[:8] + b"\x7f\xff" + good[10:]
    too_long = good[:4] + b"\xff\xff" + good[6:]
    for packet in (wrong_crc, long_map, long_info, too_long):
        read = fields.read_stream_map(packet)
        assert (read.codec_of(0xE0), read.codec_of(0xC0)) == (Codec.H264, Codec.G711A)


def test_descriptors_are_stepped_over_whatever_they_hold() -> None:
    # Seen on the wire: raw avcC bytes in the descriptor of the video.
    avcc = bytes.fromhex("014d401fffe10004674d401f01000468ee3c80")
    entries = b"\x1b\xe0" + len(avcc).to_bytes(2, "big") + avcc + b"\x90\xc0\0\0"
    body = b"\xe0\xff\0\2\x05\x00" + len(entries).to_bytes(2, "big") + entries + b"\0\0\0\0"
    packet = b"\0\0\1\xbc" + len(body).to_bytes(2, "big") + body
    read = fields.read_stream_map(packet)
    assert read.codecs == ((0xE0, Codec.H264), (0xC0, Codec.G711A))


def test_entries_that_are_none_end_the_map() -> None:
    packet = bytes.fromhex("000001bc0012e0ff000000081be00000010100000000 0000".replace(" ", ""))
    assert fields.read_stream_map(packet).codecs == ((0xE0, Codec.H264),)


@given(st.binary(max_size=40))
def test_any_bytes_make_a_map(data: bytes) -> None:
    for stream_id, _ in fields.read_stream_map(b"\0\0\1\xbc" + data).codecs:
        assert stream_id >= 0xBC


def test_a_header_that_is_none_or_claims_too_much() -> None:
    packet = b"\0\0\1\xe0\0\x0d" + bytes.fromhex("408005210005bf21") + b"\0\0\1\x65"
    assert fields.read_header(packet, 0, len(packet)) is None
    packet = b"\0\0\1\xe0\0\x0d" + bytes.fromhex("8480ff210005bf21") + b"\0\0\1\x65"
    assert fields.read_header(packet, 0, len(packet)) == (14, None, None)
    assert fields.read_header(packet, 0, 12) == (12, None, None)


def test_stamps_that_do_not_fit_their_header_are_not_read() -> None:
    packet = b"\0\0\1\xe0\0\x0d" + bytes.fromhex("84c004210005bf") + b"\0\0\1\x65"
    assert fields.read_header(packet, 0, len(packet)) == (13, None, None)
    packet = b"\0\0\1\xe0\0\x0d" + bytes.fromhex("84c005210005bf21") + b"\0\0\1\x65"
    assert fields.read_header(packet, 0, len(packet)) == (14, 90000, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0f aa", (7, None, None)),
        ("ff ff 0f aa", (9, None, None)),
        ("60 20 21 00 05 bf 21 aa", (13, 90000, None)),
        ("31 00 05 db 41 11 00 05 bf 21 aa", (16, 93600, 90000)),
        ("21 00 05", (7, None, None)),
        ("ff ff", (8, None, None)),
    ],
)
def test_headers_of_mpeg_1(text: str, expected: tuple[int, int | None, int | None]) -> None:
    packet = b"\0\0\1\xe0\0\0" + bytes.fromhex(text)
    assert fields.read_old_header(packet, 0, len(packet)) == expected

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.shelf.jpeg import LARGEST, Size, measure


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def frame(width: int, height: int, marker: int = 0xC0) -> bytes:
    sides = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return segment(marker, b"\x08" + sides + b"\x03" + bytes(9))


APP0 = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
SCAN = segment(0xDA, bytes(10)) + b"\x12\x34\xff\x00\x56"
PICTURE = b"\xff\xd8" + APP0 + frame(1920, 1080) + SCAN + b"\xff\xd9"


def test_the_size_stands_in_the_frame_header() -> None:
    assert measure(PICTURE) == Size(1920, 1080)
    assert measure(PICTURE + b"padding") == Size(1920, 1080)
    progressive = PICTURE.replace(frame(1920, 1080), frame(640, 480, 0xC2))
    assert measure(progressive) == Size(640, 480)
    filled = PICTURE.replace(APP0, b"\xff\xff" + APP0[1:] + b"\xff\x01")
    assert measure(filled) == Size(1920, 1080)
    tables = PICTURE.replace(APP0, segment(0xC4, bytes(20)) + APP0)
    assert measure(tables) == Size(1920, 1080)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "begin"),
        (b"GIF89a", "begin"),
        (b"<html>", "begin"),
        (b"\xff\xd8" + PICTURE[2:-2], "end"),
        (b"\xff\xd8\xff\xd9", "frame"),
        (b"\xff\xd8" + APP0 + SCAN + b"\xff\xd9", "frame"),
        (b"\xff\xd8" + APP0 + b"\xff\xd8\xff\xd9", "frame"),
        (b"\xff\xd8" + APP0[:2] + b"\xff\xff" + b"\xff\xd9", "longer"),
        (b"\xff\xd8\xff\xe0\x00\x01\xff\xd9", "longer"),
        (b"\xff\xd8" + APP0 + b"\x00\xff\xd9", "join"),
        (b"\xff\xd8\xff\xd9\xff"[:2] + segment(0xE0, b"\xff\xd9") + b"\xff\xff", "join"),
        (b"\xff\xd8" + b"\xff\x01" * 100_000 + PICTURE[2:], "markers"),
        (b"\xff\xd8" + b"\xff\xfe\x00\x02" * 100_000 + PICTURE[2:], "markers"),
        (b"\xff\xd8" + b"\xff" * 100_000 + PICTURE[2:], "join"),
        (PICTURE.replace(frame(1920, 1080), frame(0, 1080)), "by"),
        (PICTURE.replace(frame(1920, 1080), frame(LARGEST + 1, 1080)), "by"),
        (PICTURE.replace(frame(1920, 1080), segment(0xC0, b"\x08\0\1")), "cut off"),
    ],
)
def test_what_is_no_picture_says_why(data: bytes, why: str) -> None:
    with pytest.raises(RemoteProtocolError, match=why):
        measure(data)


def test_a_picture_that_was_cut_is_none() -> None:
    for length in range(len(PICTURE)):
        with pytest.raises(RemoteProtocolError):
            measure(PICTURE[:length])


@given(st.binary(max_size=200))
def test_any_bytes_are_measured_or_refused(data: bytes) -> None:
    for whole in (data, b"\xff\xd8\xff" + data + b"\xff\xd9"):
        try:
            size = measure(whole)
        except RemoteProtocolError:
            continue
        assert 0 < size.width <= LARGEST
        assert 0 < size.height <= LARGEST

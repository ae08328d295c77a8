import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.media import elementary, nal
from tongshi.media.elementary import Splitter
from tongshi.media.unit import AccessUnit, Codec
from tongshi.testing.weight import weigh


def feed_all(splitter: Splitter, data: bytes, size: int) -> list[bytes]:
    pieces = [
        p
        for at in range(0, len(data), size)
        for p in splitter.feed(data[at : at + size], None, None)
    ]
    return [piece.data for piece in pieces + splitter.flush()]


@pytest.mark.parametrize("size", [1, 2, 5, 188, 100000])
def test_pictures_are_found_wherever_the_stream_is_cut(
    size: int, h264: list[AccessUnit], h265: list[AccessUnit]
) -> None:
    for units in (h264, h265):
        data = b"".join(unit.data for unit in units)
        for codec in (units[0].codec, Codec.UNKNOWN):
            assert feed_all(Splitter(codec), data, size) == [unit.data for unit in units]


def test_slices_of_one_picture_stay_together() -> None:
    first, second, third = b"\0\0\0\1\x65\x88aa", b"\0\0\1\x65\x40aa", b"\0\0\0\1\x41\x9aaa"
    assert feed_all(Splitter(Codec.H264), first + second + third, 100) == [first + second, third]


def test_a_time_stamp_belongs_to_the_first_picture_that_begins_in_its_packet(
    h264: list[AccessUnit],
) -> None:
    a, b, c, d = (unit.data for unit in h264[2:6])
    splitter = Splitter(Codec.H264)
    pieces = splitter.feed(a + b[:4], 100, 90)
    pieces += splitter.feed(b[4:] + c + d[:5], 300, None)
    pieces += splitter.feed(d[5:], None, None) + splitter.flush()
    assert [(p.data, p.pts, p.dts) for p in pieces] == [
        (a, 100, 90),
        (b, None, None),
        (c, 300, None),
        (d, None, None),
    ]


def test_without_a_clue_to_the_codec_nothing_comes_before_the_end() -> None:
    splitter = Splitter()
    assert splitter.feed(b"\0\0\1\x41\x9a\0\0\1\x41\x9a", None, None) == []
    assert [p.data for p in splitter.flush()] == [b"\0\0\1\x41\x9a\0\0\1\x41\x9a"]
    assert splitter.flush() == []


def test_what_never_ends_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elementary, "LIMIT", 100)
    splitter = Splitter(Codec.H264)
    assert splitter.feed(b"\0\0\0\1\x65\x88" + bytes(200), 1, 1) == []
    assert splitter.overflows == 1
    assert feed_all(splitter, b"\0\0\0\1\x41\x9a\0\0\0\1\x41\x9b\x01", 6) == [
        b"\0\0\0\1\x41\x9a",
        b"\0\0\0\1\x41\x9b\x01",
    ]


def test_time_stamps_without_pictures_do_not_pile_up() -> None:
    splitter = Splitter()
    for number in range(5000):
        splitter.feed(b"x", number, None)
    assert weigh(splitter._marks) < 300_000
    assert splitter.feed(b"\0\0\0\1\x65\x88", 7, None) == []
    assert [piece.pts for piece in splitter.flush()] == [None]  # it had gone with the others


def test_what_gave_no_clue_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = list[int]()

    def look(data: bytes) -> nal.Spans:
        looked.append(len(data))
        return ()

    monkeypatch.setattr(nal, "split", look)
    splitter = Splitter()
    for _ in range(100):
        splitter.feed(b"x" * 50, None, None)
    assert sum(looked) < 100 * 60


@given(st.lists(st.binary(max_size=60), max_size=20), st.sampled_from([Codec.H264, Codec.H265]))
def test_no_byte_is_lost_or_made_up(chunks: list[bytes], codec: Codec) -> None:
    splitter = Splitter(codec)
    pieces = [p for chunk in chunks for p in splitter.feed(chunk, 1, None)] + splitter.flush()
    assert b"".join(p.data for p in pieces) == b"".join(chunks)

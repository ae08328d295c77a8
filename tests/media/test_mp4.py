"""Files made of an index, read back by FFmpeg's library."""

import io
import struct
from collections.abc import Sequence

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import Invalid
from tongshi.media import aac, nal
from tongshi.media.fmp4 import Track, track_of
from tongshi.media.mp4 import (
    RECORD,
    Kind,
    Record,
    Sound,
    build_moov,
    close_head,
    head_size,
    open_head,
    read_records,
    read_tracks,
    room_for,
    sample_of,
    write_track,
)
from tongshi.media.unit import CLOCK, AccessUnit, Codec
from tongshi.testing.clip import STEP, encode

SINCE = 1_700_000_000.0
ALAW = Sound(Codec.G711A)
GOP = 5


def picture(number: int, size: int, offset: int, *, shift: int = 0, of: int = 1) -> Record:
    key = number % GOP == 0
    at = SINCE + number / 25 if key else 0.0
    return Record(Kind.PICTURE, key, False, of, size, number * STEP, shift, offset, at)


def tracks_of(units: Sequence[AccessUnit]) -> list[Track]:
    unit = units[0]
    sets = nal.parameter_sets(unit.codec, unit.data, unit.spans or nal.split(unit.data))
    track = track_of(unit.codec, sets)
    assert track is not None
    return [track]


def make(
    units: Sequence[AccessUnit],
    sounds: Sequence[tuple[int, bytes]] = (),
    sound: Sound = ALAW,
    room: int = 8192,
    shifts: Sequence[int] = (),
) -> bytes:
    """Return a file: all pictures, then all sound."""
    data: list[bytes] = []
    records: list[Record] = []
    offset = head_size(room)
    for number, unit in enumerate(units):
        data.append(sample_of(unit))
        shift = shifts[number] if shifts else 0
        records.append(picture(number, len(data[-1]), offset, shift=shift))
        offset += len(data[-1])
    for dts, block in sounds:
        records.append(Record(Kind.SOUND, False, False, 1, len(block), dts, 0, offset, 0.0))
        data.append(block)
        offset += len(block)
    moov = build_moov(records, tracks_of(units), [sound] if sounds else [], SINCE)
    content = b"".join(data)
    head = close_head(moov, room, len(content))
    assert head is not None
    assert len(head) == len(open_head(room)) == head_size(room)
    return head + content


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_every_picture_is_there_with_its_time(codec: Codec) -> None:
    units = encode(codec, 13, gop=GOP)
    blocks = [(number * STEP, bytes([number]) * 320) for number in range(13)]
    content = make(units, [(0, b"".join(block for _, block in blocks))])
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(io.BytesIO(content), "r") as file:
        assert file.metadata["creation_time"].startswith("2023-11-14T22:13:20")
        packets = [packet for packet in file.demux(video=0) if packet.size]
        assert [packet.dts for packet in packets] == [number * STEP for number in range(13)]
        assert [packet.is_keyframe for packet in packets] == [n % GOP == 0 for n in range(13)]
        assert [bytes(packet) for packet in packets] == [sample_of(unit) for unit in units]
    with av.open(io.BytesIO(content), "r") as file:
        assert sum(1 for _ in file.decode(video=0)) == 13
    with av.open(io.BytesIO(content), "r") as file:
        sound = b"".join(bytes(packet) for packet in file.demux(audio=0))
        assert sound == b"".join(block for _, block in blocks)
        assert file.streams.audio[0].codec_context.name == "pcm_alaw"


def test_pictures_out_of_order_are_shown_in_theirs() -> None:
    shifts = [2 * STEP, 3 * STEP, 0, 2 * STEP, 2 * STEP, 2 * STEP]
    content = make(encode(Codec.H264, 6, gop=GOP), shifts=shifts)
    with av.open(io.BytesIO(content), "r") as file:
        packets = [packet for packet in file.demux(video=0) if packet.size]
        assert [(packet.pts or 0) - (packet.dts or 0) for packet in packets] == shifts


@pytest.mark.parametrize("first", [b"a", b"a" * 800])
def test_sound_that_pauses_goes_on_in_its_time(first: bytes) -> None:
    blocks = [(0, first), (CLOCK, b"b" * 800), (CLOCK + 9000, b"c" * 800)]
    starts: dict[bytes, int] = {}
    with av.open(io.BytesIO(make(encode(Codec.H264, 30, gop=GOP), blocks)), "r") as file:
        for packet in file.demux(audio=0):
            if packet.size and packet.pts is not None:
                starts.setdefault(bytes(packet)[:1], packet.pts)
    assert (starts[b"a"], starts[b"b"]) == (0, 8000)


@pytest.mark.parametrize("late", [9000, -9000])
def test_sound_that_begins_later_or_earlier(late: int) -> None:
    with av.open(
        io.BytesIO(make(encode(Codec.H264, 10, gop=GOP), [(late, b"x" * 3200)])), "r"
    ) as file:
        first = next(packet for packet in file.demux(audio=0) if packet.size)
        assert first.pts is not None
        assert (first.pts > 0) is (late > 0)


def test_aac_is_kept_frame_by_frame() -> None:
    frames = [(n * aac.SAMPLES * CLOCK // 16_000, bytes([0x21, n]) * 20) for n in range(6)]
    sound = Sound(Codec.AAC, 16_000, 1, 2)
    with av.open(io.BytesIO(make(encode(Codec.H264, 10, gop=GOP), frames, sound)), "r") as file:
        stream = file.streams.audio[0]
        assert (stream.codec_context.name, stream.codec_context.sample_rate) == ("aac", 16_000)
        packets = [bytes(packet) for packet in file.demux(audio=0) if packet.size]
        assert packets == [data for _, data in frames]


def test_two_descriptions_stand_side_by_side() -> None:
    small, large = encode(Codec.H264, 5, gop=5), encode(Codec.H264, 5, gop=5, width=640, height=360)
    room, offset = 8192, head_size(8192)
    records, data = [], b""
    for number, unit in enumerate([*small, *large]):
        sample = sample_of(unit)
        record = picture(number, len(sample), offset + len(data), of=1 + number // 5)
        records.append(record)
        data += sample
    moov = build_moov(records, tracks_of(small) + tracks_of(large), [], SINCE)
    head = close_head(moov, room, len(data))
    assert head is not None
    with av.open(io.BytesIO(head + data), "r") as file:
        widths = [frame.width for frame in file.decode(video=0)]
    assert widths == [320] * 5 + [640] * 5


def test_one_picture_is_a_recording_and_none_is_not() -> None:
    with av.open(io.BytesIO(make(encode(Codec.H264, 1, gop=GOP))), "r") as file:
        assert sum(1 for _ in file.decode(video=0)) == 1
    with pytest.raises(Invalid):
        build_moov([], [], [], SINCE)


def test_room_that_is_too_small_is_told() -> None:
    assert close_head(b"m" * 100, 100, 5) is not None
    assert close_head(b"m" * 92, 100, 5) is not None
    assert close_head(b"m" * 93, 100, 5) is None
    assert close_head(b"m" * 101, 100, 5) is None
    assert room_for(-5) == room_for(0) < room_for(7200) < 5_000_000


def test_tracks_are_kept_as_lines() -> None:
    tracks = tracks_of(encode(Codec.H265, 1))
    lines = write_track(tracks[0]) + write_track(ALAW) + write_track(Sound(Codec.AAC, 8000, 1, 2))
    assert read_tracks(lines) == (tracks, [ALAW, Sound(Codec.AAC, 8000, 1, 2)])


@pytest.mark.parametrize(
    "lines",
    [b"{", b"[]", b'{"codec": "x"}', b'{"codec": "h264", "sets": ["zz"]}',
     b'{"codec": "h264", "sets": ["00"]}', b'{"codec": "g711a"}'],
)  # fmt: skip
def test_lines_that_are_none(lines: bytes) -> None:
    with pytest.raises(Invalid):
        read_tracks(lines)


records = st.builds(
    Record,
    st.sampled_from(Kind),
    st.booleans(),
    st.booleans(),
    st.integers(1, 65535),
    st.integers(0, 2**32 - 1),
    st.integers(-(2**62), 2**62),
    st.integers(-10 * CLOCK, 10 * CLOCK),
    st.integers(0, 2**63),
    st.floats(0, 1e12),
)


@given(st.lists(records, max_size=5), st.integers(0, RECORD - 1))
def test_records_round_trip_and_a_torn_one_is_left_out(listed: list[Record], torn: int) -> None:
    data = b"".join(record.encode() for record in listed)
    assert list(read_records(data + b"\x01" * torn)) == listed


def test_what_is_no_index_is_refused() -> None:
    with pytest.raises(Invalid):
        list(read_records(b"\x09" * RECORD))


def test_the_head_of_a_growing_file_is_a_file_of_its_own() -> None:
    head = open_head(64)
    kinds, at = [], 0
    while at < len(head):
        size, kind = struct.unpack_from(">I4s", head, at)
        kinds.append(kind)
        at += 16 if size == 1 else size
    assert kinds == [b"ftyp", b"free", b"mdat"]

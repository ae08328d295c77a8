import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.media import nal
from tongshi.media.fmp4 import Fragmenter, Track, init_segment, track_of
from tongshi.media.unit import AccessUnit, Codec
from tongshi.testing.clip import encode

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"mvex", b"moof", b"traf"}


def walk(data: bytes, path: str = "") -> dict[str, bytes]:
    """Return the body of every box, by its path."""
    boxes: dict[str, bytes] = {}
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        assert size >= 8
        assert at + size <= len(data)
        name = f"{path}/{kind.decode()}".lstrip("/")
        boxes[name] = data[at + 8 : at + size]
        if kind in CONTAINERS:
            boxes |= walk(boxes[name], name)
        at += size
    return boxes


def samples(data: bytes) -> list[bytes]:
    """Return the units of an mdat."""
    units, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        units.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return units


def make_track(units: list[AccessUnit]) -> Track:
    fragmenter = Fragmenter()
    fragmenter.fragment(units[0])
    assert fragmenter.track is not None
    return fragmenter.track


def test_the_track_of_each_codec(h264: list[AccessUnit], h265: list[AccessUnit]) -> None:
    track = make_track(h264)
    assert track.mime == 'video/mp4; codecs="avc1.42d00b"'
    assert (track.width, track.height, len(track.sets)) == (64, 48, 2)
    track = make_track(h265)
    assert track.mime == 'video/mp4; codecs="hvc1.1.6.L30.90"'
    assert (track.width, track.height, len(track.sets)) == (64, 48, 3)


def test_avcc(h264: list[AccessUnit]) -> None:
    track = make_track(h264)
    sps, pps = track.sets
    expected = b"\x01\x42\xd0\x0b\xff\xe1" + struct.pack(">H", len(sps)) + sps
    assert track.config == expected + b"\x01" + struct.pack(">H", len(pps)) + pps


def test_avcc_of_high_profile_tells_chroma_and_depths() -> None:
    # High, 4:2:0, 8 bits, 1920 x 1088 before cropping: composed.
    sps = bytes.fromhex("67640028acd940780227e5c044000003000400000300c83c60c658")
    track = track_of(Codec.H264, (sps, b"\x68\xee\x3c\x80"))
    assert track is not None
    assert (track.width, track.height) == (1920, 1080)
    assert track.config.endswith(b"\x68\xee\x3c\x80\xfd\xf8\xf8\x00")


def test_hvcc(h265: list[AccessUnit]) -> None:
    track = make_track(h265)
    vps, sps, pps = track.sets
    assert track.config[:1] == b"\x01"
    assert track.config[1:13] == nal_profile(sps)
    assert track.config[13:23].hex(" ") == "f0 00 fc fd f8 f8 00 00 0f 03"
    tail = b"".join(
        struct.pack(">BHH", 0x80 | kind, 1, len(item)) + item
        for kind, item in ((32, vps), (33, sps), (34, pps))
    )
    assert track.config[23:] == tail


def nal_profile(sps: bytes) -> bytes:
    return sps.replace(b"\0\0\3", b"\0\0")[3:15]


def test_the_initialization_segment(h264: list[AccessUnit], h265: list[AccessUnit]) -> None:
    for units, entry in ((h264, b"avc1"), (h265, b"hvc1")):
        track = make_track(units)
        boxes = walk(init_segment(track))
        assert list(boxes)[:2] == ["ftyp", "moov"]
        assert "moov/mvex/mehd" not in boxes
        assert struct.unpack_from(">12xII", boxes["moov/mvhd"]) == (90000, 0)
        assert boxes["moov/trak/tkhd"][-8:] == struct.pack(">II", 64 << 16, 48 << 16)
        stsd = boxes["moov/trak/mdia/minf/stbl/stsd"]
        assert stsd[12:16] == entry
        assert struct.unpack_from(">HH", stsd, 8 + 8 + 24) == (64, 48)
        assert stsd.endswith(track.config)


def test_sets_that_are_missing_or_broken_make_no_track(h264: list[AccessUnit]) -> None:
    sps, pps = make_track(h264).sets
    assert track_of(Codec.H264, (sps,)) is None
    assert track_of(Codec.H264, (sps[:4], pps)) is None
    assert track_of(Codec.H265, (b"\x40\x01", b"\x42\x01", b"\x44\x01")) is None


@pytest.mark.parametrize(("count", "is_track"), [(30, True), (31, False), (400, False)])
def test_more_sets_than_can_be_counted_make_no_track(
    count: int, is_track: bool, h264: list[AccessUnit]
) -> None:
    sps, pps = make_track(h264).sets
    many = tuple(pps + number.to_bytes(2, "big") + b"\1" for number in range(count))
    assert (track_of(Codec.H264, (sps, *many)) is not None) is is_track


def test_a_fragment_is_112_bytes_and_the_picture(h264: list[AccessUnit]) -> None:
    fragmenter = Fragmenter()
    first, second = (fragmenter.fragment(unit) for unit in h264[:2])
    boxes = walk(first)
    traf = ["moof/traf", "moof/traf/tfhd", "moof/traf/tfdt", "moof/traf/trun"]
    assert list(boxes) == ["moof", "moof/mfhd", *traf, "mdat"]
    kept = [(a, b) for a, b in h264[0].spans if h264[0].data[a] & 0x1F not in (7, 8, 9)]
    assert samples(boxes["mdat"]) == [h264[0].data[a:b] for a, b in kept]
    assert len(first) == 112 + sum(4 + b - a for a, b in kept)
    assert struct.unpack(">IQ", boxes["moof/traf/tfdt"]) == (0x01000000, 90000)
    trun = struct.unpack(">IIiIIIi", boxes["moof/traf/trun"])
    assert trun == (0x01000F01, 1, 112, 3600, len(boxes["mdat"]), 0x02000000, 0)
    boxes = walk(second)
    assert struct.unpack(">II", boxes["moof/mfhd"]) == (0, 2)
    assert struct.unpack(">IIiIIIi", boxes["moof/traf/trun"])[5] == 0x01010000


def test_composition_offsets_are_signed_and_durations_follow(h264: list[AccessUnit]) -> None:
    fragmenter = Fragmenter()
    times = [(90000, 90000), (100800, 93600), (93000, 97200), (93000, 2_000_000), (0, -5)]
    truns = []
    for unit, (pts, dts) in zip(h264, times, strict=False):
        boxes = walk(fragmenter.fragment(unit._replace(pts=pts, dts=dts)))
        _, _, _, duration, _, _, offset = struct.unpack(">IIiIIIi", boxes["moof/traf/trun"])
        truns.append((struct.unpack(">4xQ", boxes["moof/traf/tfdt"])[0], duration, offset))
    assert truns == [
        (90000, 3600, 0),
        (93600, 3600, 7200),
        (97200, 3600, -4200),
        (2_000_000, 3600, 0),
        (0, 3600, 5),
    ]


def test_nothing_comes_before_the_first_key(h264: list[AccessUnit]) -> None:
    fragmenter = Fragmenter()
    assert fragmenter.fragment(h264[1]) == b""
    bare = h264[0].data[h264[0].spans[-1][0] - 3 :]
    assert fragmenter.fragment(h264[0]._replace(data=bare, spans=())) == b""
    assert fragmenter.track is None
    assert fragmenter.fragment(h264[0]._replace(spans=()))


def test_the_track_changes_with_its_parameter_sets_only(
    h264: list[AccessUnit], h265: list[AccessUnit]
) -> None:
    fragmenter = Fragmenter()
    fragmenter.fragment(h264[0])
    track = fragmenter.track
    assert fragmenter.fragment(h264[6])
    assert fragmenter.track is track
    # A key picture without sets, and one with broken sets, go on with the track.
    bare = b"\0\0\0\1\x65\x88\xff"
    assert fragmenter.fragment(h264[0]._replace(data=bare, spans=()))
    broken = b"\0\0\0\1\x67\x42\0\0\0\1\x68\xee" + bare
    assert fragmenter.fragment(h264[0]._replace(data=broken, spans=()))
    assert fragmenter.track is track
    assert fragmenter.fragment(h265[1]) == b""
    assert fragmenter.fragment(h265[0])
    assert fragmenter.track is not None
    assert fragmenter.track.codec is Codec.H265
    boxes = walk(fragmenter.fragment(h265[1]))
    assert [unit[0] >> 1 for unit in samples(boxes["mdat"])] == [1]


@pytest.mark.parametrize("codec", [Codec.SVAC, Codec.UNKNOWN])
def test_other_codecs_have_no_track(codec: Codec) -> None:
    unit = AccessUnit(codec, 0, 0, True, b"\0\0\1\x67\x42")
    assert Fragmenter().fragment(unit) == b""


@given(st.binary(max_size=100), st.integers(), st.integers())
def test_any_picture_fits(data: bytes, dts: int, ahead: int) -> None:
    sps = bytes.fromhex("67640028acd940780227e5c044000003000400000300c83c60c658")
    head = b"\0\0\1" + sps + b"\0\0\1\x68\xee\x3c\x80\0\0\1\x65"
    dts %= 2**60
    fragment = Fragmenter().fragment(AccessUnit(Codec.H264, dts + ahead, dts, True, head + data))
    assert sum(4 + len(unit) for unit in samples(walk(fragment)["mdat"])) == len(fragment) - 112
    assert nal.split(head + data)


def test_a_hint_tells_how_long_a_frame_stands() -> None:
    fragmenter = Fragmenter()
    units = encode(Codec.H264, 3)
    fragmenter.hint = 1234
    durations = [int.from_bytes(fragmenter.fragment(unit)[88:92], "big") for unit in units]
    assert durations == [1234] * 3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.media.ps import Muxer
from tongshi.media.psfields import crc32
from tongshi.media.unit import AccessUnit, Codec
from tongshi.sim.dress import Dresser, split
from tongshi.sim.quirk import Layer
from tongshi.sim.quirks import QUIRKS

SPS = bytes.fromhex("6764001eacb405017fcb080000030008000003019478b175")
KEY = b"\0\0\0\1\x09\x10\0\0\0\1" + SPS + b"\0\0\0\1\x68\xef\x3c\xb0\0\0\0\1\x65" + b"\xab" * 70000
PLAIN = b"\0\0\0\1\x09\x30\0\0\0\1\x41" + b"\xcd" * 900


def packs(*quirks: str) -> list[bytes]:
    """Return a key frame and two others as a device with *quirks* sends them."""
    muxer, dresser = Muxer(Codec.H264, Codec.G711A), Dresser(frozenset(quirks))
    made = []
    for number in range(3):
        pts = 3600 * number
        video = AccessUnit(Codec.H264, pts, pts, number == 0, PLAIN if number else KEY)
        sound = AccessUnit(Codec.G711A, pts, pts, True, b"\xd5" * 320)
        made.append(dresser.alter(muxer.pack(video, sound)))
    return made


def ids(pack: bytes) -> list[int]:
    return [id_ for id_, _ in split(pack)]


GOOD = packs()


def test_without_quirks_nothing_is_touched() -> None:
    assert ids(GOOD[0]) == [0xBA, 0xBB, 0xBC, 0xE0, 0xE0, 0xC0]
    assert ids(GOOD[1]) == [0xBA, 0xE0, 0xC0]
    assert packs("ssrc-zero") == GOOD


def test_mpegts() -> None:
    made = packs("mpegts")
    assert {len(frame) % 188 for frame in made} == {0}
    assert {frame[at] for frame in made for at in range(0, len(frame), 188)} == {0x47}
    assert packs("mpegts", "zero-length-pes", "small-pes") != made


def test_no_psm() -> None:
    assert ids(packs("no-psm")[0]) == [0xBA, 0xE0, 0xE0, 0xC0]


def test_psm_once() -> None:
    muxer, dresser = Muxer(Codec.H264, None), Dresser(frozenset({"psm-once"}))
    made = [
        dresser.alter(muxer.pack(AccessUnit(Codec.H264, pts, pts, True, KEY))) for pts in (0, 3600)
    ]
    assert 0xBC in ids(made[0])
    assert 0xBC not in ids(made[1])
    assert 0xBB in ids(made[1])


def map_of(pack: bytes) -> bytes:
    return next(data for id_, data in split(pack) if id_ == 0xBC)


def test_wrong_psm_crc() -> None:
    good, bad = map_of(GOOD[0]), map_of(packs("wrong-psm-crc")[0])
    assert bad[:-4] == good[:-4]
    assert bad[-4:] != good[-4:]


def test_wrong_stream_type() -> None:
    bad = map_of(packs("wrong-stream-type")[0])
    assert bad[12] == 0x24
    assert crc32(bad) == 0


def test_avcc_in_psm() -> None:
    bad = map_of(packs("avcc-in-psm")[0])
    assert b"\x01\x64\x00\x28" in bad
    assert int.from_bytes(bad[4:6], "big") == len(bad) - 6
    assert crc32(bad) == 0


def test_zero_length_pes_holds_the_whole_picture() -> None:
    pack = packs("zero-length-pes")[0]
    at = pack.index(b"\0\0\1\xe0")
    assert pack[at + 4 : at + 6] == b"\0\0"
    assert pack.count(b"\0\0\1\xe0") == 1
    assert pack[at:].count(b"\xab") == 70000


def test_small_pes() -> None:
    videos = [data for id_, data in split(packs("small-pes")[0]) if id_ == 0xE0]
    assert len(videos) == 15
    assert all(len(data) <= 5000 + 20 for data in videos)
    # Only the first carries time stamps.
    assert [data[7] >> 6 for data in videos] == [2] + [0] * 14
    assert b"".join(data[9 + data[8] :] for data in videos).endswith(b"\xab" * 100)


def test_pes_too_long() -> None:
    good, bad = GOOD[1], packs("pes-too-long")[1]
    assert len(good) == len(bad)
    at = bad.index(b"\0\0\1\xc0")
    assert int.from_bytes(bad[at + 4 : at + 6], "big") == len(bad) - at - 6 + 64


def test_private_stream_and_counter_count_frames() -> None:
    made = packs("private-stream", "pack-counter")
    assert [pack[14:20] for pack in made] == [b"\xff\xff\0\0\0" + bytes([n]) for n in range(3)]
    assert all(ids(pack)[-1] == 0xBD for pack in made)
    assert b"META00000002" in made[2]


def test_trailing_garbage() -> None:
    assert packs("trailing-garbage")[2].endswith(bytes(24) + b"\0\0\1\xe0\0\0")


@given(st.sets(st.sampled_from([n for n, row in QUIRKS.items() if row.layer is Layer.PS])))
def test_any_choice_of_quirks_keeps_every_byte_of_the_picture(quirks: set[str]) -> None:
    # Sums and stuffing may hold the byte as well.
    assert 70000 <= packs(*quirks)[0].count(b"\xab") < 70064
    assert packs(*quirks)[1].count(b"\xcd") == 900


@pytest.mark.parametrize("quirk", ["wrong-stream-type", "small-pes", "zero-length-pes"])
def test_sound_alone_is_left_alone(quirk: str) -> None:
    muxer = Muxer(Codec.H264, Codec.G711A)
    pack = muxer.pack(AccessUnit(Codec.G711A, 0, 0, True, b"\xd5" * 160))
    assert Dresser(frozenset({quirk})).alter(pack) == pack

import hashlib
from dataclasses import replace

import pytest

from tongshi.errors import EngineFailed
from tongshi.media.mp4 import sample_of
from tongshi.media.unit import CLOCK, AccessUnit, Codec
from tongshi.sim.film import Shot
from tongshi.sim.picture import build
from tongshi.sim.tape import (
    Still,
    digest_of,
    group_at,
    groups_of,
    record,
    slices_of,
    stamp_of,
    units_of,
)
from tongshi.sim.witness import read_counters

TAPE = Shot(view="orbits", width=160, height=90, fps=10, gop=5, bitrate=60_000)
PICTURE = build("orbits", 0, 160, 90)
GROUP = 1_700_000_000 * 10 // 5


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_a_group_is_a_function_of_its_number(codec: Codec) -> None:
    tape = replace(TAPE, codec=codec)
    stills = record(tape, PICTURE, GROUP)
    assert record(tape, PICTURE, GROUP) == stills
    assert record(tape, PICTURE, GROUP + 1) != stills
    first = GROUP * 5
    assert [still.number for still in stills] == list(range(first, first + 5))
    units = [units_of(tape, still, first)[0] for still in stills]
    assert [unit.key for unit in units] == [True, False, False, False, False]
    assert read_counters(units) == [number % 2**28 for number in range(first, first + 5)]


def test_each_frame_brings_its_sound() -> None:
    stills = record(TAPE, PICTURE, GROUP)
    assert [len(still.sound) for still in stills] == [800] * 5
    picture, sound = units_of(TAPE, stills[1], GROUP * 5)
    assert (picture.pts, sound.pts) == (CLOCK + 9000, CLOCK + 9000)
    mute = record(replace(TAPE, sound=False), PICTURE, GROUP)
    assert len(units_of(TAPE, mute[0], 0)) == 1
    assert stamp_of(TAPE, 10, 0) == 2 * CLOCK


def test_groups_cover_a_span() -> None:
    assert group_at(TAPE, 10.2) == 20
    assert groups_of(TAPE, 10.2, 11.0) == range(20, 22)
    assert groups_of(TAPE, 10.2, 11.01) == range(20, 23)
    assert not groups_of(TAPE, 10, 9)


def test_a_digest_says_what_was_to_come() -> None:
    stills = record(TAPE, PICTURE, GROUP) + record(TAPE, PICTURE, GROUP + 1)
    digest = digest_of(Codec.H264, stills)
    stream = b"".join(still.picture for still in stills)
    assert (digest.first, digest.last, digest.frames) == (GROUP * 5, GROUP * 5 + 9, 10)
    assert digest.size == len(stream)
    assert digest.stream == hashlib.sha256(stream).hexdigest()
    slices = [one for still in stills for one in slices_of(Codec.H264, still.picture)]
    assert len(slices) == 10
    told = b"".join(len(one).to_bytes(4, "big") + one for one in slices)
    assert digest.slices == hashlib.sha256(told).hexdigest()
    units = [sample_of(AccessUnit(Codec.H264, 0, 0, False, still.picture)) for still in stills]
    assert digest.samples == hashlib.sha256(b"".join(units)).hexdigest()
    assert digest_of(Codec.H264, ()).frames == 0


def test_slices_are_told_from_the_rest() -> None:
    h264 = b"\0\0\0\1\x09\x10\0\0\0\1\x67\x42\0\0\1\x65\xaa\0\0\1\x41\xbb"
    assert slices_of(Codec.H264, h264) == [b"\x65\xaa", b"\x41\xbb"]
    h265 = b"\0\0\0\1\x46\x01\0\0\0\1\x40\x01\0\0\1\x26\x01\xaa"
    assert slices_of(Codec.H265, h265) == [b"\x26\x01\xaa"]
    assert digest_of(Codec.H264, [Still(7, h264, b"")]).first == 7


def test_a_codec_without_encoder() -> None:
    with pytest.raises(EngineFailed):
        record(replace(TAPE, codec=Codec.SVAC), PICTURE, GROUP)

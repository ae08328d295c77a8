import av
import pytest

from tongshi.media import nal
from tongshi.media.unit import Codec
from tongshi.sim.film import Film, Shot, paint
from tongshi.sim.picture import build
from tongshi.sim.strip import MODULUS, read_counter
from tongshi.sim.witness import read_counters

SHOT = Shot(view="orbits", title="TEST", width=320, height=180, gop=5, bitrate=300_000)
PICTURE = build("orbits", 0, 320, 180)
FIRST = 1_700_000_000 * 25


def film(shot: Shot = SHOT) -> Film:
    return Film(shot, PICTURE, FIRST)


def test_frames_carry_number_time_and_sound() -> None:
    made = film()
    frames = [made.shoot(FIRST + number) for number in (10, 11, 12, 13, 14, 15)]
    assert [frame.key for frame in frames] == [True, False, False, False, False, True]
    assert [frame.units[0].pts for frame in frames] == [36_000 + 3600 * n for n in range(6)]
    sounds = [frame.units[1] for frame in frames]
    assert all(unit.codec is Codec.G711A and len(unit.data) == 320 for unit in sounds)
    assert [unit.pts for unit in sounds] == [36_000 + 3600 * n for n in range(6)]
    assert (made.frames, made.skipped) == (6, 0)
    assert made.cpu > 0


def test_what_was_skipped_is_counted_and_its_sound_comes_late() -> None:
    made = film()
    made.shoot(FIRST + 10)
    late = made.shoot(FIRST + 14)
    assert made.skipped == 3
    assert len(late.units[1].data) == 4 * 320
    assert len(made.shoot(FIRST + 1000).units[1].data) == 8000


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_pictures_decode_to_their_numbers(codec: Codec) -> None:
    shot = Shot(view="orbits", codec=codec, width=320, height=180, gop=5, sound=False)
    made = film(shot)
    units = [made.shoot(FIRST + number).units for number in range(12)]
    assert all(len(unit) == 1 for unit in units)
    expected = [(FIRST + number) % MODULUS for number in range(12)]
    assert read_counters([unit[0] for unit in units]) == expected


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_key_frames_bring_delimiter_and_parameter_sets(codec: Codec) -> None:
    made = film(Shot(view="orbits", codec=codec, width=320, height=180, gop=5))
    for number in range(11):
        unit = made.shoot(FIRST + number).units[0]
        spans = nal.split(unit.data)
        sets = nal.parameter_sets(codec, unit.data, spans)
        assert bool(sets) is unit.key
        assert unit.data[spans[0][0] : spans[0][0] + 1] == nal.delimiter(codec)[4:5]


def test_a_frozen_film_repeats_its_first_number() -> None:
    made = film(Shot(view="orbits", width=320, height=180, gop=5, frozen=True))
    units = [made.shoot(FIRST + number).units[0] for number in range(6)]
    assert set(read_counters(units)) == {FIRST % MODULUS}
    assert units[5].pts - units[0].pts == 5 * 3600


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (160, 90)])
def test_captions_fit_every_size(size: tuple[int, int]) -> None:
    shot = Shot(view="road", title="A LONG TITLE OF A CAMERA", width=size[0], height=size[1])
    canvas = paint(shot, build("road", 0, *size), FIRST)
    frame = av.VideoFrame.from_ndarray(canvas.planes, format="yuv420p")
    assert read_counter(frame.to_ndarray(format="rgb24")) == FIRST % MODULUS
    # The strip has no colour: whatever the view is below it.
    assert set(canvas.blue[-2:].flatten().tolist()) == {128}


def test_the_sub_stream_is_half_as_large() -> None:
    small = Shot().smaller()
    assert (small.width, small.height, small.bitrate) == (320, 180, 166_666)
    assert small.view == Shot().view


def test_the_bit_rate_is_kept() -> None:
    made = film(Shot(view="orbits", width=320, height=180, gop=25, bitrate=200_000, sound=False))
    size = sum(len(made.shoot(FIRST + number).units[0].data) for number in range(100))
    assert 0.4 < size * 8 / 4 / 200_000 < 1.3

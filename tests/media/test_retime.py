"""Times of the recording and of the player, for senders of every habit; time by hand."""

from collections.abc import Iterable
from itertools import pairwise

import pytest

from tongshi.media.pace import Pace
from tongshi.media.retime import DOUBT, SLACK, Place, Retimer
from tongshi.media.unit import CLOCK, AccessUnit, Codec

SINCE = 1_700_000_000.0
UNTIL = SINCE + 3600
STEP = 3600
GOP = 25


def picture(dts: int, *, key: bool = False, later: int = 0) -> AccessUnit:
    return AccessUnit(Codec.H264, dts + later, dts, key, b"\0\0\1\x65")


def sound(pts: int) -> AccessUnit:
    return AccessUnit(Codec.G711A, pts, pts, True, b"\xd5" * 320)


class Feed:
    """A retimer and what came out of it."""

    def __init__(self) -> None:
        self.it = Retimer(SINCE, UNTIL)
        self.now = 100.0
        self.shown: list[int] = []
        self.places: list[Place] = []

    def take(self, unit: AccessUnit, after: float = 0.04) -> AccessUnit | None:
        self.now += after
        found = self.it.take(unit, self.now)
        if found is None:
            return None
        unit, place = found
        if not unit.codec.is_audio:
            self.shown.append(unit.dts)
        if place is not None:
            self.places.append(place)
        return unit

    def play(self, begin: int, count: int, *, step: int = STEP, after: float = 0.04) -> int:
        """Feed *count* pictures from the stamp *begin*, a group of pictures each GOP."""
        for number in range(count):
            self.take(picture(begin + number * step, key=number % GOP == 0), after)
        return begin + count * step

    @property
    def at(self) -> float:
        assert self.it.at is not None
        return self.it.at - SINCE


def steps(values: Iterable[int]) -> set[int]:
    listed = list(values)
    return {later - value for value, later in pairwise(listed)}


def test_from_the_first_key_picture_on() -> None:
    it = Feed()
    assert it.take(picture(500)) is None
    assert it.take(sound(500)) is None
    assert it.it.at is None
    it.play(900_000, 30)
    assert it.shown[0] == 0
    assert steps(it.shown) == {STEP}
    assert it.places[0] == Place(0, SINCE, 1.0, True)
    assert [place.pts for place in it.places] == [0, 25 * STEP]
    assert it.at == pytest.approx(29 * 0.04)
    assert it.it.counts.withheld == 1
    assert it.it.pace is Pace.UNKNOWN


def test_pictures_out_of_order_keep_their_distance() -> None:
    it = Feed()
    it.take(picture(9000, key=True, later=7200))
    later = it.take(picture(12600, later=3600))
    assert later is not None
    assert (later.pts, later.dts) == (7200, 3600)
    before = it.take(picture(16200, later=-7200))
    assert before is not None
    assert (before.pts, before.dts) == (0, 7200)


def test_a_place_is_told_once_a_second_without_key_pictures() -> None:
    it = Feed()
    it.take(picture(0, key=True))
    for number in range(1, 60):
        it.take(picture(number * STEP))
    assert [place.pts for place in it.places] == [0, 90_000, 180_000]
    it.take(picture(59 * STEP + 2 * CLOCK))
    it.take(picture(60 * STEP + 2 * CLOCK, key=True))
    assert it.shown[-1] == 60 * STEP + 2 * CLOCK


@pytest.mark.clause("B.2.4")
@pytest.mark.parametrize("broken_before_answer", [False, True])
def test_a_seek_lands_where_absolute_stamps_say(broken_before_answer: bool) -> None:
    it = Feed()
    end = it.play(90_000, 40)
    it.it.seek(SINCE + 100)
    it.play(end, 2)  # on its way
    if not broken_before_answer:
        it.it.answer(None)
        it.take(picture(end + 2 * STEP))
    landing = 90_000 + int(98.4 * CLOCK)
    assert it.take(picture(landing - STEP)) is None  # not a key picture
    if broken_before_answer:
        assert it.it.at is not None
    it.take(picture(landing, key=True))
    it.it.answer(None)
    it.take(picture(landing + STEP))
    assert it.at == pytest.approx(98.44)
    assert it.places[-1].jump
    assert steps(it.shown) == {STEP}
    assert it.it.counts.landings == 1


def test_stamps_that_run_on_land_at_the_first_key_picture_after_the_answer() -> None:
    it = Feed()
    end = it.play(0, 40)
    it.it.seek(SINCE + 10)
    it.take(picture(end, key=True))  # still of before
    it.it.answer(None)
    it.take(picture(end + STEP))
    assert it.at == pytest.approx(41 * 0.04)
    it.take(picture(end + 2 * STEP, key=True))
    assert it.at == pytest.approx(10)


def test_a_landing_that_nothing_proved_gives_way_to_a_break() -> None:
    it = Feed()
    end = it.play(0, 30)
    it.it.seek(SINCE + 100)
    it.it.answer(None)
    it.take(picture(end, key=True))
    assert it.at == pytest.approx(100)
    it.take(picture(end + STEP))
    it.take(picture(end + 1000 * CLOCK, key=True))
    assert it.at == pytest.approx(100)
    it.it.seek(SINCE + 200)
    it.it.answer(None)
    it.take(picture(end + 1000 * CLOCK + STEP, key=True))
    it.take(picture(5 * CLOCK, key=True), after=DOUBT + 1)
    assert it.at != pytest.approx(200)


def test_stamps_that_begin_anew_tell_nothing_but_the_answer_may() -> None:
    it = Feed()
    it.play(900_000, 30)
    it.it.seek(SINCE + 300)
    it.it.answer(SINCE + 298)
    it.take(picture(90_000, key=True))
    assert it.at == pytest.approx(298)
    it.it.answer(SINCE + 1)  # nothing is awaited any more
    it.take(picture(93_600))
    assert it.at == pytest.approx(298.04)
    assert SLACK < 300


def test_a_seek_that_is_refused_changes_nothing() -> None:
    it = Feed()
    end = it.play(0, 30)
    it.it.seek(SINCE + 300)
    it.it.stay()
    it.play(end, 30)
    assert it.at == pytest.approx(59 * 0.04)
    assert steps(it.shown) == {STEP}


@pytest.mark.clause("B.2.3")
@pytest.mark.parametrize("scale", [0.5, 2.0, 8.0])
def test_a_speed_by_stamps_of_the_recording(scale: float) -> None:
    it = Feed()
    end = it.play(0, 50)
    it.it.steer(scale)
    it.it.steer(scale)
    it.play(end, 600, after=0.04 / scale)
    assert it.it.pace is Pace.MEDIA
    assert it.it.rate == scale
    assert steps(it.shown[60:]) == {int(STEP / scale)}
    assert it.at == pytest.approx(649 * 0.04)
    assert it.places[-1].rate == scale


@pytest.mark.parametrize("scale", [0.5, 2.0, 8.0])
def test_a_speed_by_stamps_of_the_wall(scale: float) -> None:
    it = Feed()
    end = it.play(0, 50)
    it.it.steer(scale)
    it.play(end, 400, step=int(STEP / scale), after=0.04 / scale)
    assert it.it.pace is Pace.WALL
    assert it.at == pytest.approx(449 * 0.04, abs=0.05)
    assert steps(it.shown[60:]) == {int(STEP / scale)}


def test_a_speed_that_is_ignored_is_normal() -> None:
    it = Feed()
    end = it.play(0, 50)
    it.it.steer(4.0)
    it.play(end, 200)
    assert it.it.pace is Pace.IGNORED
    assert it.it.rate == 1.0
    assert steps(it.shown[-20:]) == {STEP}
    it.it.steer(1.0)
    assert it.it.pace.value == "unknown"


def test_slow_where_it_is_ignored_is_made_here() -> None:
    it = Feed()
    end = it.play(0, 50)
    it.it.steer(0.25)
    it.play(end, 200)
    assert it.it.pace is Pace.IGNORED
    assert it.it.rate == 0.25
    assert steps(it.shown[-20:]) == {4 * STEP}
    assert it.it.lead > 10


@pytest.mark.clause("B.2.8")
def test_backwards_key_pictures_alone_are_shown() -> None:
    it = Feed()
    it.play(10 * CLOCK, 100)
    it.it.steer(-2.0)
    for group in (3, 2, 1):
        begin = 10 * CLOCK + group * CLOCK
        it.take(picture(begin, key=True))
        assert it.take(picture(begin + STEP)) is None
    assert it.at == pytest.approx(1.0)
    assert it.shown[-1] - it.shown[-2] == CLOCK // 2
    assert it.places[-1].rate == -2.0
    it.take(picture(14 * CLOCK, key=True))  # stamped by the wall: one second is two
    assert it.at == pytest.approx(1.0 - 2 * 3)
    it.take(picture(900 * CLOCK, key=True))
    assert it.at == pytest.approx(1.0 - 2 * 3 - 1)


def test_a_seek_backwards_lands_at_any_key_picture_after_the_answer() -> None:
    it = Feed()
    it.play(10 * CLOCK, 50)
    it.it.steer(-1.0)
    it.it.seek(SINCE + 500)
    it.it.answer(None)
    it.take(picture(510 * CLOCK, key=True))
    assert it.at == pytest.approx(500)


def test_a_key_picture_taken_for_one_out_of_order_went_back() -> None:
    it = Feed()
    it.play(10 * CLOCK, 30)
    last = 10 * CLOCK + 29 * STEP
    it.it.steer(-1.0)
    it.take(AccessUnit(Codec.H264, last - 4 * STEP, last + 1, True, b""))
    assert it.at == pytest.approx(25 * 0.04)
    assert all(step > 0 for step in steps(it.shown))


def test_a_hole_in_the_recording_is_followed_and_a_new_file_is_joined() -> None:
    it = Feed()
    end = it.play(0, 30)
    it.take(picture(end + 600 * CLOCK, key=True))
    assert it.at == pytest.approx(29 * 0.04 + 0.04 + 600)
    assert it.places[-1].jump
    it.take(picture(100, key=True))
    assert it.at == pytest.approx(29 * 0.04 + 600 + 0.08)
    it.take(picture(100, key=True))
    it.take(picture(10**9, key=True))  # beyond what was asked for: no hole
    assert it.at < 700
    assert it.it.counts.breaks == 4
    assert steps(it.shown) == {STEP}


def test_sound_stays_with_its_pictures() -> None:
    it = Feed()
    it.take(picture(90_000, key=True))
    beside = it.take(sound(91_800))
    assert beside is not None
    assert beside.pts == 1800
    own = it.take(sound(10**9))
    assert own is not None
    assert own.pts == 0
    next_own = it.take(sound(10**9 + 3600))
    assert next_own is not None
    assert next_own.pts == 3600
    far = it.take(sound(3 * 10**9))
    assert far is not None
    assert far.pts == 0
    it.it.steer(2.0)
    assert it.take(sound(93_600)) is None
    it.it.steer(1.0)
    it.it.seek(SINCE + 50)
    it.take(picture(50 * CLOCK))
    assert it.take(sound(50 * CLOCK)) is None


def test_the_store_of_the_player() -> None:
    it = Feed()
    end = it.play(0, 100, after=0.001)
    assert it.it.lead == pytest.approx(99 * (0.04 - 0.001), abs=0.05)
    it.it.hold(True)
    it.take(picture(end), after=60)
    assert it.it.lead > 3
    it.it.hold(False)
    it.take(picture(end + STEP), after=60)
    assert it.it.lead == pytest.approx(0.04)
    it.it.steer(2.0)
    it.it.rest()


@pytest.mark.parametrize("smooth", [True, False])
def test_pictures_come_when_promised_and_late_ones_by_degrees(smooth: bool) -> None:
    it = Feed()
    it.it.smooth = smooth
    late: list[float] = []

    def take(dts: int) -> None:
        promised, before = it.it.hint, it.shown[-1]
        it.take(picture(dts))
        late.append((it.shown[-1] - before) / promised)

    end = it.play(0, 50)
    it.it.steer(8.0)
    take(end)
    assert late[-1] == 1.0
    end = it.play(end + STEP, 75, after=0.005)
    it.it.steer(1.0)
    for number in range(20):  # the group goes on: no key picture lets a browser begin anew
        take(end + number * STEP)
    assert it.it.hint == STEP
    hole = end + 20 * STEP + CLOCK
    for number in range(40):
        take(hole + number * STEP)
    assert it.it.hint == STEP
    assert (max(late) <= 2.0) is smooth
    # What came late was brought up, so that moments and pictures agree again.
    last = it.places[-1]
    told = last.at - SINCE + (it.shown[-1] - last.pts) / CLOCK * last.rate
    assert told == pytest.approx(it.at, abs=0.001)


def test_pictures_after_a_key_picture_that_went_back_are_in_order() -> None:
    it = Feed()
    it.play(90_000, 10)
    it.it.seek(SINCE + 50)
    it.it.answer(None)
    last = 90_000 + 9 * STEP
    for number in range(4):
        raw = 90_000 + number * STEP
        it.take(AccessUnit(Codec.H264, raw, last + 1 + number, number == 0, b""))
    it.take(picture(90_000 + 4 * STEP))
    assert it.at == pytest.approx(50 + 4 * 0.04, abs=1)
    assert steps(it.shown) == {STEP}

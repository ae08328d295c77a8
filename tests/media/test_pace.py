"""What a device makes of a speed, told from steps and from their arrival."""

import pytest

from tongshi.media.pace import SETTLE, WINDOW, Gauge, Pace
from tongshi.media.unit import CLOCK

USUAL = 3600


def run(gauge: Gauge, *, step: int, per_second: float, seconds: float = 6.0) -> Pace:
    """Feed pictures *step* apart, so many a second of real time."""
    raw, now = 0, 100.0
    for _ in range(int(seconds * per_second)):
        raw += step
        now += 1 / per_second
        gauge.take(step, raw, now)
    return gauge.pace


@pytest.mark.parametrize("scale", [0.25, 0.5, 2.0, 4.0, 8.0])
def test_stamps_of_the_recording(scale: float) -> None:
    assert run(Gauge(scale, USUAL), step=USUAL, per_second=25 * scale) is Pace.MEDIA


@pytest.mark.parametrize("scale", [0.25, 0.5, 2.0, 4.0, 8.0])
def test_stamps_of_the_wall_are_seen_after_three_pictures(scale: float) -> None:
    gauge = Gauge(scale, USUAL)
    step = int(USUAL / scale)
    assert gauge.take(step, step, 0.0) is Pace.UNKNOWN
    assert gauge.take(step, 2 * step, 0.02) is Pace.UNKNOWN
    assert gauge.take(step, 3 * step, 0.04) is Pace.WALL
    assert run(gauge, step=step, per_second=25 * scale) is Pace.WALL


@pytest.mark.parametrize("scale", [0.25, 0.5, 2.0, 4.0, 8.0])
def test_a_speed_that_is_ignored(scale: float) -> None:
    assert run(Gauge(scale, USUAL), step=USUAL, per_second=25) is Pace.IGNORED


def test_key_pictures_alone() -> None:
    second = CLOCK
    assert run(Gauge(8.0, USUAL), step=second, per_second=8) is Pace.MEDIA
    assert run(Gauge(8.0, USUAL), step=second // 2, per_second=2, seconds=9) is Pace.WALL


def test_faster_than_asked_is_the_recording_sent_ahead() -> None:
    assert run(Gauge(2.0, USUAL), step=USUAL, per_second=1000) is Pace.MEDIA


def test_nothing_is_judged_of_what_was_under_way_or_of_a_rest() -> None:
    gauge = Gauge(2.0, USUAL)
    assert run(gauge, step=USUAL, per_second=25, seconds=SETTLE + WINDOW - 0.2) is Pace.UNKNOWN
    gauge.rest()
    assert run(gauge, step=USUAL, per_second=50, seconds=SETTLE + WINDOW - 0.2) is Pace.UNKNOWN
    assert run(gauge, step=USUAL, per_second=50) is Pace.MEDIA


def test_a_window_in_which_stamps_went_back_says_nothing() -> None:
    gauge = Gauge(2.0, USUAL)
    gauge.take(USUAL, 10 * CLOCK, 0.0)
    gauge.take(USUAL, 10 * CLOCK, SETTLE)
    assert gauge.take(USUAL, 0, SETTLE + WINDOW + 1) is Pace.UNKNOWN

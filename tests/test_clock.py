import time

import pytest

from tongshi.clock import ManualClock, SystemClock


def test_a_manual_clock_moves_only_when_wound() -> None:
    clock = ManualClock(10.0, 1_000.0)
    assert (clock.now(), clock.wall()) == (10.0, 1_000.0)
    clock.wind(2.5)
    assert (clock.now(), clock.wall()) == (12.5, 1_002.5)


def test_a_jump_moves_the_wall_alone() -> None:
    clock = ManualClock(10.0, 1_000.0)
    clock.jump(-3600.0)
    assert (clock.now(), clock.wall()) == (10.0, -2_600.0)


def test_time_never_runs_back() -> None:
    with pytest.raises(ValueError, match="forward"):
        ManualClock().wind(-1.0)


def test_the_system_clock_is_the_machine_s() -> None:
    clock = SystemClock()
    before = (time.monotonic(), time.time())
    assert before[0] <= clock.now() <= time.monotonic()
    assert before[1] <= clock.wall() <= time.time()

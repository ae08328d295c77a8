import numpy as np
import pytest

from tongshi.sim.canvas import Canvas, canvas_of, flat
from tongshi.sim.motion import Blink, Drift, Mover, Swing, Turn

DOT = flat((1, 1, 1), np.ones((2, 2)))


def places(mover: Mover, time: float) -> list[tuple[int, int]]:
    canvas: Canvas = canvas_of(np.zeros((20, 40, 3)))
    mover.lay(canvas, time)
    return [(int(x), int(y)) for y, x in np.argwhere(canvas.luma == 235)][::4]


def test_drifting_things_come_back() -> None:
    mover = Drift(DOT, start=2, y=4, speed=2, span=42)
    assert places(mover, 0.0) == [(0, 4)]
    assert places(mover, 5.0) == [(10, 4)]
    assert places(mover, 21.0) == [(0, 4)]


def test_drifting_things_bob() -> None:
    mover = Drift(DOT, start=0, y=8, speed=0, span=100, bob=4, period=4)
    assert places(mover, 1.0) == []
    mover = Drift(DOT, start=100 / 4 * 0 + 2, y=8, speed=0, span=1e9, bob=4, period=4)
    assert places(mover, 1.0) == [(0, 12)]
    assert places(mover, 3.0) == [(0, 4)]


def test_swinging_things_follow_a_curve() -> None:
    mover = Swing(DOT, x=20, y=10, wide=10, high=4, period=8)
    assert places(mover, 0.0)[0] == (28, 8) or places(mover, 0.0)[0] == (30, 8)
    assert places(mover, 2.0)[0] in [(18, 12), (20, 12)]


def test_turning_things_show_one_sprite_after_the_other() -> None:
    wide = flat((1, 1, 1), np.ones((2, 4)))
    mover = Turn((DOT, wide), x=0, y=0, period=2.0)
    assert len(places(mover, 0.0)) == 1
    assert len(places(mover, 1.0)) == 2
    assert len(places(mover, 2.0)) == 1


@pytest.mark.parametrize(("time", "lit"), [(0.0, True), (0.9, True), (1.1, False), (4.1, True)])
def test_blinking_things_are_there_at_times(time: float, lit: bool) -> None:
    assert bool(places(Blink(DOT, x=0, y=0, period=4, lit=0.25), time)) is lit

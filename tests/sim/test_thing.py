import numpy as np
import pytest

from tongshi.sim.canvas import Sprite
from tongshi.sim.thing import TINTS, balloon, boat, car, cloud, rotor, train

DAY = TINTS[0]
RED, BLUE = (0.9, 0.2, 0.2), (0.2, 0.3, 0.9)


@pytest.mark.parametrize(
    "sprite",
    [
        boat(60, DAY, RED),
        car(60, 24, DAY, RED, True),
        train(200, 30, DAY),
        cloud(80, DAY),
        balloon(50, DAY, RED, BLUE),
        rotor(60, DAY)[0],
    ],
)
def test_things_are_opaque_inside_and_nothing_outside(sprite: Sprite) -> None:
    covered = float((sprite.keep < 128).mean())
    assert 0.02 < covered < 0.99
    assert sprite.keep.max() <= 256
    assert sprite.luma.max() <= 240
    assert sprite.keep[0, 0] > 128


def test_cars_face_where_they_drive() -> None:
    right, left = car(60, 24, DAY, RED, True), car(60, 24, DAY, RED, False)
    assert (right.luma[:, ::-1] == left.luma).all()
    assert not (right.luma == left.luma).all()


def test_a_rotor_turns() -> None:
    steps = rotor(60, DAY)
    assert len(steps) == 20
    assert len({step.luma.tobytes() for step in steps}) == 20
    # After a third of a turn the three blades look as before.
    spread = np.abs(steps[0].keep.astype(int) - steps[-1].keep.astype(int)).mean()
    assert spread < 25


def test_light_falls_on_things() -> None:
    assert boat(60, TINTS[3], RED).luma.mean() < boat(60, DAY, RED).luma.mean()

import itertools

import numpy as np
import pytest

from tongshi.errors import Invalid
from tongshi.sim.picture import VIEWS, build
from tongshi.sim.thing import TINTS


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_moves_and_leaves_its_ground_alone(view: str) -> None:
    picture = build(view, 0, 320, 180)
    ground = picture.ground.planes.copy()
    frames = [picture.paint(1000 + second).planes for second in range(5)]
    assert all(frame.shape == (270, 320) for frame in frames)
    changed = [int((a != b).sum()) for a, b in itertools.pairwise(frames)]
    assert min(changed) > 100
    assert (picture.ground.planes == ground).all()
    assert (picture.paint(1002).planes == frames[2]).all()


@pytest.mark.parametrize("view", VIEWS)
def test_views_look_alike_at_other_sizes_and_times_of_day_differ(view: str) -> None:
    small = build(view, 2, 160, 90).paint(77.0).luma
    large = build(view, 2, 320, 180).paint(77.0).luma
    halved = large.reshape(90, 2, 160, 2).mean(axis=(1, 3))
    assert float(np.abs(halved - small).mean()) < 12
    night = build(view, 3, 160, 90).paint(77.0).luma
    assert night.mean() < small.mean()


def test_all_pairs_of_view_and_tint_differ() -> None:
    seen = {
        build(view, tint, 80, 40).ground.planes.tobytes()
        for view in VIEWS
        for tint in range(len(TINTS))
    }
    assert len(seen) == len(VIEWS) * len(TINTS)


@pytest.mark.parametrize(
    ("view", "width", "height"),
    [("nowhere", 320, 180), ("road", 321, 180), ("road", 320, 181), ("road", 40, 20)],
)
def test_what_cannot_be_drawn_is_refused(view: str, width: int, height: int) -> None:
    with pytest.raises(Invalid):
        build(view, 0, width, height)

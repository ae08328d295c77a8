import numpy as np
import pytest

from tongshi.sim.canvas import (
    Canvas,
    canvas_of,
    disc,
    flat,
    gradient,
    mix,
    polygon,
    rounded,
    sprite_of,
)


def ground(width: int = 20, height: int = 10) -> Canvas:
    return canvas_of(np.zeros((height, width, 3)))


def test_black_white_and_red_become_bt601() -> None:
    rgb = np.zeros((2, 6, 3))
    rgb[:, 2:4] = 1.0
    rgb[:, 4:, 0] = 1.0
    canvas = canvas_of(rgb)
    assert canvas.luma[0].tolist() == [16, 16, 235, 235, 81, 81]
    assert canvas.red[0].tolist() == [128, 128, 240]
    assert canvas.blue[0].tolist() == [128, 128, 90]
    assert canvas.planes.shape == (3, 6)


def test_a_sprite_covers_what_is_below() -> None:
    canvas = ground()
    canvas.lay(flat((1, 1, 1), np.ones((4, 4))), 6, 2)
    assert (canvas.luma[2:6, 6:10] == 235).all()
    assert canvas.luma[2:6, 5].tolist() == [16] * 4
    assert canvas.luma[6, 6] == 16


def test_half_transparent_is_halfway() -> None:
    canvas = ground()
    canvas.lay(flat((1, 1, 1), np.full((4, 4), 0.5)), 0, 0)
    assert abs(int(canvas.luma[1, 1]) - 125) <= 2
    assert abs(int(canvas.red[0, 0]) - 128) <= 2


@pytest.mark.parametrize("at", [(-2, -2), (18, 8), (-50, 0), (50, 0), (0, -50), (0, 50)])
def test_what_falls_outside_is_left_away(at: tuple[int, int]) -> None:
    canvas = ground()
    canvas.lay(flat((1, 1, 1), np.ones((4, 4))), *at)
    inside = max(0, min(at[0] + 4, 20) - max(at[0], 0)) * max(0, min(at[1] + 4, 10) - max(at[1], 0))
    assert int((canvas.luma == 235).sum()) == inside


def test_sprites_grow_to_even_sides() -> None:
    sprite = sprite_of(np.ones((3, 5, 3)), np.ones((3, 5)))
    assert (sprite.width, sprite.height) == (6, 4)
    assert sprite.keep[3, 5] == 256
    assert sprite.keep[0, 0] == 0


def test_shapes_cover_their_area() -> None:
    assert polygon(10, 10, [(0, 0), (10, 0), (10, 10), (0, 10)]).min() == 1
    assert abs(polygon(10, 10, [(0, 0), (10, 0), (0, 10)]).sum() - 50) < 2
    assert abs(disc(40).sum() - 1256) < 15
    assert disc(40, 0.5)[20, 20] == 1
    assert 0 < disc(40, 0.5)[20, 36] < 1
    assert rounded(10, 6, 0).sum() == 60
    assert rounded(10, 6, 3)[0, 0] < 0.5 < rounded(10, 6, 3)[3, 5]


def test_a_gradient_ends_in_its_colours() -> None:
    rgb = gradient(4, 100, [(0.0, (0, 0, 0)), (1.0, (1, 0.5, 0))])
    assert rgb.shape == (100, 4, 3)
    assert rgb[0].max() < 0.02
    assert rgb[99, 0, 0] > 0.98
    assert abs(rgb[99, 0, 1] - 0.5) < 0.02


def test_mixing_paints_in_place() -> None:
    rgb = np.zeros((2, 2, 3))
    mix(rgb, (1, 1, 1), np.array([[1.0, 0.5], [0.0, 0.0]]))
    assert rgb[:, :, 0].tolist() == [[1, 0.5], [0, 0]]

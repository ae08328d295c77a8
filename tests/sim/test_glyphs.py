import numpy as np

from tongshi.sim import glyphs


def test_a_digit_has_its_dots() -> None:
    rows = ["".join("#" if dot else "." for dot in row) for row in glyphs.glyph("4", 1)]
    assert rows == ["...#..", "..##..", ".#.#..", "#..#..", "#####.", "...#..", "...#.."]


def test_scale_repeats_dots_and_lower_case_is_upper() -> None:
    assert glyphs.glyph("a", 3).shape == (21, 18)
    assert (glyphs.glyph("a", 3)[::3, ::3] == glyphs.glyph("A", 1)).all()


def test_what_has_no_glyph_is_blank() -> None:
    assert not glyphs.glyph("汉", 1).any()


def test_all_digits_and_letters_differ() -> None:
    shapes = {glyphs.glyph(c, 1).tobytes() for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:/# "}
    assert len(shapes) == 42


def test_text_is_white_on_darkened_ground() -> None:
    luma = np.full((20, 40), 100, np.uint8)
    glyphs.write(luma, "1", 4, 4, 1)
    assert luma[4, 6] == 235
    assert luma[3, 3] == 50
    assert luma[19, 39] == 100


def test_text_beyond_the_border_is_left_away() -> None:
    luma = np.full((10, 10), 100, np.uint8)
    glyphs.write(luma, "888", 6, 6, 1)
    assert luma.shape == (10, 10)
    assert luma[6, 7] == 235

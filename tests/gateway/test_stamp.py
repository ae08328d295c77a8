"""The mark on pictures: there, weak, readable on dark and light, and gone without it."""

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tongshi.errors import EngineFailed
from tongshi.gateway import stamp as module
from tongshi.gateway.stamp import STRENGTH, draw_ink, lay, stamp_jpeg

TEXT = "王小喆 公安局视频科\n2026-11-20 20:45:33"


def jpeg(level: int, width: int = 640, height: int = 360) -> bytes:
    made = BytesIO()
    Image.new("RGB", (width, height), (level, level, level)).save(made, "JPEG", quality=95)
    return made.getvalue()


def luma(data: bytes) -> NDArray[np.int16]:
    with Image.open(BytesIO(data)) as opened:
        return np.array(opened.convert("L"), dtype=np.int16)


@pytest.mark.parametrize("level", [0, 30, 128, 225, 255])
def test_letters_can_be_read_on_any_picture_and_hide_none(level: int) -> None:
    picture = np.full((360, 640), level, dtype=np.uint8)
    lay(draw_ink(TEXT, 640, 360), picture)
    change = picture.astype(int) - level
    touched = np.count_nonzero(change) / change.size
    assert 0.02 < touched < 0.35
    assert np.abs(change).max() <= 256 * STRENGTH + 1
    assert np.abs(change).max() >= 30
    if 60 < level < 200:  # light letters with a dark edge
        assert change.max() > 20
        assert change.min() < -20


def test_other_words_are_other_letters_and_a_mark_moves() -> None:
    first, again = draw_ink(TEXT, 640, 360), draw_ink(TEXT, 640, 360)
    assert np.array_equal(first.where, again.where)
    assert not np.array_equal(first.where, draw_ink("李四 交警", 640, 360).where)
    assert not np.array_equal(first.where, draw_ink(TEXT, 640, 360, 40).where)


def test_each_sign_of_a_name_has_a_shape_of_its_own() -> None:
    """No sign is drawn as a box that stands for a missing one."""
    boxes = draw_ink("\ue000", 320, 180)
    for sign in "王喆昇淼囧龘Éа":
        assert not np.array_equal(draw_ink(sign, 320, 180).where, boxes.where), sign


@pytest.mark.parametrize("text", ["", "\n", " "])
def test_no_words_leave_the_picture_as_it_is(text: str) -> None:
    picture = np.full((90, 160), 77, dtype=np.uint8)
    lay(draw_ink(text, 160, 90), picture)
    assert (picture == 77).all()


def test_a_jpeg_with_its_mark_against_one_without() -> None:
    plain = jpeg(120)
    marked = luma(stamp_jpeg(plain, TEXT)) - luma(plain)
    control = luma(stamp_jpeg(plain, "")) - luma(plain)
    assert np.abs(control).max() <= 2
    expected = np.full((360, 640), 120, dtype=np.uint8)
    lay(draw_ink(TEXT, 640, 360), expected)
    wanted = expected.astype(int) - 120
    assert np.corrcoef(marked.ravel(), wanted.ravel())[0, 1] > 0.9


def test_what_is_no_picture_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    png = BytesIO()
    Image.new("L", (8, 8)).save(png, "PNG")
    for data in (b"", b"\xff\xd8 a picture \xff\xd9", jpeg(1)[:100], png.getvalue()):
        with pytest.raises(EngineFailed, match="decoded"):
            stamp_jpeg(data, TEXT)
    monkeypatch.setattr(module, "LARGEST", 100)
    with pytest.raises(EngineFailed, match="too large"):
        stamp_jpeg(jpeg(1), TEXT)

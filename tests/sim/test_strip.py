from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tongshi.sim import strip

counters = st.integers(0, strip.MODULUS - 1)


def picture(counter: int, width: int = 640, height: int = 360) -> NDArray[np.uint8]:
    luma = np.full((height, width), 120, np.uint8)
    strip.paint(luma, counter)
    return np.repeat(luma[:, :, None], 3, axis=2)


def test_layout_is_as_documented() -> None:
    cells = strip.cells(5)
    assert len(cells) == strip.CELLS == 40
    assert cells[:2] == [True, False]
    assert cells[-2:] == [False, True]
    assert cells[2:30] == [False] * 25 + [True, False, True]


def test_check_is_crc8() -> None:
    # The 28 bits by long division, written out once more the slow way.
    def divide(bits: str) -> int:
        value = int(bits, 2) << 8
        value ^= 0xFF << len(bits)
        for index in range(len(bits) - 1, -1, -1):
            if value >> (index + 8) & 1:
                value ^= 0x107 << index
        return value & 0xFF

    for counter in (0, 1, 5, 1 << 27, strip.MODULUS - 1, 123_456_789):
        assert strip.check(counter) == divide(f"{counter:028b}")


@given(counters, st.sampled_from([(640, 360), (320, 180), (160, 90), (1280, 720), (352, 288)]))
def test_what_is_painted_is_read(counter: int, size: tuple[int, int]) -> None:
    assert strip.read_counter(picture(counter, *size)) == counter


def test_the_counter_wraps() -> None:
    assert strip.read_counter(picture(strip.MODULUS + 3)) == 3


def test_grey_pictures_are_read_too() -> None:
    assert strip.read_counter(picture(77)[:, :, 0]) == 77


@given(counters, st.integers(2, 37))
def test_one_wrong_cell_is_noticed(counter: int, cell: int) -> None:
    image = picture(counter)
    image[342:, cell * 16 : cell * 16 + 16] = 255 - image[342:, cell * 16 : cell * 16 + 16]
    assert strip.read_counter(image) is None


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((360, 640, 3), np.uint8),
        np.full((360, 640, 3), 255, np.uint8),
        np.zeros((30, 640, 3), np.uint8),
        np.zeros((360, 60, 3), np.uint8),
    ],
)
def test_a_picture_without_strip_has_no_counter(image: NDArray[np.uint8]) -> None:
    assert strip.read_counter(image) is None


def test_a_cell_in_the_middle_says_nothing() -> None:
    image = picture(9)
    image[:, 160:176] = 125
    assert strip.read_counter(image) is None


@given(st.integers(0, 2**32 - 1))
def test_noise_is_refused_or_read_but_never_fails(seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (90, 160, 3), np.uint8)
    counter = strip.read_counter(image)
    assert counter is None or 0 <= counter < strip.MODULUS


@pytest.mark.parametrize("bitrate", [60_000, 500_000])
def test_the_strip_survives_hard_compression_and_scaling(bitrate: int) -> None:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 640, 360, "yuv420p"
    encoder.time_base, encoder.bit_rate = Fraction(1, 25), bitrate
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    numbers = list(range(0, 200_000_000, 20_000_003))
    shown: list[av.VideoFrame] = []
    for index, number in enumerate(numbers):
        planes = np.full((540, 640), 128, np.uint8)
        planes[:360] = np.linspace(40, 200, 640).astype(np.uint8)
        planes[100:200, 20 * index : 20 * index + 200] = 180
        strip.paint(planes[:360], number)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        for packet in encoder.encode(frame):
            shown += decoder.decode(packet)
    shown += decoder.decode(None)
    for size in ((640, 360), (426, 240), (240, 136)):
        images = [frame.reformat(*size, format="rgb24").to_ndarray() for frame in shown]
        assert [strip.read_counter(image) for image in images] == numbers

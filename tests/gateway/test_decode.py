import io

import av
import pytest

from tongshi.errors import EngineFailed
from tongshi.gateway.decode import Coded, Transcoder, fit, to_jpeg
from tongshi.media.fmp4 import Fragmenter, init_segment
from tongshi.media.unit import AccessUnit, Codec
from tongshi.testing.clip import encode


def messages(units: list[AccessUnit]) -> list[bytes]:
    """As a hub sends them: the initialization segment with the first."""
    fragmenter = Fragmenter()
    fragments = [fragmenter.fragment(unit) for unit in units]
    assert fragmenter.track is not None
    return [init_segment(fragmenter.track) + fragments[0], *fragments[1:]]


def decode(coded: list[Coded]) -> list[tuple[int, int]]:
    """Return the sizes of the pictures that H.264 units show."""
    with av.open(io.BytesIO(b"".join(unit.data for unit in coded)), "r", format="h264") as file:
        return [(frame.width, frame.height) for frame in file.decode(video=0)]


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_a_key_frame_becomes_a_jpeg(codec: Codec) -> None:
    image = to_jpeg(messages(encode(codec, 1))[0])
    with av.open(io.BytesIO(image), "r", format="jpeg_pipe") as file:
        frame = next(file.decode(video=0))
    assert (frame.width, frame.height) == (320, 180)


@pytest.mark.parametrize("cut", [0, 20, -1])
def test_what_is_no_picture_is_said(cut: int) -> None:
    still = messages(encode(Codec.H264, 1))[0]
    broken = still[: still.find(b"moof") - 4] if cut < 0 else still[:cut]
    with pytest.raises(EngineFailed) as caught:
        to_jpeg(broken)
    assert caught.value.stage == "decode"


def test_each_h265_frame_gives_an_h264_frame_at_once() -> None:
    transcoder = Transcoder()
    units = encode(Codec.H265, 12, gop=5)
    coded = [transcoder.feed(message, behind=False) for message in messages(units)]
    assert [len(each) for each in coded] == [1] * 12
    flat = [each[0] for each in coded]
    assert [unit.pts for unit in flat] == [unit.pts for unit in units]
    assert [unit.key for unit in flat] == [unit.key for unit in units]
    assert decode(flat) == [(320, 180)] * 12


def test_a_group_gives_its_last_picture_only() -> None:
    transcoder = Transcoder()
    parts = messages(encode(Codec.H265, 5, gop=10))
    coded = transcoder.feed(b"".join(parts[:4]), behind=False)
    assert [(unit.pts, unit.key) for unit in coded] == [(3 * 3600, True)]
    assert [unit.key for unit in transcoder.feed(parts[4], behind=False)] == [False]


def test_behind_nothing_is_shown_and_a_key_frame_is_not_forgotten() -> None:
    transcoder = Transcoder()
    parts = messages(encode(Codec.H265, 3, gop=10))
    assert transcoder.feed(parts[0], behind=True) == []
    assert transcoder.feed(parts[1], behind=True) == []
    (unit,) = transcoder.feed(parts[2], behind=False)
    assert unit.key
    assert decode([unit]) == [(320, 180)]


def test_the_size_is_halved_until_it_fits_and_may_change() -> None:
    transcoder = Transcoder()
    large = messages(encode(Codec.H265, 1, width=1920, height=1080))[0]
    small = messages(encode(Codec.H265, 1, width=64, height=64))[0]
    coded = transcoder.feed(large, behind=False) + transcoder.feed(small, behind=False)
    assert all(unit.key for unit in coded)
    assert decode(coded[:1]) == [(1280, 720)]
    assert decode(coded[1:]) == [(64, 64)]


def test_garbage_gives_nothing() -> None:
    transcoder = Transcoder()
    parts = messages(encode(Codec.H265, 2))
    assert transcoder.feed(parts[1], behind=False) == []  # no configuration yet
    transcoder.feed(parts[0], behind=False)
    at = parts[1].find(b"mdat") + 4
    broken = parts[1][:at] + b"\0\0\0\x20\x02\x01" + b"\xff" * (len(parts[1]) - at - 6)
    assert transcoder.feed(broken, behind=False) == []


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((1920, 1080), (1280, 720)),
        ((2560, 1920), (960, 720)),
        ((640, 360), (640, 360)),
        ((353, 289), (352, 288)),
        ((4000, 1), (1280, 2)),
    ],
)
def test_fit(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    assert fit(*size) == fitted

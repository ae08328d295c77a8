import asyncio
import os
import shutil
from pathlib import Path

import pytest

from tongshi.errors import EngineFailed
from tongshi.media.rtp import Packet
from tongshi.media.stream import Pipeline
from tongshi.media.unit import Codec
from tongshi.testing.clip import STEP, bursts, cut_ps, encode, make_ps


@pytest.fixture(name="ffmpeg")
def _ffmpeg() -> None:
    if shutil.which("ffmpeg") is None:
        if os.environ.get("CI"):
            pytest.fail("ffmpeg is not installed")
        pytest.skip("ffmpeg is not installed")


def test_bursts_are_pictures_that_a_pipeline_shows() -> None:
    units = encode(Codec.H264, 6, gop=3)
    assert [unit.key for unit in units] == [True, False, False] * 2
    pipeline = Pipeline()
    for number, burst in enumerate(bursts(units, ssrc=9, audio=True, sequence=65_534)):
        packets = [Packet.parse(data) for data in burst]
        assert {packet.ssrc for packet in packets} == {9}
        assert {packet.timestamp for packet in packets} == {number * STEP}
        pipeline.receive(burst, 0.0)
    figures = pipeline.figures(0.0)
    assert (figures.frames, figures.keys, figures.sounds, figures.lost) == (6, 2, 6, 0)


@pytest.mark.interop
@pytest.mark.usefixtures("ffmpeg")
def test_packs_of_ffmpeg_are_cut_with_their_clocks(tmp_path: Path) -> None:
    path = tmp_path / "film.ps"
    asyncio.run(make_ps(path, seconds=1))
    packs = cut_ps(path)
    assert b"".join(pack for pack, _ in packs) == path.read_bytes()
    clocks = [clock for _, clock in packs]
    assert clocks == sorted(clocks)
    assert clocks[0] < 90_000


@pytest.mark.interop
@pytest.mark.usefixtures("ffmpeg")
def test_a_film_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed):
        asyncio.run(make_ps(tmp_path / "film.ps", "no such codec"))

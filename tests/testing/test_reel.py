"""The scripted recorder itself; what platforms make of it is in test_histories."""

import asyncio

import pytest

from tongshi.media.unit import Codec
from tongshi.testing.clip import encode
from tongshi.testing.reel import FPS, Reel, mark, numbers

pytestmark = pytest.mark.network


def test_each_frame_says_its_number_and_can_still_be_shown() -> None:
    units = encode(Codec.H264, 3, gop=3)
    marked = [mark(unit, 10**9 + number) for number, unit in enumerate(units)]
    data = b"".join(unit.data for unit in marked)
    assert numbers(data) == [10**9, 10**9 + 1, 10**9 + 2]
    assert numbers(b"".join(unit.data for unit in units)) == []


def test_moments_are_those_of_key_frames() -> None:
    async def main() -> None:
        reel = Reel(encode(Codec.H264, 10, gop=5), gop=5, begin=1000, seconds=60)
        try:
            assert reel.key_before(1000.9) == 20
            assert reel.key_before(0) == 0
            assert reel.key_before(9999) == 60 * FPS - 5
            assert numbers(reel.frame(27).data) == [27]
        finally:
            await reel.close()

    asyncio.run(main())

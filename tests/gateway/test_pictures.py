import asyncio
import os
import signal

import pytest

from tongshi.errors import EngineFailed, Exhausted
from tongshi.gateway import pictures
from tongshi.gateway.pictures import Pictures
from tongshi.media.fmp4 import Fragmenter, init_segment
from tongshi.media.unit import Codec
from tongshi.testing.clip import encode


def still() -> bytes:
    fragmenter = Fragmenter()
    fragment = fragmenter.fragment(encode(Codec.H264, 1)[0])
    assert fragmenter.track is not None
    return init_segment(fragmenter.track) + fragment


def test_pictures_one_after_the_other_from_one_process() -> None:
    async def run() -> None:
        maker = Pictures()
        images = await asyncio.gather(*(maker.take(still()) for _ in range(3)))
        assert {image[:2] for image in images} == {b"\xff\xd8"}
        with pytest.raises(EngineFailed) as caught:
            await maker.take(b"nonsense")
        assert caught.value.stage == "decode"
        assert (await maker.take(still()))[:2] == b"\xff\xd8"
        await maker.rest(asyncio.get_running_loop().time())
        assert maker._child is not None
        await maker.rest(asyncio.get_running_loop().time() + 61)
        assert maker._child is None
        await maker.stop()

    asyncio.run(run())


def test_a_crash_of_the_process_costs_one_picture() -> None:
    async def run() -> None:
        maker = Pictures()
        await maker.take(still())
        assert maker._child is not None
        os.kill(maker._child.pid, signal.SIGKILL)
        with pytest.raises(EngineFailed):
            await maker.take(still())
        assert (await maker.take(still()))[:2] == b"\xff\xd8"
        await maker.stop()

    asyncio.run(run())


def test_a_process_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        maker = Pictures()
        await maker.take(still())
        monkeypatch.setattr(pictures, "_TIMEOUT", 0.1)
        assert maker._child is not None
        os.kill(maker._child.pid, signal.SIGSTOP)
        with pytest.raises(EngineFailed, match="in time"):
            await maker.take(still())
        assert maker._child is None

    asyncio.run(run())


def test_too_many_at_once_are_refused() -> None:
    async def run() -> None:
        maker = Pictures()
        tasks = [asyncio.create_task(maker.take(still())) for _ in range(16)]
        await asyncio.sleep(0)
        with pytest.raises(Exhausted) as caught:
            await maker.take(still())
        assert caught.value.resource == "snapshot"
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await maker.stop()

    asyncio.run(run())

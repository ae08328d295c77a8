import asyncio
from collections.abc import Callable

import pytest

from tongshi.errors import EngineFailed
from tongshi.media.unit import Codec
from tongshi.sim.scene import Frame, Shot, Studio, read_counter
from tongshi.sim.strip import read_counter as read

SHOT = Shot(view="orbits", width=160, height=90, fps=50, gop=10, bitrate=100_000)
OTHER = Shot(view="road", width=160, height=90, fps=50, gop=10, bitrate=100_000)


async def until(done: Callable[[], object], seconds: float = 15.0) -> None:
    for _ in range(round(seconds / 0.01)):
        if done():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def test_watchers_of_one_shot_share_one_film() -> None:
    async def look() -> None:
        async with Studio() as studio:
            one: list[Frame] = []
            two: list[Frame] = []
            other: list[Frame] = []
            first = studio.watch(SHOT, one.append)
            await until(lambda: len(one) > 25)
            second = studio.watch(SHOT, two.append)
            third = studio.watch(OTHER, other.append)
            # Who comes later begins at the latest key frame, at once.
            assert two[0].key
            assert one[-1] is two[-1]
            await until(lambda: len(two) > 15 and other)
            assert len(studio.running()) == 2
            assert [frame.number for frame in one] == sorted({frame.number for frame in one})
            assert one[-len(two) :] == two
            first.close()
            first.close()
            assert len(studio.running()) == 2
            second.close()
            third.close()
            assert studio.running() == []
            count = len(one)
            await asyncio.sleep(0.1)
            assert len(one) == count

    asyncio.run(look())


def test_numbers_go_on_when_a_film_begins_again() -> None:
    async def look() -> None:
        async with Studio() as studio:
            seen: list[Frame] = []
            for _ in range(2):
                count = len(seen)
                watch = studio.watch(SHOT, seen.append)
                await until(lambda: len(seen) > count + 3)  # noqa: B023 (used at once)
                watch.close()
            numbers = [frame.number for frame in seen]
            assert numbers == sorted(set(numbers))
            stamps = [frame.units[0].pts for frame in seen]
            assert stamps == sorted(set(stamps))

    asyncio.run(look())


def test_a_film_that_fails_says_so_and_can_be_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def look() -> None:
        async with Studio() as studio:
            seen: list[Frame] = []
            studio.watch(Shot(view="orbits", width=160, height=90, codec=Codec.SVAC), seen.append)
            await until(lambda: studio.running()[0].failed)
            assert "SVAC" in studio.running()[0].failed

            studio.watch(Shot(view="nowhere"), seen.append)
            await until(lambda: "nowhere" in studio.running()[-1].failed)

            def fail(self: object, planes: object, *, key: bool) -> tuple[bytes, bool]:
                raise EngineFailed("worn out", stage="encode")

            with monkeypatch.context() as patched:
                patched.setattr("tongshi.sim.encode.Encoder.encode", fail)
                studio.watch(SHOT, seen.append)
                await until(lambda: studio.running()[-1].failed == "worn out")
            studio.watch(SHOT, seen.append)
            await until(lambda: seen)

    asyncio.run(look())
    assert "worn out" in caplog.text


def test_a_studio_closes_while_films_run() -> None:
    async def look() -> None:
        async with Studio() as studio:
            studio.watch(SHOT, lambda frame: None)

    asyncio.run(look())


def test_the_reader_is_offered_here() -> None:
    assert read_counter is read

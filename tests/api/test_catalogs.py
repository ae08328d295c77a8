import asyncio

from tongshi.api.catalogs import Catalogs
from tongshi.api.feed import Feed
from tongshi.errors import PeerSilent


def test_a_device_is_asked_once_at_a_time() -> None:
    async def test() -> None:
        begun: list[str] = []
        gate = asyncio.Event()

        async def ask(device_id: str) -> None:
            begun.append(device_id)
            await gate.wait()

        feed = Feed("boot")
        reader = feed.join(lambda device_id: True)
        catalogs = Catalogs(ask, feed)
        catalogs.ask("a")
        catalogs.ask("a")
        catalogs.ask("b")
        await asyncio.sleep(0)
        assert begun == ["a", "b"]
        assert catalogs.asking("a")
        assert not catalogs.asking("c")
        told = await reader.take(0)
        assert [notice.device_id for notice in told or []] == ["a", "b"]
        gate.set()
        for _ in range(3):
            await asyncio.sleep(0)
        assert not catalogs.asking("a")
        told = await reader.take(0)
        assert [notice.device_id for notice in told or []] == ["a", "b"]
        catalogs.ask("a")
        await catalogs.stop()
        assert begun == ["a", "b"]  # ended before it began

    asyncio.run(test())


def test_a_silent_device_may_be_asked_again() -> None:
    async def test() -> None:
        asked: list[str] = []

        async def ask(device_id: str) -> None:
            asked.append(device_id)
            raise PeerSilent("no answer", timer="F", stage="message")

        catalogs = Catalogs(ask, Feed("boot"))
        for _ in range(2):
            catalogs.ask("a")
            for _ in range(3):
                await asyncio.sleep(0)
        assert asked == ["a", "a"]
        await catalogs.stop()

    asyncio.run(test())

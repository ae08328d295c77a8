import asyncio

from tongshi.api import stamping as module
from tongshi.api.stamping import Stamping
from tongshi.gateway.stamps import Stamps


class Book(Stamps):
    """Stamps nothing, and notes when it was looked after."""

    def __init__(self) -> None:
        super().__init__()
        self.rested = asyncio.Event()
        self.stopped = False

    async def stamp(self, jpeg: bytes, text: str) -> bytes:
        return jpeg + text.encode()

    async def rest(self, now: float) -> None:
        self.rested.set()

    async def stop(self) -> None:
        self.stopped = True


def test_the_process_is_looked_after_and_ended() -> None:
    async def act() -> None:
        book = Book()
        stamping = Stamping(book)
        stamping.start()
        assert await stamping.stamp(b"x", "y") == b"xy"
        await book.rested.wait()
        await stamping.stop()
        assert book.stopped

    asyncio.run(act())
    assert module.REST < 60

"""Something asynchronous that runs beside a test which is not: a loop in a thread of its own."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Aside(Generic[T]):
    """Keeps the context of *make* open in another thread.  Use it with ``with``.

    make: called in that thread's loop.  thing: what the context gives.  What entering or leaving
    raises is raised here.
    """

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self.thing: T
        self._make = make
        self._context: AbstractAsyncContextManager[T]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="aside")

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.run(self._open())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.run(self._close())
        finally:
            self._end()

    def run(self, work: Coroutine[object, object, R]) -> R:
        """Return what *work* returns, run in the other thread's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def call(self, act: Callable[[T], Awaitable[R]]) -> R:
        """Return what *act* makes of the thing, in the loop it lives in."""

        async def work() -> R:
            return await act(self.thing)

        return self.run(work())

    async def _open(self) -> None:
        self._context = self._make()
        self.thing = await self._context.__aenter__()

    async def _close(self) -> None:
        await self._context.__aexit__(None, None, None)

    def _end(self) -> None:
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

"""Who owns tasks: started, watched, ended together; a failure is reported and never spreads."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

_log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
"""Before a failed task runs again, s; doubled with each failure in a row."""
LONGEST_PAUSE = 60.0


class Supervisor:
    """The one owner of tasks, and the one place that catches whatever they raise.

    failures: tasks that ended by an exception that nobody expected.
    """

    def __init__(self, name: str) -> None:
        self.failures = 0
        self._name = name
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, object], *, name: str) -> asyncio.Task[None]:
        """Run *work* once; an exception is logged and counted.  Returns the task, to cancel it."""
        if self._closed:
            work.close()
            raise RuntimeError(f"{self._name} is closed")
        task = asyncio.create_task(self._run(work, name), name=f"{self._name}/{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # for one cancelled before it began
        return task

    def sustain(
        self, work: Callable[[], Awaitable[object]], *, name: str, pause: float = FIRST_PAUSE
    ) -> asyncio.Task[None]:
        """Run *work* again and again until closed; after a failure wait, doubling, with jitter.

        pause: s, before the next run after a failure or a normal end.
        """
        return self.start(self._sustain(work, name, pause), name=name)

    async def close(self) -> None:
        """Cancel every task and wait until all have ended."""
        self._closed = True
        own = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not own]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, work: Coroutine[Any, Any, object], name: str) -> None:
        try:
            await work
        except Exception:
            self._report(name)

    async def _sustain(
        self, work: Callable[[], Awaitable[object]], name: str, pause: float
    ) -> None:
        wait = pause
        while True:
            try:
                await work()
                wait = pause
            except Exception:
                self._report(name)
                wait = min(2 * wait, LONGEST_PAUSE)
            await asyncio.sleep(wait * random.uniform(0.75, 1.25))  # noqa: S311 (no secret)

    def _report(self, name: str) -> None:
        self.failures += 1
        _log.exception("task=%s/%s failed", self._name, name)

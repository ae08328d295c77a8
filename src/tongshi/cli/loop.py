"""The event loop under a command: uvloop, ended by SIGTERM or SIGINT."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import TypeVar

import uvloop

T = TypeVar("T")

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(work: Coroutine[object, object, T]) -> T:
    """Run *work* to its end in a new loop.

    SIGTERM and SIGINT cancel it, so that it cleans up, unless it asks for :func:`stop_event`.
    Raises KeyboardInterrupt when it was cancelled so.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(_obey(work))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


async def _obey(work: Coroutine[object, object, T]) -> T:
    task = asyncio.ensure_future(work)
    _hear(task.cancel)
    try:
        return await task
    finally:  # uvloop leaves them behind when it is closed
        for number in _SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)


def stop_event() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set from now on."""
    event = asyncio.Event()
    _hear(event.set)
    return event


def _hear(act: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, act)

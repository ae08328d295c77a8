"""The event loop under a command: uvloop where present, ended by SIGTERM or SIGINT."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import TypeVar

import uvloop

T = TypeVar("T")


def run(work: Coroutine[object, object, T]) -> T:
    """Run *work* to its end in a new loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def stop_event() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set from now on."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, event.set)
    return event

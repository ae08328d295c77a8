"""The event loop under a command: uvloop where present, ended by SIGTERM or SIGINT."""

import asyncio
import gc
import signal
from collections.abc import Coroutine
from typing import TypeVar

import uvloop

T = TypeVar("T")

_COLLECT = (50_000, 20, 100)
"""Thresholds of the collector: a full pass over a hundred thousand devices takes half a second."""


def run(work: Coroutine[object, object, T]) -> T:
    """Run *work* to its end in a new loop."""
    gc.freeze()  # modules stay as they are: no pass needs to look at them again
    gc.set_threshold(*_COLLECT)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def stop_event() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set from now on."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, event.set)
    return event

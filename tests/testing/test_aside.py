import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tongshi.testing.aside import Aside


@asynccontextmanager
async def thread_name(log: list[str], fault: str = "") -> AsyncIterator[str]:
    log.append("open")
    if fault == "open":
        raise ValueError(fault)
    yield threading.current_thread().name
    log.append("close")
    if fault == "close":
        raise ValueError(fault)


async def double(text: str) -> str:
    await asyncio.to_thread(lambda: None)
    return 2 * text


def asides() -> int:
    return sum(thread.name == "aside" for thread in threading.enumerate())


def test_it_lives_in_a_loop_of_another_thread() -> None:
    log, before = list[str](), asides()
    with Aside(lambda: thread_name(log)) as aside:
        assert aside.thing == "aside"
        assert aside.call(double) == "asideaside"
        assert aside.run(asyncio.sleep(0, "done")) == "done"
        assert log == ["open"]
    assert log == ["open", "close"]
    assert asides() == before


@pytest.mark.parametrize("fault", ["open", "close"])
def test_what_fails_there_is_raised_here(fault: str) -> None:
    log, before = list[str](), asides()
    with pytest.raises(ValueError, match=fault), Aside(lambda: thread_name(log, fault)):
        assert log == ["open"]
    assert asides() == before

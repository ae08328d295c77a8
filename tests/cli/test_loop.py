import asyncio
import os
import signal

import pytest
import uvloop

from tongshi.cli.loop import run, stop_event


def test_work_runs_in_a_fast_loop_and_its_value_is_returned() -> None:
    async def work() -> str:
        assert isinstance(asyncio.get_running_loop(), uvloop.Loop)
        await asyncio.sleep(0)
        return "done"

    assert run(work()) == "done"


def test_what_work_raises_is_raised() -> None:
    async def work() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run(work())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_cancels_work_which_cleans_up(number: signal.Signals) -> None:
    default = signal.SIG_DFL if number is signal.SIGTERM else signal.default_int_handler
    log: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            log.append("clean")

    with pytest.raises(KeyboardInterrupt):
        run(work())
    assert log == ["clean"]
    assert signal.getsignal(number) is default


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_work_that_listens_is_told_and_goes_on(number: signal.Signals) -> None:
    async def work() -> str:
        stop = stop_event()
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        await stop.wait()
        os.kill(os.getpid(), number)  # a second one changes nothing
        await asyncio.sleep(0)
        return "in order"

    assert run(work()) == "in order"

"""Tasks and their owner."""

import asyncio
import logging

import pytest

from tongshi.net.task import Supervisor


def test_a_failure_is_logged_counted_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ZeroDivisionError("why not")

    async def main() -> None:
        supervisor, done = Supervisor("test"), list[int]()

        async def succeed() -> None:
            done.append(1)

        await asyncio.gather(
            supervisor.start(fail(), name="bad"), supervisor.start(succeed(), name="good")
        )
        assert (supervisor.failures, done, len(supervisor)) == (1, [1], 0)

    with caplog.at_level(logging.ERROR):
        asyncio.run(main())
    assert "test/bad" in caplog.text


def test_close_ends_everything_and_nothing_starts_after() -> None:
    async def main() -> None:
        supervisor = Supervisor("test")
        waiting = supervisor.start(asyncio.sleep(1000), name="long")
        await asyncio.sleep(0)
        await supervisor.close()
        assert waiting.cancelled()
        with pytest.raises(RuntimeError, match="closed"):
            supervisor.start(asyncio.sleep(0), name="late")

    asyncio.run(main())


def test_a_task_cancelled_before_it_began_leaves_nothing_behind() -> None:
    async def main() -> None:
        supervisor = Supervisor("test")
        waiting = supervisor.start(asyncio.sleep(1000), name="never begun")
        await supervisor.close()
        assert waiting.cancelled()

    asyncio.run(main())


def test_a_task_may_close_its_own_supervisor() -> None:
    async def main() -> None:
        supervisor = Supervisor("test")
        await supervisor.start(supervisor.close(), name="self")
        assert supervisor.failures == 0

    asyncio.run(main())


def test_sustained_work_runs_again_after_failures(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pauses = list[float]()
    runs = list[int]()

    async def main() -> None:
        supervisor, enough = Supervisor("test"), asyncio.Event()
        sleep = asyncio.sleep

        async def note(seconds: float) -> None:
            pauses.append(seconds)
            await sleep(0)

        monkeypatch.setattr(asyncio, "sleep", note)

        async def work() -> None:
            runs.append(1)
            if len(runs) < 4:
                raise ZeroDivisionError
            if len(runs) == 6:
                enough.set()

        supervisor.sustain(work, name="again")
        await enough.wait()
        await supervisor.close()
        assert supervisor.failures == 3

    with caplog.at_level(logging.CRITICAL):
        asyncio.run(main())
    assert pauses[0] < pauses[1] < pauses[2]  # 2, 4, 8 s with a quarter of jitter
    assert pauses[3] < pauses[2]  # success resets

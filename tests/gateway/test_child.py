import asyncio
import os
import signal

import pytest

from tongshi.gateway.child import Child


async def gone(pid: int) -> bool:
    async with asyncio.timeout(10):
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return True
            await asyncio.sleep(0.01)


def test_a_child_ends_when_it_is_stopped() -> None:
    async def run() -> None:
        child = await Child.start("tongshi.gateway.coder", limit=1 << 16)
        assert child.backlog() == 0
        pid = child.pid
        await child.stop()
        assert await gone(pid)
        assert child.backlog() == 0
        child.kill()

    asyncio.run(run())


def test_a_child_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tongshi.gateway.child._GRACE", 0.05)

    async def run() -> None:
        child = await Child.start("tongshi.gateway.coder", limit=1 << 16)
        os.kill(child.pid, signal.SIGSTOP)
        await child.stop()
        assert await gone(child.pid)

    asyncio.run(run())


def test_a_child_reads_the_end_of_its_socket_and_goes() -> None:
    async def run() -> None:
        child = await Child.start("tongshi.gateway.coder", limit=1 << 16)
        child.writer.close()
        async with asyncio.timeout(10):
            await child.reader.read()
        await child.stop()

    asyncio.run(run())

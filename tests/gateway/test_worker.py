import asyncio
import os
import signal
from dataclasses import asdict

import pytest

from tongshi.gateway import wire
from tongshi.gateway.child import Child
from tongshi.gateway.engine import Receive, Transport
from tongshi.gateway.worker import LINE
from tongshi.settings import MediaSettings

pytestmark = pytest.mark.network
SETTINGS = MediaSettings(listen="127.0.0.1", ports_from=0, viewer_listen="127.0.0.1:0")


async def start() -> Child:
    child = await Child.start("tongshi.gateway.worker", limit=LINE)
    child.writer.write(wire.encode(asdict(SETTINGS)))
    ready = wire.decode(await child.reader.readline())
    assert ready["ready"] > 0
    return child


async def ended(child: Child) -> int:
    async with asyncio.timeout(10):
        assert await child.reader.read() == b""
        return await child._process.wait()


def test_it_ends_in_order_when_its_parent_is_gone() -> None:
    async def run() -> None:
        child = await start()
        child.writer.write_eof()
        assert await ended(child) == 0
        await child.stop()

    asyncio.run(run())


def test_it_ends_in_order_at_sigterm_and_ignores_an_interrupt() -> None:
    async def run() -> None:
        child = await start()
        os.kill(child.pid, signal.SIGINT)
        child.writer.write(
            wire.encode({"id": 1, "do": "revoke", "with": {"ticket": "t", "code": ""}})
        )
        assert wire.decode(await child.reader.readline()) == {"id": 1, "ok": None}
        os.kill(child.pid, signal.SIGTERM)
        assert await ended(child) == 0
        await child.stop()

    asyncio.run(run())


def test_what_is_under_way_is_cancelled_at_the_end() -> None:
    async def run() -> None:
        child = await start()
        receive = wire.from_receive(Receive("s", Transport.TCP_ACTIVE))
        child.writer.write(wire.encode({"id": 1, "do": "open", "with": receive}))
        assert "ok" in wire.decode(await child.reader.readline())
        target = {"stream": "s", "host": "192.0.2.1", "port": 9}
        child.writer.write(wire.encode({"id": 2, "do": "connect", "with": target}))
        child.writer.write_eof()
        assert await ended(child) == 0
        await child.stop()

    asyncio.run(run())

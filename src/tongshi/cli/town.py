"""The simulated devices of the demonstration, in a process of their own."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable
from types import TracebackType
from typing import Any, Self

from tongshi.app.node import Node
from tongshi.errors import EngineFailed

START = 30.0
"""How long the devices may take to come up, s."""
STOP = 10.0
"""How long they may take to say good-bye, s."""
ANSWER = 15.0
"""How long they may take to report what they are asked for, s."""
_LONGEST = 1 << 22  # bytes of a report: what a loudspeaker heard stands in one line
_VARIABLE = "TONGSHI_SIMULATE_PASSWORD"


class Reports:
    """What devices report, handed to whoever waits for it."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, str, asyncio.Future[dict[str, Any]]]] = []

    async def after(
        self, giving: Awaitable[None], event: str, device: str, within: float = ANSWER
    ) -> dict[str, Any]:
        """Give an order; return the first report of *event* of *device* from then on.

        Raises EngineFailed when none comes.
        """
        coming: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        row = (event, device, coming)
        self._waiting.append(row)
        try:
            await giving
            async with asyncio.timeout(within):
                return await coming
        except TimeoutError:
            text = f"no report of {event} from {device} in {within:g} s"
            raise EngineFailed(text, stage="worker") from None
        finally:
            self._waiting.remove(row)

    def take(self, told: dict[str, Any]) -> None:
        """Take one report; a refusal is one for all who wait."""
        for event, device, coming in self._waiting:
            if coming.done():
                continue
            if told.get("event") == "refused":
                coming.set_exception(EngineFailed(str(told.get("why")), stage="worker"))
            elif (told.get("event"), told.get("device")) == (event, device):
                coming.set_result(told)


class Town:
    """24 cameras and a recorder that register with *node*.  Use it with ``async with``."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._told = asyncio.Event()
        self._ready = False
        self._reports = Reports()

    async def __aenter__(self) -> Self:
        signalling = self._node.settings.signalling
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tongshi.sim.fleet"),
            *("--platform", f"127.0.0.1:{self._node.sip_port}"),
            *("--platform-id", signalling.id),
            *("--domain", signalling.realm),
            *("--password-env", _VARIABLE),
            *("--keepalive", str(signalling.keepalive)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, _VARIABLE: self._node.device_password},
            limit=_LONGEST,
            start_new_session=True,  # an interrupt of the terminal is ours to handle, in order
        )
        self._reading = asyncio.create_task(self._read(self._process))
        try:
            async with asyncio.timeout(START):
                await self._told.wait()
            if not self._ready:
                raise EngineFailed("the simulated devices ended at their start", stage="worker")
        except TimeoutError:
            await self._end()
            raise EngineFailed("the simulated devices did not start", stage="worker") from None
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end()

    async def tell(self, order: dict[str, Any]) -> None:
        """Give the devices one order; see :mod:`tongshi.sim.fleet`.

        Raises EngineFailed when they are not there any more.
        """
        process = self._process
        if process is None or process.stdin is None or process.returncode is not None:
            raise EngineFailed("the simulated devices are not there", stage="worker")
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()

    async def ask(self, order: dict[str, Any], event: str) -> dict[str, Any]:
        """Give one order to a device; return its first report of *event* from then on.

        Raises EngineFailed when none comes, or the order is refused.
        """
        return await self._reports.after(self.tell(order), event, str(order.get("device")))

    async def _end(self) -> None:
        """Let them say good-bye, and see that they go."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(STOP):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reading is not None:
            await self._reading

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        while line := await process.stdout.readline():
            told = _read(line)
            if not self._ready and told.get("event") == "ready":
                self._ready = True
                self._told.set()
            self._reports.take(told)
        self._told.set()


def _read(line: bytes) -> dict[str, Any]:
    """Return the report that *line* is; empty for what is none."""
    with contextlib.suppress(ValueError):
        told = json.loads(line)
        return told if isinstance(told, dict) else {}
    return {}

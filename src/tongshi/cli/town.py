"""The simulated devices of the demonstration, in a process of their own."""

import asyncio
import contextlib
import json
import os
import sys
from types import TracebackType
from typing import Any, Self

from tongshi.app.node import Node
from tongshi.errors import EngineFailed

START = 30.0
"""How long the devices may take to come up, s."""
STOP = 10.0
"""How long they may take to say good-bye, s."""
_VARIABLE = "TONGSHI_SIMULATE_PASSWORD"


class Town:
    """24 cameras and a recorder that register with *node*.  Use it with ``async with``."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._told = asyncio.Event()
        self._ready = False

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
            if not self._ready and _event(line) == "ready":
                self._ready = True
                self._told.set()
        self._told.set()


def _event(line: bytes) -> object:
    """Return which event *line* reports; None for what is no report."""
    with contextlib.suppress(ValueError):
        told = json.loads(line)
        return told.get("event") if isinstance(told, dict) else None
    return None

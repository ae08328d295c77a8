"""The process that burns marks into snapshots: kept while it is wanted."""

import asyncio
from collections.abc import Awaitable, Callable

from tongshi.gateway.stamps import Stamps
from tongshi.net.task import Supervisor

Stamp = Callable[[bytes, str], Awaitable[bytes]]
"""Returns a JPEG with words over it; raises EngineFailed, Exhausted."""
REST = 20.0
"""Between two looks at whether it is still wanted, s."""


class Stamping:
    """Used from the node's loop."""

    def __init__(self, stamps: Stamps | None = None) -> None:
        self._stamps = stamps or Stamps()
        self._tasks = Supervisor("stamping")

    def start(self) -> None:
        """Begin to look after the process."""
        self._tasks.sustain(self._rest, name="rest", pause=REST)

    async def stop(self) -> None:
        """End the process."""
        await self._tasks.close()
        await self._stamps.stop()

    async def stamp(self, jpeg: bytes, text: str) -> bytes:
        """Return *jpeg* with *text* over it; raises EngineFailed, Exhausted."""
        return await self._stamps.stamp(jpeg, text)

    async def _rest(self) -> None:
        await self._stamps.rest(asyncio.get_running_loop().time())

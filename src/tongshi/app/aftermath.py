"""What a killed process left moving: each such camera is told to stop, once, when it is heard.

A camera moves until it is told to stop (GB/T 28181-2022 A.3.2 knows no limit of time), and a killed
process tells nobody.  The access register knows which were steered: entries that no ending closed.
Their devices may be away at the next start, and that process may be killed as well; so what is left
to do is read from the register at each start, and what was done stands there too.

::

    steering, process-ended ---start---> left ---device online---> entry, Stop sent, taken or not
                                           | steered anew after the kill, or a day old: not left

One that does not take its stop is not told again: its entry says so, and a person looks.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping

from tongshi.access.register import Look
from tongshi.errors import Error
from tongshi.net.task import Supervisor
from tongshi.signalling.event import DevicePresence, Presence, SignallingEvent

_log = logging.getLogger(__name__)

STOPPING = "stop-left"
"""What the entry of such a stop is about."""
WINDOW = 86_400.0
"""Steering that began longer ago is left alone, s: somebody has been there since."""
MOST = 2000
"""Cameras stopped after one start at the most: as many as can be steered at once."""
AT_ONCE = 8
"""Stops under way: after a power cut all devices come back together."""

Stop = Callable[[Look], Awaitable[None]]
"""Enters the stop of what was steered in the register, and sends it; raises what either raises."""


class Aftermath:
    """Subscribe :meth:`take`.  Make it in the node's running loop.

    left: the steering that was cut off, one a camera.
    counters: ``"stopped"``, ``"failed"``.
    """

    def __init__(self, left: Iterable[Look], stop: Stop) -> None:
        self.counters: Counter[str] = Counter()
        self._stop = stop
        self._left: dict[str, list[Look]] = {}
        for look in left:
            self._left.setdefault(look.device_id, []).append(look)
        self._tasks = Supervisor("aftermath")
        self._turns = asyncio.Semaphore(AT_ONCE)

    def __len__(self) -> int:
        """How many cameras wait for their devices."""
        return sum(map(len, self._left.values()))

    async def stop(self) -> None:
        """End what is under way."""
        await self._tasks.close()

    def take(self, event: SignallingEvent) -> None:
        """Begin with the cameras of a device that is heard."""
        if isinstance(event, DevicePresence) and event.state is Presence.ONLINE:
            for look in self._left.pop(event.device_id, ()):
                self._tasks.start(self._stop_one(look), name=look.channel_id)

    def figures(self) -> Mapping[str, float]:
        """Return how many cameras wait, were stopped, and were not."""
        return {"left": len(self), **{key: self.counters[key] for key in ("stopped", "failed")}}

    async def _stop_one(self, look: Look) -> None:
        async with self._turns:
            try:
                await self._stop(look)
            except Error as error:
                self.counters["failed"] += 1
                _log.warning(
                    "event=left-moving device_id=%s channel_id=%s why=%s",
                    look.device_id,
                    look.channel_id,
                    error,
                )
            else:
                self.counters["stopped"] += 1
                _log.info(
                    "event=stopped-left device_id=%s channel_id=%s",
                    look.device_id,
                    look.channel_id,
                )

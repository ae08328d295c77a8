"""Catalogs that people asked for again: one query a device at a time, seen by every page."""

from collections.abc import Awaitable, Callable

from tongshi.api.feed import Feed
from tongshi.errors import Error
from tongshi.net.task import Supervisor

Ask = Callable[[str], Awaitable[object]]
"""Asks a device for its catalog and returns when it is gathered; raises as signalling does."""


class Catalogs:
    """Which devices are being asked for their catalog because somebody wants it.

    What comes of it is told by signalling's own events; here is only that it goes on.
    """

    def __init__(self, ask: Ask, feed: Feed) -> None:
        self._ask = ask
        self._feed = feed
        self._asking: set[str] = set()
        self._tasks = Supervisor("catalogs")

    def asking(self, device_id: str) -> bool:
        """Say whether *device_id* is being asked."""
        return device_id in self._asking

    def ask(self, device_id: str) -> None:
        """Ask *device_id* again; while it is being asked this does nothing."""
        if device_id in self._asking:
            return
        self._asking.add(device_id)
        self._tasks.start(self._follow(device_id), name=device_id)
        self._feed.publish("catalog", device_id, {"device": device_id})

    async def stop(self) -> None:
        """End what goes on."""
        await self._tasks.close()

    async def _follow(self, device_id: str) -> None:
        try:
            await self._ask(device_id)
        except Error:
            pass  # told by QueryFailed, which the register keeps with its reason
        finally:
            self._asking.discard(device_id)
            self._feed.publish("catalog", device_id, {"device": device_id})

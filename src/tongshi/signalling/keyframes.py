"""Asking cameras for a key frame while somebody waits for one.

| when | told by |
|---|---|
| a stream was agreed, and shows no picture a moment later | the session |
| pictures come and none can be shown yet; or they are withheld after a loss | the engine |
| somebody joins a stream whose last key frame is old | the engine |

Nothing ever waits for it: who has no such command says nothing or ERROR, and its picture comes with
its next group as before.  One request a stream in ``GAP``; a device that refuses, or says nothing
at all, is left alone for ``REST``.

Source: GB/T 28181-2016 and -2022 A.2.3.1.7; the editions before have no such command.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tongshi.errors import Error
from tongshi.gb28181.profile import KeyFrame, Profile
from tongshi.gb28181.version import Version
from tongshi.net.task import Supervisor
from tongshi.signalling.event import SessionKey
from tongshi.signalling.neighbours import Neighbours

GAP = 2.0
"""Between two requests for one stream, s."""
REST = 60.0
"""For which a device is not asked after it failed to take a request, s."""
_REMEMBERED = 10_000

K = TypeVar("K")

_log = logging.getLogger(__name__)


class KeyFrames:
    """The requests for key frames.

    ask: asks a device for one of a channel; raises Error.  counters: ``asked``, ``failed``.
    """

    def __init__(
        self,
        ask: Callable[[str, str], Awaitable[None]],
        neighbours: Neighbours,
        profile_of: Callable[[str], Profile],
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._ask = ask
        self._neighbours = neighbours
        self._profile_of = profile_of
        self._loop = asyncio.get_running_loop()
        self._tasks = Supervisor("key-frames")
        self._asked: OrderedDict[SessionKey, float] = OrderedDict()
        self._resting: OrderedDict[str, float] = OrderedDict()

    def want(self, key: SessionKey) -> None:
        """Ask for a key frame of *key* if that makes sense now; return at once."""
        now = self._loop.time()
        if now - self._asked.get(key, -GAP) < GAP or now < self._resting.get(key.device_id, now):
            return
        if not self._knows(key.device_id):
            return
        _note(self._asked, key, now)
        self.counters["asked"] += 1
        self._tasks.start(self._request(key), name=f"key/{key.channel_id}")

    async def close(self) -> None:
        """End what is under way."""
        await self._tasks.close()

    def _knows(self, device_id: str) -> bool:
        """Whether a device is of an edition, and a profile, that has the command."""
        neighbour = self._neighbours.get(device_id)
        if neighbour is None or neighbour.version in (Version.V2011, Version.V2011A):
            return False
        return self._profile_of(device_id).key_frame is not KeyFrame.NEVER

    async def _request(self, key: SessionKey) -> None:
        try:
            await self._ask(key.device_id, key.channel_id)
        except Error as error:
            self.counters["failed"] += 1
            _note(self._resting, key.device_id, self._loop.time() + REST)
            _log.info("event=no-key-frame channel_id=%s why=%s", key.channel_id, error)


def _note(kept: OrderedDict[K, float], key: K, at: float) -> None:
    """Remember *at* for *key*, and no more than there is room for."""
    kept[key] = at
    kept.move_to_end(key)
    if len(kept) > _REMEMBERED:
        kept.popitem(last=False)

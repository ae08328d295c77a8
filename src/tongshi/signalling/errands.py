"""One MESSAGE to a device, and what it answers: on time, by name, and without anybody else.

Every errand has its own time-out.  What a device is asked stands in that device's own lane: so
many at once, so many in line, and no device waits for another.

| raised | when |
|---|---|
| Missing | nobody of that id has registered |
| PeerOffline | the device is known to be offline: nothing was sent |
| Exhausted | too much is under way, or in line for this device |
| PeerSilent, stage ``"query"`` | it did not take the MESSAGE |
| PeerSilent, stage ``"answer"`` | it took the MESSAGE and never answered what was asked |
| PeerRefused | it refused the MESSAGE, or its answer says ``ERROR``: then the status is 0 |

Sources: GB/T 28181-2022 9.3, 9.5, A.1, annex M.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from tongshi.errors import Exhausted, Missing, PeerOffline, PeerRefused
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.manscdp import Message, write
from tongshi.gb28181.profile import Profile
from tongshi.gb28181.version import Version
from tongshi.signalling.answers import Answer, Listing, refusal
from tongshi.signalling.event import Presence
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.neighbours import Neighbour, Neighbours
from tongshi.signalling.own import Own
from tongshi.signalling.waiting import Wait, Waiting

A = TypeVar("A", bound=Answer)
R = TypeVar("R")
T = TypeVar("T")
Make = Callable[[int], Message]
"""Makes the message of an SN."""


@dataclass(frozen=True, slots=True)
class ErrandRules:
    """message: s for the answer to a MESSAGE.  answer: s for what was asked.  first: s for the
    first part of a list.  gap: s of silence after which a list ends.

    at_once: errands of one device under way.  in_line: of one device waiting beyond those.
    """

    message: float = 5.0
    answer: float = 10.0
    first: float = 15.0
    gap: float = 5.0
    at_once: int = 2
    in_line: int = 30


class Lane:
    """What one device is asked: so many at once, the others in line, first come first served."""

    def __init__(self, at_once: int) -> None:
        self.held = 0
        self.places = asyncio.Semaphore(at_once)


class Errands:
    """Sends to devices and waits for their answers; what differs by maker is *own*'s to know."""

    def __init__(
        self,
        rules: ErrandRules,
        own: Own,
        exchange: Exchange,
        waiting: Waiting,
        neighbours: Neighbours,
    ) -> None:
        self.rules = rules
        self._own = own
        self._exchange = exchange
        self._waiting = waiting
        self._neighbours = neighbours
        self._lanes: dict[str, Lane] = {}

    def neighbour(self, device_id: str) -> Neighbour:
        """Return a device that may be asked; raises Missing, PeerOffline."""
        neighbour = self._neighbours.get(device_id)
        if neighbour is None:
            raise Missing(f"no device {device_id} has registered")
        if neighbour.state is Presence.OFFLINE:
            raise PeerOffline(f"device {device_id} is offline ({neighbour.why.value})")
        return neighbour

    def host_for(self, device_id: str) -> str:
        """Return the host at which a device reaches us."""
        return self._own.facing.host(self.neighbour(device_id).address)

    def profile_of(self, device_id: str) -> Profile:
        """Return the deviations to heed for *device_id*."""
        return self._own.profile_of(device_id)

    async def deliver(
        self, device_id: str, message: Message, version: Version | None = None
    ) -> None:
        """Return once *device_id* has taken *message*: it said 2xx.  No lane is waited for.

        version: whose spelling to use; None for the device's own.
        """
        neighbour = self.neighbour(device_id)
        response = await self._exchange.ask(
            self._own.message(neighbour, write(message, version or neighbour.version)),
            neighbour.address,
            within=self.profile_of(device_id).message_timeout or self.rules.message,
            stage="query",
        )
        if response.status >= 300:
            name = type(message).__name__
            text = f"{device_id} answered {name} with {response.status}"
            raise PeerRefused(text, status=response.status, stage="query")

    async def ask(
        self, device_id: str, kind: type[A], make: Make, *, within: float | None = None
    ) -> A:
        """Return the one answer to a query.  within: s for it, once the query was taken."""
        async with self._lane(device_id):
            answer = await self._run(device_id, self.expect(device_id, kind, within), make)
        refused = refusal(answer)
        if refused is not None:
            raise refused
        return answer

    async def gather(
        self, device_id: str, listing: Listing[A, T], make: Make, *, first: float | None = None
    ) -> Gathered[T]:
        """Return a list that comes in parts; it may be partial, and says why."""
        rules = self.rules
        async with self._lane(device_id):
            address = self.neighbour(device_id).address
            wait = self._waiting.parts(
                device_id,
                address,
                listing,
                _stay,
                first=first or rules.first,
                gap=self.profile_of(device_id).part_gap or rules.gap,
            )
            return await self._run(device_id, wait, make)

    async def collect(
        self,
        device_id: str,
        kind: type[A],
        enough: Callable[[tuple[A, ...]], bool],
        make: Make,
        *,
        gap: float,
    ) -> tuple[A, ...]:
        """Return the answers of *kind* that came until they were *enough* or *gap* s passed."""
        async with self._lane(device_id):
            address = self.neighbour(device_id).address
            wait = self._waiting.several(
                device_id, address, kind, enough, _stay, within=self.rules.answer, gap=gap
            )
            return await self._run(device_id, wait, make)

    def expect(self, device_id: str, kind: type[A], within: float | None = None) -> Wait[A]:
        """Wait from now on for one answer; it has to be given to :meth:`answer` or ended."""
        address = self.neighbour(device_id).address
        within = self.rules.answer if within is None else within
        return self._waiting.one(device_id, address, kind, _stay, within=within)

    async def answer(self, wait: Wait[R]) -> R:
        """Return what came; raises PeerSilent."""
        return await self._waiting.result(wait)

    def end(self, wait: Wait[R]) -> None:
        """Wait no longer."""
        self._waiting.end(wait)

    async def _run(self, device_id: str, wait: Wait[R], make: Make) -> R:
        try:
            await self.deliver(device_id, make(wait.sn))
            return await self._waiting.result(wait)
        finally:
            self._waiting.end(wait)

    @asynccontextmanager
    async def _lane(self, device_id: str) -> AsyncIterator[None]:
        """Wait for a place in the device's lane; the lane is forgotten with its last errand."""
        lane = self._lanes.get(device_id)
        if lane is None:
            lane = self._lanes[device_id] = Lane(self.rules.at_once)
        if lane.held >= self.rules.at_once + self.rules.in_line:
            raise Exhausted(f"{lane.held} requests wait for {device_id}", resource="transaction")
        lane.held += 1
        try:
            async with lane.places:
                yield
        finally:
            lane.held -= 1
            if not lane.held:
                del self._lanes[device_id]


def _stay() -> None:
    """Nothing to keep: an errand has no place in the line of the planned."""

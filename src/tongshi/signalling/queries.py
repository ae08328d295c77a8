"""What we ask devices: catalog, DeviceInfo, DeviceStatus.

Theory of operation.  After a registration a device is *planned*: it waits in line for one of a few
places, is asked for DeviceInfo, then for its catalog, one MESSAGE at a time.  It holds its place
while it answers; after half a second of silence the place goes to the next in line, and the silent
one is waited for without it.  So silent devices delay nobody.  What failed is asked again twice, a
pause apart, then only on demand or at the next registration: no status code makes a storm.

Sources: GB/T 28181-2022 9.5, A.2.4, annex M.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from tongshi.clock import Clock
from tongshi.errors import Error, Missing, PeerRefused, PeerSilent
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.manscdp import write
from tongshi.gb28181.manscdp.query import CatalogQuery, DeviceInfoQuery, DeviceStatusQuery
from tongshi.gb28181.manscdp.response import DeviceInfoAnswer, DeviceStatusAnswer
from tongshi.net.task import Supervisor
from tongshi.signalling.answers import CATALOG
from tongshi.signalling.event import (
    CatalogAbsent,
    CatalogGathered,
    DeviceDescribed,
    DeviceStated,
    Presence,
    QueryFailed,
    SignallingEvent,
)
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.neighbours import Neighbour, Neighbours
from tongshi.signalling.own import Own
from tongshi.signalling.waiting import Wait, Waiting

Query = CatalogQuery | DeviceInfoQuery | DeviceStatusQuery
R = TypeVar("R")
QUIET = 0.5
"""Silence after which a device loses its place, s."""
WITHOUT = 10_000
"""Devices noted at the most that never answered Catalog."""


@dataclass(frozen=True, slots=True)
class QueryRules:
    """places: devices asked at once.  message: s for the answer to a MESSAGE.

    pauses: s before each repetition of what failed.
    """

    places: int = 64
    message: float = 5.0
    pauses: tuple[float, ...] = (30.0, 120.0)


class Place:
    """One of the places; it is given back once, by whoever is first to."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places: asyncio.Semaphore | None = places
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self.sign()

    def sign(self) -> None:
        """Keep the place a while longer: the device answers."""
        if self._timer is not None:
            self._timer.cancel()
        if self._places is not None:
            self._timer = self._loop.call_later(QUIET, self.free)

    def free(self) -> None:
        """Give the place to the next in line."""
        if self._places is not None:
            self._places.release()
            self._places = None
        if self._timer is not None:
            self._timer.cancel()


class Queries:
    """Asks devices, of those in line at most so many at once, and tells what came.

    What is asked on demand waits for nobody.

    emit: gets DeviceDescribed, DeviceStated, CatalogGathered, CatalogAbsent, QueryFailed.
    """

    def __init__(
        self,
        rules: QueryRules,
        own: Own,
        exchange: Exchange,
        waiting: Waiting,
        neighbours: Neighbours,
        emit: Callable[[SignallingEvent], None],
        clock: Clock,
    ) -> None:
        self._rules = rules
        self._own = own
        self._exchange = exchange
        self._waiting = waiting
        self._neighbours = neighbours
        self._emit = emit
        self._clock = clock
        self._tasks = Supervisor("queries")
        self._places = asyncio.Semaphore(rules.places)
        self._planned: OrderedDict[str, int] = OrderedDict()
        self._again: dict[str, asyncio.TimerHandle] = {}
        self._wanted = asyncio.Event()
        self._catalogs: dict[str, asyncio.Task[Gathered[Item]]] = {}
        self._without: set[str] = set()

    def start(self) -> None:
        """Begin to ask those that are planned."""
        self._tasks.sustain(self._serve, name="planned")

    async def stop(self) -> None:
        """End every query."""
        for timer in self._again.values():
            timer.cancel()
        self._again.clear()
        self._planned.clear()
        await self._tasks.close()
        catalogs = list(self._catalogs.values())
        for task in catalogs:
            task.cancel()
        await asyncio.gather(*catalogs, return_exceptions=True)

    @property
    def backlog(self) -> int:
        """How many devices wait in line."""
        return len(self._planned)

    def plan(self, device_id: str, attempt: int = 0) -> None:
        """Ask *device_id* for DeviceInfo and catalog when its turn comes."""
        timer = self._again.pop(device_id, None)
        if timer is not None:
            timer.cancel()
        self._planned.setdefault(device_id, attempt)
        self._wanted.set()

    def forget(self, device_id: str) -> None:
        """Ask *device_id* nothing that was planned: it is gone."""
        self._planned.pop(device_id, None)
        self._without.discard(device_id)
        timer = self._again.pop(device_id, None)
        if timer is not None:
            timer.cancel()

    async def catalog(self, device_id: str) -> Gathered[Item]:
        """Return the catalog of *device_id*, asked for now; askers at the same time share it.

        It may be partial: see ``complete`` and ``why``.  Raises Missing when the device is not
        known, PeerSilent (stage ``"query"`` or ``"answer"``), PeerRefused, Exhausted.
        """
        return await self._catalog(device_id, _stay)

    async def device_info(self, device_id: str) -> DeviceInfoAnswer:
        """Return what *device_id* says of itself, asked for now; raises as :meth:`catalog`."""
        return await self._described(await self._ask_info(device_id, _stay))

    async def device_status(self, device_id: str) -> DeviceStatusAnswer:
        """Return how *device_id* says it is, asked for now; raises as :meth:`catalog`."""
        neighbour = self._known(device_id)
        wait = self._waiting.one(device_id, neighbour.address, DeviceStatusAnswer, _stay)
        await self._deliver(neighbour, DeviceStatusQuery(wait.sn, device_id), wait)
        with self._telling(device_id, "DeviceStatus"):
            answer = await self._waiting.result(wait)
        self._emit(DeviceStated(device_id, answer, self._clock.wall()))
        return answer

    async def _serve(self) -> None:
        """Give places to those in line, first come, first served."""
        while True:
            await self._wanted.wait()
            await self._places.acquire()
            place = Place(self._places)
            if self._planned:
                device_id, attempt = self._planned.popitem(last=False)
                self._tasks.start(self._describe(device_id, attempt, place), name=device_id)
            else:
                place.free()
                self._wanted.clear()

    async def _describe(self, device_id: str, attempt: int, place: Place) -> None:
        """Ask one device everything; what failed is planned again while the budget lasts."""
        try:
            whole = await self._ask_all(device_id, place)
        except Error:  # told where it happened
            whole = False
        finally:
            place.free()
        neighbour = self._neighbours.get(device_id)
        if whole or neighbour is None or neighbour.state is not Presence.ONLINE:
            return
        if attempt < len(self._rules.pauses):
            loop = asyncio.get_running_loop()
            pause = self._rules.pauses[attempt]
            self._again[device_id] = loop.call_later(pause, self.plan, device_id, attempt + 1)
        elif device_id in self._without and self._own.profile_of(device_id).pseudo_channel:
            self._emit(CatalogAbsent(device_id, self._clock.wall()))

    async def _ask_all(self, device_id: str, place: Place) -> bool:
        """Return whether everything was answered and the catalog is whole.

        The catalog is asked for as soon as the device took the first query: its answer to that
        may come late, or never.  A device that takes nothing is not asked twice.
        """
        profile = self._own.profile_of(device_id)
        info = None
        if profile.ask_info:
            with suppress(PeerRefused):
                info = await self._ask_info(device_id, place.sign)
        try:
            complete = not profile.ask_catalog or await self._list(device_id, place.sign)
            place.free()
            if info is not None:
                await self._described(info)
        finally:
            if info is not None:
                self._waiting.end(info)
        return complete and (info is not None or not profile.ask_info)

    async def _list(self, device_id: str, sign: Callable[[], None]) -> bool:
        """Return whether the catalog is whole; note devices that have none at all."""
        try:
            gathered = await self._catalog(device_id, sign)
        except (PeerSilent, PeerRefused):
            if len(self._without) < WITHOUT:
                self._without.add(device_id)
            raise
        self._without.discard(device_id)
        return gathered.complete

    async def _catalog(self, device_id: str, sign: Callable[[], None]) -> Gathered[Item]:
        """Return the catalog by the query that is under way, or by a new one.

        The query is a task of its own: an asker that goes away takes nothing from the others.
        """
        task = self._catalogs.get(device_id)
        if task is None:
            task = asyncio.create_task(self._gather(device_id, sign), name=f"catalog/{device_id}")
            self._catalogs[device_id] = task
            task.add_done_callback(lambda done: self._gathered(device_id, done))
        return await asyncio.shield(task)

    def _gathered(self, device_id: str, task: "asyncio.Task[Gathered[Item]]") -> None:
        self._catalogs.pop(device_id, None)
        if not task.cancelled():
            task.exception()  # seen here, so that one whose askers all left does not complain

    async def _gather(self, device_id: str, sign: Callable[[], None]) -> Gathered[Item]:
        neighbour = self._known(device_id)
        profile = self._own.profile_of(device_id)
        wait = self._waiting.parts(
            device_id,
            neighbour.address,
            CATALOG,
            sign,
            first=profile.answer_timeout,
            gap=profile.part_gap,
        )
        await self._deliver(neighbour, CatalogQuery(wait.sn, device_id), wait)
        with self._telling(device_id, "Catalog"):
            gathered = await self._waiting.result(wait)
        self._emit(CatalogGathered(device_id, gathered, self._clock.wall()))
        return gathered

    async def _ask_info(self, device_id: str, sign: Callable[[], None]) -> Wait[DeviceInfoAnswer]:
        neighbour = self._known(device_id)
        wait = self._waiting.one(device_id, neighbour.address, DeviceInfoAnswer, sign)
        await self._deliver(neighbour, DeviceInfoQuery(wait.sn, device_id), wait)
        return wait

    async def _described(self, wait: Wait[DeviceInfoAnswer]) -> DeviceInfoAnswer:
        with self._telling(wait.device_id, "DeviceInfo"):
            answer = await self._waiting.result(wait)
        self._emit(DeviceDescribed(wait.device_id, answer, self._clock.wall()))
        return answer

    def _known(self, device_id: str) -> Neighbour:
        neighbour = self._neighbours.get(device_id)
        if neighbour is None:
            raise Missing(f"no device {device_id} has registered")
        return neighbour

    async def _deliver(self, neighbour: Neighbour, query: Query, wait: Wait[R]) -> None:
        """Return once the device has taken the query; end *wait* when it did not."""
        name = type(query).__name__.removesuffix("Query")
        request = self._own.message(neighbour, write(query, neighbour.version))
        within = self._own.profile_of(neighbour.device_id).message_timeout or self._rules.message
        try:
            with self._telling(neighbour.device_id, name):
                response = await self._exchange.ask(
                    request, neighbour.address, within=within, stage="query"
                )
                if response.status >= 300:
                    text = f"{neighbour.device_id} answered {name} with {response.status}"
                    raise PeerRefused(text, status=response.status, stage="query")
        except BaseException:
            self._waiting.end(wait)
            raise
        wait.sign()

    @contextmanager
    def _telling(self, device_id: str, query: str) -> Iterator[None]:
        """Tell of a failure as an event, and let it go on."""
        try:
            yield
        except Error as error:
            self._emit(QueryFailed(device_id, query, error.code, str(error), self._clock.wall()))
            raise


def _stay() -> None:
    """Nothing to keep: an asker on demand has no place in line."""

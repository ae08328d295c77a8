"""Playbacks and downloads: one session each, never shared, with everything given back.

A device may tell the end of a recording within the session, beside it under another Call-ID or
another From, by BYE alone, or not at all; all four end it as ``finished``.

Sources: GB/T 28181-2022 9.8, 9.9; annexes B, G, L.
"""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from tongshi.clock import Clock
from tongshi.errors import Conflict, Error, Exhausted, Invalid, Missing, PeerOffline, PeerSilent
from tongshi.gateway.engine import EngineEvent, Transport
from tongshi.gb28181.description import Purpose
from tongshi.gb28181.manscdp import MediaStatus, Message, read
from tongshi.gb28181.profile import Profile
from tongshi.gb28181.ssrc import SsrcPool
from tongshi.net.task import Supervisor
from tongshi.signalling.calls import BYE_TIMEOUT
from tongshi.signalling.event import (
    HistoryEnded,
    HistoryOpened,
    Kind,
    Presence,
    SessionKey,
    SignallingEvent,
)
from tongshi.signalling.footage import LONGEST, FootageAttempt, Order, explain, next_try
from tongshi.signalling.history import History, Span
from tongshi.signalling.neighbours import Neighbour, Neighbours
from tongshi.signalling.offer import payloads_of
from tongshi.signalling.upstream import Means, Way
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Response

_log = logging.getLogger(__name__)

_SENT = "121"
"""NotifyType of a history that has been sent to its end.  Source: A.2.5.4."""
_CODES = {
    "offline": ("peer.silent", "presence"),
    "stalled": ("peer.silent", "media"),
    "peer": ("peer.silent", "playback"),
    "engine": ("engine.failed", "worker"),
    "finished": ("finished", ""),
}
"""What viewers are told: code and stage, by why a session ended."""
_DEAD = 0.5


@dataclass(frozen=True, slots=True)
class HistoryRules:
    """transport: asked for where the opener does not say.  limit: sessions at the most.

    control: s for the answer to an INFO.
    """

    transport: Transport = Transport.TCP_PASSIVE
    limit: int = 500
    control: float = 5.0


class Histories:
    """The sessions that show the past.

    emit: gets HistoryOpened and HistoryEnded.
    counters: ``opened``, ``failed``, ``retried``, and ``ended.<why>``.
    """

    def __init__(
        self,
        rules: HistoryRules,
        means: Means,
        neighbours: Neighbours,
        profile_of: Callable[[str], Profile],
        emit: Callable[[SignallingEvent], None],
        clock: Clock,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._rules = rules
        # SSRCs of its own: sessions look after theirs, and the first digit differs.
        self._means = replace(means, ssrcs=SsrcPool(means.own.id))
        self._neighbours = neighbours
        self._profile_of = profile_of
        self._emit = emit
        self._clock = clock
        self._tasks = Supervisor("histories")
        self._open: dict[History, asyncio.Task[None]] = {}
        self._by_stream: dict[str, History] = {}
        self._stopping = False

    def __len__(self) -> int:
        return len(self._open)

    def all(self) -> tuple[History, ...]:
        """Return what is open, opening or closing."""
        return tuple(self._open)

    async def open(
        self,
        device_id: str,
        channel_id: str,
        span: Span,
        purpose: Purpose = Purpose.PLAYBACK,
        *,
        speed: int | None = None,
        transport: Transport | None = None,
        file: str = "",
    ) -> History:
        """Return a session once its first picture is there.

        span: rounded to whole seconds that hold it.  speed: of a download.  file: where the
        engine is to write.
        Raises Invalid (no such span), Missing, PeerOffline, Conflict (stopping), Exhausted
        (``port``, ``ssrc``, ``session``), PeerSilent, PeerRefused (its status; stage
        ``playback`` or ``download``), RemoteProtocolError, EngineFailed.
        """
        order = Order(math.floor(span.since), math.ceil(span.until), purpose, speed, file)
        neighbour = self._admit(device_id, order)
        key = SessionKey(device_id, channel_id, Kind.MAIN)
        profile = self._profile_of(device_id)
        history = History(
            key, order, self._means.engine, self._tasks, profile.scale_format, self._rules.control
        )
        way = Way(transport or self._usual(device_id), payloads_of(profile))
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        work = self._live(history, neighbour, way, order, ready)
        self._open[history] = self._tasks.start(work, name=f"{device_id}/{channel_id}")
        try:
            await asyncio.shield(ready)
        except asyncio.CancelledError:
            history.end("closed")
            raise
        return history

    async def close(self, history: History, why: str = "closed") -> None:
        """End *history*, and wait until what it held is given back."""
        history.end(why)
        task = self._open.get(history)
        if task is not None:
            await asyncio.wait([task])

    async def close_all(self, *, within: float = 5.0) -> None:
        """End every session with a BYE, and take no new ones."""
        self._stopping = True
        for history in self.all():
            history.end("stopped")
        tasks = list(self._open.values())
        if tasks:
            await asyncio.wait(tasks, timeout=within)
        await self._tasks.close()

    def end_device(self, device_id: str) -> None:
        """End every session of a device that is gone."""
        for history in self.all():
            if history.key.device_id == device_id:
                history.end("offline")

    def streams(self) -> set[str]:
        """Return the names under which footage holds an SSRC."""
        return set(self._by_stream)

    def heard(self, event: EngineEvent) -> None:
        """Take what the engine says."""
        history = self._by_stream.get(event.stream)
        if history is not None:
            history.heard(event)

    def claim(self, arrived: RequestArrived) -> Response | None:
        """Return the answer to a MESSAGE or INFO within a session; None when it is no one's."""
        request = arrived.request
        if request.method not in ("MESSAGE", "INFO"):
            return None
        call = self._means.calls.get(request.call_id)
        if call is None:
            return None
        for history in self._open:
            if history.attempt is not None and history.attempt.call is call:
                if request.method == "MESSAGE":
                    self._read(history, request.body)
                return request.response(200)
        return None

    def take(self, neighbour: Neighbour, message: Message, arrived: RequestArrived) -> int:
        """Take the notice of an end that came beside its session; return the status to answer."""
        if not isinstance(message, MediaStatus) or message.notify_type.strip() != _SENT:
            return 200
        found = [each for each in self._open if each.key.device_id == neighbour.device_id]
        names = (arrived.request.from_user, message.device_id)
        for name in names:
            named = [each for each in found if each.key.channel_id == name]
            if named:
                found = named
                break
        if found:
            # Several of one channel: the one that has least left is meant.
            min(found, key=lambda each: each.span.until - (each.at or each.span.since)).finish()
        return 200

    def figures(self) -> dict[str, float]:
        """Return counts since the start and what is open."""
        return {"open": len(self._open), **self.counters}

    def _read(self, history: History, body: bytes) -> None:
        try:
            message = read(body)
        except Error:
            return
        if isinstance(message, MediaStatus) and message.notify_type.strip() == _SENT:
            history.finish()

    def _usual(self, device_id: str) -> Transport:
        told = self._profile_of(device_id).transport
        return self._rules.transport if told is None else Transport(told.value)

    def _admit(self, device_id: str, order: Order) -> Neighbour:
        if not 0 < order.since < order.until or order.until - order.since > LONGEST:
            raise Invalid("footage has a beginning, a later end, and a day at the most")
        if self._stopping:
            raise Conflict("the platform is stopping")
        neighbour = self._neighbours.get(device_id)
        if neighbour is None:
            raise Missing(f"no device {device_id} has registered")
        if neighbour.state is Presence.OFFLINE:
            raise PeerOffline(f"device {device_id} is offline ({neighbour.why.value})")
        if len(self._open) >= self._rules.limit:
            raise Exhausted(f"{len(self._open)} playbacks are open", resource="session")
        return neighbour

    async def _live(
        self,
        history: History,
        neighbour: Neighbour,
        way: Way,
        order: Order,
        ready: asyncio.Future[None],
    ) -> None:
        """Carry one session from its INVITE to its end."""
        opened = False
        opening = asyncio.ensure_future(self._establish(history, neighbour, way, order))
        ended = asyncio.ensure_future(history.ended())
        try:
            await asyncio.wait([opening, ended], return_when=asyncio.FIRST_COMPLETED)
            if not history.over:
                await opening
                opened = True
                self._opened(history)
                ready.set_result(None)
                await ended
        except Error as error:
            self.counters["failed"] += 1
            ready.set_exception(explain(error, order))
            ready.exception()
        finally:
            opening.cancel()
            ended.cancel()
            await asyncio.gather(opening, ended, return_exceptions=True)
            history.end("failed")
            if not ready.done():
                ready.set_exception(_ended_early(history))
                ready.exception()
            await self._end(history, opened=opened)

    async def _establish(
        self, history: History, neighbour: Neighbour, way: Way, order: Order
    ) -> None:
        attempt = self._attempt(history, neighbour, way, order)
        try:
            await attempt.run()
            return
        except Error as error:
            again = next_try(attempt, error)
            if again is None:
                raise
            _log.info("again stream=%s after=%r", attempt.stream, str(error))
        self.counters["retried"] += 1
        await self._give_back(attempt)
        await self._attempt(history, neighbour, *again).run()

    def _attempt(
        self, history: History, neighbour: Neighbour, way: Way, order: Order
    ) -> FootageAttempt:
        attempt = FootageAttempt(
            history.key,
            neighbour,
            way,
            self._means,
            history.stopped,
            order,
            self._profile_of(history.key.device_id),
        )
        history.attempt = attempt
        self._by_stream[attempt.stream] = history
        return attempt

    def _opened(self, history: History) -> None:
        self.counters["opened"] += 1
        span, wall = history.span, self._clock.wall()
        self._emit(
            HistoryOpened(
                history.key, history.stream, history.purpose, span.since, span.until, wall
            )
        )

    async def _end(self, history: History, *, opened: bool) -> None:
        why = await history.ended()
        self.counters[f"ended.{why}"] += 1
        try:
            if history.attempt is not None:
                code, stage = _CODES.get(why, ("", ""))
                patience = _DEAD if why == "offline" else BYE_TIMEOUT
                await self._give_back(history.attempt, code, stage, patience)
                history.figures = history.attempt.figures or history.figures
        finally:
            self._open.pop(history, None)
        if opened:
            self._emit(HistoryEnded(history.key, history.stream, why, self._clock.wall()))

    async def _give_back(
        self,
        attempt: FootageAttempt,
        code: str = "",
        stage: str = "",
        patience: float = BYE_TIMEOUT,
    ) -> None:
        try:
            await attempt.close(code, stage, patience=patience)
        except Error as error:  # of the engine; what it held is lost with it
            _log.warning("close stream=%s error=%r", attempt.stream, str(error))
        finally:
            self._by_stream.pop(attempt.stream, None)


def _ended_early(history: History) -> Error:
    why = history.error
    if why is not None:
        return why
    text = f"the footage of {history.key.channel_id} ended before its first picture"
    return PeerSilent(text, timer="first media", stage="media")

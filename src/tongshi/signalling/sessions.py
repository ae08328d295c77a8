"""Live sessions: one upstream a (device, channel, kind), shared by all who look.

::

             open                first picture             last release        grace over
    (none) --------> OPENING ----------------> LIVE <-------------------> GRACE ----------+
                        | fails, after one        | BYE, silence,           |             |
                        | more try where that     | engine lost,            |             |
                        | makes sense             | device offline          |             |
                        | all openers left        v                         v             v
                        +---------------------> CLOSING (BYE or CANCEL, port, SSRC) ----> (none)

Openers at the same time wait for the same attempt and get the same outcome.  One that comes while
the old upstream is closing waits for that and starts a new one.
Source: GB/T 28181-2022 9.2, annex K (release of media whose peer is gone), annex L.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

from tongshi.clock import Clock
from tongshi.errors import Conflict, Error, Exhausted, Missing, PeerOffline, PeerSilent
from tongshi.gateway.engine import EngineEvent, KeyWanted, Measured, Transport
from tongshi.net.task import Supervisor
from tongshi.signalling.calls import BYE_TIMEOUT, Call
from tongshi.signalling.event import (
    Kind,
    Presence,
    SessionClosed,
    SessionFailed,
    SessionKey,
    SessionOpened,
    SignallingEvent,
)
from tongshi.signalling.neighbours import Neighbour, Neighbours
from tongshi.signalling.share import Session, Stage, Upstream
from tongshi.signalling.upstream import Attempt, Means, Way, first_way, next_way
from tongshi.sip.message import Request

_log = logging.getLogger(__name__)

_CODES = {
    "offline": ("peer.silent", "presence"),
    "stalled": ("peer.silent", "media"),
    "engine": ("engine.failed", "worker"),
}
"""What viewers are told: code and stage, by why a session ended."""
_DEAD = 0.5
"""Wait for a device that is offline to confirm a BYE, s: it hardly will."""
_STALE = 1000
"""Calls remembered whose BYE nobody confirmed."""


@dataclass(frozen=True, slots=True)
class SessionRules:
    """transport: asked for where the opener does not say.  grace: s kept after the last viewer.

    limit: upstreams at the most.
    """

    transport: Transport = Transport.UDP
    grace: float = 10.0
    limit: int = 2000


class Sessions:
    """The upstreams, by what they show.

    emit: gets SessionOpened, SessionFailed, SessionClosed.
    want_key: may be set: told whose picture waits for a key frame; it returns at once.
    counters: ``opened``, ``shared``, ``failed``, ``retried``, ``abandoned``, ``closed``, ``leaks``.
    """

    def __init__(
        self,
        rules: SessionRules,
        means: Means,
        neighbours: Neighbours,
        emit: Callable[[SignallingEvent], None],
        clock: Clock,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self.want_key: Callable[[SessionKey], None] = lambda key: None
        self._rules = rules
        self._means = means
        self._neighbours = neighbours
        self._emit = emit
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._tasks = Supervisor("sessions")
        self._by_key: dict[SessionKey, Upstream] = {}
        self._by_stream: dict[str, tuple[Upstream, Attempt]] = {}
        self._stale: OrderedDict[SessionKey, Call] = OrderedDict()
        self._stopping = False

    def __len__(self) -> int:
        return len(self._by_key)

    def keys(self) -> tuple[SessionKey, ...]:
        """Return what is open, opening or closing."""
        return tuple(self._by_key)

    async def open(
        self,
        device_id: str,
        channel_id: str,
        kind: Kind = Kind.MAIN,
        transport: Transport | None = None,
    ) -> Session:
        """Return a share in the upstream of a channel, once its first picture is there.

        transport: of a new upstream, None for what suits the device; one that is there already is
        shared as it is.
        Raises Missing (no such device), Conflict (it is offline, or we are stopping), Exhausted
        (``port``, ``ssrc``, ``session``), PeerSilent (stage ``invite``, ``connect``, ``media``),
        PeerRefused (its status), RemoteProtocolError (an answer that cannot be used),
        EngineFailed.
        """
        key = SessionKey(device_id, channel_id, kind)
        profile = self._means.own.profile_of(device_id)
        way = first_way(profile, self._rules.transport, transport)
        upstream = await self._upstream(key, way.transport)
        upstream.holders += 1
        if upstream.grace is not None:
            upstream.grace.cancel()
            upstream.grace = None
        try:
            attempt = await asyncio.shield(upstream.ready)
        except BaseException:
            self._release(upstream)
            raise
        return Session(upstream, attempt, self._release)

    async def close(self, key: SessionKey, why: str = "closed") -> bool:
        """End the upstream *key* at once, whoever watches; False when there is none."""
        upstream = self._by_key.get(key)
        if upstream is None:
            return False
        upstream.end(why)
        await upstream.closed.wait()
        return True

    async def close_all(self, *, within: float = 5.0) -> None:
        """End every upstream with a BYE, and take no new ones.

        within: s for the devices' answers; ports and SSRCs are given back in any case.
        """
        self._stopping = True
        upstreams = list(self._by_key.values())
        for upstream in upstreams:
            upstream.end("stopped")
        waits = [asyncio.ensure_future(upstream.closed.wait()) for upstream in upstreams]
        if waits:
            await asyncio.wait(waits, timeout=within)
        for wait in waits:
            wait.cancel()
        await self._tasks.close()

    def end_call(self, request: Request) -> bool:
        """Take a BYE; return whether it belonged to a session."""
        call = self._means.calls.get(request.call_id)
        if call is None or not call.accepts(request):
            return False
        call.arrived(request)
        return True

    def end_device(self, device_id: str) -> None:
        """End every session of a device that is gone: nothing comes from it any more."""
        for key, upstream in list(self._by_key.items()):
            if key.device_id == device_id:
                upstream.end("offline")

    def heard(self, event: EngineEvent) -> None:
        """Take what the engine says."""
        held = self._by_stream.get(event.stream)
        if held is None:
            return
        upstream, attempt = held
        if isinstance(event, Measured):
            upstream.figures = event.figures
        elif isinstance(event, KeyWanted):
            self.want_key(upstream.key)
        else:
            attempt.heard(event)

    def reconcile(self, elsewhere: Container[str] = ()) -> int:
        """Give back SSRCs whose stream is gone; return how many, which should be none.

        elsewhere: streams of others that lease from the same pool.
        """
        leaked = [
            lease
            for lease in self._means.ssrcs.leased()
            if lease.owner not in self._by_stream and lease.owner not in elsewhere
        ]
        for lease in leaked:
            self._means.ssrcs.release(lease.ssrc)
            _log.error("leaked ssrc=%s owner=%s", lease.ssrc, lease.owner)
        self.counters["leaks"] += len(leaked)
        return len(leaked)

    def leased_ssrcs(self) -> int:
        """Return how many SSRCs are leased now; 0 when nothing is open."""
        return sum(1 for _ in self._means.ssrcs.leased())

    async def _upstream(self, key: SessionKey, transport: Transport) -> Upstream:
        """Return the upstream to share, or a new one."""
        while True:
            if self._stopping:
                raise Conflict("the platform is stopping")
            upstream = self._by_key.get(key)
            if upstream is None:
                return self._begin(key, transport)
            if not upstream.over.done():
                self.counters["shared"] += 1
                return upstream
            await upstream.closed.wait()

    def _begin(self, key: SessionKey, transport: Transport) -> Upstream:
        neighbour = self._neighbours.get(key.device_id)
        if neighbour is None:
            raise Missing(f"no device {key.device_id} has registered")
        if neighbour.state is Presence.OFFLINE:
            raise PeerOffline(f"device {key.device_id} is offline ({neighbour.why.value})")
        if len(self._by_key) >= self._rules.limit:
            raise Exhausted(f"{len(self._by_key)} streams are open", resource="session")
        upstream = Upstream(key, transport)
        self._by_key[key] = upstream
        name = f"{key.device_id}/{key.channel_id}/{key.kind.value}"
        self._tasks.start(self._live(upstream, neighbour), name=name)
        return upstream

    def _release(self, upstream: Upstream) -> None:
        upstream.holders -= 1
        if upstream.holders or upstream.over.done():
            return
        if upstream.stage is Stage.OPENING:
            self.counters["abandoned"] += 1
            upstream.end("unused")
        else:
            upstream.grace = self._loop.call_later(self._rules.grace, upstream.end, "unused")

    async def _live(self, upstream: Upstream, neighbour: Neighbour) -> None:
        """Carry one upstream from its first attempt to its end."""
        opening = asyncio.create_task(self._establish(upstream, neighbour))
        began = self._loop.time()
        try:
            both: list[asyncio.Future[Any]] = [opening, upstream.over]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not upstream.over.done():
                self._opened(upstream, await opening, self._loop.time() - began)
                await upstream.over
        except Error as error:
            self._failed(upstream, error)
        finally:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            await self._end(upstream)

    async def _establish(self, upstream: Upstream, neighbour: Neighbour) -> Attempt:
        """Return the attempt that brought a picture: the first, or one more where sensible."""
        profile = self._means.own.profile_of(neighbour.device_id)
        first = first_way(profile, upstream.transport, upstream.transport)
        attempt = self._attempt(upstream, neighbour, first)
        try:
            await attempt.run()
            return attempt
        except Error as error:
            way = next_way(attempt, error)
            if way is None:
                raise
            _log.info("again stream=%s after=%r", attempt.stream, str(error))
        self.counters["retried"] += 1
        await self._give_back(attempt)
        stale = self._stale.pop(upstream.key, None)
        if stale is not None:
            stale.repeat_bye()
        attempt = self._attempt(upstream, neighbour, way)
        await attempt.run()
        return attempt

    def _attempt(self, upstream: Upstream, neighbour: Neighbour, way: Way) -> Attempt:
        attempt = Attempt(upstream.key, neighbour, way, self._means, upstream.end)
        attempt.on_wait = lambda: self.want_key(upstream.key)
        upstream.attempt = attempt
        self._by_stream[attempt.stream] = (upstream, attempt)
        return attempt

    def _opened(self, upstream: Upstream, attempt: Attempt, seconds: float) -> None:
        upstream.stage = Stage.LIVE
        upstream.ready.set_result(attempt)
        self.counters["opened"] += 1
        wall = self._clock.wall()
        transport = attempt.way.transport
        self._emit(
            SessionOpened(upstream.key, attempt.stream, transport, int(attempt.ssrc), wall, seconds)
        )

    def _failed(self, upstream: Upstream, error: Error) -> None:
        self.counters["failed"] += 1
        upstream.fail(error)
        stage = getattr(error, "stage", None) or getattr(error, "resource", None) or "answer"
        self._emit(SessionFailed(upstream.key, error.code, stage, str(error), self._clock.wall()))

    async def _end(self, upstream: Upstream) -> None:
        """Give back what the upstream holds, tell who waits, forget it."""
        was_live = upstream.stage is Stage.LIVE
        upstream.stage = Stage.CLOSING
        upstream.end("failed")
        why = upstream.over.result()
        upstream.fail(_ended_early(upstream.key, why))
        attempt = upstream.attempt
        if attempt is not None:
            try:
                code, stage = _CODES.get(why, ("", ""))
                patience = _DEAD if why == "offline" else BYE_TIMEOUT
                await self._give_back(attempt, code, stage, patience)
            finally:
                self._forget(upstream)
        else:
            self._forget(upstream)
        if was_live and attempt is not None:
            self.counters["closed"] += 1
            wall = self._clock.wall()
            self._emit(SessionClosed(upstream.key, attempt.stream, why, wall, attempt.figures))

    def _forget(self, upstream: Upstream) -> None:
        self._by_key.pop(upstream.key, None)
        upstream.closed.set()

    async def _give_back(
        self,
        attempt: Attempt,
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
            if attempt.call is not None and not attempt.call.confirmed:
                self._stale[attempt.key] = attempt.call
                if len(self._stale) > _STALE:
                    self._stale.popitem(last=False)


def _ended_early(key: SessionKey, why: str) -> Error:
    """Return what openers get whose upstream ended before its first picture."""
    if why == "offline":
        text = f"device {key.device_id} went offline"
        return PeerSilent(text, timer="keepalive", stage="presence")
    return Conflict(f"the stream of {key.channel_id} was ended: {why}")

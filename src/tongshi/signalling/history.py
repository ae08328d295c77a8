"""One playback or download under way: steered, watched over, ended.

::

               PAUSE, 200            MediaStatus 121, BYE or silence near the end
    PLAYING <--------------> PAUSED  -------------------------------------------> over "finished"
       |  ^ PLAY, 200                BYE or silence elsewhere --> "peer", "stalled"
       v  |
    WAITING: viewers have more in store than they need; they go on, the device does not

Every order has its own time-out and its own answer; one is under way at a time, because devices
lose count otherwise.  What a device cannot do is told by its answer and changes nothing.

Sources: GB/T 28181-2022 9.8, 9.9, annex B.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tongshi.errors import Conflict, Error, Exhausted, Invalid, PeerRefused
from tongshi.gateway.engine import (
    Advanced,
    Engine,
    EngineEvent,
    Figures,
    FileFailed,
    Measured,
    PeerClosed,
    Track,
    Transport,
    Turn,
)
from tongshi.gb28181.description import Purpose
from tongshi.gb28181.mansrtsp import CONTENT_TYPE, Method, Range, Reply
from tongshi.gb28181.mansrtsp import Order as Command
from tongshi.gb28181.profile import ScaleFormat
from tongshi.net.task import Supervisor
from tongshi.signalling.event import SessionKey
from tongshi.signalling.footage import FootageAttempt, Order

NEAR = 5.0
"""So near to an end of the footage, s, silence or a BYE means that all has come."""
QUIET = 3
"""Reports of one a second without a new picture, near the end, after which all has come."""
DRAIN = 15.0
"""After the notice of the end, media may still be on its way for so long, s."""
STORE_MOST, STORE_LEAST = 8.0, 3.0
"""What viewers have in store, s, at which the device is told to wait, and to go on."""
STEP_FRAMES = 5
"""Pictures fetched at least when a paused picture is stepped on."""
STEP_WAIT = 4.0
FASTEST = 16.0
IN_LINE = 8
"""Orders under way and waiting at the most: each may take as long as the device is silent."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, UNIX time, s."""

    since: float
    until: float


class History:
    """One session with a device that sends its recording.

    Never shared: who watches steers.  on_end: called once when it is over, with itself.
    on_advance: called with each report of the engine.
    """

    def __init__(
        self,
        key: SessionKey,
        order: Order,
        engine: Engine,
        tasks: Supervisor,
        spelling: ScaleFormat,
        timeout: float,
    ) -> None:
        self.key = key
        self.span = Span(float(order.since), float(order.until))
        self.purpose = order.purpose
        self.advanced: Advanced | None = None
        self.error: Error | None = None
        self.figures: Figures | None = None
        self.paused = False
        self.scale = 1.0
        self.finished = False
        self.on_advance: Callable[[Advanced], None] = lambda _: None
        self.attempt: FootageAttempt | None = None
        self._engine = engine
        self._tasks = tasks
        self._spelling = spelling
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[str] = self._loop.create_future()
        self._lock = asyncio.Lock()
        self._ordering = 0
        self._cseq = 0
        self._frames = 0
        self._quiet = 0
        self._waiting_since: float | None = None
        self._can_wait = True
        self._busy = False

    @property
    def stream(self) -> str:
        """Its name in the engine."""
        return self._made.stream

    @property
    def transport(self) -> Transport:
        """How its media come."""
        return self._made.way.transport

    @property
    def track(self) -> Track | None:
        """What it shows."""
        return self._made.track

    @property
    def file_size(self) -> int | None:
        """What the device says that a download has, bytes; None when it does not say."""
        answer = self._made.answer
        size = None if answer is None else answer.file_size
        return size if size is not None and size > 0 else None

    @property
    def at(self) -> float | None:
        """The moment that its newest picture shows, UNIX time; None before the first."""
        return None if self.advanced is None else self.advanced.at

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._over.done()

    async def ended(self) -> str:
        """Return why it ended, once it has; see HistoryEnded."""
        return await asyncio.shield(self._over)

    def release(self) -> None:
        """End it: nobody watches any more."""
        self.end("closed")

    def end(self, why: str) -> None:
        """Let it end; the first reason counts."""
        if not self._over.done():
            self._over.set_result(why)

    # Orders

    async def play(self) -> None:
        """Go on after a pause.

        This and the other orders raise PeerSilent or PeerRefused (stage ``"control"``),
        Conflict when the session is over, Exhausted when too many orders wait.
        """
        async with self._turn():
            await self._go()

    async def pause(self) -> None:
        """Hold the picture: the device sends nothing, and keeps the session."""
        async with self._turn():
            await self._order(Method.PAUSE)
            await self._stop(Turn.HOLD)

    async def seek(self, at: float) -> None:
        """Go to a moment, UNIX time; a paused picture stays paused there.

        Raises Invalid outside of the footage that was asked for.
        """
        if not self.span.since <= at <= self.span.until:
            raise Invalid("the moment is outside of the footage that was asked for")
        async with self._turn():
            was_paused = self.paused
            await self._go_to(at)
            if was_paused:
                await self._glimpse()

    async def set_scale(self, scale: float) -> float:
        """Have it play at *scale*, negative for backwards; return what the device agreed to.

        Raises Invalid for 0 and beyond 16 times.
        """
        if not 0 < abs(scale) <= FASTEST:
            raise Invalid(f"the speed is between -{FASTEST:g} and {FASTEST:g}, and not 0")
        async with self._turn():
            reply = await self._order(Method.PLAY, scale=scale)
            self.scale = reply.scale if reply.scale is not None else scale
            await self._engine.steer(self.stream, Turn.SPEED, self.scale)
            if self.paused:
                await self._resume()
            return self.scale

    async def step(self) -> None:
        """Have a paused session send a few more pictures; raises Conflict when it plays."""
        if not self.paused:
            raise Conflict("the playback is not paused")
        async with self._turn():
            await self._go()
            await self._glimpse()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for one's turn to order; raises Exhausted when too many wait already."""
        if self._ordering >= IN_LINE:
            raise Exhausted(f"{self._ordering} orders wait for this playback", resource="session")
        self._ordering += 1
        try:
            async with self._lock:
                yield
        finally:
            self._ordering -= 1

    async def _go(self) -> None:
        await self._order(Method.PLAY, span=Range())
        await self._resume()

    async def _go_to(self, at: float) -> None:
        # Whole seconds: some devices read nothing else.
        offset = float(int(at - self.span.since))
        await self._engine.steer(self.stream, Turn.SEEK, self.span.since + offset)
        try:
            reply = await self._order(Method.PLAY, span=Range(offset))
        except Error:
            await self._engine.steer(self.stream, Turn.STAY)
            raise
        told = None if reply.range is None else reply.range.begin
        landed = None if told is None or abs(told - offset) > 30 else self.span.since + told
        await self._engine.steer(self.stream, Turn.LANDED, landed)
        self._quiet = 0
        await self._resume()

    async def _resume(self) -> None:
        self.paused = False
        self._waiting_since = None
        await self._engine.steer(self.stream, Turn.GO)

    async def _stop(self, turn: Turn) -> None:
        if turn is Turn.HOLD:
            self.paused = True
            self._waiting_since = None
        else:
            self._waiting_since = self._loop.time()
        await self._engine.steer(self.stream, turn)

    async def _glimpse(self) -> None:
        """Let a few pictures come, then pause again."""
        before = (await self._engine.figures(self.stream)).frames
        until = self._loop.time() + STEP_WAIT
        while self._loop.time() < until and not self.over:
            await asyncio.sleep(0.05)
            if (await self._engine.figures(self.stream)).frames >= before + STEP_FRAMES:
                break
        await self._order(Method.PAUSE)
        await self._stop(Turn.HOLD)

    async def _order(
        self, method: Method, *, scale: float | None = None, span: Range | None = None
    ) -> Reply:
        """Ask; a speed that is refused as unreadable is spelled otherwise once."""
        reply = await self._ask(method, scale, span, self._spelling)
        if reply.status == 400 and scale is not None:
            other = ScaleFormat.DECIMAL
            if self._spelling is ScaleFormat.DECIMAL:
                other = ScaleFormat.INTEGER if scale == int(scale) else ScaleFormat.SIX
            reply = await self._ask(method, scale, span, other)
            if reply.done:
                self._spelling = other
        if not reply.done:
            text = f"{self.key.channel_id} refused {method.value}: {reply.status} {reply.reason}"
            raise PeerRefused(text, status=reply.status, stage="control")
        return reply

    async def _ask(
        self, method: Method, scale: float | None, span: Range | None, spelling: ScaleFormat
    ) -> Reply:
        call = self._made.call
        if self.over or call is None:
            raise Conflict("the playback is over")
        self._cseq += 1
        body = Command(method, self._cseq, scale, span).build(spelling)
        response = await call.ask("INFO", CONTENT_TYPE, body, within=self._timeout, stage="control")
        if response.status >= 300:
            return Reply(response.status, response.reason)
        return Reply.parse(response.body)

    # What happens

    def heard(self, event: EngineEvent) -> None:
        """Take what the engine says of the stream."""
        match event:
            case Measured():
                self.figures = event.figures
            case FileFailed():
                self.error = event.error
                self.end("file")
            case Advanced():
                self._advance(event)
            case PeerClosed() if self._made.track is not None:
                self.stopped("peer")  # it would have connected again by now
            case _:
                if self.attempt is not None:
                    self.attempt.heard(event)

    def stopped(self, why: str) -> None:
        """Take why the attempt ended: at an end of the footage that is as it should be."""
        natural = why in ("peer", "stalled") and (self.finished or self._is_near())
        self.end("finished" if natural else why)

    def finish(self) -> None:
        """Take the notice that all has been sent; what is on its way still counts."""
        if not self.finished:
            self.finished = True
            self._loop.call_later(DRAIN, self.end, "finished")

    def _advance(self, event: Advanced) -> None:
        self.advanced = event
        moved = event.frames != self._frames
        self._frames = event.frames
        self._quiet = (
            0 if moved or self.paused or self._waiting_since is not None else (self._quiet + 1)
        )
        self.on_advance(event)
        if self._quiet >= (1 if self.finished else QUIET) and (self.finished or self._is_near()):
            self.end("finished")
        elif self.purpose is Purpose.PLAYBACK and not self.paused and not self._busy:
            self._pace(event)

    def _is_near(self) -> bool:
        """Whether the newest picture is at that end of the footage to which it plays."""
        at = self.at
        if at is None or self.advanced is None:
            return False
        if self.scale < 0:
            return at <= self.span.since + NEAR
        return at >= self.span.until - NEAR

    def _pace(self, event: Advanced) -> None:
        """See that viewers have enough and not too much; make up for a speed that is ignored."""
        if self._waiting_since is not None:
            left = event.lead - (self._loop.time() - self._waiting_since)
            if left <= STORE_LEAST:
                self._do(self._go_quietly(), "go")
        elif event.lead > STORE_MOST and self._can_wait and not self.finished:
            self._do(self._wait_quietly(), "wait")
        elif event.pace == "ignored" and self.scale > 1 and event.at is not None:
            # It goes on at normal speed: what is too much is left out, a second at a time.
            target = event.at + self.scale - 1
            if target < self.span.until:
                self._do(self._skip_quietly(target), "skip")

    def _do(self, work: Coroutine[object, object, None], name: str) -> None:
        self._busy = True
        self._tasks.start(work, name=name)

    async def _wait_quietly(self) -> None:
        try:
            async with self._lock:
                if not self.paused:
                    await self._order(Method.PAUSE)
                    await self._stop(Turn.WAIT)
        except Error as error:
            self._can_wait = False
            _log.info("cannot wait stream=%s why=%s", self.stream, error)
        finally:
            self._busy = False

    async def _go_quietly(self) -> None:
        try:
            async with self._lock:
                if self._waiting_since is not None:
                    await self._go()
        except Error as error:
            _log.info("cannot go on stream=%s why=%s", self.stream, error)
        finally:
            self._busy = False

    async def _skip_quietly(self, target: float) -> None:
        try:
            async with self._lock:
                if not self.paused and self.scale > 1:
                    await self._go_to(target)
        except Error as error:
            _log.info("cannot skip stream=%s why=%s", self.stream, error)
        finally:
            self._busy = False

    @property
    def _made(self) -> FootageAttempt:
        if self.attempt is None:
            raise Conflict("the playback has not begun")
        return self.attempt

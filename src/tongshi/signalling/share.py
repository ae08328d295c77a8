"""One upstream and the shares in it."""

import asyncio
from collections.abc import Callable
from enum import Enum

from tongshi.errors import Error
from tongshi.gateway.engine import Figures, Transport
from tongshi.signalling.event import SessionKey
from tongshi.signalling.upstream import Attempt


class Stage(Enum):
    """Where an upstream stands."""

    OPENING = "opening"
    LIVE = "live"
    CLOSING = "closing"


class Upstream:
    """One stream from a device, and those who share it.

    ready: done when the first picture is there.  over: done with why it ended.
    """

    def __init__(self, key: SessionKey, transport: Transport) -> None:
        loop = asyncio.get_running_loop()
        self.key = key
        self.transport = transport
        self.stage = Stage.OPENING
        self.attempt: Attempt | None = None
        self.holders = 0
        self.ready: asyncio.Future[Attempt] = loop.create_future()
        self.over: asyncio.Future[str] = loop.create_future()
        self.closed = asyncio.Event()
        self.grace: asyncio.TimerHandle | None = None
        self.figures: Figures | None = None

    def end(self, why: str) -> None:
        """Let it end; the first reason counts."""
        if self.grace is not None:
            self.grace.cancel()
            self.grace = None
        if not self.over.done():
            self.over.set_result(why)

    def fail(self, error: Error) -> None:
        """Let the openers get *error*, unless they have their stream."""
        if not self.ready.done():
            self.ready.set_exception(error)
            self.ready.exception()  # they may all have left


class Session:
    """One opener's share in an upstream.

    stream: its name in the engine.  ssrc: ten digits.  track: what it shows.
    Release it when the viewer is gone; a stream without holders is closed after the grace time.
    """

    def __init__(
        self, upstream: Upstream, attempt: Attempt, release: Callable[[Upstream], None]
    ) -> None:
        self._upstream = upstream
        self._release: Callable[[Upstream], None] | None = release
        self.key = upstream.key
        self.stream = attempt.stream
        self.ssrc = attempt.ssrc
        self.transport = attempt.way.transport
        self.track = attempt.track

    @property
    def figures(self) -> Figures | None:
        """The last figures that the engine reported; None before the first."""
        return self._upstream.figures

    @property
    def over(self) -> bool:
        """Whether the upstream has ended."""
        return self._upstream.over.done()

    async def ended(self) -> str:
        """Return why the upstream ended, once it has; see SessionClosed."""
        return await asyncio.shield(self._upstream.over)

    def release(self) -> None:
        """Give up this share; again is harmless."""
        release, self._release = self._release, None
        if release is not None:
            release(self._upstream)

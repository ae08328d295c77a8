"""H.265 made H.264 for browsers that need it: one coder process a stream, for all its viewers."""

import asyncio
import time
from collections.abc import Callable

from tongshi.errors import EngineFailed
from tongshi.gateway.child import Child
from tongshi.gateway.parcel import Kind, Parcel
from tongshi.gateway.pictures import check, receive, start_coder
from tongshi.media.fmp4 import Fragmenter, Track
from tongshi.media.hub import Hub, Seat
from tongshi.media.unit import AccessUnit, Codec
from tongshi.net.task import Supervisor


class Transcode:
    """A reader of one hub and the publisher of another.

    The coder decodes without encoding when it falls behind, so delay does not grow; when even
    that does not help, the hub's own rule skips to the next key frame.
    """

    def __init__(
        self, source: Hub, tasks: Supervisor, failed: Callable[[EngineFailed], None]
    ) -> None:
        """failed: called once, when the coder gives up; it ends by itself then."""
        self.hub = Hub(backlog_limit=source.backlog_limit)
        self._source = source
        self._failed = failed
        self._child: Child | None = None
        self._seat: Seat | None = None
        self._fragmenter = Fragmenter()
        self._over = False
        self._task = tasks.start(self._run(), name="transcode")

    def cancel(self) -> None:
        """Begin to end the coder; ``stop`` is still to be awaited.  Twice is once."""
        if not self._over:
            self._over = True
            self._task.cancel()

    def done(self) -> bool:
        """Tell whether the coder has ended."""
        return self._task.done()

    async def stop(self) -> None:
        """End the coder and wait until it has."""
        self.cancel()
        await asyncio.wait([self._task])

    def begin(self, track: Track, opening: bytes) -> None:
        """Take the beginning of the source."""
        self.send(opening)

    def send(self, message: bytes) -> None:
        """Take one message of the source; sound passes as it is."""
        if message[:1] == b"\x01":
            self.hub.publish_sound(message)
        elif self._child is not None:
            parcel = Parcel(Kind.FRAME, message, sent=time.monotonic())
            self._child.writer.writelines((parcel.head(), parcel.data))

    def backlog(self) -> int:
        """Return what waits to be read by the coder, bytes."""
        return 0 if self._child is None else self._child.backlog()

    async def _run(self) -> None:
        try:
            self._child = await start_coder()
            self._seat = self._source.join(self)
            while True:
                self._publish(check(await receive(self._child)))
        except EngineFailed as error:
            self._over = True
            self._failed(error)
        finally:
            if self._seat is not None:
                self._source.leave(self._seat)
            child, self._child = self._child, None
            if child is not None:
                child.kill()
                await child.stop()

    def _publish(self, parcel: Parcel) -> None:
        if not parcel.data:
            return
        unit = AccessUnit(Codec.H264, parcel.pts, parcel.pts, parcel.key, parcel.data)
        fragment = self._fragmenter.fragment(unit)
        track = self._fragmenter.track
        if track is not None and track is not self.hub.track:
            self.hub.change(track)
        if fragment:
            self.hub.publish(fragment, parcel.key)

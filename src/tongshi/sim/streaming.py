"""One running stream: packs from the depot, through an RTP line, out of an outlet.

Theory of operation.  A live pack goes out when it comes.  What the depot gives at the start (the
frames since the latest key frame) is queued and sent a pack every few milliseconds, so that the
first picture comes at once and no burst overruns the receiver.  When an outlet is not ready,
packs are dropped until the next key frame; nothing ever waits for a peer.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tongshi.sim.depot import Depot
from tongshi.sim.film import Shot
from tongshi.sim.outlet import TcpOutlet, UdpOutlet
from tongshi.sim.quirk import Layer
from tongshi.sim.quirks import Quirks
from tongshi.sim.rtpline import Pack, RtpLine

CATCH_UP_S = 0.004
"""Time between queued packs."""
CONNECT_S = 0.02
"""Time between looks at a connection that is not there yet."""
QUEUE_LIMIT = 150
"""Packs that may be queued; beyond, the queue is cut to its last key frame."""


@dataclass(slots=True)
class StreamCounts:
    """What went out.

    frames: sent.  dropped: left out because the outlet was not ready.  last: number sent last.
    """

    frames: int = 0
    dropped: int = 0
    last: int | None = None


class Stream:
    """Sends one shot to one receiver."""

    def __init__(
        self, depot: Depot, shot: Shot, ssrc: int, outlet: UdpOutlet | TcpOutlet, quirks: Quirks
    ) -> None:
        self.counts = StreamCounts()
        self.outlet = outlet
        self.shot = shot
        self._depot = depot
        self._loop = asyncio.get_running_loop()
        self._line = RtpLine(ssrc, quirks.within(Layer.RTP))
        self._dress = quirks.within(Layer.PS)
        self._silent = "no-media" in quirks
        self._within = "mid-group" in quirks
        self._queue: deque[Pack] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._leave: Callable[[], None] | None = None
        self._skipping = True

    def start(self, host: str, port: int) -> None:
        """Send to *host*, *port* from now on."""
        self.outlet.start(host, port)
        self._fetch()

    def change(self, shot: Shot, quirks: Quirks) -> None:
        """Go on with another shot or other quirks; numbers and SSRC rules run on."""
        self._line.quirks = quirks.within(Layer.RTP)
        dress, silent = quirks.within(Layer.PS), "no-media" in quirks
        if (shot, dress, silent) == (self.shot, self._dress, self._silent):
            return
        running = self._leave is not None
        self._stop()
        self.shot, self._dress, self._silent = shot, dress, silent
        if running:
            self._fetch()

    def close(self) -> None:
        """Send no more."""
        self._stop()
        self.outlet.close()

    def _fetch(self) -> None:
        self._skipping = not self._within
        if self._silent:
            self._leave = _nothing
            return
        self._leave = self._depot.fetch(self.shot, self._dress, self._take)

    def _stop(self) -> None:
        if self._leave is not None:
            self._leave()
            self._leave = None
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _take(self, pack: Pack) -> None:
        if self._within and self._leave is None:
            return  # of the group that is under way
        self._queue.append(pack)
        if len(self._queue) > QUEUE_LIMIT:
            self._shorten()
        if self._timer is None:
            self._drain()

    def _drain(self) -> None:
        """Send the oldest pack; come back soon if there are more."""
        self._timer = None
        ready = self.outlet.ready()
        # Before its first frame an outlet may still be connecting: then packs wait for it.
        if self._queue and (ready or self.counts.frames):
            self._send(self._queue.popleft())
        if self._queue:
            self._timer = self._loop.call_later(CATCH_UP_S if ready else CONNECT_S, self._drain)

    def _send(self, pack: Pack) -> None:
        if self._skipping and not pack.key:
            self.counts.dropped += 1
            return
        if not self.outlet.ready():
            self._skipping = True
            self.counts.dropped += 1
            return
        self._skipping = False
        match self.outlet:
            case UdpOutlet():
                self.outlet.send(self._line.packets(pack))
            case TcpOutlet():
                self.outlet.send(self._line.framed(pack))
        self.counts.frames += 1
        self.counts.last = pack.number

    def _shorten(self) -> None:
        """Keep only the packs since the last key frame; none when that is the oldest of all."""
        before = len(self._queue)
        keys = [at for at, pack in enumerate(self._queue) if pack.key and at]
        for _ in range(keys[-1] if keys else before):
            self._queue.popleft()
        self._skipping = self._skipping or not keys
        self.counts.dropped += before - len(self._queue)


def _nothing() -> None:
    """End what never began."""

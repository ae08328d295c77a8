"""One running playback or download: recorded frames, paced, through an RTP line, out of an outlet.

Theory of operation.  A :class:`~tongshi.sim.playback.Playback` says which frame comes next and
when; the vault has its group, or makes it while the player waits.  Frames that are due are sent
together, at most every few milliseconds.  Unlike a live stream nothing is ever left out: what the
outlet does not take yet waits, and so does all that follows.
"""

import asyncio
from collections.abc import Callable

from tongshi.errors import EngineFailed, Invalid
from tongshi.media.ps import Muxer
from tongshi.media.unit import Codec
from tongshi.sim.dress import Dresser
from tongshi.sim.film import Shot
from tongshi.sim.outlet import TcpOutlet, UdpOutlet
from tongshi.sim.playback import Playback
from tongshi.sim.quirk import Layer
from tongshi.sim.quirks import Quirks
from tongshi.sim.rtpline import RtpLine, cut
from tongshi.sim.streaming import StreamCounts
from tongshi.sim.tape import Still, units_of
from tongshi.sim.vault import Vault

TICK_S = 0.004
"""Shortest time between two turns."""
BURST = 16
"""Most frames sent in one turn."""
WAIT_S = 0.02
"""Time between looks at an outlet that does not take anything yet."""
TAIL_S = 0.1
"""Between the last packet and the notice that it was the last: datagrams may overtake."""


class Player:
    """Sends one recording to one receiver.

    on_end: called once each time the recording has come to its end, or with why it failed.
    """

    def __init__(
        self,
        vault: Vault,
        playback: Playback,
        shot: Shot,
        ssrc: int,
        outlet: UdpOutlet | TcpOutlet,
        quirks: Quirks,
        on_end: Callable[[str], None],
    ) -> None:
        self.counts = StreamCounts()
        self.outlet = outlet
        self.shot = shot
        self.playback = playback
        self._vault = vault
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._line = RtpLine(ssrc, quirks.within(Layer.RTP))
        self._muxer = Muxer(shot.codec, Codec.G711A if shot.sound else None)
        self._dresser = Dresser(quirks.within(Layer.PS))
        self._silent = "no-media" in quirks
        self._timer: asyncio.TimerHandle | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._running = False
        self._told = False

    def start(self, host: str, port: int) -> None:
        """Send to *host*, *port* from now on."""
        self.outlet.start(host, port)
        self._running = True
        self.nudge()

    def nudge(self) -> None:
        """Look at the playback anew: it was steered."""
        if self._running:
            self._told = False
            self._wake_at(self._loop.time())

    def change(self, quirks: Quirks) -> None:
        """Go on with other quirks; numbers run on."""
        self._line.quirks = quirks.within(Layer.RTP)
        self._dresser = Dresser(quirks.within(Layer.PS))
        self._silent = "no-media" in quirks

    def close(self) -> None:
        """Send no more."""
        self._running = False
        self._cancel()
        if self._fetching is not None:
            self._fetching.cancel()
        self.outlet.close()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake_at(self, when: float) -> None:
        self._cancel()
        self._timer = self._loop.call_at(when, self._turn)

    def _turn(self) -> None:
        """Send what is due; come back when more is."""
        self._timer = None
        for _ in range(BURST):
            now = self._loop.time()
            due = self.playback.due()
            if due is None:
                self._rest(now)
                return
            if due > now:
                self._wake_at(max(due, now + TICK_S))
                return
            if not self.outlet.ready():
                self._wake_at(now + WAIT_S)
                return
            if not self._send_next(now):
                return
        self._wake_at(self._loop.time() + TICK_S)

    def _send_next(self, now: float) -> bool:
        """Send the frame that comes next; return whether it was at hand."""
        place = self.playback.next()
        if place is None:
            return True
        group, index = place
        stills = self._vault.look(self.shot, group)
        if stills is None:
            self._fetch(group)
            return False
        following = self.playback.after()
        if index == 0 and following is not None:
            self._vault.want(self.shot, following)
        self._send(stills[index])
        self.playback.sent(now)
        return True

    def _send(self, still: Still) -> None:
        units = units_of(self.shot, still, self.playback.first)
        data = self._dresser.alter(self._muxer.pack(*units))
        pack = cut(still.number, units[0].key, units[0].dts, data)
        if not self._silent:
            match self.outlet:
                case UdpOutlet():
                    self.outlet.send(self._line.packets(pack))
                case TcpOutlet():
                    self.outlet.send(self._line.framed(pack))
        self.playback.sequence = self._line.sequence
        self.counts.frames += 1
        self.counts.last = still.number

    def _fetch(self, group: int) -> None:
        if self._fetching is None:
            self._fetching = self._loop.create_task(self._get(group))

    async def _get(self, group: int) -> None:
        try:
            await self._vault.fetch(self.shot, group)
        except (EngineFailed, Invalid) as error:
            self._running = False
            self._on_end(str(error))
            return
        finally:
            self._fetching = None
        if self._running:
            self._wake_at(self._loop.time())

    def _rest(self, now: float) -> None:
        """Wait for orders; when it is over, and all has left, say so."""
        if not self.playback.ended or self._told:
            return
        if isinstance(self.outlet, TcpOutlet) and not self.outlet.drained:
            self._wake_at(now + WAIT_S)
            return
        self._told = True
        self._timer = self._loop.call_later(TAIL_S, self._on_end, "")

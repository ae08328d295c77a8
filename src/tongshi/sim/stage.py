"""The media of one simulated device's sessions: what is sent, from where, and what it shows.

Source: GB/T 28181-2022 9.2, 9.8, 9.9, annex D.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from tongshi.sim.call import Agreed, Call, CallEnded, CallEvent, Invited, Steered
from tongshi.sim.depot import Depot
from tongshi.sim.device import Device
from tongshi.sim.ears import Ears
from tongshi.sim.film import Shot
from tongshi.sim.head import Aim
from tongshi.sim.impair import Impairments
from tongshi.sim.outlet import TcpOutlet, UdpOutlet
from tongshi.sim.player import Player
from tongshi.sim.profile import STREAM_MAIN, STREAM_SUB
from tongshi.sim.quirks import Quirks
from tongshi.sim.streaming import Stream

_log = logging.getLogger(__name__)

LOOK_S = 0.3
"""Between looks at a head that moves; when it rests, its picture tells where it points."""


class Stage:
    """Streams, playbacks and talks of one device.  Make it in a running loop.

    local: own address.  keep: gets the ears of each talk.  pump: sends what the core has to say.
    """

    def __init__(
        self,
        device: Device,
        local: str,
        depot: Depot,
        impairments: Impairments,
        *,
        keep: Callable[[Ears], None],
        pump: Callable[[], None],
    ) -> None:
        self._device = device
        self._local = local
        self._depot = depot
        self._impairments = impairments
        self._keep = keep
        self._pump = pump
        self._loop = asyncio.get_running_loop()
        self._streams: dict[Call, Stream | Player | Ears] = {}
        self._looking: asyncio.TimerHandle | None = None

    @property
    def streams(self) -> list[Stream | Player]:
        """What is being sent now, recordings too."""
        return [one for one in self._streams.values() if not isinstance(one, Ears)]

    def hear(self, event: CallEvent) -> None:
        """Take what happened to a session."""
        match event:
            case Invited(call=call):
                self._open(call)
            case Agreed(call=call):
                self._begin(call)
            case Steered(call=call):
                self._steer(call)
            case CallEnded(call=call):
                self._end(call)

    def change(self, quirks: Quirks) -> None:
        """Go on with other quirks, in running sessions too."""
        for call, stream in self._streams.items():
            match stream:
                case Stream():
                    stream.change(self._shot(call), quirks)
                case Player():
                    stream.change(quirks)
                case _:
                    pass

    def impair(self, impairments: Impairments) -> None:
        """Change the wire under RTP, of running sessions too."""
        self._impairments = impairments
        for stream in self.streams:
            if isinstance(stream.outlet, UdpOutlet):
                stream.outlet.impair(impairments)

    def want_key(self, channel_id: str) -> None:
        """Have the next frames of a channel be key frames."""
        for stream in (STREAM_MAIN, STREAM_SUB):
            shot = self._shot_of(channel_id, stream)
            if shot is not None:
                self._depot.studio.want_key(shot)

    def look(self) -> None:
        """Let pictures tell where heads point, once these rest."""
        now = self._loop.time()
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        heads = [part.head for part in self._device.body.parts.values() if part.channel.turns]
        for head in heads:
            head.advance(now)
        if not all(head.still for head in heads):
            self._looking = self._loop.call_later(LOOK_S, self.look)
        for call, stream in self._streams.items():
            if isinstance(stream, Stream):
                stream.change(self._shot(call), self._device.quirks)

    def close(self) -> None:
        """Send no more."""
        for stream in self._streams.values():
            stream.close()
        self._streams.clear()
        if self._looking is not None:
            self._looking.cancel()

    def _shot(self, call: Call) -> Shot:
        return self._shot_of(call.channel.channel_id, call.stream) or call.shot

    def _shot_of(self, channel_id: str, stream: int) -> Shot | None:
        """Return what a channel shows live: where its head points is part of the caption."""
        part = self._device.body.part(channel_id)
        if part is None:
            return None
        shot, aim = part.channel.shot_of(stream), part.head.aim
        if part.channel.turns and part.head.still and aim != Aim():
            shot = replace(shot, title=f"P{aim.pan:.0f} T{aim.tilt:.0f} Z{aim.zoom:.1f}")
        return replace(shot, frozen=True) if "frozen-picture" in self._device.quirks else shot

    def _open(self, call: Call) -> None:
        """Open a way for the media, and answer."""
        now = self._loop.time()
        try:
            if call.sound:
                ears = Ears(self._local, tcp=call.tcp, active=call.active)
                self._streams[call], port = ears, ears.port
            else:
                stream = self._stream(call)
                self._streams[call], port = stream, stream.outlet.port
        except OSError as error:
            _log.warning("device=%s no media socket: %s", self._device.profile.device_id, error)
            self._device.calls.refuse(call, 500, now)
            return
        self._device.calls.accept(call, self._local, port, now)

    def _stream(self, call: Call) -> Stream | Player:
        """Return what sends the media of *call*; raises OSError."""
        outlet: UdpOutlet | TcpOutlet
        if call.tcp:
            outlet = TcpOutlet(
                self._local, active=call.active, on_end=lambda why: self._hang_up(call, why)
            )
        else:
            outlet = UdpOutlet(self._local, self._impairments)
        if call.history is None:
            return Stream(
                self._depot, self._shot(call), call.ssrc_number, outlet, self._device.quirks
            )
        return Player(
            self._depot.studio.vault,
            call.history.playback,
            call.shot,
            call.ssrc_number,
            outlet,
            self._device.quirks,
            lambda why: self._finish(call, why),
        )

    def _begin(self, call: Call) -> None:
        stream = self._streams.get(call)
        if isinstance(stream, Ears):
            self._keep(stream)
            stream.start(*call.target, speak=call.ssrc_number)
        elif stream is not None:
            stream.start(*call.target)

    def _steer(self, call: Call) -> None:
        player = self._streams.get(call)
        if isinstance(player, Player):
            player.nudge()

    def _finish(self, call: Call, why: str) -> None:
        """A recording has come to its end, or failed."""
        if why:
            self._hang_up(call, why)
            return
        self._device.calls.finished(call, self._loop.time())
        self._pump()

    def _hang_up(self, call: Call, why: str) -> None:
        self._device.calls.hang_up(call, self._loop.time())
        self._pump()

    def _end(self, call: Call) -> None:
        stream = self._streams.pop(call, None)
        if stream is not None:
            stream.close()

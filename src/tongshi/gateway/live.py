"""One stream that is open: its way in, its viewers, its relays, and the watch over it."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from tongshi.errors import Conflict, EngineFailed, Exhausted
from tongshi.gateway import engine
from tongshi.gateway.engine import (
    EngineEvent,
    Figures,
    FirstMedia,
    KeyWanted,
    Measured,
    ReaderJoined,
    ReaderLeft,
    Receive,
    Transport,
)
from tongshi.gateway.playout import Playout
from tongshi.gateway.receive import Source, UdpSource
from tongshi.gateway.record import Disk
from tongshi.gateway.send import TcpRelay, UdpRelay
from tongshi.gateway.tcp import TcpListener
from tongshi.gateway.transcode import Transcode
from tongshi.gateway.viewers import Viewer
from tongshi.gateway.vigil import Patience, Vigil
from tongshi.media.fmp4 import Track
from tongshi.media.hub import Hub, Seat
from tongshi.media.stream import Pipeline
from tongshi.media.unit import Codec
from tongshi.net.task import Supervisor
from tongshi.settings import MediaSettings

_MEASURED = 5  # ticks between the figures that go to the node
_OLD = 2.0  # s since a key frame after which a newcomer is worth a new one


@dataclass(slots=True)
class Places:
    """How many transcodes may run, in all streams of an engine."""

    limit: int
    taken: int = 0


class Live:
    """A sink for its source, and the seats of its viewers."""

    def __init__(
        self,
        receive: Receive,
        port: int,
        settings: MediaSettings,
        places: Places,
        tasks: Supervisor,
        tell: Callable[[EngineEvent], None],
        disk: Disk,
    ) -> None:
        """disk: writes the files of footage."""
        self.port = port
        self.receive = receive
        self.source: Source | None = None
        self.relays: dict[str, UdpRelay | TcpRelay] = {}
        self._playout: Playout | None = None
        if receive.footage is not None:
            self._playout = Playout(receive, receive.footage, settings, disk, tell, self._say)
        self.pipeline = self._playout.pipeline if self._playout else _pipeline(receive, settings)
        patience = Patience(settings.connect_timeout, settings.first_media, settings.silence)
        self.vigil = Vigil(receive.stream, patience, linked=receive.transport is Transport.UDP)
        self._tell = tell
        self._places = places
        self._tasks = tasks
        self._track: Track | None = None
        self._viewers: dict[Viewer, tuple[Hub, Seat] | None] = {}
        self._transcode: Transcode | None = None
        self._ended: list[Transcode] = []
        self._host = ""
        self._peer = ""
        self._strangers = 0
        self._ticks = 0
        self._heard = 0
        self._keys = self._frozen = 0
        self._keyed = 0.0

    # The source's side.

    def take(self, datagrams: list[bytes]) -> None:
        """Take a batch of UDP datagrams."""
        now = time.monotonic()
        self.pipeline.receive(datagrams, now)
        if self.pipeline.track is not self._track:
            self._change(now)

    def take_bytes(self, data: bytes) -> None:
        """Take bytes of the TCP connection."""
        now = time.monotonic()
        self.pipeline.receive_bytes(data, now)
        if self.pipeline.track is not self._track:
            self._change(now)

    def link_up(self, host: str, port: int) -> None:
        """Note where media comes from."""
        self._peer = f"{host}:{port}"
        self.vigil.link_up(time.monotonic())
        if self._host and host != self._host:
            self._strangers += 1

    def link_down(self) -> None:
        """Note that the TCP connection ended."""
        self.vigil.link_down(time.monotonic())

    # The engine's side.

    def adopt(self, ssrc: int | None, payload_types: engine.PayloadTypes, host: str) -> None:
        """Take over what the answer said."""
        self.pipeline.announce(ssrc, payload_types)
        self._host = host
        if host and isinstance(self.source, UdpSource | TcpListener):
            self.source.insist(host)
        if self.receive.transport is not Transport.TCP_ACTIVE:
            self.start()  # else when we have connected

    def start(self) -> None:
        """Begin to expect media."""
        self.vigil.begin(time.monotonic())

    def tick(self) -> None:
        """Once a second: watch, measure, and tell the viewers."""
        now = time.monotonic()
        self._ticks += 1
        figures = self.figures(now)
        if figures.frames + figures.sounds > self._heard:
            self._heard = figures.frames + figures.sounds
            self.vigil.seen = now
        self._look_for_keys(now, figures)
        event = self.vigil.check(now, figures.packets)
        if event is not None:
            self._tell(event)
        if isinstance(self.source, UdpSource):
            self.source.look()
        if self._viewers:
            self._say(figures_text(figures))
        if self._playout is not None:
            self._tell(self._playout.advanced())
        if self._ticks % _MEASURED == 0:
            self._tell(Measured(self.receive.stream, figures))

    def _look_for_keys(self, now: float, figures: Figures) -> None:
        """Ask for a key frame while pictures come that cannot be shown without one."""
        if figures.keys > self._keys:
            self._keys, self._keyed = figures.keys, now
        frozen, self._frozen = figures.frozen > self._frozen, figures.frozen
        if figures.frames and (self._track is None or (frozen and self._viewers)):
            self._want_key()

    def _want_key(self) -> None:
        if self._playout is None:  # the past has the key frames that it has
            self._tell(KeyWanted(self.receive.stream))

    def figures(self, now: float) -> Figures:
        """Return the figures at this moment."""
        source = self.source
        return Figures(
            **asdict(self.pipeline.figures(now)),
            viewers=len(self._viewers),
            transcoding=self._transcode is not None,
            relays=len(self.relays),
            strangers=self._strangers,
            refused=source.refused if isinstance(source, UdpSource | TcpListener) else 0,
            source=self._peer,
        )

    def steer(self, turn: engine.Turn, value: float | None) -> None:
        """Take what was asked of the sender of footage; raises Conflict for a live stream."""
        if self._playout is None:
            raise Conflict(f"stream {self.receive.stream} shows the present")
        self._playout.steer(turn, value, self.vigil, time.monotonic())

    def join(self, viewer: Viewer) -> None:
        """Seat a viewer, now or when it is known what the stream is."""
        self._viewers[viewer] = None
        self._tell(ReaderJoined(self.receive.stream, viewer.ticket.token))
        if self._track is not None or not viewer.ticket.transcode:
            self._seat(viewer)
        if self._track is not None and time.monotonic() - self._keyed > _OLD:
            self._want_key()

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer that is gone; twice is once."""
        if viewer not in self._viewers:
            return
        held = self._viewers.pop(viewer)
        sent = 0
        if held is not None:
            hub, seat = held
            hub.leave(seat)
            sent = seat.sent_bytes
        seconds = time.monotonic() - viewer.since
        ticket = viewer.ticket
        self._tell(ReaderLeft(ticket.stream, ticket.token, seconds, sent, viewer.why))
        self._rest()
        if self._playout is not None and not self._viewers:
            self._playout.desert()

    def revoke(self, token: str, code: str) -> None:
        """End the viewer that holds the ticket, if there is one."""
        for viewer in tuple(self._viewers):
            if viewer.ticket.token == token:
                self._dismiss(viewer, code, "access", code)

    async def close(self, code: str, stage: str) -> Figures:
        """Close the source, viewers, relays and the transcode."""
        if self.source is not None:
            self.source.close()
        if self._playout is not None:
            await self._playout.close()
            self._tell(self._playout.advanced())
        figures = self.figures(time.monotonic())
        for viewer in tuple(self._viewers):
            self._dismiss(viewer, code or "closed", stage, code or "closed")
        for relay in tuple(self.relays.values()):
            relay.close()
        self.relays.clear()
        for transcode in self._ended:
            await transcode.stop()
        return figures

    def start_relay(self, name: str, relay: UdpRelay | TcpRelay) -> None:
        """Send every frame on from now."""
        self.relays[name] = relay
        self.pipeline.frames.append(relay.take)

    def stop_relay(self, name: str) -> None:
        """Stop sending on."""
        relay = self.relays.pop(name, None)
        if relay is not None:
            self.pipeline.frames.remove(relay.take)
            relay.close()

    # Seats.

    def _change(self, now: float) -> None:
        """A track began: the first, or another after the parameters changed."""
        first, track = self._track is None, self.pipeline.track
        self._track, self._keyed = track, now
        self.vigil.show(now)
        if first and track is not None:
            self._tell(FirstMedia(self.receive.stream, _describe(track, self.pipeline.audio)))
        for viewer, held in tuple(self._viewers.items()):
            if viewer.ticket.transcode and (held is None or held[0] is not self._hub_for(viewer)):
                self._seat(viewer)

    def _hub_for(self, viewer: Viewer) -> Hub | None:
        """Return the hub that serves *viewer*; None when its transcode is still to be begun."""
        track = self._track
        if viewer.ticket.transcode and track is not None and track.codec is Codec.H265:
            return None if self._transcode is None else self._transcode.hub
        return self.pipeline.hub

    def _seat(self, viewer: Viewer) -> None:
        held = self._viewers[viewer]
        if held is not None:
            held[0].leave(held[1])
        hub = self._hub_for(viewer)
        if hub is None:
            try:
                hub = self._begin_transcode().hub
            except Exhausted as error:
                self._dismiss(viewer, error.code, error.resource, error.code)
                return
        viewer.audio = None if viewer.ticket.silent else _audible(self.pipeline.audio)
        if self._playout is not None:
            for text in self._playout.welcome():
                viewer.say(text)
        self._viewers[viewer] = (hub, hub.join(viewer))
        self._rest()

    def _say(self, text: str) -> None:
        for viewer in self._viewers:
            viewer.say(text)

    def _dismiss(self, viewer: Viewer, code: str, stage: str, why: str) -> None:
        viewer.end(code, stage, why)
        self.leave(viewer)

    # The transcode.

    def _begin_transcode(self) -> Transcode:
        if self._places.taken >= self._places.limit:
            raise Exhausted(f"{self._places.limit} transcodes run", resource="transcode")
        self._places.taken += 1
        self._ended = [old for old in self._ended if not old.done()]
        self._transcode = Transcode(self.pipeline.hub, self._tasks, self._fail_transcode)
        self._ended.append(self._transcode)
        return self._transcode

    def _rest(self) -> None:
        """End the transcode when its last viewer is gone."""
        if self._transcode is not None and not len(self._transcode.hub):
            self._transcode.cancel()
            self._transcode = None
            self._places.taken -= 1

    def _fail_transcode(self, error: EngineFailed) -> None:
        if self._transcode is None:
            return
        hub = self._transcode.hub
        for viewer, held in tuple(self._viewers.items()):
            if held is not None and held[0] is hub:
                self._dismiss(viewer, error.code, error.stage, error.code)
        self._rest()


def _pipeline(receive: Receive, settings: MediaSettings) -> Pipeline:
    return Pipeline(
        payload_types=receive.payload_types,
        ssrc=receive.ssrc,
        ordered=receive.transport is not Transport.UDP,
        freeze=settings.loss == "freeze",
        backlog_limit=settings.viewer_backlog,
    )


def _describe(track: Track, audio: Codec | None) -> engine.Track:
    codec = track.codec.value
    return engine.Track(codec, track.mime, track.width, track.height, _audible(audio))


def _audible(audio: Codec | None) -> str | None:
    """Return the name of a sound that pages play; None for one that is only detected."""
    return audio.value if audio in (Codec.G711A, Codec.G711U) else None


def figures_text(figures: Figures) -> str:
    """Return the message by which viewers learn how their stream fares."""
    return json.dumps(
        {
            "type": "figures",
            "bitrate": round(figures.bitrate),
            "fps": round(figures.fps, 1),
            "packets": figures.packets,
            "lost": figures.lost,
            "late": figures.late,
            "reordered": figures.reordered,
            "damaged": figures.damaged,
            "frozen": figures.frozen,
            "frames": figures.frames,
            "skips": figures.skips,
            "viewers": figures.viewers,
            "audio": figures.audio,
        }
    )

"""The engine in this loop: whoever calls it and the media share one process."""

import asyncio
import itertools
import secrets
import socket
import time
from collections.abc import Callable

from tongshi.errors import Conflict, EngineFailed, Exhausted, Invalid, Missing
from tongshi.gateway.engine import (
    EngineEvent,
    Figures,
    PayloadTypes,
    Receive,
    Transport,
    Turn,
)
from tongshi.gateway.live import Live, Places
from tongshi.gateway.pictures import Pictures
from tongshi.gateway.ports import Ports
from tongshi.gateway.receive import BufferCheck, UdpSource, bind
from tongshi.gateway.record import Disk
from tongshi.gateway.send import TcpRelay, UdpRelay
from tongshi.gateway.talks import PREFIX, TalkRoom
from tongshi.gateway.tcp import TcpDialer, TcpListener
from tongshi.gateway.tickets import ANYBODY, Bond, Ticket
from tongshi.gateway.viewers import Callbacks, Door, Viewer
from tongshi.media.sender import Relay
from tongshi.net.task import Supervisor
from tongshi.settings import MediaSettings, split_address

_SLOTS = 20  # parts of a second over which the streams' ticks are spread

_KINDS = {
    Transport.UDP: socket.SOCK_DGRAM,
    Transport.TCP_PASSIVE: socket.SOCK_STREAM,
    Transport.TCP_ACTIVE: socket.SOCK_STREAM,
}


class Local:
    """Streams by name, a door for viewers, and one tick a second for each stream."""

    def __init__(self, settings: MediaSettings) -> None:
        self._settings = settings
        self._listeners: list[Callable[[EngineEvent], None]] = []
        self._ports = Ports(settings.ports_from, settings.ports_to)
        self._streams: dict[str, Live] = {}
        self._slots: list[dict[str, Live]] = [{} for _ in range(_SLOTS)]
        self._waiting: dict[str, socket.socket] = {}
        self._relays: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._places = Places(settings.transcodes)
        self._buffers = BufferCheck()
        self._pictures = Pictures()
        self._disk = Disk()
        self._tasks = Supervisor("media")
        host, port = split_address(settings.viewer_listen)
        self._door = Door(host, port, Callbacks(self._join, self._leave))
        self.talks = TalkRoom(settings, self._ports, self._tasks, self._tell)
        self._door.others[PREFIX] = self.talks.meet

    async def start(self) -> None:
        """See Engine."""
        # An address that is not ours is to be told now, and not to the first who looks.
        bind(Ports(), "start", self._settings.listen, socket.SOCK_DGRAM).close()
        await self._door.start()
        self._tasks.sustain(self._tick, name="tick")

    async def stop(self) -> None:
        """See Engine."""
        for stream in tuple(self._streams):
            await self.close(stream)
        await self.talks.close_all()
        await self._door.stop()
        await self._pictures.stop()
        await self._tasks.close()
        await self._disk.stop()

    def subscribe(self, listener: Callable[[EngineEvent], None]) -> None:
        """See Engine."""
        self._listeners.append(listener)

    async def open(self, receive: Receive) -> int:
        """See Engine."""
        name = receive.stream
        if name in self._streams:
            raise Conflict(f"stream {name} is open")
        if len(self._streams) >= self._settings.sessions:
            raise Exhausted(f"{len(self._streams)} streams are open", resource="session")
        sock = bind(self._ports, name, self._settings.listen, _KINDS[receive.transport])
        port = int(sock.getsockname()[1])
        live = Live(
            receive, port, self._settings, self._places, self._tasks, self._tell, self._disk
        )
        match receive.transport:
            case Transport.UDP:
                self._buffers.apply(sock)
                live.source = UdpSource(sock, live)
            case Transport.TCP_PASSIVE:
                live.source = TcpListener(sock, live, self._settings.connect_timeout)
            case Transport.TCP_ACTIVE:
                self._waiting[name] = sock
        self._streams[name] = live
        min(self._slots, key=len)[name] = live
        return port

    async def adopt(
        self, stream: str, ssrc: int | None, payload_types: PayloadTypes, host: str = ""
    ) -> None:
        """See Engine."""
        self._find(stream).adopt(ssrc, payload_types, host)

    async def connect(self, stream: str, host: str, port: int) -> None:
        """See Engine."""
        live = self._find(stream)
        sock = self._waiting.pop(stream, None)
        if sock is None:
            raise Conflict(f"stream {stream} does not wait to be connected")
        patience = self._settings.connect_timeout
        dialer = TcpDialer(sock, (host, port), live, self._tasks, patience)
        live.source = dialer
        await dialer.connect()
        live.start()

    async def close(self, stream: str, code: str = "", stage: str = "") -> Figures:
        """See Engine."""
        live = self._streams.pop(stream, None)
        if live is None:
            return Figures()
        for slot in self._slots:
            slot.pop(stream, None)
        self._door.tickets.close(stream)
        waiting = self._waiting.pop(stream, None)
        if waiting is not None:
            waiting.close()
        for name in live.relays:
            self._relays.pop(name, None)
        try:
            return await live.close(code, stage)
        finally:
            self._ports.release(live.port)

    async def steer(self, stream: str, turn: Turn, value: float | None = None) -> None:
        """See Engine."""
        self._find(stream).steer(turn, value)

    async def admit(
        self,
        stream: str,
        ticket: str,
        *,
        expires_s: float,
        transcode: bool = False,
        silent: bool = False,
        bond: Bond = ANYBODY,
    ) -> None:
        """See Engine."""
        self._find(stream)
        expires = time.monotonic() + expires_s
        self._door.tickets.admit(Ticket(ticket, stream, expires, transcode, bond, silent))

    async def revoke(self, ticket: str, code: str) -> None:
        """See Engine."""
        self._door.tickets.revoke(ticket)
        self.talks.revoke(ticket, code)
        for live in self._streams.values():
            live.revoke(ticket, code)

    async def snapshot(self, stream: str) -> bytes:
        """See Engine."""
        still = self._find(stream).pipeline.hub.still()
        if not still:
            raise Missing(f"no key frame of {stream} yet")
        return await self._pictures.take(still)

    async def relay(
        self,
        stream: str,
        host: str,
        port: int,
        ssrc: int,
        transport: Transport = Transport.UDP,
    ) -> str:
        """See Engine."""
        live = self._find(stream)
        name = f"relay-{next(self._numbers)}"
        rtp = Relay(ssrc, sequence=secrets.randbelow(1 << 16))
        match transport:
            case Transport.UDP:
                try:
                    live.start_relay(name, UdpRelay(host, port, rtp))
                except OSError as error:
                    raise EngineFailed(
                        f"relay to {host}:{port}: {error}", stage="connect"
                    ) from None
            case Transport.TCP_ACTIVE:
                out = TcpRelay(rtp, self._settings.viewer_backlog, lambda: self._drop(name))
                await out.connect(host, port, self._settings.connect_timeout)
                if self._streams.get(stream) is not live:
                    out.close()
                    raise Missing(f"stream {stream} was closed")
                live.start_relay(name, out)
            case Transport.TCP_PASSIVE:
                raise Invalid("a relay connects: it does not wait")
        self._relays[name] = stream
        return name

    async def unrelay(self, relay: str) -> None:
        """See Engine."""
        self._drop(relay)

    async def figures(self, stream: str) -> Figures:
        """See Engine."""
        return self._find(stream).figures(time.monotonic())

    def viewer_port(self, stream: str) -> int:
        """Return the one port there is; *stream* does not matter."""
        return self._door.port

    def leased_ports(self) -> int:
        """See Engine."""
        return len(self._ports.leased())

    def _find(self, stream: str) -> Live:
        live = self._streams.get(stream)
        if live is None:
            raise Missing(f"no stream {stream}")
        return live

    def _tell(self, event: EngineEvent) -> None:
        for listener in self._listeners:
            listener(event)

    def _drop(self, relay: str) -> None:
        live = self._streams.get(self._relays.pop(relay, ""))
        if live is not None:
            live.stop_relay(relay)

    def _join(self, viewer: Viewer) -> None:
        live = self._streams.get(viewer.ticket.stream)
        if live is None:  # closed between the hand-shake and this
            viewer.end("closed", "", "closed")
        elif len(self._door) > self._settings.viewers:
            viewer.end(Exhausted.code, "reader", Exhausted.code)
        else:
            live.join(viewer)

    def _leave(self, viewer: Viewer) -> None:
        live = self._streams.get(viewer.ticket.stream)
        if live is not None:
            live.leave(viewer)

    async def _tick(self) -> None:
        """Let each stream tick once a second, a slot at a time."""
        while True:
            for slot in self._slots:
                await asyncio.sleep(1 / _SLOTS)
                for live in tuple(slot.values()):
                    live.tick()
            now = time.monotonic()
            self._door.tickets.expire(now)
            self.talks.tickets.expire(now)
            await self._pictures.rest(now)

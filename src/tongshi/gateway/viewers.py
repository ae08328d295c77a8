"""The door for viewers: WebSockets at ``/play/<ticket>``, one viewer a ticket.

To a viewer go TEXT messages (JSON: ``track``, ``figures``, ``end``) and BINARY ones: fMP4, or
one block of sound when the first byte is 1.  Whoever shows no ticket that counts gets 404,
whether it never was, was used, or came too late.
"""

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass

from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_create_server,
)

from tongshi.errors import EngineFailed
from tongshi.gateway.tickets import Ticket, Tickets
from tongshi.media.fmp4 import Track
from tongshi.media.g711 import SOUND

_PREFIX = b"/play/"
Meet = Callable[[str, str], WSListener | None]
"""Returns the connection of who shows a token and cookies; None for who shows none that counts."""
_BACKLOG = 1024  # connections that wait to be accepted: a wall of pictures opens many at once
_HANDSHAKE = 5.0  # s
_DEAD_MS = 30_000  # a viewer that acknowledges nothing for so long is gone
_UNSENT = 262_144  # bytes the kernel may hold unsent; what is beyond, our own rule sees
_LARGEST = 4096  # bytes: a viewer has nothing to say
_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25)
_FLUSH = 0.5  # s for the last words when the door closes

_BINARY, _TEXT, _CLOSE = WSMsgType.BINARY, WSMsgType.TEXT, WSMsgType.CLOSE


def end_text(code: str, stage: str) -> str:
    """Return the last message to a viewer: why its picture ends."""
    return json.dumps({"type": "end", "code": code, "stage": stage})


def track_text(track: Track, audio: str | None) -> str:
    """Return the message that announces what the next fragments hold."""
    return json.dumps(
        {
            "type": "track",
            "mime": track.mime,
            "codec": track.codec.value,
            "width": track.width,
            "height": track.height,
            "audio": audio,
        }
    )


def host_of(transport: asyncio.BaseTransport) -> str:
    """Return the address at the other end; empty when nobody can say."""
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) and peer else ""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What the engine does when a viewer comes and goes."""

    joined: "Callable[[Viewer], None]"
    left: "Callable[[Viewer], None]"


class Viewer(WSListener):
    """One viewer's connection; a reader of a hub.

    why: how it ended, for the record.
    """

    def __init__(self, ticket: Ticket, callbacks: Callbacks, since: float) -> None:
        super().__init__()
        self.ticket = ticket
        self.since = since
        self.why = "left"
        self.audio: str | None = None
        self._callbacks = callbacks
        self._transport: WSTransport | None = None
        self.backlog: Callable[[], int] = lambda: 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Take the connection over; drop one that comes from elsewhere than who asked."""
        under = transport.underlying_transport
        if not self.ticket.bond.is_at(host_of(under)):
            transport.disconnect(graceful=False)
            return
        self._transport = transport
        self.backlog = under.get_write_buffer_size
        sock = under.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_MS)
        sock.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, _UNSENT)
        self._callbacks.joined(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Answer a close; ignore all else."""
        if frame.msg_type is _CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Tell that the viewer is gone."""
        if self._transport is not None:
            self._transport = None
            self._callbacks.left(self)

    def pause_writing(self) -> None:
        """Nothing: the hub looks at the backlog itself."""

    def resume_writing(self) -> None:
        """Nothing: see ``pause_writing``."""

    def begin(self, track: Track, opening: bytes) -> None:
        """Announce *track* and send how it begins."""
        self.say(track_text(track, self.audio))
        self.send(opening)

    def send(self, message: bytes) -> None:
        """Send *message*, shared with other viewers and not copied; sound to who may hear."""
        if self.ticket.silent and message[:1] == SOUND:
            return
        if self._transport is not None:
            self._transport.send(_BINARY, message)

    def say(self, text: str) -> None:
        """Send a JSON text."""
        if self._transport is not None:
            self._transport.send(_TEXT, text)

    def end(self, code: str, stage: str, why: str) -> None:
        """Say why and close."""
        self.why = why
        if self._transport is not None:
            self._transport.send(_TEXT, end_text(code, stage))
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    def abort(self) -> None:
        """Close without a word, dropping what is unsent."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)


class Door:
    """Listens for viewers and takes their tickets.

    others: who meets those that come by another path than viewers, by the path before the ticket.
    """

    def __init__(self, host: str, port: int, callbacks: Callbacks) -> None:
        self.tickets = Tickets()
        self.others: dict[bytes, Meet] = {}
        self.port = 0
        self.refused = 0
        self._address = (host, port)
        self._callbacks = Callbacks(self._joined, self._left)
        self._engine = callbacks
        self._viewers: set[Viewer] = set()
        self._server: asyncio.Server | None = None
        self._empty = asyncio.Event()

    def __len__(self) -> int:
        return len(self._viewers)

    async def start(self) -> None:
        """Listen; raises EngineFailed when the address cannot be had."""
        host, port = self._address
        log = logging.Logger("tongshi.gateway.viewers.picows", logging.WARNING)
        log.parent = logging.getLogger(__name__)
        try:
            self._server = await ws_create_server(
                self._meet,
                host,
                port,
                websocket_handshake_timeout=_HANDSHAKE,
                logger_name=log,
                max_frame_size=_LARGEST,
                read_buffer_init_size=2048,
                backlog=_BACKLOG,
            )
        except OSError as error:
            raise EngineFailed(f"viewers' port {port} on {host}: {error}", stage="worker") from None
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        if self._viewers:
            self._empty.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FLUSH):
                    await self._empty.wait()
        for viewer in tuple(self._viewers):
            viewer.abort()
        await asyncio.sleep(0)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def _meet(self, request: WSUpgradeRequest) -> WSListener | None:
        """Return the connection for *request*; None is answered with 404."""
        listener = None
        if str(request.headers.get("upgrade", "")).lower() == "websocket":
            before, slash, token = request.path.rpartition(b"/")
            meet = {_PREFIX: self._view, **self.others}.get(before + slash)
            if meet is not None:
                cookies = str(request.headers.get("cookie", ""))
                listener = meet(token.decode("ascii", "replace"), cookies)
        self.refused += listener is None
        return listener

    def _view(self, token: str, cookies: str) -> Viewer | None:
        now = asyncio.get_running_loop().time()
        ticket = self.tickets.take(token, now, cookies)
        return None if ticket is None else Viewer(ticket, self._callbacks, now)

    def _joined(self, viewer: Viewer) -> None:
        self._viewers.add(viewer)
        self._engine.joined(viewer)

    def _left(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)
        if not self._viewers:
            self._empty.set()
        self._engine.left(viewer)

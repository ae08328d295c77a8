"""The WebSocket of who talks, at ``/talk/<ticket>``.

From the browser: BINARY messages, each up to 200 ms of G.711A samples, 8 kHz; nothing else counts.
To it: TEXT (JSON: ``figures`` each second, ``end``), and, where the listener is heard as well, the
blocks of sound that players know (:func:`tongshi.media.g711.block`).
"""

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from tongshi.gateway.engine import Spoken
from tongshi.gateway.tickets import Ticket
from tongshi.gateway.viewers import end_text, host_of

LONGEST = 1600
"""Samples of one message at the most: 200 ms."""
_DEAD_MS = 10_000  # who talks and acknowledges nothing for so long is gone
_UNHEARD = 16_384  # bytes of the listener's sound that may wait: 2 s

_BINARY, _TEXT, _CLOSE = WSMsgType.BINARY, WSMsgType.TEXT, WSMsgType.CLOSE


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What a talk does when its person comes, speaks and goes."""

    joined: "Callable[[Talker], None]"
    spoke: "Callable[[Talker, bytes], None]"
    left: "Callable[[Talker], None]"


class Talker(WSListener):
    """One person's connection.

    why: how it ended, for the record.  unheard: blocks it was too slow for.
    """

    def __init__(self, ticket: Ticket, callbacks: Callbacks, since: float) -> None:
        super().__init__()
        self.ticket = ticket
        self.since = since
        self.why = "left"
        self.unheard = 0
        self._callbacks = callbacks
        self._transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Take the connection over; drop one that comes from elsewhere than who asked."""
        if not self.ticket.bond.is_at(host_of(transport.underlying_transport)):
            transport.disconnect(graceful=False)
            return
        self._transport = transport
        sock = transport.underlying_transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_MS)
        self._callbacks.joined(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take speech; end who sends more at once than speech can be."""
        if frame.msg_type is _BINARY:
            if 0 < frame.payload_size <= LONGEST:
                self._callbacks.spoke(self, frame.get_payload_as_bytes())
            elif frame.payload_size:
                self.end("invalid", "speech", "invalid")
        elif frame.msg_type is _CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Tell that the person is gone."""
        if self._transport is not None:
            self._transport = None
            self._callbacks.left(self)

    def pause_writing(self) -> None:
        """Nothing: :meth:`hear` looks at the backlog itself."""

    def resume_writing(self) -> None:
        """Nothing: see ``pause_writing``."""

    def hear(self, block: bytes) -> None:
        """Send the listener's sound, unless much of it waits already."""
        transport = self._transport
        if transport is None:
            return
        if transport.underlying_transport.get_write_buffer_size() > _UNHEARD:
            self.unheard += 1
        else:
            transport.send(_BINARY, block)

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


def figures_text(spoken: Spoken) -> str:
    """Return the message by which who talks learns how the talk fares."""
    return json.dumps(
        {
            "type": "figures",
            "packets": spoken.packets,
            "dropped": spoken.dropped,
            "voice": round(spoken.voice, 2),
            "silence": round(spoken.silence, 2),
            "late": round(spoken.late, 2),
            "gaps": spoken.gaps,
            "heard": spoken.heard,
            "delay": spoken.delay_p50_ms,
        }
    )

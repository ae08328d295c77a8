"""A viewer without a browser: opens the WebSocket of a view and decodes what comes."""

import asyncio
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from picows import (
    WSCloseCode,
    WSFrame,
    WSHandshakeError,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
)

from tongshi.errors import PeerRefused, PeerSilent
from tongshi.sim.strip import read_counter

_INIT = b"ftyp"


@dataclass(slots=True)
class Watched:
    """What one viewer received.

    segments: fMP4 bytes, a new one with every init segment.  audio: blocks of G.711.
    first: s from the call to the first picture's bytes; None when none came.
    """

    tracks: list[dict[str, Any]] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)
    end: dict[str, Any] | None = None
    segments: list[bytearray] = field(default_factory=list)
    messages: int = 0
    audio: int = 0
    first: float | None = None

    def pictures(self) -> Iterator[NDArray[np.uint8]]:
        """Yield each decoded picture as uint8[H, W, 3], RGB, in presentation order."""
        for segment in self.segments:
            with av.open(io.BytesIO(bytes(segment)), "r", format="mp4") as container:
                for frame in container.decode(video=0):
                    yield frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)

    def counters(self) -> list[int | None]:
        """Return the counter burnt into each picture; None where it cannot be read."""
        return [read_counter(picture) for picture in self.pictures()]


class _Listener(WSListener):
    """Sorts messages as the player does: text is JSON, 01H is sound, all else is fMP4."""

    def __init__(self, enough: int) -> None:
        super().__init__()
        self.watched = Watched()
        self.done = asyncio.Event()
        self._enough = enough
        self._began = time.monotonic()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one message."""
        if frame.msg_type == WSMsgType.TEXT:
            self._tell(json.loads(frame.get_payload_as_bytes()))
        elif frame.msg_type == WSMsgType.BINARY:
            self._keep(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Wake the waiting call."""
        self.done.set()

    def _tell(self, told: dict[str, Any]) -> None:
        match told.get("type"):
            case "track":
                self.watched.tracks.append(told)
            case "figures":
                self.watched.figures.append(told)
            case "end":
                self.watched.end = told
                self.done.set()

    def _keep(self, data: bytes) -> None:
        if data[:1] == b"\x01":
            self.watched.audio += 1
            return
        if self.watched.first is None:
            self.watched.first = time.monotonic() - self._began
        if data[4:8] == _INIT or not self.watched.segments:
            self.watched.segments.append(bytearray())
        self.watched.segments[-1] += data
        self.watched.messages += 1
        if self.watched.messages >= self._enough:
            self.done.set()


async def watch(url: str, *, messages: int, within: float, cookie: str = "") -> Watched:
    """Watch the view at *url* until *messages* of video have come, or the stream has ended.

    The first message holds a whole group of pictures.  within: s, for all of it.  cookie: of the
    sign-in that asked.
    Raises PeerSilent when the time is over, PeerRefused when the address does not open, OSError.
    """
    listener = _Listener(messages)
    try:
        opened, _ = await ws_connect(lambda: listener, url, extra_headers=carrying(cookie))
    except WSHandshakeError as error:
        status = int(error.response.status) if error.response is not None else 400
        raise PeerRefused(f"{url}: {error}", status=status, stage="viewer") from None
    try:
        async with asyncio.timeout(within):
            await listener.done.wait()
    except TimeoutError:
        got = listener.watched.messages
        raise PeerSilent(
            f"{got} of {messages} video messages in {within} s", timer="watch", stage="media"
        ) from None
    finally:
        opened.send_close(WSCloseCode.OK)
        opened.disconnect()
    return listener.watched


def carrying(cookie: str) -> dict[str, str]:
    """Return the headers of a WebSocket that carries *cookie*; none without one."""
    return {"Cookie": cookie} if cookie else {}

"""A player without a browser that stays: what it was shown, and what moment it was told of each.

Pictures are decoded and the counters burnt into them are read; the times are the player's own.
"""

import asyncio
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import av
from picows import (
    WSCloseCode,
    WSFrame,
    WSHandshakeError,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
)

from tongshi.cli.trial.verdict import Broken
from tongshi.media.unit import CLOCK
from tongshi.sim.strip import read_counter
from tongshi.testing.viewer import carrying

WITHIN = 20.0
"""How long something that must come may take, s."""
_INIT = b"ftyp"


@dataclass(frozen=True, slots=True)
class Shown:
    """One decoded picture.  pts: at the player, 90 kHz.  counter: burnt in; None if unreadable."""

    pts: int
    counter: int | None


class Screen(WSListener):
    """One player's end of a view.

    messages: of video so far.  places: what moments it was told.  end: the last word.
    """

    def __init__(self) -> None:
        super().__init__()
        self.messages = 0
        self.places: list[dict[str, Any]] = []
        self.end: dict[str, Any] | None = None
        self._segments: list[bytearray] = []
        self._news = asyncio.Event()
        self._link: WSTransport | None = None

    @classmethod
    async def open(cls, url: str, cookie: str = "") -> "Screen":
        """Watch the view at *url*; raises Broken when it does not open.

        cookie: of the sign-in that asked.
        """
        try:
            screen = cls()
            await ws_connect(lambda: screen, url, extra_headers=carrying(cookie))
        except WSHandshakeError as error:
            raise Broken(f"the picture's address does not open: {error}") from error
        return screen

    def leave(self) -> None:
        """Watch no more."""
        if self._link is not None:
            self._link.send_close(WSCloseCode.OK)
            self._link.disconnect()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Take the connection over."""
        self._link = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one message."""
        if frame.msg_type is WSMsgType.TEXT:
            self._hear(json.loads(frame.get_payload_as_bytes()))
        elif frame.msg_type is WSMsgType.BINARY:
            self._take(frame.get_payload_as_bytes())
        elif frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()
        self._news.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Note the end."""
        self._link = None
        if self.end is None:
            self.end = {"code": "lost"}
        self._news.set()

    async def until(
        self, true: Callable[[Self], object], what: str, within: float = WITHIN
    ) -> None:
        """Wait until *true*; raises Broken, saying *what* never came."""
        try:
            async with asyncio.timeout(within):
                while not true(self):
                    if self.end is not None:
                        raise Broken(f"it ended before {what}: {self.end}")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise Broken(f"{what} never came, after {self.messages} pictures") from None

    async def more(self, count: int, what: str, within: float = WITHIN) -> None:
        """Wait for *count* more pictures."""
        wanted = self.messages + count
        await self.until(lambda seen: seen.messages >= wanted, what, within)

    def shown(self) -> list[Shown]:
        """Decode all pictures so far, in presentation order; raises Broken."""
        found = []
        try:
            for segment in self._segments:
                with av.open(io.BytesIO(bytes(segment)), "r", format="mp4") as container:
                    for frame in container.decode(video=0):
                        base = frame.time_base
                        pts = 0 if frame.pts is None or base is None else frame.pts * base * CLOCK
                        picture = frame.to_ndarray(format="rgb24").astype("uint8", copy=False)
                        found.append(Shown(round(pts), read_counter(picture)))
        except av.FFmpegError as error:
            raise Broken(f"the pictures do not decode: {error}") from error
        return found

    def moment(self, pts: int) -> float:
        """Return what moment a picture shows, as the player was told, UNIX time, s."""
        told = [place for place in self.places if place["pts"] <= pts]
        if not told:
            raise Broken(f"no moment was told of the picture at {pts}")
        return float(told[-1]["at"] + (pts - told[-1]["pts"]) / CLOCK * told[-1]["rate"])

    def _hear(self, told: dict[str, Any]) -> None:
        match told.get("type"):
            case "place":
                self.places.append(told)
            case "end":
                self.end = told

    def _take(self, data: bytes) -> None:
        if data[:1] == b"\x01":
            return
        if data[4:8] == _INIT or not self._segments:
            self._segments.append(bytearray())
        self._segments[-1] += data
        self.messages += data.count(b"moof")

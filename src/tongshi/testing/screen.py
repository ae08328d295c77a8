"""A viewer of a reel: which frames it was sent, when they are shown, and what moment they show."""

import json
from dataclasses import dataclass, field
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tongshi.gateway.fragments import Sample, read
from tongshi.testing.reel import numbers


@dataclass(slots=True)
class Screen(WSListener):
    """frames: numbers, in the order of coming.  shown: their times at the player, 90 kHz.

    places: what the engine told, each with how many frames had come before.  end: the last word.
    """

    frames: list[int] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    sounds: int = 0
    places: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    end: dict[str, Any] | None = None
    link: WSTransport | None = None

    async def watch(self, url: str) -> None:
        """Begin to watch."""
        self.link, _ = await ws_connect(lambda: self, url)

    def leave(self) -> None:
        """Watch no more."""
        if self.link is not None:
            self.link.disconnect()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one message."""
        if frame.msg_type == WSMsgType.TEXT:
            told = json.loads(frame.get_payload_as_bytes())
            if told["type"] == "place":
                self.places.append((len(self.frames), told))
            elif told["type"] == "end":
                self.end = told
        elif frame.msg_type == WSMsgType.BINARY:
            self._take(frame.get_payload_as_bytes())

    def _take(self, data: bytes) -> None:
        if data[:1] == b"\x01":
            self.sounds += 1
            return
        for part in read(data):
            if isinstance(part, Sample):
                self.frames += numbers(part.data)
                self.shown.append(part.pts)

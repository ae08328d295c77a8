"""A video elementary stream whose pictures do not begin where packets begin.

Devices begin a PES packet with each picture; general multiplexers, FFmpeg's among them, cut the
stream anywhere.  Then a picture is whole only when the next one begins.

Source: ISO/IEC 13818-1 2.4.3.7 (a PTS belongs to the first access unit that begins in its
packet); ITU-T H.264 7.4.1.2.3 and H.265 7.4.2.4.4 (where an access unit begins).
"""

from typing import NamedTuple

from tongshi.media import nal
from tongshi.media.unit import Codec

LIMIT = 4_000_000
"""Bytes that may wait for the next picture to begin."""
_MARKS = 1024
"""Time stamps that may wait for their pictures."""


class Piece(NamedTuple):
    """One access unit's bytes, with the time stamps sent for it, if any."""

    data: bytes
    pts: int | None
    dts: int | None


class Splitter:
    """Bytes in, access units out.

    codec: when UNKNOWN, it is guessed from the first units.
    """

    __slots__ = ("_buffer", "_codec", "_gone", "_guessed", "_marks", "_pictured", "_scanned",
                 "overflows")  # fmt: skip

    def __init__(self, codec: Codec = Codec.UNKNOWN) -> None:
        self._codec = codec
        self._buffer = bytearray()
        self._gone = 0  # bytes given out: positions of marks count from the beginning
        self._scanned = 0
        self._guessed = 0
        self._pictured = False
        self._marks: list[tuple[int, int | None, int | None]] = []
        self.overflows = 0

    def feed(self, payload: bytes, pts: int | None, dts: int | None) -> list[Piece]:
        """Return the access units that *payload*, of one PES packet, completes."""
        if pts is not None:
            self._marks.append((self._gone + len(self._buffer), pts, dts))
            if len(self._marks) > _MARKS:
                del self._marks[: _MARKS // 2]
        self._buffer += payload
        if len(self._buffer) > LIMIT:
            self._overflow()
        if self._codec is Codec.UNKNOWN:
            # What was in vain once is not looked at again, but for a start code's length.
            data = bytes(self._buffer[max(0, self._guessed - 5) :])
            self._guessed = len(self._buffer)
            self._codec = nal.guess(data, nal.split(data))
            if self._codec is Codec.UNKNOWN:
                return []
        return self._scan()

    def flush(self) -> list[Piece]:
        """Return what is left when the stream ends or breaks off."""
        out = [self._cut(len(self._buffer))] if self._buffer else []
        self._scanned = self._guessed = 0
        self._pictured = False
        return out

    def _scan(self) -> list[Piece]:
        out: list[Piece] = []
        buffer = self._buffer
        while (at := buffer.find(nal.START, self._scanned)) >= 0 and at + 6 <= len(buffer):
            head = bytes(buffer[at + 3 : at + 6])
            if self._pictured and nal.opens_picture(self._codec, head):
                begin = at - 1 if at and not buffer[at - 1] else at
                out.append(self._cut(begin))
                at -= begin
                self._pictured = False
            if nal.is_picture(self._codec, head[0]):
                self._pictured = True
            self._scanned = at + 3
        if at < 0:
            self._scanned = max(self._scanned, len(buffer) - 2)
        return out

    def _cut(self, end: int) -> Piece:
        data = bytes(self._buffer[:end])
        pts = dts = None
        while self._marks and self._marks[0][0] <= self._gone:
            _, pts, dts = self._marks.pop(0)
        del self._buffer[:end]
        self._gone += end
        return Piece(data, pts, dts)

    def _overflow(self) -> None:
        self.overflows += 1
        self._gone += len(self._buffer)
        self._buffer.clear()
        self._marks.clear()
        self._scanned = self._guessed = 0
        self._pictured = False

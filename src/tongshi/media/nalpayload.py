"""NAL units carried directly in RTP, without a program stream.

Source: RFC 6184 5 (H.264), RFC 7798 4.4 (H.265); GB/T 28181-2022 C.2.
"""

from dataclasses import dataclass

from tongshi.media import nal
from tongshi.media.rtp import Frame
from tongshi.media.timeline import MILLISECONDS, Timeline
from tongshi.media.unit import AccessUnit, Codec

_WRAP = 1 << 32
_LIMIT = 4_000_000
_HELD = 65536
_STAP_A, _FU_A = 24, 28
_AGGREGATE, _FRAGMENT = 48, 49


@dataclass(slots=True)
class NalCounts:
    """Payloads of structures that nothing here reads, fragments without their beginning, and
    pictures beyond the limit."""

    odd: int = 0
    broken: int = 0
    overflows: int = 0


class Assembler:
    """Frames of packets in, access units out.  codec: H264 or H265."""

    __slots__ = ("_codec", "_damaged", "_fragment", "_held", "_scale", "_size", "_stamp",
                 "_ticks", "_timeline", "_units",
                 "counts")  # fmt: skip

    def __init__(self, codec: Codec, timeline: Timeline) -> None:
        self._codec = codec
        self._timeline = timeline
        self.counts = NalCounts()
        self._units: list[bytes] = []
        self._size = 0
        self._fragment: list[bytes] = []
        self._held: list[bytes] = []
        self._damaged = False
        self._stamp = 0
        self._ticks: int | None = None
        self._scale = 1

    def decode(self, frame: Frame) -> list[AccessUnit]:
        """Return the access unit that *frame* completes, if it does."""
        if frame.lost:
            self._drop_fragment()
            self._damaged = True
        take = self._take_h264 if self._codec is Codec.H264 else self._take_h265
        for part in frame.parts:
            take(part)
        if self._size > _LIMIT or len(self._units) > 2 * nal.MOST_UNITS:
            self.counts.overflows += 1
            self._units, self._fragment, self._size, self._damaged = [], [], 0, True
        return self._finish(frame.timestamp) if frame.ended else []

    def _tell(self, stamp: int) -> int:
        """Return the time stamp in 33 bits of 90 kHz; some senders count milliseconds."""
        step = (stamp - self._stamp + (_WRAP >> 1)) % _WRAP - (_WRAP >> 1)
        if self._ticks is None:
            self._ticks = stamp
        else:
            if 0 < step < MILLISECONDS:
                self._scale = 90
            self._ticks += step * self._scale
        self._stamp = stamp
        return self._ticks % (_WRAP << 1)

    def _take_h264(self, part: bytes) -> None:
        kind = part[0] & 0x1F
        if 1 <= kind <= 23:
            self._add(part)
        elif kind == _STAP_A:
            self._take_aggregate(part, 1)
        elif kind == _FU_A and len(part) > 2:
            head = bytes([part[0] & 0xE0 | part[1] & 0x1F])
            self._take_fragment(head, part[1], part[2:])
        else:
            self.counts.odd += 1

    def _take_h265(self, part: bytes) -> None:
        kind = part[0] >> 1 & 0x3F
        if kind < _AGGREGATE and len(part) > 2:
            self._add(part)
        elif kind == _AGGREGATE:
            self._take_aggregate(part, 2)
        elif kind == _FRAGMENT and len(part) > 3:
            head = bytes([part[0] & 0x81 | (part[2] & 0x3F) << 1, part[1]])
            self._take_fragment(head, part[2], part[3:])
        else:
            self.counts.odd += 1

    def _take_aggregate(self, part: bytes, at: int) -> None:
        while at + 2 < len(part):
            end = at + 2 + (part[at] << 8 | part[at + 1])
            if end > len(part) or end == at + 2:
                self.counts.broken += 1
                return
            self._add(part[at + 2 : end])
            at = end

    def _take_fragment(self, head: bytes, flags: int, body: bytes) -> None:
        if flags & 0x80:
            self._drop_fragment()
            self._fragment = [head, body]
        elif self._fragment:
            self._fragment.append(body)
            self._size += len(body)
        else:
            self.counts.broken += 1
            self._damaged = True
            return
        if flags & 0x40:
            unit, self._fragment = b"".join(self._fragment), []
            self._add(unit)

    def _drop_fragment(self) -> None:
        if self._fragment:
            self.counts.broken += 1
            self._damaged = True
            self._fragment = []

    def _add(self, unit: bytes) -> None:
        self._units += (nal.START_4, unit)
        self._size += 4 + len(unit)

    def _finish(self, stamp: int) -> list[AccessUnit]:
        self._drop_fragment()
        if not self._units:
            return []
        data = b"".join((*self._held, *self._units))
        self._units, self._held, self._size = [], [], 0
        spans = nal.split(data)
        key = nal.find_key(self._codec, data, spans)
        if key is None:
            if len(data) <= _HELD:
                self._held = [data]
            return []
        damaged, self._damaged = self._damaged, False
        pts, dts = self._timeline.place(self._tell(stamp), None, stamp)
        return [AccessUnit(self._codec, pts, dts, key, data, damaged, spans)]

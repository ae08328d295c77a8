"""Payloads of video packets put together to pictures.

Theory of operation.  A picture is handed on as soon as the frame that carried it has ended: at
once, not when the next one begins.  Senders that break this promise (a marker bit on every
packet, several packs for one picture) are found out by the part that comes too late; from then
on a picture waits for the beginning of the next, until a few hundred in a row came whole.
What the bytes say about the codec weighs more than what the stream map says.

Source: GB/T 28181-2022 C.1; ISO/IEC 13818-1 2.4.3.7.
"""

from dataclasses import dataclass

from tongshi.media import nal
from tongshi.media.elementary import LIMIT, Splitter
from tongshi.media.timeline import Timeline
from tongshi.media.unit import AccessUnit, Codec

_STARTS = (nal.START_4, nal.START)
_JUNK = 16
_CALM = 250
_HELD = 65536
_MOST_PARTS = 16_384  # of one picture: bytes that come one by one weigh fifty times as much
# First bytes that the other codec would not begin a picture with, and which ask for a guess.
_ODD = {
    Codec.H264: frozenset({0x40, 0x42, 0x44, 0x46, 0x4E}),
    Codec.H265: frozenset({0x09, 0x25, 0x27, 0x45, 0x47, 0x65, 0x67, 0x68}),
}


@dataclass(slots=True)
class PictureCounts:
    """Repairs: parts that came after their picture had gone, pictures beyond the limit, switches
    to a stream whose pictures begin anywhere, pictures of no known codec, and bytes without any."""

    late_parts: int = 0
    overflows: int = 0
    unaligned: int = 0
    unknown: int = 0
    empty: int = 0


class Pictures:
    """One video stream's payloads in, access units appended to ``out``.

    codec: what is believed until the bytes say otherwise.
    patient: begin by waiting for the next picture, where the end of a frame means little.
    """

    __slots__ = ("_began", "_calm", "_dts", "_emitted", "_gap", "_held", "_parts", "_patient",
                 "_pts", "_size", "_splitter", "_stamp", "_timeline", "_torn", "_turn", "codec",
                 "counts", "out")  # fmt: skip

    def __init__(
        self, timeline: Timeline, codec: Codec = Codec.UNKNOWN, *, patient: bool = False
    ) -> None:
        self.codec = codec
        self.out: list[AccessUnit] = []
        self.counts = PictureCounts()
        self._timeline = timeline
        self._parts: list[bytes] = []
        self._size = 0
        self._pts: int | None = None
        self._dts: int | None = None
        self._stamp = 0
        self._held = b""
        self._torn = False
        self._gap = False
        self._emitted = False
        self._patient = patient
        self._calm = 0
        self._turn = 0
        self._began = 0
        self._splitter: Splitter | None = None

    @property
    def pending(self) -> bool:
        """Whether a picture has begun and has not been handed on."""
        return bool(self._parts)

    def add(
        self, payload: bytes, pts: int | None, dts: int | None, stamp: int, *, fresh: bool
    ) -> None:
        """Take the payload of one packet.

        stamp: RTP time stamp.  fresh: a pack header or another RTP time stamp stood before it.
        """
        if self._splitter is not None:
            self._split(payload, pts, dts, stamp)
            return
        told = pts is not None and pts != self._pts
        if told and not (payload.startswith(_STARTS) or nal.START_4.startswith(payload)):
            payload = self._align(payload)
            if not payload or self._splitter is not None:
                self._split(payload, pts, dts, stamp)
                return
        if self._parts:
            if told or (fresh and self._opens(payload)):
                self.close()
        elif not told and self._emitted and not self._opens(payload):
            self.learn()
            return
        if not self._parts:
            self._pts, self._dts, self._stamp, self._began = pts, dts, stamp, self._turn
        self.extend(payload)

    def extend(self, payload: bytes) -> None:
        """Take more bytes of the picture that has begun."""
        if self._began != self._turn:
            self._calm = 0
        self._parts.append(payload)
        self._size += len(payload)
        if self._size > LIMIT or len(self._parts) > _MOST_PARTS:
            self.counts.overflows += 1
            self._parts.clear()
            self._size = 0
            self._gap = True

    def settle(self) -> None:
        """The frame that carried the picture has ended."""
        self._turn += 1
        if not self._patient:
            self.close()

    def close(self) -> None:
        """Hand on the picture that has begun, if one has."""
        parts = self._parts
        if parts:
            data = parts[0] if len(parts) == 1 else b"".join(parts)
            self._parts = []
            self._size = 0
            if self._patient:
                self._calm += 1
                self._patient = self._calm < _CALM
            self._emit(data, self._pts, self._dts, self._stamp)

    def flush(self) -> None:
        """Hand on everything: the stream ends."""
        self.close()
        if self._splitter is not None:
            for piece in self._splitter.flush():
                self._emit(piece.data, piece.pts, piece.dts, self._stamp)

    def tear(self) -> None:
        """Bytes of the picture that has begun are missing."""
        self._torn = True

    def gap(self) -> None:
        """Whole pictures may be missing before the next."""
        if self._splitter is not None:
            self._torn = True
            self.flush()
        self._gap = True
        self._emitted = False
        self._held = b""

    def learn(self) -> None:
        """A part of a picture has come that has gone already: wait for the next from now on."""
        self.counts.late_parts += 1
        self._patient = True
        self._calm = 0
        self._gap = True

    def _opens(self, payload: bytes) -> bool:
        length = nal.head_length(payload)
        return length > 0 and nal.opens_picture(self.codec, payload[length : length + 3])

    def _align(self, payload: bytes) -> bytes:
        """Return *payload* from its first start code; or see that pictures begin anywhere."""
        at = payload.find(nal.START)
        if 0 <= at <= _JUNK:
            return payload[at:]
        if (self._torn or self._gap) and not self._patient:
            return b""  # the next picture begins with its packet; of a late sender nobody knows
        self.counts.unaligned += 1
        self._splitter = Splitter(self.codec)
        if self._parts:
            begun, self._parts, self._size = b"".join(self._parts), [], 0
            self._split(begun, self._pts, self._dts, self._stamp)
        return payload

    def _split(self, payload: bytes, pts: int | None, dts: int | None, stamp: int) -> None:
        self._stamp = stamp
        if self._splitter is not None:
            for piece in self._splitter.feed(payload, pts, dts):
                self._emit(piece.data, piece.pts, piece.dts, stamp)
            self.counts.overflows += self._splitter.overflows
            self._splitter.overflows = 0

    def _emit(self, data: bytes, pts: int | None, dts: int | None, stamp: int) -> None:
        if self._held:
            data, self._held = self._held + data, b""
        spans = nal.split(data)
        codec = self._judge(data, spans)
        key = nal.find_key(codec, data, spans)
        if key is None and codec in _ODD:
            if spans and not self._torn and len(data) <= _HELD:
                # Parameter sets on their own belong to the picture that follows.
                self._held = data
                return
            self.counts.empty += 1
            self._torn = False
            self._gap = True
            return
        self.counts.unknown += codec is Codec.UNKNOWN
        pts, dts = self._timeline.place(pts, dts, stamp)
        damaged = self._torn or (self._gap and not key)
        self._torn = self._gap = False
        self._emitted = True
        self.out.append(AccessUnit(codec, pts, dts, bool(key), data, damaged, spans))

    def _judge(self, data: bytes, spans: nal.Spans) -> Codec:
        codec = self.codec
        if spans and (codec is Codec.UNKNOWN or data[spans[0][0]] in _ODD.get(codec, ())):
            found = nal.guess(data, spans)
            if found is not Codec.UNKNOWN:
                self.codec = codec = found
        return codec

"""Transport streams: packets from the field to access units.

Some devices answer with payload type 33 where a program stream was asked for.  What is inside is
the same: PES packets with pictures and sound.

Theory of operation of :class:`Demuxer`.  Packets of 188 bytes are told apart by their id; the
payloads of one id between two starts are one PES packet.  The tables say which codec an id has;
a stream that comes without tables, or before them, is known by the stream_id of its packets.  The
end of an RTP frame means little here: RFC 2250 lets the time stamp run on inside a picture.  So a
picture waits for the beginning of the next, until many in a row have ended with their frame.

A hole in the counter of an id tears what that id carries; a hole in RTP tears all.

Source: ISO/IEC 13818-1 2.4; RFC 2250 2; RFC 3551 4.5.8.
"""

from dataclasses import dataclass
from enum import Enum

from tongshi.media import psfields, sound
from tongshi.media import tsfields as fields
from tongshi.media.latch import Latch
from tongshi.media.pictures import PictureCounts, Pictures
from tongshi.media.rtp import Frame
from tongshi.media.timeline import Times
from tongshi.media.unit import AccessUnit, Codec

_MOST_STREAMS = 32
_MOST_SOUND = 65_542  # a PES packet whose length counts
_START = b"\0\0\1"
_VIDEO = range(0xE0, 0xF0)
_SOUND = range(0xC0, 0xE0)
_PRIVATE = 0xBD


@dataclass(slots=True)
class TsCounts:
    """What the demuxer met beside good pictures.

    breaks: holes, told by the receiver or by a counter.  resyncs: garbage stepped over, of
    ``skipped`` bytes.  repeats: packets sent twice.  broken: packets that their sender called
    damaged, or that are scrambled.  short: blocks of sound that ended early.
    ignored: packets of streams that nothing here reads.  mute: blocks of sound of no known codec.
    """

    breaks: int = 0
    resyncs: int = 0
    skipped: int = 0
    repeats: int = 0
    broken: int = 0
    short: int = 0
    ignored: int = 0
    mute: int = 0


class Part(Enum):
    """What the packets of one id carry."""

    TABLE = "table"
    PICTURES = "pictures"
    SOUND = "sound"
    OTHER = "other"


class _Stream:
    """The packets of one id.

    last: the payload before, to know a repeated one; counter: its number, -1 for none.
    begun: something has begun and its beginning was seen.  opened: its header was read.
    parts: what came of it and waits, ``size`` bytes.  need: bytes that are to come of it, 0 when
    it does not say.
    """

    __slots__ = ("begun", "counter", "last", "need", "opened", "part", "parts", "pid", "size")

    def __init__(self, pid: int, part: Part) -> None:
        self.pid = pid
        self.part = part
        self.counter = -1
        self.last = b""
        self.begun = False
        self.opened = False
        self.parts: list[bytes] = []
        self.size = 0
        self.need = 0

    def drop(self) -> None:
        """Forget what waits."""
        self.begun = self.opened = False
        self.parts = []
        self.size = self.need = 0

    def take(self) -> bytes:
        """Return what waits, and keep nothing."""
        data = b"".join(self.parts)
        self.parts = []
        self.size = 0
        return data


class Demuxer:
    """Payloads of one transport stream in, access units out.

    times: shared with other payloads of the same stream.
    """

    __slots__ = ("_codecs", "_learned", "_pictures", "_rest", "_sound_latch", "_sound_time",
                 "_stamp", "_streams", "_tables", "_video_latch", "counts")  # fmt: skip

    def __init__(self, *, times: Times | None = None) -> None:
        times = times or Times()
        self.counts = TsCounts()
        self._pictures = Pictures(times.video, patient=True)
        self._sound_time = times.sound
        self._video_latch = Latch()
        self._sound_latch = Latch()
        self._streams: dict[int, _Stream] = {}
        self._tables: frozenset[int] = frozenset({fields.PROGRAMS})
        self._codecs: dict[int, Codec] = {}
        self._learned: dict[int, bytes] = {}
        self._rest = b""
        self._stamp = 0

    @property
    def pictures(self) -> PictureCounts:
        """Return the repairs made to pictures."""
        return self._pictures.counts

    def decode(self, frame: Frame) -> list[AccessUnit]:
        """Return the access units that *frame* completes."""
        parts = frame.parts
        payload = parts[0] if len(parts) == 1 else b"".join(parts)
        return self.feed(payload, frame.timestamp, frame.lost, frame.ended)

    def feed(
        self, payload: bytes, timestamp: int, lost: bool = False, ended: bool = True
    ) -> list[AccessUnit]:
        """Return the access units that *payload* completes.

        timestamp: of RTP, 32 bits.  lost: bytes directly before *payload* are missing.
        ended: the frame ends with it.
        """
        out: list[AccessUnit] = []
        self._pictures.out = out
        self._stamp = timestamp
        if lost:
            self._break()
        data = self._rest + payload if self._rest else payload
        at, end = 0, len(data) - fields.SIZE
        while at <= end:
            if data[at] == fields.SYNC:
                self._read(data, at)
                at += fields.SIZE
            else:
                at = self._resync(data, at)
        self._rest = data[at:]
        self._hand_on()
        if ended and not self._rest:
            self._pictures.settle()
        return out

    def flush(self) -> list[AccessUnit]:
        """Return what is left when the stream ends."""
        out: list[AccessUnit] = []
        self._pictures.out = out
        for stream in self._streams.values():
            self._end(stream)
        self._pictures.flush()
        return out

    def _resync(self, data: bytes, at: int) -> int:
        """Return where the next packet may begin after something that is none."""
        found = data.find(fields.SYNC, at + 1)
        while 0 <= found < len(data) - fields.SIZE and data[found + fields.SIZE] != fields.SYNC:
            found = data.find(fields.SYNC, found + 1)
        end = len(data) if found < 0 else found
        self.counts.resyncs += 1
        self.counts.skipped += end - at
        return end

    def _break(self) -> None:
        """Bytes of no known stream are missing: of each of them, then."""
        self.counts.breaks += 1
        self._rest = b""
        for stream in self._streams.values():
            stream.counter = -1
            self._tear(stream)

    def _tear(self, stream: _Stream) -> None:
        """Bytes of *stream* are missing."""
        if stream.part is not Part.PICTURES:
            self.counts.short += stream.begun and stream.part is Part.SOUND
            stream.drop()
        if not stream.begun:
            return
        self._show(stream, final=True)
        if self._pictures.pending:
            self._pictures.tear()
        else:
            stream.drop()
            self._pictures.gap()

    def _read(self, data: bytes, at: int) -> None:
        """Take one packet."""
        pid, begin, starts, counter, broken, jump = fields.read_packet(data, at)
        end = at + fields.SIZE
        if pid == fields.NULL or begin >= end:
            return
        payload = data[begin:end]
        stream = self._streams.get(pid) or self._meet(pid, payload, starts)
        if stream is None:
            self.counts.ignored += 1
            return
        if broken:
            self.counts.broken += 1
            self._tear(stream)
            stream.counter = -1
            return
        if 0 <= stream.counter != counter - 1 & 15 and not jump:
            if counter == stream.counter and payload == stream.last:
                self.counts.repeats += 1
                return
            self.counts.breaks += 1
            self._tear(stream)
        stream.counter, stream.last = counter, payload
        self._take(stream, payload, starts=starts)

    def _meet(self, pid: int, payload: bytes, starts: bool) -> _Stream | None:
        """Return the stream of an id that is new; None where it cannot be known yet."""
        if len(self._streams) >= _MOST_STREAMS:
            return None
        if pid in self._tables:
            part = Part.TABLE
        elif starts and payload.startswith(_START) and len(payload) > 3:
            part = self._judge(pid, payload[3])
        else:
            return None
        stream = self._streams[pid] = _Stream(pid, part)
        return stream

    def _judge(self, pid: int, stream_id: int) -> Part:
        codec = self._codecs.get(pid, Codec.UNKNOWN)
        if stream_id in _VIDEO:
            return Part.PICTURES
        if stream_id in _SOUND or (stream_id == _PRIVATE and codec.is_audio):
            return Part.SOUND
        return Part.OTHER

    def _take(self, stream: _Stream, payload: bytes, *, starts: bool) -> None:
        match stream.part:
            case Part.OTHER:
                self.counts.ignored += 1
            case Part.TABLE:
                self._gather_table(stream, payload, starts=starts)
            case _:
                if starts:
                    self._begin(stream, payload)
                if not stream.begun:
                    return
                stream.parts.append(payload)
                stream.size += len(payload)
                if stream.part is Part.SOUND and stream.need and stream.size >= stream.need:
                    self._sound(stream)
                elif stream.part is Part.SOUND and stream.size > _MOST_SOUND:
                    self.counts.short += 1
                    stream.drop()

    def _begin(self, stream: _Stream, payload: bytes) -> None:
        """End the packet before; begin one if it is of the stream that was chosen."""
        self._end(stream)
        latch = self._video_latch if stream.part is Part.PICTURES else self._sound_latch
        length = payload[4] << 8 | payload[5] if len(payload) >= 9 else 1
        if 0 < length < 3 or not payload.startswith(_START) or payload[6] >> 6 != 2:
            self.counts.resyncs += 1
        elif not latch.admits(stream.pid):
            self.counts.ignored += 1
        else:
            stream.need = length + 6 if length else 0
            stream.begun = True

    def _end(self, stream: _Stream) -> None:
        """Hand on what waits of *stream*: its next packet begins."""
        if stream.begun and stream.part is Part.PICTURES:
            self._show(stream, final=True)
        elif stream.begun and stream.part is Part.SOUND:
            if stream.need:
                self.counts.short += 1
            else:
                self._sound(stream)
        stream.drop()

    def _hand_on(self) -> None:
        """Give what came of pictures to those who put them together."""
        for stream in self._streams.values():
            if stream.part is Part.PICTURES and stream.parts:
                self._show(stream)

    def _show(self, stream: _Stream, *, final: bool = False) -> None:
        data = stream.take()
        if stream.opened:
            if data:
                self._pictures.add(data, None, None, self._stamp, fresh=False)
            return
        if len(data) <= 9 + data[8] and not final:
            stream.parts.append(data)
            stream.size = len(data)
            return
        stream.opened = True
        header = psfields.read_header(data, 0, len(data))
        assert header is not None, "looked at where it began"
        begin, pts, dts = header
        if begin < len(data):
            self._pictures.add(data[begin:], pts, dts, self._stamp, fresh=True)

    def _sound(self, stream: _Stream) -> None:
        """Hand on a whole block of sound."""
        need = stream.need
        data = stream.take()
        stream.drop()
        data = data[:need] if need else data
        header = psfields.read_header(data, 0, len(data))
        assert header is not None, "looked at where it began"
        payload = data[header[0] :]
        codec = sound.judge(payload, self._codecs.get(stream.pid, Codec.UNKNOWN))
        if codec is Codec.UNKNOWN:
            self.counts.mute += 1
            return
        timeline = self._sound_time
        pts, _ = timeline.place(header[1], None, self._stamp)
        self._pictures.out.append(AccessUnit(codec, pts, pts, True, payload))
        timeline.nominal = sound.measure(codec, payload) or timeline.nominal

    def _gather_table(self, stream: _Stream, payload: bytes, *, starts: bool) -> None:
        """Put a table together; what follows the first in a packet is left aside."""
        if starts:
            stream.drop()
            stream.begun = True
            payload = payload[1 + payload[0] :]
        if not stream.begun:
            return
        stream.parts.append(payload)
        stream.size += len(payload)
        section = b"".join(stream.parts)
        size = fields.measure_section(section)
        if size > fields.SECTION:
            stream.drop()
        elif size and stream.size >= size:
            stream.drop()
            self._learn(stream.pid, section[:size])

    def _learn(self, pid: int, section: bytes) -> None:
        """Take what a table says."""
        if pid == fields.PROGRAMS:
            found = fields.read_programs(section)[: _MOST_STREAMS // 2]
            self._tables = frozenset({fields.PROGRAMS, *found})
            self._learned = {known: self._learned.get(known, b"") for known in found}
            for known in found:
                if known in self._streams and self._streams[known].part is not Part.TABLE:
                    del self._streams[known]
            return
        if self._learned.get(pid) == section:
            return
        self._learned[pid] = section
        self._codecs = dict(fields.read_streams(section)[:_MOST_STREAMS])
        for stream_pid, codec in self._codecs.items():
            if codec is not Codec.UNKNOWN and not codec.is_audio:
                self._pictures.codec = codec
            stream = self._streams.get(stream_pid)
            if stream is not None and stream.part is Part.OTHER and codec.is_audio:
                stream.part = Part.SOUND

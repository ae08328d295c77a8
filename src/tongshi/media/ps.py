"""Program streams: bytes from the field to access units, and access units to exact bytes.

Theory of operation of :class:`Demuxer`.  It walks from element to element by their lengths and
never looks at single bytes of a payload.  An element that is not whole yet waits; where a pack
begins although more was promised, the promise was false and what came is taken.  After loss or
garbage nothing is believed before the next pack header, except that bytes which follow a video
packet are its own: cameras write lengths modulo 65536.

Source: ISO/IEC 13818-1 2.5; GB/T 28181-2022 C.1.
"""

import re
from dataclasses import dataclass

from tongshi.errors import LocalProtocolError
from tongshi.media import nal, sound
from tongshi.media import psfields as fields
from tongshi.media.latch import Latch
from tongshi.media.pictures import PictureCounts, Pictures
from tongshi.media.rtp import Frame
from tongshi.media.timeline import Times
from tongshi.media.unit import AccessUnit, Codec

_SYSTEM = re.compile(rb"\x00\x00\x01[\xb9-\xff]")
_PROGRAM_END, _PACK, _MAP = 0xB9, 0xBA, 0xBC
_FIRST_VIDEO = 0xE0
_VIDEO = range(_FIRST_VIDEO, 0xF0)
_AUDIO = range(0xC0, 0xE0)
_STREAMS = frozenset({*_VIDEO, *_AUDIO})
_VIDEO_BYTES = frozenset(bytes([kind]) for kind in _VIDEO)
_HEADERS = (0xBB, _MAP)


@dataclass(slots=True)
class PsCounts:
    """What the demuxer met beside good pictures.

    breaks: losses told by the receiver.  resyncs: garbage stepped over, of ``skipped`` bytes.
    short: packets that promised more than came.  overlong: bytes beyond a video packet's length,
    taken as its own.  false_starts: start codes without a header.  ignored: private and padding
    streams, and further streams of video or sound.  mute: blocks of sound of no known codec.
    """

    breaks: int = 0
    resyncs: int = 0
    skipped: int = 0
    short: int = 0
    overlong: int = 0
    false_starts: int = 0
    ignored: int = 0
    mute: int = 0


class Demuxer:
    """Payloads of one program stream in, access units out.

    video, audio: codecs to believe in where the stream has no map.
    times: shared with other payloads of the same stream.
    """

    __slots__ = ("_audio", "_audio_id", "_fresh", "_last_video", "_map", "_need", "_old", "_open",
                 "_pictures", "_rest", "_rest_size", "_sound_time", "_stamp", "_synced", "_torn",
                 "_video_id", "counts")  # fmt: skip

    def __init__(
        self,
        *,
        video: Codec = Codec.UNKNOWN,
        audio: Codec = Codec.UNKNOWN,
        times: Times | None = None,
    ) -> None:
        times = times or Times()
        self.counts = PsCounts()
        self._pictures = Pictures(times.video, video)
        self._sound_time = times.sound
        self._audio = audio
        self._video_id = Latch()
        self._audio_id = Latch()
        self._map = b""
        self._rest: list[bytes] = []
        self._rest_size = 0
        self._need = 0
        self._stamp = 0
        self._fresh = True
        self._synced = False
        self._old = False  # MPEG-1 layout
        self._open = False  # a video packet without length goes on
        self._last_video = False
        self._torn = False  # what is not whole lacks bytes that were sent

    def decode(self, frame: Frame) -> list[AccessUnit]:
        """Return the access units that *frame* completes."""
        parts = frame.parts
        payload = parts[0] if len(parts) == 1 else b"".join(parts)
        return self.feed(payload, frame.timestamp, frame.lost, frame.ended)

    @property
    def pictures(self) -> PictureCounts:
        """Return the repairs made to pictures."""
        return self._pictures.counts

    def feed(
        self, payload: bytes, timestamp: int, lost: bool = False, ended: bool = True
    ) -> list[AccessUnit]:
        """Return the access units that *payload* completes.

        timestamp: of RTP, 32 bits.  lost: bytes directly before *payload* are missing.
        ended: the frame ends with it, so that a picture need not wait for the next.
        """
        pictures = self._pictures
        out: list[AccessUnit] = []
        pictures.out = out
        if lost:
            self._break(timestamp)
        if timestamp != self._stamp:
            self._stamp = timestamp
            self._fresh = True
        data = self._gather(payload) if self._rest else payload
        if data:
            self._parse(data, final=False)
        if ended and (not self._rest or self._rest_size < 4):
            # A few zeros may trail; they may also begin the next element.
            pictures.settle()
        return out

    def flush(self) -> list[AccessUnit]:
        """Return what is left when the stream ends."""
        out: list[AccessUnit] = []
        self._pictures.out = out
        self._torn = True
        self._cut()
        self._torn = False
        self._pictures.flush()
        return out

    def _gather(self, payload: bytes) -> bytes:
        """Return the bytes to parse: those that waited and *payload*; empty while too few."""
        rest = self._rest
        if payload.startswith(fields.PACK):
            self._cut()
            return payload
        rest.append(payload)
        self._rest_size += len(payload)
        if self._rest_size < self._need:
            return b""
        self._rest = []
        self._rest_size = 0
        return b"".join(rest)

    def _cut(self) -> None:
        """Take an element that is not whole for what it is."""
        if self._rest:
            data, self._rest, self._rest_size = b"".join(self._rest), [], 0
            self._parse(data, final=True)

    def _break(self, timestamp: int) -> None:
        """Bytes are missing: finish what has begun, or go on with it if it is the same frame."""
        self.counts.breaks += 1
        pictures = self._pictures
        was_video = bool(self._rest) and b"".join(self._rest)[3:4] in _VIDEO_BYTES
        self._torn = True
        self._cut()
        self._torn = False
        same = timestamp == self._stamp
        self._open = same and pictures.pending and (was_video or self._open)
        if pictures.pending:
            pictures.tear()
        if not same or not pictures.pending:
            pictures.close()
            pictures.gap()
        self._synced = self._last_video = self._open

    def _parse(self, data: bytes, *, final: bool) -> None:
        at = self._go_on(data) if self._open else 0
        size = len(data)
        while at < size:
            # Nearly all elements are packets; the check of all others has its own place.
            if self._synced and size - at > 13 and data.startswith(nal.START, at):
                kind = data[at + 3]
                if kind in _STREAMS:
                    step = self._read_packet(data, at, kind, final=final)
                else:
                    step = self._read_element(data, at, final=final)
            else:
                step = self._read_element(data, at, final=final)
            if step < 0:
                if final:
                    self.counts.skipped += size - at
                    return
                self._rest = [data[at:] if at else data]
                self._rest_size = size - at
                self._need = -step
                return
            at = step

    def _go_on(self, data: bytes) -> int:
        """Give a video packet without length all bytes up to the next element."""
        match = _SYSTEM.search(data)
        end = len(data) if match is None else match.start()
        self._open = match is None
        if end and self._pictures.pending:
            self._pictures.extend(data[:end])
        elif end > 3:  # else zeros, or the beginning of a start code
            self._pictures.learn()
        return end

    def _read_element(self, data: bytes, at: int, *, final: bool) -> int:
        """Return where the next element begins, or minus the bytes that this one needs."""
        if not data.startswith(nal.START, at) or len(data) - at < 4:
            return -4 if nal.START.startswith(data[at : at + 4]) else self._resync(data, at)
        kind = data[at + 3]
        if kind < _PROGRAM_END or not (self._synced or kind == _PACK):
            return self._resync(data, at)
        if kind == _PACK:
            return self._read_pack(data, at)
        if kind in _STREAMS:
            return self._read_packet(data, at, kind, final=final)
        if kind == _PROGRAM_END:
            return at + 4
        return self._step_over(data, at, kind)

    def _read_pack(self, data: bytes, at: int) -> int:
        if len(data) - at < 14:
            return -14
        self._synced = self._fresh = True
        self._last_video = False
        mark = data[at + 4]
        if mark >> 6 == 1:
            self._old = False
            return at + 14 + (data[at + 13] & 7)
        if mark >> 4 == 2:
            self._old = True
            return at + 12
        self.counts.false_starts += 1
        self._synced = False
        return at + 4

    def _step_over(self, data: bytes, at: int, kind: int) -> int:
        """Step over an element that is neither pack, video nor sound; read the stream map."""
        if len(data) - at < 6:
            return -6
        end = at + 6 + (data[at + 4] << 8 | data[at + 5])
        if kind in _HEADERS and not data.startswith(nal.START, end):
            # Lengths of headers are often wrong: the next start code tells the truth.
            found = _SYSTEM.search(data, at + 6)
            end = end if found is None else found.start()
        if end > len(data):
            return at - end
        if kind == _MAP:
            packet = data[at:end]
            if packet != self._map:
                self._map = packet
                self._learn_map(packet)
        elif kind not in _HEADERS:
            self.counts.ignored += 1
        self._last_video = False
        return end

    def _learn_map(self, packet: bytes) -> None:
        for stream_id, codec in fields.read_stream_map(packet).codecs:
            if stream_id in _VIDEO and codec is not Codec.UNKNOWN and not codec.is_audio:
                self._pictures.codec = codec
            elif stream_id in _AUDIO:
                self._audio = codec

    def _read_packet(self, data: bytes, at: int, kind: int, *, final: bool) -> int:
        size = len(data)
        if size - at < 9:
            return -9
        end = at + 6 + (data[at + 4] << 8 | data[at + 5])
        if end == at + 6:
            if size < at + 9 + data[at + 8] and not final:
                return -9 - data[at + 8]
            end = self._find_end(data, at + 9, kind)
        elif end > size:
            if not final:
                return at - end
            end = size
            self.counts.short += 1
            if self._torn and kind in _AUDIO:
                return end
        read = fields.read_old_header if self._old else fields.read_header
        header = read(data, at, end)
        if header is None:
            self.counts.false_starts += 1
            self._last_video = self._open = False
            return at + 4
        if kind >= _FIRST_VIDEO:
            self._take_video(data[header[0] : end], header[1], header[2], kind)
        else:
            self._take_sound(data[header[0] : end], header[1], kind)
        return end

    def _find_end(self, data: bytes, at: int, kind: int) -> int:
        """Return where a packet without length ends: at the next element, or with the frame."""
        found = _SYSTEM.search(data, at)
        if found is not None:
            return found.start()
        self._open = kind in _VIDEO
        return len(data)

    def _resync(self, data: bytes, at: int) -> int:
        """Return where the next element may begin after something that is none."""
        if self._synced:
            found = _SYSTEM.search(data, at)
            end = len(data) if found is None else found.start()
        else:
            end = data.find(fields.PACK, at)
        if end < 0 or end == len(data):
            end = len(data) - _beginning_at_end(data)
        stray = data[at:end]
        if self._last_video and self._pictures.pending and stray.strip(b"\0"):
            self._pictures.extend(stray)
            self.counts.overlong += len(stray)
        else:
            self.counts.resyncs += bool(stray.strip(b"\0"))
            self.counts.skipped += len(stray)
        return end

    def _take_video(self, payload: bytes, pts: int | None, dts: int | None, kind: int) -> None:
        if not self._video_id.admits(kind):
            self.counts.ignored += 1
            return
        self._last_video = True
        if payload:
            self._pictures.add(payload, pts, dts, self._stamp, fresh=self._fresh)
            self._fresh = False

    def _take_sound(self, payload: bytes, pts: int | None, kind: int) -> None:
        self._last_video = False
        if not self._audio_id.admits(kind):
            self.counts.ignored += 1
            return
        codec = sound.judge(payload, self._audio)
        if codec is Codec.UNKNOWN:
            self.counts.mute += 1
            return
        timeline = self._sound_time
        pts, _ = timeline.place(pts, None, self._stamp)
        self._pictures.out.append(AccessUnit(codec, pts, pts, True, payload))
        timeline.nominal = sound.measure(codec, payload) or timeline.nominal


def _beginning_at_end(data: bytes) -> int:
    """Return how many bytes at the end may be the beginning of a start code."""
    return next((size for size in (3, 2, 1) if data.endswith(nal.START[:size])), 0)


class Muxer:
    """Access units in, packs out: one pack for each picture and the sound that goes with it.

    video: H264 or H265.  audio: codec of the sound that will be packed, or None.

    Raises LocalProtocolError for codecs that have no stream_type here.
    """

    __slots__ = ("_audio", "_map", "_sets", "_system", "_video")

    def __init__(self, video: Codec, audio: Codec | None = None) -> None:
        try:
            self._map = fields.build_stream_map(video, audio)
        except KeyError:
            raise LocalProtocolError(f"no stream_type for {video} with {audio}") from None
        self._system = fields.build_system_header(audio=audio is not None)
        self._video = video
        self._audio = audio
        self._sets = b""

    def pack(self, *units: AccessUnit) -> bytes:
        """Return one pack with *units*: a picture first, if any, then blocks of sound.

        The clock reference is the first unit's dts less 3600.  System header and stream map stand
        in every pack with a key picture; a delimiter stands before every picture, and parameter
        sets before every key picture, whether the unit brought them or not.
        """
        parts = [fields.build_pack_header(units[0].dts - 3600)]
        for unit in units:
            if unit.codec.is_audio:
                header = fields.build_pes_header(fields.AUDIO_ID, len(unit.data), pts=unit.pts)
                parts += [header, unit.data]
                continue
            if unit.key:
                parts += [self._system, self._map]
            self._write_picture(unit, parts)
        return b"".join(parts)

    def _write_picture(self, unit: AccessUnit, parts: list[bytes]) -> None:
        data = self._complete(unit)
        header = fields.build_pes_header(fields.VIDEO_ID, 0, pts=unit.pts, dts=unit.dts)
        room = fields.MAX_PES + 6 - len(header)
        first = data[:room]
        parts += [
            fields.build_pes_header(fields.VIDEO_ID, len(first), pts=unit.pts, dts=unit.dts),
            first,
        ]
        room = fields.MAX_PES - 3
        for at in range(len(first), len(data), room):
            more = data[at : at + room]
            parts += [fields.build_pes_header(fields.VIDEO_ID, len(more)), more]

    def _complete(self, unit: AccessUnit) -> bytes:
        """Return the picture's bytes with delimiter and, in a key picture, parameter sets."""
        data = unit.data
        mark = nal.delimiter(self._video)
        length = nal.head_length(data)
        delimited = data[length : length + 1] == mark[4:5]
        if not unit.key:
            return data if delimited else mark + data
        spans = unit.spans or nal.split(data)
        sets = nal.parameter_sets(self._video, data, spans)
        if sets:
            self._sets = b"".join(nal.START_4 + item for item in sets)
            return data if delimited else mark + data
        if delimited:
            end = spans[0][1]
            return data[:end] + self._sets + data[end:]
        return mark + self._sets + data

"""What an RTP payload type carries, and the decoder for it.

Theory of operation.  What the bytes show weighs more than what was announced: a pack header at
the beginning of a frame means a program stream under any payload type, at any time; packets of 188
bytes mean a transport stream while nothing has been chosen for the type.  Next comes
the announcement, then the fixed types of RFC 3551, then the beginning of the units themselves,
and last the numbers that GB/T 28181 uses as a habit.

Source: GB/T 28181-2022 C.1, C.2; RFC 3551 6.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Protocol

from tongshi.media import g711, nal, ts
from tongshi.media.nalpayload import Assembler
from tongshi.media.ps import Demuxer
from tongshi.media.psfields import PACK
from tongshi.media.rtp import Frame
from tongshi.media.timeline import Timeline, Times
from tongshi.media.unit import AccessUnit, Codec


class Kind(Enum):
    """Payloads told apart; nothing here reads UNSUPPORTED."""

    PS = "ps"
    H264 = "h264"
    H265 = "h265"
    G711A = "g711a"
    G711U = "g711u"
    MPEGTS = "mpegts"
    UNSUPPORTED = "unsupported"


class Decoder(Protocol):
    """Frames in, access units out."""

    def decode(self, frame: Frame) -> list[AccessUnit]:
        """Return the access units that *frame* completes."""


_NAMES = {
    "PS": Kind.PS,
    "MP2P": Kind.PS,
    "H264": Kind.H264,
    "H265": Kind.H265,
    "HEVC": Kind.H265,
    "PCMA": Kind.G711A,
    "PCMU": Kind.G711U,
    "MP2T": Kind.MPEGTS,
}
_FIXED = {0: Kind.G711U, 8: Kind.G711A, 33: Kind.MPEGTS}
_USUAL = {96: Kind.PS, 98: Kind.H264, 100: Kind.H265}
_TRIES = 50
_MOST = 8  # decoders of one stream: each may hold a picture


def kind_named(name: str) -> Kind:
    """Return what an encoding name of ``a=rtpmap`` means; case and parameters do not count."""
    return _NAMES.get(name.partition("/")[0].strip().upper(), Kind.UNSUPPORTED)


def sniff(part: bytes) -> Kind | None:
    """Return what the first payload of a frame gives away by itself, or None."""
    if part.startswith(PACK):
        return Kind.PS
    if part[:1] == b"\x47" and len(part) % 188 == 0 and part[188:189] in b"\x47":
        return Kind.MPEGTS
    codec = nal.guess(part, ((0, len(part)),))
    if codec is Codec.UNKNOWN:
        return None
    return Kind.H264 if codec is Codec.H264 else Kind.H265


class Payloads:
    """Frames of one RTP stream, of whatever types, in; access units out.

    types: payload types with their encoding names, as ``(96, "PS")``.
    times: other timelines than those of a live stream.
    ``unsupported`` counts frames that nothing here reads.
    """

    __slots__ = ("_announced", "_decoders", "_kinds", "_times", "_tries", "unsupported")

    def __init__(
        self, types: Iterable[tuple[int, str]] = (), *, times: Times | None = None
    ) -> None:
        self._times = times or Times()
        self._announced: dict[int, Kind] = {}
        self._decoders: dict[int, Decoder] = {}
        self._kinds: dict[int, Kind] = {}
        self._tries = 0
        self.unsupported = 0
        self.announce(types)

    @property
    def kind(self) -> Kind | None:
        """What carries the pictures, or else what came; None before anything is known."""
        kinds = list(self._kinds.values())
        pictures = (kind for kind in kinds if kind not in (Kind.G711A, Kind.G711U))
        return next(pictures, kinds[0] if kinds else None)

    @property
    def resyncs(self) -> int:
        """How often a program or transport stream had to be found again."""
        demuxers = (i for i in self._decoders.values() if isinstance(i, Demuxer | ts.Demuxer))
        return sum(item.counts.resyncs + item.counts.breaks for item in demuxers)

    def announce(self, types: Iterable[tuple[int, str]]) -> None:
        """Take what an offer or an answer says about payload types."""
        self._announced |= {number: kind_named(name) for number, name in types}

    def decode(self, frame: Frame) -> list[AccessUnit]:
        """Return the access units that *frame* completes."""
        decoder = self._decoders.get(frame.payload_type)
        if decoder is None or (
            not isinstance(decoder, Demuxer) and frame.parts[0].startswith(PACK)
        ):
            decoder = self._choose(frame)
        if decoder is None:
            self.unsupported += 1
            return []
        return decoder.decode(frame)

    def flush(self) -> list[AccessUnit]:
        """Return what is left when the stream ends."""
        demuxers = [i for i in self._decoders.values() if isinstance(i, Demuxer | ts.Demuxer)]
        return [unit for item in demuxers for unit in item.flush()]

    def _choose(self, frame: Frame) -> Decoder | None:
        number = frame.payload_type
        if number not in self._decoders and len(self._decoders) >= _MOST:
            return None
        kind = self._judge(number, frame.parts[0])
        if kind is None:
            return None
        self._kinds[number] = kind
        decoder = self._build(kind)
        if decoder is not None:
            self._decoders[number] = decoder
        return decoder

    def _judge(self, number: int, part: bytes) -> Kind | None:
        found = sniff(part)
        if found in (Kind.PS, Kind.MPEGTS):
            return found
        told = self._announced.get(number) or _FIXED.get(number) or found
        if told is None:
            self._tries += 1
            if self._tries > _TRIES:
                told = _USUAL.get(number, Kind.UNSUPPORTED)
        return told

    def _build(self, kind: Kind) -> Decoder | None:
        match kind:
            case Kind.PS:
                return Demuxer(times=self._times)
            case Kind.MPEGTS:
                return ts.Demuxer(times=self._times)
            case Kind.H264:
                return Assembler(Codec.H264, self._times.video)
            case Kind.H265:
                return Assembler(Codec.H265, self._times.video)
            case Kind.G711A:
                return Sound(Codec.G711A, self._times.sound)
            case Kind.G711U:
                return Sound(Codec.G711U, self._times.sound)
            case _:
                return None


class Sound:
    """G.711 directly in RTP.  codec: G711A or G711U."""

    __slots__ = ("_codec", "_samples", "_stamp", "_ticks", "_timeline")

    def __init__(self, codec: Codec, timeline: Timeline) -> None:
        self._codec = codec
        self._timeline = timeline
        self._samples = 0
        self._stamp = 0
        self._ticks = 0

    def decode(self, frame: Frame) -> list[AccessUnit]:
        """Return the block of sound in *frame*."""
        data = b"".join(frame.parts)
        if self._samples:
            self._ticks += g711.TICKS_4 * self._step(frame.timestamp) // 4
        self._samples, self._stamp = len(data), frame.timestamp
        pts, _ = self._timeline.place(self._ticks, None, 0)
        return [AccessUnit(self._codec, pts, pts, True, data)]

    def _step(self, stamp: int) -> int:
        """Return how many samples further it is: by the RTP clock if that counts samples."""
        step = (stamp - self._stamp) % (1 << 32)
        blocks, odd = divmod(step, self._samples)
        return step if not odd and 0 < blocks <= _TRIES else self._samples

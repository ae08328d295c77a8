"""The whole path of one stream, from datagrams to readers, with its figures."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tongshi.media import g711
from tongshi.media.fmp4 import Fragmenter, Track
from tongshi.media.hub import BACKLOG_LIMIT, Hub
from tongshi.media.payload import Payloads
from tongshi.media.rtp import Frame, Receiver
from tongshi.media.tcpframe import Framer
from tongshi.media.timeline import Times
from tongshi.media.unit import AccessUnit, Codec

_PERIOD_S = 1.0
_LAWS = (Codec.G711A, Codec.G711U)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one stream has carried so far; every field is plain, so that JSON can carry it.

    packets, bytes: as received.  lost, late, reordered, duplicates, restarts: packets, by order.
    foreign, malformed, rtcp: packets that are not of the stream.  resyncs: TCP framing or
    program stream found again after loss or garbage.  unsupported: frames that nothing reads.
    frames: pictures.  keys: those at which decoding can begin.  damaged: those hit by loss.
    frozen: those withheld until the next key frame.  sounds: blocks of sound.
    bitrate: bit/s; fps: pictures/s; both over the last whole second or more.
    payload: "ps", "h264", ..., video, audio: codecs; "unknown" where not yet seen.
    readers: now.  skips: times that a reader fell behind.
    """

    packets: int = 0
    bytes: int = 0
    lost: int = 0
    late: int = 0
    reordered: int = 0
    duplicates: int = 0
    restarts: int = 0
    foreign: int = 0
    malformed: int = 0
    rtcp: int = 0
    ssrc: int | None = None
    ssrc_changes: int = 0
    resyncs: int = 0
    unsupported: int = 0
    frames: int = 0
    keys: int = 0
    damaged: int = 0
    frozen: int = 0
    sounds: int = 0
    bitrate: float = 0.0
    fps: float = 0.0
    payload: str = "unknown"
    video: str = "unknown"
    audio: str = "unknown"
    width: int = 0
    height: int = 0
    readers: int = 0
    skips: int = 0


class Pipeline:
    """Datagrams, or bytes of a TCP connection, in; fragments to the readers of ``hub``.

    payload_types: numbers with their encoding names, as ``(96, "PS")``.
    ssrc, strict_ssrc, ordered: see :class:`tongshi.media.rtp.Receiver`.
    freeze: after loss show nothing before the next key frame; else show damaged pictures.
    backlog_limit: bytes; see :class:`tongshi.media.hub.Hub`.
    times: see :class:`tongshi.media.payload.Payloads`.

    ``frames`` and ``units`` are lists of callables that get each :class:`rtp.Frame` (for relays)
    and each access unit that is shown (for transcoders and recorders).
    ``heard`` is when the last datagram came, by ``now``, or None.
    """

    __slots__ = ("_audio", "_damaged", "_fragmenter", "_framer", "_freeze", "_frozen",
                 "_frozen_count", "_keys", "_mark", "_payloads", "_pictures", "_rates",
                 "_receiver", "_sounds", "_video", "frames", "heard", "hub", "units")  # fmt: skip

    def __init__(
        self,
        *,
        payload_types: Iterable[tuple[int, str]] = (),
        ssrc: int | None = None,
        strict_ssrc: bool = False,
        ordered: bool = False,
        freeze: bool = True,
        backlog_limit: int = BACKLOG_LIMIT,
        times: Times | None = None,
    ) -> None:
        self.hub = Hub(backlog_limit=backlog_limit)
        self.frames: list[Callable[[Frame], None]] = []
        self.units: list[Callable[[AccessUnit], None]] = []
        self.heard: float | None = None
        self._receiver = Receiver(ssrc=ssrc, strict=strict_ssrc, ordered=ordered)
        self._framer = Framer()
        self._payloads = Payloads(payload_types, times=times)
        self._fragmenter = Fragmenter()
        self._freeze = freeze
        self._frozen = False
        self._video = Codec.UNKNOWN
        self._audio = Codec.UNKNOWN
        self._pictures = self._keys = self._damaged = self._frozen_count = self._sounds = 0
        self._mark: tuple[float, int, int] | None = None
        self._rates = (0.0, 0.0)

    @property
    def track(self) -> Track | None:
        """What viewers get; None before the first key frame."""
        return self._fragmenter.track

    @property
    def audio(self) -> Codec:
        """The codec of the sound; UNKNOWN before any came."""
        return self._audio

    def announce(
        self, ssrc: int | None = None, payload_types: Iterable[tuple[int, str]] = ()
    ) -> None:
        """Take what the answer to an INVITE says."""
        self._receiver.announce(ssrc)
        self._payloads.announce(payload_types)

    def receive(self, datagrams: Sequence[bytes], now: float) -> None:
        """Take datagrams in the order of their arrival, at *now*, s."""
        self.heard = now
        decode = self._payloads.decode
        for frame in self._receiver.receive(datagrams, now):
            for tap in self.frames:
                tap(frame)
            for unit in decode(frame):
                self._take(unit)

    def receive_bytes(self, data: bytes, now: float) -> None:
        """Take bytes of a TCP connection, at *now*, s."""
        self.heard = now
        framer = self._framer
        resyncs = framer.counts.resyncs
        packets = framer.feed(data)
        if framer.counts.resyncs != resyncs:
            self._receiver.tear()  # the packet before the breach may be of two halves
        if packets:
            self.receive(packets, now)

    def flush(self) -> None:
        """The stream ends: hand on what waits."""
        for frame in self._receiver.flush():
            for tap in self.frames:
                tap(frame)
            for unit in self._payloads.decode(frame):
                self._take(unit)
        for unit in self._payloads.flush():
            self._take(unit)

    def receiver_report(self, reporter: int, now: float) -> bytes:
        """Return an RTCP receiver report from *reporter*, an SSRC, at *now*, s."""
        return self._receiver.receiver_report(reporter, now)

    def figures(self, now: float) -> Figures:
        """Return the figures at *now*, s."""
        self._measure(now)
        counts = self._receiver.counts
        order = counts.order
        kind = self._payloads.kind
        track = self.track
        return Figures(
            packets=counts.packets,
            bytes=counts.bytes,
            lost=order.lost,
            late=order.late,
            reordered=order.reordered,
            duplicates=order.duplicates,
            restarts=order.restarts,
            foreign=counts.foreign,
            malformed=counts.malformed,
            rtcp=counts.rtcp,
            ssrc=self._receiver.ssrc,
            ssrc_changes=counts.ssrc_changes,
            resyncs=self._payloads.resyncs + self._framer.counts.resyncs,
            unsupported=self._payloads.unsupported,
            frames=self._pictures,
            keys=self._keys,
            damaged=self._damaged,
            frozen=self._frozen_count,
            sounds=self._sounds,
            bitrate=self._rates[0],
            fps=self._rates[1],
            payload="unknown" if kind is None else kind.value,
            video=self._video.value,
            audio=self._audio.value,
            width=0 if track is None else track.width,
            height=0 if track is None else track.height,
            readers=len(self.hub),
            skips=self.hub.skips,
        )

    def _measure(self, now: float) -> None:
        size, pictures = self._receiver.counts.bytes, self._pictures
        if self._mark is None:
            self._mark = now, size, pictures
            return
        since, size_then, pictures_then = self._mark
        passed = now - since
        if passed >= _PERIOD_S:
            self._rates = 8 * (size - size_then) / passed, (pictures - pictures_then) / passed
            self._mark = now, size, pictures

    def _take(self, unit: AccessUnit) -> None:
        codec = unit.codec
        if codec.is_audio:
            self._take_sound(unit)
            return
        self._video = codec
        self._pictures += 1
        key = unit.key
        if key:
            self._keys += 1
        if unit.damaged:
            self._damaged += 1
            self._frozen = self._freeze
        elif key:
            self._frozen = False
        if self._frozen:
            self._frozen_count += 1
            return
        for tap in self.units:
            tap(unit)
        fragmenter, hub = self._fragmenter, self.hub
        fragment = fragmenter.fragment(unit)
        if fragment:
            track = fragmenter.track
            if track is not None and track is not hub.track:
                hub.change(track)
            hub.publish(fragment, key)

    def _take_sound(self, unit: AccessUnit) -> None:
        self._audio = unit.codec
        self._sounds += 1
        for tap in self.units:
            tap(unit)
        if unit.codec in _LAWS and len(self.hub):
            self.hub.publish_sound(g711.block(unit.codec, unit.pts, unit.data))

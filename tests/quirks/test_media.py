"""Each deviation of simulated media, from encoded pictures to those shown, with and without.

What is shown has to be what was encoded: coded slices, sound and distances of time.  Films are
encoded once and shared; half of them have sound, and either codec is there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from tongshi.media import nal, psfields, ts
from tongshi.media import payload as payloads
from tongshi.media.pictures import Pictures
from tongshi.media.ps import Demuxer, Muxer
from tongshi.media.psfields import StreamMap, crc32
from tongshi.media.rtp import Receiver
from tongshi.media.stream import Figures, Pipeline
from tongshi.media.tcpframe import Framer
from tongshi.media.timeline import Timeline
from tongshi.media.unit import AccessUnit, Codec
from tongshi.sim.dress import Dresser
from tongshi.sim.encode import Encoder
from tongshi.sim.film import Shot, paint
from tongshi.sim.picture import build
from tongshi.sim.rtpline import Pack, RtpLine, cut
from tongshi.sim.tape import slices_of

Patch = pytest.MonkeyPatch
Without = Callable[[Patch], None]
Prove = Callable[[Callable[[], None], Without], None]
Film = tuple[AccessUnit, ...]

SSRC = 123_456_789
STEP = 3600
GOP, FRAMES = 25, 100
H264 = Shot(width=320, height=180, bitrate=3_000_000, gop=GOP)
H265 = Shot(codec=Codec.H265, width=320, height=180, bitrate=3_000_000, gop=GOP, sound=False)


@cache
def film(shot: Shot) -> Film:
    """Return the pictures of a film, encoded."""
    encoder = Encoder(
        shot.codec, shot.width, shot.height, fps=25, gop=shot.gop, bitrate=shot.bitrate
    )
    picture = build(shot.view, shot.tint, shot.width, shot.height)
    made = []
    for number in range(FRAMES):
        data, key = encoder.encode(paint(shot, picture, number).planes)
        made.append(AccessUnit(shot.codec, number * STEP, number * STEP, key, data))
    return tuple(made)


def speech(number: int) -> AccessUnit:
    """Return the sound of one frame; no two are equal."""
    data = bytes((number + at) % 251 for at in range(320))
    return AccessUnit(Codec.G711A, number * STEP, number * STEP, True, data)


@cache
def packs(shot: Shot, quirks: frozenset[str]) -> tuple[Pack, ...]:
    """Return the frames of a film as a device with *quirks* packs them."""
    muxer = Muxer(shot.codec, Codec.G711A if shot.sound else None)
    dresser = Dresser(quirks)
    made = []
    for number, unit in enumerate(film(shot)):
        units = (unit, speech(number)) if shot.sound else (unit,)
        made.append(cut(number, unit.key, unit.pts, dresser.alter(muxer.pack(*units))))
    return tuple(made)


@dataclass
class Shown:
    """What came out.  late: how many pictures behind the one sent the newest shown was at most."""

    shot: Shot
    units: list[AccessUnit] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)
    late: int = 0

    @property
    def pictures(self) -> list[list[bytes]]:
        """The coded slices of each picture."""
        return [slices_of(self.shot.codec, unit.data) for unit in self.videos]

    @property
    def videos(self) -> list[AccessUnit]:
        return [unit for unit in self.units if not unit.codec.is_audio]

    @property
    def sounds(self) -> list[bytes]:
        return [unit.data for unit in self.units if unit.codec.is_audio]


def send(shot: Shot, *quirks: str, tcp: bool = False) -> Shown:
    """Let a device with *quirks* send a film to a pipeline that awaits PS under 96."""
    chosen = frozenset(quirks)
    line = RtpLine(SSRC, chosen, sequence=65_500)
    pipeline = Pipeline(payload_types=((96, "PS"),), ssrc=SSRC, ordered=tcp)
    shown = Shown(shot)
    pipeline.units.append(shown.units.append)
    for number, pack in enumerate(packs(shot, chosen)):
        now = number / 25
        if tcp:
            pipeline.receive_bytes(line.framed(pack), now)
        else:
            pipeline.receive(line.packets(pack), now)
        shown.late = max(shown.late, number + 1 - pipeline.figures(now).frames)
    pipeline.flush()
    shown.figures = pipeline.figures(FRAMES / 25)
    return shown


def is_whole(shown: Shown, *, sound: bool = True, late: int = 1, heard: int = FRAMES) -> None:
    """Check that nothing is missing, changed, late (by pictures) or out of time."""
    sent = film(shown.shot)
    assert {unit.codec for unit in shown.videos} == {shown.shot.codec}
    assert shown.pictures == [slices_of(shown.shot.codec, unit.data) for unit in sent]
    assert [unit.key for unit in shown.videos] == [unit.key for unit in sent]
    assert not any(unit.damaged for unit in shown.videos)
    times = [unit.pts for unit in shown.videos]
    assert {later - earlier for earlier, later in pairwise(times)} == {STEP}
    assert shown.late <= late
    wanted = [speech(number).data for number in range(heard)]
    assert shown.sounds == (wanted if shown.shot.sound and sound else [])
    figures = shown.figures
    assert (figures.lost, figures.late, figures.malformed, figures.foreign) == (0, 0, 0, 0)


def whole(
    *quirks: str, tcp: bool = False, sound: bool = True, calm: bool = True
) -> Callable[[], None]:
    """Return a check that both films come through.

    sound: it is heard.  calm: the stream never had to be found again.
    """

    def check() -> None:
        for shot in (H264, H265):
            shown = send(shot, *quirks, tcp=tcp)
            is_whole(shown, sound=sound)
            assert not (calm and shown.figures.resyncs)

    return check


def test_the_films_come_through_as_they_are() -> None:
    for tcp in (False, True):
        whole(tcp=tcp)()
    assert (
        max(len(unit.data) for unit in film(H264)) > 7500
    )  # so that small PES packets are several


# What has to come of the others.


def control_packets_are_no_media() -> None:
    for shot in (H264, H265):
        shown = send(shot, "rtcp-inside", tcp=True)
        is_whole(shown)
        assert shown.figures.rtcp == FRAMES / 25


def torn_packets_cost_a_group_at_most() -> None:
    for shot in (H264, H265):
        shown = send(shot, "torn-frames", tcp=True)
        sent = [slices_of(shot.codec, unit.data) for unit in film(shot)]
        assert shown.pictures[:59] == sent[:59]
        assert shown.pictures[-GOP:] == sent[-GOP:]
        assert all(picture in sent for picture in shown.pictures)
        assert shown.figures.resyncs > 0


def sound_of_an_unknown_kind_is_left_out() -> None:
    is_whole(send(H264, "wrong-sound-type"), sound=False)


def packets_end_where_the_next_pack_begins() -> None:
    for shot in (H264, H265):
        # Only the next pack shows that no more was to come; after the last sound there is none.
        is_whole(send(shot, "pes-too-long"), late=2, heard=FRAMES - 1)


def transport_streams_are_shown() -> None:
    for shot in (H264, H265):
        shown = send(shot, "mpegts")
        is_whole(shown)
        assert shown.figures.payload == "mpegts"


# How the handling of each is taken away.


def announced_ssrcs_only(patch: Patch) -> None:
    patch.setattr(Receiver, "_admit", lambda self, ssrc, number, now: ssrc == self._wanted)


def bytes_do_not_count(patch: Patch) -> None:
    patch.setattr(payloads, "sniff", lambda part: None)


def rtp_tells_the_time_in_90_kHz(patch: Patch) -> None:
    place = Timeline.place
    patch.setattr(Timeline, "place", lambda self, pts, dts, stamp: place(self, None, None, stamp))
    patch.setattr("tongshi.media.timeline.MILLISECONDS", 0)


def the_marker_alone_ends_frames(patch: Patch) -> None:
    take = Receiver._take

    def strict(self: Receiver, datagram: bytes, lost: bool) -> None:
        if not datagram[1] & 0x80:
            self._stamp, self._kind = datagram[4:8], datagram[1] & 0x7F
        take(self, datagram, lost)

    patch.setattr(Receiver, "_take", strict)


def one_framing_only(patch: Patch) -> None:
    patch.setattr("tongshi.media.tcpframe._DOLLAR", -1)


def control_packets_are_not_known(patch: Patch) -> None:
    patch.setattr("tongshi.media.rtcp.is_rtcp", lambda datagram: False)


def a_frame_has_one_time(patch: Patch) -> None:
    feed = Demuxer.feed

    def by_frame(
        self: Demuxer, payload: bytes, timestamp: int, lost: bool = False, ended: bool = True
    ) -> list[AccessUnit]:
        out = feed(self, payload, timestamp, lost, ended)
        if ended:
            self._cut()
            self._pictures.settle()
        return out

    patch.setattr(Demuxer, "feed", by_frame)


def framing_is_never_found_again(patch: Patch) -> None:
    patch.setattr(Framer, "_search", lambda self, data, at: self._skip(at, max(len(data) - 48, at)))


def codecs_are_told_never_guessed(patch: Patch) -> None:
    patch.setattr(nal, "guess", lambda data, spans: Codec.UNKNOWN)


def maps_hold_for_one_pack(patch: Patch) -> None:
    read = Demuxer._read_pack

    def forget(self: Demuxer, data: bytes, at: int) -> int:
        self._audio, self._map = Codec.UNKNOWN, b""
        return read(self, data, at)

    patch.setattr(Demuxer, "_read_pack", forget)


def maps_must(hold: Callable[[bytes], bool]) -> Without:
    def without(patch: Patch) -> None:
        read = psfields.read_stream_map
        patch.setattr(
            psfields,
            "read_stream_map",
            lambda packet: read(packet) if hold(packet) else StreamMap(()),
        )

    return without


def _has_descriptors(packet: bytes) -> bool:
    """Whether what stands for descriptors of the first stream are some."""
    size = int.from_bytes(packet[14:16], "big")
    at, end = 16, 16 + size
    while at < end:
        at += 2 + packet[at + 1]
    return at == end


def a_length_of_0_is_none(patch: Patch) -> None:
    patch.setattr(Demuxer, "_find_end", lambda self, data, at, kind: at)


def each_packet_is_a_picture(patch: Patch) -> None:
    add = Pictures.add

    def alone(self: Pictures, payload: bytes, pts: int | None, *rest: Any, **named: Any) -> None:
        if pts is None:
            self.close()
        add(self, payload, pts, *rest, **named)

    patch.setattr(Pictures, "add", alone)


def lengths_are_believed(patch: Patch) -> None:
    def wait(self: Demuxer, payload: bytes) -> bytes:
        self._rest.append(payload)
        self._rest_size += len(payload)
        if self._rest_size < self._need:
            return b""
        data, self._rest, self._rest_size = b"".join(self._rest), [], 0
        return data

    patch.setattr(Demuxer, "_gather", wait)


def start_codes_are_believed(patch: Patch) -> None:
    lengths_are_believed(patch)

    def read(data: bytes, at: int, end: int) -> tuple[int, int | None, int | None]:
        stamped = data[at + 7] >> 7
        return at + 9 + data[at + 8], psfields.read_stamp(data, at + 9) if stamped else None, None

    patch.setattr(psfields, "read_header", read)


def private_streams_are_not_known(patch: Patch) -> None:
    step = Demuxer._step_over

    def strict(self: Demuxer, data: bytes, at: int, kind: int) -> int:
        return self._resync(data, at + 4) if kind == 0xBD else step(self, data, at, kind)

    patch.setattr(Demuxer, "_step_over", strict)


def packs_have_no_stuffing(patch: Patch) -> None:
    read = Demuxer._read_pack

    def strict(self: Demuxer, data: bytes, at: int) -> int:
        return min(read(self, data, at), at + 14)

    patch.setattr(Demuxer, "_read_pack", strict)


def headers_have_no_stuffing(patch: Patch) -> None:
    read = psfields.read_header

    def strict(data: bytes, at: int, end: int) -> tuple[int, int | None, int | None] | None:
        header = read(data, at, end)
        if header is None:
            return None
        _, pts, dts = header
        return at + 9 + 5 * ((pts is not None) + (dts is not None)), pts, dts

    patch.setattr(psfields, "read_header", strict)


def all_sound_is_g711(patch: Patch) -> None:
    patch.setattr("tongshi.media.sound.judge", lambda payload, told: Codec.G711A)


def times_are_as_sent(patch: Patch) -> None:
    patch.setattr(Timeline, "_jump", lambda self, raw, last, stamp: raw + self._offset)


def program_streams_only(patch: Patch) -> None:
    class Nothing(ts.Demuxer):
        def decode(self, frame: object) -> list[AccessUnit]:
            return []

    patch.setattr(ts, "Demuxer", Nothing)


CASES: dict[str, tuple[Callable[[], None], Without]] = {
    "ssrc-zero": (whole("ssrc-zero"), announced_ssrcs_only),
    "ssrc-other": (whole("ssrc-other"), announced_ssrcs_only),
    "payload-type-100": (whole("payload-type-100"), bytes_do_not_count),
    "payload-type-69": (whole("payload-type-69"), bytes_do_not_count),
    "rtp-milliseconds": (whole("rtp-milliseconds"), rtp_tells_the_time_in_90_kHz),
    "no-marker": (whole("no-marker"), the_marker_alone_ends_frames),
    "dollar-framing": (whole("dollar-framing", tcp=True), one_framing_only),
    "rtcp-inside": (control_packets_are_no_media, control_packets_are_not_known),
    "stamps-per-packet": (whole("stamps-per-packet"), a_frame_has_one_time),
    "torn-frames": (torn_packets_cost_a_group_at_most, framing_is_never_found_again),
    "no-psm": (whole("no-psm", sound=False), codecs_are_told_never_guessed),
    "psm-once": (whole("psm-once"), maps_hold_for_one_pack),
    "wrong-psm-crc": (whole("wrong-psm-crc"), maps_must(lambda packet: crc32(packet) == 0)),
    "wrong-stream-type": (whole("wrong-stream-type"), codecs_are_told_never_guessed),
    "avcc-in-psm": (whole("avcc-in-psm"), maps_must(_has_descriptors)),
    "zero-length-pes": (whole("zero-length-pes"), a_length_of_0_is_none),
    "small-pes": (whole("small-pes"), each_packet_is_a_picture),
    "pes-too-long": (packets_end_where_the_next_pack_begins, lengths_are_believed),
    "private-stream": (whole("private-stream"), private_streams_are_not_known),
    "pack-counter": (whole("pack-counter"), packs_have_no_stuffing),
    "trailing-garbage": (whole("trailing-garbage"), start_codes_are_believed),
    "wrong-psm-length": (
        whole("wrong-psm-length"),
        maps_must(lambda packet: 12 + int.from_bytes(packet[10:12], "big") <= len(packet) - 4),
    ),
    "odd-pes-header": (whole("odd-pes-header"), headers_have_no_stuffing),
    "wrong-sound-type": (sound_of_an_unknown_kind_is_left_out, all_sound_is_g711),
    "mpegts": (transport_streams_are_shown, program_streams_only),
    "stamps-jump-back": (whole("stamps-jump-back"), times_are_as_sent),
}


@pytest.mark.parametrize("quirk", CASES)
def test_a_deviation_of_media_is_handled(quirk: str, prove: Prove) -> None:
    prove(*CASES[quirk])

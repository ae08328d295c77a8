import json
from dataclasses import asdict

import pytest

from tongshi.media import aac
from tongshi.media import psfields as fields
from tongshi.media.fmp4 import Track
from tongshi.media.ps import Muxer
from tongshi.media.rtp import Frame
from tongshi.media.sender import Relay, Sender, frame_rfc4571
from tongshi.media.stream import Figures, Pipeline
from tongshi.media.unit import AccessUnit, Codec


class Viewer:
    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self.got: list[bytes] = []

    def begin(self, track: Track, opening: bytes) -> None:
        self.tracks.append(track)
        self.got.append(opening)

    def send(self, message: bytes) -> None:
        self.got.append(message)

    def backlog(self) -> int:
        return 0

    def pictures(self) -> int:
        return sum(message.count(b"moof") for message in self.got)


def send(
    units: list[AccessUnit], sound: Codec | None = Codec.G711A, ssrc: int = 7
) -> list[list[bytes]]:
    """Return the datagrams of each picture and its sound."""
    muxer, sender = Muxer(units[0].codec, sound), Sender(ssrc, size=400)
    block = aac.Frame(2, 8000, 1, b"abc").encode() if sound is Codec.AAC else b"\xd5" * 320
    out = []
    for unit in units:
        blocks = [] if sound is None else [AccessUnit(sound, unit.pts, unit.pts, True, block)]
        out.append(sender.packets_of(muxer.pack(unit, *blocks), unit.dts))
    return out


def play(pipeline: Pipeline, batches: list[list[bytes]], start: float = 0.0) -> None:
    for n, batch in enumerate(batches):
        pipeline.receive(batch, start + 0.04 * n)


def test_the_whole_path(h264: list[AccessUnit]) -> None:
    pipeline, viewer = Pipeline(payload_types=[(96, "PS")], ssrc=7), Viewer()
    seat = pipeline.hub.join(viewer)
    assert (pipeline.track, pipeline.heard, pipeline.audio) == (None, None, Codec.UNKNOWN)
    pipeline.figures(0.0)
    batches = send(h264)
    play(pipeline, batches)
    assert pipeline.heard == pytest.approx(0.44)
    assert pipeline.track is not None
    assert viewer.tracks == [pipeline.track]
    assert viewer.pictures() == 12
    # The sound before the first picture has nobody who could play it with one.
    sounds = [message for message in viewer.got if message[0] == 1]
    assert len(sounds) == 11
    assert sounds[0][:10] == b"\x01\x08" + h264[1].pts.to_bytes(8, "big")
    size = sum(len(d) for batch in batches for d in batch)
    figures = pipeline.figures(2.0)
    assert figures == Figures(
        packets=sum(map(len, batches)), bytes=size, ssrc=7, frames=12, keys=2, sounds=12,
        bitrate=4.0 * size, fps=6.0, payload="ps", video="h264", audio="g711a",
        width=64, height=48, readers=1,
    )  # fmt: skip
    assert json.loads(json.dumps(asdict(figures))) == asdict(figures)
    assert pipeline.figures(2.5).fps == 6.0
    pipeline.hub.leave(seat)
    assert pipeline.figures(4.0).bitrate == 0


def test_over_tcp(h265: list[AccessUnit]) -> None:
    pipeline = Pipeline(ordered=True)
    stream = frame_rfc4571([d for batch in send(h265) for d in batch])
    for at in range(0, len(stream), 333):
        pipeline.receive_bytes(stream[at : at + 333], at / 1000)
    assert pipeline.track is not None
    assert pipeline.track.codec is Codec.H265
    assert (pipeline.figures(0).frames, pipeline.figures(0).resyncs) == (12, 0)


def test_a_packet_of_two_halves_shows_nothing(h264: list[AccessUnit]) -> None:
    pipeline, shown = Pipeline(ordered=True), list[AccessUnit]()
    pipeline.units.append(shown.append)
    sent = [frame_rfc4571(batch) for batch in send(h264, None)]
    sent[2] = sent[2][: len(sent[2]) // 2] + sent[2]
    for at, data in enumerate(sent):
        pipeline.receive_bytes(data, at / 25)
    assert pipeline.figures(1).resyncs > 0
    assert len(shown) < len(h264)
    assert not any(unit.damaged for unit in shown)
    assert shown[-1].pts == h264[-1].pts


def test_after_loss_the_picture_freezes_until_the_next_key(h264: list[AccessUnit]) -> None:
    batches = send(h264)
    batches[2] = []  # a picture that was one packet
    pipeline, viewer, seen = Pipeline(ordered=True), Viewer(), list[AccessUnit]()
    pipeline.hub.join(viewer)
    pipeline.units.append(seen.append)
    play(pipeline, batches)
    figures = pipeline.figures(0)
    assert (figures.lost, figures.damaged, figures.frozen, figures.frames) == (1, 1, 3, 11)
    assert viewer.pictures() == 8
    assert [u.dts for u in seen if not u.codec.is_audio] == [u.dts for u in h264[:2] + h264[6:]]


def test_or_shows_damaged_pictures(h264: list[AccessUnit]) -> None:
    batches = send(h264)
    batches[2] = []  # a picture that was one packet
    pipeline, viewer = Pipeline(ordered=True, freeze=False), Viewer()
    pipeline.hub.join(viewer)
    play(pipeline, batches)
    figures = pipeline.figures(0)
    assert (figures.damaged, figures.frozen, viewer.pictures()) == (1, 0, 11)


def test_a_change_of_parameters_begins_anew(h264: list[AccessUnit], h265: list[AccessUnit]) -> None:
    pipeline, viewer = Pipeline(), Viewer()
    pipeline.hub.join(viewer)
    play(pipeline, send(h264))
    later = [u._replace(pts=u.pts + 90_000, dts=u.dts + 90_000) for u in h265]
    datagrams = send(later, ssrc=9)
    play(pipeline, datagrams, 10.0)
    assert [track.codec for track in viewer.tracks] == [Codec.H264, Codec.H265]
    assert pipeline.figures(11).ssrc_changes == 1


def test_a_strict_stream_refuses_another_sender(h264: list[AccessUnit]) -> None:
    pipeline = Pipeline(ssrc=7, strict_ssrc=True)
    play(pipeline, send(h264))
    play(pipeline, send(h264, ssrc=9), 10.0)
    assert pipeline.figures(11).foreign == sum(map(len, send(h264)))


def test_sound_that_viewers_cannot_play_is_counted_only(h264: list[AccessUnit]) -> None:
    pipeline, viewer = Pipeline(), Viewer()
    pipeline.hub.join(viewer)
    play(pipeline, send(h264, Codec.AAC))
    assert (pipeline.audio, pipeline.figures(0).sounds) == (Codec.AAC, 12)
    assert all(message[0] == 0 for message in viewer.got)


def test_units_of_h264_without_a_program_stream(h264: list[AccessUnit]) -> None:
    pipeline = Pipeline()
    pipeline.announce(5, [(98, "H264/90000")])
    sender = Sender(5, payload_type=98)
    for unit in h264:
        parts = [unit.data[begin:end] for begin, end in unit.spans]
        pipeline.receive(sender.packets_with(parts, unit.dts, 98), 0.0)
    assert pipeline.figures(0).payload == "h264"
    assert pipeline.figures(0).frames == 12
    assert pipeline.track is not None


def test_what_nothing_reads_is_counted() -> None:
    pipeline = Pipeline(payload_types=[(35, "SVAC/90000")])
    pipeline.receive(Sender(5, payload_type=35).packets_of(bytes(188), 0), 0.0)
    figures = pipeline.figures(0)
    assert (figures.payload, figures.unsupported, figures.frames) == ("unsupported", 1, 0)


def test_flush_hands_on_what_waits(h264: list[AccessUnit]) -> None:
    pipeline, frames = Pipeline(), list[Frame]()
    pipeline.frames.append(frames.append)
    batches = send(h264, None)
    play(pipeline, batches[:-1])
    pipeline.receive(batches[-1][:-1], 1.0)
    # Without its marker, and without what follows, the last frame is not known to have ended.
    last = batches[-1][-1]
    pipeline.receive([last[:1] + bytes([last[1] & 0x7F]) + last[2:]], 1.0)
    assert pipeline.figures(0).frames == 11
    pipeline.flush()
    assert pipeline.figures(0).frames == 12
    assert len(frames) == 12


def test_flush_ends_a_program_stream_in_the_middle() -> None:
    pipeline = Pipeline()
    key = bytes.fromhex("00000001 6764001f 00000001 68ee3c80 00000001 6588aaaa")
    packet = fields.build_pes_header(0xE0, 100, pts=0) + key
    pipeline.receive(Sender(5).packets_of(fields.build_pack_header(0) + packet, 0), 0.0)
    assert pipeline.figures(0).frames == 0
    pipeline.flush()
    assert pipeline.figures(0).frames == 1


def test_a_relay_sees_every_frame(h264: list[AccessUnit]) -> None:
    pipeline, relay, again = Pipeline(), Relay(99, sequence=1000), Pipeline()
    pipeline.frames.append(lambda frame: again.receive(relay.rewrite(frame), 0.0))
    play(pipeline, send(h264))
    figures = again.figures(0)
    assert (figures.ssrc, figures.frames, figures.lost, figures.sounds) == (99, 12, 0, 12)


def test_reports_to_the_sender(h264: list[AccessUnit]) -> None:
    pipeline = Pipeline()
    play(pipeline, send(h264))
    assert pipeline.receiver_report(1, 1.0)[8:12] == (7).to_bytes(4, "big")

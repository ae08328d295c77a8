"""Independent programs on the other side: FFmpeg makes what is read here, and reads what is made.

Source of the comparisons: ffprobe's packets and frames; PyAV where bytes are wanted.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from tongshi.media import aac, nal, ts
from tongshi.media.elementary import Splitter
from tongshi.media.fmp4 import Track
from tongshi.media.ps import Demuxer, Muxer
from tongshi.media.sender import Sender
from tongshi.media.stream import Pipeline
from tongshi.media.unit import AccessUnit, Codec

pytestmark = pytest.mark.interop

PATTERN = ("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-t", "3", "-pix_fmt", "yuv420p")
ENCODERS = {
    "h264": ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "25", "-b:v", "1500k"),
    "h264-b": ("-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "25", "-b:v", "1500k"),
    "h265": ("-c:v", "libx265", "-preset", "ultrafast", "-b:v", "1500k", "-x265-params",
             "log-level=none:bframes=0:keyint=25"),
    "h265-b": ("-c:v", "libx265", "-preset", "ultrafast", "-b:v", "1500k", "-x265-params",
               "log-level=none:bframes=2:keyint=25"),
}  # fmt: skip
CODECS = {name: Codec.H265 if "265" in name else Codec.H264 for name in ENCODERS}


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    for program in ("ffmpeg", "ffprobe"):
        if shutil.which(program) is None:
            assert not os.environ.get("CI"), f"{program} is missing"
            pytest.skip(f"{program} is not installed")


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="module")
def clips(folder: Path) -> dict[str, list[AccessUnit]]:
    """Return the pictures of each clip with the times that FFmpeg's MP4 gives them."""
    out = {}
    for name, encoder in ENCODERS.items():
        path = folder / f"{name}.mp4"
        run("ffmpeg", "-v", "error", "-y", *PATTERN, *encoder, path)
        out[name] = list(read_clip(path, CODECS[name]))
    return out


def read_clip(path: Path, codec: Codec) -> Iterator[AccessUnit]:
    """Yield the packets of an MP4 as access units, parameter sets before each key picture."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        to_annex_b = av.BitStreamFilterContext(f"{stream.codec_context.name}_mp4toannexb", stream)
        for packet in container.demux(stream):
            for unit in to_annex_b.filter(packet if packet.dts is not None else None):
                assert unit.pts is not None
                assert unit.dts is not None
                scale = unit.time_base * 90_000
                pts, dts = int(unit.pts * scale) + 90_000, int(unit.dts * scale) + 90_000
                data = bytes(unit)
                spans = nal.split(data)
                key = bool(nal.find_key(codec, data, spans))
                assert key == unit.is_keyframe
                yield AccessUnit(codec, pts, dts, key, data, False, spans)


def bodies(codec: Codec, data: bytes) -> list[bytes]:
    """Return the units of a picture but its delimiter."""
    mark = nal.delimiter(codec)[4]
    return [data[a:b] for a, b in nal.split(data) if data[a] != mark]


def quiet(path: Path) -> None:
    """FFmpeg reads and decodes the whole file and says nothing."""
    assert run("ffprobe", "-v", "warning", "-show_packets", "-of", "compact", path).count("packet|")
    assert run("ffprobe", "-v", "warning", path) == ""
    assert (
        run("ffmpeg", "-v", "warning", "-i", path, "-fps_mode", "passthrough", "-f", "null", "-")
        == ""
    )


def packets_of(path: Path) -> list[dict[str, Any]]:
    """Return what ffprobe says of each packet of the picture."""
    command = ("ffprobe", "-v", "error", "-show_packets", "-select_streams", "v", "-of", "json")
    packets: list[dict[str, Any]] = json.loads(run(*command, path))["packets"]
    return packets


def frames_of(path: Path) -> int:
    text = run("ffprobe", "-v", "warning", "-count_frames", "-select_streams", "v", "-of", "json",
               "-show_entries", "stream=nb_read_frames", path)  # fmt: skip
    return int(json.loads(text)["streams"][0]["nb_read_frames"])


@pytest.mark.parametrize("form", ["vob", "mpeg"])
@pytest.mark.parametrize("name", ENCODERS)
def test_program_streams_of_ffmpeg_give_the_same_pictures(
    name: str, form: str, folder: Path, clips: dict[str, list[AccessUnit]]
) -> None:
    """MPEG-2 (vob) and MPEG-1 (mpeg) program streams, no stream map, pictures begin anywhere."""
    assert clips[name]
    path = folder / f"{name}.{form}"
    to_annex_b = ("-bsf:v", f"{'hevc' if '265' in name else 'h264'}_mp4toannexb")
    run("ffmpeg", "-v", "error", "-y", "-i", folder / f"{name}.mp4", "-c", "copy", *to_annex_b,
        "-f", form, path)  # fmt: skip
    told = packets_of(path)
    demuxer = Demuxer()
    data = path.read_bytes()
    units = []
    for at in range(0, len(data), 1400):
        units += demuxer.feed(data[at : at + 1400], 0, ended=False)
    units += demuxer.flush()
    assert len(units) == len(told)
    assert [bodies(u.codec, u.data) for u in units] == [
        bodies(u.codec, u.data) for u in clips[name]
    ]
    for unit, packet in zip(units, told, strict=True):
        assert unit.codec is CODECS[name]
        assert unit.key == ("K" in packet["flags"])
        # FFmpeg gives no time to the second picture that begins in one packet; B-pictures then
        # cannot be timed by anybody.
        if "pts" in packet:
            assert (unit.pts, unit.dts) == (packet["pts"], packet.get("dts", packet["pts"]))
    assert (demuxer.counts.skipped, demuxer.counts.resyncs) == (0, 0)


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize("name", ENCODERS)
def test_transport_streams_of_ffmpeg_give_the_same_pictures(
    name: str, sound: bool, folder: Path, clips: dict[str, list[AccessUnit]]
) -> None:
    path = folder / f"{name}-{sound}.ts"
    extra = ("-f", "lavfi", "-i", "sine=sample_rate=16000", "-c:a", "aac", "-t", "3")
    run("ffmpeg", "-v", "error", "-y", "-i", folder / f"{name}.mp4", *(extra if sound else ()),
        "-c:v", "copy", "-f", "mpegts", path)  # fmt: skip
    told = packets_of(path)
    demuxer = ts.Demuxer()
    data = path.read_bytes()
    units: list[AccessUnit] = []
    for at in range(0, len(data), 1316):  # every datagram has a time stamp of its own
        units += demuxer.feed(data[at : at + 1316], at)
    units += demuxer.flush()
    pictures = [unit for unit in units if not unit.codec.is_audio]
    assert [bodies(u.codec, u.data) for u in pictures] == [
        bodies(u.codec, u.data) for u in clips[name]
    ]
    assert [(u.pts, u.dts) for u in pictures] == [(p["pts"], p["dts"]) for p in told]
    assert [u.key for u in pictures] == ["K" in p["flags"] for p in told]
    heard = b"".join(unit.data for unit in units if unit.codec is Codec.AAC)
    assert len(aac.split(heard)) == (48 if sound else 0)
    counts = demuxer.counts
    assert (counts.skipped, counts.breaks, counts.short, counts.mute) == (0, 0, 0, 0)


def adts(folder: Path) -> list[AccessUnit]:
    path = folder / "sound.aac"
    run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "sine=sample_rate=16000", "-t", "3",
        "-c:a", "aac", "-f", "adts", path)  # fmt: skip
    frames = aac.split(path.read_bytes())
    assert b"".join(frame.encode() for frame in frames) == path.read_bytes()
    times = [90_000 + 5760 * n for n in range(len(frames))]
    return [
        AccessUnit(Codec.AAC, at, at, True, frame.encode())
        for at, frame in zip(times, frames, strict=True)
    ]


def interleave(pictures: list[AccessUnit], sounds: list[AccessUnit]) -> list[list[AccessUnit]]:
    packs, at = [], 0
    for picture in pictures:
        end = at
        while end < len(sounds) and sounds[end].dts <= picture.dts:
            end += 1
        packs.append([picture, *sounds[at:end]])
        at = end
    return packs


@pytest.mark.parametrize("sound", [None, Codec.AAC])
@pytest.mark.parametrize("name", ENCODERS)
def test_ffmpeg_reads_our_program_streams(
    name: str, sound: Codec | None, folder: Path, clips: dict[str, list[AccessUnit]]
) -> None:
    muxer = Muxer(CODECS[name], sound)
    packs = interleave(clips[name], adts(folder) if sound else [])
    path = folder / f"{name}-{sound}.ps"
    path.write_bytes(b"".join(muxer.pack(*pack) for pack in packs))
    quiet(path)
    assert frames_of(path) == len(clips[name])
    told = packets_of(path)
    assert [(p["pts"], p["dts"]) for p in told] == [(u.pts, u.dts) for u in clips[name]]


def test_a_newer_ffmpeg_knows_g711a_in_our_program_streams(
    folder: Path, clips: dict[str, list[AccessUnit]]
) -> None:
    """Stream type 90 is this standard's own; FFmpeg 5.1 takes it for MPEG sound, 6.1 knows it."""
    if av.library_versions["libavformat"] < (60, 16, 0):
        pytest.skip("PyAV's libavformat does not know stream type 90")
    muxer = Muxer(Codec.H264, Codec.G711A)
    path = folder / "g711a.ps"
    path.write_bytes(
        b"".join(
            muxer.pack(u, AccessUnit(Codec.G711A, u.pts, u.pts, True, b"\xd5" * 320))
            for u in clips["h264"]
        )
    )
    with av.open(str(path)) as container:
        assert container.streams.audio[0].codec_context.name == "pcm_alaw"
        assert sum(frame.samples for frame in container.decode(audio=0)) == 75 * 320


class Recorder:
    """A viewer that keeps what it gets."""

    def __init__(self) -> None:
        self.data = b""

    def begin(self, track: Track, opening: bytes) -> None:
        self.data += opening

    def send(self, message: bytes) -> None:
        if message[0] == 0:
            self.data += message

    def backlog(self) -> int:
        return 0


def watch(units: list[AccessUnit], *, late: int = 0) -> tuple[bytes, bytes]:
    """Send *units* as a device does; return what a viewer keeps who joined after *late*, and
    the still."""
    pipeline, viewer = Pipeline(), Recorder()
    muxer, sender = Muxer(units[0].codec), Sender(7)
    for n, unit in enumerate(units):
        if n == late:
            pipeline.hub.join(viewer)
        pipeline.receive(sender.packets_of(muxer.pack(unit), unit.dts), n / 25)
    assert pipeline.figures(9).frames == len(units)
    return viewer.data, pipeline.hub.still()


@pytest.mark.parametrize(("late", "first"), [(0, 0), (31, 25)])
@pytest.mark.parametrize("name", ENCODERS)
def test_ffmpeg_reads_our_fragments(
    name: str, late: int, first: int, folder: Path, clips: dict[str, list[AccessUnit]]
) -> None:
    """From the packets of a device to the file a viewer would keep: every picture, in time."""
    path, still = folder / f"{name}-{first}-viewed.mp4", folder / f"{name}-still.mp4"
    data, picture = watch(clips[name], late=late)
    path.write_bytes(data)
    still.write_bytes(picture)
    quiet(path)
    assert frames_of(path) == len(clips[name]) - first
    assert [(p["pts"], p["dts"]) for p in packets_of(path)] == [
        (u.pts, u.dts) for u in clips[name][first:]
    ]
    assert frames_of(still) == 1


def sums_of(path: Path) -> list[str]:
    """Return the MD5 of every decoded picture."""
    how = ("-fps_mode", "passthrough", "-f", "framemd5", "-")
    lines = run("ffmpeg", "-v", "error", "-i", path, *how).splitlines()
    return [line.rsplit(",", 1)[1].strip() for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("name", ["h264-b", "h265"])
def test_pictures_decode_to_the_same_pixels(
    name: str, folder: Path, clips: dict[str, list[AccessUnit]]
) -> None:
    path = folder / f"{name}-pixels.mp4"
    path.write_bytes(watch(clips[name])[0])
    sums = sums_of(folder / f"{name}.mp4")
    assert len(sums) == len(clips[name])
    assert sums_of(path) == sums


def test_our_splitter_and_ffmpeg_agree_on_elementary_streams(
    clips: dict[str, list[AccessUnit]],
) -> None:
    for name, units in clips.items():
        splitter = Splitter(CODECS[name])
        pieces = splitter.feed(b"".join(u.data for u in units), None, None) + splitter.flush()
        assert [piece.data for piece in pieces] == [u.data for u in units]

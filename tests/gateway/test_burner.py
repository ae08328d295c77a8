"""A recording with the mark burnt in: decoded again, and compared with one without."""

import hashlib
import json
import socket
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from tongshi.errors import EngineFailed
from tongshi.gateway import burner as module
from tongshi.gateway.burn import Burnt, Order
from tongshi.gateway.burner import Marker, answer, burn_file, serve
from tongshi.gateway.stamp import draw_ink, lay

TEXT = "王小明 公安局视频科\n2026-11-20 20:45:33"
WIDTH, HEIGHT, FRAMES, RATE = 640, 360, 30, 10


def film(path: Path, *, sound: bool = True, codec: str = "libx264") -> str:
    """Write a recording of a grey picture that slowly grows brighter."""
    with av.open(str(path), "w", format="mp4") as made:
        shown = made.add_stream(codec, rate=RATE)
        assert isinstance(shown, VideoStream)
        shown.width, shown.height, shown.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        heard = made.add_stream("aac", rate=8000, layout="mono") if sound else None
        for number in range(FRAMES):
            planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, dtype=np.uint8)
            planes[:HEIGHT] = 60 + number
            frame = VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            made.mux(shown.encode(frame))
        made.mux(shown.encode(None))
        for number in range(8 * 3 if heard is not None else 0):
            samples = np.zeros((1, 1000), dtype=np.float32)
            voice = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            voice.rate, voice.pts = 8000, number * 1000
            if heard is not None:
                made.mux(heard.encode(voice))
        if heard is not None:
            made.mux(heard.encode(None))
    return str(path)


def look(path: Path | str) -> list[NDArray[np.int16]]:
    """Return the brightness of each picture."""
    with av.open(str(path)) as opened:
        return [
            frame.reformat(format="gray").to_ndarray().astype(np.int16)
            for frame in opened.decode(video=0)
        ]


def likeness(change: NDArray[np.int16], level: int, drift: int = 0) -> float:
    """Return how much *change* is the mark over a picture of *level*: -1..1."""
    picture = np.full((HEIGHT, WIDTH), level, dtype=np.uint8)
    lay(draw_ink(TEXT, WIDTH, HEIGHT, drift), picture)
    wanted = picture.astype(np.int16) - level
    return float(np.corrcoef(change.ravel(), wanted.ravel())[0, 1])


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_the_copy_carries_the_mark_and_a_control_does_not(tmp_path: Path, codec: str) -> None:
    source = film(tmp_path / "source.mp4", codec=codec)
    before = Path(source).read_bytes()
    parts: list[float] = []
    done = burn_file(Order(source, str(tmp_path / "marked"), TEXT), parts.append)
    burn_file(Order(source, str(tmp_path / "control"), ""), parts.append)
    content = (tmp_path / "marked").read_bytes()
    assert done == Burnt(len(content), hashlib.sha256(content).hexdigest(), FRAMES)
    assert Path(source).read_bytes() == before
    plain, marked, control = look(source), look(tmp_path / "marked"), look(tmp_path / "control")
    assert len(plain) == len(marked) == len(control) == FRAMES
    for number in (0, 7, FRAMES - 1):
        level = int(np.median(plain[number]))
        assert likeness(marked[number] - plain[number], level) > 0.8
        rest = control[number] - plain[number]
        assert np.abs(rest).max() < 12
        assert np.abs(marked[number] - plain[number]).max() > 30


def test_times_and_sound_stay(tmp_path: Path) -> None:
    source = film(tmp_path / "source.mp4")
    burn_file(Order(source, str(tmp_path / "marked"), TEXT), lambda part: None)
    with av.open(source) as first, av.open(str(tmp_path / "marked")) as second:
        times = [
            [float(frame.time or 0) for frame in each.decode(video=0)] for each in (first, second)
        ]
        assert times[0] == pytest.approx(times[1], abs=0.001)
    with av.open(str(tmp_path / "marked")) as opened:
        seconds = sum(frame.samples for frame in opened.decode(audio=0)) / 8000
        assert seconds == pytest.approx(3.0, abs=0.3)


def test_a_recording_without_sound(tmp_path: Path) -> None:
    source = film(tmp_path / "source.mp4", sound=False)
    assert burn_file(Order(source, str(tmp_path / "marked"), TEXT), lambda part: None).frames == 30
    with av.open(str(tmp_path / "marked")) as opened:
        assert not opened.streams.audio


def test_the_mark_moves_on_and_stays_within_the_first_size() -> None:
    marker = Marker(TEXT, WIDTH, HEIGHT)
    grey = np.full((HEIGHT * 3 // 2, WIDTH), 100, dtype=np.uint8)

    def write(at: float, planes: NDArray[np.uint8] = grey) -> NDArray[np.uint8]:
        frame = marker.write(VideoFrame.from_ndarray(planes, format="yuv420p"), at)
        assert (frame.width, frame.height) == (WIDTH, HEIGHT)
        return frame.to_ndarray()[:HEIGHT].astype(np.uint8)

    first = write(0.0)
    assert np.array_equal(first, write(module.MOVES - 0.1))
    assert not np.array_equal(first, write(module.MOVES))
    other = np.full((270, 320), 100, dtype=np.uint8)
    write(1.0, other)


def test_what_cannot_be_copied_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no film at all" * 100)
    target = str(tmp_path / "out")
    with pytest.raises(EngineFailed, match=r"bad\.mp4"):
        burn_file(Order(str(tmp_path / "bad.mp4"), target, TEXT), lambda part: None)
    told = answer(Order(str(tmp_path / "bad.mp4"), target, TEXT), lambda part: None)
    assert told["full"] is False
    nowhere = Order(film(tmp_path / "a.mp4"), str(tmp_path / "none" / "x"), TEXT)
    assert "fault" in answer(nowhere, lambda part: None)


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(order: Order, progress: object) -> Burnt:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "burn_file", full)
    assert answer(Order("a", "b", ""), lambda part: None)["full"] is True


def test_progress_and_the_end_are_told_over_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TELL", 0.0)
    ours, theirs = socket.socketpair()
    serving = threading.Thread(target=serve, args=(theirs,))
    serving.start()
    order = {"source": film(tmp_path / "a.mp4"), "target": str(tmp_path / "b"), "text": TEXT}
    ours.sendall(json.dumps(order).encode() + b"\n")
    ours.settimeout(20)
    with ours, ours.makefile("rb") as read:
        told = [json.loads(read.readline()) for _ in range(FRAMES + 1)]
        parts = [line["part"] for line in told[:-1]]
        assert parts == sorted(parts)
        assert 0 <= parts[0] < parts[-1] <= 1
        assert told[-1]["frames"] == FRAMES
    serving.join()
    theirs.close()

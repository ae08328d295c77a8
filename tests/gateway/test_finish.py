import asyncio
import hashlib
from pathlib import Path

import pytest

from tongshi.errors import EngineFailed, Exhausted
from tongshi.gateway import finish as module
from tongshi.gateway.finish import answer, finish, finish_file
from tongshi.gateway.record import Disk, Files, Recorder
from tongshi.media import mp4
from tongshi.media.mp4 import sample_of
from tongshi.media.retime import Place
from tongshi.media.unit import AccessUnit, Codec
from tongshi.testing.clip import encode

pytestmark = pytest.mark.clause("9.9")

SINCE = 1_700_000_000.0


def record(path: Path, units: list[AccessUnit], seconds: float = 60.0) -> str:
    """Return the path of a recording that is to be finished."""

    async def work() -> None:
        disk = Disk()
        recorder = Recorder(str(path), seconds, disk, lambda error: None)
        for unit in units:
            recorder.place(Place(unit.pts, SINCE + unit.pts / 90_000, 1.0, False))
            recorder.take(unit)
            if not unit.codec.is_audio:
                recorder.take(AccessUnit(Codec.G711A, unit.pts, unit.pts, True, b"\xd5" * 320))
        await recorder.close()
        await disk.stop()

    asyncio.run(work())
    return str(path)


def test_digests_are_those_of_the_file_and_of_its_samples(tmp_path: Path) -> None:
    units = encode(Codec.H265, 17, gop=5)
    done = asyncio.run(finish(record(tmp_path / "1", units)))
    content = (tmp_path / "1.mp4").read_bytes()
    assert done.digest == hashlib.sha256(content).hexdigest()
    pictures = hashlib.sha256(b"".join(sample_of(unit) for unit in units))
    assert done.pictures_digest == pictures.hexdigest()
    assert done.sound_digest == hashlib.sha256(b"\xd5" * 320 * 17).hexdigest()
    assert done.size == len(content)
    assert content.index(b"moov") < content.index(b"mdat")


def test_more_pictures_than_there_was_room_for_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = encode(Codec.H264, 12, gop=5)
    roomy = finish_file(record(tmp_path / "roomy", units))
    monkeypatch.setattr("tongshi.gateway.record.room_for", lambda seconds: 64)
    tight = finish_file(record(tmp_path / "tight", units))
    assert (tight.frames, tight.pictures_digest) == (roomy.frames, roomy.pictures_digest)
    assert tight.size < roomy.size
    assert not Files.of(str(tmp_path / "tight")).part.exists()
    assert mp4.head_size(0) < tight.size


def test_one_picture_is_enough(tmp_path: Path) -> None:
    done = finish_file(record(tmp_path / "one", encode(Codec.H264, 1)))
    assert (done.frames, done.seconds) == (1, 0.04)


def test_records_without_their_bytes_are_left_out(tmp_path: Path) -> None:
    path = record(tmp_path / "1", encode(Codec.H264, 10, gop=5))
    part = Files.of(path).part
    with part.open("r+b") as file:
        file.truncate(part.stat().st_size - 10)
    assert finish_file(path).frames == 10  # the sound at the end is what was cut
    assert answer(str(tmp_path / "none"))["full"] is False


def test_what_cannot_be_finished_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EngineFailed, match="No such file"):
        asyncio.run(finish(str(tmp_path / "none")))
    empty = tmp_path / "empty"
    for file in (
        Files.of(str(empty)).part,
        Files.of(str(empty)).index,
        Files.of(str(empty)).tracks,
    ):
        file.write_bytes(b"")
    assert answer(str(empty)) == {"fault": "the recording has no pictures", "full": False}

    def full(path: str) -> mp4.Finished:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "finish_file", full)
    assert answer("x")["full"] is True


@pytest.mark.parametrize(
    ("line", "error"),
    [(b'{"fault": "x", "full": true}\n', Exhausted), (b"", EngineFailed)],
)
def test_what_the_helper_tells_is_named(
    monkeypatch: pytest.MonkeyPatch, line: bytes, error: type[Exception]
) -> None:
    class Silent:
        def __init__(self) -> None:
            self.reader = asyncio.StreamReader()
            self.reader.feed_data(line)
            self.reader.feed_eof()

        async def stop(self) -> None:
            pass

        @classmethod
        async def start(cls, *_: object, **__: object) -> "Silent":
            return cls()

    monkeypatch.setattr(module, "Child", Silent)
    with pytest.raises(error):
        asyncio.run(finish("x"))

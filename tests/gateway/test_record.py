"""Footage on the disk: groups of pictures, breaks, joins, and disks that do not want it."""

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from tongshi.errors import EngineFailed, Error, Exhausted, Invalid
from tongshi.gateway import record as module
from tongshi.gateway.finish import finish_file
from tongshi.gateway.record import Disk, Files, Recorder, cut_back
from tongshi.media import aac
from tongshi.media.mp4 import Finished, Kind, read_records, read_tracks
from tongshi.media.retime import Place
from tongshi.media.unit import CLOCK, AccessUnit, Codec
from tongshi.testing.clip import STEP, encode
from tongshi.testing.reel import mark, numbers

pytestmark = pytest.mark.clause("9.9")

SINCE = 1_700_000_000.0
GOP = 5


@cache
def film(count: int = 60) -> tuple[AccessUnit, ...]:
    units = encode(Codec.H264, count, gop=GOP)
    return tuple(mark(unit, number) for number, unit in enumerate(units))


class Bench:
    def __init__(self, path: Path) -> None:
        self.path = str(path / "take" / "7")
        self.disk = Disk()
        self.faults: list[Error] = []

    def recorder(self) -> Recorder:
        return Recorder(self.path, 60.0, self.disk, self.faults.append)

    async def play(
        self,
        recorder: Recorder,
        units: Sequence[AccessUnit],
        *,
        at: float | None = None,
        stamps_from: int = 0,
    ) -> None:
        """Feed *units* as the engine would; their stamps begin with *stamps_from*."""
        first = units[0].dts
        for unit in units:
            if unit.key and not unit.codec.is_audio:
                moment = unit.dts / CLOCK if at is None else at + (unit.dts - first) / CLOCK
                recorder.place(Place(unit.pts, SINCE + moment, 1.0, False))
            moved = unit.dts - first + stamps_from
            recorder.take(unit._replace(pts=moved + unit.pts - unit.dts, dts=moved))
        await asyncio.sleep(0)

    def kept(self) -> list[int]:
        """Return the numbers of the frames in the file."""
        return numbers(Files.of(self.path).part.read_bytes())

    def finish(self) -> Finished:
        return finish_file(self.path)


def run(tmp_path: Path, test: Callable[[Bench], Awaitable[None]]) -> Bench:
    made = Bench(tmp_path)

    async def whole() -> None:
        try:
            await test(made)
        finally:
            await made.disk.stop()

    asyncio.run(whole())
    return made


def test_a_recording_from_its_beginning_to_a_file(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        recorder = it.recorder()
        await it.play(recorder, film()[:22])
        assert recorder.saved == SINCE + 20 / 25
        await recorder.close()
        assert recorder.written > 0
        assert it.kept() == list(range(22))
        recorder.take(film()[22])  # it is over

    it = run(tmp_path, test)
    done = it.finish()
    assert (done.frames, done.keys, done.doubtful, done.sound_digest) == (22, 5, False, "")
    assert (done.since, done.until) == (SINCE, SINCE + 22 / 25)
    assert done.seconds == pytest.approx(22 / 25)
    assert [path.name for path in Path(it.path).parent.iterdir()] == ["7.mp4"]


@pytest.mark.parametrize("cut", [11, 15, 23])
@pytest.mark.parametrize("stamps_from", [0, 40 * STEP, 10**9])
@pytest.mark.parametrize("back", [0, 1, 2])
def test_a_break_leaves_no_seam(tmp_path: Path, cut: int, stamps_from: int, back: int) -> None:
    async def test(it: Bench) -> None:
        one = it.recorder()
        await it.play(one, film()[:cut])
        await one.close()
        other = it.recorder()
        begin = max(0, (cut - 1) // GOP - back) * GOP
        # The moments that a device tells after a break may be wrong by a group.
        await it.play(other, film()[begin:40], at=begin / 25 - 0.1, stamps_from=stamps_from)
        await other.close()
        assert not other.doubtful
        assert it.kept() == list(range(40))
        assert other.saved == pytest.approx(SINCE + 35 / 25)

    it = run(tmp_path, test)
    records = list(read_records(Files.of(it.path).index.read_bytes()))
    assert [record.dts for record in records] == [number * STEP for number in range(40)]
    whole = it.finish()
    straight = tmp_path / "straight"

    async def again(bench: Bench) -> None:
        recorder = bench.recorder()
        await bench.play(recorder, film()[:40])
        await recorder.close()

    assert run(straight, again).finish() == whole


def test_a_device_that_sends_other_bytes_is_joined_by_time_and_doubted(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        one = it.recorder()
        await it.play(one, film()[:23])
        await one.close()
        other = it.recorder()
        changed = [mark(unit, 1000 + number) for number, unit in enumerate(film())]
        await it.play(other, changed[15:], at=15 / 25)
        # Nothing that follows can be the join any more.
        late = film()[55]._replace(dts=60 * STEP, pts=60 * STEP)
        other.place(Place(0, SINCE + 60, 1.0, False))
        other.take(late)
        await other.close()
        assert other.doubtful

    it = run(tmp_path, test)
    found = [number for number in it.kept() if number < 1000]
    assert found[:20] == list(range(20))
    assert it.finish().doubtful


def test_sound_stands_with_its_group(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        recorder = it.recorder()
        recorder.take(AccessUnit(Codec.G711A, 0, 0, True, b"early"))
        for number, unit in enumerate(film()[:12]):
            recorder.place(Place(0, SINCE + number / 25, 1.0, False))
            recorder.take(unit)
            pts = unit.pts + (CLOCK if number > 8 else 0)
            recorder.take(AccessUnit(Codec.G711A, pts, pts, True, bytes([number]) * 320))
        frames = b"".join(aac.Frame(2, 16_000, 1, bytes([7]) * 30).encode() for _ in range(3))
        recorder.take(AccessUnit(Codec.AAC, 12 * STEP, 12 * STEP, True, frames))
        await recorder.close()

    it = run(tmp_path, test)
    records = list(read_records(Files.of(it.path).index.read_bytes()))
    sounds = [record for record in records if record.kind is Kind.SOUND]
    assert [record.size for record in sounds] == [1600, 1280, 320, 640, 30, 30, 30]
    _, heard = read_tracks(Files.of(it.path).tracks.read_bytes())
    assert [sound.codec for sound in heard] == [Codec.G711A, Codec.AAC]
    assert it.finish().sound_digest != ""


def test_pictures_whose_sets_are_unknown_are_not_kept(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        recorder = it.recorder()
        bare = film()[0]._replace(data=b"\0\0\0\1\x65\x88", spans=())
        await it.play(recorder, [bare, film()[1]])
        await recorder.close()

    it = run(tmp_path, test)
    assert it.kept() == []
    with pytest.raises(Invalid):
        it.finish()


def test_new_parameter_sets_are_a_description_of_their_own(tmp_path: Path) -> None:
    large = encode(Codec.H264, 5, gop=5, width=640, height=360)

    async def test(it: Bench) -> None:
        recorder = it.recorder()
        await it.play(recorder, film()[:5])
        await it.play(recorder, large, at=0.2, stamps_from=5 * STEP)
        await recorder.close()

    it = run(tmp_path, test)
    pictures, _ = read_tracks(Files.of(it.path).tracks.read_bytes())
    assert [track.width for track in pictures] == [320, 640]
    assert it.finish().frames == 10


def test_what_a_loss_of_power_took_is_cut_away(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        recorder = it.recorder()
        await it.play(recorder, film()[:28])
        await recorder.close()

    it = run(tmp_path, test)
    files = Files.of(it.path)
    records = list(read_records(files.index.read_bytes()))
    os.truncate(files.part, records[21].offset + 1)
    cut = cut_back(files)
    assert cut is not None
    assert (cut.at, cut.dts, cut.size) == (SINCE + 20 / 25, 20 * STEP, records[20].offset)
    assert files.part.stat().st_size == records[20].offset
    assert len(list(read_records(files.index.read_bytes()))) == 20


def test_a_long_index_is_read_from_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 2)

    async def test(it: Bench) -> None:
        recorder = it.recorder()
        await it.play(recorder, film()[:29])
        await recorder.close()

    cut = cut_back(Files.of(run(tmp_path, test).path))
    assert cut is not None
    assert cut.at == SINCE + 1.0


def test_files_that_are_none_begin_anew(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        files = Files.of(it.path)
        files.part.parent.mkdir(parents=True)
        for path in (files.part, files.index, files.tracks):
            path.write_bytes(b"rubbish" * 20)
        assert cut_back(files) is None
        recorder = it.recorder()
        await it.play(recorder, film()[:7])
        await recorder.close()

    assert run(tmp_path, test).finish().frames == 7


def test_an_index_without_key_pictures_is_of_no_use(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        recorder = it.recorder()
        await it.play(recorder, film()[:3])
        await recorder.close()
        Files.of(it.path).index.write_bytes(b"")
        assert cut_back(Files.of(it.path)) is None

    run(tmp_path, test)


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [(errno.ENOSPC, Exhausted, "disk is full"), (errno.EIO, EngineFailed, "cannot be written")],
)
def test_a_disk_that_fails_is_named_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[Error],
    words: str,
) -> None:
    def fail(fd: int, data: object) -> int:
        raise OSError(number, os.strerror(number))

    async def test(it: Bench) -> None:
        recorder = it.recorder()
        await it.play(recorder, film()[:7])
        await asyncio.sleep(0.1)
        monkeypatch.setattr(os, "write", fail)
        await it.play(recorder, film()[7:30])
        for _ in range(100):
            await asyncio.sleep(0.01)
            if it.faults:
                break
        await recorder.close()
        (fault,) = it.faults
        assert isinstance(fault, kind)
        assert words in str(fault)

    run(tmp_path, test)


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "take").write_text("a file")

    async def test(it: Bench) -> None:
        recorder = it.recorder()
        await it.play(recorder, film()[:3])
        await asyncio.sleep(0.1)
        assert isinstance(it.faults[0], EngineFailed)
        await recorder.close()

    run(tmp_path, test)


@pytest.mark.parametrize(("name", "most"), [("UNWRITTEN", 10), ("_WAITING", 10)])
def test_a_disk_that_does_not_keep_up_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    monkeypatch.setattr(module, name, most)

    async def test(it: Bench) -> None:
        recorder = it.recorder()
        await it.play(recorder, film()[:30])
        await asyncio.sleep(0.1)
        await it.play(recorder, film()[:30])
        assert isinstance(it.faults[0], Exhausted)
        await recorder.close()

    run(tmp_path, test)


def test_closed_before_it_was_open_it_keeps_what_it_got(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        recorder = it.recorder()
        for number, unit in enumerate(film()[:6]):
            recorder.place(Place(0, SINCE + number / 25, 1.0, False))
            recorder.take(unit)
        await recorder.close()

    assert run(tmp_path, test).kept() == list(range(6))

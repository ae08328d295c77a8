"""Footage on its way to the disk: whole groups of pictures, written by one thread.

Beside ``X.part``, which grows into the MP4 file, stand ``X.index`` (one record a sample, see
``tongshi.media.mp4``) and ``X.tracks``.  A recording that goes on after a break cuts all three back
to the last whole group of pictures, and begins where the footage brings the same key frame again:
compared by its bytes, not by its time, so that no picture is missing or stands twice.
"""

import asyncio
import errno
import hashlib
import logging
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tongshi.errors import EngineFailed, Error, Exhausted, Invalid
from tongshi.media import aac
from tongshi.media.fmp4 import Track, track_of
from tongshi.media.mp4 import (
    RECORD,
    Kind,
    Record,
    Sound,
    head_size,
    open_head,
    read_records,
    read_tracks,
    room_for,
    sample_of,
    write_track,
)
from tongshi.media.nal import parameter_sets, split
from tongshi.media.retime import Place
from tongshi.media.unit import CLOCK, AccessUnit, Codec

UNWRITTEN = 128 << 20
"""Bytes that may wait for the disk; beyond it the disk is too slow for what comes."""
OVERLAP = 15.0
"""Footage before the cut that a device may send again, s, before we stop looking for the join."""
_ALIKE = 0.02  # s
_WAITING = 64 << 20
_BLOCK = 4096  # records read at once from the end of an index
_GAP = 60 * CLOCK // 1000  # blocks of sound so near to each other are one

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Files:
    """The three files of a recording that grows."""

    part: Path
    index: Path
    tracks: Path

    @classmethod
    def of(cls, path: str) -> "Files":
        """Return those that belong to *path*, which is without an ending."""
        return cls(*(Path(f"{path}.{ending}") for ending in ("part", "index", "tracks")))


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a recording was cut back to: before this key picture, which is awaited again."""

    size: int
    dts: int
    at: float
    length: int
    digest: bytes
    tracks: tuple[Track, ...] = ()
    sounds: tuple[Sound, ...] = ()


class Disk:
    """The one thread that writes; everything else goes on meanwhile."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="disk")

    def submit(self, work: Callable[[], object]) -> "Future[object]":
        """Have *work* done after what was submitted before."""
        return self._pool.submit(work)

    async def stop(self) -> None:
        """Finish what was submitted."""
        await asyncio.to_thread(self._pool.shutdown)


class _Writer:
    """The open files; used by the disk's thread alone."""

    def __init__(self, path: str, seconds: float) -> None:
        self._files = Files.of(path)
        self._room = room_for(seconds)
        self._part = self._index = self._tracks = -1

    def open(self) -> Cut | None:
        """Open the files; return where an older recording goes on, None when it begins."""
        files = self._files
        files.part.parent.mkdir(parents=True, exist_ok=True)
        cut = cut_back(files)
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (0 if cut else os.O_TRUNC)
        self._part, self._index, self._tracks = (
            os.open(path, flags, 0o600) for path in (files.part, files.index, files.tracks)
        )
        if cut is None:
            os.pwrite(self._part, open_head(self._room), 0)
        os.lseek(self._part, 0, os.SEEK_END)
        os.lseek(self._index, 0, os.SEEK_END)
        os.lseek(self._tracks, 0, os.SEEK_END)
        return cut

    @property
    def begin(self) -> int:
        """Where the data of a new file begin."""
        return head_size(self._room)

    def write(self, data: bytes, index: bytes, tracks: bytes) -> None:
        """Append; the index last, so that it never tells of what is not there."""
        for fd, content in ((self._part, data), (self._tracks, tracks), (self._index, index)):
            view = memoryview(content)
            while view:
                view = view[os.write(fd, view) :]

    def close(self) -> None:
        """Close the files."""
        for fd in (self._part, self._index, self._tracks):
            if fd >= 0:
                os.close(fd)
        self._part = self._index = self._tracks = -1


def cut_back(files: Files) -> Cut | None:
    """Cut a recording back to before its last key picture; None when nothing is worth keeping.

    What is in the index without being in the file, as after a loss of power, goes too.
    """
    try:
        size, pictures, sounds = files.part.stat().st_size, *read_tracks(files.tracks.read_bytes())
        with files.index.open("r+b") as index, files.part.open("r+b") as part:
            total = index.seek(0, os.SEEK_END) // RECORD
            for end in range(total, 0, -_BLOCK):
                begin = max(0, end - _BLOCK)
                index.seek(begin * RECORD)
                block = list(read_records(index.read((end - begin) * RECORD)))
                for number in reversed(range(len(block))):
                    record = block[number]
                    whole = record.offset + record.size <= size
                    if record.kind is Kind.PICTURE and record.key and whole:
                        part.seek(record.offset)
                        digest = hashlib.sha256(part.read(record.size)).digest()
                        part.truncate(record.offset)
                        index.truncate((begin + number) * RECORD)
                        return Cut(
                            record.offset,
                            record.dts,
                            record.at,
                            record.size,
                            digest,
                            tuple(pictures),
                            tuple(sounds),
                        )
    except FileNotFoundError:
        return None
    except Invalid as error:
        _log.warning("event=recording_unusable file=%s why=%s", files.part, error)
    return None


@dataclass(frozen=True, slots=True)
class _Item:
    """A unit on its way to the file, with the moment that it shows where it is a key picture."""

    unit: AccessUnit
    at: float


class Recorder:
    """Takes units of one stream; tells once when it cannot go on.

    seconds: of the footage, for the room of the tables.
    written: bytes that are on the disk.  saved: moment up to which whole groups are, UNIX time.
    doubtful: where it was resumed, the picture was not found again, and time had to do.
    """

    def __init__(
        self, path: str, seconds: float, disk: Disk, failed: Callable[[Error], None]
    ) -> None:
        self.written = 0
        self.saved: float | None = None
        self.doubtful = False
        self._writer = _Writer(path, seconds)
        self._disk = disk
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._ready = False
        self._over = False
        self._cut: Cut | None = None
        self._waiting: list[_Item] = []
        self._waiting_bytes = 0
        self._at = 0.0
        self._shift = 0
        self._moved = 0.0
        self._offset = self._writer.begin
        self._group: list[tuple[Record, bytes]] = []
        self._sounds: list[tuple[Record, bytes]] = []
        self._lines: list[bytes] = []
        self._sets: list[tuple[bytes, ...]] = []
        self._heard: list[Sound] = []
        self._mark_doubt = False
        self._queued = 0
        self._last: Future[object] = disk.submit(self._writer.open)
        self._last.add_done_callback(self._opened)

    def place(self, place: Place) -> None:
        """Take the moment that the next picture shows."""
        self._at = place.at

    def take(self, unit: AccessUnit) -> None:
        """Take a picture or a block of sound."""
        if self._over:
            return
        item = _Item(unit, self._at)
        if not self._ready or self._cut is not None:
            self._wait(item)
        else:
            self._write(item)

    async def close(self) -> None:
        """Write what is there, and close the files."""
        if not self._over and self._cut is None:
            if not self._ready:
                await asyncio.wrap_future(self._last)
                await asyncio.sleep(0)  # for what waited until it was open
            self._flush()
        self._over = True
        self._last = self._disk.submit(self._writer.close)
        await asyncio.wrap_future(self._last)

    # Joining what was there before

    def _opened(self, done: "Future[object]") -> None:
        self._loop.call_soon_threadsafe(self._begin, done)

    def _begin(self, done: "Future[object]") -> None:
        error = done.exception()
        if error is not None:
            self._fail(error)
            return
        cut = done.result()
        self._ready = True
        if isinstance(cut, Cut):
            self._cut = cut
            self._offset = self.written = cut.size
            self._sets = [track.sets for track in cut.tracks]
            self._heard = list(cut.sounds)
            self.saved = cut.at
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        for item in waiting:
            self._take_again(item)

    def _take_again(self, item: _Item) -> None:
        if self._cut is not None:
            self._wait(item)
        elif not self._over:
            self._write(item)

    def _wait(self, item: _Item) -> None:
        """Look for the picture before which the recording was cut back; keep what may follow."""
        cut, unit = self._cut, item.unit
        if cut is not None and unit.key and not unit.codec.is_audio:
            if self._is_join(cut, unit):
                self._join(cut, item)
                return
            if item.at > cut.at + OVERLAP:
                self._guess(cut, item)
                return
        if cut is None or self._waiting or (unit.key and item.at >= cut.at - _ALIKE):
            self._waiting.append(item)
            self._waiting_bytes += len(unit.data)
            if self._waiting_bytes > _WAITING:
                self._fail(Exhausted("the disk does not keep up", resource="disk"))

    def _is_join(self, cut: Cut, unit: AccessUnit) -> bool:
        sample = sample_of(unit)
        return len(sample) == cut.length and hashlib.sha256(sample).digest() == cut.digest

    def _join(self, cut: Cut, item: _Item) -> None:
        self._cut = None
        self._shift = cut.dts - item.unit.dts
        self._moved = cut.at - item.at
        self._waiting, self._waiting_bytes = [], 0
        self._write(item)

    def _guess(self, cut: Cut, item: _Item) -> None:
        """Go on by time alone: the device does not send the same bytes again."""
        waiting = [*self._waiting, item]
        first = waiting[0]
        self.doubtful = self._mark_doubt = True
        self._join(cut, first)
        for later in waiting[1:]:
            self._write(later)

    # Groups of pictures

    def _write(self, item: _Item) -> None:
        unit = item.unit
        if unit.codec.is_audio:
            self._add_sound(unit)
            return
        if unit.key:
            self._flush()
            self._adopt(unit)
            self.saved = item.at + self._moved
        if not self._sets:
            return
        record = Record(
            Kind.PICTURE,
            unit.key,
            self._mark_doubt,
            len(self._sets),
            0,
            unit.dts + self._shift,
            unit.pts - unit.dts,
            0,
            item.at + self._moved if unit.key else 0.0,
        )
        self._mark_doubt = False
        self._group.append((record, sample_of(unit)))

    def _adopt(self, unit: AccessUnit) -> None:
        """Note parameter sets that are new; samples name them by number."""
        sets = parameter_sets(unit.codec, unit.data, unit.spans or split(unit.data))
        if not sets or (self._sets and sets == self._sets[-1]):
            return
        track = track_of(unit.codec, sets)
        if track is not None:
            self._sets.append(sets)
            self._lines.append(write_track(track))

    def _add_sound(self, unit: AccessUnit) -> None:
        if not self._sets:
            return
        dts = unit.pts + self._shift
        if unit.codec is Codec.AAC:
            for frame in aac.split(unit.data):
                sound = Sound(Codec.AAC, frame.rate, frame.channels, frame.profile)
                self._append_sound(sound, dts, frame.data, whole=True)
                dts += aac.SAMPLES * CLOCK // frame.rate
        else:
            self._append_sound(Sound(unit.codec), dts, unit.data, whole=False)

    def _append_sound(self, sound: Sound, dts: int, data: bytes, *, whole: bool) -> None:
        if sound not in self._heard:
            self._heard.append(sound)
            self._lines.append(write_track(sound))
        description = self._heard.index(sound) + 1
        if self._sounds and not whole:
            last, before = self._sounds[-1]
            due = last.dts + len(before) * CLOCK // sound.rate
            if abs(dts - due) <= _GAP and last.description == description:
                self._sounds[-1] = (last, before + data)
                return
        record = Record(Kind.SOUND, False, False, description, 0, dts, 0, 0, 0.0)
        self._sounds.append((record, data))

    def _flush(self) -> None:
        """Hand the group to the disk: its pictures, then its sound."""
        parts: list[bytes] = []
        index: list[bytes] = []
        for record, data in (*self._group, *self._sounds):
            placed = record._replace(size=len(data), offset=self._offset)
            self._offset += len(data)
            index.append(placed.encode())
            parts.append(data)
        self._group, self._sounds = [], []
        lines, self._lines = b"".join(self._lines), []
        if parts:
            self._submit(b"".join(parts), b"".join(index), lines)

    def _submit(self, data: bytes, index: bytes, lines: bytes) -> None:
        self._queued += len(data)
        if self._queued > UNWRITTEN:
            self._fail(Exhausted("the disk does not keep up", resource="disk"))
            return
        size = len(data)
        self._last = self._disk.submit(lambda: self._writer.write(data, index, lines))
        self._last.add_done_callback(
            lambda done: self._loop.call_soon_threadsafe(self._note, done, size)
        )

    def _note(self, done: "Future[object]", size: int) -> None:
        self._queued -= size
        error = done.exception()
        if error is None:
            self.written = max(self.written, self._writer.begin) + size
        else:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self._over:
            return
        self._over = True
        self._waiting, self._group, self._sounds = [], [], []
        self._failed(_named(error))


def _named(error: BaseException) -> Error:
    if isinstance(error, Error):
        return error
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Exhausted(f"the disk is full: {error.strerror}", resource="disk")
    return EngineFailed(f"the file cannot be written: {error}", stage="file")

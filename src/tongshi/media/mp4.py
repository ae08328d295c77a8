"""A recording as one MP4 file with its tables in front, made of an index kept while it grew.

Theory of operation.  While footage comes in, samples are appended to a file whose head has room
for the tables, and one fixed-size :class:`Record` a sample goes to an index beside it; both can be
cut back to a whole group of pictures at any time.  At the end the tables are made from the index
and put into the room, so that nothing is copied and a player can begin before it has all.

Sound stays as the camera sent it, bit by bit: G.711 as the sample entries ``alaw`` and ``ulaw``
that QuickTime defined, AAC as ``mp4a``.

Source: ISO/IEC 14496-12 8 (boxes), 8.2.2 (creation time, from 1904); ISO/IEC 14496-14 5.6 (esds);
QuickTime File Format, sound sample descriptions.
"""

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby, pairwise
from typing import NamedTuple

from tongshi.errors import Invalid
from tongshi.media import aac, nal
from tongshi.media.boxes import MATRIX, box, full, sound_entry
from tongshi.media.fmp4 import Track, track_of, visual_entry
from tongshi.media.unit import CLOCK, AccessUnit, Codec

_FTYP = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41qt  ")
_MDAT = struct.Struct(">I4sQ")
_RECORD = struct.Struct(">BBHIqiIQd")
RECORD = _RECORD.size
"""Bytes of a record."""
_LENGTH = struct.Struct(">I")
_FROM_1904 = 2_082_844_800
_G711_RATE = 8000
_VIDEO, _SOUND = 1, 2
_GAP = 480  # samples of G.711: a longer hole moves what follows, a shorter one is jitter
_LONGEST = 10 * CLOCK


class Kind(IntEnum):
    """What a record is of."""

    PICTURE = 1
    SOUND = 2


class Record(NamedTuple):
    """One sample of the index.

    key: decoding can begin here.  doubtful: pictures may be missing or stand twice before it.
    description: its track's number among those of its kind, from 1.  size: bytes.
    dts, shift: 90 kHz; shift is pts less dts.  offset: in the file.  at: UNIX time, s; of key
    pictures, else 0.
    """

    kind: Kind
    key: bool
    doubtful: bool
    description: int
    size: int
    dts: int
    shift: int
    offset: int
    at: float

    def encode(self) -> bytes:
        """Return the record's RECORD bytes."""
        flags = self.key | self.doubtful << 1
        shift = max(-_LONGEST, min(self.shift, _LONGEST))
        return _RECORD.pack(
            self.kind, flags, self.description, self.size, self.dts, shift, 0, self.offset, self.at
        )


def read_records(data: bytes) -> Iterator[Record]:
    """Yield the whole records of *data*; raises Invalid when they are none."""
    for fields in _RECORD.iter_unpack(data[: len(data) // RECORD * RECORD]):
        kind, flags, description, size, dts, shift, _, offset, at = fields
        if kind not in (_VIDEO, _SOUND):
            raise Invalid(f"no index of a recording: kind {kind}")
        yield Record(
            Kind(kind), bool(flags & 1), bool(flags & 2), description, size, dts, shift, offset, at
        )


@dataclass(frozen=True, slots=True)
class Sound:
    """A track of sound.  rate: Hz.  profile: of AAC, audio object type."""

    codec: Codec
    rate: int = _G711_RATE
    channels: int = 1
    profile: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """A file and what is in it.

    size: bytes.  digest: SHA-256 of the file.  pictures_digest, sound_digest: of the samples of a
    track, one after another, as the file holds them; "" where there is none.
    frames, keys: pictures.  since, until: what it shows, UNIX time, s.  seconds: how long it plays.
    doubtful: pictures may be missing or stand twice where it was resumed.
    """

    size: int
    digest: str
    pictures_digest: str
    sound_digest: str
    frames: int
    keys: int
    since: float
    until: float
    seconds: float
    doubtful: bool


def write_track(track: Track | Sound) -> bytes:
    """Return *track* as one line, to be kept beside the index."""
    if isinstance(track, Track):
        told: dict[str, object] = {"codec": track.codec.value}
        told["sets"] = [item.hex() for item in track.sets]
    else:
        told = {"codec": track.codec.value, "rate": track.rate}
        told |= {"channels": track.channels, "profile": track.profile}
    return json.dumps(told).encode() + b"\n"


def read_tracks(lines: bytes) -> tuple[list[Track], list[Sound]]:
    """Return the tracks that *lines* tell, in order; raises Invalid."""
    pictures: list[Track] = []
    sounds: list[Sound] = []
    for line in lines.splitlines():
        try:
            told = json.loads(line)
            codec = Codec(told["codec"])
            if codec.is_audio:
                sounds.append(Sound(codec, told["rate"], told["channels"], told["profile"]))
                continue
            track = track_of(codec, tuple(bytes.fromhex(item) for item in told["sets"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Invalid(f"no tracks of a recording: {error}") from None
        if track is None:
            raise Invalid("the parameter sets of a recording are broken")
        pictures.append(track)
    return pictures, sounds


def room_for(seconds: float) -> int:
    """Return bytes to leave for the tables of a recording of *seconds*.

    Four bytes a picture are certain; eight more where steps differ, eight where pictures are out
    of order.  Twenty at 30 pictures/s is right for nearly all, and a two-thousandth of a file.
    """
    return 65_536 + int(max(0.0, seconds) * 30 * 20)


def open_head(room: int) -> bytes:
    """Return the head of a file that grows: type, room for the tables, the begin of the data."""
    return _FTYP + box(b"free", bytes(room - 8)) + _MDAT.pack(1, b"mdat", _MDAT.size)


def head_size(room: int) -> int:
    """Return where the data begin in a file with that *room*."""
    return len(_FTYP) + room + _MDAT.size


def close_head(moov: bytes, room: int, size: int) -> bytes | None:
    """Return the head of a finished file with *size* bytes of data; None when it has no room."""
    left = room - len(moov)
    if left != 0 and left < 8:
        return None
    filler = box(b"free", bytes(left - 8)) if left else b""
    return _FTYP + moov + filler + _MDAT.pack(1, b"mdat", _MDAT.size + size)


def sample_of(unit: AccessUnit) -> bytes:
    """Return a picture as a sample: its units with lengths, without sets and delimiters."""
    data = unit.data
    shift, mask, dropped = (
        (0, 0x1F, nal.DROPPED_H264) if unit.codec is Codec.H264 else (1, 0x3F, nal.DROPPED_H265)
    )
    parts: list[bytes] = []
    for begin, end in unit.spans or nal.split(data):
        if data[begin] >> shift & mask not in dropped:
            parts += (_LENGTH.pack(end - begin), data[begin:end])
    return b"".join(parts)


def build_moov(
    records: Sequence[Record], pictures: Sequence[Track], sounds: Sequence[Sound], since: float
) -> bytes:
    """Return the tables of a file.

    records: in the order of the file, one picture at least.  since: UNIX time of its beginning.
    Raises Invalid when there are no pictures.
    """
    seen = [record for record in records if record.kind is Kind.PICTURE]
    heard = [record for record in records if record.kind is Kind.SOUND]
    if not seen or not pictures:
        raise Invalid("the recording has no pictures")
    begin = seen[0].dts
    made = int(since) + _FROM_1904
    steps = _steps(seen)
    duration = sum(steps)
    tracks = [_picture_track(seen, steps, pictures, made)]
    if heard and sounds:
        tracks.append(_sound_track(heard, sounds[0], begin, made))
    head = full(
        b"mvhd",
        1 << 24,
        struct.pack(">QQIQIH10x", made, made, CLOCK, duration, 0x10000, 0x100),
        MATRIX,
        struct.pack(">24xI", len(tracks) + 1),
    )
    return box(b"moov", head, *tracks)


def _steps(records: Sequence[Record]) -> list[int]:
    """Return how long each picture stands, 90 kHz; the last as long as the one before."""
    steps = [max(1, later.dts - record.dts) for record, later in pairwise(records)]
    return [*steps, steps[-1] if steps else 3600]


def _picture_track(
    records: Sequence[Record], steps: list[int], tracks: Sequence[Track], made: int
) -> bytes:
    first = tracks[0]
    entries = [visual_entry(track) for track in tracks]
    keys = [at for at, record in enumerate(records, 1) if record.key]
    tables = [
        _descriptions(entries),
        _table(b"stts", [struct.pack(">II", n, step) for step, n in _runs(steps)]),
        _table(b"stss", [struct.pack(">I", at) for at in keys]),
        full(
            b"stsz",
            0,
            struct.pack(">II", 0, len(records)),
            struct.pack(f">{len(records)}I", *(record.size for record in records)),
        ),
        *_chunks([(len(run), run[0]) for run in _together(records)]),
    ]
    if any(record.shift for record in records):
        shifts = _runs(record.shift for record in records)
        tables.insert(2, _table(b"ctts", [struct.pack(">Ii", n, s) for s, n in shifts], 1 << 24))
    size = struct.pack(">II", first.width << 16, first.height << 16)
    return _track(_VIDEO, sum(steps), CLOCK, tables, made, size=size)


def _sound_track(records: Sequence[Record], sound: Sound, begin: int, made: int) -> bytes:
    """Return the track of *records* that have the description of the first."""
    records = [record for record in records if record.description == 1]
    entry = sound_entry(sound.codec, sound.rate, sound.channels, sound.profile)
    if sound.codec is Codec.AAC:
        sizes = full(
            b"stsz",
            0,
            struct.pack(">II", 0, len(records)),
            struct.pack(f">{len(records)}I", *(record.size for record in records)),
        )
        runs = [(aac.SAMPLES, len(records))]
        chunks = [(len(run), run[0]) for run in _together(records)]
        length = aac.SAMPLES * len(records)
    else:
        length = sum(record.size for record in records)
        sizes = full(b"stsz", 0, struct.pack(">II", 1, length))
        runs = _g711_runs(records)
        chunks = [(record.size, record) for record in records]
        length = sum(step * n for step, n in runs)
    tables = [
        _descriptions([entry]),
        _table(b"stts", [struct.pack(">II", n, step) for step, n in runs]),
        sizes,
        *_chunks(chunks),
    ]
    late = (records[0].dts - begin) if records else 0
    return _track(_SOUND, length, sound.rate, tables, made, late=late)


def _g711_runs(records: Sequence[Record]) -> list[tuple[int, int]]:
    """Return steps with their counts: 1 each, but the last sample before a hole lasts longer."""
    runs: list[tuple[int, int]] = []
    pending, clock = 0, records[0].dts * _G711_RATE / CLOCK
    for record in records:
        hole = round(record.dts * _G711_RATE / CLOCK - clock)
        if hole > _GAP and pending:
            if pending > 1:
                runs.append((1, pending - 1))
            runs.append((1 + hole, 1))
            pending = 0
            clock += hole
        pending += record.size
        clock += record.size
    return [*runs, (1, pending)]


def _track(
    number: int,
    length: int,
    scale: int,
    tables: list[bytes],
    made: int,
    *,
    size: bytes = bytes(8),
    late: int = 0,
) -> bytes:
    """Return a track; *late* is how much after the pictures it begins, 90 kHz."""
    video = number == _VIDEO
    duration = length * CLOCK // scale
    volume = 0 if video else 0x100
    head = struct.pack(">QQI4xQ8xHHH2x", made, made, number, duration, 0, 0, volume)
    media = box(
        b"mdia",
        full(b"mdhd", 1 << 24, struct.pack(">QQIQHH", made, made, scale, length, 0x55C4, 0)),
        full(
            b"hdlr",
            0,
            struct.pack(">4x4s12x", b"vide" if video else b"soun"),
            b"pictures\0" if video else b"sound\0",
        ),
        box(
            b"minf",
            full(b"vmhd", 1, bytes(8)) if video else full(b"smhd", 0, bytes(4)),
            box(b"dinf", full(b"dref", 0, struct.pack(">I", 1), full(b"url ", 1))),
            box(b"stbl", *tables),
        ),
    )
    edits = _edits(late, duration, scale) if late else b""
    return box(b"trak", full(b"tkhd", 1 << 24 | 3, head, MATRIX, size), edits, media)


def _edits(late: int, duration: int, scale: int) -> bytes:
    """Return the list that has a track begin later, or leaves out what came before the pictures."""
    if late > 0:
        entries = [struct.pack(">QqI", late, -1, 0x10000)]
        entries.append(struct.pack(">QqI", duration, 0, 0x10000))
    else:
        skip = -late * scale // CLOCK
        entries = [struct.pack(">QqI", max(0, duration + late), skip, 0x10000)]
    return box(b"edts", _table(b"elst", entries, 1 << 24))


def _descriptions(entries: list[bytes]) -> bytes:
    return full(b"stsd", 0, struct.pack(">I", len(entries)), *entries)


def _table(kind: bytes, rows: list[bytes], flags: int = 0) -> bytes:
    return full(kind, flags, struct.pack(">I", len(rows)), *rows)


def _runs(values: Iterable[int]) -> list[tuple[int, int]]:
    return [(value, sum(1 for _ in run)) for value, run in groupby(values)]


def _together(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Yield records that follow one another in the file and have one description."""
    run = [records[0]]
    for last, record in pairwise(records):
        follows = record.offset == last.offset + last.size
        if follows and record.description == last.description and not record.key:
            run.append(record)
        else:
            yield run
            run = [record]
    yield run


def _chunks(chunks: list[tuple[int, Record]]) -> list[bytes]:
    """Return where chunks are, by their count of samples and their first record."""
    rows: list[bytes] = []
    before = (0, 0)
    for number, (count, record) in enumerate(chunks, 1):
        if (count, record.description) != before:
            rows.append(struct.pack(">III", number, count, record.description))
            before = (count, record.description)
    offsets = [record.offset for _, record in chunks]
    return [
        _table(b"stsc", rows),
        full(
            b"co64",
            0,
            struct.pack(">I", len(offsets)),
            struct.pack(f">{len(offsets)}Q", *offsets),
        ),
    ]

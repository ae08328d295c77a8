"""What a simulated recorder keeps: pictures that are a function of their time alone.

A recording is no file.  Group of pictures *n* of a shot begins at ``n * gop / fps`` seconds after
1970 and is drawn and encoded when somebody asks for it, each time to the same bytes: its encoder
is opened for it and knows nothing of the groups before.  So a day of 32 channels costs nothing
until it is watched, and whoever received it can be told what it should have been.

Frame *k* carries the counter ``k`` in its picture, and belongs to the time ``k / fps``.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from tongshi.media import g711, nal
from tongshi.media.mp4 import sample_of
from tongshi.media.unit import CLOCK, AccessUnit, Codec
from tongshi.sim import tone
from tongshi.sim.encode import Encoder
from tongshi.sim.film import Shot, paint
from tongshi.sim.picture import Picture

_FIRST_STAMP = CLOCK
"""Time stamp of a session's first frame: the clock of a program stream runs a little ahead."""


class Still(NamedTuple):
    """One recorded frame: its number since 1970, its access unit, the sound of its duration."""

    number: int
    picture: bytes
    sound: bytes


@dataclass(frozen=True, slots=True)
class Digest:
    """What a receiver of whole groups must have got.

    frames: first to last number, count.  stream: SHA-256 of all access units, one after another.
    slices: SHA-256 of the coded slices alone, each with its length in four bytes before it.
    samples: SHA-256 of what an MP4 file holds of them: in the same way, but all that is no
    parameter set, delimiter or filler.  size: bytes of the access units.
    """

    first: int
    last: int
    frames: int
    size: int
    stream: str
    slices: str
    samples: str


def group_at(shot: Shot, moment: float) -> int:
    """Return the group of pictures in which *moment* lies, UNIX time s."""
    return int(moment * shot.fps) // shot.gop


def groups_of(shot: Shot, start: float, end: float) -> range:
    """Return the groups that cover *start* to *end*, UNIX times s."""
    first = group_at(shot, start)
    last = -(-ceil(end * shot.fps) // shot.gop)
    return range(first, max(first, last))


def record(shot: Shot, picture: Picture, group: int) -> tuple[Still, ...]:
    """Return the frames of *group*.

    picture: the view, built for the shot's size.  Raises EngineFailed.
    """
    encoder = Encoder(
        shot.codec,
        shot.width,
        shot.height,
        fps=shot.fps,
        gop=shot.gop,
        bitrate=shot.bitrate,
    )
    first = group * shot.gop
    return tuple(
        Still(
            number,
            encoder.encode(paint(shot, picture, number).planes)[0],
            _listen(shot, number) if shot.sound else b"",
        )
        for number in range(first, first + shot.gop)
    )


def units_of(shot: Shot, still: Still, first: int) -> tuple[AccessUnit, ...]:
    """Return *still* as units with time stamps; *first* is the number whose stamp is 1 s."""
    pts = stamp_of(shot, still.number, first)
    key = still.number % shot.gop == 0
    picture = AccessUnit(shot.codec, pts, pts, key, still.picture)
    if not still.sound:
        return (picture,)
    return picture, AccessUnit(Codec.G711A, pts, pts, True, still.sound)


def stamp_of(shot: Shot, number: int, first: int) -> int:
    """Return the time stamp of frame *number*, 90 kHz; *first* is the number whose stamp is 1 s."""
    return (number - first) * CLOCK // shot.fps + _FIRST_STAMP


def digest_of(codec: Codec, stills: Iterable[Still]) -> Digest:
    """Return the digest of *stills*; all is 0 when there are none."""
    stream, slices, samples = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
    first = last = count = size = 0
    for still in stills:
        first = still.number if not count else first
        last, count, size = still.number, count + 1, size + len(still.picture)
        stream.update(still.picture)
        samples.update(sample_of(AccessUnit(codec, 0, 0, False, still.picture)))
        for unit in slices_of(codec, still.picture):
            slices.update(len(unit).to_bytes(4, "big") + unit)
    digests = (one.hexdigest() for one in (stream, slices, samples))
    return Digest(first, last, count, size, *digests)


def slices_of(codec: Codec, picture: bytes) -> list[bytes]:
    """Return the NAL units of *picture* that hold coded slices, without start codes."""
    units = [picture[start:end] for start, end in nal.split(picture)]
    return [unit for unit in units if nal.is_picture(codec, unit[0])]


def _listen(shot: Shot, number: int) -> bytes:
    start, stop = number * g711.RATE // shot.fps, (number + 1) * g711.RATE // shot.fps
    return tone.listen(start, stop)

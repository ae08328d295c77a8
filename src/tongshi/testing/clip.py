"""Short coded films and their packets, for tests of whatever carries media."""

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tongshi.errors import EngineFailed
from tongshi.media.ps import Muxer
from tongshi.media.sender import Sender
from tongshi.media.unit import AccessUnit, Codec
from tongshi.sim.encode import Encoder

STEP = 3600
"""Between pictures, 90 kHz."""

_PACK = b"\0\0\1\xba"


def encode(
    codec: Codec, count: int, *, gop: int = 10, width: int = 320, height: int = 180
) -> list[AccessUnit]:
    """Return *count* coded pictures of a pattern that moves."""
    encoder = Encoder(codec, width, height, fps=25, gop=gop, bitrate=500_000)
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    row = (np.arange(width, dtype=np.uint16) * 3 % 200 + 20).astype(np.uint8)
    units: list[AccessUnit] = []
    for index in range(count):
        planes[:height] = np.roll(row, 4 * index)
        data, key = encoder.encode(planes)
        units.append(AccessUnit(codec, index * STEP, index * STEP, key, data))
    return units


def bursts(
    units: Sequence[AccessUnit], *, ssrc: int = 1, audio: bool = False, sequence: int = 0
) -> list[list[bytes]]:
    """Return the RTP packets of each picture as a program stream.

    audio: a block of A-law goes with each.
    """
    muxer = Muxer(units[0].codec, Codec.G711A if audio else None)
    sender = Sender(ssrc, sequence=sequence)
    out: list[list[bytes]] = []
    for unit in units:
        parts = [unit]
        if audio:
            parts.append(AccessUnit(Codec.G711A, unit.pts, unit.pts, True, b"\xd5" * 320))
        out.append(sender.packets_of(muxer.pack(*parts), unit.pts))
    return out


async def make_ps(path: Path, codec: str = "libx264", seconds: int = 3) -> None:
    """Have the ffmpeg program write a program stream of its own making to *path*."""
    source = f"testsrc2=size=320x180:rate=25:duration={seconds}"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-c:v", codec]
    command += ["-g", "25", "-bf", "0", "-pix_fmt", "yuv420p", "-f", "vob", str(path)]
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait():
        raise EngineFailed("ffmpeg did not make a program stream", stage="encode")


def cut_ps(path: Path) -> list[tuple[bytes, int]]:
    """Return each pack of a program stream with its clock reference, 90 kHz.

    Source: ISO/IEC 13818-1 2.5.3.3.
    """
    content = path.read_bytes()
    marks: list[int] = []
    at = content.find(_PACK)
    while at >= 0:
        marks.append(at)
        at = content.find(_PACK, at + 4)
    packs = [content[begin:end] for begin, end in itertools.pairwise([*marks, len(content)])]
    return [(pack, _read_clock(pack)) for pack in packs]


def _read_clock(pack: bytes) -> int:
    bits = int.from_bytes(pack[4:10], "big")
    return (bits >> 43 & 7) << 30 | (bits >> 27 & 0x7FFF) << 15 | bits >> 11 & 0x7FFF

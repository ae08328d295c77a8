"""Measure what one frame costs, stage by stage, without sockets.

    python tests/media/measure.py [--json]

Stream: H.264, 25 pictures a second, a key picture of 90 kB every 50, others of 8.6 kB, A-law of
40 ms with each, program stream, packets of 1400 bytes: 2.12 Mb/s.  Bytes are pseudo-random, so
that start codes are searched for in what coded video looks like.  Each figure is the best of nine
runs over 200 frames, CPU time of this process.
"""

import hashlib
import json
import platform
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from tongshi.media import nal
from tongshi.media.fmp4 import Fragmenter, Track
from tongshi.media.ps import Demuxer, Muxer
from tongshi.media.rtp import Receiver
from tongshi.media.sender import Relay, Sender, frame_rfc4571
from tongshi.media.stream import Pipeline
from tongshi.media.tcpframe import Framer
from tongshi.media.unit import AccessUnit, Codec

FRAMES, GROUP, RATE = 200, 50, 25
SETS = bytes.fromhex(
    "00000001 67640028acd940780227e5c044000003000400000300c83c60c658 00000001 68ee3c80"
)


class Viewer:
    """A reader that is always ready."""

    def begin(self, track: Track, opening: bytes) -> None:
        """Take an opening."""

    def send(self, message: bytes) -> None:
        """Take a message."""

    def backlog(self) -> int:
        """Never behind."""
        return 0


def make_units() -> list[AccessUnit]:
    """Return pictures like those of a 1080p camera at 2 Mb/s."""
    units = []
    for n in range(FRAMES):
        key = n % GROUP == 0
        body = (
            hashlib.shake_256(bytes([n]))
            .digest(90_000 if key else 8_600)
            .replace(b"\0\0", b"\0\x55")
        )
        head = SETS + b"\0\0\0\1\x65\x88" if key else b"\0\0\0\1\x41\x9a"
        data = nal.delimiter(Codec.H264) + head + body + b"\x80"
        at = 90_000 + 3_600 * n
        units.append(AccessUnit(Codec.H264, at, at, key, data, False, nal.split(data)))
    return units


def make_batches(units: list[AccessUnit], *, sound: bool) -> list[list[bytes]]:
    """Return the datagrams of each frame."""
    muxer, sender = Muxer(Codec.H264, Codec.G711A if sound else None), Sender(200000001)
    batches = []
    for unit in units:
        block = AccessUnit(Codec.G711A, unit.pts, unit.pts, True, b"\xd5\x55" * 160)
        payload = muxer.pack(unit, block) if sound else muxer.pack(unit)
        batches.append(sender.packets_of(payload, unit.dts))
    return batches


def measure(work: Callable[[], object]) -> float:
    """Return us of CPU per frame."""
    best = float("inf")
    for _ in range(9):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return round(best / FRAMES * 1e6, 2)


def play(batches: list[list[bytes]], readers: int) -> Pipeline:
    """Carry the stream through the whole path."""
    pipeline = Pipeline()
    for _ in range(readers):
        pipeline.hub.join(Viewer())
    for n, batch in enumerate(batches):
        pipeline.receive(batch, n / RATE)
    return pipeline


def measure_memory(batches: list[list[bytes]]) -> int:
    """Return bytes that one stream holds on average over its groups of pictures."""
    pipeline = play(batches[:1], 0)
    tracemalloc.start()
    held = []
    pipeline = Pipeline()
    for n, batch in enumerate(batches):
        pipeline.receive(batch, n / RATE)
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return sum(held[GROUP:]) // len(held[GROUP:])


def run_each(step: Callable[[Any], object], items: Iterable[Any]) -> None:
    """Take one step for each item."""
    for item in items:
        step(item)


def run() -> dict[str, object]:
    """Return every figure."""
    units = make_units()
    plain, full = make_batches(units, sound=False), make_batches(units, sound=True)
    receiver = Receiver()
    frames = [frame for batch in full for frame in receiver.receive(batch, 0.0)]
    stream = [frame_rfc4571(batch) for batch in full]
    costs = {
        "rtp": measure(lambda: run_each(partial(Receiver().receive, now=0.0), full)),
        "tcp framing": measure(lambda: run_each(Framer().feed, stream)),
        "program stream and units": measure(lambda: run_each(Demuxer().decode, frames)),
        "of these the search for units": measure(lambda: [nal.split(u.data) for u in units]),
        "fragments": measure(lambda: run_each(Fragmenter().fragment, units)),
        "whole path, no sound, no reader": measure(lambda: play(plain, 0)),
        "whole path, sound, one reader": measure(lambda: play(full, 1)),
        "whole path, sound, ten readers": measure(lambda: play(full, 10)),
        "relay": measure(lambda: run_each(Relay(7).rewrite, frames)),
        "mux": measure(lambda: run_each(Muxer(Codec.H264).pack, units)),
    }
    return {
        "python": platform.python_version(),
        "packets_per_frame": round(sum(map(len, full)) / FRAMES, 2),
        "us_per_frame": costs,
        "percent_of_a_core_per_stream": round(
            costs["whole path, sound, one reader"] * RATE / 1e4, 4
        ),
        "bytes_per_stream": measure_memory(full),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=None if "--json" in sys.argv else 2) + "\n")

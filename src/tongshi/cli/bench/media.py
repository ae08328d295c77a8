"""``tongshi bench media``: how much one worker carries, how late, and in how much memory."""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tongshi.cli.bench.mediarig import GOP, Load, LoadProcess, Outcome, Rig
from tongshi.cli.bench.report import Report
from tongshi.gateway.engine import Transport
from tongshi.media.unit import Codec
from tongshi.sim import mediaload
from tongshi.sim.encode import Encoder

METHOD = (
    "One gateway worker, pinned to one core, started anew for each run; senders, viewers and "
    "relay sinks in other processes on another core; loopback. Each stream is a PS of H.264, "
    "2 Mb/s, 25 frames/s, a key frame every 50, in RTP of 1400 bytes, sent as one burst a frame, "
    "phases and key frames of the streams spread evenly. Steps rise until packets or frames are "
    "lost, the worker has not taken all 0.2 s after the last was sent, or viewers get their "
    "pictures more than 100 ms late at the 95th percentile. streams_*_per_core is the number of "
    "streams at the highest sustained step divided by the processor time of the worker (all its "
    "threads, user and system, by /proc/PID/task/*/schedstat) over the time, from 2 s after the "
    "start on. On loopback the kernel bills the receive path of UDP to the sender. "
    "added_latency_ms: from the end of sending a frame's last packet to its fragment in the "
    "viewer's process. bytes_per_stream: growth of the worker's resident memory over the streams, "
    "each with its ring of one group of pictures. first_picture_warm_ms: from asking for a ticket "
    "until the viewer has its first pictures whole, of a stream that runs; cold: from opening the "
    "port, with a sender that begins at an arbitrary point of its group of pictures."
)
_FEWEST = 25  # streams: where not even these are sustained, there is no figure
_LATE = 0.1  # s at the 95th percentile
_WIDTH, _HEIGHT, _BITRATE = 1280, 720, 2_130_000


@dataclass(frozen=True, slots=True)
class Climb:
    """A figure and the steps by which its limit is sought."""

    name: str
    load: Load
    steps: Sequence[int]


CLIMBS = (
    Climb("streams_in_per_core", Load(0), (600, 800, 1000, 1200)),
    Climb(
        "streams_in_tcp_per_core", Load(0, transport=Transport.TCP_PASSIVE), (600, 800, 1000, 1200)
    ),
    Climb("streams_viewed_per_core", Load(0, viewers=True), (300, 400, 500, 600, 700)),
    Climb("streams_relayed_per_core", Load(0, relays=True), (200, 300, 400, 500)),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing beyond what every benchmark has."""


def measure(given: argparse.Namespace) -> Report:
    """Run all parts; ``quick`` climbs less and repeats nothing."""
    with tempfile.TemporaryDirectory(prefix="tongshi-bench-") as directory:
        clip = Path(directory) / "clip"
        make_clip(clip)
        return asyncio.run(run(clip, quick=bool(given.quick)))


def make_clip(path: Path) -> None:
    """Encode moving texture at the bit rate of the method; keep two groups out of four.

    The encoder needs the first ones to settle.
    """
    encoder = Encoder(Codec.H264, _WIDTH, _HEIGHT, fps=25, gop=GOP, bitrate=_BITRATE)
    texture = np.random.default_rng(1).integers(64, 192, (_HEIGHT // 4, _WIDTH // 4), np.uint8)
    luma = texture.repeat(4, axis=0).repeat(4, axis=1)
    planes = np.full((_HEIGHT * 3 // 2, _WIDTH), 128, np.uint8)
    units: list[tuple[bytes, bool]] = []
    for index in range(4 * GOP):
        planes[:_HEIGHT] = np.roll(luma, (index * 3, index * 5), axis=(0, 1))
        units.append(encoder.encode(planes))
    mediaload.write_clip(path, units[-2 * GOP :])


async def run(clip: Path, *, quick: bool) -> Report:
    """Measure every figure."""
    report = Report(METHOD)
    repeats = 1 if quick else 3
    for climb in CLIMBS:
        await measure_climb(clip, climb, report, repeats=repeats, quick=quick)
    await measure_latency(clip, report, repeats=repeats, streams=50 if quick else 200)
    await measure_first_picture(clip, report, repeats=3 if quick else 7)
    return report


async def measure_climb(
    clip: Path, climb: Climb, report: Report, *, repeats: int, quick: bool
) -> None:
    """Find the highest sustained step, then repeat it."""
    seconds = 4.0 if quick else 7.0
    best, values, memories = 0, [0.0] * 0, [0.0] * 0
    steps = list(climb.steps[:1] if quick else climb.steps)
    while steps:
        step = steps.pop(0)
        load = replace(climb.load, streams=step, seconds=seconds)
        outcome = await attempt(clip, load)
        if outcome.ok:
            best, values, memories = step, [step / outcome.cores], [outcome.memory]
            continue
        report.notes.append(f"{climb.name}: {step} not sustained: {'; '.join(outcome.faults)}")
        steps = [step // 2] if not best and step >= 2 * _FEWEST else []
    while best and len(values) < repeats:
        outcome = await attempt(clip, replace(climb.load, streams=best, seconds=seconds))
        if not outcome.ok:
            report.notes.append(f"{climb.name}: {best} failed again: {'; '.join(outcome.faults)}")
            break
        values.append(best / outcome.cores)
        memories.append(outcome.memory)
    report.notes.append(f"{climb.name}: {best} streams sustained on one core")
    report.add(climb.name, "streams", values)
    if climb is CLIMBS[0]:
        report.add("bytes_per_stream", "byte", memories)


async def attempt(clip: Path, load: Load) -> Outcome:
    """Measure *load* on a fresh worker, and once more when it fails: others may have disturbed."""
    for _ in range(2):
        async with Rig.build(clip) as rig:
            outcome = await rig.measure(load)
        if load.viewers and outcome.ok and percentile(outcome.latencies, 95) > _LATE:
            late = percentile(outcome.latencies, 95)
            outcome.faults.append(f"pictures {1000 * late:.0f} ms late at the 95th percentile")
        if outcome.ok:
            break
    return outcome


async def measure_latency(clip: Path, report: Report, *, repeats: int, streams: int) -> None:
    """Latency with a viewer on each of *streams*."""
    middle: list[float] = []
    high: list[float] = []
    for _ in range(repeats):
        outcome = await attempt(clip, Load(streams, viewers=True))
        if not outcome.ok:
            report.notes.append(f"added_latency_ms: {'; '.join(outcome.faults)}")
            continue
        middle.append(1000 * percentile(outcome.latencies, 50))
        high.append(1000 * percentile(outcome.latencies, 95))
    report.add("added_latency_ms_p50", f"ms at {streams} streams", middle)
    report.add("added_latency_ms_p95", f"ms at {streams} streams", high)


async def measure_first_picture(clip: Path, report: Report, *, repeats: int) -> None:
    """Both ways of beginning, one after the other on the same stream."""
    warm: list[float] = []
    cold: list[float] = []
    async with Rig.build(clip) as rig:
        for index in range(repeats):
            at_cold, at_warm = await first_pictures(rig, offset=index * GOP // repeats)
            cold.append(1000 * at_cold)
            warm.append(1000 * at_warm)
    report.add("first_picture_warm_ms", "ms", warm)
    report.add("first_picture_cold_ms", "ms", cold)


async def first_pictures(rig: Rig, *, offset: int) -> tuple[float, float]:
    """Return both times, s; the sender begins *offset* pictures after a key frame."""
    frames = 4 * mediaload.FPS
    async with AsyncExitStack() as stack:
        begun = time.monotonic()
        ports = await rig.open(1, Transport.UDP)
        opened = time.monotonic() - begun
        order = rig.sending(list(ports.values()), Transport.UDP, frames)
        order["offsets"] = [offset]
        sender = await stack.enter_async_context(LoadProcess.run("send", order))
        first = {"addresses": [await rig.admit(stream) for stream in ports]}
        early = await stack.enter_async_context(LoadProcess.run("watch", first))
        await sender.read()
        await early.read()
        begun = time.monotonic()
        sender.go()
        await asyncio.sleep(3.0)
        asked = time.monotonic()
        second = {"addresses": [await rig.admit(stream) for stream in ports]}
        told = time.monotonic() - asked
        late = await stack.enter_async_context(LoadProcess.run("watch", second))
        await late.read()
        await asyncio.sleep(0.3)
        early.go()
        late.go()
        was_cold, was_warm = await early.read(), await late.read()
        await rig.close(list(ports))
    cold = opened + was_cold["opened"][0] - begun
    return cold, told + was_warm["opened"][0] - was_warm["connected"][0]


def percentile(values: Sequence[float], part: int) -> float:
    """Return the value under which *part* percent lie; 0 of nothing."""
    return statistics.quantiles(values, n=100)[part - 1] if len(values) > 1 else 0.0

"""``tongshi bench ondemand``: how soon a camera obeys, a playback jumps, a recording is fetched."""

import argparse
import asyncio
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tongshi.app.node import Node
from tongshi.cli.bench.catalog import one_core, settings_of
from tongshi.cli.bench.process import until
from tongshi.cli.bench.report import Report
from tongshi.cli.loop import run
from tongshi.cli.staff import Post, enter
from tongshi.errors import EngineFailed
from tongshi.gb28181 import ptz
from tongshi.gb28181.manscdp import PtzCmd
from tongshi.settings import DownloadSettings
from tongshi.signalling.history import History, Span

METHOD = (
    "A whole node with its gateway in this process, pinned to one core where there are several, "
    "and a simulated dome in another process on another core; loopback, signalling over UDP, media "
    "over TCP. control_*: from the call that turns the camera, or stops it, to the device's 200, "
    "one order after another; query_*: from asking for DeviceStatus until it is there, by two "
    "MESSAGEs. seek_*: of a recording of 320x180, 25 frames/s, two seconds a group, from the order "
    "to the first picture of the new moment at a viewer's WebSocket, at moments spread over ten "
    "minutes whose groups the device has encoded before: {seeks} of each run. download_speed: "
    "seconds of that recording, H.264 at 0.5 Mb/s and G.711, fetched a second, asked for at 16 "
    "times, from the request to the finished MP4 with its digests, {minutes:g} minutes of it; "
    "download_mib_per_core_s: what was written over the processor time of the node. "
    "{runs} runs, a new node each; figures of times are those of all rounds of a run."
)
DEVICE, CHANNEL = "34020000001320000001", "34020000001310000001"
PASSWORD = "TONGSHI_SIMULATE_PASSWORD"
PATIENCE = 60.0
"""For whatever comes late, s: it has failed then."""
SPEED = 16
_BACK = 3600
_GROUP = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """runs: new nodes.  rounds: orders, and queries, of a run.  fetched: s of the recording."""

    runs: int = 3
    rounds: int = 500
    seeks: int = 30
    fetched: int = 960


QUICK = Plan(1, 50, 5, 64)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the same is always measured."""


def measure(given: argparse.Namespace) -> Report:
    """Run everything and report."""
    return run(run_plan(QUICK if given.quick else Plan()))


async def run_plan(plan: Plan) -> Report:
    """Return the report of *plan*."""
    found: dict[str, list[float]] = {}
    for _ in range(plan.runs):
        async with _bed() as node:
            for name, values in (await _run(node, plan)).items():
                found.setdefault(name, []).append(values)
    report = Report(
        METHOD.format(seeks=plan.seeks, minutes=plan.fetched / 60, runs=plan.runs or "no")
    )
    for name, unit in UNITS.items():
        report.add(name, unit, found.get(name, ()))
    return report


UNITS = {
    "control_p50_ms": "ms",
    "control_p99_ms": "ms",
    "query_p50_ms": "ms",
    "query_p99_ms": "ms",
    "seek_p50_ms": "ms",
    "seek_p95_ms": "ms",
    "download_speed": "s/s",
    "download_mib_per_core_s": "MiB/s",
}


async def _run(node: Node, plan: Plan) -> dict[str, float]:
    commands = node.signalling.commands
    words = (PtzCmd(ptz.Move(pan=40)), PtzCmd(ptz.Stop()))
    turns = [
        await _time(commands.control(DEVICE, CHANNEL, word)) for word in words * (plan.rounds // 2)
    ]
    asked = [await _time(commands.status(DEVICE, CHANNEL)) for _ in range(plan.rounds)]
    jumps = await _seek(node, plan.seeks)
    speed, rate = await _download(node, plan.fetched)
    return {
        "control_p50_ms": quantile(turns, 0.5),
        "control_p99_ms": quantile(turns, 0.99),
        "query_p50_ms": quantile(asked, 0.5),
        "query_p99_ms": quantile(asked, 0.99),
        "seek_p50_ms": quantile(jumps, 0.5),
        "seek_p95_ms": quantile(jumps, 0.95),
        "download_speed": speed,
        "download_mib_per_core_s": rate,
    }


async def _time(work: Awaitable[object]) -> float:
    """Return how long *work* takes, ms."""
    began = time.perf_counter()
    await work
    return 1e3 * (time.perf_counter() - began)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that *share* of *values* do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Viewer(WSListener):
    """Watches a playback, and says when the first picture of a moment has come."""

    def __init__(self) -> None:
        super().__init__()
        self.first = asyncio.Event()
        self._wanted: float | None = None
        self._near = False
        self._arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def want(self, moment: float) -> "asyncio.Future[float]":
        """Return what will be the time, s, at which the picture of *moment* is here."""
        self._wanted, self._near = moment, False
        self._arrived = asyncio.get_running_loop().create_future()
        return self._arrived

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one message: text tells the moment of what follows, 01H is sound."""
        if frame.msg_type == WSMsgType.TEXT:
            told = json.loads(frame.get_payload_as_bytes())
            if told["type"] == "place" and self._wanted is not None:
                self._near = abs(told["at"] - self._wanted) <= _GROUP
        elif frame.msg_type == WSMsgType.BINARY and frame.get_payload_as_bytes()[:1] != b"\x01":
            self.first.set()
            if self._near and not self._arrived.done():
                self._arrived.set_result(time.perf_counter())


async def _seek(node: Node, count: int) -> list[float]:
    """Return how long each of *count* jumps took, ms."""
    since = _even(time.time()) - _BACK
    span = Span(float(since), float(since + 600))
    history = await node.signalling.histories.open(DEVICE, CHANNEL, span)
    ticket = secrets.token_urlsafe(12)
    await node.engine.admit(history.stream, ticket, expires_s=PATIENCE)
    viewer = Viewer()
    port = node.engine.viewer_port(history.stream)
    link, _ = await ws_connect(lambda: viewer, f"ws://127.0.0.1:{port}/play/{ticket}")
    try:
        async with asyncio.timeout(PATIENCE):
            await viewer.first.wait()
        # To and fro, so that no jump is a short one; what was encoded once is at hand then.
        moments = [since + 20.0 + (number * 346) % 540 // 2 * 2 for number in range(count)]
        for moment in moments:
            await _jump(history, viewer, moment)
        return [await _jump(history, viewer, moment) for moment in moments]
    finally:
        link.disconnect()
        await node.signalling.histories.close(history)


async def _jump(history: History, viewer: Viewer, moment: float) -> float:
    arrived = viewer.want(moment)
    began = time.perf_counter()
    async with asyncio.timeout(PATIENCE):
        await history.seek(moment)
        took = 1e3 * (await arrived - began)
    await asyncio.sleep(0.1)
    return took


async def _download(node: Node, seconds: int) -> tuple[float, float]:
    """Return seconds of recording fetched a second, and MiB a second of the node's processor."""
    client = await asyncio.to_thread(enter, node, Post.OFFICER)
    since = _even(time.time()) - _BACK - seconds
    asked = {"device": DEVICE, "channel": CHANNEL, "purpose": "evidence"}
    asked |= {"since": str(since), "until": str(since + seconds)}
    cpu, began = time.process_time(), time.perf_counter()
    added = await asyncio.to_thread(client.call, "POST", "/downloads", asked)
    while True:
        download = await node.downloads.find(added["id"])
        if download.result is not None:
            break
        if download.why or time.perf_counter() - began > PATIENCE + seconds:
            raise EngineFailed(f"the download failed: {download.detail}", stage="worker")
        await asyncio.sleep(0.05)
    took, spent = time.perf_counter() - began, time.process_time() - cpu
    if download.result.seconds != seconds or download.result.doubtful:
        raise EngineFailed(f"fetched {download.result.seconds} of {seconds} s", stage="worker")
    return seconds / took, download.result.size / (1 << 20) / spent


def _even(moment: float) -> int:
    """Return the beginning of the group of pictures that *moment* lies in."""
    return int(moment // _GROUP * _GROUP)


@asynccontextmanager
async def _bed() -> AsyncIterator[Node]:
    """A node, and a camera whose catalog it knows."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tongshi-bench-"))
        core = stack.enter_context(one_core())
        given = replace(settings_of(Path(folder)), downloads=DownloadSettings(speed=SPEED))
        node = await stack.enter_async_context(Node(given))
        words = ["camera", "--platform", f"127.0.0.1:{node.sip_port}", "--dome", "--json"]
        words += ["--tape-size", "320x180", "--bitrate", "500000", "--gop", "50"]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tongshi.cli.main", "simulate", *words),
            stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, PASSWORD: node.device_password},
        )
        if core >= 0:
            os.sched_setaffinity(process.pid, {core})
        try:
            await until(lambda: _is_met(node), PATIENCE, "the device never came")
            yield node
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _is_met(node: Node) -> bool:
    """Whether the node knows what its device has, and has subscribed to it."""
    with node.store.connect() as connection:
        wanted = "SELECT count(*) FROM channels WHERE ptz_type = 1"
        known = connection.exec_driver_sql(wanted).scalar_one()
    return bool(known) and node.signalling.subscriptions.figures()["active"] >= 2

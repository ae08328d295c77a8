"""``tongshi bench notices``: nothing that many devices tell is lost, and nothing grows."""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from tongshi.app.node import Node
from tongshi.cli.bench.catalog import one_core, settings_of
from tongshi.cli.bench.probe import Answers, probing
from tongshi.cli.bench.process import resident, until
from tongshi.cli.bench.report import Report
from tongshi.cli.loop import run
from tongshi.errors import EngineFailed
from tongshi.sim.load import Target
from tongshi.sim.unrest import digest_of

METHOD = (
    "A whole node (signalling, register, alarms, presence, pages) in this process, pinned to one "
    "core where there are several, with a new SQLite store; {devices} simulated devices of two "
    "channels in another process register, are asked for their catalogs, and are subscribed to. "
    "Then for {seconds:g} s, a minute and all together: {alarms:g} alarms, {positions:g} positions "
    "and {changes:g} changes of channels (on, off, lost, defective, renamed, added, removed), "
    "each by a device chosen at random, by NOTIFY where it was subscribed to, else by MESSAGE. "
    "sent_*: what the devices had to tell, all of it answered with 200; stored_*: alarms with "
    "their repetitions, positions, and changes, as the node's store and counters have them; a "
    "change that a device repeats, because its answer came late, counts again there. The channels "
    "that there are at the end are compared one by one. memory_*: of the node, sampled every "
    "{every:g} s; begin and end are medians of the third and the last fifth of the time, trend the "
    "slope of a straight line through the second half: what is remembered to know repetitions by "
    "fills before. answer_*: from sending a keepalive to its 200, 20 a second, by 20 more devices "
    "in a process of their own. "
    "notices_per_s_per_core: all that was told over the node's processor time meanwhile."
)
FIRST = "34020000001320500001"
PASSWORD = "TONGSHI_SIMULATE_PASSWORD"
PROBES = 20.0
"""Keepalives a second by which the time of answers is taken."""
EVERY = 5.0
"""Between two looks at the memory, s."""
START, END = 180.0, 90.0
"""How long all may take to register and be subscribed to, and to come to rest, s."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens: *devices* for *seconds*; the rest a minute, of all devices together."""

    devices: int = 1000
    seconds: float = 600.0
    alarms: float = 1200.0
    positions: float = 6000.0
    changes: float = 1200.0


QUICK = Plan(100, 15.0, 600.0, 1200.0, 200.0)


@dataclass(slots=True)
class Findings:
    """What both ends counted.

    sent: by subject, what devices counted.  stored: by subject, what the node has.
    memory: s since the beginning, bytes.
    """

    sent: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    stored: Mapping[str, int] = field(default_factory=dict)
    memory: list[tuple[float, int]] = field(default_factory=list)
    answers: Answers | None = None
    cpu: float = 0.0
    size: int = 0
    faults: list[str] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how many devices, how long, and how much happens."""
    parser.add_argument("--devices", type=int, help="simulated devices / 设备数 (1000)")
    parser.add_argument("--seconds", type=float, help="how long / 时长，秒 (600)")
    parser.add_argument("--alarms", type=float, help="a minute / 每分钟报警数 (1200)")
    parser.add_argument("--positions", type=float, help="a minute / 每分钟位置数 (6000)")
    parser.add_argument("--changes", type=float, help="a minute / 每分钟目录变化数 (1200)")


def measure(given: argparse.Namespace) -> Report:
    """Run once and report; ``quick``: few devices for a quarter of a minute."""
    usual = QUICK if given.quick else Plan()
    return run(
        run_plan(
            Plan(
                given.devices or usual.devices,
                given.seconds or usual.seconds,
                usual.alarms if given.alarms is None else given.alarms,
                usual.positions if given.positions is None else given.positions,
                usual.changes if given.changes is None else given.changes,
            )
        )
    )


async def run_plan(plan: Plan) -> Report:
    """Let *plan* happen to a new node, and report."""
    async with _bed(plan) as (node, load):
        await load.hear("ready", START)
        await until(lambda: _is_ready(node, plan), START, "devices were not all subscribed to")
        findings = Findings()
        target = Target("127.0.0.1", node.sip_port, node.device_password)
        async with probing(target, PROBES, plan.seconds) as answers:
            cpu, began = time.process_time(), time.monotonic()
            load.go()
            watching = asyncio.create_task(_watch(findings, began))
            done = await load.hear("done", plan.seconds + END)
            findings.cpu = time.process_time() - cpu
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            findings.answers = await answers
        findings.sent = done["counts"]
        await _compare(node, done, findings)
        findings.size = await asyncio.to_thread(_size, node)
    return _report(plan, findings)


class Load:
    """The devices' process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def go(self) -> None:
        """Let things begin to happen."""
        if self._process.stdin is not None:
            self._process.stdin.write(b"\n")

    async def hear(self, event: str, within: float) -> dict[str, Any]:
        """Return the next *event*; raises EngineFailed when it does not come."""
        try:
            async with asyncio.timeout(within):
                while self._process.stdout is not None:
                    line = await self._process.stdout.readline()
                    if not line:
                        break
                    told: dict[str, Any] = json.loads(line)
                    if told["event"] == event:
                        return told
        except TimeoutError:
            pass
        raise EngineFailed(f"the devices never said {event!r}", stage="worker")


@asynccontextmanager
async def _bed(plan: Plan) -> AsyncIterator[tuple[Node, Load]]:
    """A node with an empty store, and devices on their way to it."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tongshi-bench-"))
        core = stack.enter_context(one_core())
        node = await stack.enter_async_context(Node(settings_of(Path(folder))))
        words = {"platform": f"127.0.0.1:{node.sip_port}", "first": FIRST, "count": plan.devices}
        words |= {"seconds": plan.seconds, "alarms": plan.alarms}
        words |= {"positions": plan.positions, "changes": plan.changes}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tongshi.sim.unrest",
            "--wait",
            *(f"--{name}={value}" for name, value in words.items()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, PASSWORD: node.device_password},
        )
        if core >= 0:
            os.sched_setaffinity(process.pid, {core})
        try:
            yield node, Load(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _watch(findings: Findings, began: float) -> None:
    while True:
        findings.memory.append((time.monotonic() - began, resident(os.getpid())))
        await asyncio.sleep(EVERY)


def _is_ready(node: Node, plan: Plan) -> bool:
    """Whether every device has its catalog stored and is subscribed to."""
    complete = "SELECT count(*) FROM devices WHERE catalog_state = 'complete'"
    active = node.signalling.subscriptions.figures()["active"]
    return active >= 2 * plan.devices and _ask(node, complete) >= plan.devices


async def _compare(node: Node, done: Mapping[str, Any], findings: Findings) -> None:
    """Wait until the node has all that devices told, or for so long that it never will."""
    if not done["settled"]:
        findings.faults.append("some notices were never answered")
    for _ in range(round(END)):
        findings.stored = await asyncio.to_thread(_stored, node)
        same = is_same(findings.sent, findings.stored)
        # States of restless channels are written once these have come to rest.
        channels = await asyncio.to_thread(_channels, node)
        if same and channels == done["channels"]:
            break
        await asyncio.sleep(1.0)
    else:
        if not same:
            findings.faults.append(f"told {dict(findings.sent)}, stored {findings.stored}")
        if channels != done["channels"]:
            findings.faults.append("the channels are not those that the devices have")
    lost = {name: tally.get("lost", 0) for name, tally in findings.sent.items()}
    dropped = {name: n for name, n in node.incidents.figures().items() if _is_loss(name) and n}
    if any(lost.values()) or dropped:
        findings.faults.append(f"lost at the devices: {lost}; at the node: {dropped}")


def is_same(sent: Mapping[str, Mapping[str, int]], stored: Mapping[str, int]) -> bool:
    """Return whether *stored* is what was told; changes as often as they were sent at the most.

    Alarms and positions are known again when they are repeated; a change is not, and need not be.
    """
    alarms, positions, changes = (sent.get(name, {}) for name in ("alarm", "position", "catalog"))
    return (
        stored["alarm"] == alarms.get("raised", 0)
        and stored["position"] == positions.get("raised", 0)
        and changes.get("raised", 0) <= stored["catalog"] <= changes.get("sent", 0)
    )


def _is_loss(name: str) -> bool:
    return name.endswith(("dropped", ".lost", ".beyond", "position unknown"))


def _stored(node: Node) -> dict[str, int]:
    """Return what the node has, by subject; changes as its counters tell, states being merged."""
    told = node.registry.changes.counters
    return {
        "alarm": _ask(node, "SELECT coalesce(sum(occurrences), 0) FROM alarms"),
        "position": _ask(node, "SELECT count(*) FROM position_reports"),
        "catalog": told["states"] + told["entries"],
    }


def _channels(node: Node) -> str:
    prefix = FIRST[:14]
    wanted = "SELECT device_id, channel_id, said, name FROM channels WHERE removed_at IS NULL"
    with node.store.connect() as connection:
        rows = connection.execute(text(wanted)).all()
    return digest_of((a, b, c, d) for a, b, c, d in rows if a.startswith(prefix))


def _ask(node: Node, question: str) -> int:
    with node.store.connect() as connection:
        return int(connection.execute(text(question)).scalar_one())


def _size(node: Node) -> int:
    """Return the bytes of the store, all of them in its main file."""
    node.writer.flush()
    with node.store.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())


def trend(samples: list[tuple[float, int]]) -> float:
    """Return the slope of the straight line through *samples* of bytes by s: KiB a minute."""
    if len(samples) < 2:
        return 0.0
    slope, _ = statistics.linear_regression(*zip(*samples, strict=True))
    return slope * 60 / 1024


def _report(plan: Plan, findings: Findings) -> Report:
    named = {"devices": plan.devices, "seconds": plan.seconds, "alarms": plan.alarms}
    named |= {"positions": plan.positions, "changes": plan.changes}
    report = Report(METHOD.format(**named, every=EVERY), notes=findings.faults)
    report.ok = not findings.faults
    for name, words in (("alarm", "alarms"), ("position", "positions"), ("catalog", "changes")):
        report.add(f"sent_{words}", "", [float(findings.sent.get(name, {}).get("raised", 0))])
        report.add(f"stored_{words}", "", [float(findings.stored[name])])
    total = sum(tally.get("raised", 0) for tally in findings.sent.values())
    report.add("notices_per_s_per_core", "1/s", [total / findings.cpu])
    report.add("node_load", "core", [findings.cpu / plan.seconds])
    _add_memory(report, findings.memory)
    report.add("store", "byte", [float(findings.size)])
    answers = findings.answers
    if answers is not None:
        report.add("answer_p50_ms", "ms", [answers.p50_ms])
        report.add("answer_p99_ms", "ms", [answers.p99_ms])
        if answers.lost or answers.refused:
            report.ok = False
            report.notes.append(f"{answers.lost} keepalives lost, {answers.refused} refused")
    return report


def _add_memory(report: Report, memory: list[tuple[float, int]]) -> None:
    fifth = len(memory) // 5
    for name, part in (("begin", memory[2 * fifth : 3 * fifth + 1]), ("end", memory[-fifth - 1 :])):
        report.add(f"memory_{name}", "MiB", [statistics.median(b for _, b in part) / (1 << 20)])
    report.add("memory_trend", "KiB/min", [trend(memory[len(memory) // 2 :])])

"""``tongshi bench catalog``: how fast a subordinate's catalog becomes rows of the store."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tongshi.access.scope import EVERYTHING
from tongshi.api.feed import Reader
from tongshi.app.node import Node
from tongshi.cli.bench.report import Report
from tongshi.cli.bench.subordinate import Order
from tongshi.cli.loop import run
from tongshi.registry.entry import CatalogState
from tongshi.settings import MediaSettings, NodeSettings, Settings, SignallingSettings, WebSettings

METHOD = (
    "A whole node (signalling, register, presence, pages) in this process, pinned to one core "
    "where there are several, with a new SQLite store for each run; a subordinate platform in "
    "another process registers with digest over real sockets and answers the node's catalog query "
    "with cameras of some 700 bytes of XML each, 100 business groups among them. items_per_s: all "
    "items over the time from the first part sent until the complete catalog is committed, the "
    "half second included in which the node waits for more than was announced. each_1: one item a "
    "MESSAGE over UDP, 16 under way; each_1_serial: a fifth of the items, the next part after the "
    "answer to the last, as GB/T 28181 annex M has it; each_10: over UDP, serial; each_100: over "
    "TCP, serial. items_per_s is that of each_1. unchanged: the same catalog sent once more, "
    "each_100. items_per_core_s: items over the processor time of the node, all its threads."
)
HOST = "127.0.0.1"
ITEMS, QUICK_ITEMS = 100_000, 5_000
DEVICE = "34020000002000000002"
_LIMIT = 300.0  # s: a run that takes longer has failed


@dataclass(frozen=True, slots=True)
class Shape:
    """How the catalog is cut.

    share: of the items that are sent.  repeats: runs of a whole measurement.
    """

    name: str
    each: int
    window: int
    transport: str
    share: float = 1.0
    repeats: int = 3


SHAPES = (
    Shape("each_1", 1, 16, "UDP"),
    Shape("each_1_serial", 1, 1, "UDP", share=0.2),
    Shape("each_10", 10, 1, "UDP"),
    Shape("each_100", 100, 1, "TCP"),
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One catalog from the first part to the commit.

    seconds: of the clock.  cpu: s of the node's processor time.  resent: parts sent again.
    fault: why it does not count; empty when it does.
    """

    items: int
    seconds: float
    cpu: float
    resent: int
    fault: str

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.items / self.seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how large the catalog is."""
    parser.add_argument(
        "--items", type=int, default=0, help="items in the catalog / 目录条数 (100000)"
    )


def measure(given: argparse.Namespace) -> Report:
    """Run every shape; ``quick``: a small catalog, each shape once."""
    quick = bool(given.quick)
    return run(run_shapes(given.items or (QUICK_ITEMS if quick else ITEMS), quick=quick))


async def run_shapes(items: int, *, quick: bool, shapes: Sequence[Shape] = SHAPES) -> Report:
    """Return the report over *shapes*."""
    report = Report(METHOD)
    for shape in shapes:
        passages: list[Passage] = []
        for _ in range(1 if quick else shape.repeats):
            passages.append(await pass_once(shape, max(1, int(items * shape.share)), report))
        good = [passage for passage in passages if not passage.fault]
        rates = [passage.rate for passage in good]
        report.add(f"items_per_s_{shape.name}", "item/s", rates)
        per_core = [one.items / one.cpu for one in good]
        report.add(f"items_per_core_s_{shape.name}", "item/s", per_core)
        if shape is shapes[0]:
            report.add("items_per_s", "item/s", rates)
    return report


async def pass_once(shape: Shape, items: int, report: Report) -> Passage:
    """Send one catalog to a fresh node; twice when *shape* is the one to be repeated."""
    async with _bed(shape, items) as (node, load, reader):
        passage = await _take(node, load, reader, items)
        if shape.each == SHAPES[-1].each and not passage.fault:
            asking = asyncio.create_task(node.signalling.queries.catalog(DEVICE))
            again = await _take(node, load, reader, items)
            await asking
            if not again.fault:
                passages = report.figures.get("items_per_s_unchanged")
                known = tuple(passages.values) if passages is not None else ()
                report.add("items_per_s_unchanged", "item/s", (*known, again.rate))
    if passage.fault:
        report.ok = False
        report.notes.append(f"{shape.name}: {passage.fault}")
    if passage.resent:
        report.notes.append(f"{shape.name}: {passage.resent} parts were sent again")
    return passage


class Load:
    """The subordinate's process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def start(cls, order: Order) -> "AsyncIterator[Load]":
        """Start it for the time of the block."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tongshi.cli.bench.subordinate",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            if process.stdin is not None:
                process.stdin.write(order.as_json().encode("ascii") + b"\n")
            yield cls(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def read(self) -> dict[str, float]:
        """Return the next thing it says, its numbers; raises RuntimeError when it has died."""
        line = b"" if self._process.stdout is None else await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the subordinate's process ended")
        said = json.loads(line)
        refused = sum(dict(said.pop("refused", {})).values())
        return {"refused": refused} | {
            name: value for name, value in said.items() if isinstance(value, int | float)
        }


@asynccontextmanager
async def _bed(shape: Shape, items: int) -> AsyncIterator[tuple[Node, Load, Reader]]:
    """A node with an empty store, and a subordinate that is about to register with it."""
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="tongshi-bench-"))
        core = stack.enter_context(one_core())
        node = await stack.enter_async_context(Node(settings_of(Path(directory))))
        order = Order(
            host=HOST,
            port=node.sip_port,
            password=node.device_password,
            device_id=DEVICE,
            items=items,
            each=shape.each,
            window=shape.window,
            transport=shape.transport,
            core=core,
        )
        reader = node.feed.join(lambda _: True)
        stack.callback(node.feed.leave, reader)
        load = await stack.enter_async_context(Load.start(order))
        await load.read()
        yield node, load, reader


async def _take(node: Node, load: Load, reader: Reader, items: int) -> Passage:
    """Wait for one whole catalog and judge it."""
    cpu = time.process_time()
    try:
        async with asyncio.timeout(_LIMIT):
            sent = await load.read()
            stored = await _stored(reader)
    except TimeoutError:
        return Passage(items, _LIMIT, 0.0, 0, f"no catalog within {_LIMIT:.0f} s")
    passage = Passage(
        items, stored - sent["began"], time.process_time() - cpu, int(sent["resent"]), ""
    )
    catalog = (await asyncio.to_thread(node.registry.device, EVERYTHING, DEVICE)).catalog
    if catalog.state is not CatalogState.COMPLETE or catalog.received != items:
        return replace(
            passage, fault=f"{catalog.state.value}, {catalog.received} of {items}, {catalog.why}"
        )
    if sent["refused"]:
        return replace(passage, fault=f"{sent['refused']:.0f} parts were refused")
    return passage


async def _stored(reader: Reader) -> float:
    """Return when the register told of a catalog: CLOCK_MONOTONIC, s."""
    while True:
        for notice in await reader.take(1.0) or ():
            if notice.topic == "catalog":
                return time.monotonic()


@contextmanager
def one_core() -> Iterator[int]:
    """Keep this process, and the threads it starts, on one core; give the load another, or -1."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, {min(cores)})
    try:
        yield max(cores) if len(cores) > 1 else -1
    finally:
        os.sched_setaffinity(0, cores)


def settings_of(data: Path) -> Settings:
    """Return settings of a node that takes free ports and keeps all in *data*."""
    return Settings(
        node=NodeSettings(data=str(data)),
        signalling=SignallingSettings(listen=f"{HOST}:0"),
        media=MediaSettings(
            workers=0, listen=HOST, ports_from=0, ports_to=0, viewer_listen=f"{HOST}:0"
        ),
        web=WebSettings(listen=f"{HOST}:0"),
    )

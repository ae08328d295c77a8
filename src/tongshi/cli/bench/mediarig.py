"""The rig of the media benchmark: one gateway worker, and its load in other processes."""

import asyncio
import json
import os
import sys
import time
from array import array
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tongshi.gateway.engine import Figures, Receive, Transport
from tongshi.gateway.engines.workers import Workers
from tongshi.settings import MediaSettings
from tongshi.sim import mediaload

HOST = "127.0.0.1"
GOP = 50
_LINE = 1 << 28  # a result of the load has an array a viewer
_WARM = 2.0  # s of sending before the processor time is read: every ring holds a key frame then
Result = Any
"""What a load process says: JSON, whose shape its docstring has."""

_MOMENT, _LONG = 0.2, 2.0  # s after the last packet: to be in time, and to be lost
_LAG = 0.1  # s: a sender further behind its schedule proves nothing


@dataclass(frozen=True, slots=True)
class Load:
    """What to put on the worker.  seconds: of sending, the warm-up included."""

    streams: int
    transport: Transport = Transport.UDP
    seconds: float = 7.0
    viewers: bool = False
    relays: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of it.

    faults: why it does not count; empty when it does.  cores: processor time over time.
    memory: growth of the worker's resident memory, bytes a stream.  latencies: s, from the end
    of a picture's last packet to its fragment in the viewer, every picture of every stream.
    """

    faults: list[str] = field(default_factory=list)
    cores: float = 0.0
    memory: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether nothing was lost and all came in time."""
        return not self.faults


class LoadProcess:
    """One process of ``tongshi.sim.mediaload``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def run(cls, role: str, order: dict[str, Any]) -> "AsyncIterator[LoadProcess]":
        """Start the process and give it its order; end it afterwards."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tongshi.sim.mediaload",
            role,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE,
        )
        load = cls(process)
        try:
            load._write(json.dumps(order))
            yield load
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def read(self) -> Result:
        """Return the next thing it says; raises RuntimeError when it has died."""
        if self._process.stdout is None:
            raise RuntimeError("the load has no output")
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load process ended")
        said: Result = json.loads(line)
        return said

    def go(self) -> None:
        """Say the word."""
        self._write("go")

    def _write(self, text: str) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(text.encode() + b"\n")


class Rig:
    """One worker on one core, its load on another where there is one."""

    def __init__(self, engine: Workers, clip: Path) -> None:
        self.engine = engine
        self.clip = clip
        cores = sorted(os.sched_getaffinity(0))
        self.load_core = cores[-1] if len(cores) > 1 else None
        self.pid = engine.pids()[0]
        if len(cores) > 1:
            os.sched_setaffinity(self.pid, {cores[0]})
        self._number = 0

    @classmethod
    @asynccontextmanager
    async def build(cls, clip: Path) -> "AsyncIterator[Rig]":
        """Start a worker for the time of the block."""
        settings = MediaSettings(
            workers=1,
            listen=HOST,
            ports_from=0,
            ports_to=0,
            viewer_listen=f"{HOST}:0",
            sessions=100_000,
            viewers=100_000,
        )
        engine = Workers(settings)
        await engine.start()
        try:
            yield cls(engine, clip)
        finally:
            await engine.stop()

    async def open(self, count: int, transport: Transport) -> dict[str, int]:
        """Open *count* streams; return the port of each by name."""
        ports: dict[str, int] = {}
        for _ in range(count):
            self._number += 1
            name = f"s{self._number}"
            ports[name] = await self.engine.open(Receive(name, transport))
            await self.engine.adopt(name, None, ())
        return ports

    async def close(self, streams: list[str]) -> list[Figures]:
        """Close streams; return their last figures."""
        return [await self.engine.close(stream) for stream in streams]

    async def admit(self, stream: str) -> str:
        """Return an address at which one viewer may see *stream*."""
        self._number += 1
        ticket = f"t{self._number}"
        await self.engine.admit(stream, ticket, expires_s=60.0)
        return f"ws://{HOST}:{self.engine.viewer_port(stream)}/play/{ticket}"

    def sending(self, ports: list[int], transport: Transport, frames: int) -> dict[str, Any]:
        """Return the order for a sender: key frames spread evenly over time."""
        return {
            "clip": str(self.clip),
            "core": self.load_core,
            "frames": frames,
            "offsets": [index * 7 % GOP for index in range(len(ports))],
            "targets": [[HOST, port] for port in ports],
            "transport": "udp" if transport is Transport.UDP else "tcp",
        }

    async def measure(self, load: Load) -> Outcome:
        """Put *load* on the worker and say what came of it."""
        outcome = Outcome()
        frames = round(load.seconds * mediaload.FPS)
        before = resident(self.pid)
        ports = await self.open(load.streams, load.transport)
        try:
            async with AsyncExitStack() as stack:
                watcher = sink = None
                if load.viewers:
                    addresses = [await self.admit(stream) for stream in ports]
                    order = {"addresses": addresses, "core": self.load_core}
                    watcher = await stack.enter_async_context(LoadProcess.run("watch", order))
                    await watcher.read()
                if load.relays:
                    place = {"count": load.streams, "host": HOST, "core": self.load_core}
                    sink = await stack.enter_async_context(LoadProcess.run("sink", place))
                    for stream, port in zip(ports, await sink.read(), strict=True):
                        await self.engine.relay(stream, HOST, port, 1)
                sent = await self._send(load, list(ports.values()), frames, before, outcome)
                await self._check_in(ports, sent, outcome)
                if watcher is not None:
                    watcher.go()
                    _check_viewers(await watcher.read(), sent, frames, outcome)
                if sink is not None:
                    sink.go()
                    _check_relays(await sink.read(), sent, outcome)
        finally:
            await self.close(list(ports))
        return outcome

    async def _send(
        self, load: Load, ports: list[int], frames: int, before: int, outcome: Outcome
    ) -> dict[str, Any]:
        """Send, and read the worker's processor time from the end of the warm-up on."""
        order = self.sending(ports, load.transport, frames)
        async with LoadProcess.run("send", order) as sender:
            await sender.read()
            sender.go()
            await asyncio.sleep(_WARM)
            begun, busy = time.monotonic(), processor_time(self.pid)
            await asyncio.sleep(load.seconds - _WARM - 0.2)
            outcome.cores = (processor_time(self.pid) - busy) / (time.monotonic() - begun)
            outcome.memory = (resident(self.pid) - before) / load.streams
            result: dict[str, Any] = await sender.read()
        if result["lag"] > _LAG:
            outcome.faults.append(f"the sender was {result['lag']:.3f} s behind its schedule")
        return result

    async def _check_in(
        self, ports: dict[str, int], sent: dict[str, Any], outcome: Outcome
    ) -> None:
        """Every packet must have been taken within a moment of the last being sent."""
        await asyncio.sleep(_MOMENT)
        late, _ = await self._missing(ports, sent)
        if late:
            await asyncio.sleep(_LONG)
        missing, lost = await self._missing(ports, sent)
        if missing or lost:
            outcome.faults.append(f"{missing} packets were not taken, {lost} known lost")
        elif late:
            outcome.faults.append(f"{late} packets were taken more than {_MOMENT} s late")

    async def _missing(self, ports: dict[str, int], sent: dict[str, Any]) -> tuple[int, int]:
        """Return how many packets are missing in all streams, and how many they know to be."""
        missing = lost = 0
        for stream, packets in zip(ports, sent["packets"], strict=True):
            figures = await self.engine.figures(stream)
            missing += packets - figures.packets
            lost += figures.lost
        return missing, lost


def _check_viewers(
    seen: dict[str, Any], sent: dict[str, Any], frames: int, outcome: Outcome
) -> None:
    """Every picture after the first key frame must have come, and in time."""
    moments = mediaload.unpack_times(sent["sent"], "d")
    short = 0
    for index, (numbers_text, times_text) in enumerate(
        zip(seen["numbers"], seen["times"], strict=True)
    ):
        numbers = mediaload.unpack_times(numbers_text, "q")
        times: array[float] = mediaload.unpack_times(times_text, "d")
        first = index * 7 % GOP
        short += frames - len(numbers) > GOP
        for number, moment in zip(numbers, times, strict=True):
            outcome.latencies.append(moment - moments[index * frames + number - first])
    if short or sum(seen["gaps"]):
        outcome.faults.append(f"{short} viewers saw too little, {sum(seen['gaps'])} gaps")


def _check_relays(got: dict[str, Any], sent: dict[str, Any], outcome: Outcome) -> None:
    missing = sum(sent["packets"]) - sum(got["packets"])
    if missing:
        outcome.faults.append(f"{missing} relayed packets did not arrive")


def processor_time(pid: int) -> float:
    """Return the processor time of all threads of a process, s.

    Of the scheduler's own account, in ns; the usual one counts in hundredths of a second.
    """
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text("ascii").split()[0])
    return total / 1e9


def resident(pid: int) -> int:
    """Return the resident memory of a process, bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

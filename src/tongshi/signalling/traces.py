"""Wire traces: any peer's exchange, recorded to a file.

::

    Carrier --tap--> Traces --wanted?--> lines --twice a second, in a thread--> traces/<name>.jsonl

While no trace runs the carrier has no tap.  A trace ends by hand, by time, by size, or when its
file cannot be written; its first line says what was wanted, its last why it ended.  Files are
bounded in number; somebody has to delete old ones before new ones are made.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from tongshi.clock import Clock
from tongshi.errors import Conflict, Exhausted, Invalid, Missing
from tongshi.gb28181.identifier import is_usable
from tongshi.net.carrier import Tap
from tongshi.net.task import Supervisor
from tongshi.signalling.neighbours import Neighbours
from tongshi.sip.address import Address
from tongshi.sip.trace import Ladder, Record, Way, ladder, mask, read, write

RUNNING = 8
"""Traces at once at the most."""
KEPT = 200
"""Files at the most."""
FLUSH = 0.5
"""Time between two writes, s."""
LONGEST = 24 * 3600.0
"""Time of one trace at the most, s."""
LARGEST = 64 * 1024 * 1024
"""Bytes of one trace at the most."""
SHOWN = 5_000
"""Rows of a ladder at the most; the file has the rest."""
_SUFFIX, _LONGEST_NAME = ".jsonl", 128

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to record: one device, one host or ``host:port``, or every host without a device.

    seconds, size: limits, s and byte.
    """

    device_id: str = ""
    address: str = ""
    strangers: bool = False
    seconds: float = 600.0
    size: int = 8 * 1024 * 1024


@dataclass(slots=True)
class Trace:
    """One trace.

    began, until: UNIX time, s.  why: it ended, empty while it runs.  messages, size: so far.
    """

    name: str
    wanted: Wanted
    by: str
    began: float
    until: float
    why: str = ""
    messages: int = 0
    size: int = 0
    _lines: list[str] = field(default_factory=list, repr=False)
    _known: frozenset[str] = field(default=frozenset(), repr=False)


class Traces:
    """The traces of one platform.

    directory: of the files.  listen: given a tap while any trace runs, else None.
    """

    def __init__(
        self,
        directory: Path,
        neighbours: Neighbours,
        clock: Clock,
        listen: Callable[[Tap | None], None],
        new_token: Callable[[], str],
    ) -> None:
        self._directory = directory
        self._neighbours = neighbours
        self._clock = clock
        self._listen = listen
        self._new_token = new_token
        self._running: dict[str, Trace] = {}
        self._ended: list[Trace] = []
        self._tasks = Supervisor("traces")
        self._writing = asyncio.Lock()
        self._flusher: asyncio.Task[None] | None = None

    async def start(self, wanted: Wanted, by: str) -> Trace:
        """Begin to record *wanted*.  by: who wants it.  Raises Invalid, Exhausted, Conflict."""
        _check(wanted)
        if await asyncio.to_thread(_count, self._directory) >= KEPT:
            raise Exhausted(f"{KEPT} traces are kept: delete some", resource="trace")
        if len(self._running) >= RUNNING:
            raise Exhausted(f"{RUNNING} traces run already", resource="trace")
        if any(one.wanted == wanted for one in self._running.values()):
            raise Conflict("this is being recorded already")
        began = self._clock.wall()
        subject = wanted.device_id or _name(wanted.address) or "strangers"
        name = f"{int(began)}-{subject}-{self._new_token()[:6]}"
        trace = Trace(name, wanted, by, began, began + wanted.seconds)
        trace._lines.append(json.dumps(_heading(trace), ensure_ascii=False))
        if wanted.strangers:
            # Who registers from now on was a stranger when it began, and stays of interest.
            trace._known = frozenset(neighbour.address.host for neighbour in self._neighbours)
        self._running[name] = trace
        self._listen(self.tap)
        if self._flusher is None or self._flusher.done():
            self._flusher = self._tasks.start(self._flush(), name="flush")
        return trace

    def end(self, name: str, why: str = "stopped") -> Trace:
        """End a trace that runs; what waits is written at once.  Raises Missing."""
        trace = self._running.pop(name, None)
        if trace is None:
            raise Missing(f"no such trace runs: {name[:80]!r}")
        trace.why = why
        ending = {"ended": self._clock.wall(), "why": why, "messages": trace.messages}
        trace._lines.append(json.dumps(ending))
        self._ended.append(trace)
        if not self._running:
            self._listen(None)
        return trace

    async def stop(self) -> None:
        """End every trace and write what waits."""
        for name in list(self._running):
            self.end(name, "platform stopped")
        await self.write()
        await self._tasks.close()

    def running(self) -> list[Trace]:
        """Return the traces that run."""
        return list(self._running.values())

    def tap(self, inward: bool, data: bytes, address: Address) -> None:
        """Take one message of the carrier."""
        for trace in list(self._running.values()):
            if self._is_wanted(trace, data, address):
                self._keep(trace, inward, data, address)

    async def kept(self) -> list[Trace]:
        """Return every trace that has a file, the newest first; those that run come first."""
        await self.write()
        found = await asyncio.to_thread(_read_headings, self._directory)
        ended = [one for one in found if one.name not in self._running]
        return [*self._running.values(), *ended]

    async def ladder(self, name: str) -> Ladder:
        """Return what a trace shows, its first :data:`SHOWN` messages; raises Missing, Invalid."""
        path = await self.file(name)
        return await asyncio.to_thread(_read_ladder, path)

    async def file(self, name: str) -> Path:
        """Return the file of a trace, all written that was recorded; raises Missing."""
        await self.write()
        path = self._path(name)
        if not await asyncio.to_thread(path.is_file):
            raise Missing(f"no such trace: {name[:80]!r}")
        return path

    async def delete(self, name: str) -> None:
        """Delete a trace, ended before if it runs; raises Missing."""
        if name in self._running:
            self.end(name, "deleted")
        path = await self.file(name)
        await asyncio.to_thread(path.unlink, True)

    async def write(self) -> None:
        """Write what waits.  A trace whose file cannot be written ends."""
        async with self._writing:
            ended, self._ended = self._ended, []
            for trace in [*self._running.values(), *ended]:
                lines, trace._lines = trace._lines, []
                if not lines:
                    continue
                try:
                    await asyncio.to_thread(_append, self._path(trace.name), lines)
                except OSError as error:
                    _log.error("event=trace-lost name=%s why=%s", trace.name, error.strerror)
                    if trace.name in self._running:
                        self.end(trace.name, "file cannot be written")

    async def _flush(self) -> None:
        while self._running:
            await asyncio.sleep(FLUSH)
            now = self._clock.wall()
            for trace in self.running():
                if now >= trace.until:
                    self.end(trace.name, "time is up")
            await self.write()

    def _is_wanted(self, trace: Trace, data: bytes, address: Address) -> bool:
        wanted = trace.wanted
        if wanted.device_id:
            if wanted.device_id.encode() in data:
                return True
            neighbour = self._neighbours.get(wanted.device_id)
            return neighbour is not None and neighbour.address == address
        if wanted.address:
            return wanted.address in (address.host, _place(address))
        return address.host not in trace._known

    def _keep(self, trace: Trace, inward: bool, data: bytes, address: Address) -> None:
        now = self._clock.wall()
        way = Way.IN if inward else Way.OUT
        line = write(Record(now, way, address.transport, _place(address), mask(data)))
        trace._lines.append(line)
        trace.messages += 1
        trace.size += len(line.encode()) + 1
        if trace.size >= trace.wanted.size:
            self.end(trace.name, "size is reached")
        elif now >= trace.until:
            self.end(trace.name, "time is up")

    def _path(self, name: str) -> Path:
        if not 0 < len(name) <= _LONGEST_NAME or not all(
            sign.isalnum() or sign in "._+~-" for sign in name
        ):
            raise Missing(f"no such trace: {name[:80]!r}")
        return self._directory / f"{name}{_SUFFIX}"


def _place(address: Address) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


def _name(address: str) -> str:
    return address.replace("[", "").replace("]", "").replace(":", "-")


def _check(wanted: Wanted) -> None:
    if sum(map(bool, (wanted.device_id, wanted.address, wanted.strangers))) != 1:
        raise Invalid("a trace is of one device, of one address, or of strangers")
    if wanted.device_id and not is_usable(wanted.device_id):
        raise Invalid(f"not the id of a device: {wanted.device_id[:70]!r}")
    if wanted.address and not _is_address(wanted.address):
        raise Invalid(f"not an address: {wanted.address[:70]!r}")
    if not 1 <= wanted.seconds <= LONGEST:
        raise Invalid(f"a trace takes 1 to {LONGEST:g} s")
    if not 1024 <= wanted.size <= LARGEST:
        raise Invalid(f"a trace has 1024 to {LARGEST} bytes")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        host, colon, port = text.rpartition(":")
        try:
            ip_address(host.strip("[]"))
        except ValueError:
            return False
        return bool(colon) and port.isascii() and port.isdigit()
    return True


def _heading(trace: Trace) -> dict[str, object]:
    wanted = trace.wanted
    return {
        "trace": 1,
        "began": trace.began,
        "until": trace.until,
        "by": trace.by,
        "device": wanted.device_id,
        "address": wanted.address,
        "strangers": wanted.strangers,
        "size": wanted.size,
    }


def _append(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as out:
        out.write("".join(f"{line}\n" for line in lines))


def _count(directory: Path) -> int:
    return sum(1 for _ in directory.glob(f"*{_SUFFIX}"))


def _read_headings(directory: Path) -> list[Trace]:
    found = []
    for path in sorted(directory.glob(f"*{_SUFFIX}"), reverse=True)[:KEPT]:
        try:
            found.append(_read_heading(path))
        except (OSError, ValueError, KeyError, TypeError):
            _log.warning("event=trace-unreadable name=%s", path.stem)
    return found


def _read_heading(path: Path) -> Trace:
    """Return what the first and the last line of a file tell of its trace."""
    with path.open(encoding="utf-8") as lines:
        told = json.loads(next(lines, ""))
        last = ""
        for line in lines:
            last = line
    seconds = told["until"] - told["began"]
    wanted = Wanted(told["device"], told["address"], told["strangers"], seconds, told["size"])
    trace = Trace(path.stem, wanted, told["by"], told["began"], told["until"], "interrupted")
    trace.size = path.stat().st_size
    if last.startswith('{"ended"'):
        ending = json.loads(last)
        trace.why, trace.messages = ending["why"], ending["messages"]
    return trace


def _read_ladder(path: Path) -> Ladder:
    with path.open(encoding="utf-8") as lines:
        return ladder(read(line for line, _ in zip(lines, range(SHOWN), strict=False)))

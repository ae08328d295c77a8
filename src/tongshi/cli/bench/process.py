"""What a process under measurement costs, as the kernel counts it, and when it is ready."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tongshi.errors import EngineFailed

_LOOK = 0.5


def processor_seconds(pids: Iterable[int]) -> float:
    """Return the processor time of these processes, user and system, all their threads, s."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text("ascii").split()[0])
    return total / 1e9


def resident(pid: int) -> int:
    """Return the resident memory of a process, byte."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def children(pid: int) -> list[int]:
    """Return the processes that *pid* started and that still run."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text("ascii").split()]
    return found


@contextlib.contextmanager
def pinned(core: int) -> Iterator[None]:
    """Run what is inside, and the processes started there, on *core* alone.

    On a machine with a single core, or without that one, nothing is pinned.
    """
    allowed = os.sched_getaffinity(0)
    if core in allowed and len(allowed) > 1:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


async def until(met: Callable[[], bool], within: float, fault: str) -> None:
    """Return once *met*, which may block, is true.

    within: s.  fault: what to say when that takes longer.  Raises EngineFailed.
    """
    for _ in range(round(within / _LOOK)):
        if await asyncio.to_thread(met):
            return
        await asyncio.sleep(_LOOK)
    raise EngineFailed(fault, stage="worker")

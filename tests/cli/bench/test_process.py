"""What a process costs."""

import asyncio
import os
import subprocess
import sys

import pytest

from tongshi.cli.bench import process
from tongshi.cli.bench.process import children, pinned, processor_seconds, resident, until
from tongshi.errors import EngineFailed


def test_processor_time_grows_with_work() -> None:
    # In a process of its own: threads of other tests that end here take their time with them.
    work = "input(); print(sum(number * number for number in range(200_000))); input()"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", work], stdin=pipe, stdout=pipe) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        before = processor_seconds([child.pid])
        child.stdin.write(b"\n")
        child.stdin.flush()
        assert child.stdout.readline()
        assert processor_seconds([child.pid]) > before
        child.communicate(b"\n")


def test_memory_and_children() -> None:
    assert resident(os.getpid()) > 1 << 20
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in children(os.getpid())
        child.communicate(b"\n")


def test_pinning_is_taken_back() -> None:
    allowed = os.sched_getaffinity(0)
    with pinned(min(allowed)):
        assert os.sched_getaffinity(0) == {min(allowed)} or len(allowed) == 1
    with pinned(10_000):
        assert os.sched_getaffinity(0) == allowed
    assert os.sched_getaffinity(0) == allowed


def test_what_is_waited_for_comes_or_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_LOOK", 0.001)
    looks = iter([False, False, True])
    asyncio.run(until(lambda: next(looks), 1.0, "never"))
    with pytest.raises(EngineFailed, match="never came"):
        asyncio.run(until(lambda: False, 0.01, "it never came"))

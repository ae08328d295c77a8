"""What a process costs."""

import os
import subprocess
import sys

from tongshi.cli.bench.process import children, pinned, processor_seconds, resident


def test_processor_time_grows_with_work() -> None:
    before = processor_seconds([os.getpid()])
    assert sum(number * number for number in range(200_000)) > 0
    assert processor_seconds([os.getpid()]) > before


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

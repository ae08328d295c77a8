"""A command of this product as a process: started, read line by line, signalled, waited for."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tongshi.errors import PeerSilent

START = 30.0
"""How long a line may be waited for, s: an import on a busy machine takes seconds."""


class Command:
    """``tongshi`` with *arguments*, running.  Use it with ``with``: it is killed at the end.

    environ: variables on top of ours, from which every ``TONGSHI_`` is taken out.
    out, err: lines that it has printed so far.
    """

    def __init__(
        self,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        module: str = "tongshi.cli.main",
    ) -> None:
        own = {name: text for name, text in os.environ.items() if not name.startswith("TONGSHI_")}
        self.out: list[str] = []
        self.err: list[str] = []
        self._changed = threading.Condition()
        self._open = 2
        self._process = subprocess.Popen(
            [sys.executable, "-W", "always::ResourceWarning", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**own, "PYTHONUNBUFFERED": "1", **(environ or {})},
        )
        pipes = ((self._process.stdout, self.out), (self._process.stderr, self.err))
        self._readers = [
            threading.Thread(target=self._read, args=(pipe, lines), daemon=True)
            for pipe, lines in pipes
            if pipe is not None
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self.wait()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def line(self, wanted: Callable[[str], object], *, within: float = START) -> str:
        """Return the first line of its output that is *wanted*, once it is there.

        Raises PeerSilent, with what it printed instead, when it ends or *within* s pass.
        """
        return self._find(self.out, wanted, within)

    def said(self, wanted: Callable[[str], object], *, within: float = START) -> str:
        """Return the same of what it logs."""
        return self._find(self.err, wanted, within)

    def _find(self, lines: list[str], wanted: Callable[[str], object], within: float) -> str:
        until = time.monotonic() + within
        with self._changed:
            while True:
                for line in lines:
                    if wanted(line):
                        return line
                if not self._open or not self._changed.wait(until - time.monotonic()):
                    break
        told = "\n".join([*self.out[-20:], *self.err[-20:]])
        raise PeerSilent(f"the line never came; instead: {told}", timer="line", stage="worker")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def say(self, line: str) -> None:
        """Write a line to its standard input."""
        if self._process.stdin is not None:
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()

    def close_input(self) -> None:
        """End its standard input."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self, *, within: float = START) -> int:
        """Return its exit status, once it has ended and all it printed is read.

        A negative status is the signal that ended it.  Raises subprocess.TimeoutExpired.
        """
        status = self._process.wait(within)
        for reader in self._readers:
            reader.join()
        self.close_input()
        return status

    def _read(self, pipe: IO[bytes], lines: list[str]) -> None:
        with pipe:
            for line in pipe:
                with self._changed:
                    lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._open -= 1
            self._changed.notify_all()


def free_port() -> int:
    """Return a port for a process that must find it free again after a restart.

    For UDP and TCP, below those that the system gives to whoever asks for any.
    """
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with (
            socket.socket() as tcp,
            socket.socket(type=socket.SOCK_DGRAM) as udp,
            contextlib.suppress(OSError),
        ):
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
            return port


def children(pid: int) -> list[int]:
    """Return the processes that *pid* has started and that run, from /proc."""
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _parent(entry) == pid]


def lives(pid: int) -> bool:
    """Return whether a process runs: one that has ended and waits for its parent does not."""
    return _parent(Path(f"/proc/{pid}")) is not None


def _parent(entry: Path) -> int | None:
    """Return the parent of a process that runs."""
    try:
        text = (entry / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    state, parent = text.rpartition(")")[2].split()[:2]
    return None if state in ("Z", "X") else int(parent)

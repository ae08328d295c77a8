"""Verification in the background, bounded and with progress; exports read from files.

The work is Python, and Python threads take turns: it rests as long as it works, so that a chain of
millions slows nobody down and is through in minutes.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from tongshi.audit.entry import Actor, Outcome
from tongshi.audit.head import SignedHead
from tongshi.audit.lines.store import read_extent, read_lines
from tongshi.audit.service import Audit
from tongshi.audit.statement import LONGEST, Line, read_line, read_witness
from tongshi.audit.verify import Examination, Report
from tongshi.clock import Clock
from tongshi.db.fault import translate
from tongshi.errors import Conflict, Error, Invalid

_log = logging.getLogger(__name__)

STRETCH = 100
"""Lines between two rests."""
EXPORTS = 2
"""Exports at once."""


class State(Enum):
    """How far a check has come."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """A verification.

    entries: examined so far, of total.  begun_at, ended_at: UNIX time, s.  by: who asked.
    report: once it is done.  fault: why it failed, which says nothing of the chain.
    """

    state: State = State.NONE
    entries: int = 0
    total: int = 0
    begun_at: float | None = None
    ended_at: float | None = None
    by: str = ""
    report: Report | None = None
    fault: str = ""


class Checking:
    """The verification of one node's own chain, one at a time.  Safe to use from any thread.

    name: of the platform, for exports.  rest: sleeps, s.
    """

    def __init__(
        self,
        engine: Engine,
        audit: Audit,
        clock: Clock,
        name: str,
        *,
        rest: Callable[[float], object] = time.sleep,
    ) -> None:
        self._engine = engine
        self._audit = audit
        self._clock = clock
        self._name = name
        self._rest = rest
        self._lock = threading.Lock()
        self._check = Check()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._exports = 0

    def state(self) -> Check:
        """Return the check that runs, or the last one."""
        return self._check

    def start(self, actor: Actor) -> Check:
        """Begin a check; raises Conflict while one runs."""
        with self._lock:
            if self._check.state is State.RUNNING:
                raise Conflict("the chain is being verified already")
            with self._engine.connect() as connection:
                total = read_extent(connection).count
            wall = self._clock.wall()
            self._check = Check(State.RUNNING, 0, total, wall, None, actor.person)
            self._thread = threading.Thread(
                target=self._work, args=(actor,), name="audit-check", daemon=True
            )
            self._thread.start()
        return self._check

    @property
    def busy(self) -> bool:
        """Whether as many exports are being made as may be."""
        return self._exports >= EXPORTS

    def wait(self, timeout: float = 60.0) -> Check:
        """Return the check once it is over, or after *timeout* s as it stands."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self._check

    def stop(self) -> None:
        """End what runs."""
        self._stopping.set()
        self.wait()

    @contextlib.contextmanager
    def export(self, *, rows: bool) -> Iterator[Iterator[Line]]:
        """Give the lines of an export; raises Conflict when too many are made already."""
        with self._lock:
            if self._exports >= EXPORTS:
                raise Conflict(f"{EXPORTS} exports are being made already")
            self._exports += 1
        go_on = self._audit.stand_still()
        try:
            yield self._lines(rows=rows)
        finally:
            go_on()
            with self._lock:
                self._exports -= 1

    def _lines(self, *, rows: bool) -> Iterator[Line]:
        wall = self._clock.wall()
        return read_lines(self._engine, self._audit.key, self._name, wall, rows=rows)

    def _work(self, actor: Actor) -> None:
        go_on = self._audit.stand_still()
        report, fault = None, ""
        try:
            report = self._examine()
        except (Error, SQLAlchemyError) as error:
            fault = str(translate(error) if isinstance(error, SQLAlchemyError) else error)
            _log.error("event=check-failed why=%s", fault)
        finally:
            go_on()
        state = State.DONE if report is not None else State.FAILED
        wall = self._clock.wall()
        self._check = replace(self._check, state=state, ended_at=wall, report=report, fault=fault)
        worst = report.worst if report is not None else None
        outcome = Outcome.DONE if report is not None and report.holds else Outcome.FAILED
        act = actor.act(
            "audit.verified",
            outcome=outcome,
            entries=self._check.entries,
            last=report.last if report is not None else 0,
            finding=worst.fault.value if worst is not None else "",
            fault=fault,
        )
        self._audit.note(act)

    def _examine(self) -> Report:
        """Return what was found; raises Conflict when the node stops meanwhile."""
        examination = Examination(self._audit.key)
        since = time.monotonic()
        for number, line in enumerate(self._lines(rows=True), 1):
            examination.take(line)
            if number % STRETCH == 0:
                if self._stopping.is_set():
                    raise Conflict("the node stops")
                self._check = replace(self._check, entries=examination.entries)
                self._rest(time.monotonic() - since)
                since = time.monotonic()
        self._check = replace(self._check, entries=examination.entries)
        return examination.finish()


def read_export(path: Path) -> Iterator[Line]:
    """Return the lines of the export at *path*; raises Invalid when it cannot be read."""
    for text in _read_texts(path):
        yield read_line(text)


def read_witness_file(path: Path) -> Iterator[SignedHead]:
    """Return the heads of the witness file at *path*; raises Invalid."""
    yield from read_witness(_read_texts(path))


def _read_texts(path: Path) -> Iterator[str]:
    """Return the lines of a file, each of bounded length."""
    try:
        with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            while text := file.readline(LONGEST + 1):
                yield text
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from None

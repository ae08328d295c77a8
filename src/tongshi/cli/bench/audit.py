"""What the audit chain costs: appending, and verifying what was appended."""

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine

from tongshi.access.register import Action, Ending, Look
from tongshi.access.store import add_entry, write_endings
from tongshi.audit.entry import Actor
from tongshi.audit.lines.store import read_lines
from tongshi.audit.service import Audit, Sealing
from tongshi.audit.statement import Line
from tongshi.audit.store import append, append_all
from tongshi.audit.verify import examine
from tongshi.cli.bench.report import Report
from tongshi.clock import SystemClock
from tongshi.db.connect import connect, writing
from tongshi.db.migrate import upgrade
from tongshi.db.writer import Writer

METHOD = (
    "SQLite in a temporary directory.  By processor time: chained, acts a second, each by a "
    "statement of its own, a thousand to a transaction; batched, the same by one statement; "
    "verified, entries a second, from lines in memory, with the register's rows and their heads; "
    "read, lines a second out of the store.  By the clock: looks, entries of the access register a "
    "second through the writer, a hundred at once, each with its row and its chained act, on the "
    "disk; endings, a thousand at once with their chained acts."
)
BATCH = 1000
EVERY = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benchmark's own arguments."""
    parser.add_argument("--entries", type=int, default=20_000, help="entries a run / 每轮条目数")


def measure(given: argparse.Namespace) -> Report:
    """Measure three runs."""
    report = Report(METHOD)
    count = min(given.entries, 2000) if given.quick else given.entries
    found: dict[str, list[float]] = {}
    for _ in range(1 if given.quick else 3):
        for name, value in _run(count).items():
            found.setdefault(name, []).append(value)
    for name, values in found.items():
        report.add(name, "1/s", values)
    return report


def _run(count: int) -> dict[str, float]:
    """Return one run's figures, by name."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        engine = connect(f"sqlite:///{place}/tongshi.db")
        try:
            upgrade(engine)
            with closing(Writer(engine)) as writer:
                audit = Audit(engine, writer, SystemClock(), place, Sealing())
                audit.begin({}, {})
                figures = _append(engine, count)
                figures |= _look(writer, audit, count)
                audit.end()
            return {**figures, **_verify(engine, audit.key)}
        finally:
            engine.dispose()


def _append(engine: Engine, count: int) -> dict[str, float]:
    wall, actor = time.time(), Actor(7, "李 Li", "值班室 Duty", "192.0.2.7")
    acts = [
        actor.act("peer.profile-set", f"3402000000132{n:07}", fields="x=1") for n in range(BATCH)
    ]

    def one_by_one(connection: Connection) -> None:
        for act in acts:
            append(connection, wall, act)

    def together(connection: Connection) -> None:
        append_all(connection, wall, acts)

    rounds = max(1, count // BATCH)
    return {
        "chained": BATCH * rounds / _timed(engine, one_by_one, rounds),
        "batched": BATCH * rounds / _timed(engine, together, rounds),
    }


def _timed(engine: Engine, work: Callable[[Connection], None], rounds: int) -> float:
    """Return the processor time that *rounds* transactions of *work* take, s."""
    since = time.process_time()
    for _ in range(rounds):
        with engine.connect() as plain:
            connection = plain.execution_options(**writing())
            with connection.begin():
                work(connection)
    return time.process_time() - since


def _look(writer: Writer, audit: Audit, count: int) -> dict[str, float]:
    wall = time.time()
    look = Look(None, "Li", "Duty", Action.LIVE, "d", "c", "门", "duty", wall, "ws", "::1")
    numbers: list[int] = []
    since = time.perf_counter()
    for _ in range(0, count, EVERY):
        # As many as open at once on a busy morning; each waits until it is on the disk.
        waiting = [
            writer.call(lambda connection: add_entry(connection, look), durable=True)
            for _ in range(EVERY)
        ]
        numbers += [future.result(30) for future in waiting]
    looked = time.perf_counter() - since
    begun = time.perf_counter()
    for at in range(0, len(numbers), BATCH):
        endings = {number: Ending(wall, "closed", 1.0, 1) for number in numbers[at : at + BATCH]}
        writer.commit(partial(write_endings, endings=endings))
        audit.seal()
    ended = time.perf_counter() - begun
    return {"looks": len(numbers) / looked, "endings": len(numbers) / ended}


def _verify(engine: Engine, key: bytes) -> dict[str, float]:
    since = time.process_time()
    lines: list[Line] = list(read_lines(engine, key, "bench", time.time(), rows=True))
    read = time.process_time() - since
    since = time.process_time()
    report = examine(lines, key)
    verified = time.process_time() - since
    assert report.holds
    return {"verified": report.entries / verified, "read": len(lines) / read}

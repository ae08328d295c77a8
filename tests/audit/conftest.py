"""A chain in a store of its own, with a clock that tests wind."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tongshi.access.register import Action, Ending, Look
from tongshi.access.store import add_entry, write_endings
from tongshi.audit.entry import Act, Actor
from tongshi.audit.lines.store import read_lines
from tongshi.audit.service import Audit, Sealing
from tongshi.audit.statement import Line, read_line, write_line
from tongshi.audit.store import append
from tongshi.audit.verify import Report, examine
from tongshi.clock import ManualClock
from tongshi.db.connect import connect
from tongshi.db.migrate import upgrade
from tongshi.db.writer import Writer

LI = Actor(None, "Li", "Office", "192.0.2.7")


@dataclass
class Town:
    """A store with its writer, and the chain in it."""

    folder: Path
    engine: Engine
    writer: Writer
    clock: ManualClock
    audit: Audit

    @property
    def witness(self) -> Path:
        return self.folder / "witness" / f"{self.audit.node}.jsonl"

    def act(self, act: Act | None = None) -> int:
        wall = self.clock.wall()
        chained = act or LI.act("trace.begun", "device")
        return self.writer.commit(lambda connection: append(connection, wall, chained))

    def look(self, *, ended: bool = True) -> int:
        at = self.clock.wall()
        look = Look(None, "Li", "U", Action.LIVE, "d", "c", "门", "duty", at, "ws", "::1")
        number = self.writer.commit(lambda connection: add_entry(connection, look))
        if ended:
            self.end(number, at + 1)
        return number

    def end(self, number: int, at: float) -> None:
        endings = {number: Ending(at, "closed", 1.0, 10)}
        self.writer.commit(lambda connection: write_endings(connection, endings))

    def lines(self, *, rows: bool = True) -> list[Line]:
        """Return the lines of an export, through text and back."""
        wall = self.clock.wall()
        lines = read_lines(self.engine, self.audit.key, "Town", wall, rows=rows)
        return [read_line(write_line(line)) for line in lines]

    def report(self) -> Report:
        return examine(self.lines(), self.audit.key)

    def tamper(self, statement: str) -> None:
        """Change the store behind the node's back."""
        with contextlib.closing(sqlite3.connect(self.folder / "tongshi.db")) as store, store:
            store.execute(statement)


@pytest.fixture
def open_town(tmp_path: Path) -> Iterator[Callable[..., Town]]:
    """Return what opens the chain in this test's directory, again and again if need be."""
    opened: list[Town] = []

    def build(clock: ManualClock | None = None, terms: Sealing | None = None) -> Town:
        clock = clock or ManualClock()
        engine = connect(f"sqlite:///{tmp_path}/tongshi.db")
        upgrade(engine)
        writer = Writer(engine, flush=0.05)
        terms = terms or Sealing(witness=tmp_path / "witness")
        audit = Audit(engine, writer, clock, tmp_path, terms)
        town = Town(tmp_path, engine, writer, clock, audit)
        opened.append(town)
        return town

    yield build
    for town in opened:
        town.writer.close()
        town.engine.dispose()


@pytest.fixture
def town(open_town: Callable[..., Town]) -> Town:
    """Return a chain that has begun."""
    town = open_town()
    town.audit.begin({"version": "1"}, {"a": 1})
    return town

"""Counting failures and keeping pauses, each failure in the audit chain."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from tongshi.access.identity import Person, Rules, Way
from tongshi.access.signin import store
from tongshi.access.signin.pace import Kind, count, is_paused, keys_of, limits, source_of
from tongshi.audit.entry import Actor, Outcome
from tongshi.audit.store import append
from tongshi.db.writer import Writer


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt.  name: folded.  person: None for a name that nobody has.  wall: UNIX time, s."""

    name: str
    person: Person | None
    address: str
    wall: float

    @property
    def keys(self) -> Mapping[Kind, str]:
        """Under what its failure is counted."""
        return keys_of(self.name, self.address)


class Guard:
    """Pauses of one node.  Safe to use from any thread."""

    def __init__(self, engine: Engine, writer: Writer, rules: Rules) -> None:
        self._engine = engine
        self._writer = writer
        self._rules = rules

    def is_paused(self, attempt: Attempt) -> bool:
        """Say whether *attempt* is refused, right or wrong."""
        person_id = attempt.person.id if attempt.person else 0
        with self._engine.connect() as connection:
            known = store.is_known(connection, person_id, source_of(attempt.address))
            tallies = store.read_tallies(connection, attempt.keys)
        return is_paused(tallies, attempt.wall, known=known)

    def fail(self, attempt: Attempt, way: Way) -> None:
        """Count one more failure, from what is stored now: several may come at once.

        The name is not recorded unless it is somebody's: people type passwords there.
        """
        person, wall = attempt.person, attempt.wall
        by = Actor(address=attempt.address)
        if person is not None:
            by = Actor(person.id, person.shown, person.unit, attempt.address)

        def write(connection: Connection) -> None:
            before = store.read_tallies(connection, attempt.keys)
            bounds = limits(self._rules)
            now = {kind: count(before.get(kind), wall, bounds[kind]) for kind in Kind}
            store.write_tallies(connection, attempt.keys, now)
            refused = by.act("session.begun", outcome=Outcome.REFUSED, way=way.value)
            append(connection, wall, refused)
            for kind in Kind:
                seconds = round(now[kind].paused_until - wall)
                if seconds > 0:
                    append(connection, wall, by.act("person.locked", kind.value, seconds=seconds))

        self._writer.commit(write, durable=True)

    def forgive(self, connection: Connection, attempt: Attempt) -> None:
        """Forget failures of the name, and know the address, in the transaction of a success."""
        store.clear_tallies(connection, attempt.keys)
        if attempt.person is not None:
            source = source_of(attempt.address)
            store.remember_address(connection, attempt.person.id, source, attempt.wall)

"""The lives of the process: what the one before was known to have lived until.

After a killed process nobody knows what happened between its last breath and this start; the
states of devices in between are unknown, and open looks ended somewhere in it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from tongshi.clock import Clock
from tongshi.db.buffer import Job
from tongshi.db.connect import writing
from tongshi.db.fault import translate
from tongshi.db.tables import runs

BREATH = 5.0
"""Between notes that the process lives, s."""


@dataclass(frozen=True, slots=True)
class Life:
    """One life.  alive_at: UNIX time, s, until which it is known to have lived.

    clean: whether it was stopped, and not killed.
    """

    began_at: float
    alive_at: float
    clean: bool


class Run:
    """This life, noted in the store every few seconds; a source of the writer.

    previous: the life before, None in a new store.
    """

    durable = False

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._noted_at = clock.now()
        self._pending = False
        self.began_at = clock.wall()
        try:
            with engine.connect() as plain:
                connection = plain.execution_options(**writing(durable=True))
                with connection.begin():
                    self.previous = _newest(connection)
                    self._id = _begin(connection, self.began_at)
        except SQLAlchemyError as error:
            raise translate(error) from error

    def end(self) -> Job:
        """Return the job that notes a clean stop: the last one given to the writer."""
        ended_at = self._clock.wall()

        def note(connection: Connection) -> None:
            values = {"alive_at": ended_at, "ended_at": ended_at}
            connection.execute(update(runs).where(runs.c.id == self._id).values(values))

        return note

    def take(self) -> Job | None:
        """Return the job that notes that the process lives, when that is due."""
        with self._lock:
            if self._clock.now() - self._noted_at < BREATH:
                return None
            self._pending = True
        alive_at = self._clock.wall()

        def note(connection: Connection) -> None:
            connection.execute(update(runs).where(runs.c.id == self._id).values(alive_at=alive_at))

        return note

    def take_apart(self) -> list[tuple[Job, Callable[[], None]]]:
        """Return nothing: a note that fails is left out, the next one says more."""
        return []

    def settle(self, *, written: bool) -> None:
        """Take the note as made, or have it made again at the next flush."""
        with self._lock:
            self._pending = False
            if written:
                self._noted_at = self._clock.now()

    def __len__(self) -> int:
        return int(self._pending)


def _newest(connection: Connection) -> Life | None:
    row = connection.execute(select(runs).order_by(runs.c.id.desc()).limit(1)).first()
    return None if row is None else Life(row.began_at, row.alive_at, row.ended_at is not None)


def _begin(connection: Connection, at: float) -> int:
    statement = insert(runs).values(began_at=at, alive_at=at).returning(runs.c.id)
    return int(connection.execute(statement).scalar_one())

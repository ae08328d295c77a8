"""Choices of what to be told, written at once and read at a start.  Blocks."""

from dataclasses import replace

from sqlalchemy import Connection, Engine

from tongshi.audit.entry import PLATFORM, Actor
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.registry.subscriptions import store
from tongshi.registry.want import Want


class Wants:
    """The choices of one node."""

    def __init__(self, engine: Engine, writer: Writer, clock: Clock) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock

    def keep(self, want: Want, by: str, actor: Actor = PLATFORM) -> None:
        """Keep a choice of the person *by*; raises Exhausted when it cannot be written."""
        clean = replace(
            want, device_id=storable(want.device_id, 64), target_id=storable(want.target_id, 64)
        )
        at, name = self._clock.wall(), storable(by)

        def write(connection: Connection) -> None:
            store.write_want(connection, clean, at, name)
            act = actor.act(
                "peer.subscription-set",
                clean.device_id,
                subject=clean.subject,
                target=clean.target_id,
                wanted=clean.wanted,
            )
            append(connection, at, act)

        self._writer.commit(write, durable=True)

    def all(self) -> list[Want]:
        """Return every choice."""
        with self._engine.connect() as connection:
            return store.read_wants(connection)

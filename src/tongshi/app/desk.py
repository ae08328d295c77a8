"""Purposes, requests and emergencies of one node, and what happens to them by time alone."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from tongshi.access.factors.service import KEY_NAME, read_key
from tongshi.access.granting.service import Rights
from tongshi.api.feed import Feed
from tongshi.approvals.emergency.service import Emergencies
from tongshi.approvals.glass import Limits, State
from tongshi.approvals.purposes.service import Purposes
from tongshi.approvals.service import Approvals
from tongshi.clock import Clock
from tongshi.db.writer import Writer
from tongshi.net.task import Supervisor
from tongshi.settings import Settings

PAUSE = 30.0
"""Between two looks at what has expired or become overdue, s."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where people state why, ask, decide and review."""

    purposes: Purposes
    approvals: Approvals
    emergencies: Emergencies


def open_desk(
    settings: Settings, store: Engine, writer: Writer, clock: Clock, rights: Rights
) -> Desk:
    """Build it; the key for secrets at rest is made at the first start.  Blocks."""
    set_to = settings.approvals
    limits = Limits(
        minutes=set_to.glass_minutes,
        cameras=set_to.glass_cameras,
        review=set_to.review * 3600.0,
        footage=set_to.glass_footage * 3600.0,
    )
    key = read_key(Path(settings.node.data) / KEY_NAME)
    purposes = Purposes(store, writer, clock)
    return Desk(
        purposes,
        Approvals(store, writer, clock, rights, purposes, key),
        Emergencies(store, writer, clock, rights, purposes, limits),
    )


class Round:
    """Writes down what expires and what becomes overdue, and tells whom it concerns."""

    def __init__(self, desk: Desk, feed: Feed) -> None:
        self._desk = desk
        self._feed = feed
        self._tasks = Supervisor("approvals")

    def start(self) -> None:
        """Begin."""
        self._tasks.sustain(self.turn, name="round", pause=PAUSE)

    async def stop(self) -> None:
        """End; harmless before the start."""
        await self._tasks.close()

    async def turn(self) -> None:
        """Look once: nothing here lets anybody do more, grants end by themselves."""
        expired = await asyncio.to_thread(self._desk.approvals.sweep)
        for request in expired:
            people = frozenset({request.asker.id})
            body = {"id": request.id, "state": request.state.value}
            self._feed.tell("request", people, body, key=str(request.id))
        for glass in await asyncio.to_thread(self._desk.emergencies.sweep):
            told = await asyncio.to_thread(self._desk.emergencies.told, glass)
            body = {"id": glass.id, "state": State.OVERDUE.value}
            self._feed.tell("glass", told | {glass.by.id}, body, key=str(glass.id))

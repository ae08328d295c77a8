"""Purposes, requests and emergencies of one node, and what happens to them by time alone."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import Engine

from tongshi.access.granting.service import Rights
from tongshi.api.feed import Feed
from tongshi.approvals.emergency.service import Emergencies
from tongshi.approvals.glass import Limits, State
from tongshi.approvals.purposes.service import Purposes
from tongshi.approvals.service import Approvals
from tongshi.clock import Clock
from tongshi.db.writer import Writer
from tongshi.net.task import Supervisor
from tongshi.settings import ApprovalSettings

PAUSE = 30.0
"""Between two looks at what has expired or become overdue, s."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where people state why, ask, decide and review."""

    purposes: Purposes
    approvals: Approvals
    emergencies: Emergencies


def open_desk(
    settings: ApprovalSettings,
    store: Engine,
    writer: Writer,
    clock: Clock,
    rights: Rights,
    key: bytes,
) -> Desk:
    """Build it.  key: under which numbers of identity documents are stored.  Blocks."""
    limits = Limits(
        minutes=settings.glass_minutes,
        cameras=settings.glass_cameras,
        review=settings.review * 3600.0,
        footage=settings.glass_footage * 3600.0,
    )
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

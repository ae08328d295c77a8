"""People with a past, written straight into the register and the chain: for tests of the watch."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, insert

from tongshi.audit.entry import Actor, Outcome
from tongshi.audit.store import append
from tongshi.clock import ManualClock
from tongshi.db.tables import people, register_entries
from tongshi.db.writer import Writer
from tongshi.settings import WatchSettings
from tongshi.watch.service import Watch
from tongshi.watch.trace import DAY, HOUR

NOON = 100 * DAY + 12 * HOUR
"""The moment at which things happen, UNIX time, s."""
AUDITOR = Actor(9, "Wang", "Audit", "192.0.2.9")
"""Who closes findings."""


@dataclass(frozen=True)
class Deedbook:
    """A store, and what people do in it.  All times are of UTC."""

    engine: Engine
    writer: Writer
    clock: ManualClock

    def watch(
        self, settings: WatchSettings | None = None, found: Callable[[int], None] = lambda _: None
    ) -> Watch:
        """Return a watch over it."""
        return Watch(
            self.engine,
            self.writer,
            self.clock,
            settings or WatchSettings(),
            found=found,
            zone=lambda _: 0.0,
        )

    def person(self, number: int, role: str = "operator", **more: object) -> None:
        """Add an account.  more: columns."""
        row = {
            "id": number,
            "name": f"p{number}",
            "shown": f"P{number}",
            "unit": "U",
            "role": role,
            "password": "",
            "must_change": False,
            "made_at": 0.0,
            "password_at": 0.0,
            **more,
        }
        self.writer.commit(lambda connection: connection.execute(insert(people), row))

    def look(self, *moments: float, person: int | None = 7, **more: object) -> None:
        """Have a person look at these moments, UNIX time, s.  more: columns."""
        rows = [
            {
                "begun_at": at,
                "person_id": person,
                "person": "P",
                "unit": "U",
                "action": "live",
                "device_id": "d",
                "channel_id": "c",
                "channel": "Gate",
                "purpose": "patrol",
                "transport": "websocket",
                "address": "192.0.2.7",
                **more,
            }
            for at in moments
        ]
        self.writer.commit(lambda connection: connection.execute(insert(register_entries), rows))

    def act(
        self,
        at: float,
        what: str,
        person: int | None = 7,
        outcome: Outcome = Outcome.DONE,
        address: str = "192.0.2.7",
    ) -> None:
        """Have a person do something that the chain tells of."""
        act = Actor(person, "P", "U", address).act(what, "x", outcome)
        self.writer.commit(lambda connection: append(connection, at, act))

    def habits(self, person: int, looks: int = 10, days: int = 6) -> None:
        """Have a person look so often in one hour of each of the days before."""
        for day in range(1, days + 1):
            self.look(*(NOON - day * DAY + place for place in range(looks)), person=person)


def steps(count: int, begin: float = NOON, step: float = 1.0) -> list[float]:
    """Return so many moments, UNIX time, s."""
    return [begin + place * step for place in range(count)]


def look_through(watch: Watch) -> None:
    """Have a watch look until nothing is new."""
    while watch.look():
        pass

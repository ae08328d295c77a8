"""The audit chain among the parts of a node: opened before anything is chained, ended last."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Engine

from tongshi.audit.checking.service import Checking
from tongshi.audit.entry import Group
from tongshi.audit.service import Audit, Sealing
from tongshi.audit.subordinates.service import Subordinates
from tongshi.clock import Clock
from tongshi.db.writer import Writer
from tongshi.net.task import Supervisor
from tongshi.settings import Settings

TEND = 1.0
"""Between two looks at what is due, s."""
FORGET = 3600.0
"""Between two looks for heads of subordinates that are too old, s."""
SECRETS = ("password", "secret", "url")
"""What is in the name of a setting whose value nobody may guess from a digest."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The chain, its verification, and the heads of subordinate nodes."""

    audit: Audit
    checking: Checking
    subordinates: Subordinates
    tasks: Supervisor

    def start(self) -> None:
        """Seal, witness and prune from now on.  In the node's running loop."""
        self.tasks.sustain(self._tend, name="tend", pause=TEND)
        self.tasks.sustain(self._forget, name="forget", pause=FORGET)

    async def stop(self) -> None:
        """Write the last entry of this life, and the head over everything."""
        await self.tasks.close()
        await asyncio.to_thread(self.checking.stop)
        await asyncio.to_thread(self.audit.end)

    async def _forget(self) -> None:
        await asyncio.to_thread(self.subordinates.forget)

    async def _tend(self) -> None:
        await asyncio.to_thread(self.audit.tend)


def open_ledger(
    settings: Settings, store: Engine, writer: Writer, clock: Clock, version: str
) -> Ledger:
    """Open the chain and begin this life on it.  Blocks.

    Raises Conflict when the store's chain is not of this data directory's key.
    """
    told = settings.audit
    witness = Path(told.witness) if told.witness else None
    superior = (told.superior, Path(told.superior_token)) if told.superior else None
    months = {Group.REGISTER: told.register_months, Group.SECURITY: told.security_months}
    audit = Audit(
        store,
        writer,
        clock,
        Path(settings.node.data),
        Sealing(told.seal, months, witness, superior),
    )
    secrets = Path(told.subordinates) if told.subordinates else None
    facts = {"version": version, "id": settings.signalling.id, "name": settings.node.name}
    audit.begin(facts, plain_settings(settings))
    return Ledger(
        audit,
        Checking(store, audit, clock, settings.node.name),
        Subordinates(store, writer, clock, secrets, months=told.register_months),
        Supervisor("audit"),
    )


def plain_settings(settings: Settings) -> Mapping[str, object]:
    """Return the settings in effect; of secrets only whether they are set."""
    return {
        part: {
            name: bool(value) if any(word in name for word in SECRETS) else value
            for name, value in fields.items()
        }
        for part, fields in asdict(settings).items()
    }

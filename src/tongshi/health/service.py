"""Presence in use: states in memory, which is ahead of the store by at most one flush.

`Health.record` and `Health.record_seen` never block: they are called from the event loop.
Changes wait for the next flush, one batch for all devices; signs of life that change nothing are
written every `PROOF_INTERVAL` only.  A killed process loses at most what waits, never the order:
the store holds a prefix of each device's history, and `Health.start` tells the rest as unknown.
History is read from the store: call those methods through ``asyncio.to_thread``.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine

from tongshi.access.granting.store import read_seen
from tongshi.access.scope import Scope
from tongshi.clock import Clock
from tongshi.db.buffer import Buffer
from tongshi.db.run import Life
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.health import store
from tongshi.health.interval import Availability, Interval, join, measure, shed
from tongshi.health.stability import Flapping, Notice, Stability
from tongshi.health.status import Change, Evidence, Presence, advance
from tongshi.registry.state import State

PROOF_INTERVAL = 30.0
"""Between writes of signs of life, s."""
WAITING_CHANGES = 64
"""Changes of one device that may wait for a store that cannot be written."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """What of one device is to be written."""

    known: Presence
    changes: tuple[Change, ...]


class Health:
    """The presence of all devices of one node.  Safe to use from any thread."""

    def __init__(self, engine: Engine, writer: Writer, clock: Clock) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._lock = threading.Lock()
        self._states: dict[str, Presence] = {}
        self._proofs: dict[str, float] = {}
        self._heard: dict[str, float] = {}
        self._noted_at = clock.now()
        self._stability = Stability()
        self._notices: list[Notice] = []
        self._pending: Buffer[str, _Pending] = Buffer(_write, _merge)
        self._waiting_proofs: Buffer[str, float] = Buffer(store.write_proofs, max)
        writer.attach(self._pending)
        writer.attach(self._waiting_proofs)

    def start(self, previous: Life | None) -> int:
        """Make every device unknown since the life before ended; return how many it concerns.

        previous: as `tongshi.db.run.Run` tells; after a killed process its last breath.  Blocks;
        before anything is recorded.  Raises Exhausted when the store cannot be written.
        """
        noticed = self._clock.wall()
        at = noticed if previous is None else min(previous.alive_at, noticed)
        concerned = self._writer.commit(
            lambda connection: store.forget_states(connection, at, noticed), timeout=60.0
        )
        with self._engine.connect() as connection:
            states = store.read_all(connection)
        with self._lock:
            self._states = states
        return concerned

    def record(self, device_id: str, evidence: Evidence) -> bool:
        """Take *evidence*; say whether the device's state changed by it."""
        evidence = replace(evidence, why=storable(evidence.why, 64))
        with self._lock:
            before = self._states.get(device_id)
            heard = self._proofs.pop(device_id, None)
            if before is not None and heard is not None:
                before = replace(before, proof=max(before.proof or heard, heard))
            now = advance(before, evidence)
            self._states[device_id] = now
            if before is not None and now.state is before.state:
                return False
            change = Change(device_id, now.state, now.why, now.since, now.noticed)
            self._pending.put(device_id, _Pending(now, (change,)))
            if now.state is not State.UNKNOWN:
                online = now.state is State.ONLINE
                notice = self._stability.take(device_id, online=online, at=now.noticed)
                if notice is not None:
                    self._notices.append(notice)
            return True

    def notices(self) -> list[Notice]:
        """Return and forget what people are to be told of presence by now."""
        with self._lock:
            told, self._notices = self._notices, []
            return told + self._stability.expire(self._clock.wall())

    def flapping(self) -> list[Flapping]:
        """Return the devices that come and go, the longest first."""
        with self._lock:
            return self._stability.flapping()

    def record_seen(self, seen: Mapping[str, float]) -> None:
        """Take signs of life: device -> UNIX time of the last, s.  No state changes by them."""
        with self._lock:
            self._proofs.update(seen)
            self._heard.update(seen)
            if self._clock.now() - self._noted_at < PROOF_INTERVAL:
                return
        self.note_proofs()

    def note_proofs(self) -> None:
        """Have signs of life written with the next flush; before a clean stop, too."""
        with self._lock:
            self._noted_at = self._clock.now()
            heard, self._heard = self._heard, {}
        for device_id, proof in heard.items():
            self._waiting_proofs.put(device_id, proof)

    def status(self, device_id: str) -> Presence | None:
        """Return what is known of a device now; None when nothing ever was."""
        with self._lock:
            known = self._states.get(device_id)
            proof = self._proofs.get(device_id)
        if known is None or proof is None or proof <= (known.proof or 0.0):
            return known
        return replace(known, proof=proof)

    def counts(self) -> dict[State, int]:
        """Return how many devices are in each state now."""
        sums = dict.fromkeys(State, 0)
        with self._lock:
            for known in self._states.values():
                sums[known.state] += 1
        return sums

    def history(
        self, scope: Scope, device_id: str, begin: float, end: float
    ) -> tuple[Interval, ...]:
        """Return a device's states between *begin* and *end*, UNIX time, s, without gaps.

        Nothing is known of the future: *end* is cut at the present.
        """
        end = min(end, self._clock.wall())
        with self._engine.connect() as connection:
            if not read_seen(connection, scope, [(device_id, "")]):
                return ()
            changes = store.read_changes(connection, scope, [device_id], begin, end)
        return tuple(join(changes.get(device_id, []), begin, end))

    def availability(
        self, scope: Scope, ids: Iterable[str], begin: float, end: float
    ) -> dict[str, Availability]:
        """Return the seconds by state of each device that may be seen; *end* as in `history`."""
        end = min(end, self._clock.wall())
        with self._engine.connect() as connection:
            seen = read_seen(connection, scope, [(device_id, "") for device_id in ids])
            wanted = [device_id for device_id, _ in seen]
            changes = store.read_changes(connection, scope, wanted, begin, end)
        return {key: measure(join(changes.get(key, []), begin, end)) for key in wanted}


def _write(connection: Connection, pending: dict[str, _Pending]) -> None:
    store.write_states(connection, {key: one.known for key, one in pending.items()})
    store.add_changes(connection, [change for one in pending.values() for change in one.changes])


def _merge(earlier: _Pending, later: _Pending) -> _Pending:
    changes = shed(earlier.changes + later.changes, WAITING_CHANGES)
    return _Pending(later.known, changes)

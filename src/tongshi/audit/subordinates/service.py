"""Taking heads of subordinate nodes, whose secrets stand in a file of the operator's.

Every method blocks on the disk or the store: call through ``asyncio.to_thread``.
"""

import hmac
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine

from tongshi.audit.chain import name_node
from tongshi.audit.entry import Actor, Outcome
from tongshi.audit.head import Purpose, SignedHead, holds
from tongshi.audit.retention import months_before
from tongshi.audit.store import append
from tongshi.audit.subordinates import store
from tongshi.audit.subordinates.store import Subordinate, Witnessed
from tongshi.clock import Clock
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Invalid, SignInNeeded

SHORTEST = 16
"""Characters of a secret at the least."""
_CHUNK = 500


class Subordinates:
    """The nodes that this one is a witness for.

    secrets: file with a line each: name, space, secret; None where no heads are taken.
    months: how long heads are kept.
    """

    def __init__(
        self, engine: Engine, writer: Writer, clock: Clock, secrets: Path | None, *, months: int
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._secrets = secrets
        self._months = months

    def name_of(self, secret: str) -> str:
        """Return whose *secret* it is; raises SignInNeeded when it is nobody's."""
        given, found = secret.encode("utf-8", "replace"), ""
        for name, held in self._known():
            if hmac.compare_digest(given, held.encode("utf-8", "replace")):
                found = name
        if not found:
            raise SignInNeeded("not the secret of a subordinate node")
        return found

    def take(self, by: str, address: str, key: bytes, heads: Sequence[SignedHead]) -> int:
        """Keep *heads*, oldest first, and return the number of the newest.

        by: name of the secret.  A head that goes back behind the one before it, says otherwise of
        the same entry, or comes from a new key, is kept as well, with its fault, and chained here:
        a store was rolled back, a key has two owners, or a chain was begun anew.
        Raises Invalid for heads that this key did not sign.
        """
        node = name_node(key)
        for signed in heads:
            if signed.head.node != node or signed.head.purpose is not Purpose.HEAD:
                raise Invalid("a head of another node")
            if not holds(signed, key):
                raise Invalid(f"the signature of head {signed.head.number} does not hold")
        if not heads:
            raise Invalid("there are no heads")
        wall = self._clock.wall()

        def keep(connection: Connection) -> int:
            last = store.read_last_witnessed(connection, node)
            before = last.signed if last is not None else None
            anew = before is None and store.has_other_key(connection, by, node)
            kept: list[Witnessed] = []
            for signed in heads:
                if before is not None and signed == before:
                    continue  # told twice: the answer to the first was lost
                fault = "key" if anew and before is None else disagree(before, signed)
                kept.append(Witnessed(0, key.hex(), signed, wall, by, storable(address, 64), fault))
                if fault:
                    act = Actor(person=by, address=address).act(
                        "audit.witness",
                        node,
                        Outcome.FAILED,
                        fault=fault,
                        number=signed.head.number,
                        seq=signed.head.seq,
                    )
                    append(connection, wall, act)
                before = signed
            store.add_witnessed(connection, kept)
            return before.head.number if before is not None else 0

        return self._writer.commit(keep, durable=True)

    def all(self) -> tuple[Subordinate, ...]:
        """Return every node whose heads are kept."""
        with self._engine.connect() as connection:
            return store.read_subordinates(connection)

    def heads(self, node: str) -> Iterator[SignedHead]:
        """Return the heads of a node in the order in which they came, a piece at a time."""
        after = 0
        while True:
            with self._engine.connect() as connection:
                found = store.read_witnessed(connection, node, after, _CHUNK)
            if not found:
                return
            yield from (one.signed for one in found)
            after = found[-1].id

    def forget(self) -> int:
        """Remove heads that are older than they are kept, and return how many."""
        before = months_before(self._clock.wall(), self._months)
        return self._writer.commit(lambda connection: store.forget_witnessed(connection, before))

    def _known(self) -> list[tuple[str, str]]:
        """Return name and secret of each line, read anew: a secret taken out counts no more."""
        if self._secrets is None:
            return []
        try:
            lines = self._secrets.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return []
        words = [line.split() for line in lines if not line.startswith("#")]
        return [(two[0], two[1]) for two in words if len(two) == 2 and len(two[1]) >= SHORTEST]


def disagree(before: SignedHead | None, signed: SignedHead) -> str:
    """Return how a head disagrees with the one *before* it; empty when it goes on from there."""
    if before is None:
        return ""
    last, head = before.head, signed.head
    if head.seq == last.seq and head.digest != last.digest:
        return "differs"
    if head.seq < last.seq or head.number <= last.number:
        return "back"
    return ""

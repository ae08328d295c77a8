"""The chain of one node while it runs: its own acts, its heads, their witnesses, its pruning.

::

    note -> writer -> chain          each minute:  head -> store -> witness file, superior
    start, stop: an entry and a head each          each hour: anchor -> what is too old goes

`begin` before anything else appends, `end` after everything else has: so the last head of a clean
stop vouches for everything.  Every method but `note` and `refuse` blocks.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine

from tongshi.audit import store
from tongshi.audit.chain import genesis, name_node
from tongshi.audit.entry import ACTS, PLATFORM, Act, Actor, Entry, Group, Outcome, Value, write_json
from tongshi.audit.head import Head, Purpose, SignedHead, holds, sign
from tongshi.audit.key.service import make_key, open_key
from tongshi.audit.refusal import Throttle
from tongshi.audit.retention import cutoffs
from tongshi.audit.store import AuditQuery
from tongshi.audit.witness.service import Witnesses
from tongshi.clock import Clock
from tongshi.db.page import Page, bound
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Error, Exhausted, Missing

_log = logging.getLogger(__name__)

JUMP = 2.0
"""By more than this the wall clock does not move by itself, s."""
PRUNE = 3600.0
"""Between two looks for what is too old, s."""
PIECE = 5000
"""Entries that are removed in one transaction, if heads stand close enough."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """How the chain is sealed and kept.

    seal: s between two heads.  months: kept at the least.  witness: directory of the witness file.
    superior: address and file of the secret.
    """

    seal: float = 60.0
    months: Mapping[Group, int] = field(default_factory=dict)
    witness: Path | None = None
    superior: tuple[str, Path] | None = None


class Audit:
    """The chain of one node.  Safe to use from any thread.

    folder: of the key.  key: the public one.
    counters: ``"heads"``, ``"noted"``, ``"lost"`` (acts that could not be chained),
    ``"left out"`` (refusals beyond what is chained of one person), ``"pruned"``.
    """

    def __init__(
        self, engine: Engine, writer: Writer, clock: Clock, folder: Path, sealing: Sealing
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._sealing = sealing
        self._private = self._open_key(folder)
        self.key = self._private.public_key().public_bytes_raw()
        self.node = name_node(self.key)
        self._run = clock.wall()
        self._began = clock.now()
        self._offset = self._run - self._began
        self._sealed_at = self._began
        self._prune_at = self._began
        self._throttle = Throttle()
        self._witnesses = Witnesses(engine, clock, self.key, sealing.witness, sealing.superior)
        self._still = 0

    # The life of the chain

    def begin(self, facts: Mapping[str, Value], settings: Mapping[str, object]) -> None:
        """Begin the chain or go on with it: entries of the start, then a head.

        facts: of the node, for the entry.  settings: in effect, without secrets; their digest is
        chained.  A store that is older than its witness file is told in the log and on the chain.
        Raises Conflict when the chain in the store is not this key's.
        """
        wall, rolled_back = self._clock.wall(), self._look_back()

        def start(connection: Connection) -> None:
            anchor = store.read_last_head(connection, Purpose.ANCHOR)
            if anchor is None:
                self._found(connection, wall)
            elif anchor.head.node != self.node or not holds(anchor, self.key):
                raise Conflict(
                    "the audit chain in the store was begun with another key: put audit.key back "
                    "from its backup"
                )
            if rolled_back is not None:
                store.append(connection, wall, rolled_back)
            store.append(connection, wall, Act("node.start", details=facts))
            digest = hashlib.sha256(write_json(settings).encode("ascii")).hexdigest()
            store.append(connection, wall, PLATFORM.act("node.settings", sha256=digest))

        self._writer.commit(start, durable=True)
        self.seal()

    def end(self, why: str = "stopped") -> None:
        """Write what waits, then the last entry of this life and a head over everything."""
        try:
            self._writer.flush()
            wall, act = self._clock.wall(), PLATFORM.act("node.stop", why=why)
            self._writer.commit(lambda connection: store.append(connection, wall, act))
            self.seal()
            self._witnesses.testify(last=True)
        except Error as error:
            _log.error("event=audit-unsealed why=%s", error)

    def tend(self) -> None:
        """Do what is due: call it about once a second.

        While the store cannot be written nothing is sealed; the writer tells of that.
        """
        now = self._clock.now()
        self._watch_clock()
        try:
            if now - self._sealed_at >= self._sealing.seal:
                self.seal()
            if now >= self._prune_at and not self._still:
                self._prune_at = now + PRUNE
                self.prune()
        except Exhausted as error:
            _log.warning("event=audit-waits why=%s", error)
        self._witnesses.testify()

    # Acts

    def note(self, act: Act) -> None:
        """Chain an act that has no transaction of its own.  It only queues.

        One that cannot be chained is counted and logged: it is for acts that have happened already.
        """
        wall = self._clock.wall()
        try:
            queued = self._writer.call(
                lambda connection: store.append(connection, wall, act), durable=True
            )
        except Error as error:
            self._lose(act, error)
            return
        queued.add_done_callback(partial(self._noted, act))

    def refuse(self, actor: Actor, code: str, object: str, **details: Value) -> None:
        """Note a refusal, by the *code* of its error; many of one person are counted only."""
        who = str(actor.person_id) if actor.person_id is not None else actor.address
        left_out = self._throttle.take(f"{code} {who}", self._clock.now())
        if left_out is None:
            self.counters["left out"] += 1
            return
        what = code if code in ACTS else "denied"
        if left_out:
            details["left_out"] = left_out
        self.note(actor.act(what, object, Outcome.REFUSED, **details))

    def page(self, query: AuditQuery) -> Page[Entry]:
        """Return a page of the chain, newest first."""
        number, size = bound(query.number, query.size)
        query = replace(query, number=number, size=size)
        with self._engine.connect() as connection:
            rows, total = store.page_entries(connection, query)
        return Page(rows, total, number, size)

    # Heads

    def seal(self) -> SignedHead | None:
        """Sign and store a head over what is chained; None when nothing came since the last."""
        self._sealed_at = self._clock.now()

        def write(connection: Connection) -> SignedHead | None:
            tip = store.read_tip(connection)
            before = store.read_last_head(connection, Purpose.HEAD)
            anchor = store.read_last_head(connection, Purpose.ANCHOR)
            last = before or anchor
            if last is None or anchor is None or tip.seq <= last.head.seq:
                return None
            signed = self._sign(
                Purpose.HEAD,
                number=last.head.number + 1,
                seq=tip.seq,
                digest=tip.digest,
                kept=tip.seq - anchor.head.seq,
            )
            store.add_head(connection, signed)
            return signed

        signed = self._writer.commit(write, durable=True)
        if signed is not None:
            self.counters["heads"] += 1
        return signed

    def heads(self, most: int) -> tuple[SignedHead, ...]:
        """Return the newest heads, the newest first."""
        with self._engine.connect() as connection:
            last = store.read_last_head(connection, Purpose.HEAD)
            after = max(0, last.head.number - most) if last is not None else 0
            return store.read_heads(connection, Purpose.HEAD, after, most)[::-1]

    # Pruning

    def prune(self) -> int:
        """Remove entries that are older than they are kept, and return how many.

        Only from the oldest end, up to an entry that a head vouches for, behind an anchor signed
        for it; how far is chained in the same transaction.
        """
        wall, gone = self._clock.wall(), 0
        limits = cutoffs(wall, self._sealing.months)

        def work(connection: Connection) -> int:
            head = store.read_prunable(connection, limits, PIECE)
            if head is None or not self._is_sound(connection, head):
                return 0
            looks = max(
                store.read_floor(connection), store.read_last_look(connection, head.head.seq)
            )
            last = store.read_tip(connection).seq
            anchor = self._sign(
                Purpose.ANCHOR,
                number=head.head.number,
                seq=head.head.seq,
                digest=head.head.digest,
                kept=last - head.head.seq,
            )
            count = store.prune(connection, anchor)
            act = PLATFORM.act("audit.pruned", until=head.head.seq, looks=looks, entries=count)
            store.append(connection, wall, act)
            return count

        while count := self._writer.commit(work, durable=True):
            gone += count
        self.counters["pruned"] += gone
        return gone

    def stand_still(self) -> Callable[[], None]:
        """Remove nothing until what is returned is called: somebody reads the chain."""
        self._still += 1

        def go_on() -> None:
            self._still -= 1

        return go_on

    def figures(self) -> Mapping[str, object]:
        """Return counts since the start, and what witnesses lack."""
        return {**self.counters, **self._witnesses.figures()}

    def _is_sound(self, connection: Connection, head: SignedHead) -> bool:
        """Say whether *head* is ours and the chain's: an anchor must not make a lie true."""
        found = store.read_digest(connection, head.head.seq)
        if holds(head, self.key) and found == head.head.digest:
            return True
        _log.error("event=audit-broken seq=%d", head.head.seq)
        return False

    # Inside

    def _open_key(self, folder: Path) -> Ed25519PrivateKey:
        try:
            return open_key(folder)
        except Missing:
            with self._engine.connect() as connection:
                begun = store.read_last_head(connection, Purpose.ANCHOR) is not None
            if begun:
                raise Conflict(
                    f"the audit key is gone from {folder}: put audit.key back from its backup"
                ) from None
            return make_key(folder)

    def _found(self, connection: Connection, wall: float) -> None:
        """Make the genesis."""
        if store.read_tip(connection).seq:
            raise Conflict("there are entries of an audit chain that was never begun")
        first = self._sign(Purpose.ANCHOR, number=0, seq=0, digest=genesis(self.key), kept=0)
        store.add_head(connection, first)
        looks = store.read_newest_look(connection)
        act = PLATFORM.act("audit.begun", self.node, key=self.key.hex(), looks=looks)
        store.append(connection, wall, act)

    def _sign(
        self, purpose: Purpose, *, number: int, seq: int, digest: str, kept: int
    ) -> SignedHead:
        lasted = self._clock.now() - self._began
        head = Head(
            purpose, self.node, number, seq, digest, self._clock.wall(), kept, self._run, lasted
        )
        return sign(head, self._private)

    def _look_back(self) -> Act | None:
        """Return the act that tells of a store which is older than its witness file."""
        last = self._witnesses.resume()
        if last is None:
            return None
        seq = last.head.seq
        with self._engine.connect() as connection:
            anchor = store.read_last_head(connection, Purpose.ANCHOR)
            found, tip = store.read_digest(connection, seq), store.read_tip(connection)
        if found == last.head.digest or (anchor is not None and seq <= anchor.head.seq):
            return None
        _log.error("event=rolled-back witness=%d store=%d", seq, tip.seq)
        return PLATFORM.act(
            "audit.rolled-back", self.node, Outcome.FAILED, witness=seq, store=tip.seq
        )

    def _watch_clock(self) -> None:
        offset = self._clock.wall() - self._clock.now()
        by, self._offset = offset - self._offset, offset
        if abs(by) > JUMP:
            _log.warning("event=clock-jumped by=%.1f", by)
            self.note(PLATFORM.act("clock.jumped", by=round(by, 3)))

    def _noted(self, act: Act, done: Future[int]) -> None:
        error = done.exception()
        if error is None:
            self.counters["noted"] += 1
        else:
            self._lose(act, error)

    def _lose(self, act: Act, error: BaseException) -> None:
        self.counters["lost"] += 1
        _log.error("event=audit-lost what=%s person=%r why=%s", act.what, act.person, error)

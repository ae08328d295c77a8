"""The purposes of one node: few, read before every look, so held in memory.

Changing blocks on the store: call through ``asyncio.to_thread``.  Reading does not.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from sqlalchemy import Connection, Engine

from tongshi.approvals.purpose import OTHER, Purpose, split_purpose
from tongshi.approvals.purposes import store
from tongshi.audit.entry import Actor
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Exhausted, Invalid, Missing


class Purposes:
    """The list of purposes.  Safe to use from any thread."""

    def __init__(self, engine: Engine, writer: Writer, clock: Clock) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._known: Mapping[str, Purpose] = {}
        self._load()

    @property
    def known(self) -> Mapping[str, Purpose]:
        """Every purpose by its code, retired ones too, in the order of the list."""
        return self._known

    def offered(self) -> tuple[Purpose, ...]:
        """Return those that can be stated, in the order of the list."""
        return tuple(purpose for purpose in self._known.values() if not purpose.retired)

    def show(self, stated: str, language: str) -> str:
        """Return what the register keeps of a purpose as people read it."""
        code, colon, words = stated.partition(": ")
        known = self._known.get(code)
        if known is None:
            return stated
        if not colon:
            return known.title(language)
        return words if code == OTHER else f"{known.title(language)}: {words}"

    def code_of(self, stated: str) -> str:
        """Return the code of what is stated; raises Invalid when nothing is."""
        return split_purpose(stated, self._known)[0]

    def add(self, actor: Actor, purpose: Purpose) -> None:
        """Add a purpose; raises Conflict when its code is taken, Exhausted when there are many."""

        def write(connection: Connection) -> None:
            known = {each.code for each in store.read_purposes(connection)}
            if purpose.code in known:
                raise Conflict(f"there is a purpose {purpose.code} already")
            if len(known) >= store.MOST:
                raise Exhausted(f"there are {len(known)} purposes", resource="store")
            store.add_purpose(connection, purpose)
            self._note(connection, actor, purpose, "added")

        self._commit(write)

    def change(self, actor: Actor, purpose: Purpose) -> None:
        """Let a purpose be as *purpose* says, from now on; raises Missing when there is none.

        The purpose of words alone stays one that can be stated, and asks for words.
        """
        if purpose.code == OTHER and (purpose.retired or not purpose.text):
            raise Invalid("this purpose stays, and asks for words")

        def write(connection: Connection) -> None:
            if not store.write_purpose(connection, purpose):
                raise Missing(f"no such purpose: {purpose.code}")
            self._note(connection, actor, purpose, "retired" if purpose.retired else "changed")

        self._commit(write)

    def _note(self, connection: Connection, actor: Actor, purpose: Purpose, how: str) -> None:
        told = {name: value for name, value in asdict(purpose).items() if name != "code"}
        act = actor.act("purpose.changed", purpose.code, how=how, **told)
        append(connection, self._clock.wall(), act)

    def _commit(self, write: Callable[[Connection], None]) -> None:
        self._writer.commit(write, durable=True)
        self._load()

    def _load(self) -> None:
        with self._engine.connect() as connection:
            self._known = {each.code: each for each in store.read_purposes(connection)}

"""Appointing delegates, and whose place somebody takes now.

Every method blocks for a moment on the store: call through ``asyncio.to_thread``.
"""

from sqlalchemy import Connection, Engine

from tongshi.access.accounts.store import read_account, read_account_of
from tongshi.access.identity import Person, fold_name
from tongshi.access.permission import Permission
from tongshi.approvals.delegates import store
from tongshi.approvals.person import actor_of
from tongshi.approvals.policy import Delegation, check_delegation
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.writer import Writer
from tongshi.errors import Invalid, Missing


class Delegates:
    """The delegates of one node.  Safe to use from any thread."""

    def __init__(self, engine: Engine, writer: Writer, clock: Clock) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock

    def appoint(self, person: Person, address: str, taker: str, since: float, until: float) -> int:
        """Have *taker*, by the name of his account, decide in this person's place; return a number.

        Raises Invalid when there is no such approver, or no such time.
        """
        with self._engine.connect() as connection:
            account = read_account(connection, fold_name(taker))
        if account is None or not account.person.may(Permission.APPROVE):
            raise Invalid("there is nobody of this name who decides on requests")
        wall, taker_id = self._clock.wall(), account.person.id
        check_delegation(person.id, taker_id, since, until, wall)

        def write(connection: Connection) -> int:
            number = store.add_delegation(connection, person.id, taker_id, since, until, wall)
            act = actor_of(person, address).act(
                "delegate.changed",
                str(person.id),
                taker=taker_id,
                since=since,
                until=until,
                number=number,
            )
            append(connection, wall, act)
            return number

        return self._writer.commit(write, durable=True)

    def end(self, person: Person, address: str, number: int) -> None:
        """End an own delegation; raises Missing when there is none that goes on."""

        def write(connection: Connection) -> None:
            wall = self._clock.wall()
            if not store.end_delegation(connection, number, person.id, wall):
                raise Missing("no such delegation")
            act = actor_of(person, address).act(
                "delegate.changed", str(person.id), number=number, ended=True
            )
            append(connection, wall, act)

        self._writer.commit(write, durable=True)

    def of(self, person: Person) -> tuple[Delegation, ...]:
        """Return those that a person gave or has, and that go on or are to come."""
        with self._engine.connect() as connection:
            return store.read_delegations(connection, person.id, self._clock.wall())

    def givers(self, person: Person) -> tuple[Person, ...]:
        """Return in whose place *person* decides now: those whose accounts are open."""
        wall = self._clock.wall()
        with self._engine.connect() as connection:
            held = store.read_delegations(connection, person.id, wall)
            ids = {
                each.giver.id for each in held if each.taker.id == person.id and each.holds(wall)
            }
            found = [read_account_of(connection, number) for number in sorted(ids)]
        return tuple(each.person for each in found if each is not None and each.is_open(wall))

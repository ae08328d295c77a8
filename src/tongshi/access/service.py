"""Accounts, and the access register: the use cases, with hashing, chance and time.

Every method blocks for a moment on the store or on hashing (about 50 ms): call through
``asyncio.to_thread``, except `Register.submit`, `Register.note` and `Register.close`, which only
queue.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine

from tongshi.access import store
from tongshi.access.accounts import store as accounts
from tongshi.access.accounts.terms import OPEN_TERMS, Terms, check_terms, differ, tell
from tongshi.access.factors import store as factors
from tongshi.access.hashing.service import Hashing
from tongshi.access.identity import Account, Person, Rules, fold_name
from tongshi.access.permission import ADMINISTRATORS, Role
from tongshi.access.register import Ending, Entry, EntryQuery, Look
from tongshi.access.scope import Scope
from tongshi.access.signin import store as sessions
from tongshi.audit.entry import PLATFORM, Actor
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.buffer import Buffer
from tongshi.db.page import Page, bound
from tongshi.db.run import Life
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Denied, Exhausted, Invalid, Missing

WAIT = 10.0
"""How long somebody waits for the store, s."""
FIRST_NAME = "admin"


@dataclass(frozen=True, slots=True)
class Given:
    """A password that was generated, to be told once and kept nowhere."""

    name: str
    password: str


class People:
    """Accounts of one node.  Safe to use from any thread.

    Every change stands in the audit chain as *by* did it; nobody changes their own account here.
    """

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        clock: Clock,
        rules: Rules,
        hashing: Hashing | None = None,
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._rules = rules
        self._hashing = hashing or Hashing()

    def make_first(self) -> Given | None:
        """Return the name and one-time password of the first administrator, of security.

        None when there are other accounts, or it has been used.  One that ran out unused is
        replaced.
        """
        everybody = self.everybody()
        if not everybody:
            return self.add(FIRST_NAME, "Administrator", "", Role.SECURITY)
        first = self._account(everybody[0].id)
        until, wall = first.password_until, self._clock.wall()
        unused = until is not None and 0 < until <= wall
        if len(everybody) > 1 or first.person.name != FIRST_NAME or not unused:
            return None
        return self.reset(first.person.id)

    def add(
        self,
        name: str,
        shown: str,
        unit: str,
        role: Role,
        *,
        terms: Terms = OPEN_TERMS,
        by: Actor = PLATFORM,
    ) -> Given:
        """Make an account with a generated password, which opens once and within a day.

        Raises Invalid (also for a contractor without an end), Conflict (name taken).
        """
        name, wall = fold_name(name), self._clock.wall()
        check_terms(role, terms, wall)
        password = self._hashing.spell()
        hashed = self._hashing.hash(password)
        shown, unit = storable(shown, 64) or name, storable(unit, 128)
        dates = (terms.ends_at, terms.trained_at, terms.certified_until)
        person = Person(0, name, shown, unit, role, True, False, *dates)

        def write(connection: Connection) -> None:
            until = wall + self._rules.once
            number = accounts.add_person(connection, person, hashed, wall, until)
            act = by.act("person.added", str(number))
            append(connection, wall, replace(act, details=tell(person)))

        self._writer.commit(write, durable=True)
        return Given(name, password)

    def change(
        self, person_id: int, shown: str, unit: str, role: Role, terms: Terms, by: Actor
    ) -> Person:
        """Change what an administrator says of somebody; a change of rights ends their sign-ins.

        Raises Missing, Invalid, Denied (oneself), Conflict (another role for an administrator; an
        end for the last one of security).
        """
        wall = self._clock.wall()
        before = self._other(person_id, by).person
        check_terms(role, terms, wall)
        if Role.SERVICE in (role, before.role) and role is not before.role:
            raise Invalid("a service is no person, and a person no service")
        if before.role in ADMINISTRATORS and role is not before.role:
            # Else their second factor could be taken off in between, by who appoints.
            raise Conflict("an administrator's role is for good: close the account, make another")
        after = replace(
            before,
            shown=storable(shown, 64) or before.name,
            unit=storable(unit, 128),
            role=role,
            ends_at=terms.ends_at,
            trained_at=terms.trained_at,
            certified_until=terms.certified_until,
        )

        def write(connection: Connection) -> None:
            if terms.ends_at is not None:
                self._keep_one(connection, before)
            accounts.write_person(connection, after)
            if (role, terms.ends_at) != (before.role, before.ends_at):
                sessions.end_sessions(connection, person_id)
            details = differ(tell(before), tell(after))
            act = by.act("person.changed", str(person_id))
            append(connection, wall, replace(act, details=details))

        self._writer.commit(write, durable=True)
        return after

    def reset(self, person_id: int, by: Actor = PLATFORM, *, factor: bool = False) -> Given:
        """Give a person a new generated password and end all sessions; raises Missing, Denied.

        factor: take the second factor off as well.
        """
        account = self._other(person_id, by)
        password = self._hashing.spell()
        hashed, wall = self._hashing.hash(password), self._clock.wall()

        def write(connection: Connection) -> None:
            until = wall + self._rules.once
            accounts.write_password(connection, person_id, hashed, wall, until=until)
            sessions.end_sessions(connection, person_id)
            sessions.clear_name(connection, account.person.name)
            append(connection, wall, by.act("person.password-reset", str(person_id)))
            if factor and account.totp is not None:
                factors.clear(connection, person_id)
                append(connection, wall, by.act("person.totp-removed", str(person_id)))

        self._writer.commit(write, durable=True)
        return Given(account.person.name, password)

    def remove_factor(self, person_id: int, by: Actor) -> None:
        """Take somebody's second factor off and end their sign-ins; raises Missing, Denied.

        That of an administrator goes on the machine only: else who resets passwords could be
        everybody.
        """
        account, wall = self._other(person_id, by), self._clock.wall()
        if account.person.role in ADMINISTRATORS:
            raise Denied("the second factor of an administrator is taken off on the machine only")

        def write(connection: Connection) -> None:
            factors.clear(connection, person_id)
            sessions.end_sessions(connection, person_id)
            append(connection, wall, by.act("person.totp-removed", str(person_id)))

        self._writer.commit(write, durable=True)

    def disable(self, person_id: int, *, disabled: bool, by: Actor = PLATFORM) -> None:
        """Close an account and end its sessions, or open it again; raises Missing, Denied.

        Raises Conflict for the last administrator of security.
        """
        person, wall = self._other(person_id, by).person, self._clock.wall()

        def write(connection: Connection) -> None:
            if disabled:
                self._keep_one(connection, person)
                sessions.end_sessions(connection, person_id)
            accounts.write_disabled(connection, person_id, wall if disabled else None)
            what = "person.disabled" if disabled else "person.enabled"
            append(connection, wall, by.act(what, str(person_id)))

        self._writer.commit(write, durable=True)

    def bind(self, person_id: int, oidc: str, email: str, by: Actor) -> None:
        """Bind a person to an outer identity, empty for none; raises Missing, Denied, Conflict.

        oidc: issuer and subject, joined by a bar.  email: as the provider verifies it.
        """
        self._other(person_id, by)
        wall, email = self._clock.wall(), email.strip().casefold()

        def write(connection: Connection) -> None:
            if accounts.is_taken(connection, person_id, oidc, email):
                raise Conflict("somebody else is bound to this identity")
            accounts.write_binding(connection, person_id, oidc, email)
            act = by.act("person.oidc-bound", str(person_id), oidc=oidc, email=email)
            append(connection, wall, act)

        self._writer.commit(write, durable=True)

    def binding(self, person_id: int) -> tuple[str, str]:
        """Return the outer identity and the address of a person; raises Missing."""
        self._account(person_id)
        with self._engine.connect() as connection:
            return accounts.read_binding(connection, person_id)

    def bound(self, oidc: str, email: str) -> Person | None:
        """Return who is bound to an outer identity, or has its verified *email* if not empty."""
        with self._engine.connect() as connection:
            found = accounts.read_bound(connection, oidc, email.strip().casefold())
        return found.person if found is not None else None

    def everybody(self) -> tuple[Person, ...]:
        """Return all accounts, by name."""
        with self._engine.connect() as connection:
            return accounts.read_people(connection)

    def person(self, person_id: int) -> Person:
        """Return a person; raises Missing."""
        return self._account(person_id).person

    def named(self, name: str) -> Person:
        """Return who has *name*; raises Missing."""
        with self._engine.connect() as connection:
            account = accounts.read_account(connection, fold_name(name))
        if account is None:
            raise Missing(f"nobody is named {name!r}")
        return account.person

    def _keep_one(self, connection: Connection, person: Person) -> None:
        """Raise Conflict where *person* is the last who can manage people."""
        if person.role is not Role.SECURITY or person.disabled:
            return
        if not accounts.count_keepers(connection, without=person.id):
            raise Conflict("the last administrator of security stays as it is")

    def _other(self, person_id: int, by: Actor) -> Account:
        """Return an account that is not the actor's own."""
        if by.person_id == person_id:
            raise Denied("nobody changes their own account as an administrator")
        return self._account(person_id)

    def _account(self, person_id: int) -> Account:
        with self._engine.connect() as connection:
            account = accounts.read_account_of(connection, person_id)
        if account is None:
            raise Missing(f"no such person: {person_id}")
        return account


class Register:
    """The access register of one node.  Safe to use from any thread."""

    def __init__(self, engine: Engine, writer: Writer, clock: Clock) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._endings: Buffer[int, Ending] = Buffer(
            self._write_endings, lambda first, _: first, durable=True
        )
        self._progress: Buffer[int, Ending] = Buffer(store.write_progress)
        writer.attach(self._progress)
        writer.attach(self._endings)

    def close_left_open(self, previous: Life | None) -> int:
        """End what the life before left open, as ``process-ended``; return how many.

        For the start, before the first look.  previous: as `tongshi.db.run.Run` tells.
        """
        last_alive = 0.0 if previous is None else previous.alive_at
        return self._writer.commit(
            lambda connection: store.close_left_open(connection, last_alive, self._clock.wall()),
            durable=True,
        )

    def cut_off(self, what: str, remedy: str, since: float, most: int) -> tuple[Look, ...]:
        """Return what a killed process cut off: the newest of each channel, *most* entries read.

        what: what the entries are about.  remedy: what one is about that made it good: a channel
        for which *what* or *remedy* followed is left out.  since: UNIX time, s, of their beginning.
        """
        with self._engine.connect() as connection:
            found = store.read_cut_off(connection, what, remedy, since, most)
        looks = [entry.look for entry in found]
        # Newest first: so the newest is the one that is kept.
        newest = {(look.device_id, look.channel_id): look for look in reversed(looks)}
        return tuple(newest.values())

    def submit(self, look: Look) -> Future[int]:
        """Queue an entry; when the future is done it is on the disk, and the picture may flow.

        The future gives the entry's number, or raises Exhausted when it could not be written:
        then there is no picture.
        """
        clean = replace(
            look,
            person=storable(look.person),
            unit=storable(look.unit),
            channel=storable(look.channel),
            purpose=storable(look.purpose),
            address=storable(look.address, 64),
            case_number=storable(look.case_number, 64),
            second_person=storable(look.second_person, 128),
        )
        return self._writer.call(
            lambda connection: store.add_entry(connection, clean), durable=True
        )

    def open(self, look: Look) -> int:
        """Write an entry and return its number once it is on the disk; raises Exhausted."""
        try:
            return self.submit(look).result(WAIT)
        except TimeoutError:
            raise Exhausted("the store takes too long to write", resource="store") from None

    def note(self, entry_id: int, watched: float, sent: int, acts: int | None = None) -> None:
        """Note how far a look has come: s watched, bytes sent, commands.

        Written with the next flush.
        """
        self._progress.put(entry_id, Ending(self._clock.wall(), "", watched, sent, acts))

    def close(
        self,
        entry_id: int,
        how: str,
        watched: float | None,
        sent: int | None,
        acts: int | None = None,
    ) -> None:
        """End an entry; the first ending stays.  Written with the next flush, retried until it is.

        how: a word such as ``closed``, or the code of the error that ended it.
        """
        ending = Ending(self._clock.wall(), storable(how, 64), watched, sent, acts)
        self._endings.put(entry_id, ending)

    def _write_endings(self, connection: Connection, endings: Mapping[int, Ending]) -> None:
        store.write_endings(connection, endings, self._clock.wall())

    def page(self, scope: Scope, query: EntryQuery) -> Page[Entry]:
        """Return a page of entries, newest first."""
        number, size = bound(query.number, query.size)
        query = replace(query, number=number, size=size)
        with self._engine.connect() as connection:
            rows, total = store.page_entries(connection, scope, query)
        return Page(rows, total, number, size)

"""Signing in, and the access register: the use cases, with hashing, chance and time.

Every method blocks for a moment on the store or on hashing (about 50 ms): call through
``asyncio.to_thread``, except `Register.submit`, `Register.note` and `Register.close`, which only
queue.
"""

import secrets
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Connection, Engine

from tongshi.access import store
from tongshi.access.identity import (
    LONGEST,
    Account,
    Person,
    Rules,
    Session,
    check_password,
    digest_token,
    fold_name,
    spell_password,
)
from tongshi.access.permission import Role
from tongshi.access.register import Ending, Entry, EntryQuery, Look
from tongshi.access.scope import Scope
from tongshi.clock import Clock
from tongshi.db.buffer import Buffer
from tongshi.db.page import Page, bound
from tongshi.db.run import Life
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Denied, Exhausted, Invalid, Missing

WAIT = 10.0
"""How long somebody waits for the store or for a turn at hashing, s."""
AT_ONCE = 2
"""Passwords checked at once: each takes 64 MiB for a moment."""
TOUCH = 15.0
"""A session's use is noted when the last note is older than this, s."""
FIRST_NAME = "admin"
_REFUSAL = "name or password is wrong, or the account is closed or locked for a while"


@dataclass(frozen=True, slots=True)
class Given:
    """A password that was generated, to be told once and kept nowhere."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session.  token: for the browser's cookie; only its digest is kept here."""

    token: str
    session: Session


class People:
    """Accounts and web sessions of one node.  Safe to use from any thread."""

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        clock: Clock,
        rules: Rules,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._rules = rules
        self._hasher = hasher or PasswordHasher()  # argon2id: 3 passes over 64 MiB
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        # Checked where there is no account, so that the answer takes as long.
        self._nobody = self._hasher.hash(secrets.token_hex(16))
        self._used: Buffer[str, float] = Buffer(store.touch_sessions, max)
        writer.attach(self._used)

    def make_first(self) -> Given | None:
        """Return the name and generated password of the first administrator.

        None when there are accounts already.  The password must be changed at first sign-in.
        """
        with self._engine.connect() as connection:
            if store.count_people(connection):
                return None
        return self.add(FIRST_NAME, "Administrator", "", Role.SECURITY)

    def add(self, name: str, shown: str, unit: str, role: Role) -> Given:
        """Make an account with a generated password; raises Invalid, Conflict (name taken)."""
        name = fold_name(name)
        password = self._spell()
        hashed = self._hash(password)
        person = Person(
            0, name, storable(shown, 64) or name, storable(unit, 128), role, True, False
        )
        wall = self._clock.wall()
        self._writer.commit(
            lambda connection: store.add_person(connection, person, hashed, wall), durable=True
        )
        return Given(name, password)

    def reset(self, person_id: int) -> Given:
        """Give a person a new generated password and end all sessions; raises Missing."""
        account = self._account(person_id)
        password = self._spell()
        self._change(account, password, must_change=True)
        return Given(account.person.name, password)

    def disable(self, person_id: int, *, disabled: bool) -> None:
        """Close an account and end its sessions, or open it again; raises Missing."""
        self._account(person_id)
        wall = self._clock.wall() if disabled else None
        self._writer.commit(
            lambda connection: store.write_disabled(connection, person_id, wall), durable=True
        )

    def everybody(self) -> tuple[Person, ...]:
        """Return all accounts, by name."""
        with self._engine.connect() as connection:
            return store.read_people(connection)

    def sign_in(self, name: str, password: str, address: str) -> SignedIn:
        """Return a fresh session.

        Raises Denied with one answer and after the same work whether name, password or both are
        wrong, or the account is locked or closed; Exhausted when too many try at once.
        """
        account = self._find(name)
        with self._turn():
            right = self._verify(account.password if account else self._nobody, password)
        wall = self._clock.wall()
        if account is None or not right or not account.is_open(wall):
            if account is not None and not right:
                self._note_failure(account, wall)
            raise Denied(_REFUSAL)
        self._renew_hash(account, password)
        return self._begin(account.person, wall, address)

    def session(self, token: str) -> Session | None:
        """Return the session of *token* if it holds, and note its use."""
        digest = digest_token(token)
        with self._engine.connect() as connection:
            found = store.read_session(connection, digest)
        wall = self._clock.wall()
        if found is None or not found.is_live(wall, self._rules):
            return None
        if wall - found.used_at > TOUCH:
            self._used.put(digest, wall)
        return found

    def sign_out(self, token: str) -> None:
        """End the session of *token*, if there is one."""
        digest = digest_token(token)
        self._writer.commit(lambda connection: store.end_session(connection, digest))

    def change_password(self, person_id: int, old: str, new: str, address: str) -> SignedIn:
        """Change a person's own password, end all sessions and return a fresh one.

        Raises Denied when *old* is wrong (which counts as a failed sign-in), Invalid when *new*
        is not accepted.
        """
        account = self._account(person_id)
        with self._turn():
            right = self._verify(account.password, old)
        wall = self._clock.wall()
        if not right or not account.is_open(wall):
            if not right:
                self._note_failure(account, wall)
            raise Denied(_REFUSAL)
        if old == new:
            raise Invalid("the new password is the old one")
        check_password(new, account.person.name)
        self._change(account, new, must_change=False)
        return self._begin(replace(account.person, must_change=False), wall, address)

    def forget_old_sessions(self) -> None:
        """Remove sessions that do not hold any more from the store; for now and then."""
        wall, idle = self._clock.wall(), self._rules.idle
        self._writer.call(lambda connection: store.end_old_sessions(connection, wall, idle)).result(
            WAIT
        )

    def _begin(self, person: Person, wall: float, address: str) -> SignedIn:
        token = secrets.token_urlsafe(32)
        session = Session(
            digest_token(token),
            person,
            wall,
            wall,
            wall + self._rules.absolute,
            storable(address, 64),
        )
        self._writer.commit(lambda connection: store.add_session(connection, session))
        return SignedIn(token, session)

    def _find(self, name: str) -> Account | None:
        try:
            folded = fold_name(name)
        except Invalid:
            return None
        with self._engine.connect() as connection:
            return store.read_account(connection, folded)

    def _account(self, person_id: int) -> Account:
        with self._engine.connect() as connection:
            account = store.read_account_of(connection, person_id)
        if account is None:
            raise Missing(f"no such person: {person_id}")
        return account

    def _note_failure(self, account: Account, wall: float) -> None:
        person_id, rules = account.person.id, self._rules
        # Not waited for: an answer that takes longer would tell that there is an account.
        self._writer.call(lambda connection: store.add_failure(connection, person_id, wall, rules))

    def _change(self, account: Account, password: str, *, must_change: bool) -> None:
        hashed = self._hash(password)
        wall, person_id = self._clock.wall(), account.person.id
        self._writer.commit(
            lambda connection: store.write_password(
                connection, person_id, hashed, wall, must_change=must_change
            ),
            durable=True,
        )

    def _renew_hash(self, account: Account, password: str) -> None:
        if self._hasher.check_needs_rehash(account.password):
            hashed = self._hash(password)
            self._writer.call(
                lambda connection: store.write_rehash(connection, account.person.id, hashed)
            )

    def _spell(self) -> str:
        return spell_password(secrets.token_bytes(20))

    def _hash(self, password: str) -> str:
        with self._turn():
            return self._hasher.hash(password.encode("utf-8", "replace"))

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password[:LONGEST].encode("utf-8", "replace"))
        except VerificationError:
            return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=WAIT):
            raise Exhausted("too many sign-ins at once", resource="sign-in")
        try:
            yield
        finally:
            self._turns.release()


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

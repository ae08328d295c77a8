"""Signing in: the use cases, with chance and time.

Every method blocks for a moment on the store or on hashing (about 50 ms): call through
``asyncio.to_thread``.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import Connection, Engine

from tongshi.access.accounts import store as accounts
from tongshi.access.factors.code import is_code
from tongshi.access.factors.service import Factors
from tongshi.access.hashing.service import Hashing
from tongshi.access.identity import (
    Account,
    Person,
    Rules,
    Session,
    Way,
    bar_of,
    check_password,
    digest_token,
    fold_name,
    needs_totp,
)
from tongshi.access.signin import store
from tongshi.access.signin.guard.service import Attempt, Guard
from tongshi.access.signin.step import Awaited, SignedIn, Step, crowded, elsewhere
from tongshi.audit.entry import Actor, Outcome
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.buffer import Buffer
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Denied, Invalid, Missing

TOUCH = 15.0
"""A session's use is noted when the last note is older than this, s."""
REFUSAL = "name or password is wrong, or the account is closed or locked for a while"
CODE_REFUSAL = "the code is wrong or was used, or this took too long"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A second factor in use.  codes: for its loss, to be told once."""

    signed_in: SignedIn
    codes: tuple[str, ...]


class SignIns:
    """Web sessions of one node.  Safe to use from any thread."""

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        clock: Clock,
        rules: Rules,
        hashing: Hashing,
        factors: Factors,
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._rules = rules
        self._hashing = hashing
        self._factors = factors
        self._guard = Guard(engine, writer, rules)
        self._used: Buffer[str, float] = Buffer(store.touch_sessions, max)
        writer.attach(self._used)

    # Entering

    def sign_in(self, name: str, password: str, address: str, code: str = "") -> SignedIn:
        """Return a fresh session, by one step or by both; raises as `begin` and `second` do."""
        found = self.begin(name, password, address)
        return self.second(found.token, code, address) if isinstance(found, Step) else found

    def begin(self, name: str, password: str, address: str) -> SignedIn | Step:
        """Return a fresh session, or the way to the second step for who has one.

        Raises Denied with one answer and after the same work whether name, password or both are
        wrong, or the account is paused, closed or ended; Exhausted when too many try at once.
        """
        folded = _fold(name)
        with self._hashing.turn():
            wall = self._clock.wall()
            with self._engine.connect() as connection:
                account = accounts.read_account(connection, folded) if folded else None
            tried = Attempt(folded, account.person if account else None, address, wall)
            paused = self._guard.is_paused(tried)
            right = self._hashing.verify(account.password if account else None, password)
            if account is None or not right or paused or not account.is_open(wall):
                if not paused:
                    self._guard.fail(tried, Way.PHRASE)
                raise Denied(REFUSAL)
        if self._hashing.is_old(account.password):
            self._renew_hash(account, password)
        return self._enter(account, tried, Way.PHRASE)

    def admit(self, person_id: int, address: str) -> SignedIn | Step:
        """Return a session, or the way to the second step, for who proved another way who it is.

        Raises Denied when the account is closed, ended or has a password to be changed.
        """
        wall = self._clock.wall()
        account = self._account(person_id)
        tried = Attempt(account.person.name, account.person, address, wall)
        if not account.is_open(wall) or account.person.must_change:
            raise Denied(REFUSAL)
        return self._enter(account, tried, Way.OIDC)

    def note_stranger(self, address: str) -> None:
        """Record that somebody came from the provider to whom no account is bound."""
        wall, by = self._clock.wall(), Actor(address=storable(address, 64))
        act = by.act("session.begun", outcome=Outcome.REFUSED, way=Way.OIDC.value)
        self._write(lambda connection: append(connection, wall, act))

    def second(self, token: str, code: str, address: str) -> SignedIn:
        """Return a fresh session for a right code; raises Denied.

        A wrong one counts as a failed sign-in, and so ends in a pause.
        """
        digest, wall = digest_token(token), self._clock.wall()
        with self._engine.connect() as connection:
            step = store.read_step(connection, digest)
            account = accounts.read_account_of(connection, step.person_id) if step else None
            if step is None or account is None or not step.holds(wall, address):
                raise Denied(CODE_REFUSAL)
            tried = Attempt(account.person.name, account.person, address, wall)
            if self._guard.is_paused(tried) or not account.is_open(wall):
                raise Denied(CODE_REFUSAL)

        def use(connection: Connection) -> SignedIn | None:
            now = accounts.read_account_of(connection, account.person.id)
            way = self._factors.spend(connection, now, code, wall) if now else None
            if now is None or way is None or not store.end_step(connection, digest):
                return None
            return self._open(connection, now, tried, way)

        return self._write(use) or self._refuse(tried, Way.TOTP)

    # Sessions

    def session(self, token: str) -> Session | None:
        """Return the session of *token* if it holds, and note its use."""
        digest = digest_token(token)
        with self._engine.connect() as connection:
            wall = self._clock.wall()
            found = store.read_session(connection, digest, wall, self._rules.idle)
        if found is None or not found.is_live(wall, self._rules):
            return None
        if wall - found.used_at > TOUCH:
            self._used.put(digest, wall)
        bar = bar_of(found.person, wall, self._rules)
        return replace(found, person=replace(found.person, bar=bar))

    def needs_factor(self, person: Person) -> bool:
        """Say whether *person* must have one-time codes enrolled."""
        return needs_totp(person.role, self._rules)

    def is_fresh(self, session: Session) -> bool:
        """Say whether the person of *session* proved lately enough who they are."""
        return session.is_fresh(self._clock.wall(), self._rules)

    def sign_out(self, token: str) -> None:
        """End the session of *token*, if there is one."""
        digest, wall = digest_token(token), self._clock.wall()

        def write(connection: Connection) -> None:
            found = store.read_session(connection, digest)
            if found is not None and store.end_session(connection, digest):
                append(connection, wall, _actor(found.person, found.address).act("session.ended"))

        self._write(write)

    def open_sessions(self, person_id: int) -> tuple[Session, ...]:
        """Return the sessions of a person that hold, the oldest first."""
        wall = self._clock.wall()
        with self._engine.connect() as connection:
            found = store.read_sessions(connection, person_id)
        return tuple(each for each in found if each.is_live(wall, self._rules))

    def count_open(self) -> Mapping[int, int]:
        """Return how many sign-ins hold, by person."""
        wall, idle = self._clock.wall(), self._rules.idle
        with self._engine.connect() as connection:
            return store.count_sessions(connection, wall, idle)

    def end_session(self, person_id: int, digest: str, by: Actor) -> None:
        """End one session of a person; raises Missing when they have no such."""
        wall = self._clock.wall()

        def write(connection: Connection) -> bool:
            found = store.read_session(connection, digest)
            if found is None or found.person.id != person_id:
                return False
            append(connection, wall, by.act("session.ended", found.address))
            return store.end_session(connection, digest)

        if not self._write(write):
            raise Missing("no such sign-in")

    def end_old(self) -> None:
        """Remove from the store what does not hold any more; for now and then."""
        wall, idle = self._clock.wall(), self._rules.idle
        self._writer.commit(lambda connection: store.end_old(connection, wall, idle))

    # The own account

    def change_password(self, person_id: int, old: str, new: str, address: str) -> SignedIn:
        """Change a person's own password, end all sessions and return a fresh one.

        Raises Denied when *old* is wrong (which counts as a failed sign-in), Invalid when *new*
        is not accepted.
        """
        account = self._account(person_id)
        tried = Attempt(account.person.name, account.person, address, self._clock.wall())
        self._check(account, tried, old)
        if old == new:
            raise Invalid("the new password is the old one")
        check_password(new, account.person.name)
        hashed = self._hashing.hash(new)

        def write(connection: Connection) -> SignedIn:
            accounts.write_password(connection, person_id, hashed, tried.wall, until=None)
            store.end_sessions(connection, person_id)
            act = _actor(account.person, address).act("person.password-changed", str(person_id))
            append(connection, tried.wall, act)
            person = replace(account.person, must_change=False)
            return self._open(connection, replace(account, person=person), tried, Way.PHRASE)

        return self._write(write)

    def prove(self, session: Session, secret: str, address: str) -> SignedIn:
        """Return a fresh session in place of *session* for who proves anew who they are.

        secret: a code where one-time codes are enrolled, else the password.  Raises Denied.
        """
        account = self._account(session.person.id)
        tried = Attempt(account.person.name, account.person, address, self._clock.wall())
        if account.totp is None:
            self._check(account, tried, secret)
        elif not is_code(secret) or self._guard.is_paused(tried):
            raise Denied(CODE_REFUSAL)

        def write(connection: Connection) -> SignedIn | None:
            now = accounts.read_account_of(connection, account.person.id)
            way: Way | None = Way.PHRASE
            if now is not None and now.totp is not None:
                way = self._factors.spend(connection, now, secret, tried.wall)
            if now is None or way is None or not store.end_session(connection, session.digest):
                return None
            token = secrets.token_urlsafe(32)
            fresh = replace(
                session,
                digest=digest_token(token),
                used_at=tried.wall,
                address=storable(address, 64),
                proven_at=tried.wall,
                way=way,
            )
            store.add_session(connection, fresh)
            act = _actor(account.person, address).act("session.proven", way=way.value)
            append(connection, tried.wall, act)
            return SignedIn(token, fresh, ended=(session.digest,))

        return self._write(write) or self._refuse(tried, Way.TOTP)

    def confirm_factor(self, session: Session, code: str, address: str) -> Enrolled:
        """Put the pending second factor in use, end all sessions and return a fresh one.

        Raises Denied when *code* does not prove it; the recovery codes are told here only.
        """
        person, wall = session.person, self._clock.wall()
        tried = Attempt(person.name, person, address, wall)
        if self._guard.is_paused(tried):
            raise Denied(CODE_REFUSAL)
        codes = self._factors.spell()

        def write(connection: Connection) -> SignedIn | None:
            if not self._factors.adopt(connection, person.id, code, wall):
                return None
            self._factors.keep(connection, person.id, codes)
            store.end_sessions(connection, person.id)
            append(connection, wall, _actor(person, address).act("person.totp-set", str(person.id)))
            now = accounts.read_account_of(connection, person.id)
            return self._open(connection, now, tried, Way.TOTP) if now else None

        return Enrolled(self._write(write) or self._refuse(tried, Way.TOTP), codes)

    # Within

    def _enter(self, account: Account, tried: Attempt, way: Way) -> SignedIn | Step:
        if account.totp is None:
            return self._write(lambda connection: self._open(connection, account, tried, way))
        token = secrets.token_urlsafe(32)
        ends_at = tried.wall + self._rules.step
        awaited = Awaited(account.person.id, way, ends_at, storable(tried.address, 64))
        self._write(lambda connection: store.add_step(connection, digest_token(token), awaited))
        return Step(token, ends_at)

    def _open(self, connection: Connection, account: Account, tried: Attempt, way: Way) -> SignedIn:
        """Begin a session in the transaction of what proved it; its token was never seen before."""
        person, wall = account.person, tried.wall
        if person.must_change and not accounts.spend_password(connection, person.id, wall):
            raise Denied(REFUSAL)
        rules, address = self._rules, storable(tried.address, 64)
        store.end_old(connection, wall, rules.idle)
        before = store.read_sessions(connection, person.id)
        ended = crowded(before, address, wall, rules)
        for each in ended:
            store.end_session(connection, each.digest)
        left = [each for each in before if each not in ended and each.is_live(wall, rules)]
        others = tuple(elsewhere(left, address))
        token = secrets.token_urlsafe(32)
        session = Session(
            digest_token(token), person, wall, wall, wall + rules.absolute, address, wall, way
        )
        store.add_session(connection, session)
        self._guard.forgive(connection, tried)
        by = _actor(person, address)
        counts = {"elsewhere": len(others), "ended": len(ended)}
        details = {"way": way.value, **counts}
        append(connection, wall, replace(by.act("session.begun"), details=details))
        bar = bar_of(person, wall, rules)
        session = replace(session, person=replace(person, bar=bar))
        return SignedIn(token, session, others, tuple(each.digest for each in ended))

    def _check(self, account: Account, tried: Attempt, password: str) -> None:
        """Raise Denied unless *password* is the account's own."""
        with self._hashing.turn():
            right = self._hashing.verify(account.password, password)
            paused = self._guard.is_paused(tried)
            if right and not paused:
                return
            if not paused:
                self._guard.fail(tried, Way.PHRASE)
            raise Denied(REFUSAL)

    def _refuse(self, tried: Attempt, way: Way) -> SignedIn:
        """Count a failure and raise Denied."""
        self._guard.fail(tried, way)
        raise Denied(CODE_REFUSAL)

    def _renew_hash(self, account: Account, password: str) -> None:
        hashed, person_id = self._hashing.hash(password), account.person.id
        self._write(lambda connection: accounts.write_rehash(connection, person_id, hashed))

    def _account(self, person_id: int) -> Account:
        with self._engine.connect() as connection:
            account = accounts.read_account_of(connection, person_id)
        if account is None:
            raise Missing(f"no such person: {person_id}")
        return account

    def _write(self, job: Callable[[Connection], T]) -> T:
        return self._writer.commit(job, durable=True)


def _fold(name: str) -> str:
    """Return a name as it is looked up; empty when it cannot be one."""
    try:
        return fold_name(name)
    except Invalid:
        return ""


def _actor(person: Person, address: str) -> Actor:
    return Actor(person.id, person.shown, person.unit, address)

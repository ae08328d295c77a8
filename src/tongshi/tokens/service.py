"""Tokens of programs: the use cases, with chance, time and threads.

`Tokens.make`, `find`, `revoke`, `everything`, `usage` and `forget_old` block for a moment on the
store: call through ``asyncio.to_thread``.  Counting only touches memory.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine

from tongshi.access.accounts.store import read_account_of
from tongshi.access.permission import Role
from tongshi.audit.entry import Act, Actor
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.buffer import Buffer
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Exhausted, Invalid, Missing
from tongshi.tokens import store
from tongshi.tokens.quota import (
    CALLING,
    DAY,
    FLOWING,
    MINUTE,
    STREAMING,
    Excess,
    Quota,
    Quotas,
    Spent,
    begin_of,
    count_call,
    count_flow,
    find_excess,
    roll,
)
from tongshi.tokens.token import (
    NewToken,
    Token,
    check,
    counts,
    digest,
    matches,
    read,
    spell,
)
from tongshi.tokens.usage import Line, Slot, UsageQuery, Used, hour_of, sum_up

MOST = 500
"""Tokens of one account that count at once."""
_WIDEST = 100_000
"""Lines that one report is made from at the most, before they are added up: hours and kinds."""
_UNITS = {
    Quota.CALLS_MINUTE: "calls in a minute",
    Quota.CALLS_DAY: "calls in a day",
    Quota.STREAM_DAY: "seconds of streams in a day",
    Quota.BYTES_DAY: "bytes in a day",
}


@dataclass(frozen=True, slots=True)
class TokenRules:
    """longest: s for which a token can be made.  keep: s for which usage is kept; 0: for good."""

    longest: float = 365 * 86400.0
    keep: float = 0.0


@dataclass(frozen=True, slots=True)
class Given:
    """A fresh token.  text: to be told once and kept nowhere."""

    text: str
    token: Token


@dataclass(slots=True)
class _Account:
    """What one token may use and has used."""

    quotas: Quotas
    spent: Spent


def zone_offset(wall: float) -> int:
    """Return how far the node's zone is east of UTC at *wall*, s."""
    offset = datetime.fromtimestamp(wall).astimezone().utcoffset()
    return 0 if offset is None else round(offset.total_seconds())


class Tokens:
    """The tokens of one node.  Safe to use from any thread.

    offset_at: s of the node's zone east of UTC at a moment: quotas of a day begin at its midnight.
    """

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        clock: Clock,
        rules: TokenRules | None = None,
        offset_at: Callable[[float], int] = zone_offset,
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._rules = rules or TokenRules()
        self._offset_at = offset_at
        self._lock = threading.Lock()
        self._accounts: dict[int, _Account] = {}
        self._revoked: set[int] = set()
        self._touched: Buffer[int, tuple[float, str]] = Buffer(store.touch_tokens)
        self._amounts: Buffer[Slot, Used] = Buffer(store.add_usage, lambda held, more: held + more)
        writer.attach(self._touched)
        writer.attach(self._amounts)

    # What people decide

    def make(self, wish: NewToken, actor: Actor) -> Given:
        """Make a token of a SERVICE account; raises Invalid, Missing, Conflict."""
        wall = self._clock.wall()
        wish = replace(wish, name=storable(wish.name.strip()))
        check(wish, wall, self._rules.longest)
        secret = secrets.token_urlsafe(32)

        def write(connection: Connection) -> Token:
            self._check_holder(connection, wish.person_id, wall)
            number = store.add_token(connection, wish, digest(secret), actor.person, wall)
            made = store.read_token(connection, number)
            assert made is not None  # it was written just now
            append(connection, wall, _act(actor, made[0]))
            return made[0]

        token = self._writer.commit(write, durable=True)
        return Given(spell(token.id, secret), token)

    def revoke(self, number: int, actor: Actor) -> Token:
        """Have a token count no more, from now on; raises Missing.  Harmless for one revoked."""
        wall = self._clock.wall()

        def write(connection: Connection) -> Token:
            if store.revoke_token(connection, number, actor.person, wall):
                append(connection, wall, actor.act("token.revoked", str(number)))
            found = store.read_token(connection, number)
            if found is None:
                raise Missing(f"no such token: {number}")
            return found[0]

        token = self._writer.commit(write, durable=True)
        with self._lock:
            self._revoked.add(number)
        return token

    def everything(self) -> tuple[Token, ...]:
        """Return all tokens, newest first."""
        with self._engine.connect() as connection:
            return store.read_tokens(connection)

    # What programs show

    def find(self, text: str, address: str) -> Token | None:
        """Return the token that *text* is, if it counts for who comes from *address*.

        None without a word about what is wrong with it.
        """
        spelt = read(text)
        if spelt is None:
            return None
        number, secret = spelt
        wall = self._clock.wall()
        with self._engine.connect() as connection:
            found = store.read_token(connection, number)
            right = matches(secret, found[1] if found is not None else "")
            if found is None or not right or not counts(found[0], wall, address):
                return None
            token = found[0]
            self._open_account(connection, token, wall)
        self._touched.put(number, (wall, storable(address, 64)))
        return token

    # What is used

    def count_call(self, number: int, kind: str, *, streams: bool = False) -> None:
        """Count one call of a token before it is answered; raises Exhausted when a quota is spent.

        streams: the call begins a stream.
        """
        wall = self._clock.wall()
        excess = self._try_call(number, wall, STREAMING if streams else CALLING)
        if excess is not None:
            self._amounts.put(Slot(number, hour_of(wall), kind), Used(refused=1))
            raise Exhausted(
                f"the token's quota of {excess.limit} {_UNITS[excess.quota]} is spent",
                resource=excess.quota.value,
                again=excess.again,
            )
        self._amounts.put(Slot(number, hour_of(wall), kind), Used(calls=1))

    def count_flow(self, number: int, kind: str, seconds: float, size: int) -> bool:
        """Count what flowed: seconds of a stream, bytes.  Return whether more may flow."""
        wall = self._clock.wall()
        if seconds > 0 or size > 0:
            self._amounts.put(Slot(number, hour_of(wall), kind), Used(0, 0, seconds, size))
        with self._lock:
            account = self._accounts.get(number)
            if account is None:
                return number not in self._revoked
            account.spent = count_flow(self._rolled(account, wall), seconds, size)
            spent = find_excess(account.quotas, account.spent, wall, FLOWING)
            return spent is None and number not in self._revoked

    def is_revoked(self, number: int) -> bool:
        """Say whether a token was revoked since this process began."""
        with self._lock:
            return number in self._revoked

    def usage(self, query: UsageQuery) -> tuple[Line, ...]:
        """Return what was used, summed as *query* asks; what waits to be written is missing.

        Raises Invalid for a span that is too long.
        """
        if not query.since < query.until:
            raise Invalid("a report begins before it ends")
        with self._engine.connect() as connection:
            lines = store.read_usage(connection, query, _WIDEST + 1)
        if len(lines) > _WIDEST:
            raise Invalid("this report has too many hours: ask for a shorter span, or one token")
        return sum_up(lines, query, self._offset_at(self._clock.wall()))

    def forget_old(self) -> None:
        """Remove usage that is kept no longer; for now and then."""
        if self._rules.keep > 0:
            before = self._clock.wall() - self._rules.keep
            self._writer.call(lambda connection: store.forget_usage(connection, before)).result(10)

    def _check_holder(self, connection: Connection, person_id: int, wall: float) -> None:
        account = read_account_of(connection, person_id)
        if account is None:
            raise Missing(f"no such person: {person_id}")
        if account.person.role is not Role.SERVICE or account.person.disabled:
            raise Conflict("only an open account of a service has tokens")
        living = [
            token
            for token in store.read_tokens(connection)
            if token.person.id == person_id and token.revoked_at is None and token.ends_at > wall
        ]
        if len(living) >= MOST:
            raise Conflict(f"this account has {MOST} tokens")

    def _open_account(self, connection: Connection, token: Token, wall: float) -> None:
        """Begin to count for *token*: from what it used today before this process counted."""
        with self._lock:
            account = self._accounts.get(token.id)
            if account is not None:
                return
        offset = self._offset_at(wall)
        day = begin_of(wall, DAY, offset)
        used = store.sum_usage(connection, token.id, day)
        spent = Spent(begin_of(wall, MINUTE, offset), day, 0, used.calls, used.seconds, used.bytes)
        with self._lock:
            self._accounts.setdefault(token.id, _Account(token.quotas, spent))

    def _try_call(self, number: int, wall: float, needed: tuple[Quota, ...]) -> Excess | None:
        with self._lock:
            account = self._accounts[number]
            account.spent = self._rolled(account, wall)
            excess = find_excess(account.quotas, account.spent, wall, needed)
            if excess is None:
                account.spent = count_call(account.spent)
            return excess

    def _rolled(self, account: _Account, wall: float) -> Spent:
        return roll(account.spent, wall, self._offset_at(wall))


def _act(actor: Actor, token: Token) -> Act:
    """Return what the audit keeps of a token that was made."""
    return actor.act(
        "token.made",
        str(token.id),
        account=token.person.name,
        name=token.name,
        scopes=" ".join(sorted(scope.value for scope in token.scopes)),
        networks=" ".join(map(str, token.networks)),
        ends_at=token.ends_at,
    )

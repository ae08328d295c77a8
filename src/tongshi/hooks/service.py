"""Webhooks: what administrators decide and read, with chance, time and threads.

Every method blocks for a moment on the store: call through ``asyncio.to_thread``.  Deliveries are
made by `tongshi.hooks.sending.service`, which is told here that something changed.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine

from tongshi.access.accounts.store import read_account_of
from tongshi.access.identity import Account, Person
from tongshi.access.permission import Permission, Role
from tongshi.audit.entry import Act, Actor
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.page import Page, bound
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Missing
from tongshi.hooks import store
from tongshi.hooks.hook import Delivery, Hook, HookWish, Notice, State, check
from tongshi.hooks.signature import make_secret, prove
from tongshi.hooks.target import parse
from tongshi.tokens.token import narrow

KEY = "hooks.key"
"""Name of the file in the data directory from which the secrets of hooks are made."""
MOST = 200
"""Hooks of one node."""


@dataclass(frozen=True, slots=True)
class MadeHook:
    """A hook whose secret is new.  secret: to be told once and kept nowhere."""

    hook: Hook
    secret: str


def holder(account: Account, wall: float) -> Person | None:
    """Return the owner of hooks as whom they tell; None when nothing may be told as him."""
    person = account.person
    over = person.disabled or person.has_ended(wall) or person.role is not Role.SERVICE
    return None if over else narrow(person, frozenset(Permission))


class Hooks:
    """The webhooks of one node.  Safe to use from any thread.

    key: the node's, 32 bytes of chance.  changed: called with a hook's number once it, or what it
    has to tell, has changed.
    """

    def __init__(self, engine: Engine, writer: Writer, clock: Clock, key: bytes) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._key = key
        self.changed: Callable[[int], None] = lambda hook_id: None

    def make(self, wish: HookWish, actor: Actor) -> MadeHook:
        """Make a hook of a SERVICE account; raises Invalid, Missing, Conflict."""
        wish, wall = self._check(wish), self._clock.wall()
        salt = secrets.token_hex(16)
        secret = make_secret(self._key, salt)

        def write(connection: Connection) -> Hook:
            if len(store.read_hooks(connection)) >= MOST:
                raise Conflict(f"there are {MOST} webhooks")
            _check_owner(connection, wish.owner_id)
            made = store.add_hook(connection, wish, salt, prove(secret), actor.person, wall)
            append(connection, wall, _act(actor, "hook.added", made, wish))
            return _found(connection, made)

        return MadeHook(self._settle(write), secret)

    def change(self, hook_id: int, wish: HookWish, actor: Actor) -> Hook:
        """Change a hook; what waits goes to its new address.  Raises as `make`."""
        wish, wall = self._check(wish), self._clock.wall()

        def write(connection: Connection) -> Hook:
            _found(connection, hook_id)
            _check_owner(connection, wish.owner_id)
            store.write_hook(connection, hook_id, wish)
            append(connection, wall, _act(actor, "hook.changed", hook_id, wish))
            return _found(connection, hook_id)

        return self._settle(write)

    def renew(self, hook_id: int, actor: Actor) -> MadeHook:
        """Give a hook a new secret; the one before signs nothing more.  Raises Missing."""
        wall, salt = self._clock.wall(), secrets.token_hex(16)
        secret = make_secret(self._key, salt)

        def write(connection: Connection) -> Hook:
            _found(connection, hook_id)
            store.write_secret(connection, hook_id, salt, prove(secret))
            act = actor.act("hook.changed", str(hook_id), new_secret=True)
            append(connection, wall, act)
            return _found(connection, hook_id)

        return MadeHook(self._settle(write), secret)

    def remove(self, hook_id: int, actor: Actor) -> None:
        """Have a hook tell nothing more; raises Missing."""
        wall = self._clock.wall()

        def write(connection: Connection) -> Hook:
            hook = _found(connection, hook_id)
            store.remove_hook(connection, hook_id, wall)
            append(connection, wall, actor.act("hook.removed", str(hook_id), name=hook.name))
            return hook

        self._settle(write)

    def everything(self) -> tuple[Hook, ...]:
        """Return all hooks, by number."""
        with self._engine.connect() as connection:
            return store.read_hooks(connection)

    def find(self, hook_id: int) -> Hook:
        """Return a hook; raises Missing."""
        with self._engine.connect() as connection:
            return _found(connection, hook_id)

    def secret_of(self, hook: Hook) -> str:
        """Return the secret of *hook*; ``""`` when the node's key is not the one it was made with.

        Better nothing is sent than what no receiver can verify.
        """
        secret = make_secret(self._key, hook.salt)
        return secret if prove(secret) == hook.proof else ""

    def deliveries(
        self, hook_id: int, state: State | None = None, number: int = 1, size: int = 50
    ) -> Page[Delivery]:
        """Return a page of a hook's deliveries, newest first; raises Missing."""
        number, size = bound(number, size)
        with self._engine.connect() as connection:
            _found(connection, hook_id)
            rows, total = store.page_deliveries(connection, hook_id, state, number, size)
        return Page(rows, total, number, size)

    def redeliver(self, hook_id: int, delivery_id: int, actor: Actor) -> Delivery:
        """Have a hook tell something once more, after all that waits; raises Missing, Conflict."""
        wall = self._clock.wall()

        def write(connection: Connection) -> Delivery:
            _found(connection, hook_id)
            before = store.read_delivery(connection, hook_id, delivery_id)
            if before is None:
                raise Missing(f"no such delivery: {delivery_id}")
            if before.state is State.WAITING:
                raise Conflict("this delivery waits already")
            if before.state is State.WITHHELD:
                raise Conflict("this delivery was withheld: its owner may not know of it")
            notice = Notice(before.topic, before.device_id, before.channel_id, {}, before.made_at)
            again_of = before.again_of or before.id
            made = store.add_body(connection, hook_id, notice, before.body, again_of)
            act = actor.act("hook.changed", str(hook_id), redelivered=again_of)
            append(connection, wall, act)
            found = store.read_delivery(connection, hook_id, made)
            assert found is not None  # it was written just now
            return found

        delivery = self._writer.commit(write)
        self.changed(hook_id)
        return delivery

    def _check(self, wish: HookWish) -> HookWish:
        wish = check(wish)
        parse(wish.url)
        return replace(wish, name=storable(wish.name))

    def _settle(self, write: Callable[[Connection], Hook]) -> Hook:
        hook = self._writer.commit(write, durable=True)
        self.changed(hook.id)
        return hook


def _found(connection: Connection, hook_id: int) -> Hook:
    hook = store.read_hook(connection, hook_id)
    if hook is None:
        raise Missing(f"no such webhook: {hook_id}")
    return hook


def _act(actor: Actor, what: str, hook_id: int, wish: HookWish) -> Act:
    return actor.act(
        what,
        str(hook_id),
        owner=wish.owner_id,
        name=wish.name,
        url=wish.url,
        topics=" ".join(sorted(wish.topics)),
        paused=wish.paused,
    )


def _check_owner(connection: Connection, person_id: int) -> None:
    account = read_account_of(connection, person_id)
    if account is None:
        raise Missing(f"no such person: {person_id}")
    if account.person.role is not Role.SERVICE or account.person.disabled:
        raise Conflict("only an open account of a service owns webhooks")

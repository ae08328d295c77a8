"""What people decided about peers, in memory and written before it holds.

Reading never blocks: the registrar asks at every REGISTER.  Changes block until they are on the
disk: call them through ``asyncio.to_thread``.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from sqlalchemy import Connection, Engine

from tongshi.audit.entry import PLATFORM, Actor
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.writer import Writer
from tongshi.digest import Hashed
from tongshi.errors import Conflict, Exhausted, Invalid, Missing
from tongshi.gb28181.identifier import is_usable
from tongshi.gb28181.preset import PRESET, PRESETS, read_value
from tongshi.registry.peers import store
from tongshi.registry.peers.rule import Rule, RuleBook, check

_log = logging.getLogger(__name__)

RULES = 10_000
"""Rules at the most."""
SHORTEST = 6
"""Characters of a device's password at the least: what the keypads of recorders take."""


class Peers:
    """Rules, passwords and profile fields of one node.  Safe to use from any thread.

    realm: the SIP domain for which passwords are hashed.  fallback: what devices without a
    password of their own register with.
    beats: interval, s, and count of keepalives by device, as they were at the start.
    changed: called after each change, in the thread that made it, with the id of the device
    concerned, ``""`` for the rules.

    Each change is on the audit chain in its own transaction.  actor: who decides.
    """

    def __init__(
        self, engine: Engine, writer: Writer, clock: Clock, *, realm: str, fallback: str
    ) -> None:
        self.changed: Callable[[str], None] = lambda device_id: None
        self._writer = writer
        self._clock = clock
        self._realm = realm
        self._fallback = fallback
        self._lock = threading.Lock()
        with engine.connect() as connection:
            self._rules = store.read_rules(connection)
            self._keys = store.read_keys(connection)
            self._fields = store.read_fields(connection)
            self.makers = store.read_makers(connection)
            self.beats = store.read_beats(connection)
            self.known = store.read_known(connection)
        self._book = RuleBook(self._rules)

    @property
    def book(self) -> RuleBook:
        """The rules that hold now."""
        return self._book

    def password_of(self, device_id: str) -> str | Hashed | None:
        """Return what *device_id* has to prove."""
        return self._keys.get(device_id, self._fallback)

    def has_password(self, device_id: str) -> bool:
        """Return whether *device_id* has a password of its own."""
        return device_id in self._keys

    def fields_of(self, device_id: str) -> Mapping[str, str]:
        """Return what people set of the profile of *device_id*, as text by field."""
        return self._fields.get(device_id, _NONE)

    def add_rule(self, rule: Rule, by: str, actor: Actor = PLATFORM) -> Rule:
        """Add *rule* and return it as it holds; raises Invalid, Conflict, Exhausted.  Blocks."""
        made = replace(check(rule), made_at=self._clock.wall(), made_by=by, id=0)
        with self._lock:
            if len(self._rules) >= RULES:
                raise Conflict(f"there are {RULES} rules already")
            if any(_same(made, held) for held in self._rules):
                raise Conflict("this rule is there already")

            def add(connection: Connection) -> int:
                found = store.add_rule(connection, made)
                act = actor.act(
                    "admission.rule-added",
                    rule.pattern,
                    rule=found,
                    effect=rule.effect.value,
                    network=rule.network,
                    target=rule.target,
                )
                append(connection, made.made_at, act)
                return found

            number = self._writer.commit(add, durable=True)
            made = replace(made, id=number)
            self._rules.append(made)
            self._book = RuleBook(self._rules)
        self.changed("")
        return made

    def remove_rule(self, number: int, actor: Actor = PLATFORM) -> None:
        """Remove a rule; raises Missing, Exhausted.  Blocks."""
        wall = self._clock.wall()
        with self._lock:
            pattern = next((rule.pattern for rule in self._rules if rule.id == number), "")

            def remove(connection: Connection) -> bool:
                found = store.remove_rule(connection, number)
                if found:
                    act = actor.act("admission.rule-removed", pattern, rule=number)
                    append(connection, wall, act)
                return found

            if not self._writer.commit(remove, durable=True):
                raise Missing(f"no such rule: {number}")
            self._rules = [rule for rule in self._rules if rule.id != number]
            self._book = RuleBook(self._rules)
        self.changed("")

    def set_password(
        self,
        device_id: str,
        password: str,
        by: str,
        actor: Actor = PLATFORM,
        *,
        username: str = "",
        realm: str = "",
    ) -> None:
        """Let *device_id* have a password of its own, of which only hashes are kept.  Blocks.

        username, realm: those that the device answers with, where they are not its id and ours.
        Raises Invalid, Exhausted.
        """
        if not is_usable(device_id):
            raise Invalid(f"not the id of a device: {device_id[:70]!r}")
        if not SHORTEST <= len(password) <= 128 or not password.isprintable():
            raise Invalid(f"a password has {SHORTEST} to 128 printable characters")
        key = Hashed.of(username or device_id, realm or self._realm, password)
        at = self._clock.wall()

        def write(connection: Connection) -> None:
            store.write_key(connection, device_id, key, at, by)
            append(connection, at, actor.act("peer.password-set", device_id))

        with self._lock:
            self._writer.commit(write, durable=True)
            self._keys[device_id] = key
        self.changed(device_id)

    def remove_password(self, device_id: str, actor: Actor = PLATFORM) -> None:
        """Let *device_id* register with the common password again; raises Missing.  Blocks."""
        wall = self._clock.wall()

        def remove(connection: Connection) -> bool:
            found = store.remove_key(connection, device_id)
            if found:
                append(connection, wall, actor.act("peer.password-removed", device_id))
            return found

        with self._lock:
            if not self._writer.commit(remove, durable=True):
                raise Missing(f"{device_id} has no password of its own")
            self._keys.pop(device_id, None)
        self.changed(device_id)

    def note_beat(self, device_id: str, interval: float | None, count: int, at: float) -> None:
        """Have the rhythm that a device told written, s; None has it forgotten.

        It does not block: what is lost when the store cannot be written is learned again.
        """

        def write(connection: Connection) -> None:
            if interval is None:
                store.remove_beat(connection, device_id)
            else:
                store.write_beat(connection, device_id, interval, count, at)

        try:
            self._writer.call(write)
        except Exhausted as error:
            _log.warning("event=beat-lost device_id=%s why=%s", device_id, error)

    def set_fields(
        self, device_id: str, fields: Mapping[str, str], by: str, actor: Actor = PLATFORM
    ) -> None:
        """Set the profile of *device_id*: these fields by hand, every other by rule.  Blocks.

        fields: text by field; :data:`tongshi.gb28181.preset.PRESET` chooses a preset.
        Raises Invalid naming every fault, Exhausted.
        """
        if not is_usable(device_id):
            raise Invalid(f"not the id of a device: {device_id[:70]!r}")
        faults = [fault for name, text in fields.items() for fault in _faults(name, text)]
        if faults:
            raise Invalid("the profile is not usable", faults=tuple(faults))
        given, at = dict(fields), self._clock.wall()

        def write(connection: Connection) -> None:
            store.write_fields(connection, device_id, given, at, by)
            told = ", ".join(f"{name}={text}" for name, text in sorted(given.items()))
            append(connection, at, actor.act("peer.profile-set", device_id, fields=told))

        with self._lock:
            self._writer.commit(write, durable=True)
            if given:
                self._fields[device_id] = given
            else:
                self._fields.pop(device_id, None)
        self.changed(device_id)


_NONE: Mapping[str, str] = MappingProxyType({})


def _same(one: Rule, other: Rule) -> bool:
    return (one.effect, one.pattern, one.network) == (other.effect, other.pattern, other.network)


def _faults(name: str, text: str) -> tuple[str, ...]:
    if name == PRESET:
        return () if text in PRESETS else (f"there is no preset {text[:40]!r}",)
    try:
        read_value(name, text)
    except Invalid as error:
        return error.faults
    return ()

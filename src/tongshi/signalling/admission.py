"""Who is let in, from where, after how many failures: the registrar's doorkeeper.

| asked | in this order |
|---|---|
| before any proof | locked out, denied by rule, not from one of its networks |
| after a proof | new and to be approved, to be sent elsewhere |

Wrong passwords are counted twice: by (device, host), and by host.  So who guesses from elsewhere
locks out himself and never the device; and a host that tries many devices is locked as a whole,
except for devices that are registered from that very host, for many may stand behind one NAT.
Only wrong answers to a nonce of ours count: a host that merely forges source addresses never gets
one, and can lock out nobody.

Everything is bounded: the oldest failure, lock or newcomer is forgotten first.
Sources: GB/T 28181-2022 9.1.2; field, wvp.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tongshi.clock import Clock
from tongshi.gb28181.registration import Elsewhere, Refusal
from tongshi.registry.peers.rule import RuleBook
from tongshi.sip.address import Address

_K = TypeVar("_K", str, tuple[str, str])
FAILURES = 20_000
"""Counts of failures remembered at the most, of each kind."""
NEWCOMERS = 1_000
"""Devices that wait for approval at the most."""


@dataclass(frozen=True, slots=True)
class LockRules:
    """attempts: wrong answers of a device from one host; host_attempts: of a host, any device.

    seconds: for which failures count, and for which a lock holds.
    """

    attempts: int = 10
    host_attempts: int = 100
    seconds: float = 300.0


@dataclass(slots=True)
class Count:
    """Failures in a row.  since: of the first; until: end of the lock, s; 0 while there is none."""

    failures: int
    since: float
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that holds.  device_id: empty for a whole host.  left: s."""

    device_id: str
    host: str
    failures: int
    left: float


@dataclass(slots=True)
class Newcomer:
    """A device that proved its password and waits for a person to allow it.

    first_at, last_at: UNIX time, s.
    """

    device_id: str
    host: str
    transport: str
    first_at: float
    last_at: float
    tries: int = 1


class Admission:
    """The doorkeeper of one platform.

    is_known: whether a device was ever let in.  is_at_home: whether it is registered from that
    host at present.  rules: may be replaced at any time.
    counters: by reason.
    """

    def __init__(
        self,
        lock: LockRules,
        clock: Clock,
        *,
        is_known: Callable[[str], bool],
        is_at_home: Callable[[str, str], bool],
    ) -> None:
        self._rules = RuleBook()
        self._ruled = False
        self.counters: Counter[str] = Counter()
        self._lock = lock
        self._clock = clock
        self._is_known = is_known
        self._is_at_home = is_at_home
        self._by_device: OrderedDict[tuple[str, str], Count] = OrderedDict()
        self._by_host: OrderedDict[str, Count] = OrderedDict()
        self._newcomers: OrderedDict[str, Newcomer] = OrderedDict()

    @property
    def rules(self) -> RuleBook:
        """The rules that hold."""
        return self._rules

    @rules.setter
    def rules(self, rules: RuleBook) -> None:
        self._rules = rules
        self._ruled = bool(rules)  # asked thrice a registration

    def bar(self, device_id: str, source: Address) -> Refusal | None:
        """Return why *device_id* is kept out, whatever it could prove."""
        host = source.host
        if self._by_host and self._is_locked(device_id, host):
            self.counters["locked"] += 1
            return Refusal.LOCKED
        if not self._ruled:
            return None
        if self.rules.denies(device_id, host):
            self.counters["denied"] += 1
            return Refusal.DENIED
        if self.rules.misplaces(device_id, host):
            self.counters["misplaced"] += 1
            return Refusal.SOURCE
        return None

    def opens(self, device_id: str, source: Address) -> bool:
        """Return whether a rule lets *device_id* in without a password from there."""
        return self._ruled and self._rules.is_open(device_id, source.host)

    def failed(self, device_id: str, source: Address) -> None:
        """Count a wrong answer."""
        rules, host = self._lock, source.host
        self._count(self._by_device, (device_id, host), rules.attempts)
        self._count(self._by_host, host, rules.host_attempts)

    def proved(self, device_id: str, source: Address) -> Refusal | Elsewhere | None:
        """Return what stands against a device that proved itself; forget its failures."""
        if self._by_device:
            self._by_device.pop((device_id, source.host), None)
        if not self._ruled:
            return None
        if self.rules.wants_approval(device_id, source.host) and not self._is_known(device_id):
            self._note_newcomer(device_id, source)
            return Refusal.QUARANTINED
        self._newcomers.pop(device_id, None)
        rule = self.rules.redirection(device_id, source.host)
        if rule is None:
            return None
        self.counters["redirected"] += 1
        return Elsewhere(rule.target, rule.expires)

    def clear(self, device_id: str) -> int:
        """Forget every failure of *device_id*, and those of the hosts it failed at; return them.

        A host stays locked for others when they failed there, too.
        """
        keys = [key for key in self._by_device if key[0] == device_id]
        cleared = 0
        for key in keys:
            failures = self._by_device.pop(key).failures
            cleared += failures
            count = self._by_host.get(key[1])
            if count is not None:
                count.failures -= failures
                if count.failures < self._lock.host_attempts:
                    count.until = 0.0
                if count.failures <= 0:
                    del self._by_host[key[1]]
        return cleared

    def clear_host(self, host: str) -> None:
        """Forget every failure from *host*."""
        self._by_host.pop(host, None)
        for key in [key for key in self._by_device if key[1] == host]:
            del self._by_device[key]

    def locks(self) -> list[Lock]:
        """Return the locks that hold."""
        now = self._clock.now()
        by_device = [
            Lock(device_id, host, count.failures, count.until - now)
            for (device_id, host), count in self._by_device.items()
            if count.until > now
        ]
        by_host = [
            Lock("", host, count.failures, count.until - now)
            for host, count in self._by_host.items()
            if count.until > now
        ]
        return by_device + by_host

    def newcomers(self) -> list[Newcomer]:
        """Return who waits for approval, the longest first."""
        return list(self._newcomers.values())

    def dismiss(self, device_id: str) -> None:
        """Take *device_id* off the list of those who wait; it may come again."""
        self._newcomers.pop(device_id, None)

    def _is_locked(self, device_id: str, host: str) -> bool:
        now = self._clock.now()
        count = self._by_device.get((device_id, host))
        if count is not None and count.until > now:
            return True
        whole = self._by_host.get(host)
        return whole is not None and whole.until > now and not self._is_at_home(device_id, host)

    def _count(self, counts: OrderedDict[_K, Count], key: _K, limit: int) -> None:
        now, seconds = self._clock.now(), self._lock.seconds
        count = counts.get(key)
        if count is None or now - count.since > seconds:
            count = counts[key] = Count(0, now)
        counts.move_to_end(key)
        count.failures += 1
        if count.failures >= limit:
            count.until = now + seconds
            self.counters["locks"] += count.failures == limit
        while len(counts) > FAILURES:
            counts.popitem(last=False)

    def _note_newcomer(self, device_id: str, source: Address) -> None:
        self.counters["quarantined"] += 1
        wall = self._clock.wall()
        known = self._newcomers.get(device_id)
        if known is None:
            made = Newcomer(device_id, source.host, source.transport, wall, wall)
            self._newcomers[device_id] = made
            while len(self._newcomers) > NEWCOMERS:
                self._newcomers.popitem(last=False)
        else:
            known.host, known.transport = source.host, source.transport
            known.last_at = wall
            known.tries += 1

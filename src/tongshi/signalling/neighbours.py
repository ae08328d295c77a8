"""Who is registered, where, and whether it lives.

Theory of operation.  One record a device, and one watch over them all.  A keepalive from where
the device is known to be touches the record, the watch and the set of what was seen: constant work,
nothing is scanned, nothing is awaited, no store is asked.  All else takes the slower path below it.

| state | on | to, why |
|---|---|---|
| any | registration granted | online, registered |
| online | a sign of life | online |
| offline, unknown | keepalive within a valid registration | online, keepalive |
| online, unknown | keepalives missed | offline, missed |
| any but offline | registration runs out / unregister / TCP connection ends | offline, and that |
| (store) | restore | unknown, restarted |

A device that reboots within seconds is never offline, but may have other channels afterwards.  It
shows by a new series of registrations: another Call-ID, or Contact.  Some begin one at every
refresh: so once that is a device's habit, only one that comes out of rhythm counts.

A TCP connection that a device left by registering over another is closed at once: the proof says
that it is the same device.  One that it left by a mere keepalive is left to the idle rule.

Sources: GB/T 28181-2022 9.1, 9.6.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tongshi.gb28181.keepalive import Lost, Watch
from tongshi.gb28181.profile import STANDARD, Profile
from tongshi.gb28181.version import Version
from tongshi.signalling.event import (
    DevicePresence,
    DeviceRegistered,
    DeviceRestarted,
    DevicesSeen,
    Presence,
    SignallingEvent,
    Why,
)
from tongshi.sip.address import Address

LATE = 10.0
"""A registration renewed as late as this, s, is no reason to call a device dead."""
STALL = 5.0
"""Time between two calls of :meth:`Neighbours.expire`, s, beyond which we were the absent one."""
RHYTHM = 0.4
"""A refresh earlier than this share of the expiry granted is out of rhythm."""


class Neighbour:
    """One device that registered, and what is known of it.

    address: where its last packet came from; requests go there, whatever its Contact says.
    proof: UNIX time of its last sign of life, s; None when none is known.
    expires: end of its registration, s of the caller's clock; -inf when it has none.
    profile: the deviations to heed, kept by ``Profiles``; None until asked for.
    told: the edition that it told; version: the one in which it is spoken to.
    series: stands for the Call-ID of its registrations; 0 while none is known.  renews: whether
    its last refresh began a new one.
    """

    __slots__ = (
        "address",
        "contact",
        "device_id",
        "expires",
        "profile",
        "proof",
        "renews",
        "series",
        "state",
        "told",
        "user_agent",
        "version",
        "why",
    )

    def __init__(
        self, device_id: str, address: Address, expires: float, state: Presence, why: Why
    ) -> None:
        self.device_id = device_id
        self.address = address
        self.expires = expires
        self.state = state
        self.why = why
        self.proof: float | None = None
        self.told = Version.V2016
        self.version = Version.V2016
        self.user_agent = ""
        self.contact = ""
        self.profile: Profile | None = None
        self.series = 0
        self.renews = False


@dataclass(frozen=True, slots=True)
class Known:
    """What a store kept of a device: the fields of the last DeviceRegistered, and a proof of life.

    expires_at, last_proof: UNIX time, s; ``expires_at`` is 0 when it had unregistered.
    """

    device_id: str
    host: str
    port: int
    transport: str
    expires_at: float
    version: Version = Version.V2016
    user_agent: str = ""
    contact: str = ""
    last_proof: float | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """How presence is judged.

    keepalive: interval, s.  misses: intervals without a sign of life until offline.
    limit: devices at the most.
    roam: a keepalive from another host moves the device there; else it must register anew, which
    is what proves that it is the device: a keepalive carries no proof, and requests for pictures
    follow the address.  Another port of the same host is followed always (NAT).
    revive: a keepalive from a device without a valid registration counts (it does not by default:
    the refusal is what makes good devices register again).
    """

    keepalive: float = 60.0
    misses: int = 3
    limit: int = 200_000
    roam: bool = False
    revive: bool = False


class Neighbours:
    """The devices, by id.

    emit: gets every event.  Times: *now* on the caller's clock, *wall* UNIX, both s.
    use_link: told the name of a TCP connection when the first device is reached by it, with True,
    and when the last one no longer is, with False.
    end_link: told the name of a TCP connection that its only device left for another.
    profile_of: may be set later: the deviations to heed for a device.
    contradicted: may be set later: told who counted as missed, and was only slow.
    forgotten: may be set later: told who was forgotten, to make room for another.
    """

    def __init__(
        self,
        rules: Rules,
        emit: Callable[[SignallingEvent], None],
        use_link: Callable[[str, bool], None] = lambda local, used: None,
        end_link: Callable[[str], None] = lambda local: None,
    ) -> None:
        self.profile_of: Callable[[str], Profile] = lambda device_id: STANDARD
        self.contradicted: Callable[[str], None] = lambda device_id: None
        self.forgotten: Callable[[str], None] = lambda device_id: None
        self._rules = rules
        self._emit = emit
        self._use_link = use_link
        self._end_link = end_link
        self._by_id: dict[str, Neighbour] = {}
        self._watch = Watch(interval=rules.keepalive, misses=rules.misses)
        self._gone: OrderedDict[str, None] = OrderedDict()  # offline ones, longest first
        self._on_link: dict[str, set[str]] = {}
        self._seen: dict[str, float] = {}
        self._words: dict[str, str] = {}
        self._online = 0
        self._judged = float("inf")
        self._blind_until = float("-inf")

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Neighbour]:
        return iter(self._by_id.values())

    @property
    def online(self) -> int:
        """How many are online."""
        return self._online

    def get(self, device_id: str) -> Neighbour | None:
        """Return what is known of *device_id*."""
        return self._by_id.get(device_id)

    def has_room(self, device_id: str) -> bool:
        """Return whether *device_id* may register; makes room by forgetting one long gone."""
        if device_id in self._by_id or len(self._by_id) < self._rules.limit:
            return True
        if not self._gone:
            return False
        self._forget(next(iter(self._gone)))
        return True

    def register(
        self, granted: DeviceRegistered, address: Address, now: float, series: int = 0
    ) -> None:
        """Take a granted registration: the device is online at *address*.

            told: the edition that it told; version: the one in which it is spoken to.
        series: stands for its Call-ID.
        """
        expires = now + granted.expires_at - granted.at
        device_id = granted.device_id
        neighbour = self._by_id.get(device_id)
        fresh = neighbour is None
        restarted = "" if neighbour is None else _restart_of(neighbour, granted, now, series)
        if neighbour is None:
            neighbour = Neighbour(device_id, address, expires, Presence.UNKNOWN, Why.RESTARTED)
            self._by_id[device_id] = neighbour
            self._link(neighbour, address)
        neighbour.expires = expires
        agent = self._word(granted.user_agent)
        if fresh or neighbour.told is not granted.version or neighbour.user_agent != agent:
            neighbour.told = granted.version
            neighbour.user_agent = agent
            neighbour.profile = None
            neighbour.version = self.profile_of(device_id).speaks(granted.version)
        neighbour.contact = granted.contact if len(granted.contact) <= 256 else ""
        neighbour.series = series
        left = neighbour.address
        self._move(neighbour, address)
        if left != address and left.transport == "tcp" and left.local not in self._on_link:
            self._end_link(left.local)
        self._emit(granted)
        self._revive(neighbour, Why.REGISTERED, now, granted.at)
        if restarted:
            self._emit(DeviceRestarted(device_id, restarted, granted.at))

    def unregister(self, device_id: str, wall: float) -> None:
        """Take a logout; one before any registration changes nothing."""
        neighbour = self._by_id.get(device_id)
        if neighbour is not None:
            neighbour.proof = wall
            neighbour.expires = float("-inf")
            self._leave(neighbour, Why.UNREGISTERED, wall)

    def beat(self, device_id: str, source: Address, now: float, wall: float) -> int:
        """Take a keepalive; return the status to answer: 200, 403 or 404."""
        neighbour = self._by_id.get(device_id)
        if neighbour is None:
            return 404
        if neighbour.address == source and neighbour.state is Presence.ONLINE:
            neighbour.proof = wall
            self._seen[device_id] = wall
            self._watch.heard(device_id, now)
            return 200
        return self._beat_elsewhere(neighbour, source, now, wall)

    def hear(self, device_id: str, source: Address, now: float, wall: float) -> Neighbour | None:
        """Take any other message of a device as a sign of life; return the device if it is known.

        It counts only from the host where the device is known to be, and never moves it: From is
        whatever the sender writes.
        """
        neighbour = self._by_id.get(device_id)
        if neighbour is None or neighbour.expires + LATE <= now:
            return None
        if neighbour.address.host != source.host:
            return None
        if neighbour.state is Presence.ONLINE:
            neighbour.proof = wall
            self._seen[device_id] = wall
            self._watch.heard(device_id, now)
        return neighbour

    def lose_link(self, local: str, wall: float) -> None:
        """Take the end of a TCP connection: who was reached by it is offline."""
        for device_id in self._on_link.pop(local, ()):
            self._leave(self._by_id[device_id], Why.LINK_LOST, wall)

    def reached_by(self, local: str) -> bool:
        """Return whether any device is reached by the TCP connection *local*."""
        return local in self._on_link

    def restore(self, rows: Iterable[Known], now: float, wall: float) -> None:
        """Take what a store knew before a restart: unknown until heard from.

        Nobody who has registered since is touched.
        """
        for row in rows:
            if row.device_id in self._by_id or len(self._by_id) >= self._rules.limit:
                continue
            address = Address(row.host, row.port, row.transport)
            neighbour = Neighbour(
                row.device_id,
                address,
                now + row.expires_at - wall,
                Presence.UNKNOWN,
                Why.RESTARTED,
            )
            neighbour.proof = row.last_proof
            neighbour.told = neighbour.version = row.version
            neighbour.user_agent = self._word(row.user_agent)
            neighbour.contact = row.contact
            self._by_id[row.device_id] = neighbour
            neighbour.version = self.profile_of(row.device_id).speaks(row.version)
            self._watch.register(row.device_id, now, float("inf"))

    def expire(self, now: float, wall: float) -> None:
        """Turn offline whoever is due at *now*.  Call it about once a second.

        After a pause of our own (a suspended machine, a blocked process) nobody is judged for an
        interval of keepalives: what was sent meanwhile is not the devices' fault to miss.
        """
        if now - self._judged > STALL:
            self._blind_until = now + self._rules.keepalive
        self._judged = now
        if now < self._blind_until:
            return
        for overdue in self._watch.overdue(now):
            neighbour = self._by_id[overdue.device_id]
            expired = overdue.why is Lost.REGISTRATION or neighbour.expires + LATE <= now
            self._leave(neighbour, Why.EXPIRED if expired else Why.MISSED, wall)

    def expect(self, device_id: str, silence: float | None, now: float) -> None:
        """Let *device_id* be silent for *silence* s until it is missed; None: as any other."""
        self._watch.expect(device_id, silence, now)

    def flush(self) -> None:
        """Emit who was seen since the last flush, one entry a device."""
        if self._seen:
            seen, self._seen = self._seen, {}
            self._emit(DevicesSeen(seen))

    def _beat_elsewhere(
        self, neighbour: Neighbour, source: Address, now: float, wall: float
    ) -> int:
        """Take a keepalive that is a change: another address, or back to life."""
        valid = neighbour.expires + LATE > now
        profile = self.profile_of(neighbour.device_id)
        revive = self._rules.revive if profile.revive is None else profile.revive
        if not valid and not revive:
            return 403
        roam = self._rules.roam if profile.roam is None else profile.roam
        if not roam and neighbour.address.host != source.host:
            return 403
        self._move(neighbour, source)
        if not valid:  # it lives as long as it keeps beating
            neighbour.expires = float("inf")
        if neighbour.why is Why.MISSED:
            self.contradicted(neighbour.device_id)
        self._revive(neighbour, Why.KEEPALIVE, now, wall)
        return 200

    def _revive(self, neighbour: Neighbour, why: Why, now: float, wall: float) -> None:
        device_id = neighbour.device_id
        neighbour.proof = wall
        self._seen[device_id] = wall
        self._gone.pop(device_id, None)
        self._watch.register(device_id, now, neighbour.expires + LATE - now)
        self._turn(neighbour, Presence.ONLINE, why, wall)

    def _leave(self, neighbour: Neighbour, why: Why, wall: float) -> None:
        self._watch.forget(neighbour.device_id)
        self._gone[neighbour.device_id] = None
        self._unlink(neighbour)
        self._turn(neighbour, Presence.OFFLINE, why, wall)

    def _turn(self, neighbour: Neighbour, state: Presence, why: Why, wall: float) -> None:
        """Change the presence, and tell it if it is a change."""
        if neighbour.state is state:
            return
        self._online += (state is Presence.ONLINE) - (neighbour.state is Presence.ONLINE)
        neighbour.state = state
        neighbour.why = why
        self._emit(DevicePresence(neighbour.device_id, state, why, wall, neighbour.proof))

    def _move(self, neighbour: Neighbour, address: Address) -> None:
        if neighbour.address != address:
            self._unlink(neighbour)
            neighbour.address = address
        self._link(neighbour, address)

    def _link(self, neighbour: Neighbour, address: Address) -> None:
        if address.transport != "tcp":
            return
        held = self._on_link.get(address.local)
        if held is None:
            held = self._on_link[address.local] = set()
            self._use_link(address.local, True)
        held.add(neighbour.device_id)

    def _unlink(self, neighbour: Neighbour) -> None:
        held = self._on_link.get(neighbour.address.local)
        if held is not None:
            held.discard(neighbour.device_id)
            if not held:
                del self._on_link[neighbour.address.local]
                self._use_link(neighbour.address.local, False)

    def _forget(self, device_id: str) -> None:
        del self._by_id[device_id]
        del self._gone[device_id]
        self._seen.pop(device_id, None)
        self.forgotten(device_id)

    def _word(self, text: str) -> str:
        """Return *text* shared with the other devices that say the same; User-Agents are few."""
        if len(text) > 128 or len(self._words) >= 4096:
            return self._words.get(text, text[:128])
        return self._words.setdefault(text, text)


def _restart_of(neighbour: Neighbour, granted: DeviceRegistered, now: float, series: int) -> str:
    """Return what shows that a device began anew; ``""`` when nothing does.

    Notes its habit.  A device that is not online is asked anew in any case.
    """
    why = ""
    if neighbour.contact and granted.contact and neighbour.contact != granted.contact:
        why = "contact"
    elif neighbour.series and series and neighbour.series != series:
        why = "call-id"
    habit, neighbour.renews = neighbour.renews, why != ""
    left = neighbour.expires - now
    if neighbour.state is not Presence.ONLINE or left <= 0:
        return ""
    early = left > (1 - RHYTHM) * (granted.expires_at - granted.at)
    return why if early or not habit else ""

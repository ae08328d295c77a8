"""Many peers in one thread and in virtual time, over a wire that loses by a seed.

The clock jumps from deadline to deadline, so a day of a thousand devices takes as long as their
messages take to compute.  Equal seeds give equal days.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tongshi.clock import ManualClock
from tongshi.net.carrier import Core
from tongshi.sim.impair import CLEAN, Impairments, Wire
from tongshi.sip.address import Address

_PATH = 0.001
"""Time on the best of wires, s: nothing arrives in the moment in which it was sent."""


@dataclass(slots=True)
class Place:
    """A core and where it is reached."""

    core: Core[object]
    host: str
    port: int
    on_event: Callable[[object], None]
    due: float | None = None


class World:
    """Cores, one wire, one clock.

    clock: read it, do not wind it.  seed: decides chance, tokens and losses.
    sent, lost: datagrams so far.  unreachable: of these, those addressed to nobody.
    """

    def __init__(self, *, seed: int = 1, impairments: Impairments = CLEAN) -> None:
        self.clock = ManualClock()
        self.sent = self.unreachable = 0
        self._random = Random(seed)
        self._wire: Wire[tuple[bytes, Address, Address]] = Wire(impairments)
        self._places: dict[tuple[str, int], Place] = {}
        self._due: list[tuple[float, int, Place]] = []
        self._order = 0

    @property
    def now(self) -> float:
        """Virtual time, s."""
        return self.clock.now()

    @property
    def lost(self) -> int:
        """Datagrams that the wire lost."""
        return self._wire.lost

    def impair(self, impairments: Impairments) -> None:
        """Change the wire; what is under way comes through at once."""
        for data, source, target in self._wire.arrived(float("inf")):
            self._deliver(data, source, target)
        self._wire = Wire(impairments)

    def token(self) -> str:
        """Return text that no other call returned."""
        return f"{self._random.getrandbits(64):016x}"

    def chance(self) -> float:
        """Return a number in [0, 1)."""
        return self._random.random()

    def add(
        self, core: Core[object], host: str, port: int, on_event: Callable[[object], None]
    ) -> Place:
        """Let *core* be reached at *host* and *port*; its events go to *on_event*."""
        place = self._places[host, port] = Place(core, host, port, on_event)
        self.touch(place)
        return place

    def remove(self, place: Place) -> None:
        """Take a peer away without a word."""
        self._places.pop((place.host, place.port), None)
        place.due = None

    def touch(self, place: Place) -> None:
        """Send, report and re-arm; call it after every use of a core from outside."""
        while self._turn(place):
            pass
        due = place.core.deadline()
        if due is None:
            place.due = None
        elif place.due is None or due < place.due:
            self._arm(place, due)

    def _turn(self, place: Place) -> bool:
        """Report and send once; return whether there was anything, for listeners may add to it."""
        events = place.core.events()
        for event in events:
            place.on_event(event)
        out = place.core.outgoing()
        for data, target in out:
            self.sent += 1
            source = Address(place.host, place.port)
            self._wire.send((data, source, target), self.now + _PATH)
        return bool(events or out)

    def run(self, seconds: float) -> None:
        """Let *seconds* pass."""
        end = self.now + seconds
        while True:
            at = self._next()
            if at is None or at > end:
                break
            self.clock.wind(max(at - self.now, 0.0))
            for data, source, target in self._wire.arrived(self.now):
                self._deliver(data, source, target)
            while self._due and self._due[0][0] <= self.now:
                self._expire(*heapq.heappop(self._due))
        self.clock.wind(end - self.now)

    def run_until(self, done: Callable[[], bool], *, limit: float, step: float = 1.0) -> bool:
        """Let time pass until *done*, *limit* s at most; return whether it is."""
        end = self.now + limit
        while not done() and self.now < end:
            self.run(min(step, end - self.now))
        return done()

    def _next(self) -> float | None:
        times = [self._due[0][0]] if self._due else []
        wire = self._wire.deadline()
        if wire is not None:
            times.append(wire)
        return min(times, default=None)

    def _arm(self, place: Place, due: float) -> None:
        self._order += 1
        place.due = due
        heapq.heappush(self._due, (due, self._order, place))

    def _expire(self, due: float, order: int, place: Place) -> None:
        if place.due != due:
            return  # forgotten, or armed for another time since
        place.due = None
        # A deadline may be early; one that never moves would stop the clock.
        place.core.expire(self.now)
        self.touch(place)

    def _deliver(self, data: bytes, source: Address, target: Address) -> None:
        place = self._places.get((target.host, target.port))
        if place is None:
            self.unreachable += 1
            return
        place.core.receive(data, source, self.now)
        self.touch(place)

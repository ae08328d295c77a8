"""How a device is present at its platform: registration, keepalives, redirection.

Pure.  Its owner carries what :meth:`Presence.work` asks for.

Source: GB/T 28181-2022 9.1, 9.1.2.3, 9.6.
"""

from collections.abc import Callable
from dataclasses import replace

from tongshi.gb28181.keepalive import Beat
from tongshi.gb28181.manscdp.notify import Keepalive
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.registrant import Left, Offline, Online, Redirected, Registrant
from tongshi.gb28181.version import Version, negotiate
from tongshi.sim import disguise, event
from tongshi.sim.host import Peer, ignore
from tongshi.sim.join import Join, PlatformLost, Registered, Unregistered, account_of
from tongshi.sip.address import Address
from tongshi.sip.message import Request, Response

REFUSED = (401, 403, 404)
"""Answers to a keepalive by which a platform says that it does not know us."""


class Presence:
    """One device's registration and its beat.

    home: how it joins, as configured.  target: where its platform is; None for no way there.
    strays: bytes of its own that go before the next message.
    muted: no keepalives are sent.  faulty: parts that keepalives call faulty.
    interval, misses: of keepalives, as configured at the device or by the platform.
    sent, answered: keepalives.
    """

    def __init__(self, host: Peer, home: Join, chance: Callable[[], float]) -> None:
        self.home = home
        self.target: Address | None = None
        self.strays: list[bytes] = []
        self._home_target: Address | None = None
        self.muted = False
        self.faulty: tuple[str, ...] = ()
        self.interval, self.misses = home.keepalive, home.misses
        self.sent = self.answered = 0
        self.version = Version.V2016
        self._host = host
        self._chance = chance
        self._registrant = self._begin()
        self._beat: Beat | None = None
        self._again_at: float | None = None
        self._warmed = False

    @property
    def join(self) -> Join:
        """With whom it is registered: elsewhere, where it was redirected."""
        server = self._registrant.server
        return replace(self.home, platform_id=server.server_id, domain=server.domain)

    @property
    def registered(self) -> bool:
        """Whether the platform has taken the device in and still answers."""
        return self._beat is not None and not self._beat.dead

    def deadline(self) -> float | None:
        """Return when to call :meth:`expire`."""
        if self.target is None:
            return None
        beat = self._beat.deadline() if self._beat is not None and not self.muted else None
        times = [self._registrant.deadline(), beat, self._again_at]
        return min((time for time in times if time is not None), default=None)

    def expire(self, now: float) -> None:
        """Do what is due."""
        self._registrant.expire(now)
        if self._again_at is not None and now >= self._again_at:
            self._again_at = None
            self.register(now)
        self._keep_alive(now)

    def connect(self, target: Address, now: float) -> None:
        """Register at *target*, or only keep alive there, as its quirk wants."""
        self.target = target
        if not self._registrant.server.host:
            self._home_target = target
        if self._beat is not None and "keepalive-only" in self._host.quirks:
            self._beat.restart(now)
            self._beat.hasten(now)
            self._keep_alive(now)
            return
        if "keepalive-first" in self._host.quirks and self._beat is None:
            keepalive = Keepalive(self._host.number(), self._host.profile.device_id)
            self._host.send(keepalive, now, ignore)
        self.register(now)

    def register(self, now: float) -> None:
        """Register now, and as configured."""
        self.configure()
        self._registrant.start(now)
        if not self._warmed:
            self._warmed = True
            request = self._registrant.outgoing()
            if request is not None:
                for early in disguise.preludes(request, self._host.quirks, self._host.token):
                    self._host.ask(early, now, ignore)
            self._registrant.start(now)

    def configure(self) -> None:
        """Take up a changed account."""
        host = self._host
        self._registrant.account = account_of(host.profile, self.home, host.contact, host.quirks)

    def leave(self, now: float) -> None:
        """Unregister."""
        self._beat = None
        self._again_at = None
        self._registrant.leave(now)

    def forget(self) -> None:
        """Be as one that was never registered, as after a restart."""
        self._registrant = self._begin()
        self._beat = None
        self._again_at = None

    def retune(self, now: float) -> None:
        """Keep alive by changed intervals."""
        if self._beat is not None:
            self._beat = Beat(now, interval=self.interval, misses=self.misses)

    def work(self, now: float) -> bool:
        """Carry out what registration asks for; return whether there was anything."""
        request = self._registrant.outgoing()
        if request is not None:
            self._send_register(request, now)
        told = self._registrant.events()
        for fact in told:
            self._note(fact, now)
        return bool(request or told)

    def hasten(self, now: float) -> None:
        """Send a keepalive at once, as after a fault."""
        if self._beat is not None:
            self._beat.hasten(now)
            self._keep_alive(now)

    def _send_register(self, request: Request, now: float) -> None:
        quirks, host = self._host.quirks, self._host
        self._aim()
        sequence = request.headers.get("CSeq") or ""
        made = disguise.alter(request, quirks, host.contact, self._beat is not None, host.token)

        def settle(response: Response | None, then: float) -> None:
            if response is None:
                self._registrant.unanswered(then)
                return
            if "frozen-cseq" in quirks:
                response.headers.set("CSeq", sequence)
            if "needs-algorithm" in quirks and disguise.lacks_algorithm(response):
                response = made.response(403, "algorithm missing")
                response.headers.set("CSeq", sequence)
            self._registrant.answered(response, then)

        if host.ask(made, now, settle) is None:
            self._registrant.unanswered(now)

    def _begin(self) -> Registrant:
        """Return a registration that nobody has heard of yet."""
        host, home = self._host, self.home
        return Registrant(
            account_of(host.profile, home, host.contact, host.quirks),
            new_token=host.token,
            chance=self._chance,
            patience=home.patience,
        )

    def _aim(self) -> None:
        """Have the server that the registrant wants as the target; over TCP the shell dials it."""
        server, home = self._registrant.server, self._home_target
        if self.target is None or home is None or self.target.reliable:
            return
        self.target = home._replace(host=server.host, port=server.port) if server.host else home

    def _note(self, fact: Online | Offline | Left | Redirected, now: float) -> None:
        match fact:
            case Online():
                self._came_in(fact, now)
            case Offline():
                self._beat = None
                self._host.tell(Unregistered(fact.status, fact.reason))
            case Left():
                self._beat = None
                self._host.tell(Unregistered(None, "left"))
            case Redirected(server=server):
                self._beat = None
                self._host.tell(event.Redirected(server.host, server.port))

    def _came_in(self, fact: Online, now: float) -> None:
        self.version = negotiate(self._host.profile.version, fact.version)
        again = self._host.quirks.value("registers-again")
        self._again_at = now + again if again is not None else None
        if self._beat is None:
            self._beat = Beat(now, interval=self.interval, misses=self.misses)
            # The first report follows the registration at once: the platform then knows that
            # the interval begins.
            self._beat.hasten(now)
        elif self._beat.dead or not fact.refreshed:
            self._beat.restart(now)
        self._host.tell(Registered(fact.expires, fact.refreshed))
        self._keep_alive(now)

    def _keep_alive(self, now: float) -> None:
        beat = self._beat
        if beat is None or self.target is None or self.muted or not beat.due(now):
            return
        state = Outcome.ERROR if self.faulty else Outcome.OK
        body = Keepalive(self._host.number(), self._host.profile.device_id, state, self.faulty)
        self.sent += 1
        if "stray-bytes" in self._host.quirks:
            self.strays += [b"\r\n\r\n", b"\x00\x01HB\r\n"]

        def settle(response: Response | None, then: float) -> None:
            if response is not None and response.status < 300:
                self.answered += 1
                beat.answered()
                return
            beat.unanswered()
            # A platform that does not know us says so: waiting for two more would be in vain.
            if beat.dead or (response is not None and response.status in REFUSED):
                self._lose_platform(beat, then)

        self._host.send(body, now, settle)

    def _lose_platform(self, beat: Beat, now: float) -> None:
        if self._beat is beat:
            self._beat = None
            self._host.tell(PlatformLost())
            self._registrant.start(now)

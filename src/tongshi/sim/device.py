"""A GB/T 28181 device without sockets: registers, keeps alive, answers queries and INVITEs.

What enters: datagrams, the time, the shell's commands.  What leaves: datagrams, events, a deadline.
It is a core as :mod:`tongshi.net.carrier` carries them, so it runs on real sockets and in virtual
time (:mod:`tongshi.sim.world`) alike.

Source: GB/T 28181-2022 9.1 (registration), 9.5 (queries), 9.6 (keepalive), 9.2 (live).
"""

from collections.abc import Callable

from tongshi.clock import Clock
from tongshi.errors import Exhausted
from tongshi.gb28181.keepalive import Beat
from tongshi.gb28181.manscdp import Message
from tongshi.gb28181.manscdp.notify import Keepalive
from tongshi.gb28181.registrant import Left, Offline, Online, Redirected, Registrant
from tongshi.gb28181.version import Version, negotiate
from tongshi.sim import disguise
from tongshi.sim.answering import Answers, Queried
from tongshi.sim.calling import CallEvent, Calls
from tongshi.sim.join import (
    Died,
    Join,
    PlatformLost,
    Registered,
    Unregistered,
    account_of,
    compose,
    host_port,
)
from tongshi.sim.profile import Profile
from tongshi.sim.quirks import NONE, Quirks
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import (
    AckArrived,
    Answered,
    Cancelled,
    LinkLost,
    RequestArrived,
    TimedOut,
    Unacknowledged,
)
from tongshi.sip.event import Event as SipEvent
from tongshi.sip.message import Request, Response

ALLOW = "INVITE, ACK, BYE, CANCEL, INFO, MESSAGE, OPTIONS"
MESSAGE_TIMEOUT_S = 5.0
"""How long an answer to a MESSAGE is waited for."""


DeviceEvent = Registered | Unregistered | PlatformLost | Queried | Died | CallEvent


class Device:
    """One device of any number of channels, as a core for :class:`tongshi.net.carrier.Carrier`.

    contact: own host and port as the platform sees them; may be changed before :meth:`connect`.
    new_token, kept as token: fresh text at each call.  chance: uniform in [0, 1).
    silent: nothing comes in or goes out any more.  calls: its sessions.
    """

    def __init__(
        self,
        profile: Profile,
        join: Join,
        *,
        contact: tuple[str, int],
        new_token: Callable[[], str],
        chance: Callable[[], float],
        clock: Clock,
        quirks: Quirks = NONE,
    ) -> None:
        self.profile = profile
        self.join = join
        self.quirks = quirks
        self.contact = contact
        self.silent = False
        self.version = Version.V2016
        self.clock = clock
        self.token = new_token
        self._endpoint = Endpoint(new_token=new_token)
        self._registrant = Registrant(
            account_of(profile, join, contact, quirks),
            new_token=new_token,
            chance=chance,
            patience=join.patience,
        )
        self._beat: Beat | None = None
        self.calls = Calls(self)
        self._answers = Answers(self)
        self._target: Address | None = None
        self._home: Address | None = None
        self._sn = 0
        self._warmed = False
        self._die_at: float | None = None
        self._settle: dict[int, Callable[[Response | None, float], None]] = {}
        self._extra: list[tuple[bytes, Address]] = []
        self._events: list[DeviceEvent] = []

    # The core's face.

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take a datagram or a framed message."""
        if not self.silent:
            self._endpoint.receive(data, source, now)
            self._work(now)

    def link_lost(self, address: Address, now: float) -> None:
        """Learn that a TCP connection ended."""
        self._endpoint.link_lost(address, now)
        if self._target is not None and address.local == self._target.local:
            self._target = None
        self._work(now)

    def expire(self, now: float) -> None:
        """Do what is due."""
        if self.silent:
            return
        if self._die_at is not None and now >= self._die_at:
            self.kill()
            return
        self._endpoint.expire(now)
        self._registrant.expire(now)
        self._keep_alive(now)
        self._work(now)

    def deadline(self) -> float | None:
        """Return when to call :meth:`expire`."""
        if self.silent:
            return None
        times = [self._endpoint.deadline(), self._die_at]
        if self._target is not None:
            times.append(self._registrant.deadline())
            times.append(self._beat.deadline() if self._beat is not None else None)
        return min((time for time in times if time is not None), default=None)

    def outgoing(self) -> list[tuple[bytes, Address]]:
        """Return and forget what is to be sent."""
        out = self._endpoint.outgoing()
        if self._extra:
            out, self._extra = self._extra + out, []
        return [] if self.silent else out

    def events(self) -> list[DeviceEvent]:
        """Return and forget what happened."""
        events, self._events = self._events, []
        return events

    # Commands of the shell.

    def connect(self, target: Address, now: float) -> None:
        """Register at *target*; over TCP, call it again with each new connection."""
        self._target = self._home = target
        if self._beat is not None and "keepalive-only" in self.quirks:
            self._beat.restart(now)
            self._beat.hasten(now)
            self._keep_alive(now)
        else:
            self._register(now)
        self._work(now)

    def leave(self, now: float) -> None:
        """End all calls and unregister; Unregistered follows."""
        self.calls.hang_up_all(now)
        self._beat = None
        self._registrant.leave(now)
        self._work(now)

    def kill(self) -> None:
        """Fall silent without a word, for good."""
        if not self.silent:
            self.silent = True
            self._events.append(Died())

    def set_quirks(self, quirks: Quirks, now: float) -> None:
        """Behave otherwise from now on."""
        self.quirks = quirks
        self._registrant.account = account_of(self.profile, self.join, self.contact, self.quirks)
        delay = quirks.value("die-silently")
        self._die_at = now + delay if delay is not None and self._beat is not None else None

    @property
    def reliable(self) -> bool:
        """Whether the way to the platform is TCP."""
        return self._target is not None and self._target.reliable

    @property
    def registered(self) -> bool:
        """Whether the platform has taken the device in and still answers."""
        return self._beat is not None and not self._beat.dead

    # What Calls and Answers need.

    def ask(
        self, request: Request, now: float, settle: Callable[[Response | None, float], None]
    ) -> int | None:
        """Send *request* to the platform; *settle* gets its final answer, or None for none.

        Returns the handle, None when there is no way to the platform.
        """
        if self._target is None:
            return None
        timeout = None if request.method == "REGISTER" else MESSAGE_TIMEOUT_S
        try:
            handle = self._endpoint.request(
                request, self._target, now, sent_by=host_port(self.contact), timeout=timeout
            )
        except Exhausted:
            return None
        self._settle[handle] = settle
        return handle

    def send(
        self, content: Message, now: float, settle: Callable[[Response | None, float], None]
    ) -> None:
        """Send *content* as a MESSAGE; as :meth:`ask` in all else."""
        quirks = self.quirks
        request = compose(content, self.profile, self.join, quirks, self.version, self.token)
        self.ask(request, now, settle)

    def reply(self, arrived: RequestArrived, response: Response, now: float) -> None:
        """Answer a request so that its repetitions get the same answer."""
        response.headers.set("User-Agent", self.join.user_agent)
        self._endpoint.reply(arrived, response, now)

    def tell(self, event: DeviceEvent) -> None:
        """Add an event."""
        self._events.append(event)

    # Inside.

    def _register(self, now: float) -> None:
        self._registrant.account = account_of(self.profile, self.join, self.contact, self.quirks)
        self._registrant.start(now)
        if not self._warmed:
            self._warmed = True
            request = self._registrant.outgoing()
            if request is not None:
                for early in disguise.preludes(request, self.quirks, self.token):
                    self.ask(early, now, _ignore)
            self._registrant.start(now)

    def _work(self, now: float) -> None:
        """Carry out whatever events and machines ask for, until nothing is left."""
        while True:
            events = self._endpoint.events()
            for event in events:
                self._take(event, now)
            request = self._registrant.outgoing()
            if request is not None:
                self._send_register(request, now)
            told = self._registrant.events()
            for fact in told:
                self._note(fact, now)
            if not (events or request or told):
                return

    def _send_register(self, request: Request, now: float) -> None:
        made = disguise.alter(
            request, self.quirks, self.contact, self._beat is not None, self.token
        )
        self._turn_to_server()

        def settle(response: Response | None, then: float) -> None:
            if response is None:
                self._registrant.unanswered(then)
            else:
                self._registrant.answered(response, then)

        if self.ask(made, now, settle) is None:
            self._registrant.unanswered(now)

    def _turn_to_server(self) -> None:
        """Send to the server that a redirector named, or to the platform itself."""
        server, home = self._registrant.server, self._home
        if home is None or home.reliable:
            return  # over TCP the way is the shell's to change
        self._target = home._replace(host=server.host, port=server.port) if server.host else home

    def _note(self, fact: Online | Offline | Left | Redirected, now: float) -> None:
        match fact:
            case Online():
                self.version = negotiate(self.profile.version, fact.version)
                if self._beat is None:
                    self._beat = Beat(now, interval=self.join.keepalive, misses=self.join.misses)
                    # The first report follows the registration at once: the platform then
                    # knows the interval begins.
                    self._beat.hasten(now)
                    delay = self.quirks.value("die-silently")
                    self._die_at = now + delay if delay is not None else None
                elif self._beat.dead or not fact.refreshed:
                    self._beat.restart(now)
                self._events.append(Registered(fact.expires, fact.refreshed))
                self._keep_alive(now)
            case Offline():
                self._beat = None
                self._events.append(Unregistered(fact.status, fact.reason))
            case Left():
                self._beat = None
                self._events.append(Unregistered(None, "left"))
            case Redirected():
                self._beat = None

    def _keep_alive(self, now: float) -> None:
        beat = self._beat
        if beat is None or self._target is None or not beat.due(now):
            return
        if "stray-bytes" in self.quirks:
            self._extra += [(b"\r\n\r\n", self._target), (b"\x00\x01HB\r\n", self._target)]
        self._sn += 1
        body = Keepalive(self._sn, self.profile.device_id)

        def settle(response: Response | None, then: float) -> None:
            if response is not None and response.status < 300:
                beat.answered()
                return
            beat.unanswered()
            # A platform that does not know us says so: waiting for two more would be in vain.
            if beat.dead or (response is not None and response.status in (401, 403, 404)):
                self._lose_platform(beat, then)

        self.send(body, now, settle)

    def _lose_platform(self, beat: Beat, now: float) -> None:
        if self._beat is beat:
            self._beat = None
            self._events.append(PlatformLost())
            self._registrant.start(now)

    def _take(self, event: SipEvent, now: float) -> None:
        match event:
            case RequestArrived():
                self._serve(event, now)
            case Answered(handle=handle, response=response) if response.status >= 200:
                settle = self._settle.pop(handle, None)
                if settle is not None:
                    settle(response, now)
            case TimedOut(handle=handle) | LinkLost(handle=handle):
                settle = self._settle.pop(handle, None)
                if settle is not None:
                    settle(None, now)
            case AckArrived(request=request):
                self.calls.acknowledged(request, now)
            case Cancelled(arrived=arrived):
                self.calls.cancelled(arrived, now)
            case Unacknowledged(arrived=arrived):
                self.calls.unacknowledged(arrived, now)
            case _:
                pass

    def _serve(self, arrived: RequestArrived, now: float) -> None:
        request = arrived.request
        match request.method:
            case "MESSAGE":
                self._answers.arrived(arrived, now)
            case "INVITE" | "BYE" | "INFO":
                self.calls.arrived(arrived, now)
            case "OPTIONS":
                self.reply(arrived, request.response(200, headers=[("Allow", ALLOW)]), now)
            case "SUBSCRIBE":
                # RFC 6665 8.3.2: this device has no event package.
                self.reply(arrived, request.response(489), now)
            case _:
                self.reply(arrived, request.response(405, headers=[("Allow", ALLOW)]), now)


def _ignore(response: Response | None, now: float) -> None:
    """Take an answer on which nothing depends."""

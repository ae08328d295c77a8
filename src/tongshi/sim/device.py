"""A GB/T 28181 device without sockets: registers, keeps alive, and answers whatever it is asked.

What enters: datagrams, the time, the shell's commands.  What leaves: datagrams, events, a deadline.
It is a core as :mod:`tongshi.net.carrier` carries them, so it runs on real sockets and in virtual
time (:mod:`tongshi.sim.world`) alike.

::

    Device -- Presence   registration, keepalives, redirection
           |- Answers    MESSAGEs: queries (telling), control and configuration (obeying), notices
           |- Calls      sessions: live, playback, download, talk
           |- Reports    subscriptions, alarms, positions, changes of the catalog
           |- Hearings   voice broadcast
           `- Body       what it is at a moment; Host is what the parts see of the device

Source: GB/T 28181-2022 9.1 to 9.14.
"""

from collections.abc import Callable

from tongshi.clock import Clock
from tongshi.sim.answering import Answers
from tongshi.sim.calling import Calls
from tongshi.sim.correspondent import MESSAGE_TIMEOUT_S, Correspondent
from tongshi.sim.event import DeviceEvent, Returned, Vanished
from tongshi.sim.hearing import Hearings
from tongshi.sim.join import Died, Join
from tongshi.sim.profile import Profile
from tongshi.sim.quirks import NONE, Quirks
from tongshi.sim.reporting import Reports
from tongshi.sip.address import Address
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

__all__ = ["ALLOW", "MESSAGE_TIMEOUT_S", "Device", "DeviceEvent"]

ALLOW = "INVITE, ACK, BYE, CANCEL, INFO, MESSAGE, OPTIONS, SUBSCRIBE"


class Device(Correspondent):
    """One device of any number of channels, as a core for :class:`tongshi.net.carrier.Carrier`.

    contact: own host and port as the platform sees them; may be changed before :meth:`connect`.
    new_token, kept as token: fresh text at each call.  chance: uniform in [0, 1).
    silent: nothing comes in or goes out, for good or for a while.
    presence, calls, reports, hearings, body: its parts.
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
        super().__init__(
            profile,
            join,
            contact=contact,
            new_token=new_token,
            chance=chance,
            clock=clock,
            quirks=quirks,
        )
        self.calls = Calls(self)
        self.reports = Reports(self)
        self.hearings = Hearings(self)
        self.answers = Answers(self, self.reports, self.hearings)
        self._die_at: float | None = None
        self._back_at: float | None = None
        self._last_words: list[tuple[bytes, Address]] = []

    # The core's face.

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take a datagram or a framed message."""
        if not self.silent:
            self.endpoint.receive(data, source, now)
            self.work(now)

    def link_lost(self, address: Address, now: float) -> None:
        """Learn that a TCP connection ended."""
        self.endpoint.link_lost(address, now)
        target = self.presence.target
        if target is not None and address.local == target.local:
            self.presence.target = None
        self.work(now)

    def expire(self, now: float) -> None:
        """Do what is due."""
        if self._back_at is not None and now >= self._back_at:
            self._return(now)
        if self.silent:
            return
        if self._die_at is not None and now >= self._die_at:
            self.kill()
            return
        self.endpoint.expire(now)
        self.presence.expire(now)
        self.reports.expire(now)
        self.work(now)

    def deadline(self) -> float | None:
        """Return when to call :meth:`expire`."""
        if self.silent:
            return self._back_at
        times = [
            self.endpoint.deadline(),
            self._die_at,
            self.presence.deadline(),
            self.reports.deadline(),
        ]
        return min((time for time in times if time is not None), default=None)

    def outgoing(self) -> list[tuple[bytes, Address]]:
        """Return and forget what is to be sent."""
        out = self.endpoint.outgoing()
        strays, target = self.presence.strays, self.presence.target
        if strays and target is not None:
            out = [(data, target) for data in strays] + out
            self.presence.strays = []
        if self.silent:
            out, self._last_words = self._last_words, []
        return out

    def events(self) -> list[DeviceEvent]:
        """Return and forget what happened."""
        events, self._events = self._events, []
        return events

    # Commands of the shell.

    def connect(self, target: Address, now: float) -> None:
        """Register at *target*; over TCP, call it again with each new connection."""
        self.presence.connect(target, now)
        self.work(now)

    def leave(self, now: float) -> None:
        """End all calls and unregister; Unregistered follows."""
        self.calls.hang_up_all(now)
        self.presence.leave(now)
        self.work(now)

    def kill(self) -> None:
        """Fall silent without a word, for good."""
        if not self.silent or self._back_at is not None:
            self.silent = True
            self._back_at = None
            self._events.append(Died())

    def vanish(self, seconds: float, now: float) -> None:
        """Be gone without a word for *seconds*, as in a restart or a power cut.

        What its sessions and subscriptions were is forgotten.
        """
        if self.silent:
            return
        self.silent = True
        self._back_at = now + seconds
        self.calls.drop_all()
        self.reports.drop_all()
        self.hearings.drop_all()
        self.presence.forget()
        # What was answered before still leaves, above all the answer to the order to restart.
        self._last_words = self.endpoint.outgoing()
        self.forget()
        self._events.append(Vanished(seconds))

    def set_quirks(self, quirks: Quirks, now: float) -> None:
        """Behave otherwise from now on."""
        self.quirks = quirks
        self.presence.configure()
        delay = quirks.value("die-silently")
        self._die_at = now + delay if delay is not None and self.registered else None

    def work(self, now: float) -> None:
        """Carry out whatever events and machines ask for, until nothing is left."""
        busy = True
        while busy:
            events = self.endpoint.events()
            for event in events:
                self._take(event, now)
            busy = self.presence.work(now) or bool(events)
        delay = self.quirks.value("die-silently")
        if delay is not None and self._die_at is None and self.registered:
            self._die_at = now + delay

    def _return(self, now: float) -> None:
        """Come back after having been gone."""
        self.silent = False
        self._back_at = None
        self.tell(Returned())
        if self.presence.target is not None:
            self.presence.register(now)

    def _take(self, event: SipEvent, now: float) -> None:
        match event:
            case RequestArrived():
                self._serve(event, now)
            case Answered(handle=handle, response=response):
                self.settle(handle, response, now)
            case TimedOut(handle=handle) | LinkLost(handle=handle):
                self.settle(handle, None, now)
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
                self.answers.arrived(arrived, now)
            case "BYE" if self.hearings.owns(request):
                self.hearings.arrived(arrived, now)
            case "INVITE" | "BYE" | "INFO":
                self.calls.arrived(arrived, now)
            case "OPTIONS":
                self.reply(arrived, request.response(200, headers=[("Allow", ALLOW)]), now)
            case "SUBSCRIBE":
                self.reports.subscribed(arrived, now)
            case _:
                self.reply(arrived, request.response(405, headers=[("Allow", ALLOW)]), now)

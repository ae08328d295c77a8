"""A device as a correspondent of its platform: what it sends, and which answer belongs to what.

It is what the parts of a device see as :class:`tongshi.sim.host.Host`; the core's face and the
commands of the shell are in :mod:`tongshi.sim.device`.
"""

from collections.abc import Callable

from tongshi.clock import Clock
from tongshi.errors import Exhausted
from tongshi.gb28181.manscdp import Message
from tongshi.gb28181.version import Version
from tongshi.sim import listing
from tongshi.sim.body import Body
from tongshi.sim.event import DeviceEvent
from tongshi.sim.host import Settle
from tongshi.sim.join import Join, compose, host_port
from tongshi.sim.presence import Presence
from tongshi.sim.profile import Profile, renamed
from tongshi.sim.quirks import Quirks
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Request, Response

MESSAGE_TIMEOUT_S = 5.0
"""How long an answer to a MESSAGE is waited for."""
INVITE_TIMEOUT_S = 12.0
"""How long an answer to an INVITE is waited for."""
_CUT = 3
_TIMEOUTS = {"REGISTER": None, "INVITE": INVITE_TIMEOUT_S}


class Correspondent:
    """One device without what it answers.

    presence: its registration.  body: what it is at the moment.  silent: nothing goes out.
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
        quirks: Quirks,
    ) -> None:
        self.quirks = quirks
        self.contact = contact
        self.silent = False
        self.clock = clock
        self.token = new_token
        self.body = Body.of(renamed(profile, quirks))
        self.endpoint = Endpoint(new_token=new_token)
        self.presence = Presence(self, join, chance)
        self._sn = 0
        self._lists = 0
        self._settle: dict[int, Settle] = {}
        self._events: list[DeviceEvent] = []

    @property
    def profile(self) -> Profile:
        """Who it is; changes of its catalog change that."""
        return self.body.profile

    @property
    def join(self) -> Join:
        """With whom it is registered."""
        return self.presence.join

    @property
    def version(self) -> Version:
        """What both sides speak."""
        return self.presence.version

    @property
    def reliable(self) -> bool:
        """Whether the way to the platform is TCP."""
        return self.presence.target is not None and self.presence.target.reliable

    @property
    def registered(self) -> bool:
        """Whether the platform has taken the device in and still answers."""
        return self.presence.registered

    def wall(self) -> float:
        """Return the device's own clock, UNIX time, s."""
        return self.clock.wall() + (self.quirks.value("clock-off") or 0.0)

    def number(self) -> int:
        """Return the SN of the next message."""
        self._sn += 1
        return self._sn

    def write(self, content: Message) -> bytes:
        """Return *content* as this device writes it."""
        body = listing.write(content, self.quirks, self.version)
        if "xml-cut" in self.quirks and b' Num="' in body:
            self._lists += 1
            body = body if self._lists % _CUT else body[: len(body) // 2]
        return body

    def ask(self, request: Request, now: float, settle: Settle) -> int | None:
        """Send *request* to the platform; *settle* gets its final answer, or None for none.

        Returns the handle, None when there is no way to the platform.
        """
        target = self.presence.target
        if target is None:
            return None
        timeout = _TIMEOUTS.get(request.method, MESSAGE_TIMEOUT_S)
        try:
            handle = self.endpoint.request(
                request, target, now, sent_by=host_port(self.contact), timeout=timeout
            )
        except Exhausted:
            return None
        self._settle[handle] = settle
        return handle

    def acknowledge(self, handle: int, ack: Request, now: float) -> None:
        """Send the ACK of a 2xx to our own INVITE."""
        target = self.presence.target
        if target is not None:
            sent_by = host_port(self.contact)
            self.endpoint.acknowledge(handle, ack, target, now, sent_by=sent_by)

    def send(self, content: Message, now: float, settle: Settle, *, sender: str = "") -> None:
        """Send *content* as a MESSAGE of its own; as :meth:`ask` in all else."""
        own = sender or self.profile.device_id
        request = compose(self.write(content), own, self.join, self.token)
        self.ask(request, now, settle)

    def reply(self, arrived: RequestArrived, response: Response, now: float) -> None:
        """Answer a request so that its repetitions get the same answer."""
        response.headers.set("User-Agent", self.join.user_agent)
        self.endpoint.reply(arrived, response, now)

    def tell(self, event: DeviceEvent) -> None:
        """Add an event."""
        self._events.append(event)

    def settle(self, handle: int, response: Response | None, now: float) -> None:
        """Take the final answer to a request of ours, None for none."""
        if response is not None and response.status < 200:
            return
        settle = self._settle.pop(handle, None)
        if settle is not None:
            settle(response, now)

    def forget(self) -> None:
        """Forget all that was under way."""
        self._settle.clear()
        self.endpoint = Endpoint(new_token=self.token)

"""A platform's errands and the devices at the other ends of its wire, in virtual time."""

import asyncio
from collections.abc import Callable

from tongshi.gb28181.manscdp import DeviceConfig, DeviceControl, Message, read, write
from tongshi.gb28181.profile import STANDARD, Profile
from tongshi.gb28181.version import Version
from tongshi.net.carrier import Carrier
from tongshi.signalling.answers import Answer
from tongshi.signalling.commands import Commands
from tongshi.signalling.errands import ErrandRules, Errands
from tongshi.signalling.event import DeviceRegistered, SignallingEvent
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.facing import Facing
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.signalling.own import Own
from tongshi.signalling.waiting import Waiting
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered, Event, LinkLost, RequestArrived, TimedOut
from tongshi.testing.timeless import EPOCH, LoopClock, Network, Peer

PLATFORM = "34020000002000000001"
Script = Callable[["Distant", Message], "int | None"]
"""What a device does with a message: it returns the status to answer, None for silence."""


class Distant:
    """A device that does with each message as *script* says.

    heard: messages in order of arrival, repetitions included.
    """

    def __init__(self, outpost: "Outpost", number: int, device_id: str, script: Script) -> None:
        self.id = device_id
        self.script = script
        self.heard: list[Message] = []
        self._outpost = outpost
        self._peer = Peer(outpost.network, f"192.0.2.{number}", 5060, self._hear)

    @property
    def address(self) -> Address:
        """Where it is."""
        return self._peer.address

    def answer(self, *answers: Answer, after: float = 0.01, source: Address | None = None) -> None:
        """Let *answers* arrive, each *after* s from the last, as bodies that were on the wire."""
        loop = asyncio.get_running_loop()
        for place, answer in enumerate(answers, 1):
            told = read(write(answer, Version.V2022))
            loop.call_later(after * place, self._outpost.arrive, source or self.address, told)

    def commands(self) -> list[DeviceConfig | DeviceControl]:
        """Return the controls and settings that it heard."""
        kinds = DeviceControl | DeviceConfig
        return [message for message in self.heard if isinstance(message, kinds)]

    def _hear(self, peer: Peer, event: Event) -> None:
        if isinstance(event, RequestArrived):
            message = read(event.request.body)
            self.heard.append(message)
            status = self.script(self, message)
            if status is not None:
                peer.endpoint.reply_once(event, event.request.response(status))


class Outpost:
    """Errands and commands with everything below them.  Make it in `timeless.run`.

    profile: of every device.  events: what was emitted.
    """

    def __init__(self, rules: ErrandRules | None = None) -> None:
        self.network = Network()
        self.profile: Profile = STANDARD
        self.events: list[SignallingEvent] = []
        self.strays = 0
        self._count = 0
        endpoint = Endpoint(new_token=self._token)
        carrier: Carrier[Event] = Carrier(endpoint, self._settle)
        self.network.join(carrier, "192.0.2.250", 5060)
        facing = Facing("192.0.2.250", 5060, str)
        self.own = Own(PLATFORM, PLATFORM[:10], facing, self._token)
        self.own.profile_of = lambda device_id: self.profile
        self.exchange = Exchange(endpoint, carrier.pump, facing.sent_by)
        self.waiting = Waiting(0, first=120, gap=5)
        self.neighbours = Neighbours(Rules(), lambda event: None)
        self.clock = LoopClock()
        self.errands = Errands(
            rules or ErrandRules(), self.own, self.exchange, self.waiting, self.neighbours
        )
        self.commands = Commands(self.errands, self.events.append, self.clock)

    def device(
        self,
        number: int,
        script: Script,
        *,
        device_id: str = "",
        version: Version = Version.V2016,
    ) -> Distant:
        """Return a device that has registered."""
        device = Distant(self, number, device_id or f"34020000001320000{number:03}", script)
        address = device.address
        granted = DeviceRegistered(
            device.id,
            address.host,
            address.port,
            "udp",
            EPOCH,
            EPOCH + 864_000,
            version,
            "",
            "",
            False,
        )
        self.neighbours.register(granted, address, 0.0)
        return device

    def arrive(self, source: Address, message: Message) -> None:
        """Take a message off the wire, as reception does."""
        assert isinstance(message, Answer)
        if not self.waiting.arrived(source, message):
            self.strays += 1

    async def close(self) -> None:
        """End it, and see that nothing is left."""
        await self.commands.close()
        assert len(self.waiting) == len(self.exchange) == 0

    def _settle(self, event: Event) -> None:
        if isinstance(event, Answered | TimedOut | LinkLost):
            self.exchange.settle(event)

    def _token(self) -> str:
        self._count += 1
        return f"token{self._count}"

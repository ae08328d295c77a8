"""A whole platform and cameras without sockets, on a wire in memory, with an engine in name only.

In the loop of :mod:`tongshi.testing.timeless` minutes of it pass in a moment.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from tongshi.digest import Hashed, Nonces
from tongshi.gateway.engines.null import Null
from tongshi.net.carrier import Carrier
from tongshi.registry.peers.rule import RuleBook
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling.event import SignallingEvent
from tongshi.signalling.facing import Facing
from tongshi.signalling.own import Own
from tongshi.signalling.platform import Signalling
from tongshi.sim.call import Invited
from tongshi.sim.device import Device
from tongshi.sim.event import DeviceEvent, Spoken
from tongshi.sim.film import Shot
from tongshi.sim.join import Join
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import Quirks
from tongshi.sip.address import Address
from tongshi.sip.trace import Record, Way
from tongshi.testing.timeless import LoopClock, Network, run

T = TypeVar("T")
HOST, PORT = "192.0.2.250", 5060
CAMERA = "34020000001320000001"
CHANNELS = ("34020000001310000001", "34020000001310000002", "34020000001310000003")
PASSWORD = "12345678"  # noqa: S105 - of peers that exist in memory only
JOIN = Join("34020000002000000001", PASSWORD)
PROFILE = Profile(
    CAMERA, "枪机", tuple(Channel(one, f"西门{at}", Shot()) for at, one in enumerate(CHANNELS))
)
SETTINGS = SignallingSettings(listen=f"{HOST}:{PORT}")


class Unplugged(Signalling):
    """One platform on a network in memory.  Make it in a running loop, then await :meth:`start`.

    heard: every event it told.  wire: every message it got and sent.
    """

    def __init__(
        self,
        network: Network,
        *,
        password: str | Hashed = PASSWORD,
        settings: SignallingSettings = SETTINGS,
        new_token: Callable[[], str] | None = None,
        nonces: Nonces | None = None,
        hand: dict[str, dict[str, str]] | None = None,
        book: RuleBook | None = None,
    ) -> None:
        count = iter(range(1, 10**9))
        self.engine = Null()
        self.heard: list[SignallingEvent] = []
        self.wire: list[Record] = []
        self.clock = LoopClock()
        self._network = network
        super().__init__(
            replace(settings, connections=100),
            MediaSettings(grace=0.0),
            self.engine,
            password_of=lambda device_id: password,
            clock=self.clock,
            new_token=new_token or (lambda: f"token{next(count):012}"),
        )
        if nonces is not None:
            self._nonces = nonces
        if hand is not None:
            self.profiles.fields_of = lambda device_id: hand.get(device_id, {})
        if book is not None:
            self.admission.rules = book
        self.subscribe(self.heard.append)

    def send(self, data: bytes, source: Address) -> None:
        """Let *data* arrive from *source*, as if it had come over the wire."""
        self._carrier.take(data, source._replace(local=f"{HOST}:{PORT}"))
        self._carrier.pump()

    def _listen(self) -> None:
        self._network.join(self._carrier, HOST, PORT)
        self._carrier.listen(self._record)
        self._own = Own(self._settings.id, self._realm, Facing(HOST, PORT, str), self._new_token)
        self._own.profile_of = self.profiles.of

    def _record(self, inward: bool, data: bytes, address: Address) -> None:
        way = Way.IN if inward else Way.OUT
        place = f"{address.host}:{address.port}"
        self.wire.append(Record(self.clock.wall(), way, address.transport, place, data))


class Camera:
    """A simulated device on the same wire; it sends no media.  Call :meth:`connect`.

    told: what it reported.
    """

    def __init__(
        self,
        network: Network,
        *quirks: str,
        profile: Profile = PROFILE,
        join: Join = JOIN,
        host: str = "192.0.2.20",
        port: int = 5060,
    ) -> None:
        count = iter(range(1, 10**9))
        self.told: list[object] = []
        self.clock = LoopClock()
        self.address = Address(host, port)
        self.device = Device(
            profile,
            join,
            contact=(host, port),
            new_token=lambda: f"{host}x{next(count)}",
            chance=lambda: 0.5,
            clock=self.clock,
            quirks=Quirks.of(quirks),
        )
        self.carrier: Carrier[DeviceEvent] = Carrier(self.device, self._hear)
        self._network = network
        self._place = network.join(self.carrier, host, port)

    def connect(self) -> None:
        """Register."""
        target = Address(HOST, PORT, "udp", self._place.name)
        self.device.connect(target, self.clock.now())
        self.carrier.pump()

    def hop(self, port: int) -> None:
        """Speak from *port* from now on, and be deaf at the one before, as behind a new NAT."""
        before = self._place
        self._network.leave(before)
        self.carrier.detach(before.name)
        self._place = self._network.join(self.carrier, self.address.host, port)
        # What the device sends names the link that it registered by.
        self.carrier.attach(before.name, self._place)

    def leave(self) -> None:
        """Unregister."""
        self.device.leave(self.clock.now())
        self.carrier.pump()

    def _hear(self, event: DeviceEvent) -> None:
        self.told.append(event)
        now, host = self.clock.now(), self.address.host
        match event:
            case Invited():
                self.device.calls.accept(event.call, host, 15060, now)
            case Spoken():
                self.device.hearings.open(event.number, host, 15062, now)
            case _:
                pass


def visit(
    work: Callable[[Unplugged, Camera], Awaitable[T]],
    *quirks: str,
    seconds: float = 20.0,
    join: Join = JOIN,
    profile: Profile = PROFILE,
    hand: dict[str, str] | None = None,
) -> T:
    """Return what *work* returns, done *seconds* after a camera with *quirks* came.

    hand: fields of the camera's profile, set by hand.
    """

    async def main() -> T:
        network = Network()
        platform = Unplugged(network, hand={profile.device_id: hand} if hand else None)
        await platform.start()
        camera = Camera(network, *quirks, join=join, profile=profile)
        camera.connect()
        await asyncio.sleep(seconds)
        try:
            return await work(platform, camera)
        finally:
            await platform.stop()

    return run(main())

"""A simulated device on real sockets: signalling by UDP or TCP, media out, sound in.

One loop runs any number of them.  The device's rules are those of :mod:`tongshi.sim.device`;
this shell opens sockets, hands it bytes and time, and sends the pictures it agreed to.  Pictures
to upload, firmware and sound are the business of :mod:`tongshi.sim.porter`.
"""

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import SystemRandom

from tongshi.clock import Clock, SystemClock
from tongshi.errors import PeerSilent
from tongshi.gb28181.version import Version
from tongshi.media.unit import Codec
from tongshi.net.carrier import Carrier
from tongshi.net.tcp import Dialer
from tongshi.net.udp import UdpServer
from tongshi.sim.call import Agreed, CallEnded, Invited, Steered
from tongshi.sim.depot import Depot
from tongshi.sim.device import Device
from tongshi.sim.event import (
    Controlled,
    DeviceEvent,
    KeyFrameWanted,
    Redirected,
    Returned,
    Vanished,
)
from tongshi.sim.film import Shot
from tongshi.sim.impair import CLEAN, Impairments
from tongshi.sim.join import Died, Join, Unregistered
from tongshi.sim.player import Player
from tongshi.sim.porter import Porter
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import NONE, Quirks
from tongshi.sim.stage import Stage
from tongshi.sim.streaming import Stream
from tongshi.sip.address import Address

_log = logging.getLogger(__name__)

RECONNECT_S = 2.0
"""Before a lost or refused TCP connection is tried again (9.1.1 asks devices not to storm)."""
LEAVE_S = 2.0
"""How long a device that is stopped waits for the answers to its BYEs and its logout."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """How a simulated device is connected.

    host, port: of the platform.  tcp: signalling over TCP.  local: own address; empty: the one
    that faces the platform.  impairments: of its RTP over UDP.
    """

    host: str
    port: int
    tcp: bool = False
    local: str = ""
    impairments: Impairments = field(default_factory=lambda: CLEAN)


class Camera:
    """One device with its channels: a camera, or a recorder when it has many.

    on_event: gets what the device tells.  Make it in a running loop, then await :meth:`start`.
    """

    def __init__(
        self,
        profile: Profile,
        join: Join,
        wiring: Wiring,
        depot: Depot,
        *,
        quirks: Quirks = NONE,
        on_event: Callable[["Camera", DeviceEvent], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.profile = profile
        self.wiring = wiring
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._local = wiring.local or facing(wiring.host, wiring.port)
        self.device = Device(
            profile,
            join,
            contact=(self._local, 5060),
            new_token=lambda: secrets.token_hex(8),
            chance=SystemRandom().random,
            clock=clock or SystemClock(),
            quirks=quirks,
        )
        self._carrier: Carrier[DeviceEvent] = Carrier(self.device, self._hear, self._lost)
        self._udp: UdpServer | None = None
        self._dialer: Dialer | None = None
        self._dialing: asyncio.Task[None] | None = None
        pump = self._carrier.pump
        self.porter = Porter(self.device, self._local, depot.studio, pump)
        self.stage = Stage(
            self.device,
            self._local,
            depot,
            wiring.impairments,
            keep=self.porter.keep,
            pump=pump,
        )
        self._hopping: asyncio.TimerHandle | None = None
        self._left = asyncio.Event()
        self._stopping = False

    @property
    def streams(self) -> list[Stream | Player]:
        """What is being sent now, recordings too."""
        return self.stage.streams

    @property
    def now(self) -> float:
        """The time of the loop, s."""
        return self._loop.time()

    @property
    def quirks(self) -> Quirks:
        """How the device deviates."""
        return self.device.quirks

    async def start(self) -> None:
        """Open the socket and register; events tell how that goes.  Raises OSError."""
        if self.wiring.tcp:
            self._dialer = Dialer(self._carrier)
            self._dial()
            return
        self._bind()
        self.device.connect(Address(self.wiring.host, self.wiring.port), self._loop.time())
        self._carrier.pump()
        self._hop_later()

    async def stop(self) -> None:
        """End every session, unregister, close the sockets."""
        if self._stopping:
            return
        self._stopping = True
        if self._dialing is not None:
            self._dialing.cancel()
        if self.device.registered and not self.device.silent:
            self.device.leave(self._loop.time())
            self._carrier.pump()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_S):
                    await self._left.wait()
        self._close()

    def kill(self) -> None:
        """Fall silent without a word: no BYE, no logout, no media, no answer."""
        self.device.kill()
        self._carrier.pump()

    def set_quirks(self, quirks: Quirks) -> None:
        """Behave otherwise from now on, in running sessions too."""
        self.device.set_quirks(quirks, self._loop.time())
        self.stage.change(quirks)
        self._hop_later()
        self._carrier.pump()

    def impair(self, impairments: Impairments) -> None:
        """Change the wire under RTP, of running sessions too."""
        self.wiring = replace(self.wiring, impairments=impairments)
        self.stage.impair(impairments)

    def vanish(self, seconds: float) -> None:
        """Be gone without a word for *seconds*, then register anew."""
        self.device.vanish(seconds, self._loop.time())
        self._carrier.pump()

    def rebind(self) -> None:
        """Speak from another port from now on, as behind a router that restarts."""
        if self._udp is not None:
            self._udp.close()
            self._bind()
            self._carrier.pump()

    def pump(self) -> None:
        """Send what orders to :attr:`device` have led to."""
        self._carrier.pump()

    def drop_connection(self) -> None:
        """Cut the TCP signalling connection, as a fault of the network does; UDP has none."""
        if self._dialer is not None:
            self._dialer.close()

    def _bind(self) -> None:
        self._udp = UdpServer(self._carrier, self._local, 0)
        self.device.contact = (self._local, self._udp.port)

    def _hop_later(self) -> None:
        after = self.quirks.value("port-hops")
        if self._hopping is not None:
            self._hopping.cancel()
            self._hopping = None
        if after and not self._stopping:
            self._hopping = self._loop.call_later(after, self._hop)

    def _hop(self) -> None:
        self.rebind()
        self._hop_later()

    def _dial(self) -> None:
        self._dialing = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        wiring = self.wiring
        while self._dialer is not None:
            try:
                address = await self._dialer.connect(wiring.host, wiring.port)
            except PeerSilent as error:
                _log.info("device=%s connect failed: %s", self.profile.device_id, error)
                await asyncio.sleep(RECONNECT_S)
                continue
            self.device.contact = self._dialer.own(address.local)
            self.device.connect(address, self._loop.time())
            self._carrier.pump()
            return

    def _lost(self, address: Address, why: str) -> None:
        if address.reliable and not self._stopping and not self.device.silent:
            self._loop.call_later(RECONNECT_S, self._redial)

    def _redial(self) -> None:
        if not self._stopping and not self.device.silent:
            self._dial()

    def _hear(self, event: DeviceEvent) -> None:
        match event:
            case Invited() | Agreed() | Steered() | CallEnded():
                self.stage.hear(event)
            case KeyFrameWanted(channel_id=channel_id):
                self.stage.want_key(channel_id)
            case Controlled():
                self.stage.look()
            case Unregistered():
                self._left.set()
            case Died():
                # Queued, so that nothing of the core is used while it reports.
                self._loop.call_soon(self._close)
            case Vanished() | Returned() | Redirected():
                self._loop.call_soon(self._reconnect, event)
            case _:
                self.porter.hear(event)
        if self._on_event is not None:
            self._on_event(self, event)

    def _reconnect(self, event: Vanished | Returned | Redirected) -> None:
        """Over TCP: drop the connection of a device that is gone, dial for one that is back."""
        if self._dialer is None or self._stopping:
            return
        if isinstance(event, Redirected):
            self.wiring = replace(self.wiring, host=event.host, port=event.port)
        if isinstance(event, Returned):
            self._dial()
        else:
            self._dialer.close()

    def _close(self) -> None:
        self.stage.close()
        self.porter.close()
        if self._hopping is not None:
            self._hopping.cancel()
        if self._udp is not None:
            self._udp.close()
        if self._dialer is not None:
            dialer, self._dialer = self._dialer, None
            dialer.close()
        self._carrier.close()


def facing(host: str, port: int) -> str:
    """Return our own address towards *host*; nothing is sent."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((host, port or 9))
        return str(probe.getsockname()[0])


def camera_profile(
    device_id: str,
    name: str,
    shot: Shot,
    *,
    channel_id: str = "",
    address: str = "",
    version: Version = Version.V2016,
) -> Profile:
    """Return a camera with one channel; its id is the device's own unless given."""
    return Profile(
        device_id,
        name,
        (Channel(channel_id or device_id, name, shot, address),),
        model="SimCam-H265" if shot.codec is Codec.H265 else "SimCam-H264",
        version=version,
    )

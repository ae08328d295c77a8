"""A simulated device on real sockets: signalling by UDP or TCP, media out.

One loop runs any number of them.  The device's rules are those of :mod:`tongshi.sim.device`;
this shell opens sockets, hands it bytes and time, and sends the pictures it agreed to.
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
from tongshi.sim.calling import Agreed, Call, CallEnded, Invited
from tongshi.sim.depot import Depot
from tongshi.sim.device import Device, DeviceEvent
from tongshi.sim.film import Shot
from tongshi.sim.impair import CLEAN, Impairments
from tongshi.sim.join import Died, Join, Unregistered
from tongshi.sim.outlet import TcpOutlet, UdpOutlet
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import NONE, Quirks
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
        self._depot = depot
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
        self._streams: dict[Call, Stream] = {}
        self._left = asyncio.Event()
        self._stopping = False

    @property
    def streams(self) -> list[Stream]:
        """What is being sent now."""
        return list(self._streams.values())

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
        self._udp = UdpServer(self._carrier, self._local, 0)
        self.device.contact = (self._local, self._udp.port)
        self.device.connect(Address(self.wiring.host, self.wiring.port), self._loop.time())
        self._carrier.pump()

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
        for call, stream in self._streams.items():
            stream.change(self._shot(call), quirks)
        self._carrier.pump()

    def impair(self, impairments: Impairments) -> None:
        """Change the wire under RTP, of running sessions too."""
        self.wiring = replace(self.wiring, impairments=impairments)
        for stream in self._streams.values():
            if isinstance(stream.outlet, UdpOutlet):
                stream.outlet.impair(impairments)

    def drop_connection(self) -> None:
        """Cut the TCP signalling connection, as a fault of the network does; UDP has none."""
        if self._dialer is not None:
            self._dialer.close()

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
            case Invited(call=call):
                self._open(call)
            case Agreed(call=call):
                self._begin(call)
            case CallEnded(call=call):
                self._end(call)
            case Unregistered():
                self._left.set()
            case Died():
                # Queued, so that nothing of the core is used while it reports.
                self._loop.call_soon(self._close)
            case _:
                pass
        if self._on_event is not None:
            self._on_event(self, event)

    def _shot(self, call: Call) -> Shot:
        return replace(call.shot, frozen=True) if "frozen-picture" in self.quirks else call.shot

    def _open(self, call: Call) -> None:
        """Open a way for the media, and answer."""
        now = self._loop.time()
        outlet: UdpOutlet | TcpOutlet
        try:
            if call.tcp:
                outlet = TcpOutlet(
                    self._local, active=call.active, on_end=lambda why: self._hang_up(call, why)
                )
            else:
                outlet = UdpOutlet(self._local, self.wiring.impairments)
        except OSError as error:
            _log.warning("device=%s no media socket: %s", self.profile.device_id, error)
            self.device.calls.refuse(call, 500, now)
            return
        self._streams[call] = Stream(
            self._depot, self._shot(call), call.ssrc_number, outlet, self.quirks
        )
        self.device.calls.accept(call, self._local, outlet.port, now)

    def _begin(self, call: Call) -> None:
        stream = self._streams.get(call)
        if stream is not None:
            stream.start(*call.target)

    def _hang_up(self, call: Call, why: str) -> None:
        self.device.calls.hang_up(call, self._loop.time())
        self._carrier.pump()

    def _end(self, call: Call) -> None:
        stream = self._streams.pop(call, None)
        if stream is not None:
            stream.close()

    def _close(self) -> None:
        for stream in self._streams.values():
            stream.close()
        self._streams.clear()
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

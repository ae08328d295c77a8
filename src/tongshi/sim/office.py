"""The small platform of :mod:`tongshi.sim.platform` on real sockets, with witnesses.

It tries simulated devices alone, and takes in whatever else speaks GB/T 28181 on this machine.
"""

import asyncio
import secrets
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from tongshi.clock import SystemClock
from tongshi.errors import PeerSilent
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.description import Purpose, Setup, StreamStyle
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.manscdp import Message
from tongshi.gb28181.mansrtsp import Order, Reply
from tongshi.gb28181.session import Caller
from tongshi.gb28181.steps import Ended, Established, Failed
from tongshi.net.carrier import Carrier
from tongshi.net.pair import listen
from tongshi.sim.platform import Informed, Moved, Peer, Platform, PlatformEvent, Told
from tongshi.sim.witness import Witness

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Footage:
    """What of the recordings is wanted.

    since, until: UNIX time, s.  speed: of a download.  kind: 0 all, 1 by hand, 2 alarm, 3 time.
    """

    since: int
    until: int
    purpose: Purpose = Purpose.PLAYBACK
    speed: int | None = None
    kind: int = 0


SSRC = "0200000007"
"""What every INVITE asks for: one witness, one port, so it need not be unique."""


class Office:
    """A platform that listens on a free port of *host*, UDP and TCP.  Use it with ``async with``.

    password: of every device.  interval: of keepalives, s.
    part_gap: silence after which a catalog is taken as it is, s.  events: everything that happened.
    """

    def __init__(
        self,
        platform_id: str = "34020000002000000001",
        password: str = "secret",
        *,
        host: str = "127.0.0.1",
        interval: float = 60.0,
        part_gap: float = 0.3,
    ) -> None:
        self.events: list[PlatformEvent] = []
        self.password = password
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._host = host
        self.platform = Platform(
            platform_id,
            password,
            contact=(host, 5060),
            new_token=lambda: secrets.token_hex(8),
            clock=SystemClock(),
            interval=interval,
            part_gap=part_gap,
        )
        self._carrier: Carrier[PlatformEvent] = Carrier(self.platform, self._hear)
        self._udp, self._tcp = listen(self._carrier, host, 0)
        self.port = self._udp.port
        self.platform.contact = (host, self.port)
        self._witnesses: list[Witness] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for witness in self._witnesses:
            await witness.close()
        self._tcp.close()
        self._udp.close()
        self._carrier.close()

    def peer(self, device_id: str) -> Peer | None:
        """Return what is known of a device."""
        return self.platform.peers.get(device_id)

    def online(self, device_id: str) -> bool:
        """Whether a device is online."""
        return device_id in self.platform.online

    def query(self, device_id: str) -> None:
        """Ask for a catalog."""
        self.platform.query(device_id, self._loop.time())
        self._carrier.pump()

    def catalog(self, device_id: str) -> Gathered[Item] | None:
        """Return the catalog that was gathered last."""
        peer = self.peer(device_id)
        return peer.catalog if peer is not None else None

    def outcome(self, caller: Caller) -> Established | Failed | Ended | None:
        """Return the last thing that happened to a session."""
        for told in reversed(self.events):
            if isinstance(told, Moved) and told.caller is caller:
                event = told.event
                if isinstance(event, Established | Failed | Ended):
                    return event
        return None

    def hang_up(self, caller: Caller) -> None:
        """End a session."""
        self.platform.hang_up(caller, self._loop.time())
        self._carrier.pump()

    async def call(
        self,
        device_id: str,
        channel_id: str,
        *,
        setup: Setup | None = None,
        stream: int | None = None,
        footage: Footage | None = None,
    ) -> tuple[Caller, Witness]:
        """Ask for media and return the session with the witness who takes it.

        setup: over TCP, whether we connect (ACTIVE) or listen (PASSIVE); None is UDP.
        footage: what of the recordings; None is live.
        Returns when the device has answered; :meth:`outcome` says how.
        """
        witness = Witness(self._host)
        self._witnesses.append(witness)
        wanted = footage or Footage(0, 0, purpose=Purpose.PLAY)
        offer = Offer(
            purpose=wanted.purpose,
            start=wanted.since,
            end=wanted.until,
            resource=f"{channel_id}:{wanted.kind}" if footage is not None else "",
            download_speed=wanted.speed,
            owner=self.platform.platform_id,
            host=self._host,
            port=await witness.listen() if setup is Setup.PASSIVE else witness.port,
            tcp=setup is not None,
            setup=setup,
            ssrc=SSRC if footage is None else f"1{SSRC[1:]}",
            stream=stream,
            stream_style=StreamStyle.STREAMNUMBER,
        )
        caller = self.platform.invite(device_id, channel_id, offer, self._loop.time())
        self._carrier.pump()
        while (outcome := self.outcome(caller)) is None:
            self._news.clear()
            await self._news.wait()
        if setup is Setup.ACTIVE and isinstance(outcome, Established):
            await witness.connect(outcome.answer.host, outcome.answer.port)
        return caller, witness

    def pump(self) -> None:
        """Send what orders to :attr:`platform` have led to."""
        self._carrier.pump()

    async def steer(self, caller: Caller, order: Order) -> Reply:
        """Send an order to a playback and return the inner answer; PeerSilent when none came."""
        self.platform.inform(caller, order.build(), self._loop.time())
        self._carrier.pump()
        count = len(self.events)
        while True:
            for told in self.events[count:]:
                if isinstance(told, Informed) and told.caller is caller:
                    if told.response is None:
                        raise PeerSilent("no answer to INFO", timer="F", stage="message")
                    if told.response.status >= 300:
                        return Reply(told.response.status, told.response.reason)
                    return Reply.parse(told.response.body)
            count = len(self.events)
            self._news.clear()
            await self._news.wait()

    async def told(self, kind: type[M]) -> M:
        """Return the first message of *kind* that a device has sent, once it is there."""
        while True:
            for told in self.events:
                if isinstance(told, Told) and isinstance(told.message, kind):
                    return told.message
            self._news.clear()
            await self._news.wait()

    def send(self, device_id: str, message: Message) -> None:
        """Send *message* to a device."""
        self.platform.send(device_id, message, self._loop.time())
        self._carrier.pump()

    def _hear(self, event: PlatformEvent) -> None:
        self.events.append(event)
        self._news.set()

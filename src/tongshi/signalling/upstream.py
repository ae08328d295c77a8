"""One upstream session: leased, called, received; and everything given back.

::

    lease SSRC -> engine.open (port) -> INVITE -> 200 -> ACK -> adopt or connect -> first picture
         |              |                  |                         |                  |
      Exhausted     Exhausted     PeerSilent, PeerRefused    PeerSilent(connect)  PeerSilent(media)
                                                             EngineFailed         EngineFailed

Whatever fails, what was taken before it is given back in the opposite order: BYE or CANCEL, port,
SSRC.  Source: GB/T 28181-2022 9.2, annexes D, G, L.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from tongshi.errors import (
    EngineFailed,
    Error,
    PeerRefused,
    PeerSilent,
    RemoteProtocolError,
)
from tongshi.gateway.engine import (
    Engine,
    EngineEvent,
    Figures,
    FirstMedia,
    PeerClosed,
    Receive,
    Stalled,
    StreamLost,
    Track,
    Transport,
)
from tongshi.gb28181.description import Payload
from tongshi.gb28181.invite import Agreement, Answer, Offer, agree
from tongshi.gb28181.profile import Profile
from tongshi.gb28181.session import Caller
from tongshi.gb28181.ssrc import Kind as Digit
from tongshi.gb28181.ssrc import SsrcPool, number_of
from tongshi.gb28181.steps import Parties
from tongshi.gb28181.subject import Subject
from tongshi.signalling.calls import BYE_TIMEOUT, Call
from tongshi.signalling.event import SessionKey
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.neighbours import Neighbour
from tongshi.signalling.offer import PLAIN, USUAL, make_offer, payload_types, payloads_of
from tongshi.signalling.own import Own

SOON = 0.4
"""A stream that begins with a key frame shows it within this after the agreement, s."""
_SLACK = 5.0
"""Beyond the engine's own timers, s: an engine that says nothing at all has failed."""


@dataclass(frozen=True, slots=True)
class Way:
    """How an attempt goes about it."""

    transport: Transport
    payloads: tuple[Payload, ...] = USUAL
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Means:
    """What attempts are made with.

    invite: s for the answer to an INVITE.  media: s for the first picture after the answer.
    host: media address told to devices; empty for the one that faces them.
    calls: those that go on, by Call-ID; anybody may send a BYE, so it must be found at once.
    """

    own: Own
    exchange: Exchange
    engine: Engine
    ssrcs: SsrcPool
    invite: float
    media: float
    host: str = ""
    calls: dict[str, Call] = field(default_factory=dict)


class Attempt:
    """One try to get media flowing, and what it holds once it did.

    stream: its name in the engine.  answer: the device's, once there.  suits: the transport that
    the answer named, when it was another than was offered.  on_end: called once with why it ended
    (``"peer"``, ``"stalled"``, ``"engine"``) after the first picture.  on_wait: may be set: called
    when that is long in coming.
    """

    def __init__(
        self,
        key: SessionKey,
        neighbour: Neighbour,
        way: Way,
        means: Means,
        on_end: Callable[[str], None],
    ) -> None:
        self.key = key
        self.way = way
        self.ssrc = ""
        self.call: Call | None = None
        self.suits: Transport | None = None
        self.track: Track | None = None
        self.answer: Answer | None = None
        self.figures: Figures | None = None
        self.on_wait: Callable[[], None] = lambda: None
        self.stream = (
            f"{key.device_id}.{key.channel_id}.{key.kind.value}.{means.own.new_token()[:8]}"
        )
        self._neighbour = neighbour
        self._profile = means.own.profile_of(neighbour.device_id)
        self._means = means
        self._on_end = on_end
        self._held = AsyncExitStack()
        self._first: asyncio.Future[Track] = asyncio.get_running_loop().create_future()
        self._ending: tuple[str, str] = ("", "")
        self._patience = BYE_TIMEOUT
        self._told = ""

    async def run(self) -> Track:
        """Return what the stream shows once its first picture is there.

        Raises as the diagram says; :meth:`close` is due in any case.
        """
        if self.way.pause:
            await asyncio.sleep(self.way.pause)
        self._lease()
        port = await self._means.engine.open(self._order())
        self._held.push_async_callback(self._close_stream)
        agreement = await self._agree(port)
        await self._receive(agreement)
        self.track = await self._first_picture()
        return self.track

    async def close(
        self, code: str = "", stage: str = "", *, patience: float = BYE_TIMEOUT
    ) -> None:
        """Give everything back; *code* and *stage* are told to viewers.  Does it once.

        patience: s for the device to confirm the end of the call.
        """
        self._ending = (code, stage)
        self._patience = patience
        await self._held.aclose()

    def heard(self, event: EngineEvent) -> None:
        """Take what the engine says of this stream."""
        match event:
            case FirstMedia():
                if not self._first.done():
                    self._first.set_result(event.track)
            case Stalled():
                self._fail(_stall(event), "stalled")
            case StreamLost():
                self._fail(event.error, "engine")
            case PeerClosed():
                if self._first.done() and self.way.transport is Transport.TCP_ACTIVE:
                    self._on_end("peer")  # who listened hung up; whoever connects may do so again
            case _:
                pass

    def _lease(self) -> None:
        ssrcs = self._means.ssrcs
        self.ssrc = ssrcs.lease(Digit.LIVE, self.stream)
        self._held.callback(ssrcs.release, self.ssrc)

    def _order(self) -> Receive:
        """Return what the engine is to receive."""
        types = payload_types(self.way.payloads)
        return Receive(self.stream, self.way.transport, number_of(self.ssrc), types)

    def _fail(self, error: Error, why: str) -> None:
        if self._first.done():
            self._on_end(why)
        else:
            self._first.set_exception(error)
            self._first.exception()  # nobody need be waiting yet

    async def _agree(self, port: int) -> Agreement:
        """Call the device; return what its answer means."""
        own, neighbour = self._means.own, self._neighbour
        address = neighbour.address
        offer = self._offer(port)
        channel = self.key.channel_id
        parties = Parties(
            own.id, channel, own.realm, own.uri(channel, address), own.contact_uri(address)
        )
        subject = Subject(channel, self.ssrc, own.id, own.new_token()[:10])
        caller = Caller(parties, offer, subject, new_token=own.new_token)
        self.call = Call(caller, address, self._means.exchange, self._peer_ended)
        self._means.calls[self.call.call_id] = self.call
        self._held.callback(self._means.calls.pop, self.call.call_id, None)
        self._held.push_async_callback(self._hang_up)
        answer = await self.call.establish(
            within=self._profile.invite_timeout or self._means.invite
        )
        self.answer = answer
        self._told = answer.host
        agreement = agree(offer, answer, self.call.source.host)
        if agreement.tcp != offer.tcp:
            self.suits = Transport.TCP_PASSIVE if agreement.tcp else Transport.UDP
            text = f"{channel} wants {self.suits.value}, not {self.way.transport.value}"
            raise RemoteProtocolError(text, clause="GB/T 28181-2022 D.1", status=488)
        return agreement

    def _offer(self, port: int) -> Offer:
        """Return what the device is asked for, to be sent to our *port*."""
        own = self._means.own
        return make_offer(
            self._neighbour,
            self._profile,
            owner=own.id,
            channel=self.key.channel_id,
            host=self._means.host or own.facing.host(self._neighbour.address),
            port=port,
            kind=self.key.kind,
            transport=self.way.transport,
            ssrc=self.ssrc,
            payloads=self.way.payloads,
        )

    async def _receive(self, agreement: Agreement) -> None:
        engine = self._means.engine
        source = self.call.source.host if self.call is not None else ""
        # Another host than the one that signals may be a NAT's inside: nothing to insist on.
        trusted = source if self._told == source else ""
        ssrc = agreement.ssrc if self._profile.heed_ssrc else None
        await engine.adopt(self.stream, ssrc, payload_types(agreement.payloads), trusted)
        if self.way.transport is Transport.TCP_ACTIVE:
            if not agreement.port:
                text = f"{self.key.channel_id} named no port to connect to"
                raise RemoteProtocolError(text, clause="GB/T 28181-2022 D.1", status=488)
            await engine.connect(self.stream, agreement.host, agreement.port)

    async def _first_picture(self) -> Track:
        waiting = asyncio.get_running_loop().call_later(SOON, self.on_wait)
        try:
            async with asyncio.timeout(self._means.media + _SLACK):
                return await self._first
        except TimeoutError:
            raise EngineFailed("the engine reported nothing at all", stage="worker") from None
        finally:
            waiting.cancel()

    def _peer_ended(self) -> None:
        if self._first.done() and self._first.exception() is None:
            self._on_end("peer")
        else:
            text = f"{self.key.channel_id} hung up before any picture"
            self._fail(PeerRefused(text, status=487, stage="media"), "peer")

    async def _hang_up(self) -> None:
        if self.call is not None:
            await self.call.hang_up(within=self._patience)

    async def _close_stream(self) -> None:
        code, stage = self._ending
        self.figures = await self._means.engine.close(self.stream, code, stage)


def first_way(profile: Profile, usual: Transport, wanted: Transport | None = None) -> Way:
    """Return how to go about the first attempt with a peer.

    wanted: by who opens; else its profile says, else it is as *usual*.
    """
    transport = wanted or usual
    if wanted is None and profile.transport is not None:
        transport = Transport(profile.transport.value)
    return Way(transport, payloads_of(profile))


def next_way(attempt: Attempt, error: Error) -> Way | None:
    """Return how to try once more after *attempt* failed by *error*, None when that is senseless.

    Silence of media is often a first packet lost or a device that was not ready; 486 and 503 a
    session that the device has not cleared yet; 415 and 488 a list of formats too long for it.
    Anything else is final: no status code makes a storm.
    """
    way = attempt.way
    if attempt.suits is not None:
        return Way(attempt.suits, way.payloads)
    match error:
        case PeerSilent(stage="media"):
            return way
        case PeerRefused(status=486 | 503):
            return Way(way.transport, way.payloads, pause=1.0)
        case PeerRefused(status=415 | 488) if way.payloads != PLAIN:
            return Way(way.transport, PLAIN)
        case _:
            return None


def _stall(event: Stalled) -> Error:
    if event.packets and event.stage == "media" and event.timer != "silence":
        text = f"{event.packets} packets came, and none shows a picture"
        return EngineFailed(text, stage="demux")
    if event.stage == "connect":
        return PeerSilent("no TCP connection for the media", timer=event.timer, stage="connect")
    return PeerSilent("no media came", timer=event.timer, stage="media")

"""Live sessions in virtual time: shared, refused, silent, crossing, abandoned; nothing leaks."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import (
    Conflict,
    EngineFailed,
    Error,
    Exhausted,
    Missing,
    PeerRefused,
    PeerSilent,
    RemoteProtocolError,
)
from tongshi.gateway.engine import (
    EngineEvent,
    Figures,
    FirstMedia,
    KeyWanted,
    Measured,
    PeerClosed,
    ReaderJoined,
    Stalled,
    StreamLost,
    Transport,
)
from tongshi.gateway.engines.null import TRACK, Null
from tongshi.gb28181.description import PS
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.ssrc import Kind as Digit
from tongshi.gb28181.ssrc import SsrcPool
from tongshi.gb28181.version import Version
from tongshi.net.carrier import Carrier
from tongshi.signalling.event import (
    DeviceRegistered,
    Kind,
    SessionClosed,
    SessionFailed,
    SessionKey,
    SessionOpened,
    SignallingEvent,
)
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.facing import Facing
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.signalling.own import Own
from tongshi.signalling.sessions import SessionRules, Sessions
from tongshi.signalling.share import Session
from tongshi.signalling.upstream import SOON, Means
from tongshi.sip.address import Address
from tongshi.sip.dialog import Dialog
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import (
    AckArrived,
    Answered,
    Cancelled,
    Event,
    LinkLost,
    RequestArrived,
    TimedOut,
)
from tongshi.testing.timeless import EPOCH, LoopClock, Network, Peer, run

CAMERA = "34020000001320000001"
CHANNEL = "34020000001310000001"
KEY = SessionKey(CAMERA, CHANNEL, Kind.MAIN)


class Camera:
    """A device that answers INVITEs: by *statuses* in turn, then with 200.

    status None is silence.  log: what it heard, in order.  alter: changes each 200's body.
    """

    def __init__(self, network: Network) -> None:
        self.log: list[str] = []
        self.offers: list[Offer] = []
        self.invited: list[RequestArrived] = []
        self.statuses: list[int | None] = []
        self.ringing = False
        self.deaf_to_bye = False
        self.alter: Callable[[bytes], bytes] = bytes
        self.dialogs: list[Dialog] = []
        self.peer = Peer(network, "192.0.2.20", 5060, self.hear)

    def hear(self, peer: Peer, event: Event) -> None:
        match event:
            case RequestArrived(request=request) if request.method == "INVITE":
                self.log.append("INVITE")
                self.invited.append(event)
                self.offers.append(Offer.parse(request.body))
                if self.ringing:
                    peer.endpoint.reply(event, request.response(101), peer.now)
                    return
                status = self.statuses.pop(0) if self.statuses else 200
                if status is not None:
                    self.answer(event, status)
            case RequestArrived(request=request):
                self.log.append(request.method)
                if not self.deaf_to_bye:
                    peer.endpoint.reply_once(event, request.response(200))
            case AckArrived():
                self.log.append("ACK")
            case Cancelled():
                self.log.append("CANCEL")
            case _:
                pass

    def answer(self, invited: RequestArrived, status: int) -> None:
        request = invited.request
        if status >= 300:
            self.peer.endpoint.reply(invited, request.response(status), self.peer.now)
            return
        answer = Offer.parse(request.body).answer(
            owner=CHANNEL, host="192.0.2.20", port=15060, payloads=(PS,)
        )
        response = request.response(
            200,
            headers=[("Contact", "<sip:x@10.9.9.9:5060>"), ("Content-Type", "APPLICATION/SDP")],
            body=self.alter(answer.build()),
        )
        self.dialogs.append(Dialog.from_uas(request, response))
        self.peer.endpoint.reply(invited, response, self.peer.now)

    def hang_up(self) -> None:
        """Send a BYE in the last dialog."""
        bye = self.dialogs[-1].request("BYE")
        self.peer.endpoint.request(
            bye, Address("192.0.2.10", 5060), self.peer.now, sent_by="192.0.2.20:5060"
        )
        self.peer.carrier.pump()


class Bench:
    """Sessions, an engine that says what it is told, and a camera."""

    def __init__(self, rules: SessionRules, ports: int) -> None:
        self.network = Network()
        self.camera = Camera(self.network)
        self.engine = Null(ports)
        self.events: list[SignallingEvent] = []
        endpoint = Endpoint(new_token=self.token)
        self.carrier: Carrier[Event] = Carrier(endpoint, self.hear)
        self.network.join(self.carrier, "192.0.2.10", 5060)
        self.endpoint = endpoint
        facing = Facing("192.0.2.10", 5060, str)
        self.exchange = Exchange(endpoint, self.carrier.pump, facing.sent_by)
        self.neighbours = Neighbours(Rules(), lambda event: None)
        self.ssrcs = SsrcPool("34020000002000000001")
        means = Means(
            own=Own("34020000002000000001", "3402000000", facing, self.token),
            exchange=self.exchange,
            engine=self.engine,
            ssrcs=self.ssrcs,
            invite=12.0,
            media=15.0,
        )
        self.sessions = Sessions(rules, means, self.neighbours, self.events.append, LoopClock())
        self.engine.subscribe(self.sessions.heard)
        self.count = 0
        self.register()

    def token(self) -> str:
        self.count += 1
        return f"{self.count:08}token"

    def register(self, device_id: str = CAMERA) -> None:
        granted = DeviceRegistered(
            device_id,
            "192.0.2.20",
            5060,
            "udp",
            EPOCH,
            EPOCH + 86400,
            Version.V2016,
            "",
            "",
            False,
        )
        self.neighbours.register(granted, self.camera.peer.address, 0.0)

    def hear(self, event: Event) -> None:
        match event:
            case Answered() | TimedOut() | LinkLost():
                self.exchange.settle(event)
            case RequestArrived(request=request):
                status = 200 if self.sessions.end_call(request) else 481
                self.endpoint.reply_once(event, request.response(status))
            case _:
                pass

    async def open(self, channel: str = CHANNEL, transport: Transport | None = None) -> Session:
        return await self.sessions.open(CAMERA, channel, Kind.MAIN, transport)

    async def fails(self, kind: type[Error], transport: Transport | None = None) -> Error:
        """Return the error that opening raises, once everything is given back."""
        with pytest.raises(kind) as caught:
            await self.open(transport=transport)
        await asyncio.sleep(10)
        self.nothing_is_held()
        return caught.value

    def nothing_is_held(self) -> None:
        assert self.ssrcs.leased() == ()
        assert self.sessions._means.calls == {}
        assert self.engine.leased_ports() == 0
        assert len(self.sessions) == 0
        assert self.sessions.reconcile() == 0

    def told(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


def bench(
    work: Callable[[Bench], Coroutine[Any, Any, None]],
    rules: SessionRules | None = None,
    ports: int = 10,
) -> None:
    async def main() -> None:
        made = Bench(rules or SessionRules(), ports)
        await work(made)
        await made.sessions.close_all()
        await asyncio.sleep(60)
        made.nothing_is_held()
        assert len(made.exchange) == 0

    run(main())


@pytest.mark.clause("9.2.1", "9.2.2.1", "D")
@pytest.mark.parametrize("transport", list(Transport))
def test_a_session_opens_is_used_and_closed(transport: Transport) -> None:
    async def work(bench: Bench) -> None:
        session = await bench.open(transport=transport)
        assert session.track == TRACK
        assert (session.transport, session.key) == (transport, KEY)
        assert bench.camera.log == ["INVITE", "ACK"]
        offer = bench.camera.offers[0]
        assert offer.ssrc == session.ssrc
        assert offer.tcp == (transport is not Transport.UDP)
        assert bench.engine.adopted[session.stream] == (int(session.ssrc), "192.0.2.20")
        connected = {session.stream: ("192.0.2.20", 15060)}
        assert bench.engine.connected == (connected if transport is Transport.TCP_ACTIVE else {})
        session.release()
        session.release()
        await asyncio.sleep(11)
        assert bench.camera.log == ["INVITE", "ACK", "BYE"]
        assert bench.told() == ["SessionOpened", "SessionClosed"]
        assert await session.ended() == "unused"
        assert session.over
        bench.nothing_is_held()

    bench(work)


@pytest.mark.clause("9.2.3", "L")
def test_the_invite_says_who_calls_whom() -> None:
    async def work(bench: Bench) -> None:
        await bench.open()
        invite = bench.camera.invited[0].request
        assert (invite.from_user, invite.to_user) == ("34020000002000000001", CHANNEL)
        subject = invite.headers.get("Subject") or ""
        assert subject.startswith(f"{CHANNEL}:0200000001,34020000002000000001:")
        contact = invite.contact
        assert contact is not None
        assert str(contact.uri) == "sip:34020000002000000001@192.0.2.10:5060"

    bench(work)


def test_viewers_share_one_upstream_and_the_last_one_closes_it_after_a_while() -> None:
    async def work(bench: Bench) -> None:
        first, second = await asyncio.gather(bench.open(), bench.open())
        third = await bench.open()
        assert first.stream == second.stream == third.stream
        first.release()
        third.release()
        await asyncio.sleep(100)
        assert not second.over
        second.release()
        await asyncio.sleep(9)
        again = await bench.open()  # within the grace time
        await asyncio.sleep(100)
        assert again.stream == first.stream
        assert bench.camera.log == ["INVITE", "ACK"]
        again.release()
        await asyncio.sleep(11)
        assert bench.camera.log[-1] == "BYE"
        assert bench.sessions.counters["shared"] == 3

    bench(work)


def test_figures_of_the_engine_reach_the_session() -> None:
    async def work(bench: Bench) -> None:
        session = await bench.open()
        assert session.figures is None
        bench.engine.tell(Measured(session.stream, Figures(packets=9)))
        bench.engine.tell(Measured("another", Figures(packets=1)))
        bench.engine.tell(ReaderJoined(session.stream, "ticket"))
        bench.engine.tell(PeerClosed(session.stream))
        assert session.figures is not None
        assert session.figures.packets == 9
        assert not session.over

    bench(work)


def test_a_picture_that_is_long_in_coming_wants_a_key_frame() -> None:
    async def work(bench: Bench) -> None:
        wanted: list[SessionKey] = []
        bench.sessions.want_key = wanted.append
        session = await bench.open()
        await asyncio.sleep(SOON)
        assert wanted == []  # it came at once
        bench.engine.tell(KeyWanted(session.stream))
        bench.engine.tell(KeyWanted("another"))
        assert wanted == [KEY]
        bench.engine.answers = lambda stream: None
        opening = asyncio.create_task(bench.open("34020000001310000002"))
        await asyncio.sleep(2 * SOON + 0.1)
        assert [key.channel_id for key in wanted[1:]] == ["34020000001310000002"]
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)

    bench(work)


def test_unknown_and_offline_devices() -> None:
    async def work(bench: Bench) -> None:
        with pytest.raises(Missing):
            await bench.sessions.open("nobody", CHANNEL)
        bench.neighbours.unregister(CAMERA, EPOCH)
        await bench.fails(Conflict)
        assert bench.camera.log == []

    bench(work)


@pytest.mark.parametrize("status", [400, 403, 404, 500, 603])
def test_a_refusal_carries_the_status_and_is_not_repeated(status: int) -> None:
    async def work(bench: Bench) -> None:
        bench.camera.statuses = [status] * 9
        error = await bench.fails(PeerRefused)
        assert isinstance(error, PeerRefused)
        assert (error.status, error.stage) == (status, "invite")
        assert bench.camera.log == ["INVITE"]
        failed = bench.events[-1]
        assert isinstance(failed, SessionFailed)
        assert (failed.code, failed.stage) == ("peer.refused", "invite")

    bench(work)


@pytest.mark.parametrize("status", [486, 503])
def test_a_busy_device_is_tried_once_more_after_a_pause(status: int) -> None:
    async def work(bench: Bench) -> None:
        bench.camera.statuses = [status]
        session = await bench.open()
        assert bench.camera.log == ["INVITE", "INVITE", "ACK"]
        session.release()
        await asyncio.sleep(20)
        bench.camera.statuses = [status] * 9
        error = await bench.fails(PeerRefused)
        assert isinstance(error, PeerRefused)
        assert error.status == status
        assert bench.camera.log[3:] == ["BYE", "INVITE", "INVITE"]

    bench(work)


def test_a_stale_session_is_ended_when_the_device_says_it_is_busy() -> None:
    async def work(bench: Bench) -> None:
        session = await bench.open()
        bench.camera.deaf_to_bye = True
        session.release()
        await asyncio.sleep(20)
        heard = bench.camera.log.count("BYE")
        bench.camera.deaf_to_bye = False
        bench.camera.statuses = [486]
        await bench.open()
        assert bench.camera.log.count("BYE") == heard + 1
        assert bench.camera.log[-1] == "ACK"

    bench(work)


@pytest.mark.parametrize("status", [415, 488])
def test_a_list_of_formats_too_long_is_shortened(status: int) -> None:
    async def work(bench: Bench) -> None:
        bench.camera.statuses = [status]
        await bench.open()
        assert [len(offer.payloads) for offer in bench.camera.offers] == [3, 1]

    bench(work)


def test_a_silent_device_is_named_with_the_stage() -> None:
    async def work(bench: Bench) -> None:
        bench.camera.statuses = [None] * 20
        error = await bench.fails(PeerSilent)
        assert isinstance(error, PeerSilent)
        assert error.stage == "invite"
        assert bench.sessions.counters["retried"] == 0

    bench(work)


def test_a_late_answer_is_acknowledged_and_ended() -> None:
    async def work(bench: Bench) -> None:
        bench.camera.statuses = [None] * 20
        bench.network.loses = lambda data: data.startswith(b"CANCEL")
        with pytest.raises(PeerSilent):
            await bench.open()
        bench.camera.answer(bench.camera.invited[0], 200)
        bench.camera.peer.carrier.pump()
        await asyncio.sleep(5)
        assert bench.camera.log[-2:] == ["ACK", "BYE"]

    bench(work)


def stall(timer: str, stage: str, packets: int = 0) -> Callable[[str], EngineEvent]:
    return lambda stream: Stalled(stream, stage, timer, packets)


def test_silent_media_is_tried_once_more_and_then_named() -> None:
    async def work(bench: Bench) -> None:
        bench.engine.answers = stall("first media", "media")
        error = await bench.fails(PeerSilent)
        assert isinstance(error, PeerSilent)
        assert (error.stage, error.timer) == ("media", "first media")
        assert bench.camera.log == ["INVITE", "ACK", "BYE"] * 2
        assert bench.camera.offers[0].ssrc != bench.camera.offers[1].ssrc

    bench(work)


def test_media_that_come_at_the_second_try() -> None:
    async def work(bench: Bench) -> None:
        answers: list[Callable[[str], EngineEvent]] = [
            stall("first media", "media"),
            lambda stream: FirstMedia(stream, TRACK),
        ]
        bench.engine.answers = lambda stream: answers.pop(0)(stream)
        session = await bench.open()
        opened = bench.events[-1]
        assert isinstance(opened, SessionOpened)
        assert opened.stream == session.stream
        assert bench.told() == ["SessionOpened"]

    bench(work)


@pytest.mark.parametrize(
    ("event", "code", "stage"),
    [
        (stall("connect", "connect"), "peer.silent", "connect"),
        (stall("first media", "media", 99), "engine.failed", "demux"),
        (
            lambda stream: StreamLost(stream, EngineFailed("gone", stage="worker")),
            "engine.failed",
            "worker",
        ),
        (lambda stream: None, "engine.failed", "worker"),
    ],
)
def test_other_failures_of_media_are_named_at_once(
    event: Callable[[str], EngineEvent], code: str, stage: str
) -> None:
    async def work(bench: Bench) -> None:
        bench.engine.answers = event
        await bench.fails(Error)
        failed = bench.events[-1]
        assert isinstance(failed, SessionFailed)
        assert (failed.code, failed.stage) == (code, stage)
        assert bench.camera.log == ["INVITE", "ACK", "BYE"]

    bench(work)


def test_a_port_that_cannot_be_reached() -> None:
    async def work(bench: Bench) -> None:
        bench.engine.connect_fault = PeerSilent("nobody", timer="connect", stage="connect")
        error = await bench.fails(PeerSilent, transport=Transport.TCP_ACTIVE)
        assert isinstance(error, PeerSilent)
        assert error.stage == "connect"
        bench.camera.alter = lambda body: body.replace(b"m=video 15060", b"m=video 0")
        await bench.fails(RemoteProtocolError, transport=Transport.TCP_ACTIVE)

    bench(work)


def test_an_answer_of_another_transport_is_followed() -> None:
    async def work(bench: Bench) -> None:
        bench.camera.alter = lambda body: body.replace(b"TCP/RTP/AVP", b"RTP/AVP")
        session = await bench.open(transport=Transport.TCP_PASSIVE)
        assert session.transport is Transport.UDP
        assert bench.camera.log == ["INVITE", "ACK", "BYE", "INVITE", "ACK"]

    bench(work)


def test_an_answer_that_is_none() -> None:
    async def work(bench: Bench) -> None:
        bench.camera.alter = lambda body: b"nothing"
        await bench.fails(RemoteProtocolError)
        assert bench.camera.log == ["INVITE", "ACK", "BYE"]

    bench(work)


def test_what_is_used_up_is_named() -> None:
    async def work(bench: Bench) -> None:
        held = [await bench.open(f"channel{number}") for number in range(2)]
        with pytest.raises(Exhausted) as ports:
            await bench.open("channel9")
        assert ports.value.resource == "port"
        bench.engine.ports = 100
        await asyncio.sleep(1)
        for number in range(9997):
            bench.ssrcs.lease(Digit.LIVE, f"someone {number}")
        with pytest.raises(Exhausted) as ssrcs:
            await bench.open("channel9")
        assert ssrcs.value.resource == "ssrc"
        assert bench.sessions.reconcile() == 9997  # nobody's, so they come back
        held.append(await bench.open("channel9"))
        with pytest.raises(Exhausted) as sessions:
            await bench.open("channel10")
        assert sessions.value.resource == "session"

    bench(work, SessionRules(limit=3), ports=2)


def test_one_opener_of_several_may_leave() -> None:
    async def work(bench: Bench) -> None:
        first = asyncio.create_task(bench.open())
        second = asyncio.create_task(bench.open())
        await asyncio.sleep(0)
        first.cancel()
        session = await second
        assert not session.over
        assert bench.camera.log == ["INVITE", "ACK"]

    bench(work)


def test_an_attempt_that_nobody_waits_for_is_cancelled() -> None:
    async def work(bench: Bench) -> None:
        bench.camera.ringing = True
        openers = [asyncio.create_task(bench.open()) for _ in range(3)]
        await asyncio.sleep(2)
        for opener in openers:
            opener.cancel()
        await asyncio.wait(openers)
        await asyncio.sleep(5)
        assert bench.camera.log == ["INVITE", "CANCEL"]
        assert bench.told() == []
        assert bench.sessions.counters["abandoned"] == 1
        bench.nothing_is_held()

    bench(work)


def test_a_cancel_that_crosses_the_200() -> None:
    async def work(bench: Bench) -> None:
        bench.camera.ringing = True
        bench.network.loses = lambda data: data.startswith(b"CANCEL")
        opener = asyncio.create_task(bench.open())
        await asyncio.sleep(1)
        opener.cancel()
        await asyncio.sleep(1)
        bench.camera.answer(bench.camera.invited[0], 200)
        bench.camera.peer.carrier.pump()
        await asyncio.sleep(5)
        assert bench.camera.log == ["INVITE", "ACK", "BYE"]
        bench.nothing_is_held()

    bench(work)


def test_one_who_comes_while_it_closes_gets_a_new_one() -> None:
    async def work(bench: Bench) -> None:
        session = await bench.open()
        session.release()
        await asyncio.sleep(10)  # the BYE is on its way
        again = await bench.open()
        assert again.stream != session.stream
        assert bench.camera.log == ["INVITE", "ACK", "BYE", "INVITE", "ACK"]

    bench(work)


@pytest.mark.clause("K")
@pytest.mark.parametrize(
    ("event", "why", "code"),
    [
        (lambda stream: Stalled(stream, "media", "silence", 900), "stalled", "peer.silent"),
        (lambda stream: StreamLost(stream, EngineFailed("x", stage="worker")), "engine", None),
    ],
)
def test_a_stream_that_ends_is_closed_and_its_viewers_told(
    event: Callable[[str], EngineEvent], why: str, code: str | None
) -> None:
    async def work(bench: Bench) -> None:
        session = await bench.open()
        bench.engine.tell(event(session.stream))
        assert await session.ended() == why
        await asyncio.sleep(5)
        assert bench.camera.log[-1] == "BYE"
        closed = bench.events[-1]
        assert isinstance(closed, SessionClosed)
        assert closed.why == why
        if code is not None:
            assert bench.engine.closed == [(session.stream, code, "media")]
        session.release()

    bench(work)


def test_a_listening_sender_that_hangs_up_ends_it() -> None:
    async def work(bench: Bench) -> None:
        session = await bench.open(transport=Transport.TCP_ACTIVE)
        bench.engine.tell(PeerClosed(session.stream))
        assert await session.ended() == "peer"

    bench(work)


def test_the_device_hangs_up() -> None:
    async def work(bench: Bench) -> None:
        session = await bench.open()
        await asyncio.sleep(5)
        bench.camera.hang_up()
        assert await session.ended() == "peer"
        await asyncio.sleep(1)
        assert bench.camera.log == ["INVITE", "ACK"]  # its BYE needs none of ours
        bench.camera.hang_up()
        await asyncio.sleep(1)

    bench(work)


def test_the_device_hangs_up_before_any_picture() -> None:
    async def work(bench: Bench) -> None:
        bench.engine.answers = lambda stream: None
        opening = asyncio.create_task(bench.open())
        await asyncio.sleep(2)
        bench.camera.hang_up()
        with pytest.raises(PeerRefused) as caught:
            await opening
        assert caught.value.stage == "media"

    bench(work)


def test_a_device_that_goes_offline_takes_its_sessions_with_it() -> None:
    async def work(bench: Bench) -> None:
        session = await bench.open()
        bench.engine.answers = lambda stream: None
        opening = asyncio.create_task(bench.open("channel2"))
        await asyncio.sleep(1)
        bench.sessions.end_device("another")
        assert not session.over
        bench.sessions.end_device(CAMERA)
        assert await session.ended() == "offline"
        with pytest.raises(PeerSilent) as caught:
            await opening
        assert caught.value.stage == "presence"
        await asyncio.sleep(6)
        assert bench.engine.closed[0][1:] == ("peer.silent", "presence")

    bench(work)


def test_an_operator_may_close_a_session() -> None:
    async def work(bench: Bench) -> None:
        session = await bench.open()
        assert bench.sessions.keys() == (KEY,)
        assert await bench.sessions.close(KEY)
        assert await session.ended() == "closed"
        assert not await bench.sessions.close(KEY)

    bench(work)


def test_stopping_says_bye_to_everyone_within_bounded_time() -> None:
    async def work(bench: Bench) -> None:
        loop = asyncio.get_running_loop()
        sessions = [await bench.open(f"channel{number}") for number in range(5)]
        bench.engine.answers = lambda stream: None
        opening = asyncio.create_task(bench.open("channel9"))
        await asyncio.sleep(1)
        bench.camera.deaf_to_bye = True
        began = loop.time()
        await bench.sessions.close_all(within=3.0)
        assert loop.time() - began <= 3.5
        assert all(session.over for session in sessions)
        with pytest.raises(Conflict):
            await opening
        with pytest.raises(Conflict, match="stopping"):
            await bench.open()
        for session in sessions:
            session.release()
        assert bench.camera.log.count("BYE") >= 6
        bench.nothing_is_held()

    bench(work)


def test_an_engine_that_fails_to_close_leaks_no_ssrc() -> None:
    async def work(bench: Bench) -> None:
        session = await bench.open()
        bench.engine.close_fault = EngineFailed("the worker died", stage="worker")
        session.release()
        await asyncio.sleep(20)
        bench.nothing_is_held()

    bench(work)


def test_opening_and_closing_a_thousand_times_leaks_nothing() -> None:
    async def work(bench: Bench) -> None:
        fates: list[Callable[[str], EngineEvent | None]] = [
            lambda stream: FirstMedia(stream, TRACK),
            stall("first media", "media"),
            stall("connect", "connect"),
        ]
        for number in range(1000):
            bench.camera.statuses = [(200, 486, 404, None)[number % 4]]
            bench.engine.answers = fates[number % 3]
            try:
                session = await bench.open()
            except Error:
                continue
            session.release()
            if number % 5 == 0:
                bench.camera.hang_up()
            await asyncio.sleep(number % 13)
        await asyncio.sleep(60)
        bench.nothing_is_held()
        assert len(bench.exchange) == 0

    bench(work)

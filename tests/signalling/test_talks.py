"""Talks in virtual time: broadcasts in every order and form, both ways by one INVITE, floods."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import (
    Conflict,
    EngineFailed,
    Error,
    Exhausted,
    Missing,
    PeerOffline,
    PeerRefused,
    PeerSilent,
    RemoteProtocolError,
)
from tongshi.gateway.engine import LineLost, ReaderJoined, Speak, Spoken, StreamLost, Transport
from tongshi.gateway.engines.null import Null
from tongshi.gb28181.broadcast import KINDS
from tongshi.gb28181.description import PCMA, Direction, Purpose, Setup
from tongshi.gb28181.invite import Answer, Offer
from tongshi.gb28181.listener import Listener, Respond, wish
from tongshi.gb28181.manscdp import BroadcastAnswer, BroadcastNotify, read, write
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.profile import BroadcastSource, BroadcastTarget, Profile
from tongshi.gb28181.ssrc import SsrcPool
from tongshi.gb28181.steps import Acknowledge, Bye, Invite, Parties
from tongshi.gb28181.version import Version
from tongshi.net.carrier import Carrier
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling.event import (
    DeviceRegistered,
    SignallingEvent,
    TalkEnded,
    TalkFailed,
    TalkKey,
    TalkOpened,
)
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.facing import Facing
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.signalling.own import Own
from tongshi.signalling.talk import Mode, Talk
from tongshi.signalling.talks import TalkRules, Talks, rules_for_talks
from tongshi.signalling.upstream import Means
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import (
    AckArrived,
    Answered,
    Cancelled,
    Event,
    LinkLost,
    RequestArrived,
    TimedOut,
    Unacknowledged,
)
from tongshi.sip.message import Request, Response
from tongshi.testing.timeless import EPOCH, LoopClock, Network, Peer, run

PLATFORM = "34020000002000000001"
DEVICE = "34020000001320000001"
CHANNEL = "34020000001310000001"
OUTPUT = "34020000001370000001"
HERE, THERE = "192.0.2.10", "192.0.2.20"
STANDARD = Profile()


class Speaker:
    """A device with a loudspeaker.

    log: what it heard and did.  order: what it does about a notice, in turn.  wish: changes its
    offer; alter: its INVITE; ack: whether it acknowledges.
    """

    def __init__(self, network: Network, host: str = THERE) -> None:
        self.log: list[str] = []
        self.notices: list[BroadcastNotify] = []
        self.order = ["200", "OK", "INVITE"]
        self.tcp: Setup | None = None
        self.alter: Callable[[Request], Request] = lambda request: request
        self.ack = True
        self.deaf_to_bye = False
        self.statuses: list[int] = []
        self.listener: Listener | None = None
        self.handle = 0
        self.invited: RequestArrived | None = None
        self.final = 0
        self.peer = Peer(network, host, 5060, self.hear)

    def hear(self, peer: Peer, event: Event) -> None:
        match event:
            case RequestArrived(request=request) if request.method == "MESSAGE":
                message = read(request.body)
                assert isinstance(message, BroadcastNotify)
                self.log.append("Notify")
                self.notices.append(message)
                for act in self.order:
                    self.act(act, event, message)
            case RequestArrived(request=request) if request.method == "INVITE":
                self.log.append("INVITE")
                self.invited = event
                self.answer_talk(event)
            case RequestArrived(request=request):
                self.log.append(request.method)
                if self.listener is not None and request.method == "BYE" and not self.deaf_to_bye:
                    peer.endpoint.reply_once(event, self.listener.call.arrived(request))
                elif not self.deaf_to_bye:
                    peer.endpoint.reply_once(event, request.response(200))
            case Answered(response=response) if response.cseq[1] == "INVITE":
                self.take_answer(response)
            case AckArrived():
                self.log.append("ACK")
            case _:
                pass

    def take_answer(self, response: Response) -> None:
        self.final = response.status
        if response.status >= 200:
            self.log.append(str(response.status))
        assert self.listener is not None
        self.listener.call.answered(response)
        for step in self.listener.call.steps():
            if isinstance(step, Acknowledge) and self.ack:
                self.acknowledge(step.request)

    def act(self, step: str, notified: RequestArrived, notice: BroadcastNotify) -> None:
        peer = self.peer
        if step.isdigit():
            peer.endpoint.reply_once(notified, notified.request.response(int(step)))
        elif step in ("OK", "ERROR", "OK-otherwise"):
            sn = notice.sn + 7 if step == "OK-otherwise" else notice.sn
            result = Outcome.ERROR if step == "ERROR" else Outcome.OK
            self.send("MESSAGE", write(BroadcastAnswer(sn, OUTPUT, result)))
        elif step == "INVITE":
            self.call(notice.source_id)

    def call(self, source_id: str = PLATFORM) -> None:
        """Ask for the sound."""
        tcp = self.tcp is not None
        offer = wish(
            owner=OUTPUT,
            host=self.peer.place.host,
            port=15070,
            tcp=tcp,
            setup=self.tcp,
            ssrc="0200000007",
        )
        parties = Parties(
            OUTPUT,
            source_id,
            "3402000000",
            f"sip:{source_id}@{HERE}:5060",
            f"sip:{OUTPUT}@{self.peer.place.host}:5060",
        )
        self.listener = Listener(parties, offer, seq="1", new_token=self.peer.token)
        for step in self.listener.notified():
            if isinstance(step, Invite):
                self.invite(self.alter(step.request))
            else:
                assert isinstance(step, Respond)

    def invite(self, request: Request) -> None:
        self.handle = self.peer.endpoint.request(
            request, Address(HERE, 5060), self.peer.now, sent_by=f"{self.peer.place.host}:5060"
        )
        self.pump()

    def acknowledge(self, request: Request) -> None:
        self.peer.endpoint.acknowledge(
            self.handle,
            request,
            Address(HERE, 5060),
            self.peer.now,
            sent_by=f"{self.peer.place.host}:5060",
        )
        self.pump()

    def send(self, method: str, body: bytes) -> None:
        request = Request(
            method,
            f"sip:{PLATFORM}@{HERE}:5060",
            [
                ("From", f"<sip:{DEVICE}@3402000000>;tag={self.peer.token()}"),
                ("To", f"<sip:{PLATFORM}@3402000000>"),
                ("Call-ID", self.peer.token()),
                ("CSeq", f"1 {method}"),
                ("Max-Forwards", "70"),
            ],
            body,
        )
        self.invite(request)

    def hang_up(self) -> None:
        assert self.listener is not None
        self.listener.call.hang_up()
        for step in self.listener.call.steps():
            assert isinstance(step, Bye)
            self.invite(step.request)

    def cancel(self) -> None:
        self.peer.endpoint.cancel(self.handle, self.peer.now)
        self.pump()

    def pump(self) -> None:
        asyncio.get_running_loop().call_soon(self.peer.carrier.pump)

    def answer_talk(self, invited: RequestArrived) -> None:
        """Answer an INVITE with s=Talk."""
        request = invited.request
        status = self.statuses.pop(0) if self.statuses else 200
        if status >= 300:
            self.peer.endpoint.reply(invited, request.response(status), self.peer.now)
            return
        offer = Offer.parse(request.body, KINDS)
        answer = offer.answer(owner=CHANNEL, host=THERE, port=15080, payloads=(PCMA,))
        response = request.response(
            200, headers=[("Content-Type", "APPLICATION/SDP")], body=answer.build()
        )
        response = response if self.tcp is None else request.response(200, body=TCP_ANSWER)
        self.peer.endpoint.reply(invited, response, self.peer.now)


TCP_ANSWER = (
    f"v=0\r\no={CHANNEL} 0 0 IN IP4 {THERE}\r\ns=Talk\r\nc=IN IP4 {THERE}\r\nt=0 0\r\n"
    "m=audio 15080 TCP/RTP/AVP 8\r\na=sendrecv\r\n"
).encode()


class Bench:
    def __init__(self, rules: TalkRules) -> None:
        self.network = Network()
        self.device = Speaker(self.network)
        self.engine = Null()
        self.events: list[SignallingEvent] = []
        self.profile = STANDARD
        self.count = 0
        self.endpoint = Endpoint(new_token=self.token)
        self.carrier: Carrier[Event] = Carrier(self.endpoint, self.hear)
        self.network.join(self.carrier, HERE, 5060)
        facing = Facing(HERE, 5060, str)
        self.exchange = Exchange(self.endpoint, self.carrier.pump, facing.sent_by)
        self.neighbours = Neighbours(Rules(), lambda event: None)
        self.ssrcs = SsrcPool(PLATFORM)
        own = Own(PLATFORM, "3402000000", facing, self.token)
        own.profile_of = lambda device_id: self.profile
        self.means = Means(
            own=own,
            exchange=self.exchange,
            engine=self.engine,
            ssrcs=self.ssrcs,
            invite=12.0,
            media=15.0,
        )
        self.talks = Talks(
            rules,
            self.means,
            self.neighbours,
            self.events.append,
            LoopClock(),
            self.endpoint,
            self.carrier.pump,
        )
        self.engine.subscribe(self.talks.heard)
        self.register()

    def token(self) -> str:
        self.count += 1
        return f"{self.count:08}token"

    def register(self, device_id: str = DEVICE, host: str = THERE) -> None:
        granted = DeviceRegistered(
            device_id, host, 5060, "udp", EPOCH, EPOCH + 86400, Version.V2016, "", "", False
        )
        self.neighbours.register(granted, Address(host, 5060), 0.0)

    def hear(self, event: Event) -> None:
        """Do what reception does."""
        match event:
            case Answered() | TimedOut() | LinkLost():
                self.exchange.settle(event)
            case RequestArrived(request=request) if request.method == "INVITE":
                self.talks.invited(event)
            case RequestArrived(request=request) if request.method == "MESSAGE":
                neighbour = self.neighbours.get(DEVICE)
                assert neighbour is not None
                status = self.talks.answered(neighbour, read(request.body), event)
                self.endpoint.reply_once(event, request.response(status))
            case RequestArrived(request=request):
                call = self.means.calls.get(request.call_id)
                if call is not None and call.accepts(request):
                    self.endpoint.reply_once(event, call.arrived(request))
                else:
                    response = self.talks.claim(event) or request.response(481)
                    self.endpoint.reply_once(event, response)
            case AckArrived():
                self.talks.claim(RequestArrived(event.request, event.source, "", event.source))
            case Cancelled() | Unacknowledged():
                self.talks.withdraw(event)
            case _:
                pass

    async def open(self, channel: str = CHANNEL, **given: str) -> Talk:
        return await self.talks.open(DEVICE, channel, **{"output": OUTPUT, "holder": "A"} | given)

    async def fails(self, kind: type[Error]) -> Error:
        """Return the error that opening raises, once everything is given back."""
        with pytest.raises(kind) as caught:
            await self.open()
        await asyncio.sleep(10)
        self.nothing_is_held()
        [event] = [event for event in self.events if isinstance(event, TalkFailed)]
        assert (event.key, event.code) == (TalkKey(DEVICE, OUTPUT), caught.value.code)
        return caught.value

    def nothing_is_held(self) -> None:
        assert self.ssrcs.leased() == ()
        assert self.means.calls == {}
        assert self.engine.leased_ports() == 0
        assert len(self.talks) == 0
        assert self.talks._by_call == {}
        assert self.talks._broadcasts == {}

    def told(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


def bench(
    work: Callable[[Bench], Coroutine[Any, Any, None]], rules: TalkRules | None = None
) -> None:
    async def main() -> None:
        made = Bench(rules or TalkRules())
        await work(made)
        await made.talks.close_all()
        await asyncio.sleep(60)
        made.nothing_is_held()
        assert len(made.exchange) == 0

    run(main())


@pytest.mark.clause("9.12.1.2", "9.12.1.3.1", "A.2.5.5", "A.2.6.11")
def test_a_broadcast_from_the_notice_to_the_bye() -> None:
    async def work(bench: Bench) -> None:
        talk = await bench.open()
        assert bench.device.notices[0].source_id == PLATFORM
        assert bench.device.notices[0].target_id == OUTPUT
        assert (talk.mode, talk.hears, talk.ssrc) == (Mode.BROADCAST, False, "0200000007")
        speak = bench.engine.talks.open_[talk.stream]
        assert (speak.transport, speak.hosts) == (Transport.UDP, (THERE,))
        assert bench.engine.talks.started[talk.stream] == (THERE, 15070, 200000007, False)
        assert bench.talks.all() == (talk,)
        assert bench.talks.streams() == {talk.stream}
        bench.engine.talks.spoken = Spoken(packets=5)
        await bench.talks.close(talk)
        assert bench.device.log == ["Notify", "200", "BYE"]
        assert bench.told() == ["TalkOpened", "TalkEnded"]
        opened, ended = bench.events
        assert isinstance(opened, TalkOpened)
        assert (opened.mode, opened.ssrc) == ("broadcast", 200000007)
        assert isinstance(ended, TalkEnded)
        assert (ended.why, ended.spoken) == ("closed", Spoken(packets=5))
        assert await talk.ended() == "closed"
        bench.nothing_is_held()

    bench(work)


@pytest.mark.clause("9.12.1.2")
@pytest.mark.parametrize(
    "order",
    [
        ["200", "OK", "INVITE"],
        ["OK", "200", "INVITE"],
        ["200", "INVITE", "OK"],
        ["INVITE", "200", "OK"],
        ["INVITE", "OK", "200"],
        ["200", "INVITE"],
        ["INVITE", "200"],
        ["INVITE", "200", "ERROR"],
        ["200", "OK-otherwise", "INVITE"],
    ],
)
def test_whatever_the_order_it_comes_about(order: list[str]) -> None:
    async def work(bench: Bench) -> None:
        bench.device.order = order
        talk = await bench.open()
        assert bench.engine.talks.started[talk.stream][1] == 15070

    bench(work)


def body(request: Request, pattern: str, value: str) -> Request:
    request.body = re.sub(pattern, value, request.body.decode()).encode()
    return request


def head(request: Request, name: str, value: str) -> Request:
    request.headers.set_first(name, value)
    return request


def no_sdp(request: Request) -> Request:
    request.body = b""
    return request


@pytest.mark.clause("9.12.1.3.2", "G", "L")
@pytest.mark.parametrize(
    "alter",
    [
        lambda request: head(request, "To", f"<sip:{DEVICE}@3402000000>"),
        lambda request: head(request, "Subject", f"{OUTPUT}:1,{PLATFORM}:0"),
        lambda request: head(request, "Subject", "junk"),
        lambda request: head(request, "From", "<sip:anybody@3402000000>;tag=x"),
        lambda request: body(request, "y=.*\r\n", ""),
        lambda request: body(request, "f=.*\r\n", ""),
        lambda request: body(request, "PCMA/8000", "PCMA/8000/1"),
        lambda request: body(request, "a=rtpmap.*\r\n", ""),
        lambda request: body(request, "\r\n$", ""),
        lambda request: body(request, "c=.*\r\n", ""),
    ],
)
def test_the_invite_is_understood_in_every_form_of_the_field(
    alter: Callable[[Request], Request],
) -> None:
    async def work(bench: Bench) -> None:
        bench.device.alter = alter
        talk = await bench.open()
        host, port, ssrc, follow = bench.engine.talks.started[talk.stream]
        assert (host, port, follow) == (THERE, 15070, False)
        assert ssrc == int(talk.ssrc)
        assert bench.device.listener is not None

    bench(work)


@pytest.mark.clause("9.12.1.2", "D")
@pytest.mark.parametrize(
    ("setup", "transport", "told"),
    [
        (Setup.ACTIVE, Transport.TCP_PASSIVE, Setup.PASSIVE),
        (Setup.PASSIVE, Transport.TCP_ACTIVE, Setup.ACTIVE),
    ],
)
def test_over_tcp_either_side_connects(setup: Setup, transport: Transport, told: Setup) -> None:
    async def work(bench: Bench) -> None:
        bench.device.tcp = setup
        talk = await bench.open()
        assert talk.transport is transport
        assert bench.device.listener is not None
        answers = [
            event.answer
            for event in bench.device.listener.call.events()
            if hasattr(event, "answer")
        ]
        assert isinstance(answers[0], Answer)
        assert (answers[0].tcp, answers[0].setup) == (True, told)

    bench(work)


@pytest.mark.clause("9.12.1.2")
def test_an_invite_without_sdp_is_offered_ours() -> None:
    async def work(bench: Bench) -> None:
        bench.device.alter = no_sdp

        def acknowledge(request: Request) -> None:
            answer = wish(owner=OUTPUT, host=THERE, port=15090, ssrc="0200000001")
            request.body = answer.build()
            Speaker.acknowledge(bench.device, request)

        bench.device.acknowledge = acknowledge  # type: ignore[method-assign]
        talk = await bench.open()
        assert bench.engine.talks.started[talk.stream][:2] == (THERE, 15090)

    bench(work)


def test_a_listener_behind_a_nat_is_followed() -> None:
    async def work(bench: Bench) -> None:
        bench.device.alter = lambda request: body(request, THERE, "0.0.0.0")
        talk = await bench.open()
        assert bench.engine.talks.started[talk.stream] == (THERE, 15070, 200000007, True)

    bench(work)


@pytest.mark.parametrize(
    ("order", "kind", "stage", "known"),
    [
        (["200"], PeerSilent, "broadcast", "broadcast"),
        (["200", "OK"], PeerSilent, "broadcast", "broadcast"),
        ([], PeerSilent, "query", "timeout"),
        (["404"], PeerRefused, "query", 404),
        (["200", "ERROR"], PeerRefused, "broadcast", 0),
        (["ERROR", "200"], PeerRefused, "broadcast", 0),
    ],
)
def test_a_broadcast_that_fails_says_how(
    order: list[str], kind: type[Error], stage: str, known: object
) -> None:
    async def work(bench: Bench) -> None:
        bench.device.order = order
        error = await bench.fails(kind)
        assert isinstance(error, PeerSilent | PeerRefused)
        assert error.stage == stage
        assert known == getattr(error, "timer", getattr(error, "status", None))

    bench(work)


def test_sound_that_cannot_be_given_is_refused_and_named() -> None:
    async def work(bench: Bench) -> None:
        bench.device.alter = lambda request: body(
            request, "RTP/AVP 8\r\na=recvonly\r\na=rtpmap:8 PCMA/8000", "RTP/AVP 96"
        )
        error = await bench.fails(RemoteProtocolError)
        assert "not for PCMA" in str(error)
        assert bench.device.log == ["Notify", "488"]

    bench(work)


def test_no_port_of_ours_refuses_the_invite() -> None:
    async def work(bench: Bench) -> None:
        bench.engine.talks.places = 0
        error = await bench.fails(Exhausted)
        assert isinstance(error, Exhausted)
        assert error.resource == "port"
        assert bench.device.log == ["Notify", "480"]

    bench(work)


def test_a_line_that_cannot_be_made_ends_the_call() -> None:
    async def work(bench: Bench) -> None:
        bench.device.tcp = Setup.PASSIVE
        bench.engine.talks.start_fault = EngineFailed("refused", stage="connect")
        await bench.fails(EngineFailed)
        assert bench.device.log == ["Notify", "200", "BYE"]

    bench(work)


def test_an_answer_that_is_never_acknowledged_ends_it() -> None:
    async def work(bench: Bench) -> None:
        bench.device.ack = False
        error = await bench.fails(PeerSilent)
        assert isinstance(error, PeerSilent)
        assert error.stage == "ack"
        assert bench.device.log[-1] == "BYE"

    bench(work)


def test_an_invite_taken_back_ends_it() -> None:
    async def work(bench: Bench) -> None:
        gate = asyncio.Event()
        usual = bench.engine.talks.open

        async def slow(speak: Speak) -> int:
            await gate.wait()
            return await usual(speak)

        bench.engine.talks.open = slow  # type: ignore[method-assign]
        opening = asyncio.create_task(bench.open())
        await asyncio.sleep(1)
        bench.device.cancel()
        await asyncio.sleep(1)
        gate.set()
        with pytest.raises(PeerRefused) as raised:
            await opening
        assert (raised.value.status, raised.value.stage) == (487, "broadcast")

    bench(work)


def test_who_gives_up_leaves_nothing() -> None:
    async def work(bench: Bench) -> None:
        bench.device.order = ["200", "OK"]
        opening = asyncio.create_task(bench.open())
        await asyncio.sleep(1)
        opening.cancel()
        await asyncio.sleep(1)
        bench.nothing_is_held()
        bench.device.call()  # too late, and From names what never registered
        await asyncio.sleep(1)
        assert bench.device.final == 403

    bench(work)


@pytest.mark.parametrize("again", [False, True])
def test_the_devices_bye_ends_it(again: bool) -> None:
    async def work(bench: Bench) -> None:
        talk = await bench.open()
        bench.device.hang_up()
        assert await talk.ended() == "peer"
        await talk.closed.wait()
        assert bench.engine.talks.closed[-1][1:] == ("peer", "")
        if again:
            talk = await bench.open()
            assert not talk.over

    bench(work)


@pytest.mark.parametrize(
    ("why", "code"),
    [("line", "peer.silent"), ("engine", "engine.failed"), ("offline", "peer.silent")],
)
def test_it_ends_with_what_carries_it(why: str, code: str) -> None:
    async def work(bench: Bench) -> None:
        talk = await bench.open()
        bench.engine.tell(ReaderJoined(talk.stream, "k"))
        bench.engine.tell(LineLost("another", Conflict("x")))
        assert not talk.over
        match why:
            case "line":
                bench.engine.tell(LineLost(talk.stream, Conflict("x")))
            case "engine":
                bench.engine.tell(StreamLost(talk.stream, Conflict("x")))
            case _:
                bench.device.deaf_to_bye = True  # as dead devices are
                bench.talks.end_device("nobody")
                bench.talks.end_device(DEVICE)
        assert await talk.ended() == why
        await talk.closed.wait()
        assert bench.engine.talks.closed[-1][1] == code
        assert bench.device.log[-1] == "BYE"

    bench(work)


def test_a_device_that_goes_offline_while_it_is_asked() -> None:
    async def work(bench: Bench) -> None:
        bench.device.order = ["200"]
        opening = asyncio.create_task(bench.open())
        await asyncio.sleep(1)
        bench.talks.end_device(DEVICE)
        with pytest.raises(PeerSilent) as raised:
            await opening
        assert raised.value.stage == "presence"

    bench(work)


def test_one_talk_a_listener() -> None:
    async def work(bench: Bench) -> None:
        talk = await bench.open(holder="Zhang Wei")
        with pytest.raises(Conflict, match="Zhang Wei is talking"):
            await bench.open()
        await bench.talks.close(talk)
        talk = await bench.open()
        assert len(bench.talks) == 1

    bench(work)


def test_what_cannot_be_begun() -> None:
    async def work(bench: Bench) -> None:
        with pytest.raises(Missing):
            await bench.talks.open("34020000001320000099", CHANNEL)
        neighbour = bench.neighbours.get(DEVICE)
        assert neighbour is not None
        bench.neighbours.unregister(DEVICE, EPOCH)
        with pytest.raises(PeerOffline):
            await bench.open()
        bench.register()
        bench.device.order = ["200"]
        opening = asyncio.create_task(bench.open())
        await asyncio.sleep(0.1)
        with pytest.raises(Exhausted):
            await bench.open(output=CHANNEL)
        await bench.talks.close_all()
        with pytest.raises(Conflict, match="stopped"):
            await opening
        with pytest.raises(Conflict, match="stopping"):
            await bench.open()

    bench(work, TalkRules(limit=1))


@pytest.mark.parametrize(
    ("profile", "given", "target"),
    [
        (STANDARD, {}, OUTPUT),
        (STANDARD, {"output": ""}, DEVICE),
        (Profile(broadcast_target=BroadcastTarget.CHANNEL), {}, CHANNEL),
        (Profile(broadcast_target=BroadcastTarget.DEVICE), {}, DEVICE),
    ],
)
def test_whom_a_notice_names(profile: Profile, given: dict[str, str], target: str) -> None:
    async def work(bench: Bench) -> None:
        bench.profile = profile
        await bench.open(**given)
        assert bench.device.notices[0].target_id == target

    bench(work)


def test_a_voice_input_speaks_where_the_device_wants_one() -> None:
    async def work(bench: Bench) -> None:
        bench.profile = Profile(broadcast_source=BroadcastSource.VOICE)
        await bench.open()
        assert bench.device.notices[0].source_id == "34020000001360000001"

    bench(work)


@pytest.mark.clause("9.12.2")
def test_both_ways_by_one_invite() -> None:
    async def work(bench: Bench) -> None:
        bench.profile = Profile(talk_by_invite=True)
        talk = await bench.open()
        assert (talk.mode, talk.hears, talk.key.target_id) == (Mode.TALK, True, CHANNEL)
        assert bench.device.invited is not None
        offer = Offer.parse(bench.device.invited.request.body, KINDS)
        assert (offer.purpose, offer.direction) == (Purpose.TALK, Direction.SENDRECV)
        assert (offer.payloads, offer.ssrc, offer.kind) == ((PCMA,), talk.ssrc, "audio")
        assert bench.engine.talks.started[talk.stream] == (THERE, 15080, int(talk.ssrc), False)
        await bench.talks.close(talk)
        assert bench.device.log == ["INVITE", "ACK", "BYE"]

    bench(work)


def test_both_ways_refused_or_otherwise() -> None:
    async def work(bench: Bench) -> None:
        bench.profile = Profile(talk_by_invite=True)
        bench.device.statuses = [488]
        with pytest.raises(PeerRefused) as raised:
            await bench.open()
        assert (raised.value.status, raised.value.stage) == (488, "invite")
        bench.device.tcp = Setup.ACTIVE
        with pytest.raises(RemoteProtocolError, match="another transport"):
            await bench.open()
        await asyncio.sleep(1)
        bench.nothing_is_held()

    bench(work)


def stray(number: int, *, sender: str = DEVICE, call_id: str = "") -> Request:
    return Request(
        "INVITE",
        f"sip:{PLATFORM}@{HERE}:5060",
        [
            ("From", f"<sip:{sender}@3402000000>;tag=x{number}"),
            ("To", f"<sip:{PLATFORM}@3402000000>"),
            ("Call-ID", call_id or f"stray{number}"),
            ("CSeq", "1 INVITE"),
            ("Max-Forwards", "70"),
        ],
        b"",
    )


def test_invites_that_nobody_waits_for_are_refused_without_memory() -> None:
    async def work(bench: Bench) -> None:
        answers: list[int] = []

        def hear(peer: Peer, event: Event) -> None:
            if isinstance(event, Answered):
                answers.append(event.response.status)

        stranger = Peer(bench.network, "198.51.100.7", 5060, hear)
        for number in range(2000):
            stranger.endpoint.request(
                stray(number), Address(HERE, 5060), stranger.now, sent_by="198.51.100.7:5060"
            )
        stranger.carrier.pump()
        await asyncio.sleep(1)
        assert answers == [403] * 2000
        assert bench.endpoint.servers == 0
        # A device that nobody speaks to; then another at the host of one that is spoken to.
        bench.device.invite(stray(1, call_id="s"))
        bench.device.listener = Listener(
            Parties(OUTPUT, PLATFORM, "3402000000", f"sip:{PLATFORM}@{HERE}", "sip:x@y"),
            wish(owner=OUTPUT, host=THERE, port=1, ssrc=""),
            seq="1",
            new_token=bench.device.peer.token,
        )
        await asyncio.sleep(1)
        assert bench.device.final == 404
        talk = await bench.open()
        bench.device.invite(stray(2, call_id="s2"))
        await asyncio.sleep(1)
        assert bench.device.final == 486
        call_id = next(iter(bench.talks._by_call))
        bench.device.invite(stray(3, call_id=call_id))
        await asyncio.sleep(1)
        assert bench.device.final == 482
        assert not talk.over
        assert bench.talks.counters["invite 403"] == 2000

    bench(work)


def test_a_stranger_cannot_take_a_broadcast() -> None:
    async def work(bench: Bench) -> None:
        bench.device.order = ["200", "OK"]
        thief = Speaker(bench.network, "198.51.100.9")
        opening = asyncio.create_task(bench.open())
        await asyncio.sleep(1)
        thief.call()
        await asyncio.sleep(1)
        assert thief.final == 403
        assert not opening.done()
        bench.device.call()
        talk = await opening
        assert bench.engine.talks.started[talk.stream][0] == THERE

    bench(work)


def test_a_sender_that_cannot_be_read_is_answered() -> None:
    async def work(bench: Bench) -> None:
        request = stray(1)
        request.headers.set_first("From", "<<<>")
        arrived = RequestArrived(request, Address("192.0.2.77", 1), "k", Address("192.0.2.77", 1))
        assert bench.talks._refusal(arrived) == 400

    bench(work)


def test_messages_of_another_kind_are_not_ours() -> None:
    async def work(bench: Bench) -> None:
        neighbour = bench.neighbours.get(DEVICE)
        assert neighbour is not None
        arrived = RequestArrived(stray(1), Address(THERE, 1), "k", Address(THERE, 1))
        notice = BroadcastNotify(1, PLATFORM, OUTPUT)
        assert bench.talks.answered(neighbour, notice, arrived) == 400
        answer = BroadcastAnswer(1, OUTPUT, Outcome.OK)
        assert bench.talks.answered(neighbour, answer, arrived) == 200
        assert bench.talks.claim(arrived) is None
        bench.talks.withdraw(Cancelled(arrived))

    bench(work)


def test_the_rules_that_settings_make() -> None:
    rules = rules_for_talks(
        SignallingSettings(broadcast_timeout=3, message_timeout=4),
        MediaSettings(transport="tcp-active", talks=7),
    )
    assert rules == TalkRules(3, 4, Transport.TCP_ACTIVE, 7)

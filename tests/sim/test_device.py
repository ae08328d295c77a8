"""The device core against single requests, in virtual time."""

import pytest

from tongshi.gb28181 import manscdp
from tongshi.gb28181.description import Description, Direction, Payload, Setup
from tongshi.gb28181.invite import Answer, Offer
from tongshi.gb28181.manscdp import CONTENT_TYPE
from tongshi.gb28181.manscdp.query import CatalogQuery, DeviceInfoQuery, DeviceStatusQuery
from tongshi.gb28181.version import Version
from tongshi.sim.answering import Queried
from tongshi.sim.calling import LIMIT, Agreed, Call, CallEnded, Invited
from tongshi.sim.device import Device
from tongshi.sim.join import Join
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import NONE, Quirks
from tongshi.sim.world import World
from tongshi.sip.address import Address
from tongshi.sip.dialog import Dialog
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered, RequestArrived
from tongshi.sip.message import Request, Response

PLATFORM = "34020000002000000001"
DEVICE = "34020000001320000001"
CHANNEL = "34020000001310000001"
HOME = Address("192.0.2.10", 5060)
AWAY = Address("198.51.100.7", 5060)


class Desk:
    """A bare SIP endpoint that asks, and one device that answers."""

    def __init__(self, *quirks: str, channels: int = 1, accept: bool = True) -> None:
        self.world = World()
        self.heard: list[object] = []
        self.told: list[object] = []
        self.accept = accept
        self.endpoint = Endpoint(new_token=self.world.token, sent_by="192.0.2.10:5060")
        self.home = self.world.add(self.endpoint, HOME.host, HOME.port, self._hear)
        shown = tuple(Channel(f"{CHANNEL[:-2]}{n:02}", f"通道{n}") for n in range(1, channels + 1))
        self.device = Device(
            Profile(DEVICE, "摄像机", shown),
            Join(PLATFORM, "secret"),
            contact=(AWAY.host, AWAY.port),
            new_token=self.world.token,
            chance=self.world.chance,
            clock=self.world.clock,
            quirks=Quirks.of(quirks),
        )
        self.away = self.world.add(self.device, AWAY.host, AWAY.port, self._tell)
        self.device.connect(HOME, self.world.now)
        self.world.touch(self.away)
        self.world.run(0.1)
        self.heard.clear()

    def _hear(self, event: object) -> None:
        self.heard.append(event)
        if isinstance(event, RequestArrived):
            self.endpoint.reply_once(event, event.request.response(200))

    def _tell(self, event: object) -> None:
        self.told.append(event)
        if isinstance(event, Invited) and self.accept:
            self.device.calls.accept(event.call, AWAY.host, 15060, self.world.now)

    def send(
        self, method: str, *, body: bytes = b"", user: str = DEVICE, call_id: str = "",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> int:  # fmt: skip
        request = Request(
            method,
            f"sip:{user}@198.51.100.7:5060",
            [
                ("From", f"<sip:{PLATFORM}@3402000000>;tag=t1"),
                ("To", f"<sip:{user}@3402000000>"),
                ("Call-ID", call_id or self.world.token()),
                ("CSeq", f"1 {method}"),
                ("Contact", f"<sip:{PLATFORM}@192.0.2.10:5060>"),
                *headers,
            ],
            body,
        )
        self.request = request
        handle = self.endpoint.request(request, AWAY, self.world.now)
        self.world.touch(self.home)
        return handle

    def answers(self, handle: int) -> list[Response]:
        self.world.run(0.5)
        return [e.response for e in self.heard if isinstance(e, Answered) and e.handle == handle]

    def ask(self, method: str, **how: object) -> Response:
        """Return the final answer to a request."""
        return self.answers(self.send(method, **how))[-1]  # type: ignore[arg-type]

    def invite(self, offer: Offer | None = None, *, body: bytes | None = None) -> Response:
        text = body if body is not None else (offer or OFFER).build()
        return self.ask("INVITE", body=text, user=CHANNEL)

    def acknowledge(self, response: Response, body: bytes = b"") -> Dialog:
        dialog = Dialog.from_uac(self.request, response)
        handle = next(
            e.handle for e in self.heard if isinstance(e, Answered) and e.response is response
        )
        ack = dialog.acknowledge(body=body)
        self.endpoint.acknowledge(handle, ack, AWAY, self.world.now)
        self.world.touch(self.home)
        self.world.run(0.1)
        return dialog

    def within(self, dialog: Dialog, method: str) -> Response:
        handle = self.endpoint.request(dialog.request(method), AWAY, self.world.now)
        self.world.touch(self.home)
        return self.answers(handle)[-1]

    def events(self, kind: type[object]) -> list[object]:
        return [event for event in self.told if isinstance(event, kind)]

    def requests(self, method: str) -> list[Request]:
        return [
            e.request
            for e in self.heard
            if isinstance(e, RequestArrived) and e.request.method == method
        ]


OFFER = Offer(
    owner=PLATFORM,
    host="192.0.2.10",
    port=30000,
    ssrc="0200000007",
    payloads=(Payload(96, "PS"), Payload(98, "H264")),
)
HEADERS = (("Content-Type", CONTENT_TYPE),)


def test_queries_are_answered_by_messages_of_their_own() -> None:
    desk = Desk()
    for query in (
        CatalogQuery(1, DEVICE),
        DeviceInfoQuery(2, DEVICE),
        DeviceStatusQuery(3, CHANNEL),
    ):
        answer = desk.ask("MESSAGE", body=manscdp.write(query), headers=HEADERS)
        assert (answer.status, answer.body) == (200, b"")
    told = [manscdp.read(request.body) for request in desk.requests("MESSAGE")]
    assert [type(message).__name__ for message in told] == [
        "CatalogAnswer",
        "DeviceInfoAnswer",
        "DeviceStatusAnswer",
    ]
    assert desk.events(Queried) == [
        Queried("Catalog"),
        Queried("DeviceInfo"),
        Queried("DeviceStatus"),
    ]


def test_parts_wait_for_each_other() -> None:
    desk = Desk(channels=10)
    desk.ask("MESSAGE", body=manscdp.write(CatalogQuery(1, DEVICE)), headers=HEADERS)
    assert len(desk.requests("MESSAGE")) == 3


@pytest.mark.parametrize(
    ("method", "status"),
    [("OPTIONS", 200), ("SUBSCRIBE", 489), ("PUBLISH", 405), ("BYE", 481), ("INFO", 481)],
)
def test_other_methods(method: str, status: int) -> None:
    answer = Desk().ask(method)
    assert answer.status == status
    if method in ("OPTIONS", "PUBLISH"):
        assert "INVITE" in (answer.headers.get("Allow") or "")


def test_a_session_from_invite_to_bye() -> None:
    desk = Desk()
    response = desk.invite()
    answer = Answer.parse(response.body)
    assert (answer.port, answer.ssrc, answer.direction) == (15060, "0200000007", Direction.SENDONLY)
    assert answer.owner == CHANNEL
    assert response.contact is not None
    dialog = desk.acknowledge(response)
    [agreed] = desk.events(Agreed)
    assert isinstance(agreed, Agreed)
    assert agreed.call.target == ("192.0.2.10", 30000)
    assert agreed.call.ssrc_number == 200000007
    assert len(desk.device.calls) == 1
    assert list(desk.device.calls) == [agreed.call]
    assert desk.within(dialog, "OPTIONS").status == 200
    assert desk.within(dialog, "BYE").status == 200
    assert [e.why for e in desk.events(CallEnded) if isinstance(e, CallEnded)] == [
        "ended by remote"
    ]
    assert len(desk.device.calls) == 0
    assert desk.within(dialog, "BYE").status == 481


def test_the_device_can_hang_up() -> None:
    desk = Desk()
    desk.acknowledge(desk.invite())
    desk.device.leave(desk.world.now)
    desk.world.touch(desk.away)
    desk.world.run(1)
    assert len(desk.requests("BYE")) == 1
    assert len(desk.device.calls) == 0


def test_an_invite_without_description_gets_an_offer() -> None:
    desk = Desk()
    response = desk.invite(body=b"")
    offered = Offer.parse(response.body)
    assert offered.direction is Direction.SENDONLY
    assert offered.ssrc == "0200000001"
    answer = offered.answer(
        owner=PLATFORM, host="192.0.2.99", port=4000, payloads=(Payload(96, "PS"),)
    )
    desk.acknowledge(response, answer.build())
    [agreed] = desk.events(Agreed)
    assert isinstance(agreed, Agreed)
    assert agreed.call.target == ("192.0.2.99", 4000)
    assert not agreed.call.tcp
    assert not agreed.call.active


def test_no_ack_ends_the_session_with_a_bye() -> None:
    desk = Desk()
    desk.invite()
    desk.world.run(40)
    assert [e.why for e in desk.events(CallEnded) if isinstance(e, CallEnded)] == ["ack: no ACK"]
    assert len(desk.requests("BYE")) == 1


def test_an_invite_can_be_taken_back() -> None:
    desk = Desk(accept=False)
    handle = desk.send("INVITE", body=OFFER.build(), user=CHANNEL)
    desk.world.run(0.2)
    desk.endpoint.cancel(handle, desk.world.now)
    desk.world.touch(desk.home)
    assert desk.answers(handle)[-1].status == 487
    [invited] = desk.events(Invited)
    assert isinstance(invited, Invited)
    assert invited.call.over
    # What the shell does too late does nothing.
    desk.device.calls.accept(invited.call, AWAY.host, 1, desk.world.now)
    desk.device.calls.refuse(invited.call, 500, desk.world.now)
    desk.device.calls.hang_up(invited.call, desk.world.now)
    assert len(desk.events(CallEnded)) == 1


def test_the_shell_can_refuse() -> None:
    desk = Desk(accept=False)
    handle = desk.send("INVITE", body=OFFER.build(), user=CHANNEL)
    desk.world.run(0.1)
    [invited] = desk.events(Invited)
    assert isinstance(invited, Invited)
    desk.device.calls.refuse(invited.call, 500, desk.world.now)
    desk.world.touch(desk.away)
    assert desk.answers(handle)[-1].status == 500


def changed(**fields: object) -> bytes:
    """Return the usual offer with other fields."""
    held = {name: getattr(OFFER, name) for name in Description.__slots__}
    return Offer(**{**held, **fields}).build()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"v=0\r\nnothing", 400),
        (changed(payloads=(Payload(98, "H264"),)), 488),
        (changed(kind="audio"), 488),
        (changed(direction=Direction.SENDONLY), 488),
        (OFFER.build().replace(b"s=Play", b"s=Playback"), 404),
        (OFFER.build().replace(b"s=Play", b"s=Talk"), 488),
    ],
)
def test_offers_that_cannot_be_met(body: bytes, status: int) -> None:
    assert Desk().invite(body=body).status == status


def test_the_channel_is_found_wherever_it_is_named() -> None:
    desk = Desk(channels=3)
    second = f"{CHANNEL[:-2]}02"
    subject = ("Subject", f"{second}:0200000007,{PLATFORM}:0")
    answer = desk.ask("INVITE", body=OFFER.build(), user=DEVICE, headers=(subject,))
    assert Answer.parse(answer.body).owner == second
    assert desk.ask("INVITE", body=OFFER.build(), user=DEVICE).status == 404
    assert desk.ask("INVITE", body=OFFER.build(), user="nobody").status == 404


def test_the_only_channel_answers_to_the_device() -> None:
    assert Desk().ask("INVITE", body=OFFER.build(), user=DEVICE).status == 200


def test_sessions_are_limited() -> None:
    desk = Desk()
    statuses = [desk.invite().status for _ in range(LIMIT + 1)]
    assert statuses == [200] * LIMIT + [486]


@pytest.mark.parametrize(
    ("setup", "active"), [(Setup.PASSIVE, True), (Setup.ACTIVE, False), (None, True)]
)
def test_who_connects_over_tcp(setup: Setup | None, active: bool) -> None:
    desk = Desk()
    desk.invite(body=changed(tcp=True, setup=setup))
    [invited] = desk.events(Invited)
    assert isinstance(invited, Invited)
    assert invited.call.tcp
    assert invited.call.active is active


@pytest.mark.parametrize(
    ("quirk", "absent", "present"),
    [
        ("port-zero", b"m=video 15060", b"m=video 0 "),
        ("no-y-no-f", b"y=", b"m=video"),
        ("private-c", b"c=IN IP4 198.51.100.7", b"c=IN IP4 192.168.1.64"),
        ("crcrlf", b"v=0\r\n", b"v=0\r\r\n"),
        ("other-y", b"y=0200000007", b"y=0703990007"),
    ],
)
def test_quirky_descriptions(quirk: str, absent: bytes, present: bytes) -> None:
    body = Desk(quirk).invite().body
    assert absent not in body
    assert present in body


def test_a_description_without_its_last_line_end() -> None:
    assert Desk("no-final-crlf").invite().body[-1:] not in (b"\r", b"\n")


def test_an_awaited_connection_keeps_its_true_address() -> None:
    desk = Desk("port-zero", "private-c", "no-setup")
    body = desk.invite(body=changed(tcp=True, setup=Setup.ACTIVE)).body
    assert b"m=video 15060 TCP/RTP/AVP" in body
    assert b"c=IN IP4 198.51.100.7" in body
    assert b"a=setup" not in body


def test_a_platform_without_y_leaves_the_choice_to_the_device() -> None:
    for ssrc in ("", "0000000000"):
        answer = Answer.parse(Desk().invite(body=changed(ssrc=ssrc)).body)
        assert answer.ssrc == "0200000001"


def test_provisional_101_and_no_contact() -> None:
    desk = Desk("provisional-101", "no-contact")
    handle = desk.send("INVITE", body=OFFER.build(), user=CHANNEL)
    answers = desk.answers(handle)
    assert [answer.status for answer in answers] == [100, 101, 200]
    assert answers[-1].headers.get("Contact") is None


def test_invites_refused_and_ignored() -> None:
    assert Desk("refuse-invite").invite().status == 486
    desk = Desk("ignore-invite")
    # The endpoint says 100 by itself; nothing final ever follows.
    answers = desk.answers(desk.send("INVITE", body=OFFER.build(), user=CHANNEL))
    assert [answer.status for answer in answers if answer.status > 100] == []


def test_response_first() -> None:
    desk = Desk("response-first")
    desk.ask("MESSAGE", body=manscdp.write(DeviceInfoQuery(2, DEVICE)), headers=HEADERS)
    kinds = [type(event).__name__ for event in desk.heard]
    assert kinds.index("RequestArrived") < kinds.index("Answered")


def test_a_killed_device_is_silent_for_good() -> None:
    desk = Desk()
    desk.device.kill()
    desk.device.kill()
    assert desk.device.deadline() is None
    desk.device.expire(1e9)
    handle = desk.send("OPTIONS")
    assert desk.answers(handle) == []
    assert desk.device.outgoing() == []


def test_an_ack_for_nothing_is_harmless() -> None:
    desk = Desk()
    ack = Request("ACK", f"sip:{DEVICE}@x", [("Call-ID", "nowhere"), ("CSeq", "1 ACK")])
    desk.device.calls.acknowledged(ack, 0.0)
    assert not desk.events(Agreed)


def test_editions_are_negotiated() -> None:
    desk = Desk()
    assert desk.device.version is Version.V2016
    assert desk.device.quirks == NONE
    assert not any(isinstance(event, Call) for event in desk.told)

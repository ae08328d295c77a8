import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongshi.errors import Exhausted
from tongshi.sip.address import Address
from tongshi.sip.desk import Limits
from tongshi.sip.dialog import Dialog
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import (
    AckArrived,
    Answered,
    Cancelled,
    Dropped,
    LinkLost,
    RequestArrived,
    TimedOut,
)
from tongshi.sip.message import Request, parse

PLATFORM = Address("192.0.2.10", 5060)
CAMERA = Address("198.51.100.7", 5060)
TCP = Address("198.51.100.7", 5060, "tcp", "c1")


def core(sent_by: str = "192.0.2.10:5060", limits: Limits | None = None) -> Endpoint:
    tokens = itertools.count(1)
    return Endpoint(new_token=lambda: f"t{next(tokens)}", sent_by=sent_by, limits=limits)


def carry(sender: Endpoint, source: Address, receiver: Endpoint, now: float) -> int:
    """Bring everything that *sender* sends to *receiver*; return how much it was."""
    out = sender.outgoing()
    for data, _ in out:
        receiver.receive(data, source, now)
    return len(out)


def request(method: str, call_id: str = "1") -> Request:
    return Request(
        method,
        "sip:c@3402000000",
        [
            ("From", "<sip:p@3402000000>;tag=p"),
            ("To", "<sip:c@3402000000>"),
            ("Call-ID", call_id),
            ("CSeq", f"1 {method}"),
        ],
        b"body",
    )


def test_a_message_and_its_answer() -> None:
    platform, camera = core(), core("198.51.100.7:5060")
    handle = platform.request(request("MESSAGE"), CAMERA, 0.0)
    assert platform.clients == 1
    assert carry(platform, PLATFORM, camera, 0.0) == 1
    (event,) = camera.events()
    assert isinstance(event, RequestArrived)
    assert camera.servers == 1
    assert event.request.body == b"body"
    assert camera.reply(event, event.request.response(200), 0.0)
    carry(camera, CAMERA, platform, 0.0)
    (answered,) = platform.events()
    assert isinstance(answered, Answered)
    assert (answered.handle, answered.response.status, answered.source) == (handle, 200, CAMERA)
    assert platform.outgoing() == camera.outgoing() == []
    assert platform.events() == camera.events() == []
    assert platform.deadline() == 0.5
    assert camera.deadline() == 32.0
    for endpoint in (platform, camera):
        while (deadline := endpoint.deadline()) is not None:
            endpoint.expire(deadline)
    assert (platform.clients, camera.servers) == (0, 0)


def test_a_call_from_invite_to_bye() -> None:
    platform, camera = core(), core("198.51.100.7:5060")
    invite = request("INVITE")
    handle = platform.request(invite, CAMERA, 0.0)
    carry(platform, PLATFORM, camera, 0.0)
    (arrived,) = camera.events()
    assert isinstance(arrived, RequestArrived)
    response = arrived.request.response(200, to_tag="c")
    camera.reply(arrived, response, 0.1)
    theirs = Dialog.from_uas(arrived.request, response)
    carry(camera, CAMERA, platform, 0.1)
    (answered,) = platform.events()
    assert isinstance(answered, Answered)
    ours = Dialog.from_uac(invite, answered.response)
    platform.acknowledge(handle, ours.acknowledge(), CAMERA, 0.2)
    carry(platform, PLATFORM, camera, 0.2)
    (acked,) = camera.events()
    assert isinstance(acked, AckArrived)
    assert theirs.accepts(acked.request)
    platform.request(ours.request("BYE"), CAMERA, 1.0)
    carry(platform, PLATFORM, camera, 1.0)
    (bye,) = camera.events()
    assert isinstance(bye, RequestArrived)
    assert theirs.accepts(bye.request)
    camera.reply_once(bye, bye.request.response(200))
    assert camera.counters["sent"] == 2


def test_a_call_taken_back() -> None:
    platform, camera = core(), core("198.51.100.7:5060")
    handle = platform.request(request("INVITE"), CAMERA, 0.0)
    carry(platform, PLATFORM, camera, 0.0)
    camera.expire(0.3)
    carry(camera, CAMERA, platform, 0.3)
    platform.cancel(handle, 0.4)
    carry(platform, PLATFORM, camera, 0.4)
    arrived, cancelled = camera.events()
    assert isinstance(cancelled, Cancelled)
    assert cancelled.arrived is arrived
    carry(camera, CAMERA, platform, 0.5)
    statuses = [e.response.status for e in platform.events() if isinstance(e, Answered)]
    assert statuses == [100, 487]


def test_the_deadline_is_the_earlier_of_both_halves() -> None:
    endpoint = core()
    endpoint.request(request("MESSAGE"), CAMERA, 0.0)
    endpoint.receive(WHOLE, CAMERA, 1.0)
    assert endpoint.deadline() == 0.5
    endpoint.expire(0.5)
    assert endpoint.deadline() == 1.2


def test_links() -> None:
    platform = core()
    handle = platform.request(request("MESSAGE"), TCP, 0.0)
    platform.link_lost(TCP, 1.0)
    assert platform.events() == [LinkLost(handle)]


def test_a_sent_by_for_one_peer() -> None:
    platform = core()
    platform.request(request("MESSAGE"), CAMERA, 0.0, sent_by="203.0.113.5:5062", timeout=2.0)
    sent = parse(platform.outgoing()[0][0])
    assert (sent.via.host, sent.via.port) == ("203.0.113.5", 5062)
    platform.expire(2.0)
    (event,) = platform.events()
    assert isinstance(event, TimedOut)
    assert event.timer == "timeout"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "blank"),
        (b"\r\n\r\n", "blank"),
        (b"\0\0\0\0", "blank"),
        (b"\x01\x02\x03", "malformed"),
        (b"x" * 101, "oversize"),
        (b"GET / HTTP/1.1\r\n\r\n", "malformed"),
        (b"SIP/2.0 200 OK\r\nCSeq: x\r\n\r\n", "malformed"),
        (b"ACK sip:a@b SIP/2.0\r\nVia: x\r\n\r\n", "malformed"),
        (b"INFO sip:a@b SIP/2.0\r\nCSeq: x\r\n\r\n", "malformed"),
    ],
)
def test_what_is_dropped_without_an_answer(data: bytes, reason: str) -> None:
    endpoint = core(limits=Limits(datagram=100))
    endpoint.receive(data, CAMERA, 0.0)
    assert endpoint.events() == [Dropped(CAMERA, reason)]
    assert endpoint.outgoing() == []
    assert endpoint.counters[reason] == endpoint.counters["received"] == 1


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"INFO sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;rport\r\nCSeq: x\r\n\r\n", 400),
        (b"INFO sip:a@b SIP/2.0\r\nVia: broken\r\nCSeq: x\r\n\r\n", 400),
        (b"INFO sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c\r\nCSeq: 1 INFO\r\nl: 9\r\n\r\n", 400),
        (b"INFO sip:a@b SIP/9.0\r\nVia: SIP/2.0/UDP c\r\nCSeq: 1 INFO\r\n\r\n", 505),
    ],
)
def test_what_is_refused(data: bytes, status: int) -> None:
    endpoint = core()
    endpoint.receive(data, CAMERA, 0.0)
    ((answer, target),) = endpoint.outgoing()
    assert answer.startswith(f"SIP/2.0 {status} ".encode())
    assert target == CAMERA
    assert endpoint.counters["refused"] == 1


def test_an_ack_that_is_broken_is_never_answered() -> None:
    endpoint = core()
    endpoint.receive(
        b"ACK sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c\r\nCSeq: 1 INVITE\r\n\r\n", CAMERA, 0.0
    )
    assert endpoint.outgoing() == []


def test_no_more_than_the_limit_is_under_way() -> None:
    endpoint = core(limits=Limits(clients=2))
    for _ in range(2):
        endpoint.request(request("MESSAGE"), CAMERA, 0.0)
    with pytest.raises(Exhausted):
        endpoint.request(request("MESSAGE"), CAMERA, 0.0)


def test_ten_thousand_half_open_registrations_leave_nothing() -> None:
    endpoint = core()
    for number in range(10_000):
        data = (
            "REGISTER sip:p@3402000000 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{number}\r\n"
            f"From: <sip:{number}@3402000000>;tag=1\r\nTo: <sip:{number}@3402000000>\r\n"
            f"Call-ID: {number}\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"
        )
        endpoint.receive(data.encode(), CAMERA, 0.0)
        (event,) = endpoint.events()
        assert isinstance(event, RequestArrived)
        endpoint.reply_once(event, event.request.response(401))
        endpoint.outgoing()
    assert (endpoint.servers, endpoint.deadline()) == (0, None)


LINES = [
    b"INVITE sip:a@b SIP/2.0\r\n",
    b"ACK sip:a@b SIP/2.0\r\n",
    b"CANCEL sip:a@b SIP/2.0\r\n",
    b"MESSAGE sip:a@b SIP/2.0\r\n",
    b"SIP/2.0 200 OK\r\n",
    b"SIP/2.0 180 Ringing\r\n",
    b"SIP/2.0 486 Busy\r\n",
    b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKt1\r\n",
    b"Via: SIP/2.0/UDP a;rport;received=;branch=b, SIP/2.0/TCP c\r\n",
    b"From: <sip:p@3402000000>;tag=p\r\n",
    b"To: <sip:c@3402000000>\r\n",
    b"To: <sip:c@3402000000>;tag=c\r\n",
    b'To: "\xc9\xe3 <sip:c@3402000000>\r\n',
    b"Call-ID: 1\r\n",
    b"CSeq: 1 INVITE\r\n",
    b"CSeq: 1 ACK\r\n",
    b"CSeq: 1 CANCEL\r\n",
    b"CSeq: 1 MESSAGE\r\n",
    b"Require: 100rel, \xff\r\n",
    b"Content-Length: 0\r\n",
    b" folded\r\n",
    b"\r\n",
    b"\r\r\n",
    b"\x0b: \x85\r\n",
]
DATAGRAMS = st.binary(max_size=60) | st.lists(st.sampled_from(LINES), max_size=14).map(b"".join)


@settings(max_examples=300)
@given(st.lists(st.tuples(DATAGRAMS, st.sampled_from([CAMERA, TCP]), st.floats(0, 20)), max_size=8))
def test_no_datagram_raises_and_none_grows_memory(
    arrivals: list[tuple[bytes, Address, float]],
) -> None:
    endpoint = core()
    endpoint.request(request("INVITE"), CAMERA, 0.0)
    endpoint.request(request("MESSAGE"), TCP, 0.0)
    now = 0.0
    for data, source, pause in arrivals:
        now += pause
        endpoint.receive(data, source, now)
        for event in endpoint.events():
            if isinstance(event, RequestArrived):
                endpoint.reply(event, event.request.response(200), now)
        endpoint.expire(now)
    endpoint.link_lost(TCP, now)
    while (deadline := endpoint.deadline()) is not None:
        endpoint.expire(deadline)
    assert (endpoint.clients, endpoint.servers) == (0, 0)
    assert endpoint.counters["received"] == len(arrivals)


WHOLE = (
    b"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:p@q>;tag=p"
    b"\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 4\r\n\r\nbody"
)


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 4), st.binary(max_size=4)), max_size=4
    )
)
def test_a_damaged_request_is_taken_answered_or_counted(
    damages: list[tuple[int, int, bytes]],
) -> None:
    data = WHOLE
    for at, length, patch in damages:
        data = data[:at] + patch + data[at + length :]
    endpoint = core()
    endpoint.receive(data, CAMERA, 0.0)
    assert len(endpoint.events()) == 1
    assert sum(endpoint.counters.values()) >= 1

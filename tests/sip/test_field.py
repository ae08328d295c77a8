"""What devices and platforms were seen to do on the wire, each as a message to survive."""

import itertools

import pytest

from tongshi import sdp
from tongshi.sip.address import Address
from tongshi.sip.dialog import Dialog
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered, RequestArrived
from tongshi.sip.framing import Framer
from tongshi.sip.message import Request, parse

CAMERA = Address("198.51.100.7", 5060)
LINK = Address("198.51.100.7", 40000, "tcp", "c1")
DEVICE, PLATFORM = "34020000001320000001", "34020000002000000001"


def core() -> Endpoint:
    tokens = itertools.count(1)
    return Endpoint(new_token=lambda: f"t{next(tokens)}", sent_by="192.0.2.10:5060")


def register(*, number: int = 1, branch: str = "z9hG4bK1", host: str = "3402000000") -> bytes:
    return (
        f"REGISTER sip:{PLATFORM}@3402000000 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 198.51.100.7:5060;rport;branch={branch}\r\n"
        f"From: <sip:{DEVICE}@{host}>;tag=7001\r\n"
        f"To: <sip:{DEVICE}@{host}>\r\n"
        "Call-ID: reg-1@198.51.100.7\r\n"
        f"CSeq: {number} REGISTER\r\n"
        f"Contact: <sip:{DEVICE}@198.51.100.7:5060>\r\n"
        f'Authorization: Digest username="{DEVICE}", realm="3402000000", nonce="own", '
        f'uri="sip:{PLATFORM}@3402000000", response="0"\r\n'
        "Expires: 3600\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def arrivals(endpoint: Endpoint, data: bytes, source: Address = CAMERA) -> list[RequestArrived]:
    endpoint.receive(data, source, 0.0)
    return [event for event in endpoint.events() if isinstance(event, RequestArrived)]


def invite(endpoint: Endpoint, target: Address = CAMERA) -> tuple[Request, int]:
    request = Request(
        "INVITE",
        f"sip:{DEVICE}@3402000000",
        [
            ("From", f"<sip:{PLATFORM}@3402000000>;tag=p"),
            ("To", f"<sip:{DEVICE}@3402000000>"),
            ("Call-ID", "live-1"),
            ("CSeq", "20 INVITE"),
            ("Contact", f"<sip:{PLATFORM}@192.0.2.10:5060>"),
        ],
    )
    handle = endpoint.request(request, target, 0.0)
    sent = parse(endpoint.outgoing()[0][0])
    assert isinstance(sent, Request)
    return sent, handle


def test_the_same_cseq_and_call_id_in_every_refresh() -> None:
    endpoint = core()
    for branch in ("z9hG4bK1", "z9hG4bK2", "z9hG4bK2"):
        (event,) = arrivals(endpoint, register(branch=branch))
        assert (
            event.request.headers.get(
                "Authorization",
            )
            is not None
        )
        endpoint.reply_once(event, event.request.response(401))
    assert endpoint.servers == 0


def test_from_and_to_with_the_devices_own_address() -> None:
    (event,) = arrivals(core(), register(host="198.51.100.7:5060"))
    assert event.request.from_user == event.request.to_user == DEVICE


def test_a_constant_branch_for_every_request() -> None:
    endpoint = core()
    for number in range(1, 4):
        (event,) = arrivals(endpoint, register(number=number, branch="z9hG4bK776asdhds"))
        assert endpoint.reply(event, event.request.response(200), 0.0)
    assert arrivals(endpoint, register(number=3, branch="z9hG4bK776asdhds")) == []


def test_three_different_addresses_in_via_contact_and_sdp() -> None:
    endpoint = core()
    body = (
        "v=0\r\no=x 0 0 IN IP4 10.0.0.3\r\ns=Play\r\nc=IN IP4 10.0.0.3\r\nt=0 0\r\n"
        "m=video 0 RTP/AVP 96\r\ny=1234567890\r\n"
    )
    data = (
        f"INVITE sip:{DEVICE}@3402000000 SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=branch\r\n"
        f"From: <sip:{PLATFORM}@3402000000>;tag=1\r\nTo: <sip:34020000001310000001@3402000000>\r\n"
        "Call-ID: 1\r\nCSeq: 1 INVITE\r\n"
        f"Contact: <sip:{PLATFORM}@10.0.0.2:5060>\r\n"
        f"Subject: 34020000001310000001:0,{PLATFORM}:0\r\n"
        f"Content-Type: APPLICATION/SDP\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    (event,) = arrivals(endpoint, data.encode())
    request = event.request
    assert request.content_type == "application/sdp"
    assert (request.uri_user, request.to_user) == (DEVICE, "34020000001310000001")
    assert request.headers.all("Subject") == [f"34020000001310000001:0,{PLATFORM}:0"]
    endpoint.reply(event, request.response(200), 0.0)
    # Neither of the three: the way back through the NAT.
    assert endpoint.outgoing()[0][1] == CAMERA
    description = sdp.parse(request.body)
    assert description.value("y") == "1234567890"
    assert description.address() == "10.0.0.3"


@pytest.mark.parametrize("fault", ["to tag", "contact", "101", "body"])
def test_what_answers_to_an_invite_leave_out(fault: str) -> None:
    endpoint = core()
    sent, handle = invite(endpoint)
    if fault == "101":
        early = sent.response(101, "Dialog Establishement", to_tag="c")
        endpoint.receive(early.encode(), CAMERA, 0.1)
    response = sent.response(200, to_tag="c")
    response.headers.add("Contact", f"<sip:{DEVICE}@198.51.100.7>")
    if fault == "to tag":
        response.headers.set("To", f"<sip:{DEVICE}@3402000000>")
    elif fault == "contact":
        response.headers.remove("Contact")
    endpoint.receive(response.encode(), CAMERA, 0.2)
    answered = endpoint.events()[-1]
    assert isinstance(answered, Answered)
    dialog = Dialog.from_uac(sent, answered.response)
    endpoint.acknowledge(handle, dialog.acknowledge(), CAMERA, 0.3)
    ack = parse(endpoint.outgoing()[0][0])
    assert isinstance(ack, Request)
    assert (ack.method, ack.cseq[0]) == ("ACK", 20)
    assert DEVICE in ack.uri


def test_cr_cr_lf_line_ends() -> None:
    endpoint = core()
    sent, _ = invite(endpoint)
    body = "v=0\r\r\ns=Play\r\r\nm=video 0 RTP/AVP 33\r\r\n"
    response = sent.response(200, to_tag="c", body=b"").encode().decode()
    data = response.replace("Content-Length: 0", f"Content-Length: {len(body)}")
    endpoint.receive((data.replace("\r\n", "\r\r\n") + body).encode(), CAMERA, 0.1)
    (answered,) = endpoint.events()
    assert isinstance(answered, Answered)
    description = sdp.parse(answered.response.body)
    assert (description.media[0].port, description.media[0].formats) == (0, ("33",))


def test_over_tcp_answers_go_back_on_the_connection() -> None:
    endpoint = core()
    (event,) = arrivals(endpoint, register().replace(b"UDP", b"TCP"), LINK)
    endpoint.reply_once(event, event.request.response(401))
    assert endpoint.outgoing()[0][1] == LINK
    sent, _ = invite(endpoint, LINK)
    assert sent.via.transport == "TCP"


def test_a_route_header_is_ignored() -> None:
    data = register().replace(
        b"Expires:", f"Route: <sip:{PLATFORM}@192.0.2.10:5060;lr>\r\nExpires:".encode()
    )
    (event,) = arrivals(core(), data)
    assert event.request.expires == 3600


def test_dates_in_iso_form_are_no_concern() -> None:
    endpoint = core()
    sent, _ = invite(endpoint)
    response = sent.response(200, headers=[("Date", "2024-05-06T07:08:09.123")])
    endpoint.receive(response.encode(), CAMERA, 0.1)
    (answered,) = endpoint.events()
    assert isinstance(answered, Answered)
    assert answered.response.headers.get("date") == "2024-05-06T07:08:09.123"


def test_an_answer_that_comes_after_what_it_causes() -> None:
    """The Response MESSAGE arrives before the 200 to its query; both are told, in that order."""
    endpoint = core()
    query = Request(
        "MESSAGE",
        f"sip:{DEVICE}@3402000000",
        [
            ("From", f"<sip:{PLATFORM}@3402000000>;tag=p"),
            ("To", f"<sip:{DEVICE}@3402000000>"),
            ("Call-ID", "q"),
            ("CSeq", "1 MESSAGE"),
        ],
    )
    endpoint.request(query, CAMERA, 0.0)
    sent = parse(endpoint.outgoing()[0][0])
    assert isinstance(sent, Request)
    endpoint.receive(register().replace(b"REGISTER", b"MESSAGE"), CAMERA, 0.1)
    endpoint.receive(sent.response(200).encode(), CAMERA, 0.2)
    assert [type(event) for event in endpoint.events()] == [RequestArrived, Answered]


def test_private_bytes_on_a_connection() -> None:
    framer, endpoint = Framer(), core()
    for chunk in (b"\xff\x01beat", b"\r\n\r\n", register()[:100], register()[100:] + b"\0\0\r\n"):
        for message in framer.feed(chunk):
            assert len(arrivals(endpoint, message, LINK)) == 1
    assert framer.skipped == 14
    assert endpoint.servers == 1


def test_chinese_names_in_gb18030_bytes() -> None:
    data = register().replace(b"From: <", b'From: "\xc7\xf2\xbb\xfa" <')
    endpoint = core()
    (event,) = arrivals(endpoint, data)
    assert event.request.from_user == DEVICE
    endpoint.reply_once(event, event.request.response(200))
    assert b'From: "\xc7\xf2\xbb\xfa" <' in endpoint.outgoing()[0][0]

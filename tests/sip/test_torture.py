"""RFC 4475 through the whole endpoint: each message, and what has to become of it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tongshi import digest, sdp
from tongshi.errors import RemoteProtocolError
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered, Dropped, RequestArrived
from tongshi.sip.framing import Framer
from tongshi.sip.message import Request, Response, parse
from tongshi.sip.uri import Uri
from tongshi.sip.validation import check
from tongshi.sip.via import Via

TABLE = Path(__file__).parent.parent / "vectors" / "rfc4475" / "messages.txt"
SOURCE = Address("192.0.2.77", 5060)


def expand(text: str) -> bytes:
    """Return the bytes that RFC 4475 2.1 to 2.3 mean by *text*."""
    text = re.sub(
        r"<allOneLine>\n(.*?)\n</allOneLine>", lambda m: m[1].replace("\n", ""), text, flags=re.S
    )
    text = re.sub(r"<repeat count=(\d+)>(.*?)</repeat>", lambda m: m[2] * int(m[1]), text)
    parts = re.split(r"<hex>([0-9A-F]*)</hex>", text.replace("\n", "\r\n"))
    return b"".join(bytes.fromhex(p) if i % 2 else p.encode() for i, p in enumerate(parts))


def load() -> dict[str, bytes]:
    blocks = re.split(r"^=== ", TABLE.read_text("utf-8"), flags=re.M)[1:]
    return {block.split(" ", 1)[0]: expand(block.partition("\n")[2]) for block in blocks}


MESSAGES = load()

_ARRIVING = """wsinv intmeth esc01 escnull esc02 lwsdisp longreq dblreq semiuri transports mpart01
    lwsstart trws baddate regbadct badaspec baddn badbranch unksm2 invut regaut01 zeromf cparam01
    cparam02 regescrt sdp01 inv2543"""
ARRIVES = _ARRIVING.split()
# Their Content-Length or empty line is wrong or missing: a stream has no place to be cut there.
UNCUTTABLE = {"clerr", "baddn", "inv2543", "mcl01", "ncl", "mismatch02"}
REFUSED = {
    "badinv01": 400,
    "clerr": 400,
    "ncl": 400,
    "scalar02": 400,
    "quotbal": 400,
    "ltgtruri": 400,
    "lwsruri": 400,
    "escruri": 400,
    "badvers": 505,
    "mismatch01": 400,
    "mismatch02": 400,
    "insuf": 400,
    "unkscm": 416,
    "novelsc": 416,
    "bext01": 420,
    "multi01": 400,
    "mcl01": 400,
}
DROPPED = {
    "unreason": "stray-response",
    "noreason": "stray-response",
    "scalarlg": "malformed",
    "bigcode": "malformed",
    "bcast": "stray-response",
}


def endpoint() -> Endpoint:
    return Endpoint(new_token=lambda: "token", sent_by="192.0.2.1:5060")


def test_every_message_has_its_outcome() -> None:
    assert len(MESSAGES) == 49
    assert sorted(MESSAGES) == sorted([*ARRIVES, *REFUSED, *DROPPED])


@pytest.mark.parametrize("name", ARRIVES)
def test_requests_that_arrive(name: str) -> None:
    core = endpoint()
    core.receive(MESSAGES[name], SOURCE, 0.0)
    (event,) = core.events()
    assert isinstance(event, RequestArrived)
    # What is read can be answered, whatever it holds; and the answer can be read.
    core.reply_once(event, event.request.response(200))
    ((data, _),) = core.outgoing()
    answer = parse(data)
    assert isinstance(answer, Response)
    assert (answer.status, answer.call_id) == (200, event.request.call_id)
    assert answer.headers.all("Via")[1:] == event.request.headers.all("Via")[1:]


@pytest.mark.parametrize(("name", "status"), REFUSED.items())
def test_requests_that_are_refused(name: str, status: int) -> None:
    core = endpoint()
    core.receive(MESSAGES[name], SOURCE, 0.0)
    assert not [event for event in core.events() if not isinstance(event, Dropped)]
    ((data, _),) = core.outgoing()
    answer = parse(data)
    assert isinstance(answer, Response)
    assert answer.status == status
    assert core.counters["refused"] == 1
    assert core.servers == 0


@pytest.mark.parametrize(("name", "reason"), DROPPED.items())
def test_responses_that_are_dropped(name: str, reason: str) -> None:
    core = endpoint()
    core.receive(MESSAGES[name], SOURCE, 0.0)
    assert core.events() == [Dropped(SOURCE, reason)]
    assert core.outgoing() == []
    assert core.counters[reason] == 1


@pytest.mark.parametrize("name", sorted(set(MESSAGES) - UNCUTTABLE))
def test_a_stream_is_cut_behind_each_message(name: str) -> None:
    framer = Framer()
    follower = MESSAGES["zeromf"]
    got = framer.feed(MESSAGES[name] + b"\r\n\r\n" + follower)
    assert got[-1] == follower
    assert framer.broken == ""
    start = got[0].partition(b"\r\n")[0]
    assert start == MESSAGES[name].partition(b"\r\n")[0]


def request(name: str) -> Request:
    message = parse(MESSAGES[name])
    assert isinstance(message, Request)
    check(message)
    return message


def test_wsinv() -> None:
    message = request("wsinv")
    assert message.method == "INVITE"
    assert message.cseq == (9, "INVITE")
    assert message.to.tag == "1918181833n"
    assert message.from_.display == 'J Rosenberg \\"'
    assert message.from_tag == "98asjd8"
    assert message.headers.get("max-forwards") == "0068"
    assert message.headers.get("Subject") == ""
    assert message.headers.get("newfangledheader") == "newfangled value continued newfangled value"
    assert message.headers.all("UnknownHeaderWithUnusualValue") == [";;,,;;,;"]
    hops = [Via.parse(text) for text in message.headers.all("Via")]
    assert [(hop.transport, hop.host, hop.branch) for hop in hops] == [
        ("UDP", "192.0.2.2", "390skdjuw"),
        ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
        ("UDP", "192.168.255.111", "z9hG4bK30239"),
    ]
    contact = message.contact
    assert contact is not None
    assert contact.display == 'Quoted string ""'
    assert (contact.param("newparam"), contact.param("secondparam")) == ("newvalue", "")
    assert contact.param("q") == "0.33"
    assert len(message.body) == 150
    assert [media.kind for media in sdp.parse(message.body).media] == ["audio", "video"]


def test_intmeth() -> None:
    message = request("intmeth")
    assert message.method == "!interesting-Method0123456789_*+`.%indeed'~"
    uri = Uri.parse(message.uri)
    assert (uri.user, uri.password) == (
        "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
        "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
    )
    assert message.to.display == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert message.from_.display == "token1~` token2'+_ token3*%!.-"
    assert message.from_.param("fromparam''~+*_!.-%") == "работающий"
    assert message.from_tag == "_token~1'+`*%!-."
    assert message.headers.get("extensionHeader-!.%*+_`'~") == "\ufeff大停電"


def test_escapes_stay_escaped() -> None:
    message = request("esc01")
    assert Uri.parse(message.uri).user == "sips%3Auser%40example.com"
    assert b"INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0\r\n" in message.encode()
    assert request("escnull").headers.all("Contact") == [
        "<sip:%00@host5.example.com>",
        "<sip:%00%00@host5.example.com>",
    ]
    message = request("esc02")
    assert message.method == "RE%47IST%45R"
    assert len(message.headers.all("Contact")) == 2


def test_values_of_other_valid_messages() -> None:
    assert request("lwsdisp").from_.display == "caller"
    message = request("longreq")
    assert len(message.headers.all("Via")) == 34
    assert message.from_tag == "12" + "982" * 50 + "424"
    message = request("dblreq")
    assert (message.method, message.body) == ("REGISTER", b"")
    assert Uri.parse(request("semiuri").uri).user == "user;par=u%40example.net"
    hops = [Via.parse(text).transport for text in request("transports").headers.all("v")]
    assert hops == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]
    message = request("mpart01")
    assert len(message.body) == 553
    assert message.via.rport == 0


def test_reason_phrases() -> None:
    message = parse(MESSAGES["unreason"])
    assert isinstance(message, Response)
    assert message.reason == "= 2**3 * 5**2 но сто девяносто девять - простое"
    message = parse(MESSAGES["noreason"])
    assert isinstance(message, Response)
    assert (message.status, message.reason) == (100, "")
    assert message.encode().startswith(b"SIP/2.0 100 \r\n")


def test_what_is_let_pass() -> None:
    assert request("badaspec").to.uri.user == "t.watson"
    assert request("baddn").from_.display == "Bell, Alexander"
    assert request("baddate").headers.get("Date") == "Fri, 01 Jan 2010 16:00:00 EST"
    message = request("unksm2")
    assert (message.to.uri.scheme, message.from_user) == ("isbn", "")
    contact = request("regescrt").contact
    assert contact is not None
    assert contact.uri.headers == "Route=%3Csip:sip.example.com%3E"


def test_contact_parameters() -> None:
    of_header, of_uri = request("cparam01").contact, request("cparam02").contact
    assert of_header is not None
    assert of_uri is not None
    assert (of_header.params, of_header.uri.params) == ((("unknownparam", None),), ())
    assert (of_uri.params, of_uri.uri.params) == ((), (("unknownparam", None),))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: request("regbadct").contact,
        lambda: digest.Credentials.parse(request("regaut01").headers.get("Authorization") or ""),
    ],
)
def test_what_is_refused_when_it_is_asked_for(ask: Callable[[], object]) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        ask()
    assert caught.value.status == 400


def test_overlarge_expires_counts_as_an_hour() -> None:
    message = parse(MESSAGES["scalar02"])
    assert message.expires == 3600


def test_bext01_names_what_is_not_supported() -> None:
    core = endpoint()
    core.receive(MESSAGES["bext01"], SOURCE, 0.0)
    answer = parse(core.outgoing()[0][0])
    assert answer.headers.all("Unsupported") == ["nothingSupportsThis", "nothingSupportsThisEither"]


def test_dblreq_leaves_the_second_message_alone() -> None:
    core = endpoint()
    core.receive(MESSAGES["dblreq"], SOURCE, 0.0)
    assert [type(event) for event in core.events()] == [RequestArrived]


def test_zeromf_is_final_here() -> None:
    core = endpoint()
    core.receive(MESSAGES["zeromf"], SOURCE, 0.0)
    (event,) = core.events()
    assert not isinstance(event, Answered)

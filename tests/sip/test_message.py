import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import LocalProtocolError, RemoteProtocolError
from tongshi.sip.headers import Headers
from tongshi.sip.message import Request, Response, parse, salvage
from tongshi.sip.uri import NameAddr

BODY = (
    b'<?xml version="1.0" encoding="GB2312"?>\r\n<Notify>\r\n<CmdType>Keepalive</CmdType>\r\n'
    b"<SN>43</SN>\r\n<DeviceID>34020000001320000001</DeviceID>\r\n<Status>OK</Status>\r\n"
    b"</Notify>\r\n"
)
HEAD = (
    "MESSAGE sip:34020000002000000001@3402000000 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 198.51.100.7:5060;rport;branch=z9hG4bK1\r\n"
    "From: <sip:34020000001320000001@3402000000>;tag=7001\r\n"
    "To: <sip:34020000002000000001@3402000000>\r\n"
    "Call-ID: 1@198.51.100.7\r\n"
    "CSeq: 20 MESSAGE\r\n"
    "Content-Type: Application/MANSCDP+xml;charset=x\r\n"
    "Max-Forwards: 70\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n"
)
KEEPALIVE = HEAD.encode() + BODY


def read(data: bytes) -> Request:
    message = parse(data)
    assert isinstance(message, Request)
    return message


def with_fields(*fields: tuple[str, str]) -> Request:
    return Request("REGISTER", "sip:a@b", fields)


def test_a_keepalive() -> None:
    message = read(KEEPALIVE)
    assert (message.method, message.uri) == ("MESSAGE", "sip:34020000002000000001@3402000000")
    assert message.from_user == "34020000001320000001"
    assert message.to_user == message.uri_user == "34020000002000000001"
    assert (message.from_tag, message.to_tag) == ("7001", "")
    assert message.from_ == NameAddr.parse("<sip:34020000001320000001@3402000000>;tag=7001")
    assert message.to.uri.host == "3402000000"
    assert message.via.branch == "z9hG4bK1"
    assert message.cseq == message.cseq == (20, "MESSAGE")
    assert message.call_id == "1@198.51.100.7"
    assert message.content_type == "application/manscdp+xml"
    assert message.contact is None
    assert message.expires is None
    assert message.body == BODY
    assert message.encode() == KEEPALIVE


def test_keepalive_answered() -> None:
    answer = read(KEEPALIVE).response(200, headers=[("X-GB-Ver", "3.0")])
    assert answer.encode().decode() == (
        "SIP/2.0 200 OK\r\n"
        "Via: SIP/2.0/UDP 198.51.100.7:5060;rport;branch=z9hG4bK1\r\n"
        "From: <sip:34020000001320000001@3402000000>;tag=7001\r\n"
        f"To: <sip:34020000002000000001@3402000000>;tag={answer.to_tag}\r\n"
        "Call-ID: 1@198.51.100.7\r\n"
        "CSeq: 20 MESSAGE\r\n"
        "X-GB-Ver: 3.0\r\n"
        "Content-Length: 0\r\n\r\n"
    )


def test_the_derived_tag_is_the_same_each_time_and_another_for_another_request() -> None:
    tags = {read(KEEPALIVE).response(status).to_tag for status in (200, 200, 404)}
    other = read(KEEPALIVE.replace(b"Call-ID: 1", b"Call-ID: 2")).response(200).to_tag
    assert len(tags) == 1
    assert other not in tags


def test_tags_of_answers() -> None:
    request = read(KEEPALIVE)
    assert request.response(100).to_tag == ""
    assert request.response(100, to_tag="x").to_tag == "x"
    assert request.response(200, to_tag="x").to_tag == "x"
    request.headers.set("To", "<sip:a@b>;tag=old")
    assert request.response(200, to_tag="x").to_tag == "old"
    request.headers.set("To", "<broken")
    assert request.response(400).headers.get("To") == "<broken"


def test_what_answers_copy() -> None:
    request = Request(
        "INVITE",
        "sip:a@b",
        [("Via", "1"), ("Record-Route", "<sip:p;lr>"), ("Timestamp", "54"), ("Subject", "x")],
    )
    trying, ringing, busy = (request.response(status) for status in (100, 180, 486))
    assert trying.headers.items() == [("Via", "1"), ("Timestamp", "54")]
    assert ringing.headers.items() == [("Via", "1"), ("Record-Route", "<sip:p;lr>")]
    assert busy.headers.items() == [("Via", "1")]
    assert request.response(299, body=b"x").reason == ""
    assert request.response(200, "Fine").start_line == "SIP/2.0 200 Fine"


def test_properties_follow_the_fields() -> None:
    message = read(KEEPALIVE)
    assert message.from_user == "34020000001320000001"
    message.headers.set("From", '"N \\"1\\"" <sip:1@b>;x;tag=2')
    message.headers.set("To", "sip:2@c")
    message.headers.set("CSeq", "21 MESSAGE")
    message.headers.insert("Via", "SIP/2.0/TCP a;branch=1, SIP/2.0/UDP b;branch=2")
    assert (message.from_user, message.from_tag, message.to_user) == ("1", "2", "2")
    assert message.cseq[0] == 21
    assert (message.via.transport, message.via.branch) == ("TCP", "1")


@pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
def test_missing_fields_are_refused_when_asked_for(name: str) -> None:
    message = read(KEEPALIVE)
    message.headers.remove(name)
    with pytest.raises(RemoteProtocolError, match="is missing"):
        _ = message.via, message.from_user, message.to_user, message.call_id, message.cseq


@pytest.mark.parametrize("text", ["1", "x MESSAGE", "1 MESSAGE x", "1 ME@SAGE", "-1 A", "\x0b"])
def test_broken_cseq(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        _ = with_fields(("CSeq", text)).cseq


@pytest.mark.parametrize(
    ("fields", "expires"),
    [
        ([], None),
        ([("Expires", "3600")], 3600),
        ([("Expires", "3600"), ("Contact", "<sip:a@b>;Expires=60")], 60),
        ([("Expires", "0"), ("Contact", "*")], 0),
        ([("Expires", "7"), ("Contact", "<sip:expires@b>")], 7),
        ([("Expires", "-1")], 3600),
        ([("Contact", "<sip:a@b>;expires=4294967296")], 3600),
        ([("Contact", '"expires" <sip:a@b>')], None),
    ],
)
def test_expires(fields: list[tuple[str, str]], expires: int | None) -> None:
    assert with_fields(*fields).expires == expires


def test_contact() -> None:
    contact = with_fields(("m", "<sip:a@192.0.2.1:5060>, <sip:c@d>")).contact
    assert contact is not None
    assert (contact.uri.host, contact.uri.port) == ("192.0.2.1", 5060)
    assert with_fields(("Contact", "*")).contact is None


def test_content_type_absent() -> None:
    assert with_fields().content_type == ""


def test_line_ends_are_not_smuggled_out() -> None:
    for value in ("a\r\nb: c", "a\nb", "a\rb"):
        with pytest.raises(LocalProtocolError):
            with_fields(("Subject", value)).encode()


def test_equality_is_that_of_what_is_written() -> None:
    assert read(KEEPALIVE) == read(KEEPALIVE)
    assert read(KEEPALIVE) != read(KEEPALIVE.replace(b"CSeq: 20", b"CSeq: 21"))
    assert Request("A", "b", Headers()) == Request("A", "b")
    assert Request("A", "b") != Response(200)
    assert Request("A", "b") != "A b"


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (b"SIP/2.0 200 OK\r\n\r\n", 200, "OK"),
        (b"sip/2.0 101 Dialog Establishement\r\n\r\n", 101, "Dialog Establishement"),
        (b"SIP/2.0 486\r\n\r\n", 486, ""),
    ],
)
def test_responses(data: bytes, status: int, reason: str) -> None:
    message = parse(data)
    assert isinstance(message, Response)
    assert (message.status, message.reason) == (status, reason)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"hello", 400),
        (b"hello\r\n\r\n", 400),
        (b"SIP/2.0 099 X\r\n\r\n", 400),
        (b"SIP/2.0 700 X\r\n\r\n", 400),
        (b"SIP/2.0 2000 X\r\n\r\n", 400),
        (b"SIP/2.0 \xb2\xb2\xb2 X\r\n\r\n", 400),
        (b"OPTIONS sip:a SIP/3.0\r\n\r\n", 505),
        (b"OPTIONS sip:a b SIP/2.0\r\n\r\n", 400),
        (b"OPTIONS sip:a HTTP/1.1\r\n\r\n", 400),
        (b"OPT@ONS sip:a SIP/2.0\r\n\r\n", 400),
        (b"OPTIONS sip:a SIP/2.0\r\nno field\r\n\r\n", 400),
        (b"OPTIONS sip:a SIP/2.0\r\nl: x\r\n\r\n", 400),
        (b"OPTIONS sip:a SIP/2.0\r\nl: 1\r\n\r\n", 400),
        (b"OPTIONS sip:a SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\nab", 400),
        (b"OPTIONS sip:a SIP/2.0\r\nl: 1\r\nl: x\r\n\r\nab", 400),
    ],
)
def test_what_is_refused(data: bytes, status: int) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        parse(data)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        (b"l: 2\r\nl: 02\r\n", b"ab"),
        (b"l: 3\r\n", b"abc"),
        (b"l: 0\r\n", b""),
        (b"", b"abcde"),
        (b"Via: 1\r\nVia: 2\r\nl:4\r\n", b"abcd"),
    ],
)
def test_where_the_body_ends(fields: bytes, body: bytes) -> None:
    assert parse(b"OPTIONS sip:a SIP/2.0\r\n" + fields + b"\r\nabcde").body == body


@pytest.mark.parametrize("line", [b"OPTIONS  sip:a  SIP/2.0", b"OPTIONS sip:a sip/2.0 "])
def test_spaces_and_case_let_pass(line: bytes) -> None:
    assert read(line + b"\r\n\r\n").uri == "sip:a"


def test_cut_at_each_length() -> None:
    whole = read(KEEPALIVE)
    for length in range(len(KEEPALIVE)):
        try:
            cut = read(KEEPALIVE[:length])
        except RemoteProtocolError:
            continue
        # Only a head that ends with a whole line may do without its empty line.
        assert KEEPALIVE[:length].endswith(b"\r\n")
        assert cut.headers.items() == whole.headers.items()[: len(cut.headers)]
        assert cut.body == b""
    assert read(KEEPALIVE + b"trailing junk") == whole


def test_salvage() -> None:
    broken = KEEPALIVE.replace(b"Max-Forwards: 70", b"no field").replace(b"SIP/2.0\r", b"SIP/7\r")
    rescued = salvage(broken)
    assert rescued is not None
    assert (rescued.method, rescued.headers.get("Call-ID")) == ("MESSAGE", "1@198.51.100.7")
    for hopeless in (
        b"junk",
        b"junk\r\n\r\n",
        b"S@P x SIP/2.0\r\nVia: 1\r\nCSeq: 1\r\n\r\n",
        b"ACK x SIP/2.0\r\nVia: 1\r\nCSeq: 1 ACK\r\n\r\n",
        b"MESSAGE x SIP/2.0\r\nVia: 1\r\n\r\n",
        b"SIP/2.0 999 x\r\nVia: 1\r\nCSeq: 1 ACK\r\n\r\n",
    ):
        assert salvage(hopeless) is None


NAMES = st.sampled_from(["Via", "From", "To", "Subject", "X-Own"])
VALUES = st.text(st.characters(exclude_characters="\r\n", codec="utf-8")).map(
    lambda text: text.strip(" \t")
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5), st.binary(max_size=40))
def test_a_message_is_read_as_it_was_written(fields: list[tuple[str, str]], body: bytes) -> None:
    request = Request("INFO", "sip:a@b", fields, body)
    again = parse(request.encode())
    again.headers.remove("Content-Length")
    assert again == request
    response = Response(200, "OK", fields, body)
    again = parse(response.encode())
    again.headers.remove("Content-Length")
    assert again == response


PIECES = st.lists(
    st.sampled_from(
        [*KEEPALIVE.splitlines(keepends=True), b" ", b"\r\n", b":", b";", b",", b'"', b"<", b"\xff"]
    )
)


@given(st.binary() | PIECES.map(b"".join))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    status = 400
    try:
        message = parse(data)
    except RemoteProtocolError as error:
        status = error.status
    else:
        # What was read can be written, and read again as the same.
        again = parse(message.encode())
        message.headers.remove("Content-Length")
        again.headers.remove("Content-Length")
        assert again == message
    assert status in (400, 505)

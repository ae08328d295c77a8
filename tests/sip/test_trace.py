import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import Invalid
from tongshi.sip.trace import Record, Way, ladder, mask, read, write

PEER = "192.0.2.20:5060"
BODY = (
    '<?xml version="1.0"?>\r\n<Notify><CmdType>Keepalive</CmdType> <SN> 7 </SN><A>西</A></Notify>'
)


def message(start: str, body: bytes = b"", cseq: str = "20 MESSAGE") -> bytes:
    head = (
        f"{start}\r\nVia: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bK1\r\n"
        "From: <sip:34020000001320000001@3402000000>;tag=1\r\n"
        "To: <sip:34020000002000000001@3402000000>\r\n"
        f"Call-ID: call\r\nCSeq: {cseq}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


KEEPALIVE = message("MESSAGE sip:34020000002000000001@3402000000 SIP/2.0", BODY.encode("gb18030"))
OK = message("SIP/2.0 200 OK")


def record(at: float, way: Way, data: bytes, peer: str = PEER) -> Record:
    return Record(at, way, "udp", peer, data)


records = st.builds(
    Record,
    st.floats(0, 4e9).map(lambda at: round(at, 6)),
    st.sampled_from(Way),
    st.sampled_from(["udp", "tcp"]),
    st.text(max_size=30),
    st.binary(max_size=200) | st.text(max_size=50).map(str.encode),
)


@given(st.lists(records, max_size=5))
def test_what_is_written_is_read(given_: list[Record]) -> None:
    assert read(map(write, given_)) == given_


def test_headings_empty_lines_and_a_line_cut_off_are_passed_over() -> None:
    line = write(record(1.0, Way.IN, OK))
    assert read(['{"trace": 1}', "", line, line[:20]]) == [record(1.0, Way.IN, OK)]


@pytest.mark.parametrize(
    "line",
    [
        "x",
        "[]",
        "[" * 99999,
        '{"at": NaN, "way": "in", "transport": "", "peer": "", "text": ""}',
        '{"at": 1}',
        '{"at": 1, "way": "up", "text": ""}',
    ],
)
def test_a_file_that_is_no_trace_is_refused(line: str) -> None:
    with pytest.raises(Invalid, match="line 1 "):
        read([line, write(record(1.0, Way.IN, OK))])


@pytest.mark.parametrize(
    ("data", "masked"),
    [
        (b"<Password>12345678</Password>", b"<Password>********</Password>"),
        (b"<x:PASSWORD></x:PASSWORD>", b"<x:PASSWORD></x:PASSWORD>"),
        (b'<PassWord a="1">ab</PassWord >', b'<PassWord a="1">**</PassWord >'),
        (b"<Password><![CDATA[<s>]]></Password>", b"<Password>" + b"*" * 15 + b"</Password>"),
        (b"<Password>cut <b>o", b"<Password>********"),
        (b"<Password>1</Password><Password>2", b"<Password>*</Password><Password>*"),
        (b"Authorization: Basic YWJj\r\nTo: x", b"Authorization: Basic ****\r\nTo: x"),
        (b"Authorization: Digest response=1", b"Authorization: Digest response=1"),
        (b"<Name>basic</Name>", b"<Name>basic</Name>"),
    ],
)
def test_passwords_are_starred_out_sign_for_sign(data: bytes, masked: bytes) -> None:
    assert mask(data) == masked
    assert len(masked) == len(data)


def test_a_ladder_shows_who_said_what_when() -> None:
    made = ladder(
        [
            record(10.0, Way.IN, KEEPALIVE),
            record(10.5, Way.IN, KEEPALIVE),
            record(10.6, Way.OUT, OK),
            record(10.6, Way.IN, b"\x00HB", "192.0.2.21:5060"),
        ]
    )
    assert made.actors == ("platform", PEER, "192.0.2.21:5060")
    assert made.names == ("", "34020000001320000001", "")
    first, again, answer, stray = made.rows
    assert (first.source, first.target, first.label) == (PEER, "platform", "MESSAGE")
    assert (first.command, first.sn, first.cseq, first.gap) == ("Keepalive", "7", "20 MESSAGE", 0)
    assert first.body.splitlines()[1:4] == [
        "<Notify>",
        "<CmdType>Keepalive</CmdType>",
        "<SN> 7 </SN>",
    ]
    assert "<A>西</A>" in first.body
    assert first.head.startswith("MESSAGE sip:")
    assert (again.again, again.gap) == (1, 0.5)
    assert (answer.source, answer.target, answer.label) == ("platform", PEER, "200 OK")
    assert (stray.label, stray.cseq, stray.size) == ("?", "", 3)


def test_a_message_whose_sender_cannot_be_read_has_its_method_all_the_same() -> None:
    data = message("INFO sip:x SIP/2.0", cseq="1 INFO").replace(b"From: <sip:", b"From: <\x01:")
    (row,) = ladder([record(1.0, Way.IN, data)]).rows
    assert row.label == "INFO"


@given(st.binary(max_size=300))
def test_any_bytes_have_a_row(data: bytes) -> None:
    (row,) = ladder([record(1.0, Way.OUT, data)]).rows
    assert row.size == len(data)
    assert row.label

"""Vectors of annex B; lengths as composed with CRLF and a closing empty line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import Invalid, RemoteProtocolError
from tongshi.gb28181.mansrtsp import Method, Order, Range, Reply, spell
from tongshi.gb28181.profile import ScaleFormat

RESUME = b"PLAY RTSP/1.0\r\nCSeq: 2\r\nRange: npt=now-\r\n\r\n"
SPEED = b"PLAY RTSP/1.0\r\nCSeq: 3\r\nScale: 2.0\r\n\r\n"
SEEK = b"PLAY RTSP/1.0\r\nCSeq: 4\r\nRange: npt=100-\r\n\r\n"
PAUSE = b"PAUSE RTSP/1.0\r\nCSeq: 1\r\nPauseTime: now\r\n\r\n"
END = b"TEARDOWN RTSP/1.0\r\nCSeq: 5\r\n\r\n"
VECTORS = [
    (RESUME, 43, Order(Method.PLAY, 2, range=Range())),
    (SPEED, 38, Order(Method.PLAY, 3, scale=2.0)),
    (SEEK, 43, Order(Method.PLAY, 4, range=Range(100.0))),
    (PAUSE, 43, Order(Method.PAUSE, 1)),
    (END, 30, Order(Method.TEARDOWN, 5)),
]


@pytest.mark.clause("B.1", "B.2.1", "B.2.2", "B.2.3", "B.2.4", "B.2.5", "9.8.3.2")
@pytest.mark.parametrize(("body", "length", "order"), VECTORS)
def test_the_vectors(body: bytes, length: int, order: Order) -> None:
    assert order.build() == body
    assert len(body) == length
    assert Order.parse(body) == order
    # The samples of the standard end without an empty line; others with bare line feeds.
    assert Order.parse(body.removesuffix(b"\r\n")) == order
    assert Order.parse(body.replace(b"\r\n", b"\n")) == order
    assert Order.parse(body + b"\r\n\r\n") == order


def _method(body: bytes) -> Method | int:
    """Return the method that *body* asks for, or the status of its refusal."""
    try:
        return Order.parse(body).method
    except RemoteProtocolError as error:
        return error.status


@pytest.mark.parametrize(("body", "length", "order"), VECTORS)
def test_cut_anywhere_it_is_read_or_refused(body: bytes, length: int, order: Order) -> None:
    for end in range(length):
        assert _method(body[:end]) in (order.method, 400)
        Reply.parse(body[:end])


@pytest.mark.clause("B.2.7")
@pytest.mark.parametrize("text", ["2", "2.0", "2.", "2.000000", "+2", " 2.0 "])
def test_spellings_of_numbers(text: str) -> None:
    assert Order.parse(f"play RTSP/1.0\r\nscale:{text}".encode()).scale == 2.0


@pytest.mark.parametrize("text", ["", "fast", "0", "-0.0", "nan", "inf", "1e3", "257", "2,0"])
def test_speeds_that_are_none(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        Order.parse(f"PLAY RTSP/1.0\r\nScale: {text}\r\n".encode())
    assert Reply.parse(f"RTSP/1.0 200 OK\r\nScale: {text}\r\n".encode()).scale is None


@pytest.mark.clause("B.2.7")
@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("npt=now-", None, None),
        ("npt=100-", 100.0, None),
        ("npt=100.25-200", 100.25, 200.0),
        ("npt=600-120", 600.0, 120.0),
        ("npt = 5 - ", 5.0, None),
        ("NPT=0:01:40.5-", 100.5, None),
        ("npt=-20", None, 20.0),
        ("smpte=10:07:00-10:07:33:05.01", 36420.0, 36453.0),
        ("smpte-25=0:10:20-", 620.0, None),
    ],
)
def test_ranges(text: str, begin: float | None, end: float | None) -> None:
    assert Range.parse(text) == Range(begin, end)


@pytest.mark.parametrize(
    "text",
    ["", "npt", "npt=5", "clock=1-2", "npt=x-", "npt=1e9-", "npt=999999999-", "npt=99999:00:00-"],
)
def test_ranges_that_are_none(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        Range.parse(text)
    assert Reply.parse(f"RTSP/1.0 200 OK\r\nRange: {text}\r\n".encode()).range is None
    with pytest.raises(RemoteProtocolError):
        Order.parse(f"PLAY RTSP/1.0\r\nRange: {text}\r\n".encode())


@pytest.mark.parametrize("body", [b"", b"\r\n", b"RECORD RTSP/1.0\r\n", b"\0", b"x" * 4097])
def test_what_is_no_order(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as told:
        Order.parse(body)
    assert told.value.status == 400


@pytest.mark.clause("B.2.8")
def test_reverse_is_written_and_read() -> None:
    order = Order(Method.PLAY, 9, scale=-1.0, range=Range(600.0, 120.0))
    assert order.build() == b"PLAY RTSP/1.0\r\nCSeq: 9\r\nScale: -1.0\r\nRange: npt=600-120\r\n\r\n"
    assert Order.parse(order.build()) == order


@pytest.mark.clause("B.2.6")
def test_the_answer_of_the_standard() -> None:
    body = (
        b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nRange: npt=100-\r\n"
        b"RTP-Info: seq=18139;rtptime=3119600838\r\n\r\n"
    )
    reply = Reply.parse(body)
    assert reply.done
    assert (reply.cseq, reply.sequence, reply.stamp) == (3, 18139, 3119600838)
    assert reply.range == Range(100.0)
    assert Reply(cseq=3, range=Range(100.0), sequence=18139, stamp=3119600838).build() == body


def test_answers_that_say_less() -> None:
    assert Reply.parse(b"") == Reply()
    assert Reply.parse(b"something else") == Reply()
    refused = Reply.parse(b"MANSRTSP/1.0 454\nCSeq: x\nRTP-Info: seq=70000;rtptime=5000000000\n")
    assert (refused.status, refused.done, refused.cseq) == (454, False, 0)
    assert (refused.sequence, refused.stamp) == (None, None)
    assert b"RTP-Info" not in Reply(sequence=1).build()
    assert b"Scale: 0.5\r\n" in Reply(scale=0.5).build()
    with pytest.raises(RemoteProtocolError):
        Reply.parse(b"x" * 5000)


def test_the_first_of_two_fields_counts_and_lines_without_colon_do_not() -> None:
    order = Order.parse(b"PLAY RTSP/1.0\r\nScale: 2\r\nnonsense\r\nScale: 4\r\n")
    assert order.scale == 2.0


@pytest.mark.parametrize(
    ("scale", "spelling", "text"),
    [
        (2.0, ScaleFormat.DECIMAL, "2.0"),
        (0.25, ScaleFormat.DECIMAL, "0.25"),
        (2.0, ScaleFormat.INTEGER, "2"),
        (0.5, ScaleFormat.INTEGER, "0.5"),
        (4.0, ScaleFormat.SIX, "4.000000"),
        (-1.0, ScaleFormat.DECIMAL, "-1.0"),
    ],
)
def test_speeds_are_spelled_as_a_device_reads_them(
    scale: float, spelling: ScaleFormat, text: str
) -> None:
    assert spell(scale, spelling) == text


@pytest.mark.parametrize("scale", [0.0, 300.0, float("nan"), float("inf")])
def test_no_speed_is_sent_that_is_none(scale: float) -> None:
    with pytest.raises(Invalid):
        spell(scale, ScaleFormat.DECIMAL)


moments = st.none() | st.integers(0, 10**7).map(lambda each: each / 4)
orders = st.builds(
    Order,
    st.just(Method.PLAY),
    st.integers(0, 10**6),
    st.none() | st.sampled_from([-8.0, -1.0, 0.25, 0.5, 1.0, 2.0, 16.0]),
    st.none() | st.builds(Range, moments, moments),
)


@given(orders, st.sampled_from(ScaleFormat))
def test_orders_round_trip(order: Order, spelling: ScaleFormat) -> None:
    assert Order.parse(order.build(spelling)) == order


@given(
    st.builds(
        Reply,
        st.integers(100, 699),
        st.just("Words"),
        st.integers(0, 10**6),
        st.none() | st.sampled_from([-1.0, 0.5, 4.0]),
        st.none() | st.builds(Range, moments, moments),
    )
)
def test_answers_round_trip(reply: Reply) -> None:
    assert Reply.parse(reply.build()) == reply


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    Reply.parse(body)
    try:
        order = Order.parse(body)
    except RemoteProtocolError:
        return
    assert Order.parse(order.build()).method is order.method

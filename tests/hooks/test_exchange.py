import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.hooks.exchange import KEPT, Exchange
from tongshi.hooks.hook import Outcome
from tongshi.hooks.target import Target

TARGET = Target("http", "hooks.example", 8080, "/in?a=b")


def begin() -> Exchange:
    return Exchange(TARGET, b'{"a":1}', {"Tongshi-Topic": "alarm"})


def answer(data: bytes) -> Outcome:
    exchange = begin()
    exchange.take(data)
    exchange.take(b"")
    return exchange.outcome()


def test_the_request_as_it_goes_out() -> None:
    head, _, body = begin().request.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /in?a=b http/1.1"
    assert {"host: hooks.example:8080", "content-length: 7", "tongshi-topic: alarm"} <= set(lines)
    assert "connection: close" in lines
    assert body == b'{"a":1}'


@pytest.mark.parametrize(
    ("status", "why"),
    [(200, ""), (204, ""), (301, "redirect"), (302, "redirect"), (400, "status"), (503, "status")],
)
def test_only_a_success_is_taken(status: int, why: str) -> None:
    told = b"HTTP/1.1 %d X\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n" % status
    found = answer(told)
    assert (found.status, found.why) == (status, why)


def test_so_much_of_an_answer_is_kept() -> None:
    found = answer(b"HTTP/1.1 500 X\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000)
    assert len(found.answer) == KEPT
    assert answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").answer == "ok"
    assert answer(b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe").answer == "\ufffd\ufffd"


def test_it_is_enough_once_the_answer_is_over() -> None:
    exchange = begin()
    assert not exchange.take(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert not exchange.take(b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
    assert exchange.take(b"0\r\n\r\n")
    assert exchange.outcome() == Outcome(200, "", "", "ok")


def test_a_broken_answer_after_its_status_keeps_the_status() -> None:
    found = answer(b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
    assert (found.status, found.why) == (500, "status")


@pytest.mark.parametrize("data", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200", b"\x00" * 20_000])
def test_what_is_no_http_was_not_taken(data: bytes) -> None:
    assert answer(data).why == "no-http"


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_are_an_outcome_however_they_are_cut(data: bytes, cut: int) -> None:
    exchange = begin()
    if not exchange.take(data[:cut] or b"H"):
        exchange.take(data[cut:])
        exchange.take(b"")
    assert isinstance(exchange.outcome(), Outcome)

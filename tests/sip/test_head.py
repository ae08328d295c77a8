from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.sip.head import divide

ORDINARY = b"MESSAGE a SIP/2.0\r\nVia: 1\r\nTo: 2\r\n\r\nbody\r\n\r\nmore"


def test_an_ordinary_head() -> None:
    assert divide(ORDINARY) == ("MESSAGE a SIP/2.0", ["Via: 1", "To: 2"], b"body\r\n\r\nmore")


@pytest.mark.parametrize("end", [b"\n", b"\r\r\n"])
def test_line_ends_of_the_field(end: bytes) -> None:
    data = ORDINARY.partition(b"\r\n\r\n")[0].replace(b"\r\n", end) + end + end + b"body\r\n\r\n"
    assert divide(data) == ("MESSAGE a SIP/2.0", ["Via: 1", "To: 2"], b"body\r\n\r\n")


@pytest.mark.parametrize("junk", [b"\r\n", b"\r\n\r\n", b"\n\r"])
def test_empty_lines_in_front(junk: bytes) -> None:
    assert divide(junk + ORDINARY) == divide(ORDINARY)


def test_folded_lines() -> None:
    start, lines, rest = divide(b"A\r\nVia: 1\r\n  2 \r\n\t3\r\nTo: 4 \r\n\r\n")
    assert (start, lines, rest) == ("A", ["Via: 1 2 3", "To: 4"], b"")


def test_a_fold_behind_the_start_line_begins_a_line() -> None:
    assert divide(b"A\r\n b\r\n\r\n")[1] == [" b"]


def test_a_cr_inside_a_line_becomes_a_space() -> None:
    assert divide(b"A\rB\r\nVia: 1\r2\r\n\r\n") == ("A B", ["Via: 1 2"], b"")


def test_a_missing_empty_line() -> None:
    assert divide(b"A\r\nVia: 1\r\n") == ("A", ["Via: 1"], b"")
    with pytest.raises(RemoteProtocolError):
        divide(b"A\r\nVia: 1")


def test_bytes_that_are_not_utf8_survive() -> None:
    _, lines, _ = divide(b"A\r\nSubject: \xc9\xe3\r\n\r\n")
    assert lines[0].encode("utf-8", "surrogateescape") == b"Subject: \xc9\xe3"


@given(st.binary() | st.lists(st.sampled_from([b"A", b":", b"\r", b"\n", b" "])).map(b"".join))
def test_any_bytes_are_divided_or_refused(data: bytes) -> None:
    texts: list[str] = []
    with suppress(RemoteProtocolError):
        start, lines, _ = divide(data)
        texts = [start, *lines]
    assert not any("\r" in text or "\n" in text for text in texts)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.sip.framing import Framer

FIRST = b"MESSAGE sip:a@b SIP/2.0\r\nVia: x\r\nContent-Length: 5\r\n\r\nhello"
SECOND = b"SIP/2.0 200 OK\r\nl:0\r\n\r\n"
THIRD = b"OPTIONS sip:a@b SIP/2.0\r\nTo: y\r\n\r\n"
STREAM = FIRST + SECOND + b"\r\n\r\n" + THIRD


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1000])
def test_any_cut_gives_the_same_messages(size: int) -> None:
    framer = Framer()
    got: list[bytes] = []
    for at in range(0, len(STREAM), size):
        got += framer.feed(STREAM[at : at + size])
    assert got == [FIRST, SECOND, THIRD]
    assert (framer.skipped, framer.pending, framer.broken) == (4, 0, "")


@pytest.mark.parametrize(
    ("junk", "expected"),
    [
        (b"\r\n\r\n", FIRST),
        (b"\0\0\0\0", FIRST),
        (b"\x01\x02\xff\xfe", FIRST),
        (b"private beat\r\n", FIRST),
        (b"private beat\n\r\nmore\n", FIRST),
        (b"$\x00\x01x", FIRST),
        (b"x" * 9000, FIRST),
        (b"x" * 9000 + b" ", FIRST),
        (b"SIP/ SIP/1 \xff", FIRST),
    ],
)
def test_stray_bytes_are_skipped(junk: bytes, expected: bytes) -> None:
    for size in (1, 10_000):
        framer = Framer()
        stream = junk + expected + SECOND
        got: list[bytes] = []
        for at in range(0, len(stream), size):
            got += framer.feed(stream[at : at + size])
        assert got[-1] == SECOND
        assert got[0].endswith(expected)
        assert framer.broken == ""


def test_stray_bytes_before_a_response() -> None:
    assert Framer().feed(b"\xffSIP/2.0 200 OK\r\n\r\n") == [b"SIP/2.0 200 OK\r\n\r\n"]


def test_spaces_in_the_request_uri_are_passed_on_to_be_refused() -> None:
    broken = b"INVITE sip:a@b; lr SIP/2.0\r\nl: 0\r\n\r\n"
    assert Framer().feed(broken + SECOND) == [broken, SECOND]


@pytest.mark.parametrize("field", [b"l: x", b"l: -5", b"Content-Length: 5 5"])
def test_a_length_that_is_no_number_counts_as_none(field: bytes) -> None:
    framer = Framer()
    head = b"MESSAGE sip:a@b SIP/2.0\r\n" + field + b"\r\n\r\n"
    assert framer.feed(head + b"hello" + SECOND) == [head, SECOND]
    assert framer.skipped == 5


@pytest.mark.parametrize("field", [b"CONTENT-LENGTH :  5", b"l:5\t", b"l:\r\n 5", b"l: 005"])
def test_spellings_of_the_length(field: bytes) -> None:
    message = b"MESSAGE sip:a@b SIP/2.0\r\n" + field + b"\r\n\r\nhello"
    assert Framer().feed(message + SECOND) == [message, SECOND]


def test_other_line_ends() -> None:
    for end in (b"\n", b"\r\r\n"):
        message = FIRST.replace(b"\r\n", end)
        assert Framer().feed(message + SECOND) == [message, SECOND]


def test_a_head_without_end_breaks_the_stream() -> None:
    framer = Framer(max_head=100)
    assert framer.feed(b"MESSAGE sip:a@b SIP/2.0\r\n" + b"a: b\r\n" * 20) == []
    assert framer.broken == "head is too long"
    assert framer.pending == 0
    skipped = framer.skipped
    assert framer.feed(FIRST) == []
    assert framer.skipped == skipped + len(FIRST)


def test_a_long_head_breaks_the_stream() -> None:
    framer = Framer(max_head=100)
    framer.feed(b"MESSAGE sip:a@b SIP/2.0\r\n" + b"a: b\r\n" * 20 + b"\r\n")
    assert framer.broken == "head is too long"


def test_a_long_body_breaks_the_stream() -> None:
    framer = Framer(max_body=4)
    assert framer.feed(SECOND + FIRST) == [SECOND]
    assert framer.broken == "body is too long"


def test_memory_is_bounded() -> None:
    framer = Framer()
    for _ in range(100):
        framer.feed(b"x" * 1000)
        assert framer.pending <= 4096


@given(st.lists(st.binary(max_size=50) | st.sampled_from([FIRST, SECOND, b"SIP/2.0 ", b"\r\n"])))
def test_nothing_is_lost_or_made_up(chunks: list[bytes]) -> None:
    framer = Framer()
    got: list[bytes] = []
    for chunk in chunks:
        got += framer.feed(chunk)
    total = sum(len(chunk) for chunk in chunks)
    assert sum(len(message) for message in got) + framer.skipped + framer.pending == total
    whole = Framer()
    assert whole.feed(b"".join(chunks)) == got

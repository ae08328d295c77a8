import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.sip.grammar import (
    close_quote,
    find_param,
    is_token,
    quote,
    read_hostport,
    read_number,
    read_params,
    readable,
    split,
    unquote,
    write_hostport,
    write_params,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("busy here", "busy here"), ("a\x1b[2J\tb", "a?[2J?b"), ("\udcff\u2028东", "??东"), ("", "")],
)
def test_what_peers_say_is_made_readable(text: str, shown: str) -> None:
    assert readable(text) == shown
    assert readable(text, 2) == shown[:2]


def test_tokens() -> None:
    assert is_token("MESSAGE")
    assert is_token("-.!%*_+`'~")
    assert not is_token("")
    assert not is_token("a b")


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("0068", 68), ("4294967295", 2**32 - 1)])
def test_numbers(text: str, number: int) -> None:
    assert read_number(text, "x") == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "4294967296", "٣", "²", "9" * 5000])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        read_number(text, "x")


@pytest.mark.parametrize(
    ("text", "end"), [('"a"', 2), ('"a', -1), (r'"a\""', 4), (r'"a\\"', 4), ('"\\', -1)]
)
def test_closing_quote(text: str, end: int) -> None:
    assert close_quote(text, 0) == end


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a,b", ["a", "b"]),
        ("", [""]),
        ('"a,b" <sip:c,d@e>,f', ['"a,b" <sip:c,d@e>', "f"]),
        (r'"a\",b",c', [r'"a\",b"', "c"]),
    ],
)
def test_split(text: str, parts: list[str]) -> None:
    assert split(text, ",") == parts


@pytest.mark.parametrize("text", ['"a,b', "<a,b", 'x,"'])
def test_split_refuses_what_stays_open(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        split(text, ",")


@given(st.text())
def test_quoting_is_undone(text: str) -> None:
    assert unquote(quote(text)) == text


@pytest.mark.parametrize("text", ["", '"', "a", '"a', 'a"'])
def test_what_is_not_quoted_stays(text: str) -> None:
    assert unquote(text) == text


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("lr", (("lr", None),)),
        ("tag=a;x", (("tag", "a"), ("x", None))),
        (" tag = a ; q = 0.3", (("tag", "a"), ("q", "0.3"))),
        ('n="a;b\x07"', (("n", '"a;b\x07"'),)),
        ("rport;", (("rport", None),)),
        ("rport;branch=", (("rport", None), ("branch", ""))),
    ],
)
def test_params(text: str, params: tuple[tuple[str, str | None], ...]) -> None:
    assert read_params(text) == params
    assert read_params(write_params(params)[1:]) == params


@pytest.mark.parametrize(
    "text", ["", ";", ";;", "a;;b", "a b=c", "a=b c", 'a="b', 'a="b"c', 'a=b"', "a=b\x07", "=b"]
)
def test_broken_params(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        read_params(text)


def test_find_param() -> None:
    params = (("LR", None), ("n", '"a b"'))
    assert find_param(params, "lr") == ""
    assert find_param(params, "n") == "a b"
    assert find_param(params, "x") is None


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.1", "192.0.2.1", None),
        ("camera_1.example:5060", "camera_1.example", 5060),
        ("3402000000", "3402000000", None),
        ("[2001:db8::1]", "2001:db8::1", None),
        ("[fe80::1%eth0]:5061", "fe80::1%eth0", 5061),
    ],
)
def test_hostport(text: str, host: str, port: int | None) -> None:
    assert read_hostport(text) == (host, port)
    assert write_hostport(host, port) == text


@pytest.mark.parametrize(
    "text", ["", ":5060", "a b", "a:", "a:x", "a:65536", "[::1", "[x]", "[::1]5060", "a@b", "中"]
)
def test_broken_hostport(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        read_hostport(text)


@given(st.text(alphabet='a";=<>\\ ,.:[]é\x00'))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_params, read_hostport, lambda text: split(text, ",")):
        status = 400
        try:
            read(text)
        except RemoteProtocolError as error:
            status = error.status
        assert status == 400

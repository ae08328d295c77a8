import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.sip.uri import NameAddr, Uri

TOKENS = st.text(alphabet="abcXYZ019-._~", min_size=1, max_size=8)
PARAMS = st.lists(st.tuples(TOKENS, st.none() | TOKENS), max_size=3).map(tuple)
URIS = st.builds(
    Uri,
    scheme=st.sampled_from(["sip", "sips"]),
    user=st.just("") | st.text(alphabet="0123456789abc%;?&=+$,/!*'()", min_size=1, max_size=12),
    host=st.sampled_from(["192.0.2.1", "3402000000", "a.example", "2001:db8::1"]),
    port=st.none() | st.integers(0, 65535),
    params=PARAMS,
    headers=st.sampled_from(["", "Route=%3Ca%3E&x=y"]),
)
ADDRESSES = st.builds(NameAddr, st.text(max_size=8), URIS, PARAMS)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        (
            "sip:34020000001320000001@3402000000",
            Uri(user="34020000001320000001", host="3402000000"),
        ),
        ("SIP:a:b@192.0.2.1:5061", Uri("sip", "a", "192.0.2.1", 5061, (), "", "b")),
        (
            "sips:a@[2001:db8::1]:5061;lr;transport=tcp?Subject=x",
            Uri(
                "sips",
                "a",
                "2001:db8::1",
                5061,
                (("lr", None), ("transport", "tcp")),
                "Subject=x",
            ),
        ),
        ("sip:192.0.2.1", Uri(host="192.0.2.1")),
        ("tel:+861012345678;x=y", Uri("tel", opaque="+861012345678;x=y")),
    ],
)
def test_parse(text: str, uri: Uri) -> None:
    assert Uri.parse(text) == uri
    assert Uri.parse(str(uri)) == uri


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip",
        "sip:",
        ":a",
        "1sip:a",
        "sip:a b",
        "sip:@a",
        "sip:a@b@c",
        "sip:a@",
        "sip:中@a",
        "<sip:a>",
        'sip:"a"@b',
        "sip:a@b:x",
        "sip:a\n@b",
        "sip:a@b;;c",
        "tel:",
    ],
)
def test_what_is_no_uri(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        Uri.parse(text)


def test_params_of_a_uri() -> None:
    uri = Uri.parse("sip:a@b;LR;transport=TCP")
    assert (uri.param("lr"), uri.param("transport"), uri.param("x")) == ("", "TCP", None)


@given(URIS)
def test_a_uri_is_read_as_it_was_written(uri: Uri) -> None:
    assert Uri.parse(str(uri)) == uri


@pytest.mark.parametrize(
    ("text", "display", "user", "tag"),
    [
        ("<sip:34020000001320000001@192.0.2.7:5060>;tag=7001", "", "34020000001320000001", "7001"),
        ("sip:a@b;tag=1", "", "a", "1"),
        ("sip:a@b", "", "a", ""),
        ('"A \\"B\\"" <sip:a@b> ; tag = 1', 'A "B"', "a", "1"),
        ("A  B <sip:a@b>", "A B", "a", ""),
        ("球机, 北门 <sip:a@b>", "球机, 北门", "a", ""),
        ("<  sip:a@b >", "", "a", ""),
    ],
)
def test_parse_address(text: str, display: str, user: str, tag: str) -> None:
    address = NameAddr.parse(text)
    assert (address.display, address.uri.user, address.tag) == (display, user, tag)


@pytest.mark.parametrize(
    "text",
    ["", "<sip:a@b", '"A <sip:a@b>', '"A" sip:a@b', "<sip:a@b>x", "sip:a@b?Route=c", "<>", "a"],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        NameAddr.parse(text)


@given(ADDRESSES)
def test_an_address_is_read_as_it_was_written(address: NameAddr) -> None:
    assert NameAddr.parse(str(address)) == address


def test_a_tag_is_set_and_taken_away() -> None:
    address = NameAddr.parse("<sip:a@b>;TAG=1;x=y")
    assert str(address.with_tag("2")) == "<sip:a@b>;x=y;tag=2"
    assert address.with_tag("").tag == ""
    assert address.param("x") == "y"
    with pytest.raises(ValueError, match="not a token"):
        address.with_tag("a;b")


@given(st.text() | st.text(alphabet='sip:@;=<>"\\ a1.[]?%'))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (Uri.parse, NameAddr.parse):
        status = 400
        try:
            parse(text)
        except RemoteProtocolError as error:
            status = error.status
        assert status == 400

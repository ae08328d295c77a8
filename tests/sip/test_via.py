import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.sip.address import Address
from tongshi.sip.via import Via, answer_address, stamp

SOURCE = Address("198.51.100.7", 4097)


@pytest.mark.parametrize(
    ("text", "via"),
    [
        (
            "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1",
            Via("UDP", "192.0.2.1", 5060, (("rport", None), ("branch", "z9hG4bK1"))),
        ),
        ("SIP / 2.0 / TCP  a.example : 5061", Via("TCP", "a.example", 5061)),
        ("sip/2.0/udp\ta", Via("udp", "a")),
        ("SIP/2.0/UDP\ta ", Via("UDP", "a")),
        ("SIP/2.0/UDP [2001:db8::1]:5060", Via("UDP", "2001:db8::1", 5060)),
    ],
)
def test_parse(text: str, via: Via) -> None:
    assert Via.parse(text) == via
    assert Via.parse(str(via)) == via


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SIP/2.0/UDP",
        "SIP/2.0/ ;a",
        "SIP/7.0/UDP a",
        "HTTP/2.0/UDP a",
        "SIP/2.0 UDP a",
        "a;b",
        "SIP/2.0/U@P a",
        "SIP/2.0/UDP a b",
        "SIP/2.0/UDP a : x",
        "SIP/2.0/UDP a;;b",
        "SIP/2.0/UDP a:",
    ],
)
def test_what_is_no_via(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        Via.parse(text)


@pytest.mark.parametrize(
    ("params", "branch", "received", "rport"),
    [
        ("", "", "", None),
        (";rport", "", "", 0),
        (";rport=", "", "", 0),
        (";RPORT=5;Received=[::1];Branch=b", "b", "::1", 5),
        (";rport=x", "", "", None),
        (";rport=123456", "", "", None),
    ],
)
def test_params(params: str, branch: str, received: str, rport: int | None) -> None:
    via = Via.parse(f"SIP/2.0/UDP a{params}")
    assert (via.branch, via.received, via.rport) == (branch, received, rport)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("h;rport;branch=b", "h;rport=4097;received=198.51.100.7;branch=b"),
        ("h;branch=b;rport", "h;branch=b;rport=4097;received=198.51.100.7"),
        ("h;rport=9;branch=b", "h;rport=4097;received=198.51.100.7;branch=b"),
        ("h;received=9;rport;x", "h;rport=4097;received=198.51.100.7;x"),
        ("h;branch=b", "h;branch=b;received=198.51.100.7"),
        ("198.51.100.7:5060;branch=b", "198.51.100.7:5060;branch=b"),
        (
            "h;rport;branch=b,SIP/2.0/UDP i;rport",
            "h;rport=4097;received=198.51.100.7;branch=b,SIP/2.0/UDP i;rport",
        ),
    ],
)
def test_stamp(before: str, after: str) -> None:
    text = f"SIP/2.0/UDP {before}"
    via = Via.parse(text.partition(",")[0])
    assert stamp(text, via, SOURCE) == f"SIP/2.0/UDP {after}"


PARAM = st.sampled_from(["rport", "branch=b", "received=1.2.3.4", "x", "rport=1", "rportx;y"])


@given(st.lists(PARAM, max_size=4))
def test_the_quick_stamp_is_the_slow_one(params: list[str]) -> None:
    text = ";".join(["SIP/2.0/UDP a", *params])
    via = Via.parse(text)
    assert Via.parse(stamp(text, via, SOURCE)).params == via.stamped(SOURCE).params


@pytest.mark.parametrize(
    ("text", "source", "port"),
    [
        # RFC 3581 4: rport was asked for.
        ("198.51.100.7:5060;rport", SOURCE, 4097),
        # RFC 3261 18.2.2: no rport, no NAT.
        ("198.51.100.7:5070", SOURCE, 5070),
        ("198.51.100.7", SOURCE, 5060),
        ("198.51.100.7:4097", SOURCE, 4097),
        # A NAT between: only the way back is open.
        ("10.0.0.9:5060", SOURCE, 4097),
        # A connection is answered on itself.
        ("198.51.100.7:5070", SOURCE._replace(transport="tcp"), 4097),
        ("198.51.100.7:5070;maddr=203.0.113.1", SOURCE, 5070),
    ],
)
def test_where_an_answer_goes(text: str, source: Address, port: int) -> None:
    via = Via.parse(f"SIP/2.0/UDP {text}")
    assert answer_address(via, source) == source._replace(port=port)


@given(st.text() | st.text(alphabet="SIP/2.0UDPa;=, :\t"))
def test_any_text_is_read_or_refused(text: str) -> None:
    status = 400
    try:
        Via.parse(text)
    except RemoteProtocolError as error:
        status = error.status
    assert status == 400

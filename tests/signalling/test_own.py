"""What our requests say of ourselves."""

from tongshi.gb28181.profile import Charset, Profile
from tongshi.signalling.event import Presence, Why
from tongshi.signalling.facing import Facing
from tongshi.signalling.neighbours import Neighbour
from tongshi.signalling.own import Own
from tongshi.sip.address import Address
from tongshi.sip.message import parse

PEER = Address("192.0.2.20", 5060)
OWN = Own(
    "34020000002000000001",
    "3402000000",
    Facing("192.0.2.10", 5060, str),
    iter("abcdefgh").__next__,
)


def test_a_message_is_addressed_by_ids_and_reaches_the_address() -> None:
    neighbour = Neighbour("34020000001320000001", PEER, 0.0, Presence.ONLINE, Why.REGISTERED)
    request = parse(OWN.message(neighbour, b"<Query/>").encode())
    assert (request.from_user, request.to_user) == (OWN.id, neighbour.device_id)
    assert request.start_line == "MESSAGE sip:34020000001320000001@192.0.2.20:5060 SIP/2.0"
    assert request.content_type == "application/manscdp+xml"
    assert request.cseq == (1, "MESSAGE")
    assert request.body == b"<Query/>"


def test_contact_names_the_transport_where_it_is_not_udp() -> None:
    assert OWN.contact_uri(PEER) == "sip:34020000002000000001@192.0.2.10:5060"
    assert OWN.contact_uri(PEER._replace(transport="tcp")).endswith(";transport=tcp")


def test_ipv6_is_bracketed() -> None:
    assert OWN.uri("x", Address("2001:db8::1", 5060)) == "sip:x@[2001:db8::1]:5060"


def test_no_two_requests_share_a_call_id() -> None:
    one, other = OWN.request("OPTIONS", "x", PEER), OWN.request("OPTIONS", "x", PEER)
    assert one.call_id != other.call_id


def test_a_message_has_the_charset_of_its_peer() -> None:
    own = Own("34020000002000000001", "3402", Facing("192.0.2.10", 5060, str), lambda: "t")
    neighbour = Neighbour("34020000001320000001", PEER, 0.0, Presence.ONLINE, Why.REGISTERED)
    body = b'<?xml version="1.0" encoding="GB2312"?>\r\n<Query/>'
    assert own.message(neighbour, body).body == body
    own.profile_of = lambda device_id: Profile(charset=Charset.UTF_8)
    assert b'encoding="UTF-8"' in own.message(neighbour, body).body

"""Which of our addresses a peer is told."""

import pytest

from tongshi.signalling import facing as module
from tongshi.signalling.facing import Facing, route_to
from tongshi.sip.address import Address

PEER = Address("127.0.0.1", 5060, "udp", "udp/127.0.0.9:5060")


def nowhere(local: str) -> str:
    return ""


def test_the_address_that_the_peer_sent_to_is_told() -> None:
    facing = Facing("", 5060, {"udp/127.0.0.9:5060": "127.0.0.9"}.__getitem__)
    assert facing.host(PEER) == "127.0.0.9"
    assert facing.sent_by(PEER) == "127.0.0.9:5060"


@pytest.mark.parametrize(
    ("advertise", "told"),
    [
        ("203.0.113.5", "203.0.113.5:5060"),
        ("203.0.113.5:15060", "203.0.113.5:15060"),
        ("video.example", "video.example:5060"),
        ("2001:db8::5", "[2001:db8::5]:5060"),
        ("[2001:db8::5]:15060", "[2001:db8::5]:15060"),
        ("[2001:db8::5]", "[2001:db8::5]:5060"),
    ],
)
def test_a_configured_address_is_told_to_everyone(advertise: str, told: str) -> None:
    assert Facing(advertise, 5060, nowhere).sent_by(PEER) == told


@pytest.mark.network
@pytest.mark.parametrize(
    ("peer", "own"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("not-an-address-at-all.invalid", "127.0.0.1"),
        ("::gg", "::1"),
    ],
)
def test_the_kernel_is_asked_where_nothing_else_tells(peer: str, own: str) -> None:
    assert route_to(peer) == own
    assert Facing("", 5060, nowhere).host(PEER._replace(host=peer)) == own


def test_the_kernel_is_asked_once_a_peer_and_memory_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[str]()

    def route(host: str) -> str:
        asked.append(host)
        return "192.0.2.10"

    monkeypatch.setattr(module, "route_to", route)
    facing = Facing("", 5060, nowhere)
    for _ in range(2):
        for number in range(3000):
            facing.host(PEER._replace(host=f"peer{number}"))
    assert len(asked) == 3000
    for number in range(9000):
        facing.host(PEER._replace(host=f"peer{number}"))
    assert len(facing._routes) <= 4096

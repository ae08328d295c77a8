"""How a failed attempt is tried once more; the rest is proved in test_sessions."""

import pytest

from tongshi.errors import (
    Conflict,
    EngineFailed,
    Error,
    Exhausted,
    PeerRefused,
    PeerSilent,
    RemoteProtocolError,
)
from tongshi.gateway.engine import Transport
from tongshi.gateway.engines.null import Null
from tongshi.gb28181.description import PS
from tongshi.gb28181.profile import STANDARD, MediaTransport, Profile
from tongshi.gb28181.ssrc import SsrcPool
from tongshi.net.carrier import Carrier
from tongshi.signalling.event import Kind, Presence, SessionKey, Why
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.facing import Facing
from tongshi.signalling.neighbours import Neighbour
from tongshi.signalling.offer import PLAIN, USUAL
from tongshi.signalling.own import Own
from tongshi.signalling.upstream import Attempt, Means, Way, first_way, next_way
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Event
from tongshi.testing.timeless import run


def attempt(way: Way) -> Attempt:
    """An attempt that was never run."""
    endpoint = Endpoint(new_token=lambda: "token")
    carrier: Carrier[Event] = Carrier(endpoint, lambda event: None)
    facing = Facing("192.0.2.10", 5060, str)
    means = Means(
        own=Own("34020000002000000001", "3402000000", facing, lambda: "token"),
        exchange=Exchange(endpoint, carrier.pump, facing.sent_by),
        engine=Null(),
        ssrcs=SsrcPool("34020000002000000001"),
        invite=1.0,
        media=1.0,
    )
    neighbour = Neighbour("a", Address("192.0.2.20", 5060), 0.0, Presence.ONLINE, Why.REGISTERED)
    return Attempt(SessionKey("a", "b", Kind.MAIN), neighbour, way, means, lambda why: None)


UDP = Way(Transport.UDP)


@pytest.mark.parametrize(
    ("error", "way"),
    [
        (PeerSilent("", timer="first media", stage="media"), UDP),
        (PeerSilent("", timer="timeout", stage="invite"), None),
        (PeerSilent("", timer="connect", stage="connect"), None),
        (PeerRefused("", status=486, stage="invite"), Way(Transport.UDP, USUAL, 1.0)),
        (PeerRefused("", status=503, stage="invite"), Way(Transport.UDP, USUAL, 1.0)),
        (PeerRefused("", status=415, stage="invite"), Way(Transport.UDP, PLAIN)),
        (PeerRefused("", status=488, stage="invite"), Way(Transport.UDP, PLAIN)),
        (PeerRefused("", status=404, stage="invite"), None),
        (Exhausted("", resource="port"), None),
        (EngineFailed("", stage="demux"), None),
        (RemoteProtocolError("", clause=""), None),
        (Conflict(""), None),
    ],
)
def test_what_is_tried_once_more_and_how(error: Error, way: Way | None) -> None:
    async def main() -> None:
        assert next_way(attempt(UDP), error) == way

    run(main())


def test_the_shortest_list_is_not_shortened() -> None:
    async def main() -> None:
        error = PeerRefused("", status=488, stage="invite")
        assert next_way(attempt(Way(Transport.UDP, PLAIN)), error) is None

    run(main())


def test_the_transport_that_the_answer_named_is_followed() -> None:
    async def main() -> None:
        made = attempt(Way(Transport.TCP_PASSIVE))
        made.suits = Transport.UDP
        error = RemoteProtocolError("", clause="")
        assert next_way(made, error) == Way(Transport.UDP)

    run(main())


def test_one_that_holds_nothing_gives_nothing_back() -> None:
    async def main() -> None:
        made = attempt(UDP)
        await made.close()
        await made.close()
        assert made.figures is None

    run(main())


def test_the_first_way_is_the_openers_else_the_peers_else_the_usual() -> None:
    odd = Profile(transport=MediaTransport.TCP_ACTIVE, payloads=("PS",))
    assert first_way(STANDARD, Transport.UDP) == UDP
    assert first_way(odd, Transport.UDP) == Way(Transport.TCP_ACTIVE, (PS,))
    wanted = first_way(odd, Transport.UDP, Transport.TCP_PASSIVE)
    assert wanted.transport is Transport.TCP_PASSIVE

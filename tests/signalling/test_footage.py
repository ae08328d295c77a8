"""What an INVITE for the past says, and how it is tried once more; the rest in test_histories."""

import pytest

from tongshi.errors import Error, Exhausted, PeerRefused, PeerSilent
from tongshi.gateway.engine import Footage, Transport
from tongshi.gateway.engines.null import Null
from tongshi.gb28181.description import Purpose
from tongshi.gb28181.profile import STANDARD, Profile
from tongshi.gb28181.ssrc import SsrcPool
from tongshi.net.carrier import Carrier
from tongshi.signalling.event import Kind, Presence, SessionKey, Why
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.facing import Facing
from tongshi.signalling.footage import FootageAttempt, Order, explain, next_try
from tongshi.signalling.neighbours import Neighbour
from tongshi.signalling.offer import PLAIN, USUAL
from tongshi.signalling.own import Own
from tongshi.signalling.upstream import Means, Way
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Event
from tongshi.testing.timeless import run

pytestmark = pytest.mark.clause("9.8", "9.9", "G")

SINCE = 1_700_000_000
TCP = Way(Transport.TCP_PASSIVE)
LATER = Way(Transport.TCP_PASSIVE, USUAL, 1.0)
FAST = Order(SINCE, SINCE + 60, Purpose.DOWNLOAD, 4, "/x/1")
SLOW = Order(SINCE, SINCE + 60, Purpose.DOWNLOAD, None, "/x/1")
SHOWN = Order(SINCE, SINCE + 60, Purpose.PLAYBACK)


def attempt(way: Way, order: Order, profile: Profile = STANDARD) -> FootageAttempt:
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
    key = SessionKey("a", "b", Kind.MAIN)
    return FootageAttempt(key, neighbour, way, means, lambda why: None, order, profile)


def test_the_offer_asks_for_the_past() -> None:
    async def main() -> None:
        made = attempt(TCP, FAST)
        made._lease()
        offer = made._offer(30_000)
        lines = offer.build().decode().split("\r\n")
        assert "s=Download" in lines
        assert "u=b:0" in lines
        assert f"t={SINCE} {SINCE + 60}" in lines
        assert "a=downloadspeed:4" in lines
        assert made.ssrc == "1200000001"
        assert f"y={made.ssrc}" in lines
        assert made._order().footage == Footage(float(SINCE), SINCE + 60.0, "/x/1")

    run(main())


@pytest.mark.parametrize(("order", "digit"), [(FAST, "2"), (SHOWN, "1")])
def test_downloads_may_have_a_digit_of_their_own(order: Order, digit: str) -> None:
    async def main() -> None:
        made = attempt(TCP, order, Profile(download_digit=2))
        made._lease()
        assert made.ssrc == f"{digit}200000001"

    run(main())


@pytest.mark.parametrize(
    ("order", "error", "expected"),
    [
        (FAST, PeerRefused("", status=488, stage="invite"), (TCP, SLOW)),
        (FAST, PeerRefused("", status=400, stage="invite"), (TCP, SLOW)),
        (SLOW, PeerRefused("", status=488, stage="invite"), (Way(TCP.transport, PLAIN), SLOW)),
        (SHOWN, PeerRefused("", status=404, stage="invite"), None),
        (
            SHOWN,
            PeerRefused("", status=486, stage="invite"),
            (Way(TCP.transport, USUAL, 1.0), SHOWN),
        ),
        (SHOWN, PeerSilent("", timer="connect", stage="connect"), (Way(Transport.UDP), SHOWN)),
        (SHOWN, Exhausted("", resource="port"), None),
    ],
)
def test_what_is_tried_once_more(
    order: Order, error: Error, expected: tuple[Way, Order] | None
) -> None:
    async def main() -> None:
        assert next_try(attempt(TCP, order), error) == expected

    run(main())


def test_refusals_are_told_in_the_words_of_footage() -> None:
    for status, words in (
        (404, "nothing is recorded"),
        (486, "as much as it can"),
        (600, "refused"),
    ):
        told = explain(PeerRefused("busy", status=status, stage="invite"), SHOWN)
        assert isinstance(told, PeerRefused)
        assert (told.status, told.stage) == (status, "playback")
        assert words in str(told)
    for other in (Exhausted("", resource="port"), PeerRefused("", status=487, stage="media")):
        assert explain(other, SHOWN) is other

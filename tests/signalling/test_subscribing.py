"""Subscriptions under way: what goes out, and what belongs to whom."""

import asyncio

import pytest

from tongshi.gb28181.manscdp import (
    AlarmQuery,
    CatalogQuery,
    MobilePositionQuery,
    PtzPositionQuery,
)
from tongshi.gb28181.subscription import Failed, Subject, SubscriberEvent
from tongshi.gb28181.version import Version
from tongshi.signalling.event import Presence, Why
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.facing import Facing
from tongshi.signalling.neighbours import Neighbour, Neighbours, Rules
from tongshi.signalling.own import Own
from tongshi.signalling.subscribing import Subscribing, query_for
from tongshi.signalling.tie import Key, Tie
from tongshi.signalling.tie import Rules as Ties
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Request
from tongshi.testing.timeless import LoopClock, run

HOME = Address("192.0.2.20", 5060)


@pytest.mark.clause("9.11.1.3", "9.11.3.3", "A.2.4.3", "A.2.4.6", "A.2.4.9", "A.2.4.13", "N.4.3.1")
def test_bodies_of_subscriptions() -> None:
    found = [query_for(subject, 1, "channel", 7) for subject in Subject]
    kinds = [CatalogQuery, AlarmQuery, MobilePositionQuery, PtzPositionQuery]
    assert [type(query) for query in found] == kinds
    assert found[2] == MobilePositionQuery(1, "channel", 7)


def test_a_device_that_is_not_known_is_not_asked_and_has_no_notifies() -> None:
    async def main() -> None:
        heard: list[SubscriberEvent] = []
        endpoint = Endpoint(new_token=iter(map(str, range(100))).__next__)
        facing = Facing("192.0.2.10", 5060, str)
        exchange = Exchange(endpoint, lambda: None, facing.sent_by)
        own = Own("34020000002000000001", "3402000000", facing, lambda: "token")
        lines = Subscribing(
            Ties(),
            own,
            exchange,
            Neighbours(Rules(), lambda event: None),
            lambda tie, event, arrived: heard.append(event),
            LoopClock(),
        )
        tie = Tie(Key("device", Subject.ALARM), 5)
        lines.advance(tie)
        gone = Neighbour("device", HOME, 0.0, Presence.ONLINE, Why.REGISTERED)
        lines.begin(tie, gone, Version.V2016)
        assert heard == [Failed(None)]
        assert len(lines) == 1
        lines.forget(tie)
        lines.forget(tie)
        assert len(lines) == 0
        request = Request("NOTIFY", "sip:x", [("Call-ID", "token@3402000000")])
        assert lines.take(RequestArrived(request, HOME, "", HOME)) is None
        await asyncio.sleep(0)

    run(main())

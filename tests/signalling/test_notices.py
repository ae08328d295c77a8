"""What devices tell unasked, and what they are answered."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from tongshi.gb28181.catalog import Item
from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp import (
    AlarmAnswer,
    AlarmNotify,
    CatalogAnswer,
    CatalogNotify,
    Keepalive,
    Message,
    MobilePosition,
    Outcome,
    Position,
    PtzPositionAnswer,
    PtzPositionNotify,
    VideoUploadNotify,
    read,
)
from tongshi.gb28181.profile import STANDARD, Profile
from tongshi.gb28181.version import Version
from tongshi.net.carrier import Carrier
from tongshi.signalling import notices as module
from tongshi.signalling.event import (
    AlarmRaised,
    CatalogChanged,
    DeviceRegistered,
    PositionReported,
    PtzReported,
    SignallingEvent,
    VideoOffered,
)
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.facing import Facing
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.signalling.notices import Notices
from tongshi.signalling.own import Own
from tongshi.signalling.reception import Reception
from tongshi.sip.address import Address
from tongshi.sip.desk import Limits
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered, Event, LinkLost, RequestArrived, TimedOut
from tongshi.sip.message import Request
from tongshi.testing.timeless import LoopClock, Network, Peer, run

DEVICE = "34020000001180000001"
CAMERA = "34020000001320000001"
PLATFORM = "34020000002000000001"
HOME = Address("192.0.2.20", 5060, "udp", "x")


class Bench:
    """Notices over an exchange, and a device that hears their answers."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.events: list[SignallingEvent] = []
        self.told: list[Message] = []
        self.mute = False
        self.profile: Profile = STANDARD
        network = Network()
        self.clock = LoopClock()
        self.peer = Peer(network, HOME.host, HOME.port, self.hear)
        token = iter(map(str, range(10**6))).__next__
        endpoint = Endpoint(new_token=token, limits=limits)

        def happened(event: Event) -> None:
            if isinstance(event, Answered | TimedOut | LinkLost):
                self.exchange.settle(event)

        carrier: Carrier[Event] = Carrier(endpoint, happened)
        network.join(carrier, "192.0.2.10", 5060)
        facing = Facing("192.0.2.10", 5060, str)
        self.exchange = Exchange(endpoint, carrier.pump, facing.sent_by)
        own = Own(PLATFORM, PLATFORM[:10], facing, token)
        neighbours = Neighbours(Rules(), lambda event: None)
        granted = DeviceRegistered(
            DEVICE, HOME.host, HOME.port, "udp", 0.0, 3600.0, Version.V2016, "", "", False
        )
        neighbours.register(granted, self.peer.address, 0.0)
        found = neighbours.get(DEVICE)
        assert found is not None
        self.neighbour = found
        self.notices = Notices(
            own, self.exchange, lambda _: self.profile, self.events.append, self.clock
        )

    def hear(self, peer: Peer, event: Event) -> None:
        if isinstance(event, RequestArrived) and not self.mute:
            self.told.append(read(event.request.body))
            peer.endpoint.reply(event, event.request.response(100), peer.now)
            peer.endpoint.reply_once(event, event.request.response(200))

    def take(self, message: Message) -> None:
        request = RequestArrived(Request("MESSAGE", "sip:x"), HOME, "key", HOME)
        assert self.notices.take(self.neighbour, message, request) == 200


def bench(work: Callable[[Bench], None], limits: Limits | None = None) -> Bench:
    async def main() -> Bench:
        made = Bench(limits)
        work(made)
        await asyncio.sleep(10)
        return made

    return run(main())


ALARM = AlarmNotify(7, CAMERA, 1, 5, "2024-05-06T07:08:09", "motion", alarm_type=2)


@pytest.mark.clause("9.4.2", "9.4.3.1", "9.4.3.2", "A.2.5.3", "A.2.6.3")
def test_an_alarm_is_told_once_and_answered_each_time() -> None:
    def work(bench: Bench) -> None:
        bench.take(ALARM)
        bench.take(ALARM)
        bench.take(replace(ALARM, time="2024-05-06T07:08:10"))  # the same number, another alarm

    made = bench(work)
    told = [event.alarm for event in made.events if isinstance(event, AlarmRaised)]
    assert told == [ALARM, replace(ALARM, time="2024-05-06T07:08:10")]
    assert made.told == [AlarmAnswer(7, CAMERA, Outcome.OK)] * 3
    assert made.notices.counters["alarm"] == 3
    assert made.notices.counters["alarm repeated"] == 1
    assert len(made.exchange) == 0


def test_an_alarm_of_nobody_is_the_device_s() -> None:
    made = bench(lambda bench: bench.take(replace(ALARM, device_id="")))
    assert made.told == [AlarmAnswer(7, DEVICE, Outcome.OK)]


def test_what_came_long_ago_or_before_many_others_is_no_repetition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        made = Bench()
        made.take(ALARM)
        await asyncio.sleep(121)
        made.take(ALARM)
        assert len(made.events) == 2
        monkeypatch.setattr(module, "_REMEMBERED", 2)
        for number in range(4):
            made.take(replace(ALARM, sn=100 + number))
        made.take(ALARM)
        assert len(made.events) == 7

    run(main())


def test_a_device_that_confirms_nothing_takes_no_room_that_others_need() -> None:
    def work(bench: Bench) -> None:
        bench.mute = True
        for number in range(500):
            bench.take(replace(ALARM, sn=number))
        assert len(bench.exchange) == 50
        assert bench.notices.counters["alarm unanswered"] == 450

    made = bench(work)
    assert len(made.events) == 500  # told all the same
    assert len(made.exchange) == 0
    assert made.notices._answering == {}


def test_an_answer_for_which_there_is_no_room_is_counted() -> None:
    made = bench(lambda bench: bench.take(ALARM), Limits(clients=0))
    assert made.told == []
    assert made.notices.counters["alarm unanswered"] == 1
    assert len(made.events) == 1


@pytest.mark.clause("A.2.5.3")
def test_an_alarm_of_method_4_is_a_position() -> None:
    gps = AlarmNotify(8, CAMERA, 4, 4, "2024-05-06T07:08:09", "", 117.1, 31.8)

    def work(bench: Bench) -> None:
        bench.take(gps)
        bench.take(replace(gps, sn=9, description="left its area"))

    made = bench(work)
    where = Position(CAMERA, "2024-05-06T07:08:09", 117.1, 31.8)
    reported = [event for event in made.events if isinstance(event, PositionReported)]
    assert [(event.items, event.source) for event in reported] == [((where,), "alarm")] * 2
    raised = [event.alarm.sn for event in made.events if isinstance(event, AlarmRaised)]
    assert raised == [9]


@pytest.mark.clause("9.11.2.3", "A.2.5.6")
def test_positions_one_or_many() -> None:
    items = (Position(CAMERA, "t", 117.1, 31.8), Position(DEVICE, "t", 117.2, 31.9))

    def work(bench: Bench) -> None:
        bench.take(MobilePosition(1, DEVICE, "t", None, items[:1]))
        bench.take(MobilePosition(2, DEVICE, "t", 2, items))
        bench.take(MobilePosition(3, DEVICE, "t"))

    made = bench(work)
    told = [event.items for event in made.events if isinstance(event, PositionReported)]
    assert told == [items[:1], items]
    assert made.notices.counters["position"] == 3


def test_a_position_that_comes_twice_is_told_once_if_it_has_a_time() -> None:
    odd = Element("Odd", "x")
    where = (Position(CAMERA, "t", 117.1, 31.8, others=(odd,)),)
    timed, timeless = (
        MobilePosition(1, DEVICE, "t", 1, where),
        MobilePosition(1, DEVICE, "", 1, where),
    )

    def work(bench: Bench) -> None:
        for notice in (timed, timed, timeless, timeless):
            bench.take(notice)

    made = bench(work)
    assert len(made.events) == 3
    assert made.notices.counters["position repeated"] == 1


@pytest.mark.clause("9.11.4.2", "N.4.3.2")
def test_changes_of_a_catalog() -> None:
    items = (Item(device_id="a", event="OFF"), Item(device_id="b", event="ADD", name="b"))

    def work(bench: Bench) -> None:
        bench.take(CatalogNotify(1, DEVICE, 2, items, 2))
        bench.take(CatalogAnswer(1, DEVICE, 2, items, 2))
        bench.profile = Profile(status_notify=False)
        bench.take(CatalogNotify(2, DEVICE, 2, items, 2))
        bench.take(CatalogNotify(3, DEVICE, 1, items[:1], 1))

    made = bench(work)
    told = [event.items for event in made.events if isinstance(event, CatalogChanged)]
    assert told == [items, items, items[1:]]
    assert made.notices.counters["catalog ignored"] == 2


@pytest.mark.clause("A.2.5.8")
def test_an_offer_of_video_with_and_without_a_place() -> None:
    def work(bench: Bench) -> None:
        bench.take(VideoUploadNotify(1, CAMERA, "t", 117.1, 31.8))
        bench.take(VideoUploadNotify(2, ""))

    made = bench(work)
    offered = [event.channel_id for event in made.events if isinstance(event, VideoOffered)]
    assert offered == [CAMERA, DEVICE]
    (where,) = [event for event in made.events if isinstance(event, PositionReported)]
    assert where.source == "video"


@pytest.mark.clause("9.11.2.3", "A.2.6.15")
def test_where_a_camera_looks_as_notify_and_as_response() -> None:
    def work(bench: Bench) -> None:
        bench.take(PtzPositionNotify(1, CAMERA, 10.0, 20.0, 2.0))
        bench.take(PtzPositionAnswer(2, "", 30.0))

    made = bench(work)
    told = [event for event in made.events if isinstance(event, PtzReported)]
    assert [(event.channel_id, event.position.pan) for event in told] == [
        (CAMERA, 10.0),
        (DEVICE, 30.0),
    ]


@pytest.mark.clause("9.11.2")
def test_what_comes_as_a_message_comes_here() -> None:
    def work(bench: Bench) -> None:
        reception = SimpleNamespace(takers={})
        bench.notices.hang_into(cast("Reception", reception))
        assert set(reception.takers.values()) == {bench.notices.take}
        assert AlarmNotify in reception.takers

    bench(work)


def test_anything_else_is_counted_and_hurts_nobody() -> None:
    made = bench(lambda bench: bench.take(Keepalive(1, DEVICE)))
    assert made.events == []
    assert made.notices.counters["other"] == 1

"""Subscriptions with devices on a wire in memory; time is the loop's."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import Exhausted, Missing, PeerSilent
from tongshi.gb28181.manscdp import (
    AlarmNotify,
    AlarmQuery,
    CatalogNotify,
    CatalogQuery,
    Message,
    MobilePositionQuery,
    PtzPositionQuery,
    read,
    write,
)
from tongshi.gb28181.notifier import Notifier
from tongshi.gb28181.profile import STANDARD, Profile
from tongshi.gb28181.subscription import Subject
from tongshi.gb28181.version import Version
from tongshi.net.carrier import Carrier
from tongshi.signalling.event import (
    DevicePresence,
    DeviceRegistered,
    Presence,
    SignallingEvent,
    SubscriptionChanged,
    Why,
)
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.facing import Facing
from tongshi.signalling.neighbours import Neighbour, Neighbours
from tongshi.signalling.neighbours import Rules as Patience
from tongshi.signalling.own import Own
from tongshi.signalling.subscriptions import TARGETS, Subscriptions
from tongshi.signalling.tie import Rules, State, Subscribed, Want
from tongshi.sip.address import Address
from tongshi.sip.desk import Limits
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered, Event, LinkLost, RequestArrived, TimedOut
from tongshi.sip.message import Request, Response
from tongshi.testing.timeless import LoopClock, Network, Peer, run

PLATFORM = "34020000002000000001"
CHANNEL = "34020000001320000001"
ALARM_ONLY = frozenset({Subject.ALARM})


class Device(Peer):
    """A device that grants, or answers what its test says.

    statuses: of the SUBSCRIBEs to come; None for silence; then it grants.
    """

    def __init__(self, network: Network, number: int) -> None:
        self.id = f"340200000011800{number:05d}"
        super().__init__(network, f"192.0.2.{number}", 5060, lambda _, event: self.hear(event))
        self.statuses: list[int | None] = []
        self.headers: tuple[tuple[str, str], ...] = ()
        self.asked: list[Request] = []
        self.notifiers: list[Notifier] = []
        self.answers: list[int] = []
        self.longest = 600
        self.forgetful = False

    def hear(self, event: Event) -> None:
        if isinstance(event, Answered):
            self.answers.append(event.response.status)
        if not isinstance(event, RequestArrived):
            return
        request = event.request
        self.asked.append(request)
        status = self.statuses.pop(0) if self.statuses else 200
        if status is not None:
            response = self.answer(request, status)
            self.endpoint.reply(event, response, self.now)

    def answer(self, request: Request, status: int) -> Response:
        if status != 200:
            return request.response(status, headers=self.headers)
        for notifier in self.notifiers:
            if notifier.owns(request):
                if self.forgetful:
                    return request.response(481)
                return notifier.refresh(request, self.now)
        made = Notifier(request, self.now, contact=f"<sip:{self.id}@x>", longest=self.longest)
        self.notifiers.append(made)
        return made.response

    def tell(self, message: Message, which: int = -1) -> None:
        request = self.notifiers[which].notify(write(message), self.now)
        assert request is not None
        self.send(request)

    def send(self, request: Request) -> None:
        here = f"{self.place.host}:5060"
        self.endpoint.request(request, PLACE, self.now, sent_by=here, timeout=None)
        self.carrier.pump()


PLACE = Address("192.0.2.200", 5060)


class Bench:
    """Subscriptions and their beat."""

    def __init__(self, rules: Rules, limits: Limits | None, most: int = 100) -> None:
        self.network = Network()
        self.clock = LoopClock()
        self.events: list[SignallingEvent] = []
        self.taken: list[tuple[str, Message]] = []
        self.profiles: dict[str, Profile] = {}
        token = iter(map(str, range(10**6))).__next__
        endpoint = Endpoint(new_token=token, limits=limits)

        def happened(event: Event) -> None:
            if isinstance(event, Answered | TimedOut | LinkLost):
                self.exchange.settle(event)
            elif isinstance(event, RequestArrived):
                response = self.ties.claim(event) or event.request.response(481)
                endpoint.reply_once(event, response)

        carrier: Carrier[Event] = Carrier(endpoint, happened)
        self.network.join(carrier, PLACE.host, PLACE.port)
        facing = Facing(PLACE.host, 5060, str)
        self.exchange = Exchange(endpoint, carrier.pump, facing.sent_by)
        self.own = Own(PLATFORM, PLATFORM[:10], facing, token)
        self.neighbours = Neighbours(Patience(keepalive=10**6, limit=most), self.emit)
        self.ties = Subscriptions(
            rules,
            self.own,
            self.exchange,
            self.neighbours,
            lambda device_id: self.profiles.get(device_id, STANDARD),
            self.take,
            self.emit,
            self.clock,
        )

    def emit(self, event: SignallingEvent) -> None:
        self.events.append(event)
        if isinstance(event, DevicePresence):
            self.ties.presence_changed(event)

    def take(self, neighbour: Neighbour, message: Message, arrived: RequestArrived) -> int:
        self.taken.append((neighbour.device_id, message))
        return 200

    def device(self, number: int = 1) -> Device:
        return Device(self.network, number)

    def register(
        self, device: Device, version: Version = Version.V2016, agent: str = "A/1"
    ) -> None:
        now = self.clock.wall()
        granted = DeviceRegistered(
            device.id, device.place.host, 5060, "udp", now, now + 10**6, version, agent, "", False
        )
        self.neighbours.register(granted, device.address, self.clock.now())

    async def beat(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            await asyncio.sleep(1)
            self.ties.expire(self.clock.now())

    def standing(self, device: Device) -> dict[Subject, Subscribed]:
        return {one.subject: one for one in self.ties.standing(device.id)}

    def changes(self, subject: Subject = Subject.ALARM) -> list[tuple[str, str]]:
        return [
            (event.state, event.why)
            for event in self.events
            if isinstance(event, SubscriptionChanged) and event.subject is subject
        ]


def bench(
    work: Callable[[Bench], Coroutine[Any, Any, None]],
    rules: Rules | None = None,
    limits: Limits | None = None,
    most: int = 100,
) -> None:
    async def main() -> None:
        made = Bench(rules or Rules(subjects=ALARM_ONLY), limits, most)
        try:
            await work(made)
        finally:
            await made.ties.stop()

    run(main())


@pytest.mark.clause("9.11.1.1", "9.11.1.2", "9.11.3.1", "9.11.3.2", "N.2.1.2.2")
def test_a_device_that_comes_online_is_subscribed_to_and_refreshed() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        bench.register(device)
        assert device.asked == []
        await bench.beat(10)
        catalog, alarm = sorted(device.asked, key=lambda one: one.headers.get("Event") or "")
        assert (catalog.headers.get("Event") or "").startswith("Catalog;id=")
        assert (alarm.headers.get("Event") or "").startswith("presence;id=")
        assert isinstance(read(catalog.body), CatalogQuery)
        assert isinstance(read(alarm.body), AlarmQuery)
        assert catalog.headers.get("Content-Type") == "Application/MANSCDP+xml"
        assert catalog.expires == 600
        assert PLATFORM in (catalog.headers.get("Contact") or "")
        assert {one.state for one in bench.ties.standing()} == {State.ACTIVE}
        assert bench.changes() == [("asking", ""), ("active", "")]
        await bench.beat(3600)
        assert len(device.notifiers) == 2  # refreshed within their dialogs, never anew
        assert len(device.asked) == 2 * 10
        assert [one.expires for one in bench.ties.standing(device.id)] == [600, 600]
        assert bench.ties.figures()["open"] == 2

    bench(work, Rules())


@pytest.mark.clause("9.11.2.2", "9.11.4.2")
def test_what_is_told_reaches_its_taker_and_is_answered() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        bench.register(device)
        await bench.beat(8)
        for number in range(3):
            device.tell(AlarmNotify(number, CHANNEL, 1, 5, "2024-05-06T07:08:09"))
            await bench.beat(1)
        assert [message.sn for _, message in bench.taken] == [0, 1, 2]
        assert device.answers == [200, 200, 200]
        assert bench.standing(device)[Subject.ALARM].told == 3
        broken = device.notifiers[0].notify(b"<Notify>", device.now)
        assert broken is not None
        device.send(broken)
        await bench.beat(1)
        assert device.answers[-1] == 200
        assert bench.ties.counters["unreadable"] == 1

    bench(work)


@pytest.mark.parametrize("status", [405, 489, 501])
def test_a_device_that_cannot_is_remembered_and_asked_again_after_a_day(status: int) -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        device.statuses = [status]
        bench.register(device)
        await bench.beat(3600)
        assert len(device.asked) == 1
        one = bench.standing(device)[Subject.ALARM]
        assert (one.state, one.why) == (State.FALLBACK, f"refused {status}")
        bench.neighbours.unregister(device.id, 0.0)
        bench.register(device)
        await bench.beat(60)
        assert len(device.asked) == 1
        bench.neighbours.unregister(device.id, 0.0)
        bench.register(device, agent="A/2")  # new firmware may be able to
        await bench.beat(10)
        assert len(device.asked) == 2
        assert bench.standing(device)[Subject.ALARM].state is State.ACTIVE

    bench(work)


def test_it_is_asked_again_when_that_time_is_over() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        device.statuses = [489]
        bench.register(device)
        await bench.beat(100)
        assert len(device.asked) == 1
        await bench.beat(400)
        assert bench.standing(device)[Subject.ALARM].state is State.ACTIVE

    bench(work, Rules(subjects=ALARM_ONLY, again=300.0))


def test_silent_devices_keep_nobody_waiting() -> None:
    async def work(bench: Bench) -> None:
        silent = [bench.device(number) for number in range(1, 30)]
        for device in silent:
            device.statuses = [None] * 100
            bench.register(device)
        good = bench.device(100)
        bench.register(good)
        await bench.beat(7)
        assert bench.standing(good)[Subject.ALARM].state is State.ACTIVE
        await bench.beat(120)
        assert {bench.standing(one)[Subject.ALARM].state for one in silent} == {State.FALLBACK}
        assert bench.ties.counters["silent"] == 2 * len(silent)
        assert len(bench.exchange) == 0

    bench(work)


def test_many_at_once_are_asked_at_the_rate() -> None:
    async def work(bench: Bench) -> None:
        devices = [bench.device(number) for number in range(1, 61)]
        for device in devices:
            bench.register(device)
        await bench.beat(7)
        asked = sum(len(device.asked) for device in devices)
        assert asked <= 40
        await bench.beat(10)
        assert all(len(device.asked) == 1 for device in devices)

    bench(work, Rules(subjects=ALARM_ONLY, rate=10.0))


def test_a_device_that_forgot_is_subscribed_to_anew() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        bench.register(device)
        await bench.beat(300)
        device.forgetful = True
        await bench.beat(200)
        assert len(device.notifiers) == 2
        assert bench.standing(device)[Subject.ALARM].state is State.ACTIVE
        assert ("waiting", "refused 481") in bench.changes()

    bench(work)


def test_a_device_that_goes_again_while_it_is_asked() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        device.statuses = [None]
        for _ in range(2):
            bench.register(device)
            bench.neighbours.unregister(device.id, 0.0)
        bench.register(device)
        await bench.beat(6)
        assert bench.changes()[-1] == ("asking", "")
        bench.neighbours.unregister(device.id, 0.0)
        assert bench.changes()[-1] == ("waiting", "offline")
        bench.register(device)
        await bench.beat(8)
        assert bench.standing(device)[Subject.ALARM].state is State.ACTIVE

    bench(work)


@pytest.mark.clause("N.2.1.2.3")
def test_a_notifier_that_ends_it_is_asked_again_with_growing_pauses() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        bench.register(device)
        await bench.beat(8)
        for _ in range(1200):
            if not device.notifiers[-1].over:
                device.send(device.notifiers[-1].last("timeout", write(CatalogNotify(1, "x", 0))))
            await bench.beat(3)
        # Each lived for a moment only: one in ten minutes at the end.
        assert 8 <= len(device.notifiers) <= 10
        assert set(device.answers) == {200}
        assert ("waiting", "terminated timeout") in bench.changes()

    bench(work)


def test_offline_and_back() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        bench.register(device)
        await bench.beat(8)
        bench.neighbours.unregister(device.id, 0.0)
        assert bench.changes()[-1] == ("waiting", "offline")
        await bench.beat(1000)
        assert len(device.asked) == 1
        bench.register(device)
        await bench.beat(8)
        assert len(device.notifiers) == 2
        bench.ties.device_restarted(device.id)
        bench.ties.device_restarted("nobody")
        assert bench.changes()[-1] == ("waiting", "restarted")
        await bench.beat(8)
        assert len(device.notifiers) == 3

    bench(work)


def test_a_state_that_was_overtaken_is_left_out_and_the_catalog_asked_for() -> None:
    async def work(bench: Bench) -> None:
        asked: list[str] = []
        bench.ties.ask_catalog = asked.append
        device = bench.device()
        bench.register(device)
        await bench.beat(10)
        first, second, third = (
            told_later(device, CatalogNotify(sn, device.id, 1)) for sn in (1, 2, 3)
        )
        for request in (third, second, first, third):
            device.send(request)
            await bench.beat(1)
        assert device.answers == [200] * 4
        assert [message.sn for _, message in bench.taken] == [3]
        assert bench.ties.counters["overtaken"] == 2
        assert asked == [device.id]  # once a minute at the most
        await bench.beat(700)
        device.send(told_later(device, CatalogNotify(4, device.id, 1)))
        device.send(second)
        device.send(first)
        await bench.beat(1)
        assert [message.sn for _, message in bench.taken] == [3, 4]

    bench(work, Rules(subjects=frozenset({Subject.CATALOG})))


def test_an_alarm_that_was_overtaken_is_an_alarm() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        bench.register(device)
        await bench.beat(10)
        alarms = [AlarmNotify(sn, CHANNEL, 1, 5, "2024-05-06T07:08:09") for sn in (1, 2)]
        for request in reversed([told_later(device, alarm) for alarm in alarms]):
            device.send(request)
            await bench.beat(1)
        assert [message.sn for _, message in bench.taken] == [2, 1]
        assert device.answers == [200, 200]

    bench(work)


def told_later(device: Device, message: Message) -> Request:
    """Return the NOTIFY of *message* with its number, unsent."""
    request = device.notifiers[-1].notify(write(message), device.now)
    assert request is not None
    return request


def test_what_belongs_to_a_lost_subscription_is_taken_meanwhile() -> None:
    async def work(bench: Bench) -> None:
        device, stranger = bench.device(), bench.device(2)
        request = bench.own.request(
            "SUBSCRIBE", device.id, device.address, (("Event", "presence;id=9"),)
        )
        device.answer(request, 200)
        bench.register(device)
        device.tell(AlarmNotify(1, CHANNEL, 1, 5, "2024-05-06T07:08:09"))
        await bench.beat(1)
        assert device.answers == [200]
        stranger.notifiers = device.notifiers
        stranger.tell(AlarmNotify(2, CHANNEL, 1, 5, "2024-05-06T07:08:09"))
        await bench.beat(10)
        assert stranger.answers == [481]  # not from where the device is at home
        assert len(device.notifiers) == 2
        await bench.beat(10)
        device.tell(AlarmNotify(3, CHANNEL, 1, 5, "2024-05-06T07:08:09"), 0)
        await bench.beat(1)
        assert device.answers == [200, 481]  # there is another one now
        assert [message.sn for _, message in bench.taken] == [1]
        assert bench.ties.counters["late"] == 1
        assert bench.ties.counters["stray"] == 2

    bench(work)


def test_a_notify_out_of_any_dialog_counts_by_its_event() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        bench.register(device)
        await bench.beat(20)
        event = str(device.notifiers[0].event)
        for name, status in ((event, 200), ("presence;id=none", 481), ("Catalog", 481)):
            body = write(AlarmNotify(1, CHANNEL, 1, 5, "2024-05-06T07:08:09"))
            headers = (
                ("From", f"<sip:{device.id}@x>;tag=own"),
                ("To", f"<sip:{PLATFORM}@x>"),
                ("Call-ID", f"own{name}"),
                ("CSeq", "1 NOTIFY"),
                ("Event", name),
            )
            device.send(Request("NOTIFY", f"sip:{PLATFORM}@x", headers, body))
            await bench.beat(1)
            assert device.answers[-1] == status
        assert len(bench.taken) == 1

    bench(work)


def test_only_notifies_are_claimed() -> None:
    async def work(bench: Bench) -> None:
        request = Request("BYE", "sip:x")
        assert bench.ties.claim(RequestArrived(request, PLACE, "", PLACE)) is None

    bench(work)


def test_people_want_and_do_not_want() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        with pytest.raises(Missing):
            bench.ties.want(device.id, Subject.POSITION)
        bench.register(device)
        await bench.beat(8)
        shown = bench.ties.want(device.id, Subject.POSITION, CHANNEL, 30)
        assert (shown.chosen, shown.interval, shown.state) == (True, 30, State.WAITING)
        await bench.beat(2)
        query = read(device.asked[-1].body)
        assert query == MobilePositionQuery(query.sn, CHANNEL, 30)
        bench.ties.want(device.id, Subject.POSITION, CHANNEL, 10)
        await bench.beat(2)
        assert [request.expires for request in device.asked[-2:]] == [0, 600]
        assert bench.ties.figures()["open"] == 2
        bench.ties.want(device.id, Subject.ALARM)
        assert bench.standing(device)[Subject.ALARM].state is State.ACTIVE
        bench.ties.unwant(device.id, Subject.ALARM)
        bench.ties.unwant(device.id, Subject.POSITION, CHANNEL)
        bench.ties.unwant(device.id, Subject.PTZ)
        await bench.beat(2)
        assert bench.ties.standing() == []
        assert bench.ties.figures()["open"] == 0
        assert bench.changes()[-1] == ("ended", "")
        bench.neighbours.unregister(device.id, 0.0)
        bench.register(device)
        await bench.beat(10)
        assert bench.ties.standing() == []  # nor by the settings

    bench(work)


def test_want_while_away_and_unwant_while_waiting() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        bench.register(device)
        bench.neighbours.unregister(device.id, 0.0)
        bench.ties.want(device.id, Subject.PTZ)
        bench.ties.unwant(device.id, Subject.ALARM)
        bench.ties.unwant(device.id, Subject.PTZ)
        await bench.beat(10)
        assert device.asked == []

    bench(work)


def test_what_people_chose_before_a_restart() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        bench.ties.restore(
            [
                Want(device.id, Subject.PTZ, CHANNEL, interval=9),
                Want(device.id, Subject.ALARM, wanted=False),
                *(Want(device.id, Subject.POSITION, str(n)) for n in range(TARGETS + 5)),
            ]
        )
        assert len(bench.ties.standing(device.id)) == TARGETS
        bench.register(device)
        with pytest.raises(Exhausted):
            bench.ties.want(device.id, Subject.ALARM)
        await bench.beat(10)
        bodies = [read(request.body) for request in device.asked]
        assert len(bodies) == TARGETS
        assert not any(isinstance(body, AlarmQuery) for body in bodies)
        assert sum(isinstance(body, PtzPositionQuery) for body in bodies) == 1

    bench(work)


def test_what_stands_in_for_a_subscription_is_asked_at_its_pace() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        device.statuses = [489, 489]
        polled: list[tuple[str, str]] = []

        async def ask(device_id: str, target_id: str) -> None:
            polled.append((device_id, target_id))
            await asyncio.sleep(15)
            raise PeerSilent("no", timer="F", stage="query")

        bench.ties.pollers[Subject.PTZ] = ask
        bench.register(device)
        bench.ties.want(device.id, Subject.PTZ, CHANNEL, 10)
        await bench.beat(62)
        # Each takes longer than the pause: there is never more than one under way.
        assert polled == [(device.id, CHANNEL)] * 3
        assert bench.ties.counters["poll failed"] >= 2
        bench.ties.want(device.id, Subject.PTZ, CHANNEL)
        await bench.beat(5)
        assert bench.standing(device)[Subject.PTZ].state is State.ACTIVE

    bench(work)


def test_profiles_and_editions_decide_what_is_asked_for() -> None:
    async def work(bench: Bench) -> None:
        old, odd, new = (bench.device(number) for number in (1, 2, 3))
        bench.profiles[odd.id] = Profile(subscribe=False)
        bench.register(old, Version.V2011)
        bench.register(odd)
        bench.register(new)
        await bench.beat(10)
        assert set(bench.standing(old)) == {Subject.ALARM}
        assert bench.standing(odd) == {}
        assert set(bench.standing(new)) == {Subject.ALARM, Subject.CATALOG}

    bench(work, Rules())


def test_a_request_for_which_there_is_no_room_counts_as_silence() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        bench.register(device)
        await bench.beat(8)
        assert bench.standing(device)[Subject.ALARM].why == "silent"

    bench(work, limits=Limits(clients=0))


def test_a_device_that_was_forgotten_takes_its_ties_along() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        bench.register(device)
        await bench.beat(8)
        bench.ties.want(device.id, Subject.PTZ)
        bench.neighbours.unregister(device.id, 0.0)
        assert bench.neighbours.has_room("another")
        other = DevicePresence(device.id, Presence.ONLINE, Why.KEEPALIVE, 0.0, None)
        bench.ties.presence_changed(other)
        device.tell(AlarmNotify(1, CHANNEL, 1, 5, "2024-05-06T07:08:09"))
        await bench.beat(700)
        assert device.answers == [481]
        assert [one.subject for one in bench.ties.standing()] == [Subject.PTZ]
        assert bench.ties.figures()["open"] == 0

    bench(work, most=1)


def test_provisional_answers_say_nothing() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device()
        device.statuses = [100] * 2
        bench.register(device)
        await bench.beat(7)
        assert bench.standing(device)[Subject.ALARM].state is State.ASKING
        await bench.beat(10)
        assert bench.standing(device)[Subject.ALARM].why == "silent"

    bench(work)

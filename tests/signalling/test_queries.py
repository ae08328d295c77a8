"""What we ask devices, in virtual time: silent ones, refusing ones, many at once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import Missing, PeerRefused, PeerSilent
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.manscdp import Message, read, write
from tongshi.gb28181.manscdp.query import CatalogQuery, DeviceInfoQuery, DeviceStatusQuery
from tongshi.gb28181.manscdp.response import CatalogAnswer, DeviceInfoAnswer, DeviceStatusAnswer
from tongshi.gb28181.profile import Profile
from tongshi.gb28181.version import Version
from tongshi.net.carrier import Carrier
from tongshi.signalling.answers import Answer
from tongshi.signalling.event import (
    CatalogAbsent,
    CatalogGathered,
    DeviceDescribed,
    DeviceRegistered,
    DeviceStated,
    QueryFailed,
    SignallingEvent,
)
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.facing import Facing
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.signalling.own import Own
from tongshi.signalling.queries import Queries, QueryRules
from tongshi.signalling.waiting import Waiting
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered, Event, LinkLost, RequestArrived, TimedOut
from tongshi.testing.timeless import EPOCH, LoopClock, Network, Peer, run

Script = Callable[["Device", Message, RequestArrived], int | None]


def obliging(device: "Device", query: Message, arrived: RequestArrived) -> int | None:
    """Take the query, answer it a moment later."""
    match query:
        case DeviceInfoQuery():
            device.answer(DeviceInfoAnswer(query.sn, device.id, name="gate"))
        case DeviceStatusQuery():
            device.answer(DeviceStatusAnswer(query.sn, device.id, online=True))
        case CatalogQuery():
            items = (Item(device_id=f"{device.id}c"),)
            device.answer(CatalogAnswer(query.sn, device.id, 1, items, 1))
        case _:
            return 400
    return 200


def silent(device: "Device", query: Message, arrived: RequestArrived) -> int | None:
    """Take no notice."""
    return None


def mute(device: "Device", query: Message, arrived: RequestArrived) -> int | None:
    """Take the query and never answer it."""
    return 200


class Device:
    """A device that treats queries as its script says; it hears them as they come."""

    def __init__(self, bench: "Bench", number: int, script: Script) -> None:
        self.id = f"device{number}"
        self.bench = bench
        self.script = script
        self.heard: Counter[str] = Counter()
        self.peer = Peer(bench.network, f"192.0.2.{number}", 5060, self.hear)

    def hear(self, peer: Peer, event: Event) -> None:
        if isinstance(event, RequestArrived):
            query = read(event.request.body)
            self.heard[type(query).__name__] += 1
            status = self.script(self, query, event)
            if status is not None:
                peer.endpoint.reply_once(event, event.request.response(status))

    def answer(self, answer: Answer, source: Address | None = None) -> None:
        """Let *answer* arrive shortly, as a body that was on the wire."""
        read_back = read(write(answer, Version.V2016))
        assert isinstance(read_back, CatalogAnswer | DeviceInfoAnswer | DeviceStatusAnswer)
        where = source or self.peer.address
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, self.bench.waiting.arrived, where, read_back)


class Bench:
    """Queries with everything below them, and devices."""

    def __init__(self, rules: QueryRules) -> None:
        self.network = Network()
        self.events: list[SignallingEvent] = []
        endpoint = Endpoint(new_token=iter(map(str, range(10**9))).__next__)
        self.carrier: Carrier[Event] = Carrier(endpoint, self.settle)
        self.network.join(self.carrier, "192.0.2.250", 5060)
        facing = Facing("192.0.2.250", 5060, str)
        own = self.own = Own("34020000002000000001", "3402000000", facing, self.token)
        self.exchange = Exchange(endpoint, self.carrier.pump, facing.sent_by)
        self.waiting = Waiting(0, first=120, gap=5)
        self.neighbours = Neighbours(Rules(), lambda event: None)
        self.queries = Queries(
            rules,
            own,
            self.exchange,
            self.waiting,
            self.neighbours,
            self.events.append,
            LoopClock(),
        )
        self.count = 0

    def token(self) -> str:
        self.count += 1
        return f"token{self.count}"

    def settle(self, event: Event) -> None:
        if isinstance(event, Answered | TimedOut | LinkLost):
            self.exchange.settle(event)

    def device(self, number: int, script: Script = obliging) -> Device:
        device = Device(self, number, script)
        address = device.peer.address
        granted = DeviceRegistered(
            device.id,
            address.host,
            address.port,
            "udp",
            EPOCH,
            EPOCH + 86400,
            Version.V2016,
            "",
            "",
            False,
        )
        self.neighbours.register(granted, address, 0.0)
        return device

    def told(self, kind: type[SignallingEvent]) -> list[SignallingEvent]:
        return [event for event in self.events if isinstance(event, kind)]


def bench(
    work: Callable[[Bench], Coroutine[Any, Any, None]], rules: QueryRules | None = None
) -> None:
    async def main() -> None:
        made = Bench(rules or QueryRules())
        made.queries.start()
        await work(made)
        await made.queries.stop()
        assert len(made.waiting) == 0
        assert len(made.exchange) == 0

    run(main())


@pytest.mark.clause("9.5.1", "A.2.4.3", "A.2.4.4")
def test_a_planned_device_is_asked_what_it_is_and_what_it_has() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device(1)
        bench.queries.plan(device.id)
        await asyncio.sleep(10)
        described, gathered = bench.told(DeviceDescribed), bench.told(CatalogGathered)
        assert isinstance(described[0], DeviceDescribed)
        assert isinstance(gathered[0], CatalogGathered)
        assert described[0].answer.name == "gate"
        assert gathered[0].gathered.complete
        assert device.heard == {"DeviceInfoQuery": 1, "CatalogQuery": 1}
        await asyncio.sleep(1000)
        assert device.heard.total() == 2

    bench(work)


def test_silent_devices_delay_nobody() -> None:
    async def work(bench: Bench) -> None:
        lost = [bench.device(number, silent) for number in range(1, 60)]
        mutes = [bench.device(number, mute) for number in range(60, 120)]
        good = [bench.device(number) for number in range(120, 180)]
        for device in (*lost, *mutes, *good):
            bench.queries.plan(device.id)
        assert bench.queries.backlog == 179
        await asyncio.sleep(40)  # four places; one after another they would take 20 minutes
        assert {device.heard["CatalogQuery"] for device in good} == {1}
        assert len(bench.told(CatalogGathered)) == 60
        assert bench.queries.backlog == 0

    bench(work, QueryRules(places=4, pauses=()))


def test_only_so_many_are_asked_at_once() -> None:
    async def work(bench: Bench) -> None:
        under_way = list[int]()

        def count(device: Device, query: Message, arrived: RequestArrived) -> int | None:
            under_way.append(len(bench.waiting))
            return obliging(device, query, arrived)

        for number in range(1, 50):
            bench.queries.plan(bench.device(number, count).id)
        await asyncio.sleep(100)
        assert len(bench.told(CatalogGathered)) == 49
        assert max(under_way) <= 2 * 3  # two queries a device, three places

    bench(work, QueryRules(places=3))


@pytest.mark.parametrize("status", [302, 400, 403, 404, 486, 500, 503, 600])
def test_no_status_makes_a_storm(status: int) -> None:
    async def work(bench: Bench) -> None:
        device = bench.device(1, lambda device, query, arrived: status)
        bench.queries.plan(device.id)
        await asyncio.sleep(86400)
        assert device.heard == {"DeviceInfoQuery": 3, "CatalogQuery": 3}
        failed = bench.told(QueryFailed)
        assert len(failed) == 6
        assert isinstance(failed[0], QueryFailed)
        assert (failed[0].code, failed[0].query) == ("peer.refused", "DeviceInfo")

    bench(work, QueryRules(pauses=(30.0, 120.0)))


def test_one_that_answers_nothing_is_asked_again_twice_and_then_left_alone() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device(1, silent)
        bench.queries.plan(device.id)
        await asyncio.sleep(86400)
        assert "CatalogQuery" not in device.heard
        failed = bench.told(QueryFailed)
        assert len(failed) == 3
        assert {getattr(event, "code", "") for event in failed} == {"peer.silent"}

    bench(work, QueryRules(pauses=(30.0, 120.0)))


def test_a_partial_catalog_is_told_as_such_and_asked_for_again() -> None:
    async def work(bench: Bench) -> None:
        def forgetful(device: Device, query: Message, arrived: RequestArrived) -> int | None:
            if isinstance(query, CatalogQuery):
                items = (Item(device_id="one"),)
                total = 2 if device.heard["CatalogQuery"] == 1 else 1
                device.answer(CatalogAnswer(query.sn, device.id, total, items, 1))
                return 200
            return obliging(device, query, arrived)

        bench.queries.plan(bench.device(1, forgetful).id)
        await asyncio.sleep(3600)
        found = [
            event.gathered.complete for event in bench.events if isinstance(event, CatalogGathered)
        ]
        assert found == [False, True]

    bench(work)


def test_what_was_planned_is_dropped_when_the_device_goes() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device(1, silent)
        bench.queries.plan(device.id)
        await asyncio.sleep(10)  # it failed, and is to be asked again after a pause
        bench.neighbours.unregister(device.id, EPOCH)
        bench.queries.forget(device.id)
        bench.queries.forget("else")
        await asyncio.sleep(3600)
        assert device.heard.total() == 1

    bench(work)


def test_one_that_went_offline_is_not_planned_again() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device(1, silent)
        bench.queries.plan(device.id)
        await asyncio.sleep(1)
        bench.neighbours.unregister(device.id, EPOCH)
        await asyncio.sleep(3600)
        assert device.heard.total() == 1

    bench(work)


def test_planning_again_comes_before_its_pause_is_over() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device(1, silent)
        bench.queries.plan(device.id)
        await asyncio.sleep(10)
        device.script = obliging
        bench.queries.plan(device.id)
        bench.queries.plan(device.id)
        await asyncio.sleep(3600)
        assert device.heard == {"DeviceInfoQuery": 2, "CatalogQuery": 1}

    bench(work)


def test_on_demand_the_answer_is_returned_and_told() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device(1)
        info = await bench.queries.device_info(device.id)
        status = await bench.queries.device_status(device.id)
        gathered = await bench.queries.catalog(device.id)
        assert (info.name, status.online, gathered.unique) == ("gate", True, 1)
        kinds = [type(event) for event in bench.events]
        assert kinds == [DeviceDescribed, DeviceStated, CatalogGathered]

    bench(work)


def test_askers_at_the_same_time_share_one_catalog() -> None:
    async def work(bench: Bench) -> None:
        device = bench.device(1)
        first = asyncio.create_task(bench.queries.catalog(device.id))
        second = asyncio.create_task(bench.queries.catalog(device.id))
        await asyncio.sleep(0.001)
        first.cancel()  # the one who began it leaves; the other still gets it
        assert (await second).complete
        assert device.heard == {"CatalogQuery": 1}

    bench(work)


def test_failures_on_demand_are_raised_and_told() -> None:
    async def work(bench: Bench) -> None:
        with pytest.raises(Missing):
            await bench.queries.catalog("nobody")
        with pytest.raises(Missing):
            await bench.queries.device_info("nobody")
        device = bench.device(1, lambda device, query, arrived: 403)
        with pytest.raises(PeerRefused) as refused:
            await bench.queries.catalog(device.id)
        assert (refused.value.status, refused.value.stage) == (403, "query")
        device.script = silent
        with pytest.raises(PeerSilent) as unheard:
            await bench.queries.device_status(device.id)
        assert unheard.value.stage == "query"
        device.script = mute
        with pytest.raises(PeerSilent) as unanswered:
            await bench.queries.device_info(device.id)
        assert unanswered.value.stage == "answer"
        assert len(bench.told(QueryFailed)) == 3

    bench(work)


def test_an_answer_before_the_200_counts() -> None:
    async def work(bench: Bench) -> None:
        def hasty(device: Device, query: Message, arrived: RequestArrived) -> int | None:
            answer = DeviceInfoAnswer(query.sn, device.id, name="hasty")
            bench.waiting.arrived(device.peer.address, answer)
            return 200

        assert (await bench.queries.device_info(bench.device(1, hasty).id)).name == "hasty"

    bench(work)


def test_stopping_ends_what_is_under_way() -> None:
    async def work(bench: Bench) -> None:
        for number in range(1, 20):
            bench.queries.plan(bench.device(number, mute).id)
        asking = asyncio.create_task(bench.queries.catalog("device1"))
        await asyncio.sleep(1)
        await bench.queries.stop()
        assert bench.queries.backlog == 0
        await asyncio.wait([asking])
        assert asking.cancelled()

    bench(work, QueryRules(places=4))


def listless(device: "Device", query: Message, arrived: RequestArrived) -> int | None:
    """Describe itself, and never answer Catalog."""
    if isinstance(query, CatalogQuery):
        return 200
    return obliging(device, query, arrived)


def test_a_device_that_never_answers_catalog_is_told_once_all_tries_are_over() -> None:
    async def main() -> None:
        bench = Bench(QueryRules(pauses=(30.0, 120.0)))
        bench.queries.start()
        device = bench.device(1, listless)
        bench.queries.plan(device.id)
        await asyncio.sleep(300)
        assert not [one for one in bench.events if isinstance(one, CatalogAbsent)]
        await asyncio.sleep(600)
        absent = [one for one in bench.events if isinstance(one, CatalogAbsent)]
        assert [one.device_id for one in absent] == [device.id]
        assert device.heard["CatalogQuery"] == 3
        device.script = obliging
        await bench.queries.catalog(device.id)
        await bench.queries.stop()

    run(main())


def test_a_profile_says_what_is_asked_and_for_how_long_it_is_waited() -> None:
    async def main() -> None:
        bench = Bench(QueryRules(pauses=()))
        bench.queries.start()
        quiet = Profile(ask_info=False, ask_catalog=False)
        one = bench.device(1)
        bench.own.profile_of = lambda device_id: quiet
        bench.queries.plan(one.id)
        await asyncio.sleep(5)
        assert not one.heard
        hasty = Profile(ask_info=False, answer_timeout=1.0, pseudo_channel=False)
        bench.own.profile_of = lambda device_id: hasty
        other = bench.device(2, listless)
        bench.queries.plan(other.id)
        await asyncio.sleep(3)
        assert [type(event) for event in bench.events] == [QueryFailed]
        await bench.queries.stop()

    run(main())

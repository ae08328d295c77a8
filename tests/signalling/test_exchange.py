"""Requests of ours and their answers, in virtual time."""

import asyncio

import pytest

from tongshi.errors import PeerSilent
from tongshi.net.carrier import Carrier
from tongshi.signalling.exchange import Exchange, Outcome
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered, Event, LinkLost, RequestArrived, TimedOut
from tongshi.sip.message import Request
from tongshi.testing.timeless import Network, Peer, run

HEADERS = (
    ("From", "<sip:us@x>;tag=1"),
    ("To", "<sip:them@x>"),
    ("Call-ID", "call"),
    ("CSeq", "1 MESSAGE"),
)


class Bench:
    """An exchange, and a peer that answers every request with *statuses* in order."""

    def __init__(self, *statuses: int) -> None:
        self.network = Network()
        self.peer = Peer(self.network, "192.0.2.20", 5060, self.hear)
        self.statuses = statuses
        self.arrived: list[RequestArrived] = []
        endpoint = Endpoint(new_token=self.peer.token)
        carrier: Carrier[Event] = Carrier(endpoint, self.settle)
        self.exchange = Exchange(endpoint, carrier.pump, lambda peer: "192.0.2.10:5060")
        self.network.join(carrier, "192.0.2.10", 5060)

    def settle(self, event: Event) -> None:
        if isinstance(event, Answered | TimedOut | LinkLost):
            self.exchange.settle(event)

    def hear(self, peer: Peer, event: Event) -> None:
        if isinstance(event, RequestArrived):
            self.arrived.append(event)
            for status in self.statuses:
                peer.endpoint.reply(event, event.request.response(status), peer.now)

    def request(self) -> Request:
        return Request("MESSAGE", "sip:them@192.0.2.20", HEADERS)

    async def ask(self, within: float = 5.0) -> int:
        answer = await self.exchange.ask(
            self.request(), self.peer.address, within=within, stage="query"
        )
        return answer.status


@pytest.mark.parametrize("status", [200, 302, 403, 500, 699])
def test_the_final_answer_is_returned_whatever_its_status(status: int) -> None:
    async def work() -> None:
        bench = Bench(100, status)
        assert await bench.ask() == status
        assert len(bench.exchange) == 0
        assert bench.arrived[0].request.via.host == "192.0.2.10"

    run(work())


def test_silence_is_an_error_with_its_timer_and_stage() -> None:
    async def work() -> None:
        bench = Bench()
        with pytest.raises(PeerSilent) as caught:
            await bench.ask(within=5.0)
        assert (caught.value.timer, caught.value.stage) == ("timeout", "query")
        assert asyncio.get_running_loop().time() == pytest.approx(5.0, abs=0.1)
        assert len(bench.exchange) == 0

    run(work())


def test_a_lost_connection_is_silence_too() -> None:
    async def work() -> None:
        bench = Bench()
        target = bench.peer.address._replace(transport="tcp", local="gone")
        with pytest.raises(PeerSilent) as caught:
            await bench.exchange.ask(bench.request(), target, within=5.0, stage="query")
        assert caught.value.timer == "connection"

    run(work())


def test_a_lost_datagram_is_sent_again() -> None:
    async def work() -> None:
        bench = Bench(200)
        losses = iter([True, True])
        bench.network.loses = lambda data: next(losses, False)
        assert await bench.ask() == 200

    run(work())


def test_one_that_asks_no_more_is_forgotten() -> None:
    async def work() -> None:
        bench = Bench()
        asking = asyncio.create_task(bench.ask())
        await asyncio.sleep(1)
        assert len(bench.exchange) == 1
        asking.cancel()
        await asyncio.wait([asking])
        assert len(bench.exchange) == 0
        await asyncio.sleep(10)  # what still comes finds nobody

    run(work())


def test_telling_waits_for_nothing_and_leaves_nothing() -> None:
    async def work() -> None:
        for statuses in ((200,), ()):
            bench = Bench(*statuses)
            bench.exchange.tell(bench.request(), bench.peer.address, within=2.0)
            await asyncio.sleep(3)
            assert len(bench.arrived) == 1
            assert len(bench.exchange) == 0

    run(work())


def test_a_listener_hears_provisional_answers_and_may_cancel() -> None:
    async def work() -> None:
        bench = Bench(101)
        heard = list[int]()

        def hear(outcome: Outcome) -> None:
            if isinstance(outcome, Answered):
                heard.append(outcome.response.status)

        headers = [*HEADERS[:3], ("CSeq", "1 INVITE")]
        invite = Request("INVITE", "sip:them@192.0.2.20", headers)
        handle = bench.exchange.send(invite, bench.peer.address, hear, within=12.0)
        await asyncio.sleep(1)
        bench.exchange.cancel(handle)
        await asyncio.sleep(5)
        assert heard == [101, 487]
        bench.exchange.forget(handle)
        bench.exchange.forget(handle)

    run(work())

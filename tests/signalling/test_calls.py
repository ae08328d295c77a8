"""One call with a scripted peer, in virtual time; sessions prove the rest of it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import PeerSilent
from tongshi.gb28181.description import PS
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.session import Caller
from tongshi.gb28181.steps import Parties
from tongshi.gb28181.subject import Subject
from tongshi.net.carrier import Carrier
from tongshi.signalling.calls import LATE, Call
from tongshi.signalling.exchange import Exchange
from tongshi.sip.desk import Limits
from tongshi.sip.dialog import Dialog
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import AckArrived, Answered, Event, LinkLost, RequestArrived, TimedOut
from tongshi.sip.message import Request
from tongshi.testing.timeless import Network, Peer, run

US, THEM = "34020000002000000001", "34020000001310000001"


class Bench:
    """A call, and a peer that accepts it unless *deaf*."""

    def __init__(self, limits: Limits) -> None:
        network = Network()
        self.log: list[str] = []
        self.deaf: set[str] = set()
        self.hung_up: list[bool] = []
        self.dialog: Dialog | None = None
        self.peer = Peer(network, "192.0.2.20", 5060, self.hear)
        endpoint = Endpoint(new_token=self.peer.token, limits=limits)
        carrier: Carrier[Event] = Carrier(endpoint, self.settle)
        network.join(carrier, "192.0.2.10", 5060)
        self.exchange = Exchange(endpoint, carrier.pump, lambda peer: "192.0.2.10:5060")
        parties = Parties(US, THEM, "3402000000", f"sip:{THEM}@192.0.2.20", f"sip:{US}@192.0.2.10")
        self.caller = Caller(
            parties,
            Offer(owner=US, host="192.0.2.10", port=30000, ssrc="0200000001"),
            Subject(THEM, "0200000001", US, "0"),
            new_token=self.peer.token,
        )
        self.call = Call(
            self.caller, self.peer.address, self.exchange, lambda: self.hung_up.append(True)
        )

    def settle(self, event: Event) -> None:
        if isinstance(event, Answered | TimedOut | LinkLost):
            self.exchange.settle(event)

    def hear(self, peer: Peer, event: Event) -> None:
        if isinstance(event, AckArrived):
            self.log.append("ACK")
        if not isinstance(event, RequestArrived):
            return
        request = event.request
        self.log.append(request.method)
        if request.method in self.deaf:
            return
        response = request.response(200)
        if request.method == "INVITE":
            answer = Offer.parse(request.body).answer(
                owner=THEM, host="192.0.2.20", port=15060, payloads=(PS,)
            )
            response.body = answer.build()
            self.dialog = Dialog.from_uas(request, response)
        peer.endpoint.reply(event, response, peer.now)

    def from_peer(self, method: str) -> Request:
        """A request of the peer within the dialog."""
        assert self.dialog is not None
        return self.dialog.request(method)


def bench(work: Callable[[Bench], Coroutine[Any, Any, None]], limits: Limits | None = None) -> None:
    async def main() -> None:
        made = Bench(limits or Limits())
        await work(made)
        await asyncio.sleep(LATE + 60)
        assert len(made.exchange) == 0

    run(main())


def test_from_the_invite_to_the_bye() -> None:
    async def work(bench: Bench) -> None:
        answer = await bench.call.establish(within=12)
        assert (answer.port, bench.call.call_id) == (15060, bench.caller.request.call_id)
        await bench.call.hang_up()
        assert bench.log == ["INVITE", "ACK", "BYE"]
        assert bench.call.confirmed
        await bench.call.hang_up()
        assert bench.log.count("BYE") == 1
        assert not bench.hung_up

    bench(work)


def test_a_bye_that_nobody_confirms() -> None:
    async def work(bench: Bench) -> None:
        await bench.call.establish(within=12)
        bench.deaf.add("BYE")
        await bench.call.hang_up(within=1)
        assert not bench.call.confirmed
        await asyncio.sleep(10)
        bench.call.repeat_bye()
        await asyncio.sleep(10)
        assert bench.log.count("BYE") == 2  # of each, repetitions are the endpoint's matter

    bench(work)


def test_a_call_that_was_never_answered_has_no_bye_to_repeat() -> None:
    async def work(bench: Bench) -> None:
        bench.deaf.add("INVITE")
        with pytest.raises(PeerSilent):
            await bench.call.establish(within=3)
        bench.call.repeat_bye()
        await bench.call.hang_up()
        await asyncio.sleep(5)
        assert "BYE" not in bench.log

    bench(work)


def test_a_call_that_never_began_ends_at_once() -> None:
    async def work(bench: Bench) -> None:
        await bench.call.hang_up()
        assert bench.log == []

    bench(work)


def test_requests_of_the_peer_within_the_call() -> None:
    async def work(bench: Bench) -> None:
        await bench.call.establish(within=12)
        stranger = Request(
            "BYE",
            "sip:x",
            [("Call-ID", "else"), ("CSeq", "1 BYE"), ("From", "<sip:a@b>"), ("To", "<sip:c@d>")],
        )
        assert not bench.call.accepts(stranger)
        bye = bench.from_peer("BYE")
        assert bench.call.accepts(bye)
        assert bench.call.arrived(bye).status == 200
        assert bench.hung_up == [True]
        await bench.call.hang_up()
        await asyncio.sleep(1)
        assert bench.log == ["INVITE", "ACK"]

    bench(work)


def test_a_bye_for_which_there_is_no_room_ends_the_call_all_the_same() -> None:
    async def work(bench: Bench) -> None:
        await bench.call.establish(within=12)
        await bench.call.hang_up()  # the answered INVITE is still remembered, and fills the room
        await asyncio.sleep(10)
        assert bench.log == ["INVITE", "ACK"]

    bench(work, Limits(clients=1))

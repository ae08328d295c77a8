"""A loop in which waiting takes no time, and its wire."""

import asyncio
import time

import pytest

from tongshi.sip.event import Answered, Event, RequestArrived
from tongshi.sip.message import Request
from tongshi.testing.timeless import EPOCH, LoopClock, Network, Peer, run


def test_a_day_passes_in_a_moment_and_in_order() -> None:
    async def work() -> list[str]:
        said = list[str]()

        async def say(word: str, after: float) -> None:
            await asyncio.sleep(after)
            said.append(word)

        await asyncio.gather(say("noon", 43200), say("night", 86400), say("morning", 21600))
        assert LoopClock().now() == pytest.approx(86400)
        assert LoopClock().wall() == pytest.approx(EPOCH + 86400)
        return said

    began = time.monotonic()
    assert run(work()) == ["morning", "noon", "night"]
    assert time.monotonic() - began < 3600


def test_a_wait_without_end_is_told() -> None:
    async def work() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(RuntimeError, match="nothing will ever come"):
        run(work())


def test_peers_talk_over_a_wire_that_may_lose() -> None:
    async def work() -> None:
        network, heard = Network(), list[Event]()

        def answer(peer: Peer, event: Event) -> None:
            if isinstance(event, RequestArrived):
                peer.endpoint.reply_once(event, event.request.response(200))

        one = Peer(network, "192.0.2.1", 5060, lambda peer, event: heard.append(event))
        two = Peer(network, "192.0.2.2", 5060, answer)
        losses = iter([True])
        network.loses = lambda data: next(losses, False)
        ask = [("From", "<sip:a@b>;tag=1"), ("To", "<sip:c@d>"), ("Call-ID", one.token())]
        ask.append(("CSeq", "1 OPTIONS"))
        one.endpoint.request(Request("OPTIONS", "sip:x", ask), two.address, one.now, sent_by="h:1")
        one.carrier.pump()
        await asyncio.sleep(5)
        assert isinstance(heard[0], Answered)
        assert (network.sent, network.lost) == (3, 1)
        one.place.send(b"nobody is there", two.address._replace(port=1))
        assert network.lost == 2

    run(work())

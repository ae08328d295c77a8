"""One core, many links."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.net.carrier import Carrier
from tongshi.sip.address import Address

PEER = Address("192.0.2.1", 5060, "udp", "one")


class Echo:
    """A core that answers each message with itself and reports it; wakes at ``wake``."""

    def __init__(self) -> None:
        self.out: list[tuple[bytes, Address]] = []
        self.told: list[str] = []
        self.lost: list[Address] = []
        self.expired: list[float] = []
        self.wake: float | None = None
        self.woken = asyncio.Event()

    def receive(self, data: bytes, source: Address, now: float) -> None:
        self.out.append((data, source))
        self.told.append(data.decode())

    def link_lost(self, address: Address, now: float) -> None:
        self.lost.append(address)

    def expire(self, now: float) -> None:
        self.expired.append(now)
        self.wake = None
        self.woken.set()

    def deadline(self) -> float | None:
        return self.wake

    def outgoing(self) -> list[tuple[bytes, Address]]:
        out, self.out = self.out, []
        return out

    def events(self) -> list[str]:
        told, self.told = self.told, []
        return told


class Wire:
    """A link that keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, data: bytes, address: Address) -> None:
        self.sent.append(data)


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


def test_answers_leave_by_the_link_of_the_question() -> None:
    async def work() -> None:
        core, heard, one, two = Echo(), list[str](), Wire(), Wire()
        carrier = Carrier(core, heard.append)
        carrier.attach("one", one, default_for="udp")
        carrier.attach("two", two, default_for="udp")
        carrier.take(b"a", PEER)
        carrier.take(b"b", PEER._replace(local="two"))
        carrier.take(b"c", PEER._replace(local=""))
        carrier.pump()
        assert (one.sent, two.sent, heard) == ([b"a", b"c"], [b"b"], ["a", "b", "c"])

    run(work)


def test_what_no_link_reaches_is_counted_and_reported_lost() -> None:
    async def work() -> None:
        core, one = Echo(), Wire()
        carrier = Carrier(core, list[str]().append)
        carrier.attach("one", one, default_for="udp")
        carrier.detach("one")
        carrier.detach("never")
        carrier.take(b"a", PEER)
        carrier.take(b"b", PEER._replace(local=""))
        carrier.pump()
        assert (carrier.unsent, core.lost) == (2, [PEER, PEER._replace(local="")])
        assert one.sent == []

    run(work)


def test_names_are_never_given_twice() -> None:
    async def work() -> None:
        carrier = Carrier(Echo(), list[str]().append)
        assert carrier.new_name("tcp") != carrier.new_name("tcp")

    run(work)


def test_a_lost_link_is_told_to_core_and_owner() -> None:
    async def work() -> None:
        core, lost = Echo(), list[tuple[Address, str]]()
        carrier = Carrier(core, list[str]().append, lambda where, why: lost.append((where, why)))
        carrier.attach("one", Wire())
        carrier.lose(PEER, "closed by peer")
        assert (core.lost, lost) == ([PEER], [(PEER, "closed by peer")])

    run(work)


def test_a_listener_may_use_the_core_and_pump_again() -> None:
    async def work() -> None:
        core, one = Echo(), Wire()

        def hear(told: str) -> None:
            if told == "a":
                carrier.take(b"b", PEER)
                carrier.pump()

        carrier = Carrier(core, hear)
        carrier.attach("one", one)
        carrier.take(b"a", PEER)
        carrier.pump()
        assert one.sent == [b"a", b"b"]

    run(work)


def test_one_listener_fault_costs_no_other_event() -> None:
    async def work() -> None:
        core, heard = Echo(), list[str]()

        def hear(told: str) -> None:
            if told == "bad":
                raise ZeroDivisionError
            heard.append(told)

        carrier = Carrier(core, hear)
        carrier.attach("one", Wire())
        for text in (b"bad", b"good"):
            carrier.take(text, PEER)
        with pytest.raises(ZeroDivisionError):
            carrier.pump()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert heard == ["good"]

    run(work)


def test_the_core_is_woken_when_it_asked_to_be() -> None:
    async def work() -> None:
        core = Echo()
        carrier = Carrier(core, list[str]().append)
        now = asyncio.get_running_loop().time()
        core.wake = now + 1000
        carrier.pump()
        core.wake = now + 0.001  # earlier: the timer moves
        carrier.pump()
        core.wake = now + 0.002  # later: it stays, and an early call is harmless
        carrier.pump()
        async with asyncio.timeout(5):
            await core.woken.wait()
        assert len(core.expired) == 1
        core.wake = now + 1000
        carrier.pump()
        carrier.close()
        carrier.close()

    run(work)


def test_a_tap_sees_what_comes_and_what_goes() -> None:
    async def work() -> None:
        seen: list[tuple[bool, bytes]] = []
        carrier = Carrier(Echo(), list[str]().append)
        carrier.attach("one", Wire())
        carrier.listen(lambda inward, data, address: seen.append((inward, data)))
        carrier.take(b"a", PEER)
        carrier.pump()
        carrier.listen(None)
        carrier.take(b"b", PEER)
        carrier.pump()
        assert seen == [(True, b"a"), (False, b"a")]

    run(work)

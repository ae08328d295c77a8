import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import Engine

from tongshi.access.accounts.store import add_person, write_disabled
from tongshi.access.grant import Right
from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.audit.entry import Actor
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.errors import Missing
from tongshi.hooks.hook import HookWish, State
from tongshi.hooks.queue.service import QueueRules, Queues
from tongshi.hooks.sending.service import Sender, SendRules
from tongshi.hooks.service import Hooks, MadeHook
from tongshi.hooks.target import read_networks
from tongshi.testing.receiver import FAILED, OK, Heard, Receiver

pytestmark = pytest.mark.network
ANNA = Actor(1, "Anna", "System", "192.0.2.2")
TOPICS = frozenset({"alarm", "device"})


async def until(holds: Callable[[], object]) -> None:
    """Return once *holds*."""
    for _ in range(2000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


@dataclass
class Sight:
    """What the owner of hooks may know of: these devices, for these rights."""

    devices: set[str] = field(default_factory=lambda: {"d1", "d2"})
    rights: set[Right] = field(default_factory=lambda: set(Right))

    def __call__(
        self, person: Person, right: Right, keys: Iterable[tuple[str, str]]
    ) -> set[tuple[str, str]]:
        assert person.role is Role.SERVICE
        return {key for key in keys if key[0] in self.devices and right in self.rights}


async def nobody(host: str, port: int) -> list[str]:
    raise OSError(host)


@dataclass
class Bench:
    """Hooks and their queues on a real store."""

    engine: Engine
    writer: Writer
    clock: ManualClock
    sight: Sight
    hooks: Hooks
    rules: QueueRules = field(default_factory=lambda: QueueRules(first=0.02))

    def queues(self) -> Queues:
        sender = Sender(SendRules(read_networks("127.0.0.0/8"), 5.0), nobody)
        return Queues(
            self.hooks,
            sender,
            self.engine,
            self.writer,
            self.clock,
            self.sight,
            self.rules,
            lambda: 0.5,
        )

    def make(self, url: str, name: str = "night") -> MadeHook:
        return self.hooks.make(HookWish(1, name, url, TOPICS), ANNA)

    def states(self, hook_id: int = 1) -> list[str]:
        rows = self.hooks.deliveries(hook_id, size=500).rows
        return [row.state.value for row in reversed(rows)]

    def run(self, work: Callable[[Queues], Coroutine[object, object, None]]) -> None:
        """Run *work* with queues that are started and stopped."""

        async def whole() -> None:
            queues = self.queues()
            await queues.start()
            try:
                await work(queues)
            finally:
                await queues.stop()

        asyncio.run(whole())

    async def settled(self, count: int, hook_id: int = 1) -> None:
        """Return once *count* deliveries of a hook are over."""
        await until(lambda: sum(each != "waiting" for each in self.states(hook_id)) >= count)


@pytest.fixture
def bench(engine: Engine, writer: Writer, clock: ManualClock) -> Bench:
    person = Person(0, "bridge", "Bridge", "Unit", Role.SERVICE, True, False)
    writer.commit(lambda connection: add_person(connection, person, "", 1.0))
    return Bench(engine, writer, clock, Sight(), Hooks(engine, writer, clock, b"k" * 32))


def numbers(heard: list[Heard]) -> list[object]:
    return [json.loads(each.body)["data"].get("n") for each in heard]


def publish(queues: Queues, *given: int, device: str = "d1") -> None:
    for number in given:
        queues.publish("device", device, {"device": device, "n": number})


def test_deliveries_are_signed_and_in_order(bench: Bench) -> None:
    async def work(queues: Queues) -> None:
        async with Receiver() as receiver:
            made = await asyncio.to_thread(bench.make, receiver.url)
            publish(queues, *range(20))
            heard = await receiver.wait(20)
            assert numbers(heard) == list(range(20))
            first = heard[0]
            at, given = first.headers["tongshi-signature"].split(",")
            signed = at.removeprefix("t=").encode() + b"." + first.body
            expected = hmac.new(made.secret.encode(), signed, hashlib.sha256).hexdigest()
            assert given == f"v1={expected}"
            assert first.headers["tongshi-delivery"] == str(json.loads(first.body)["id"])
            await bench.settled(20)

    bench.run(work)
    assert set(bench.states()) == {"done"}


def test_a_receiver_that_fails_for_a_while_misses_nothing(bench: Bench) -> None:
    answers = [FAILED, b"HTTP/1.1 503 X\r\n\r\n", FAILED]

    async def work(queues: Queues) -> None:
        async with Receiver(lambda _: answers.pop() if answers else OK) as receiver:
            await asyncio.to_thread(bench.make, receiver.url)
            publish(queues, 1, 2, 3)
            heard = await wind(bench, receiver.wait(6))
            assert numbers(heard) == [1, 1, 1, 1, 2, 3]
            assert len({each.body for each in heard[:4]}) == 1
            await bench.settled(3)

    bench.run(work)
    tries = [row.tries for row in reversed(bench.hooks.deliveries(1).rows)]
    assert tries == [4, 1, 1]
    assert bench.hooks.find(1).failures == 0


async def wind(bench: Bench, waiting: Awaitable[list[Heard]]) -> list[Heard]:
    """Let the clock run while something is waited for."""
    task = asyncio.ensure_future(waiting)
    while not task.done():
        bench.clock.wind(1.0)
        await asyncio.sleep(0.01)
    return task.result()


def test_a_delivery_is_given_up_in_the_end_and_the_next_is_made(bench: Bench) -> None:
    bench.rules = replace(bench.rules, patience=0.0)
    answers = [FAILED, FAILED]

    async def work(queues: Queues) -> None:
        async with Receiver(lambda _: answers.pop() if answers else OK) as receiver:
            await asyncio.to_thread(bench.make, receiver.url)
            publish(queues, 1, 2, 3)
            assert numbers(await wind(bench, receiver.wait(3))) == [1, 2, 3]
            await bench.settled(3)
            assert queues.figures()["given_up"] == 2

    bench.run(work)
    assert bench.states() == ["given-up", "given-up", "done"]
    outcome = bench.hooks.deliveries(1).rows[2].outcome
    assert outcome is not None
    assert (outcome.status, outcome.why, outcome.answer) == (500, "status", "failed")


def test_a_slow_receiver_delays_nobody(bench: Bench) -> None:
    async def work(queues: Queues) -> None:
        async with Receiver(lambda _: b"") as slow, Receiver() as quick:
            await asyncio.to_thread(bench.make, slow.url, "slow")
            await asyncio.to_thread(bench.make, quick.url, "quick")
            publish(queues, *range(10))
            await slow.wait(1)
            assert numbers(await quick.wait(10)) == list(range(10))
            assert len(slow.heard) == 1

    bench.run(work)
    assert bench.states(1) == ["waiting"] * 10


def test_what_waits_goes_on_after_a_restart(bench: Bench) -> None:
    async def before(queues: Queues) -> None:
        async with Receiver(lambda _: b"") as receiver:
            await asyncio.to_thread(bench.make, receiver.url)
            publish(queues, 1)
            await receiver.wait(1)
            publish(queues, 2)

    async def after(queues: Queues) -> None:
        async with Receiver() as receiver:
            wish = HookWish(1, "night", receiver.url, TOPICS)
            await asyncio.to_thread(bench.hooks.change, 1, wish, ANNA)
            heard = await wind(bench, receiver.wait(2))
            assert numbers(heard) == [1, 2]
            await bench.settled(2)

    bench.run(before)
    assert bench.states() == ["waiting", "waiting"]
    bench.run(after)


def test_a_hook_tells_what_its_owner_may_know_of(bench: Bench) -> None:
    bench.sight.devices = {"d1"}
    bench.sight.rights = {Right.SEE}

    async def work(queues: Queues) -> None:
        async with Receiver() as receiver:
            await asyncio.to_thread(bench.make, receiver.url)
            publish(queues, 1)
            publish(queues, 2, device="d2")
            queues.publish("alarm", "d1", {"n": 3})
            queues.publish("ptz", "d1", {"n": 4})
            queues.publish("look", "d1", {"n": 5})
            publish(queues, 6)
            assert numbers(await receiver.wait(2)) == [1, 6]
            await bench.settled(2)

    bench.run(work)
    assert bench.states() == ["done", "done"]


def test_what_waits_is_withheld_once_its_owner_may_not_know_of_it(bench: Bench) -> None:
    async def work(queues: Queues) -> None:
        async with Receiver() as receiver:
            made = await asyncio.to_thread(bench.make, receiver.url)
            wish = HookWish(1, "night", receiver.url, TOPICS, paused=True)
            await asyncio.to_thread(bench.hooks.change, made.hook.id, wish, ANNA)
            publish(queues, 1)
            publish(queues, 2, device="d2")
            await until(lambda: len(bench.states()) == 2)
            bench.sight.devices = {"d2"}
            await asyncio.to_thread(bench.hooks.change, 1, replace(wish, paused=False), ANNA)
            assert numbers(await receiver.wait(1)) == [2]
            await bench.settled(2)

    bench.run(work)
    assert bench.states() == ["withheld", "done"]


def test_nothing_is_told_for_a_closed_account(bench: Bench) -> None:
    async def work(queues: Queues) -> None:
        async with Receiver() as receiver:
            await asyncio.to_thread(bench.make, receiver.url)
            bench.writer.commit(lambda connection: write_disabled(connection, 1, 5.0))
            publish(queues, 1)
            await until(lambda: not queues.figures()["gathered"])
            bench.writer.commit(lambda connection: write_disabled(connection, 1, None))
            publish(queues, 2)
            assert numbers(await receiver.wait(1)) == [2]

    bench.run(work)


def test_a_full_queue_tells_how_much_is_missing(bench: Bench) -> None:
    bench.rules = replace(bench.rules, most=4)
    gate = asyncio.Event()

    async def work(queues: Queues) -> None:
        async with Receiver() as receiver:
            await asyncio.to_thread(bench.make, receiver.url)
            wish = HookWish(1, "night", receiver.url, TOPICS, paused=True)
            await asyncio.to_thread(bench.hooks.change, 1, wish, ANNA)
            publish(queues, *range(10))
            await until(lambda: len(bench.states()) == 4)
            await asyncio.to_thread(bench.hooks.change, 1, replace(wish, paused=False), ANNA)
            heard = await receiver.wait(5)
            assert numbers(heard) == [0, 1, 2, 3, None]
            gap = json.loads(heard[4].body)
            assert (gap["topic"], gap["data"]["missed"]) == ("gap", 6)
            publish(queues, 10)
            assert numbers(await receiver.wait(6))[5:] == [10]
            gate.set()

    bench.run(work)
    assert gate.is_set()
    assert bench.hooks.find(1).missed == 0


def test_a_test_is_sent_beside_the_queue(bench: Bench) -> None:
    async def work(queues: Queues) -> None:
        async with Receiver() as receiver:
            made = await asyncio.to_thread(bench.make, receiver.url)
            tried = await queues.test(made.hook.id)
            assert (tried.state, tried.tries) == (State.DONE, 1)
            assert json.loads(receiver.heard[0].body)["topic"] == "test"
        failed = await queues.test(made.hook.id)
        assert failed.state is State.GIVEN_UP
        assert failed.outcome is not None
        assert failed.outcome.why == "unreachable"
        with pytest.raises(Missing):
            await queues.test(99)

    bench.run(work)


def test_a_lost_key_is_told_and_nothing_sent(bench: Bench) -> None:
    async def work(queues: Queues) -> None:
        async with Receiver() as receiver:
            made = await asyncio.to_thread(bench.make, receiver.url)
            bench.hooks = Hooks(bench.engine, bench.writer, bench.clock, b"l" * 32)
            tried = await bench.queues().test(made.hook.id)
            assert tried.outcome is not None
            assert tried.outcome.why == "key"
            assert receiver.connections == 0

    bench.run(work)


def test_something_told_again_by_hand_comes_after_what_waits(bench: Bench) -> None:
    async def work(queues: Queues) -> None:
        async with Receiver() as receiver:
            await asyncio.to_thread(bench.make, receiver.url)
            publish(queues, 1, 2)
            await receiver.wait(2)
            await bench.settled(2)
            first = bench.hooks.deliveries(1).rows[1]
            await asyncio.to_thread(bench.hooks.redeliver, 1, first.id, ANNA)
            heard = await receiver.wait(3)
            again = json.loads(heard[2].body)
            assert (again["again_of"], again["data"]) == (first.id, {"device": "d1", "n": 1})
            await bench.settled(3)

    bench.run(work)

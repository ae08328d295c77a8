"""Deeds in the register: before they are done, with their reason, and how they went."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.access.identity import Session as SignIn
from tongshi.access.permission import Role
from tongshi.access.register import Action, Entry, EntryQuery
from tongshi.access.scope import EVERYTHING
from tongshi.api import deeds as module
from tongshi.api.deeds import Deeds, Doer, Target
from tongshi.api.parts import Parts
from tongshi.api.view import Wish
from tongshi.clock import ManualClock
from tongshi.errors import Exhausted, Invalid, Missing, PeerSilent
from tongshi.signalling.event import Kind

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
TARGET = Target(RECORDER, CHANNEL, "通道 1")
Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture
def deeds(parts: Parts) -> Deeds:
    return parts.deeds


@pytest.fixture
def li(parts: Parts) -> SignIn:
    given = parts.people.add("li", "Li", "Unit 1", Role.OPERATOR)
    return parts.sign_ins.sign_in(given.name, given.password, "192.0.2.9").session


@pytest.fixture
def doer(li: SignIn) -> Doer:
    return Doer(li.person, "192.0.2.9", "patrol")


@pytest.fixture
def entries(parts: Parts, flush: Callable[[], None]) -> Callable[[], list[Entry]]:
    def read() -> list[Entry]:
        flush()
        return list(reversed(parts.register.page(EVERYTHING, EntryQuery()).rows))

    return read


def test_a_deed_is_on_the_disk_before_it_is_done(
    runner: asyncio.Runner, deeds: Deeds, doer: Doer, entries: Callable[[], list[Entry]]
) -> None:
    async def work() -> None:
        async with deeds.enter(doer, TARGET, "reboot") as outcome:
            [entry] = entries()
            assert entry.ending is None
            look = entry.look
            assert (look.action, look.what, look.purpose) == (Action.CONTROL, "reboot", "patrol")
            assert (look.person, look.channel, look.address) == ("Li", "通道 1", "192.0.2.9")
            outcome.how = "delivered"
        with pytest.raises(PeerSilent):
            async with deeds.enter(doer, TARGET, "picture", Action.SNAPSHOT):
                raise PeerSilent("nothing", timer="F", stage="query")

    runner.run(work())
    first, second = (entry.ending for entry in entries())
    assert first is not None
    assert second is not None
    assert (first.how, first.acts, second.how) == ("delivered", 1, "peer.silent")


def test_a_deed_that_was_given_up_says_so(
    runner: asyncio.Runner, deeds: Deeds, doer: Doer, entries: Callable[[], list[Entry]]
) -> None:
    async def work() -> None:
        async def hang() -> None:
            async with deeds.enter(doer, TARGET, "reboot"):
                await asyncio.Event().wait()

        hanging = asyncio.create_task(hang())
        await asyncio.sleep(0.1)
        hanging.cancel()
        await asyncio.wait([hanging])

    runner.run(work())
    [entry] = entries()
    assert entry.ending is not None
    assert entry.ending.how == "cancelled"


def test_steering_is_one_entry_that_counts(
    runner: asyncio.Runner,
    deeds: Deeds,
    doer: Doer,
    clock: ManualClock,
    entries: Callable[[], list[Entry]],
) -> None:
    async def work() -> None:
        async def turn() -> None:
            async with deeds.steer(doer, TARGET):
                pass

        await asyncio.gather(*(turn() for _ in range(20)))
        clock.wind(5)
        await turn()
        other = Doer(doer.person, doer.address, "alarm")
        async with deeds.steer(other, TARGET):
            assert len(deeds) == 2
        with pytest.raises(PeerSilent):
            async with deeds.steer(other, TARGET):
                raise PeerSilent("nothing", timer="F", stage="query")

    runner.run(work())
    assert [entry.ending for entry in entries()] == [None, None]
    runner.run(asyncio.to_thread(lambda: None))
    deeds.stop()
    first, second = (entry.ending for entry in entries())
    assert first is not None
    assert second is not None
    assert (first.how, first.acts, first.watched) == ("closed", 21, 5.0)
    assert (second.how, second.acts) == ("peer.silent", 2)
    assert [entry.look.what for entry in entries()] == ["steer", "steer"]


def test_steering_ends_when_nothing_follows(
    runner: asyncio.Runner,
    deeds: Deeds,
    doer: Doer,
    monkeypatch: pytest.MonkeyPatch,
    entries: Callable[[], list[Entry]],
) -> None:
    monkeypatch.setattr(module, "REST", 0.0)

    async def work() -> None:
        async with deeds.steer(doer, TARGET):
            pass
        await asyncio.sleep(0.05)
        assert len(deeds) == 0

    runner.run(work())
    [entry] = entries()
    assert entry.ending is not None
    assert (entry.ending.how, entry.ending.acts) == ("closed", 1)


def test_the_reason_is_a_view_of_the_same_camera_or_stated(
    runner: asyncio.Runner, parts: Parts, deeds: Deeds, li: SignIn
) -> None:
    async def work() -> None:
        wish = Wish(RECORDER, CHANNEL, "通道 1", Kind.MAIN, "alarm")
        view = await parts.views.open(li, wish, "192.0.2.9")
        doer = deeds.doer(li.person, "a", TARGET, view.id, None)
        assert (doer.purpose, doer.view) == ("alarm", view.id)
        with pytest.raises(Invalid):
            deeds.doer(li.person, "a", Target(RECORDER, "another", ""), view.id, "patrol")
        with pytest.raises(Missing):
            deeds.doer(li.person, "a", TARGET, "nobody's", "patrol")
        await parts.views.close(view)

    runner.run(work())
    assert deeds.doer(li.person, "a", TARGET, None, " patrol ").purpose == "patrol"
    for purpose in (None, "", "other"):
        with pytest.raises(Invalid):
            deeds.doer(li.person, "a", TARGET, None, purpose)


def test_nothing_is_done_that_cannot_be_written(
    runner: asyncio.Runner, deeds: Deeds, doer: Doer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WRITE", 0.0)

    async def work() -> None:
        with pytest.raises(Exhausted):
            async with deeds.enter(doer, TARGET, "reboot"):
                raise AssertionError("it was done")
        with pytest.raises(Exhausted):
            async with deeds.steer(doer, TARGET):
                raise AssertionError("it was done")
        assert len(deeds) == 0
        monkeypatch.setattr(module, "LIMIT", 0)
        with pytest.raises(Exhausted):
            async with deeds.steer(doer, TARGET):
                raise AssertionError("it was done")

    runner.run(work())

"""Talks of people: what ends them, and what the register keeps."""

import asyncio
from collections.abc import Callable

import pytest

from tongshi.access.identity import Session as SignIn
from tongshi.access.permission import Role
from tongshi.access.register import EntryQuery
from tongshi.access.scope import EVERYTHING
from tongshi.api import talking
from tongshi.api.parts import Parts
from tongshi.api.talking import Speech, State, Wish
from tongshi.clock import ManualClock
from tongshi.errors import Conflict, EngineFailed, Missing, PeerSilent
from tongshi.gateway.engine import ReaderJoined, StreamLost
from tongshi.gateway.engines.null import Null
from tongshi.gateway.tickets import Bond

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
WISH = Wish(RECORDER, CHANNEL, "门", "", "patrol")


@pytest.fixture
def sign_in(parts: Parts) -> SignIn:
    given = parts.people.add("speaker", "Speaker", "Unit 1", Role.OPERATOR)
    return parts.sign_ins.sign_in(given.name, given.password, "192.0.2.9").session


def endings(parts: Parts) -> list[tuple[str, float | None, int | None]]:
    rows = parts.register.page(EVERYTHING, EntryQuery()).rows
    return [
        (row.ending.how, row.ending.watched, row.ending.bytes) if row.ending else ("", None, None)
        for row in rows
    ]


async def opened(parts: Parts, sign_in: SignIn) -> Speech:
    return await parts.talking.open(sign_in, WISH, "192.0.2.9")


def test_a_ticket_that_nobody_uses_gives_the_loudspeaker_back(
    parts: Parts,
    sign_in: SignIn,
    runner: asyncio.Runner,
    null_engine: Null,
    flush: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(talking, "TICKET", 0.02)

    async def act() -> None:
        speech = await opened(parts, sign_in)
        assert parts.talking.find(speech.id, sign_in.person.id) is speech
        with pytest.raises(Missing):
            parts.talking.find(speech.id, sign_in.person.id + 1)
        assert await speech.talk.ended() == "unused"
        await asyncio.sleep(0.05)
        assert (speech.state, parts.talking.all()) == (State.OVER, ())

    runner.run(act())
    flush()
    assert endings(parts) == [("unused", 0.0, 0)]
    assert null_engine.talks.open_ == {}


def test_a_worker_that_dies_takes_the_count_with_it(
    parts: Parts,
    sign_in: SignIn,
    runner: asyncio.Runner,
    null_engine: Null,
    clock: ManualClock,
    flush: Callable[[], None],
) -> None:
    async def act() -> None:
        speech = await opened(parts, sign_in)
        null_engine.tell(ReaderJoined(speech.talk.stream, speech.ticket))
        assert speech.state is State.SPEAKING
        clock.wind(3.0)
        assert parts.talking.spoken_for(speech) == 3.0
        null_engine.tell(StreamLost(speech.talk.stream, EngineFailed("gone", stage="worker")))
        await asyncio.sleep(0.05)

    runner.run(act())
    flush()
    assert endings(parts) == [("engine.failed", 3.0, None)]


def test_the_register_learns_meanwhile_and_a_late_sign_in_ends_it(
    parts: Parts,
    sign_in: SignIn,
    runner: asyncio.Runner,
    null_engine: Null,
    clock: ManualClock,
    flush: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(talking, "NOTE", 0.01)

    async def act() -> None:
        speech = await opened(parts, sign_in)
        null_engine.tell(ReaderJoined(speech.talk.stream, speech.ticket))
        clock.wind(2.0)
        await parts.talking._note()
        assert not speech.talk.over
        clock.wind(sign_in.ends_at)
        parts.talking.start()
        assert await speech.talk.ended() == "denied.signin"
        await speech.talk.closed.wait()

    runner.run(act())


def test_a_node_that_stops_ends_talks_and_takes_none(
    parts: Parts, sign_in: SignIn, runner: asyncio.Runner, flush: Callable[[], None]
) -> None:
    async def act() -> None:
        await opened(parts, sign_in)
        await parts.talking.stop()
        await asyncio.sleep(0.05)
        with pytest.raises(Conflict):
            await opened(parts, sign_in)

    runner.run(act())
    flush()
    assert [how for how, _, _ in endings(parts)] == ["conflict", "stopped"]


def test_a_gateway_that_admits_nobody_ends_it(
    parts: Parts,
    sign_in: SignIn,
    runner: asyncio.Runner,
    null_engine: Null,
    flush: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def admit(talk: str, ticket: str, *, expires_s: float, bond: Bond) -> None:
        raise EngineFailed("gone", stage="worker")

    monkeypatch.setattr(null_engine.talks, "admit", admit)

    async def act() -> None:
        with pytest.raises(EngineFailed):
            await opened(parts, sign_in)
        await asyncio.sleep(0.05)

    runner.run(act())
    flush()
    assert [how for how, _, _ in endings(parts)] == ["engine.failed"]
    assert null_engine.talks.open_ == {}


def test_a_device_that_says_nothing_is_registered_too(
    parts: Parts,
    sign_in: SignIn,
    runner: asyncio.Runner,
    statuses: list[int | None],
    flush: Callable[[], None],
) -> None:
    statuses.append(None)

    async def act() -> None:
        with pytest.raises(PeerSilent):
            await opened(parts, sign_in)

    runner.run(act())
    flush()
    assert [how for how, _, _ in endings(parts)] == ["peer.silent"]

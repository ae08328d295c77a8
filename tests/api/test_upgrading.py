"""Upgrades under way: fetched, restarted, told, given up, followed over a restart of the node."""

import asyncio
from collections.abc import Callable

import pytest

from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.access.scope import EVERYTHING
from tongshi.api import upgrading as module
from tongshi.api.parts import Parts
from tongshi.api.upgrading import Upgrades
from tongshi.clock import ManualClock
from tongshi.errors import Conflict, Exhausted, Missing, PeerRefused
from tongshi.gb28181.manscdp import (
    DeviceControl,
    DeviceControlAnswer,
    DeviceUpgrade,
    Message,
    Outcome,
)
from tongshi.gb28181.version import Version
from tongshi.shelf.firmware import Firmware, State, Upgrade
from tongshi.signalling.answers import Answer
from tongshi.signalling.event import DeviceRegistered, UpgradeReported

CAMERA = "34020000001320000001"
Answers = dict[type[Message], Callable[[Message], Answer]]


@pytest.fixture
def person(parts: Parts) -> Person:
    given = parts.people.add("li", "Li", "", Role.SYSTEM)
    return parts.sign_ins.sign_in(given.name, given.password, "").session.person


@pytest.fixture
def firmware(parts: Parts, person: Person, clock: ManualClock) -> Firmware:
    passing = parts.shelf.passing()
    passing.write_bytes(b"firmware")
    return parts.shelf.adopt(passing, Firmware(0, "v2", 8, "00", clock.wall(), person.id, "Li"))


@pytest.fixture
def upgrades(parts: Parts, answers: Answers) -> Upgrades:
    answers[DeviceControl] = lambda said: DeviceControlAnswer(said.sn, CAMERA, Outcome.OK)
    return parts.upgrades


async def begin(upgrades: Upgrades, person: Person, firmware: Firmware) -> Upgrade:
    return await upgrades.begin(
        person, CAMERA, firmware, "maker", "V2", lambda key: f"http://node/{key}"
    )


def key_of(told: list[Message]) -> str:
    [command] = [said.command for said in told if isinstance(said, DeviceControl)]
    assert isinstance(command, DeviceUpgrade)
    return command.file_url.rpartition("/")[2]


def registered(clock: ManualClock) -> DeviceRegistered:
    wall = clock.wall()
    return DeviceRegistered(CAMERA, "h", 5060, "udp", wall, wall + 9, Version.V2022, "", "", False)


def kept(parts: Parts) -> Upgrade:
    [upgrade] = parts.shelf.upgrades(EVERYTHING, CAMERA, 1, 10).rows
    return upgrade


async def settle(upgrades: Upgrades) -> None:
    """Wait until what happened is recorded."""
    for _ in range(200):
        await asyncio.sleep(0.005)
        if len(upgrades._tasks) <= 1:
            return


@pytest.mark.clause("9.13.2", "9.13.3.1", "A.2.3.1.12", "A.2.5.9")
def test_the_whole_way(
    parts: Parts,
    upgrades: Upgrades,
    person: Person,
    firmware: Firmware,
    told: list[Message],
    clock: ManualClock,
    runner: asyncio.Runner,
) -> None:
    async def work() -> None:
        upgrade = await begin(upgrades, person, firmware)
        assert (upgrade.state, len(upgrades)) == (State.ACCEPTED, 1)
        assert upgrades.uses(firmware.id)
        with pytest.raises(Conflict):
            await begin(upgrades, person, firmware)
        key = key_of(told)
        opened, place = upgrades.open(key)
        assert (opened.id, place.read_bytes()) == (upgrade.id, b"firmware")
        upgrades.take(registered(clock))  # before it has everything: not the restart
        upgrades.sent(key, 5, last=False)
        upgrades.sent(key, 3, last=True)
        with pytest.raises(Missing):
            upgrades.open(key)
        upgrades.sent(key, 3, last=True)  # a repetition changes nothing
        await settle(upgrades)
        assert kept(parts).state is State.FETCHED
        upgrades.take(registered(clock))
        await settle(upgrades)
        assert (kept(parts).state, kept(parts).sent) == (State.RESTARTED, 8)
        reported = UpgradeReported(CAMERA, upgrade.session_id, True, "V2", "", clock.wall())
        upgrades.take(UpgradeReported("another", upgrade.session_id, True, "", "", 0.0))
        assert len(upgrades) == 1
        upgrades.take(reported)
        upgrades.take(reported)
        await settle(upgrades)
        assert (kept(parts).state, len(upgrades)) == (State.DONE, 0)
        assert not upgrades.uses(firmware.id)

    runner.run(work())


@pytest.mark.clause("A.2.5.9")
def test_a_failure_has_its_reason(
    parts: Parts,
    upgrades: Upgrades,
    person: Person,
    firmware: Firmware,
    told: list[Message],
    runner: asyncio.Runner,
) -> None:
    async def work() -> None:
        upgrade = await begin(upgrades, person, firmware)
        upgrades.take(UpgradeReported(CAMERA, upgrade.session_id, False, "V1", "02", 0.0))
        await settle(upgrades)
        assert (kept(parts).state, kept(parts).why) == (State.FAILED, "damaged")
        with pytest.raises(Missing):
            upgrades.open(key_of(told))

    runner.run(work())


@pytest.mark.clause("9.13.3.2")
def test_a_device_that_refuses(
    parts: Parts,
    upgrades: Upgrades,
    person: Person,
    firmware: Firmware,
    answers: Answers,
    runner: asyncio.Runner,
) -> None:
    answers[DeviceControl] = lambda said: DeviceControlAnswer(said.sn, CAMERA, Outcome.ERROR)

    async def work() -> None:
        with pytest.raises(PeerRefused):
            await begin(upgrades, person, firmware)
        await settle(upgrades)
        assert (kept(parts).state, kept(parts).why) == (State.FAILED, "peer.refused")
        assert len(upgrades) == 0

    runner.run(work())


def test_what_takes_too_long_is_given_up_also_by_the_next_process(
    parts: Parts,
    upgrades: Upgrades,
    person: Person,
    firmware: Firmware,
    clock: ManualClock,
    runner: asyncio.Runner,
) -> None:
    async def work() -> None:
        await begin(upgrades, person, firmware)
        await settle(upgrades)
        await upgrades.stop()
        clock.wind(3600)
        later = Upgrades(parts.shelf, parts.commands, parts.feed, clock)
        await later.start()
        for _ in range(200):
            await asyncio.sleep(0.005)
            if kept(parts).over:
                break
        assert (kept(parts).state, len(later)) == (State.FAILED, 0)
        await later.stop()

    runner.run(work())


def test_upgrades_are_bounded(
    upgrades: Upgrades,
    person: Person,
    firmware: Firmware,
    runner: asyncio.Runner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LIMIT", 0)

    async def work() -> None:
        with pytest.raises(Exhausted):
            await begin(upgrades, person, firmware)

    runner.run(work())


def test_one_that_cannot_be_recorded_is_not_begun(
    parts: Parts,
    upgrades: Upgrades,
    person: Person,
    firmware: Firmware,
    told: list[Message],
    runner: asyncio.Runner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(upgrade: Upgrade) -> Upgrade:
        raise Exhausted("no store", resource="store")

    monkeypatch.setattr(parts.shelf, "begin", fail)

    async def work() -> None:
        with pytest.raises(Exhausted):
            await begin(upgrades, person, firmware)
        assert (len(upgrades), told) == (0, [])

    runner.run(work())

"""Answers on their way, in virtual time."""

import asyncio

import pytest

from tongshi.errors import PeerSilent
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.gather import Why
from tongshi.gb28181.manscdp.response import CatalogAnswer, DeviceInfoAnswer, DeviceStatusAnswer
from tongshi.signalling.answers import CATALOG
from tongshi.signalling.waiting import LAST_SN, Waiting
from tongshi.sip.address import Address
from tongshi.testing.timeless import run

HOME = Address("192.0.2.20", 5060)
CAMERA = "34020000001320000001"


class Signs:
    """Counts what was told of a query's life."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def part(sn: int, total: int, *numbers: int) -> CatalogAnswer:
    items = tuple(Item(device_id=f"channel{number}") for number in numbers)
    return CatalogAnswer(sn, CAMERA, total, items, len(items))


def test_one_answer() -> None:
    async def work() -> None:
        waiting, signs = Waiting(41, first=120, gap=5), Signs()
        wait = waiting.one(CAMERA, HOME, DeviceInfoAnswer, signs)
        assert (wait.sn, len(waiting), waiting.expects(HOME.host)) == (42, 1, True)
        answer = DeviceInfoAnswer(42, CAMERA, name="gate")
        assert waiting.arrived(HOME, answer)
        assert waiting.arrived(HOME, answer)  # a repetition
        assert await waiting.result(wait) is answer
        assert (len(waiting), waiting.expects(HOME.host)) == (0, False)
        assert (waiting.taken, waiting.strays, signs.count) == (2, 0, 2)
        assert not waiting.arrived(HOME, answer)
        assert waiting.strays == 1

    run(work())


def test_an_answer_may_come_under_another_id_but_not_from_elsewhere() -> None:
    async def work() -> None:
        waiting = Waiting(0, first=120, gap=5)
        wait = waiting.one(CAMERA, HOME, DeviceStatusAnswer, Signs())
        answer = DeviceStatusAnswer(wait.sn, "other")
        elsewhere = HOME._replace(host="198.51.100.1")
        assert not waiting.arrived(elsewhere, answer)
        assert not waiting.arrived(HOME, DeviceInfoAnswer(wait.sn, CAMERA))
        assert not waiting.arrived(HOME, part(wait.sn, 0))
        assert waiting.arrived(HOME._replace(port=9), answer)
        assert await waiting.result(wait) is answer

    run(work())


def test_silence() -> None:
    async def work() -> None:
        waiting = Waiting(0, first=120, gap=5)
        loop = asyncio.get_running_loop()
        one = waiting.one(CAMERA, HOME, DeviceInfoAnswer, Signs())
        parts = waiting.parts(CAMERA, HOME, CATALOG, Signs())
        for result in (waiting.result(one), waiting.result(parts)):
            with pytest.raises(PeerSilent) as caught:
                await result
            assert (caught.value.stage, caught.value.timer) == ("answer", "first part")
        assert loop.time() == pytest.approx(120, abs=0.1)
        assert not len(waiting)

    run(work())


def test_a_catalog_is_whole_when_all_came_and_quiet_follows() -> None:
    async def work() -> None:
        waiting = Waiting(0, first=120, gap=5)
        wait = waiting.parts(CAMERA, HOME, CATALOG, Signs())
        for number in range(10):
            assert waiting.arrived(HOME, part(wait.sn, 10, number))
            await asyncio.sleep(3)
        gathered = await waiting.result(wait)
        assert (gathered.complete, gathered.unique, gathered.parts) == (True, 10, 10)

    run(work())


def test_a_catalog_that_stops_half_way_is_partial() -> None:
    async def work() -> None:
        waiting = Waiting(0, first=120, gap=5)
        wait = waiting.parts(CAMERA, HOME, CATALOG, Signs())
        waiting.arrived(HOME, part(wait.sn, 140, *range(10)))
        loop = asyncio.get_running_loop()
        began = loop.time()
        gathered = await waiting.result(wait)
        assert (gathered.complete, gathered.why, gathered.unique) == (False, Why.MISSING, 10)
        assert loop.time() - began == pytest.approx(5, abs=0.1)

    run(work())


def test_one_that_waits_no_longer_leaves_nothing() -> None:
    async def work() -> None:
        waiting = Waiting(0, first=120, gap=5)
        wait = waiting.one(CAMERA, HOME, DeviceInfoAnswer, Signs())
        asking = asyncio.create_task(waiting.result(wait))
        await asyncio.sleep(1)
        asking.cancel()
        await asyncio.wait([asking])
        assert (len(waiting), waiting.expects(HOME.host)) == (0, False)
        wait.due()
        waiting.end(wait)
        catalog = waiting.parts(CAMERA, HOME, CATALOG, Signs())
        waiting.arrived(HOME, part(catalog.sn, 1, 1))
        waiting.end(catalog)
        await asyncio.sleep(200)

    run(work())


def test_numbers_begin_anew_after_the_last() -> None:
    async def work() -> None:
        waiting = Waiting(LAST_SN - 1, first=120, gap=5)
        numbers = [waiting.one(CAMERA, HOME, DeviceInfoAnswer, Signs()).sn for _ in range(2)]
        assert numbers == [LAST_SN, 1]

    run(work())

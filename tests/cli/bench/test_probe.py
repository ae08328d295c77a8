import asyncio

import pytest

from tongshi.cli.bench import probe
from tongshi.cli.bench.probe import Answers, ask, probing
from tongshi.sim.load import Target
from tongshi.sim.office import Office

pytestmark = pytest.mark.network


def target_of(office: Office) -> Target:
    return Target("127.0.0.1", office.port, office.password)


def test_answers_are_counted_and_timed() -> None:
    async def work() -> Answers:
        async with Office() as office:
            return await asyncio.to_thread(ask, target_of(office), 50.0, 0.4)

    answers = asyncio.run(work())
    assert (answers.done, answers.refused, answers.lost) == (20, 0, 0)
    assert 0 < answers.p50_ms <= answers.p99_ms


def test_a_process_of_its_own_tells_them() -> None:
    async def work() -> Answers:
        async with Office() as office, probing(target_of(office), 50.0, 0.4) as answers:
            return await answers

    assert asyncio.run(work()).done == 20


def test_a_process_that_dies_is_told_of() -> None:
    async def work() -> None:
        async with Office() as office, probing(target_of(office), 50.0, 60.0) as answers:
            await asyncio.sleep(0)
        with pytest.raises(RuntimeError):
            await answers

    asyncio.run(work())
    assert probe.DEVICES == 20

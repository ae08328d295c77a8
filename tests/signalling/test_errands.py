"""Errands in virtual time: silent devices, refusing ones, hostile ones, and those beside them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import Exhausted, Missing, PeerOffline, PeerRefused, PeerSilent
from tongshi.gb28181.gather import Why
from tongshi.gb28181.manscdp import (
    ConfigDownloadAnswer,
    ConfigDownloadQuery,
    DeviceStatusAnswer,
    DeviceStatusQuery,
    Message,
    Outcome,
    Preset,
    PresetAnswer,
    PresetQuery,
    PtzPositionAnswer,
    PtzPositionQuery,
    Record,
    RecordInfoAnswer,
    RecordInfoQuery,
)
from tongshi.gb28181.profile import Profile
from tongshi.gb28181.version import Version
from tongshi.signalling.answers import PRESETS, RECORDS
from tongshi.signalling.errands import ErrandRules
from tongshi.testing.outpost import Distant, Outpost
from tongshi.testing.timeless import EPOCH, run


def outpost(
    work: Callable[[Outpost], Coroutine[Any, Any, None]], rules: ErrandRules | None = None
) -> None:
    async def main() -> None:
        made = Outpost(rules)
        await work(made)
        await asyncio.sleep(100)
        await made.close()

    run(main())


def good(device: Distant, message: Message) -> int | None:
    if isinstance(message, DeviceStatusQuery):
        device.answer(DeviceStatusAnswer(message.sn, device.id, online=True))
    return 200


def mute(device: Distant, message: Message) -> int | None:
    return 200


def deaf(device: Distant, message: Message) -> int | None:
    return None


def busy(device: Distant, message: Message) -> int | None:
    return 486


async def status(outpost: Outpost, device: Distant) -> DeviceStatusAnswer:
    return await outpost.errands.ask(
        device.id, DeviceStatusAnswer, lambda sn: DeviceStatusQuery(sn, device.id)
    )


async def presets(outpost: Outpost, device: Distant) -> list[str]:
    found = await outpost.errands.gather(device.id, PRESETS, lambda sn: PresetQuery(sn, device.id))
    assert found.complete == (found.why is None)
    return [preset.preset_id for preset in found.items]


def test_silent_devices_delay_nobody() -> None:
    async def work(outpost: Outpost) -> None:
        silent = [outpost.device(number, deaf) for number in range(1, 11)]
        silent += [outpost.device(number, mute) for number in range(11, 21)]
        kind = outpost.device(21, good)
        loop = asyncio.get_running_loop()
        waiting = [asyncio.create_task(status(outpost, device)) for device in silent * 3]
        await asyncio.sleep(0)
        assert (await status(outpost, kind)).online
        assert loop.time() < 0.1
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(result) for result in results} == {PeerSilent}
        stages = [getattr(result, "stage", "") for result in results]
        assert (stages.count("query"), stages.count("answer")) == (30, 30)
        assert loop.time() < 21  # three each, two at a time

    outpost(work)


def test_each_failure_has_its_name() -> None:
    async def work(outpost: Outpost) -> None:
        refusing = outpost.device(1, busy)
        with pytest.raises(PeerRefused) as refused:
            await status(outpost, refusing)
        assert (refused.value.status, refused.value.stage) == (486, "query")
        with pytest.raises(Missing):
            await outpost.errands.deliver("nobody", DeviceStatusQuery(1, "nobody"))
        outpost.neighbours.unregister(refusing.id, EPOCH)
        heard = len(refusing.heard)
        with pytest.raises(PeerOffline):
            await status(outpost, refusing)
        assert len(refusing.heard) == heard

    outpost(work)


def test_a_device_may_say_that_it_cannot() -> None:
    def cannot(device: Distant, message: Message) -> int | None:
        if isinstance(message, PtzPositionQuery):
            reason = "Cann't get ptz position"
            answer = PtzPositionAnswer(message.sn, "x", result=Outcome.ERROR, reason=reason)
            device.answer(answer)
        elif isinstance(message, PresetQuery):
            device.answer(PresetAnswer(message.sn, "x", None, (), result=Outcome.ERROR))
        return 200

    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, cannot)
        with pytest.raises(PeerRefused, match="Cann't get ptz position") as refused:
            await outpost.errands.ask(
                device.id, PtzPositionAnswer, lambda sn: PtzPositionQuery(sn, "c")
            )
        assert (refused.value.status, refused.value.stage) == (0, "answer")
        with pytest.raises(PeerRefused, match="Preset"):
            await presets(outpost, device)
        assert asyncio.get_running_loop().time() < 1

    outpost(work)


@pytest.mark.clause("A.1")
def test_nobody_else_may_answer() -> None:
    def attacked(device: Distant, message: Message) -> int | None:
        assert isinstance(message, DeviceStatusQuery)
        liar = device.address._replace(host="198.51.100.1")
        lie = DeviceStatusAnswer(message.sn, device.id, online=False)
        device.answer(lie, source=liar)
        device.answer(DeviceStatusAnswer(message.sn + 1, device.id, online=False), after=0.02)
        device.answer(PresetAnswer(message.sn, device.id, 0), after=0.03)
        device.answer(DeviceStatusAnswer(message.sn, "another id", online=True), after=0.04)
        device.answer(lie, after=0.05)
        return 200

    async def work(outpost: Outpost) -> None:
        assert (await status(outpost, outpost.device(1, attacked))).online
        await asyncio.sleep(1)
        assert outpost.strays == 4

    outpost(work)


@pytest.mark.clause("M")
def test_lists_say_whether_they_are_whole() -> None:
    def parted(device: Distant, message: Message) -> int | None:
        one, two, three = (Preset(str(number)) for number in (1, 2, 3))
        if device.id.endswith("1"):  # 2016: no total
            device.answer(PresetAnswer(message.sn, "c", None, (one, two)))
        else:
            parts = [PresetAnswer(message.sn, "c", 4, (each,)) for each in (two, one, two, three)]
            device.answer(*parts)
        return 200

    async def work(outpost: Outpost) -> None:
        assert await presets(outpost, outpost.device(1, parted)) == ["1", "2"]
        loop = asyncio.get_running_loop()
        assert loop.time() < 1
        device = outpost.device(2, parted)
        found = await outpost.errands.gather(device.id, PRESETS, lambda sn: PresetQuery(sn, "c"))
        assert (found.why, found.unique, found.announced) == (Why.MISSING, 3, 4)
        assert loop.time() == pytest.approx(6, abs=0.6)  # a gap of silence

    outpost(work)


def test_a_list_without_end_ends() -> None:
    def endless(device: Distant, message: Message) -> int | None:
        loop = asyncio.get_running_loop()

        def more(number: int) -> None:
            if number < 2000:
                items = tuple(Record("c", str(number * 20 + place)) for place in range(20))
                device.answer(RecordInfoAnswer(message.sn, "c", "", 10**9, items), after=0.001)
                loop.call_later(1, more, number + 1)

        more(0)
        return 200

    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, endless)
        found = await outpost.errands.gather(
            device.id, RECORDS, lambda sn: RecordInfoQuery(sn, "c")
        )
        assert asyncio.get_running_loop().time() == pytest.approx(900, abs=2)
        assert found.why is Why.UNREADABLE or not found.complete
        await asyncio.sleep(2000)
        assert outpost.strays > 1000

    outpost(work)


def test_one_device_is_not_asked_without_bound() -> None:
    async def work(outpost: Outpost) -> None:
        device, other = outpost.device(1, mute), outpost.device(2, good)
        asking = [asyncio.create_task(status(outpost, device)) for _ in range(5)]
        await asyncio.sleep(1)
        assert len(device.heard) == 2
        with pytest.raises(Exhausted):
            await status(outpost, device)
        assert (await status(outpost, other)).online
        for task in asking[:3]:
            task.cancel()
        await asyncio.wait(asking)
        assert (await status(outpost, other)).online

    outpost(work, ErrandRules(in_line=3))


@pytest.mark.clause("9.5.2")
def test_answers_of_several_kinds_are_collected() -> None:
    def several(device: Distant, message: Message) -> int | None:
        assert isinstance(message, ConfigDownloadQuery)
        answers = [ConfigDownloadAnswer(message.sn, "c") for _ in message.config_types]
        device.answer(*answers, after=0.5)
        return 200

    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, several)

        async def collect(enough: int) -> int:
            answers = await outpost.errands.collect(
                device.id,
                ConfigDownloadAnswer,
                lambda answers: len(answers) >= enough,
                lambda sn: ConfigDownloadQuery(sn, "c", ("A", "B", "C")),
                gap=2.0,
            )
            return len(answers)

        loop = asyncio.get_running_loop()
        assert await collect(3) == 3
        assert loop.time() == pytest.approx(1.5, abs=0.1)
        assert await collect(4) == 3
        assert loop.time() == pytest.approx(5, abs=0.2)
        device.script = mute
        with pytest.raises(PeerSilent) as silent:
            await collect(1)
        assert silent.value.stage == "answer"

    outpost(work)


def test_what_differs_by_maker_is_heeded() -> None:
    async def work(outpost: Outpost) -> None:
        outpost.profile = Profile(message_timeout=1.0, part_gap=0.5)
        device = outpost.device(1, deaf)
        with pytest.raises(PeerSilent):
            await status(outpost, device)
        assert asyncio.get_running_loop().time() == pytest.approx(1, abs=0.1)
        device.script = good
        await outpost.errands.deliver(device.id, DeviceStatusQuery(7, "c"), Version.V2022)

    outpost(work)

"""Settings read, written and read back, in virtual time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import Invalid, PeerRefused, PeerSilent
from tongshi.gb28181.manscdp import (
    AlarmReport,
    BasicParam,
    Block,
    ConfigDownloadAnswer,
    ConfigDownloadQuery,
    DeviceConfig,
    DeviceConfigAnswer,
    FrameMirror,
    Message,
    OsdConfig,
    OsdText,
    Outcome,
)
from tongshi.signalling.commands import Fate
from tongshi.signalling.configuration import TYPES, Configuration, Difference, compare
from tongshi.testing.outpost import Distant, Outpost
from tongshi.testing.timeless import run

CHANNEL = "34020000001310000001"


class Store:
    """A device's settings; it answers each type alone, all in one, or refuses strange ones."""

    def __init__(self, *blocks: Block, together: bool = False, refuses: bool = False) -> None:
        self.blocks: dict[str, Block] = {block.WIRE: block for block in blocks}
        self.together = together
        self.refuses = refuses
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.forgets = False

    def __call__(self, device: Distant, message: Message) -> int | None:
        sn = message.sn
        if isinstance(message, DeviceConfig):
            if not self.forgets:
                self.blocks |= {block.WIRE: block for block in message.blocks}
            device.answer(DeviceConfigAnswer(sn, message.device_id, Outcome.OK))
        elif isinstance(message, ConfigDownloadQuery):
            self.asked.append((message.device_id, message.config_types))
            known = [self.blocks[name] for name in message.config_types if name in self.blocks]
            if self.together and known:
                device.answer(ConfigDownloadAnswer(sn, "x", Outcome.OK, tuple(known)))
            else:
                answers = [ConfigDownloadAnswer(sn, "x", Outcome.OK, (block,)) for block in known]
                device.answer(*answers)
            if self.refuses and not known:
                device.answer(ConfigDownloadAnswer(sn, "x", Outcome.ERROR))
        return 200


def configure(
    store: Store, work: Callable[[Configuration, Distant], Coroutine[Any, Any, None]]
) -> None:
    async def main() -> None:
        outpost = Outpost()
        configuration = Configuration(outpost.errands, outpost.commands)
        await work(configuration, outpost.device(1, store))
        await outpost.close()

    run(main())


@pytest.mark.clause("A.2.4.7", "A.2.6.9")
@pytest.mark.parametrize("together", [False, True])
def test_types_come_alone_or_together(together: bool) -> None:
    store = Store(AlarmReport(True, False), FrameMirror(2), together=together)

    async def work(configuration: Configuration, device: Distant) -> None:
        found = await configuration.read(device.id, CHANNEL, ["FrameMirror", "AlarmReport"])
        assert found.blocks == store.blocks
        assert found.lacking == {}
        assert store.asked == [(CHANNEL, ("FrameMirror", "AlarmReport"))]
        assert asyncio.get_running_loop().time() < 1

    configure(store, work)


def test_a_type_that_a_device_does_not_know_is_named() -> None:
    store = Store(AlarmReport(True, False))

    async def work(configuration: Configuration, device: Distant) -> None:
        found = await configuration.read(device.id, CHANNEL, ["AlarmReport", "OSDConfig"])
        assert list(found.blocks) == ["AlarmReport"]
        error = found.lacking["OSDConfig"]
        assert isinstance(error, PeerSilent)
        assert error.stage == "answer"
        assert store.asked[1:] == [(CHANNEL, ("OSDConfig",))]
        store.refuses = True
        found = await configuration.read(device.id, CHANNEL, ["OSDConfig"])
        assert isinstance(found.lacking["OSDConfig"], PeerRefused)
        found = await configuration.read(device.id, CHANNEL, ["OSDConfig", "FrameMirror"])
        assert {type(error) for error in found.lacking.values()} == {PeerRefused}

    configure(store, work)


def test_everything_is_asked_for_of_whom_it_belongs_to() -> None:
    store = Store(BasicParam("gate"), FrameMirror(1))

    async def work(configuration: Configuration, device: Distant) -> None:
        found = await configuration.read(device.id, CHANNEL, [])
        assert set(found.blocks) == {"BasicParam", "FrameMirror"}
        assert set(found.lacking) == set(TYPES) - set(found.blocks)
        assert (device.id, ("BasicParam",)) in store.asked
        with pytest.raises(Invalid, match="Nothing"):
            await configuration.read(device.id, CHANNEL, ["Nothing"])
        device.script = lambda device, message: None
        with pytest.raises(PeerSilent) as silent:
            await configuration.read(device.id, CHANNEL, ["FrameMirror"])
        assert silent.value.stage == "query"

    configure(store, work)


@pytest.mark.clause("9.3.2.2", "A.2.3.2.9", "A.2.6.8")
def test_what_was_written_is_read_back() -> None:
    store = Store(FrameMirror(0))

    async def work(configuration: Configuration, device: Distant) -> None:
        written = await configuration.write(device.id, CHANNEL, FrameMirror(3))
        assert (written.fate, written.found) == (Fate.CONFIRMED, FrameMirror(3))
        assert (written.differences, written.why) == ((), None)
        store.forgets = True
        written = await configuration.write(device.id, CHANNEL, FrameMirror(1))
        assert written.differences == (Difference("mirror", 1, 3),)
        written = await configuration.write(device.id, CHANNEL, AlarmReport(True, True))
        assert (written.found, written.fate) == (None, Fate.CONFIRMED)
        assert isinstance(written.why, PeerSilent)

    configure(store, work)


def test_only_what_was_told_is_compared() -> None:
    told = OsdConfig(1920, 1080, 10, 20, texts=(OsdText("gate", 1, 2), OsdText("east", 3, 4)))
    found = OsdConfig(1920, 1088, 10, 20, time_on=True, texts=(OsdText("gate", 1, 9),))
    fields = [(each.field, each.told, each.found) for each in compare(told, found)]
    assert fields == [
        ("width", 1080, 1088),
        ("texts.0.y", 2, 9),
        ("texts.1.text", "east", None),
        ("texts.1.x", 3, None),
        ("texts.1.y", 4, None),
    ]
    assert compare(told, told) == ()
    assert compare(OsdConfig(1, 1, 0, 0), OsdConfig(1, 1, 0, 0, texts=(OsdText("a", 1, 1),))) == ()
    emptied = compare(told, OsdConfig(1920, 1080, 10, 20))
    assert all(each.found is None for each in emptied)


def test_what_a_device_says_or_confirms_of_its_keepalives_is_told() -> None:
    told: list[tuple[str, BasicParam]] = []
    store = Store(BasicParam("东门", 3600, 20, 3))

    async def work(configuration: Configuration, device: Distant) -> None:
        configuration.learned = lambda device_id, block: told.append((device_id, block))
        await configuration.read(device.id, CHANNEL, ["BasicParam"])
        await configuration.write(device.id, CHANNEL, BasicParam(heart_beat_interval=30))
        store.forgets = True
        store.blocks.clear()  # it confirms, and does not tell
        await configuration.write(device.id, CHANNEL, BasicParam(heart_beat_interval=40))
        await configuration.write(device.id, CHANNEL, FrameMirror(1))
        assert {device_id for device_id, _ in told} == {device.id}

    configure(store, work)
    assert [block.heart_beat_interval for _, block in told] == [20, 30, 40]

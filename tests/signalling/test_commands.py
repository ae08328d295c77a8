"""What devices are told, in virtual time: to whom it is addressed, and what is known of it then."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import Denied, Exhausted, Invalid, PeerRefused, PeerSilent
from tongshi.gb28181 import ptz
from tongshi.gb28181.manscdp import (
    AlarmAnswer,
    AlarmCmd,
    AlarmQuery,
    BasicParam,
    Command,
    CruiseStop,
    CruiseTrack,
    CruiseTrackAnswer,
    CruiseTrackListAnswer,
    CruiseTrackListQuery,
    CruiseTrackQuery,
    DeviceConfig,
    DeviceConfigAnswer,
    DeviceControl,
    DeviceControlAnswer,
    DeviceInfoAnswer,
    DeviceInfoQuery,
    DeviceStatusAnswer,
    DeviceStatusQuery,
    DeviceUpgradeResult,
    DragZoom,
    FormatSdCard,
    FrameMirror,
    GuardCmd,
    HomePosition,
    HomePositionAnswer,
    HomePositionQuery,
    KeyFrameCmd,
    Message,
    Outcome,
    Preset,
    PresetAnswer,
    PresetQuery,
    PtzCmd,
    PtzPositionAnswer,
    PtzPositionQuery,
    PtzPrecise,
    RecordCmd,
    SdCard,
    SdCardStatusAnswer,
    SdCardStatusQuery,
    TargetTrack,
    TeleBoot,
    VideoParamOpt,
    write,
)
from tongshi.gb28181.profile import KeyFrame, Profile
from tongshi.gb28181.version import Version
from tongshi.signalling.commands import Fate
from tongshi.signalling.event import (
    CommandRefused,
    DeviceDescribed,
    DeviceStated,
    UpgradeReported,
)
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Request
from tongshi.testing.outpost import Distant, Outpost
from tongshi.testing.timeless import run

CHANNEL = "34020000001310000001"
ALARM_INPUT = "34020000001340000001"
BELOW = "34020000002000000099"


def outpost(work: Callable[[Outpost], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        made = Outpost()
        await work(made)
        await asyncio.sleep(30)
        await made.close()

    run(main())


def obedient(device: Distant, message: Message) -> int | None:
    """Answer what is asked, and confirm what needs it."""
    sn = message.sn
    match message:
        case DeviceControl(command=RecordCmd() | GuardCmd() | AlarmCmd() | HomePosition()):
            device.answer(DeviceControlAnswer(sn, message.device_id, Outcome.OK))
        case DeviceConfig():
            device.answer(DeviceConfigAnswer(sn, message.device_id, Outcome.OK))
        case DeviceStatusQuery():
            device.answer(DeviceStatusAnswer(sn, message.device_id, online=True))
        case DeviceInfoQuery():
            device.answer(DeviceInfoAnswer(sn, message.device_id, name="gate"))
        case _:
            tell_position(device, message)
    return 200


def tell_position(device: Distant, message: Message) -> None:
    sn = message.sn
    match message:
        case PresetQuery():
            device.answer(PresetAnswer(sn, message.device_id, 1, (Preset("1", "gate"),)))
        case HomePositionQuery():
            device.answer(HomePositionAnswer(sn, message.device_id, HomePosition(True)))
        case CruiseTrackListQuery():
            tracks = (CruiseTrack(0, "round"),)
            device.answer(CruiseTrackListAnswer(sn, message.device_id, 1, tracks))
        case CruiseTrackQuery():
            stops = (CruiseStop(1, 5, 3), CruiseStop(2, 5, 3), CruiseStop(1, 5, 3))
            device.answer(
                CruiseTrackAnswer(sn, message.device_id, message.number, "round", 3, stops)
            )
        case PtzPositionQuery():
            device.answer(PtzPositionAnswer(sn, message.device_id, pan=90.5))
        case SdCardStatusQuery():
            device.answer(SdCardStatusAnswer(sn, message.device_id, 1, (SdCard(1, status="ok"),)))
        case AlarmQuery():
            device.answer(AlarmAnswer(sn, message.device_id, Outcome.OK))


@pytest.mark.clause("9.5.2", "9.5.3.1", "9.5.3.2", "9.5.3.3")
def test_every_query_has_its_answer() -> None:
    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, obedient)
        ask, name = outpost.commands, device.id
        assert (await ask.status(name, CHANNEL)).online
        assert outpost.events == []
        assert (await ask.status(name, name)).online
        assert (await ask.describe(name)).name == "gate"
        assert [type(event) for event in outpost.events] == [DeviceStated, DeviceDescribed]
        assert (await ask.presets(name, CHANNEL)).items == (Preset("1", "gate"),)
        home = (await ask.home(name, CHANNEL)).home
        assert home is not None
        assert home.on
        assert (await ask.cruises(name, CHANNEL)).items == (CruiseTrack(0, "round"),)
        cruise = await ask.cruise(name, CHANNEL, 0)
        assert [stop.preset_index for stop in cruise.items] == [1, 2, 1]
        assert cruise.complete
        assert (await ask.position(name, CHANNEL)).pan == 90.5
        assert (await ask.cards(name, name)).items[0].card_id == 1
        wanted = AlarmQuery(0, name, methods=(2, 5))
        assert (await ask.alarms(name, wanted)).result is Outcome.OK
        assert all(message.sn > 0 for message in device.heard)

    outpost(work)


ADDRESSED: list[tuple[Command, Fate, bool]] = [
    (PtzCmd(ptz.Preset(ptz.PresetAct.CALL, 1)), Fate.DELIVERED, False),
    (PtzCmd(ptz.CruiseStart(1)), Fate.DELIVERED, False),
    (PtzCmd(ptz.Auxiliary(1, True)), Fate.DELIVERED, False),
    (DragZoom(True, 704, 576, 100, 100, 50, 50), Fate.DELIVERED, False),
    (PtzPrecise(10.0, 5.0, 2.0), Fate.DELIVERED, False),
    (KeyFrameCmd("Send"), Fate.DELIVERED, False),
    (HomePosition(True, 60, 1), Fate.CONFIRMED, False),
    (RecordCmd(True), Fate.CONFIRMED, False),
    (GuardCmd(False), Fate.CONFIRMED, False),
    (AlarmCmd("ResetAlarm", (2,)), Fate.CONFIRMED, False),
    (TeleBoot("Boot"), Fate.DELIVERED, True),
    (FormatSdCard(1), Fate.DELIVERED, True),
]


@pytest.mark.clause("9.3.1", "9.3.2.1", "9.3.2.2", "9.3.3.1", "9.3.3.3", "A.2.6.2")
@pytest.mark.parametrize(
    ("command", "fate", "whole"), ADDRESSED, ids=lambda value: type(value).__name__
)
def test_a_command_goes_to_whom_it_concerns(command: Command, fate: Fate, whole: bool) -> None:
    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, obedient, version=Version.V2022)
        assert await outpost.commands.control(device.id, CHANNEL, command) is fate
        [said] = device.commands()
        assert isinstance(said, DeviceControl)
        assert (said.device_id, said.command) == (device.id if whole else CHANNEL, command)

    outpost(work)


def test_below_a_platform_only_the_channel_can_be_meant() -> None:
    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, obedient, device_id=BELOW)
        await outpost.commands.control(device.id, CHANNEL, TeleBoot("Boot"))
        outpost.profile = Profile(config_to_device=True)
        await outpost.commands.configure(device.id, CHANNEL, FrameMirror(1))
        assert [said.device_id for said in device.commands()] == [CHANNEL, CHANNEL]

    outpost(work)


@pytest.mark.clause("A.3.2")
def test_movements_are_stopped_when_nobody_holds_them() -> None:
    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, obedient)
        move = PtzCmd(ptz.Move(pan=-64))
        assert await outpost.commands.control(device.id, CHANNEL, move) is Fate.DELIVERED
        await asyncio.sleep(10)
        words = [getattr(said.command, "word", None) for said in controls(device)]
        assert words == [ptz.Move(pan=-64), ptz.Stop(), ptz.Stop()]
        lens = PtzCmd(ptz.Lens(focus=10))
        await outpost.commands.control(device.id, CHANNEL, lens)
        await outpost.commands.control(device.id, CHANNEL, PtzCmd(ptz.Stop()))
        words = [getattr(said.command, "word", None) for said in controls(device)[3:]]
        assert words[0] == ptz.Lens(focus=10)
        assert {ptz.Stop(), ptz.Lens()} == set(words[1:])
        assert {said.device_id for said in controls(device)} == {CHANNEL}

    outpost(work)


@pytest.mark.parametrize(
    ("command", "stops"),
    [
        (PtzCmd(ptz.Preset(ptz.PresetAct.CALL, 3)), 1),
        (PtzCmd(ptz.CruiseStart(1)), 1),
        (PtzCmd(ptz.Scan(1, ptz.ScanAct.START)), 1),
        (PtzPrecise(90.0, 10.0, 2.0), 1),
        (DragZoom(True, 704, 576, 100, 100, 50, 50), 1),
        (PtzCmd(ptz.Preset(ptz.PresetAct.SET, 3)), 2),
        (PtzCmd(ptz.Scan(1, ptz.ScanAct.LEFT)), 2),
        (GuardCmd(True), 2),
    ],
)
def test_a_repeated_stop_stops_nothing_that_came_after_it(command: Command, stops: int) -> None:
    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, obedient)
        await outpost.commands.control(device.id, CHANNEL, PtzCmd(ptz.Move(pan=-64)))
        await outpost.commands.control(device.id, CHANNEL, PtzCmd(ptz.Stop()))
        await outpost.commands.control(device.id, CHANNEL, command)
        await asyncio.sleep(10)
        words = [getattr(said.command, "word", None) for said in controls(device)]
        assert words.count(ptz.Stop()) == stops

    outpost(work)


def controls(device: Distant) -> list[DeviceControl]:
    return [said for said in device.commands() if isinstance(said, DeviceControl)]


@pytest.mark.clause("9.3.3.2")
def test_what_is_not_said_is_not_claimed() -> None:
    def mute(device: Distant, message: Message) -> int | None:
        return 200

    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, mute)
        commands = outpost.commands
        assert await commands.control(device.id, CHANNEL, RecordCmd(True)) is Fate.UNCONFIRMED
        assert await commands.configure(device.id, CHANNEL, FrameMirror(1)) is Fate.UNCONFIRMED
        device.script = lambda device, message: None
        for work in (
            commands.control(device.id, CHANNEL, RecordCmd(True)),
            commands.control(device.id, CHANNEL, TeleBoot("Boot")),
            commands.configure(device.id, CHANNEL, FrameMirror(1)),
        ):
            with pytest.raises(PeerSilent) as silent:
                await work
            assert silent.value.stage == "query"

    outpost(work)


@pytest.mark.clause("9.3.3.2")
def test_a_refusal_is_an_error_or_told_when_it_comes_late() -> None:
    def unable(device: Distant, message: Message) -> int | None:
        if isinstance(message, DeviceControl):
            result = DeviceControlAnswer(message.sn, CHANNEL, Outcome.ERROR, "no motor")
            device.answer(result, after=0.5)
        return 200

    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, unable)
        with pytest.raises(PeerRefused, match="no motor"):
            await outpost.commands.control(device.id, CHANNEL, GuardCmd(True))
        await outpost.commands.control(device.id, CHANNEL, TeleBoot("Boot"))
        assert outpost.events == []
        await asyncio.sleep(1)
        [event] = outpost.events
        assert isinstance(event, CommandRefused)
        assert (event.command, event.target) == ("TeleBoot", device.id)
        assert "no motor" in event.why
        device.script = obedient
        await outpost.commands.control(device.id, CHANNEL, TeleBoot("Boot"))
        device.answer(DeviceControlAnswer(device.heard[-1].sn, CHANNEL, Outcome.OK))
        await asyncio.sleep(1)
        assert len(outpost.events) == 1

    outpost(work)


@pytest.mark.clause("A.2.3.1.14")
def test_what_must_not_be_sent_is_not() -> None:
    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, obedient)
        commands = outpost.commands
        with pytest.raises(Denied):
            await commands.control(device.id, CHANNEL, TargetTrack("Auto"))
        with pytest.raises(Denied):
            await commands.configure(device.id, CHANNEL, VideoParamOpt())
        with pytest.raises(Invalid):
            await commands.control(device.id, CHANNEL, PtzCmd("A50F0103FAFA00B3"))
        with pytest.raises(Invalid):
            await commands.control(device.id, CHANNEL, PtzPrecise(pan=500.0))
        with pytest.raises(Invalid):
            await commands.configure(device.id, CHANNEL, BasicParam(expiration=1))
        assert device.heard == []

    outpost(work)


def test_settings_go_to_whom_the_profile_says() -> None:
    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, obedient)
        await outpost.commands.configure(device.id, CHANNEL, FrameMirror(1))
        await outpost.commands.configure(device.id, CHANNEL, BasicParam("gate"))
        outpost.profile = Profile(config_to_device=True)
        await outpost.commands.configure(device.id, CHANNEL, FrameMirror(1))
        assert [said.device_id for said in device.commands()] == [CHANNEL, device.id, device.id]

    outpost(work)


@pytest.mark.clause("A.2.3.1.7")
@pytest.mark.parametrize(
    ("version", "spelling", "sent"),
    [
        (Version.V2016, KeyFrame.BY_EDITION, b"<IFameCmd>"),
        (Version.V2022, KeyFrame.BY_EDITION, b"<IFrameCmd>"),
        (Version.V2022, KeyFrame.IFAMECMD, b"<IFameCmd>"),
        (Version.V2016, KeyFrame.IFRAMECMD, b"<IFrameCmd>"),
    ],
)
def test_a_key_frame_is_asked_for_as_the_device_spells_it(
    version: Version, spelling: KeyFrame, sent: bytes
) -> None:
    async def work(outpost: Outpost) -> None:
        outpost.profile = Profile(key_frame=spelling)
        seen: list[bytes] = []

        def see(data: bytes) -> bool:
            seen.append(data)
            return False

        outpost.network.loses = see
        device = outpost.device(1, obedient, version=version)
        await outpost.commands.request_key_frame(device.id, CHANNEL)
        assert sent in seen[0]

    outpost(work)


def test_a_device_is_not_told_too_much_at_once() -> None:
    async def work(outpost: Outpost) -> None:
        device, other = outpost.device(1, obedient), outpost.device(2, obedient)
        call = PtzCmd(ptz.Preset(ptz.PresetAct.CALL, 1))
        told = [outpost.commands.control(device.id, CHANNEL, call) for _ in range(30)]
        results = await asyncio.gather(*told, return_exceptions=True)
        assert [type(result) for result in results].count(Exhausted) == 10
        await outpost.commands.control(other.id, CHANNEL, call)
        await outpost.commands.control(device.id, CHANNEL, PtzCmd(ptz.Stop()))  # always

    outpost(work)


@pytest.mark.clause("A.2.5.9")
def test_the_result_of_an_upgrade_is_told() -> None:
    async def work(outpost: Outpost) -> None:
        device = outpost.device(1, obedient)
        session = "s" * 32
        result = DeviceUpgradeResult(1, device.id, session, Outcome.ERROR, "V1", "02")
        neighbour = outpost.neighbours.get(device.id)
        assert neighbour is not None
        request = Request("MESSAGE", "sip:x@y", (), write(result))
        arrived = RequestArrived(request, device.address, "", device.address)
        assert outpost.commands.upgraded(neighbour, result, arrived) == 200
        [event] = outpost.events
        assert isinstance(event, UpgradeReported)
        assert (event.session_id, event.done, event.reason) == (session, False, "02")

    outpost(work)

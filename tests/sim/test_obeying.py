"""Every control, at a dome and at what cannot do it."""

import pytest

from tongshi.gb28181 import ptz
from tongshi.gb28181.manscdp import (
    AlarmCmd,
    Command,
    DeviceControl,
    DeviceControlAnswer,
    DeviceStatusAnswer,
    DeviceStatusQuery,
    DeviceUpgrade,
    DragZoom,
    Duty,
    FormatSdCard,
    GuardCmd,
    HomePosition,
    KeyFrameCmd,
    Outcome,
    PtzCmd,
    PtzPrecise,
    RecordCmd,
    SdCardStatusAnswer,
    SdCardStatusQuery,
    TeleBoot,
)
from tongshi.gb28181.ptz import PresetAct, ScanAct, Word
from tongshi.gb28181.version import Version
from tongshi.sim.desk import CHANNEL, DEVICE, Desk
from tongshi.sim.event import Controlled, KeyFrameWanted, Returned, UpgradeWanted, Vanished
from tongshi.sim.head import Aim, Doing, Head, Home
from tongshi.sim.join import Registered
from tongshi.sim.profile import Channel, Profile

FIXED = "34020000001310000002"
ALARM = "34020000001340000001"
SESSION = "0123456789abcdef0123456789abcdef"


def desk(*quirks: str, version: Version = Version.V2022) -> Desk:
    dome = Channel(CHANNEL, "球机", ptz_type=1, presets=(("东", Aim(90.0)), ("西", Aim(270.0))))
    profile = Profile(
        DEVICE, "机", (dome, Channel(FIXED, "枪机")), cards=(1000, 2000), alarms=(ALARM,),
        version=version,
    )  # fmt: skip
    return Desk(*quirks, profile=profile, version=version).enter()


def order(at: Desk, command: Command, target: str = CHANNEL) -> Outcome | None:
    """Return the answer to a control; None when there is none."""
    answers = at.of(DeviceControlAnswer, at.ask(DeviceControl(7, target, command)))
    return answers[0].result if answers else None


def head(at: Desk) -> Head:
    part = at.device.body.part(CHANNEL)
    assert part is not None
    part.head.advance(at.world.now)
    return part.head


def turn(at: Desk, word: Word, name: str = "", cruise: str = "") -> None:
    command = PtzCmd(word, preset_name=name, cruise_name=cruise)
    assert order(at, command) is None


@pytest.mark.clause("A.3.2", "A.3.3")
def test_moving_and_stopping() -> None:
    at = desk()
    turn(at, ptz.Move(pan=255, tilt=-255, zoom=15))
    at.run(0.5)
    moved = head(at).aim
    assert 0 < moved.pan < 180
    assert moved.tilt > 0  # down is positive for the head
    assert moved.zoom > 1
    turn(at, ptz.Stop())
    assert head(at).still
    turn(at, ptz.Lens(focus=128, iris=-128))
    at.run(0.2)
    assert head(at).focus > 0.5
    assert head(at).iris < 0.5
    assert at.events(Controlled)[-1] == Controlled(CHANNEL, "PtzCmd")


def test_a_stop_may_be_lost() -> None:
    at = desk("ptz-stop-lost")
    turn(at, ptz.Move(pan=10))
    turn(at, ptz.Stop())
    assert not head(at).still
    turn(at, ptz.Stop())
    assert head(at).still


@pytest.mark.clause("A.3.4")
def test_presets_are_set_called_and_deleted() -> None:
    at = desk()
    turn(at, ptz.Preset(PresetAct.CALL, 1))
    at.run(5)
    assert head(at).aim == Aim(90.0)
    turn(at, ptz.Preset(PresetAct.SET, 9), name="新点")
    assert head(at).presets[9].name == "新点"
    turn(at, ptz.Preset(PresetAct.DELETE, 9))
    assert 9 not in head(at).presets


@pytest.mark.clause("A.3.5", "A.3.6", "A.3.7")
def test_cruises_and_scans() -> None:
    at = desk()
    turn(at, ptz.CruisePoint(1, 1), cruise="夜巡")
    turn(at, ptz.CruisePoint(1, 2))
    turn(at, ptz.CruiseSpeed(1, 15))
    turn(at, ptz.CruiseDwell(1, 4))
    known = head(at).rounds[1]
    assert (known.points, known.speed, known.stay, known.name) == ((1, 2), 15, 4, "夜巡")
    turn(at, ptz.CruiseStart(1))
    assert head(at).doing is Doing.CRUISING
    turn(at, ptz.CruisePoint(1, 2, add=False))
    turn(at, ptz.CruiseDelete(1))
    assert head(at).rounds == {}
    turn(at, ptz.Scan(2, ScanAct.LEFT))
    turn(at, ptz.Scan(2, ScanAct.RIGHT))
    turn(at, ptz.ScanSpeed(2, 255))
    assert head(at).sweeps[2].speed == 255
    turn(at, ptz.Scan(3))
    assert head(at).doing is Doing.SCANNING
    turn(at, ptz.Auxiliary(1, True))
    assert head(at).switches == {1}
    turn(at, ptz.Auxiliary(1, False))
    assert head(at).switches == set()


@pytest.mark.clause("A.2.3.1.8", "A.2.3.1.9", "A.2.3.1.10", "A.2.3.1.11", "A.2.1.11")
def test_home_precise_and_boxes() -> None:
    at = desk()
    assert order(at, HomePosition(True, 30, 2)) is Outcome.OK
    assert head(at).home == Home(True, 30, 2)
    assert order(at, HomePosition(False)) is Outcome.OK
    assert head(at).home == Home(False, 30, 2)
    assert order(at, PtzPrecise(45.0, 20.0, None)) is None
    at.run(5)
    assert head(at).aim == Aim(45.0, 20.0, 1.0)
    box = DragZoom(True, 1000, 500, 500, 250, 500, 250)
    assert order(at, box) is None
    at.run(5)
    assert head(at).aim.zoom == pytest.approx(2.0)
    assert order(at, DragZoom(False, 1000, 500, 500, 250, 500, 250)) is None
    at.run(5)
    assert head(at).aim.zoom == pytest.approx(1.0)
    order(at, DragZoom(True, 0, 0, 1, 1, 1, 1))
    assert not at.events(Controlled)[-1].done


def test_what_does_not_turn() -> None:
    at = desk()
    assert order(at, PtzCmd(ptz.Move(pan=9)), FIXED) is None
    assert order(at, HomePosition(True), FIXED) is Outcome.ERROR
    assert order(at, RecordCmd(True), DEVICE) is Outcome.ERROR
    assert [event.done for event in at.events(Controlled)] == [False, False, False]
    order(at, PtzCmd("A50F"))
    assert not at.events(Controlled)[-1].done


@pytest.mark.clause("A.2.3.1.4")
def test_recording_by_hand() -> None:
    at = desk()
    part = at.device.body.part(FIXED)
    assert part is not None
    assert order(at, RecordCmd(True), FIXED) is Outcome.OK
    assert part.archive.recording is not None
    assert order(at, RecordCmd(False), FIXED) is Outcome.OK
    assert part.archive.recording is None


@pytest.mark.clause("A.2.3.1.7")
@pytest.mark.parametrize(
    ("quirk", "version", "done"),
    [
        ("", Version.V2022, True),
        ("iframe-2016-only", Version.V2022, False),
        ("iframe-2016-only", Version.V2016, True),
    ],
)
def test_key_frames(quirk: str, version: Version, done: bool) -> None:
    at = desk(*[quirk] if quirk else [], version=version)
    assert order(at, KeyFrameCmd("Send")) is None
    assert (at.events(KeyFrameWanted) == [KeyFrameWanted(CHANNEL)]) is done


def status(at: Desk) -> DeviceStatusAnswer:
    [answer] = at.of(DeviceStatusAnswer, at.ask(DeviceStatusQuery(1, DEVICE)))
    return answer


@pytest.mark.clause("A.2.3.1.5", "A.2.3.1.6")
def test_guards_and_alarms() -> None:
    at = desk()
    assert status(at).duties == (Duty(ALARM, "OFFDUTY"),)
    assert order(at, GuardCmd(True), ALARM) is Outcome.OK
    assert status(at).duties == (Duty(ALARM, "ONDUTY"),)
    at.device.reports.alarm(ALARM, at.world.now, method=2, kind=1)
    assert status(at).duties == (Duty(ALARM, "ALARM"),)
    assert order(at, AlarmCmd("ResetAlarm", (5,)), ALARM) is Outcome.OK
    assert status(at).duties == (Duty(ALARM, "ALARM"),)
    assert order(at, AlarmCmd("ResetAlarm", (2,), (3,)), DEVICE) is Outcome.OK
    assert status(at).duties == (Duty(ALARM, "ALARM"),)
    assert order(at, AlarmCmd("ResetAlarm"), FIXED) is Outcome.OK
    assert status(at).duties == (Duty(ALARM, "ALARM"),)
    assert order(at, AlarmCmd("ResetAlarm"), DEVICE) is Outcome.OK
    assert order(at, GuardCmd(False), ALARM) is Outcome.OK
    assert status(at).duties == (Duty(ALARM, "OFFDUTY"),)


@pytest.mark.clause("A.2.3.1.13", "A.2.6.16")
def test_cards_are_formatted() -> None:
    at = desk()
    assert order(at, FormatSdCard(2), DEVICE) is None
    [answer] = at.of(SdCardStatusAnswer, at.ask(SdCardStatusQuery(3, DEVICE)))
    assert [(card.status, card.progress is None) for card in answer.cards] == [
        ("ok", True),
        ("formatting", False),
    ]
    at.run(10)
    [answer] = at.of(SdCardStatusAnswer, at.ask(SdCardStatusQuery(4, DEVICE)))
    assert [(card.status, card.free) for card in answer.cards] == [("ok", 600), ("ok", 2000)]
    order(at, FormatSdCard(9), DEVICE)
    assert not at.events(Controlled)[-1].done
    order(at, FormatSdCard(None), DEVICE)


@pytest.mark.clause("A.2.3.1.3")
def test_a_restart_ends_in_a_registration() -> None:
    at = desk()
    assert order(at, TeleBoot("Boot"), DEVICE) is None
    assert at.events(Vanished)
    assert not at.device.registered
    at.run(30)
    assert at.events(Returned)
    assert at.events(Registered)
    assert at.device.registered


@pytest.mark.clause("A.2.3.1.12")
def test_an_upgrade_is_handed_on() -> None:
    at = desk()
    upgrade = DeviceUpgrade("2.0", "http://192.0.2.10/f", "Tongshi", SESSION)
    assert order(at, upgrade, DEVICE) is Outcome.OK
    assert at.events(UpgradeWanted) == [UpgradeWanted(DEVICE, upgrade)]


@pytest.mark.clause("A.2.3.1.14")
def test_following_somebody_is_refused() -> None:
    at = desk()
    body = (
        f"<Control><CmdType>DeviceControl</CmdType><SN>7</SN><DeviceID>{CHANNEL}</DeviceID>"
        "<TargetTrack>Auto</TargetTrack></Control>"
    ).encode()
    [answer] = at.of(DeviceControlAnswer, at.ask(body))
    assert answer.result is Outcome.ERROR
    assert head(at).still


def test_answers_that_were_not_asked_for_and_none_at_all() -> None:
    at = desk("control-error-anyway")
    assert order(at, KeyFrameCmd("Send")) is Outcome.ERROR
    assert order(at, GuardCmd(True), ALARM) is Outcome.OK
    assert order(desk("control-silent"), GuardCmd(True), ALARM) is None

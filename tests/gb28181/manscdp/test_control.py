"""Every command of A.2.3.1 as it stands on the wire, both ways."""

import pytest

from tongshi.errors import LocalProtocolError
from tongshi.gb28181 import ptz
from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.codec import parse
from tongshi.gb28181.manscdp.control import (
    ANSWERED,
    COMMANDS,
    AlarmCmd,
    Command,
    DeviceControl,
    DeviceUpgrade,
    DragZoom,
    FormatSdCard,
    GuardCmd,
    HomePosition,
    KeyFrameCmd,
    PtzCmd,
    PtzPrecise,
    RecordCmd,
    TargetTrack,
    TeleBoot,
    control_lines,
    crosses,
    read_control,
)
from tongshi.gb28181.manscdp.types import Envelope, open_envelope
from tongshi.gb28181.version import Version

BOX = (
    "<Length>1280</Length><Width>720</Width><MidPointX>640</MidPointX><MidPointY>360</MidPointY>"
    "<LengthX>100</LengthX><LengthY>50</LengthY>"
)
NUMBERS = (1280, 720, 640, 360, 100, 50)
SESSION = "0123456789abcdef0123456789ABCDEF-1"


def envelope(inside: str) -> Envelope:
    text = f"<Control><CmdType>DeviceControl</CmdType><SN>7</SN><DeviceID>34</DeviceID>{inside}"
    return open_envelope(parse(f"{text}</Control>".encode()))


COMMON: list[tuple[str, Command, str]] = [
    (
        "A.2.3.1.2",
        PtzCmd(ptz.Preset(ptz.PresetAct.SET, 1), preset_name="东门"),
        "<PTZCmd>A50F018100010037</PTZCmd>"
        "<PTZCmdParams><PresetName>东门</PresetName></PTZCmdParams>",
    ),
    ("A.2.3.1.3", TeleBoot(), "<TeleBoot>Boot</TeleBoot>"),
    (
        "A.2.3.1.4",
        RecordCmd(on=True, stream_number=1),
        "<RecordCmd>Record</RecordCmd><StreamNumber>1</StreamNumber>",
    ),
    ("A.2.1.7", RecordCmd(on=False), "<RecordCmd>StopRecord</RecordCmd>"),
    ("A.2.3.1.5", GuardCmd(on=True), "<GuardCmd>SetGuard</GuardCmd>"),
    ("A.2.1.8", GuardCmd(on=False), "<GuardCmd>ResetGuard</GuardCmd>"),
    (
        "A.2.3.1.6",
        AlarmCmd(methods=(2, 5), types=(1,)),
        "<AlarmCmd>ResetAlarm</AlarmCmd>"
        "<Info><AlarmMethod>2/5</AlarmMethod><AlarmType>1</AlarmType></Info>",
    ),
    ("A.2.3.1.7", KeyFrameCmd(), "<IFrameCmd>Send</IFrameCmd>"),
    ("A.2.3.1.8", DragZoom(True, *NUMBERS), f"<DragZoomIn>{BOX}</DragZoomIn>"),
    ("A.2.3.1.9", DragZoom(False, *NUMBERS), f"<DragZoomOut>{BOX}</DragZoomOut>"),
    (
        "A.2.3.1.10",
        HomePosition(on=True, reset_time=30, preset_index=255),
        "<HomePosition><Enabled>1</Enabled><ResetTime>30</ResetTime>"
        "<PresetIndex>255</PresetIndex></HomePosition>",
    ),
    (
        "A.2.3.1.11",
        PtzPrecise(pan=359.5, tilt=-30.0, zoom=2.25),
        "<PTZPreciseCtrl><Pan>359.5</Pan><Tilt>-30.0</Tilt><Zoom>2.25</Zoom></PTZPreciseCtrl>",
    ),
    (
        "A.2.3.1.12",
        DeviceUpgrade("2.0", "http://192.0.2.1/f.bin", "ACME", SESSION),
        "<DeviceUpgrade><Firmware>2.0</Firmware><FileURL>http://192.0.2.1/f.bin</FileURL>"
        f"<Manufacturer>ACME</Manufacturer><SessionID>{SESSION}</SessionID></DeviceUpgrade>",
    ),
    ("A.2.3.1.13", FormatSdCard(card=0), "<FormatSDCard>0</FormatSDCard>"),
]


@pytest.mark.clause("A.2.3.1.1", "A.2.2.1")
@pytest.mark.parametrize(
    ("command", "inside"),
    [
        pytest.param(command, inside, marks=pytest.mark.clause(clause), id=clause)
        for clause, command, inside in COMMON
    ],
)
def test_each_command(command: Command, inside: str) -> None:
    control = DeviceControl(7, "34", command)
    assert read_control(envelope(inside)) == control
    assert "".join(control_lines(control, Version.V2022)) == inside


def test_every_command_has_its_row() -> None:
    assert {type(command) for _, command, _ in COMMON} == set(COMMANDS)
    assert set(ANSWERED) <= set(COMMANDS)


@pytest.mark.clause("A.2.3.1.7")
def test_2016_misspells_the_key_frame() -> None:
    control = DeviceControl(7, "34", KeyFrameCmd())
    assert control_lines(control, Version.V2016) == ["<IFameCmd>Send</IFameCmd>"]
    assert read_control(envelope("<IFameCmd>Send</IFameCmd>")) == control
    assert read_control(envelope("<iframecmd/>")) == control


def test_before_2022_there_are_no_stream_numbers_and_no_names() -> None:
    record = DeviceControl(7, "34", RecordCmd(on=True, stream_number=1))
    assert control_lines(record, Version.V2016) == ["<RecordCmd>Record</RecordCmd>"]
    named = DeviceControl(7, "34", PtzCmd(ptz.CruiseStart(1), cruise_name="a"))
    assert control_lines(named, Version.V2016) == ["<PTZCmd>A50F01880100003E</PTZCmd>"]


@pytest.mark.clause("A.2.3.1.2")
def test_a_word_that_is_none_is_kept_and_the_priority_read() -> None:
    inside = "<PTZCmd> A50F01 </PTZCmd><Info><ControlPriority>5</ControlPriority><X>1</X></Info>"
    control = read_control(envelope(inside))
    assert control is not None
    assert control.command == PtzCmd("A50F01", priority=5)
    assert control.others == (Element("Info", "", (), (Element("X", "1"),)),)
    assert control_lines(control, Version.V2016) == [
        "<PTZCmd>A50F01</PTZCmd>",
        "<Info><ControlPriority>5</ControlPriority><X>1</X></Info>",
    ]
    assert control_lines(DeviceControl(7, "34", PtzCmd()), Version.V2016) == []


@pytest.mark.parametrize("methods", ["1/2", "12", " 1 / 2 ", "1,2"])
def test_methods_of_alarm_combine(methods: str) -> None:
    control = read_control(
        envelope(f"<AlarmCmd/><Info><AlarmMethod>{methods}</AlarmMethod></Info>")
    )
    assert control == DeviceControl(7, "34", AlarmCmd(methods=(1, 2)))


def test_of_several_commands_the_first_counts_and_the_rest_is_kept() -> None:
    control = read_control(envelope("<X/><TeleBoot>Boot</TeleBoot><GuardCmd>SetGuard</GuardCmd>"))
    assert control is not None
    assert control.command == TeleBoot()
    assert [other.tag for other in control.others] == ["X", "GuardCmd"]
    inside = read_control(envelope("<DragZoomIn/><TeleBoot>Boot</TeleBoot>"))
    assert inside == DeviceControl(7, "34", DragZoom(), (Element("TeleBoot", "Boot"),))


@pytest.mark.parametrize(
    "inside",
    [
        "<Dance>1</Dance>",
        "<PTZCmd> </PTZCmd>",
        "<RecordCmd>Dance</RecordCmd>",
        "<GuardCmd/>",
        "<FormatSDCard>all</FormatSDCard>",
    ],
)
def test_no_command_that_can_be_read_is_no_control(inside: str) -> None:
    assert read_control(envelope(inside)) is None


@pytest.mark.clause("A.2.3.1.14")
def test_a_command_to_follow_somebody_is_read_before_all_others_and_never_written() -> None:
    inside = "<TeleBoot>Boot</TeleBoot><TargetTrack>Manual</TargetTrack><DeviceID2>5</DeviceID2>"
    control = read_control(envelope(inside))
    assert control is not None
    assert control.command == TargetTrack("Manual")
    assert [other.tag for other in control.others] == ["TeleBoot", "DeviceID2"]
    hidden = DeviceControl(7, "34", TeleBoot(), (Element("targetTRACK"),))
    for each in (control, hidden):
        with pytest.raises(LocalProtocolError, match="follows people"):
            control_lines(each, Version.V2022)
    assert crosses(Element("X", "", (), (Element("TargetTrack"),)))
    assert not crosses(Element("X"))

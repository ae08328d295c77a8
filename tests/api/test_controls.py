from collections.abc import Callable

import httpx
import pytest

from tongshi.api import orders
from tongshi.api.controls import command_of, word_of
from tongshi.errors import Invalid
from tongshi.gb28181 import ptz
from tongshi.gb28181.manscdp import (
    AlarmCmd,
    Command,
    CruiseStop,
    CruiseTrack,
    CruiseTrackAnswer,
    CruiseTrackListAnswer,
    CruiseTrackListQuery,
    CruiseTrackQuery,
    DeviceControl,
    DeviceControlAnswer,
    DeviceInfoAnswer,
    DeviceInfoQuery,
    DeviceStatusAnswer,
    DeviceStatusQuery,
    DragZoom,
    Duty,
    FormatSdCard,
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
    TeleBoot,
)
from tongshi.signalling.answers import Answer

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
BASE = f"/api/devices/{RECORDER}/channels/{CHANNEL}"
CONTROL = f"{BASE}/control"
Answers = dict[type[Message], Callable[[Message], Answer]]


def commands(told: list[Message]) -> list[tuple[str, Command]]:
    return [(said.device_id, said.command) for said in told if isinstance(said, DeviceControl)]


def endings(auditor: httpx.Client) -> list[tuple[str, str | None, int | None]]:
    rows = auditor.get("/api/register").json()["rows"]
    found = []
    for row in reversed(rows):
        assert row["look"]["action"] == "control"
        ending = row["ending"] or {}
        found.append((row["look"]["what"], ending.get("how"), ending.get("acts")))
    return found


@pytest.mark.clause("A.2.3.1.2")
def test_a_camera_turns_for_who_says_why(
    operator: httpx.Client, auditor: httpx.Client, told: list[Message], flush: Callable[[], None]
) -> None:
    move = {"do": "move", "pan": -1, "tilt": 0.5, "speed": 0.5, "purpose": "patrol"}
    answer = operator.post(CONTROL, json=move)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"did": "move", "outcome": "delivered", "confirmed": False}
    assert operator.post(CONTROL, json=move).status_code == 200  # a renewal
    assert operator.post(CONTROL, json={"do": "stop", "purpose": "patrol"}).status_code == 200
    words = [getattr(command, "word", None) for _, command in commands(told)]
    assert words[:2] == [ptz.Move(-128, 64), ptz.Stop()]
    flush()
    assert endings(auditor) == [("steer", None, None)]


def test_a_view_of_the_camera_says_why(
    operator: httpx.Client,
    another: httpx.Client,
    auditor: httpx.Client,
    told: list[Message],
    flush: Callable[[], None],
) -> None:
    ask = {"device": RECORDER, "channel": CHANNEL, "purpose": "alarm"}
    view = operator.post("/api/live", json=ask).json()["view"]
    call = {"do": "preset", "act": "call", "number": 3, "view": view}
    assert operator.post(CONTROL, json=call).status_code == 200
    assert another.post(CONTROL, json=call).status_code == 404  # somebody else's view
    other = f"/api/devices/{RECORDER}/channels/34020000001310000002/control"
    assert operator.post(other, json=call).status_code == 400
    flush()
    [_, entry] = reversed(auditor.get("/api/register").json()["rows"])
    assert (entry["look"]["what"], entry["look"]["purpose"]) == ("preset call 3", "alarm")
    assert entry["ending"]["how"] == "delivered"
    assert len(commands(told)) == 1


def test_nothing_is_sent_without_a_reason_or_a_right(
    operator: httpx.Client, stranger: httpx.Client, auditor: httpx.Client, told: list[Message]
) -> None:
    assert operator.post(CONTROL, json={"do": "key-frame"}).status_code == 400
    assert stranger.post(CONTROL, json={"do": "key-frame", "purpose": "x"}).status_code == 401
    for do in ("reboot", "format"):
        answer = operator.post(CONTROL, json={"do": do, "purpose": "maintenance"})
        assert answer.status_code == 403
        assert answer.json()["helps"] == "configure-devices"
    missing = f"/api/devices/{RECORDER}/channels/nobody/control"
    assert operator.post(missing, json={"do": "stop", "purpose": "x"}).status_code == 404
    assert told == []
    assert auditor.get("/api/register").json()["total"] == 0


@pytest.mark.clause("9.3.3.2")
def test_the_outcome_is_what_is_known(
    operator: httpx.Client,
    admin: httpx.Client,
    auditor: httpx.Client,
    answers: Answers,
    told: list[Message],
    flush: Callable[[], None],
) -> None:
    record = {"do": "record", "on": True, "purpose": "duty"}
    assert operator.post(CONTROL, json=record).json()["outcome"] == "unconfirmed"
    answers[DeviceControl] = lambda said: DeviceControlAnswer(said.sn, CHANNEL, Outcome.OK)
    assert operator.post(CONTROL, json=record).json() == {
        "did": "record",
        "outcome": "confirmed",
        "confirmed": True,
    }
    answers[DeviceControl] = lambda said: DeviceControlAnswer(said.sn, CHANNEL, Outcome.ERROR)
    refused = operator.post(CONTROL, json=record)
    assert (refused.status_code, refused.json()["code"]) == (502, "peer.refused")
    assert "peer_status" not in refused.json()
    boot = admin.post(
        f"/api/devices/{RECORDER}/channels/{RECORDER}/upkeep",
        json={"do": "reboot", "purpose": "maintenance"},
    )
    assert boot.json()["outcome"] == "delivered"
    assert commands(told)[-1] == (RECORDER, TeleBoot("Boot"))
    flush()
    assert endings(auditor) == [
        ("record on", "unconfirmed", 1),
        ("record on", "confirmed", 1),
        ("record on", "peer.refused", 1),
        ("reboot", "delivered", 1),
    ]


def test_a_device_that_is_not_there_is_told(operator: httpx.Client) -> None:
    gone = "34020000001320000002"
    path = f"/api/devices/{gone}/channels/{gone}/control"
    answer = operator.post(path, json={"do": "stop", "purpose": "patrol"})
    assert (answer.status_code, answer.json()["code"]) == (404, "missing")


ORDERS: list[tuple[orders.Order, Command, str]] = [
    (
        orders.Move(do="move", zoom=-1, speed=0),
        PtzCmd(ptz.Move(zoom=-1)),
        "move",
    ),
    (orders.Move(do="move", pan=0.5, speed=1), PtzCmd(ptz.Move(pan=128)), "move"),
    (orders.Lens(do="lens", focus=1, iris=-1, speed=1), PtzCmd(ptz.Lens(255, -255)), "lens"),
    (orders.Stop(do="stop"), PtzCmd(ptz.Stop()), "stop"),
    (
        orders.Preset(do="preset", act="set", number=9, name="gate"),
        PtzCmd(ptz.Preset(ptz.PresetAct.SET, 9), preset_name="gate"),
        "preset set 9",
    ),
    (
        orders.Preset(do="preset", act="delete", number=9, name="gate"),
        PtzCmd(ptz.Preset(ptz.PresetAct.DELETE, 9)),
        "preset delete 9",
    ),
    (
        orders.Cruise(do="cruise", act="start", group=2),
        PtzCmd(ptz.CruiseStart(2)),
        "cruise start 2",
    ),
    (orders.Cruise(do="cruise", act="stop", group=2), PtzCmd(ptz.Stop()), "cruise stop 2"),
    (
        orders.Cruise(do="cruise", act="clear", group=2),
        PtzCmd(ptz.CruiseDelete(2)),
        "cruise clear 2",
    ),
    (
        orders.Cruise(do="cruise", act="add", group=2, preset=7, name="round"),
        PtzCmd(ptz.CruisePoint(2, 7), cruise_name="round"),
        "cruise add 2",
    ),
    (
        orders.Cruise(do="cruise", act="remove", group=2, preset=7),
        PtzCmd(ptz.CruisePoint(2, 7, add=False)),
        "cruise remove 2",
    ),
    (
        orders.Cruise(do="cruise", act="speed", group=2, speed=300),
        PtzCmd(ptz.CruiseSpeed(2, 300)),
        "cruise speed 2",
    ),
    (
        orders.Cruise(do="cruise", act="dwell", group=2, dwell=30),
        PtzCmd(ptz.CruiseDwell(2, 30)),
        "cruise dwell 2",
    ),
    (orders.Scan(do="scan", act="start", group=1), PtzCmd(ptz.Scan(1)), "scan start 1"),
    (
        orders.Scan(do="scan", act="left", group=1),
        PtzCmd(ptz.Scan(1, ptz.ScanAct.LEFT)),
        "scan left 1",
    ),
    (orders.Scan(do="scan", act="stop", group=1), PtzCmd(ptz.Stop()), "scan stop 1"),
    (
        orders.Scan(do="scan", act="speed", group=1, speed=5),
        PtzCmd(ptz.ScanSpeed(1, 5)),
        "scan speed 1",
    ),
    (
        orders.Auxiliary(do="auxiliary", number=1, on=True),
        PtzCmd(ptz.Auxiliary(1, True)),
        "auxiliary 1 on",
    ),
    (
        orders.DragZoom(
            do="drag-zoom",
            direction="out",
            length=704,
            width=576,
            mid_x=1,
            mid_y=2,
            length_x=3,
            length_y=4,
        ),
        DragZoom(False, 704, 576, 1, 2, 3, 4),
        "drag-zoom",
    ),
    (orders.Precise(do="precise", pan=90), PtzPrecise(90.0), "precise"),
    (
        orders.Home(do="home", enabled=True, reset_time=60, preset=1),
        HomePosition(True, 60, 1),
        "home",
    ),
    (orders.KeyFrame(do="key-frame"), KeyFrameCmd("Send"), "key-frame"),
    (orders.Record(do="record", on=False), RecordCmd(False), "record off"),
    (orders.Guard(do="guard", on=True), GuardCmd(True), "guard on"),
    (orders.ResetAlarm(do="reset-alarm"), AlarmCmd("ResetAlarm"), "reset-alarm"),
    (
        orders.ResetAlarm(do="reset-alarm", method=5, type=2),
        AlarmCmd("ResetAlarm", (5,), (2,)),
        "reset-alarm",
    ),
    (orders.Reboot(do="reboot"), TeleBoot("Boot"), "reboot"),
    (orders.Format(do="format", card=1), FormatSdCard(1), "format 1"),
]


@pytest.mark.clause("9.3.1")
@pytest.mark.parametrize(("order", "command", "word"), ORDERS)
def test_every_order_is_a_command(order: orders.Order, command: Command, word: str) -> None:
    assert command_of(order) == command
    assert word_of(order) == word


@pytest.mark.parametrize(
    "order",
    [
        orders.Cruise(do="cruise", act="add", group=1),
        orders.Cruise(do="cruise", act="speed", group=1),
        orders.Cruise(do="cruise", act="dwell", group=1),
        orders.Scan(do="scan", act="speed", group=1),
    ],
)
def test_an_order_that_lacks_something_is_refused(order: orders.Order) -> None:
    with pytest.raises(Invalid):
        command_of(order)


@pytest.mark.clause("9.5.1")
def test_what_a_device_tells(operator: httpx.Client, answers: Answers) -> None:
    answers[DeviceStatusQuery] = lambda said: DeviceStatusAnswer(
        said.sn, CHANNEL, online=True, duties=(Duty("a", "ONDUTY"),)
    )
    answers[DeviceInfoQuery] = lambda said: DeviceInfoAnswer(said.sn, RECORDER, name="gate")
    answers[PresetQuery] = lambda said: PresetAnswer(said.sn, CHANNEL, 2, (Preset("1", "gate"),))
    answers[HomePositionQuery] = lambda said: HomePositionAnswer(
        said.sn, CHANNEL, HomePosition(True, 60, 1)
    )
    answers[CruiseTrackListQuery] = lambda said: CruiseTrackListAnswer(
        said.sn, CHANNEL, 1, (CruiseTrack(0, "round"),)
    )
    answers[CruiseTrackQuery] = lambda said: CruiseTrackAnswer(
        said.sn, CHANNEL, 0, "round", 1, (CruiseStop(1, 5, 3),)
    )
    answers[PtzPositionQuery] = lambda said: PtzPositionAnswer(said.sn, CHANNEL, pan=90.5)
    answers[SdCardStatusQuery] = lambda said: SdCardStatusAnswer(
        said.sn, RECORDER, 1, (SdCard(1, status="ok"),)
    )
    status = operator.get(f"{BASE}/status").json()
    assert (status["online"], status["duties"]) == (True, [{"device": "a", "status": "ONDUTY"}])
    described = operator.post(f"/api/devices/{RECORDER}/description").json()
    assert described["name"] == "gate"
    presets = operator.get(f"{BASE}/presets").json()
    assert (presets["complete"], presets["why"], presets["announced"]) == (False, "missing", 2)
    assert presets["items"][0]["preset_id"] == "1"
    assert operator.get(f"{BASE}/home").json()["preset_index"] == 1
    assert operator.get(f"{BASE}/cruises").json()["items"] == [{"number": 0, "name": "round"}]
    assert operator.get(f"{BASE}/cruises/0").json()["items"][0]["stay"] == 5
    assert operator.get(f"{BASE}/ptz").json()["pan"] == 90.5
    own = f"/api/devices/{RECORDER}/channels/{RECORDER}"
    assert operator.get(f"{own}/cards").json()["items"][0]["status"] == "ok"
    answers[HomePositionQuery] = lambda said: HomePositionAnswer(said.sn, CHANNEL)
    assert operator.get(f"{BASE}/home").json() == {}
    del answers[PtzPositionQuery]
    silent = operator.get(f"{BASE}/ptz")
    assert (silent.status_code, silent.json()["stage"]) == (504, "answer")
    assert operator.get(f"/api/devices/{RECORDER}/channels/nobody/ptz").status_code == 404
    assert operator.post("/api/devices/nobody/description").status_code == 404

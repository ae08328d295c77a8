import pytest

from tongshi.gb28181.catalog import Change, Item
from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.codec import parse
from tongshi.gb28181.manscdp.message import Message, read, write
from tongshi.gb28181.manscdp.notify import (
    AlarmNotify,
    BroadcastNotify,
    CatalogNotify,
    DeviceUpgradeResult,
    Keepalive,
    MediaStatus,
    MobilePosition,
    Position,
    PtzPositionNotify,
    UploadSnapShotFinished,
    VideoUploadNotify,
    flatten,
    is_flat,
    keepalive_lines,
    read_keepalive,
    read_usual_keepalive,
)
from tongshi.gb28181.manscdp.types import Outcome, open_envelope
from tongshi.gb28181.version import Version

CAMERA = "34020000001320000001"


def body(inside: str = "<Status>OK</Status>", sn: str = "43") -> bytes:
    return (
        '<?xml version="1.0" encoding="GB2312"?>\r\n<Notify>\r\n<CmdType>Keepalive</CmdType>\r\n'
        f"<SN>{sn}</SN>\r\n<DeviceID>{CAMERA}</DeviceID>\r\n{inside}\r\n</Notify>\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("data", "keepalive"),
    [
        (body(), Keepalive(43, CAMERA)),
        (body().replace(b"\r\n", b"\n"), Keepalive(43, CAMERA)),
        (body().replace(b"\r\n", b""), Keepalive(43, CAMERA)),
        (body("<Status>ERROR</Status>"), Keepalive(43, CAMERA, Outcome.ERROR)),
        (body("<Status>OK</Status><Info>\r\n</Info>"), Keepalive(43, CAMERA)),
    ],
)
def test_the_usual_forms_need_no_parser(data: bytes, keepalive: Keepalive) -> None:
    assert read_usual_keepalive(data) == keepalive
    assert read_keepalive(open_envelope(parse(data))) == keepalive


@pytest.mark.parametrize(
    "data",
    [
        body("<Status>ok</Status>"),
        body("<Status>OK</Status><Info><DeviceID>1</DeviceID></Info>"),
        body("<Status>OK</Status><X>1</X>"),
        body(sn="-1"),
        body(sn="1" * 19),
        body() + b"x",
        body()[1:],
        b"",
    ],
)
def test_all_others_do(data: bytes) -> None:
    assert read_usual_keepalive(data) is None


@pytest.mark.parametrize("length", range(len(body()) - 2))
def test_a_keepalive_cut_at_any_length_is_not_usual(length: int) -> None:
    assert read_usual_keepalive(body()[:length]) is None


def test_faulty_parts_are_told() -> None:
    data = body(
        "<Status>ERROR</Status><Info><DeviceID>1</DeviceID><DeviceID> </DeviceID>"
        "<DeviceID>2</DeviceID></Info><X>y</X>"
    )
    keepalive = read_keepalive(open_envelope(parse(data)))
    expected = Keepalive(43, CAMERA, Outcome.ERROR, ("1", "2"), (Element("X", "y"),))
    assert keepalive == expected
    assert keepalive_lines(keepalive) == [
        "<Status>ERROR</Status>",
        "<Info><DeviceID>1</DeviceID><DeviceID>2</DeviceID></Info>",
    ]
    assert keepalive_lines(Keepalive(1, CAMERA)) == ["<Status>OK</Status>", ""]


WHEN = "2024-05-06T07:08:09"
SESSION = "0123456789abcdef0123456789ABCDEF-1"
PLACE = Position(CAMERA, WHEN, 118.38, 31.33, 40.0, 359.5, 12.0, 3.0)
WIRE: list[tuple[str, Message, str]] = [
    (
        "A.2.5.2",
        Keepalive(7, "34", Outcome.ERROR, (CAMERA,)),
        "<CmdType>Keepalive</CmdType><Status>ERROR</Status>"
        f"<Info><DeviceID>{CAMERA}</DeviceID></Info>",
    ),
    (
        "A.2.5.3",
        AlarmNotify(7, "34", 1, 5, WHEN, "有人进入", 118.38, 31.33, 6, 1),
        "<CmdType>Alarm</CmdType><AlarmPriority>1</AlarmPriority><AlarmMethod>5</AlarmMethod>"
        f"<AlarmTime>{WHEN}</AlarmTime><AlarmDescription>有人进入</AlarmDescription>"
        "<Longitude>118.38</Longitude><Latitude>31.33</Latitude><Info><AlarmType>6</AlarmType>"
        "<AlarmTypeParam><EventType>1</EventType></AlarmTypeParam></Info>",
    ),
    (
        "A.2.5.4",
        MediaStatus(7, "34", "121"),
        "<CmdType>MediaStatus</CmdType><NotifyType>121</NotifyType>",
    ),
    (
        "A.2.5.6",
        MobilePosition(7, "34", WHEN, 1, (PLACE,)),
        f"<CmdType>MobilePosition</CmdType><Time>{WHEN}</Time><SumNum>1</SumNum>"
        f'<DeviceList Num="1"><Item><DeviceID>{CAMERA}</DeviceID>'
        f"<CaptureTime>{WHEN}</CaptureTime><Longitude>118.38</Longitude>"
        "<Latitude>31.33</Latitude><Speed>40.0</Speed><Direction>359.5</Direction>"
        "<Altitude>12.0</Altitude><Height>3.0</Height></Item></DeviceList>",
    ),
    (
        "A.2.5.7",
        UploadSnapShotFinished(7, "34", SESSION, ("a", "b")),
        f"<CmdType>UploadSnapShotFinished</CmdType><SessionID>{SESSION}</SessionID>"
        "<SnapShotList><SnapShotFileID>a</SnapShotFileID><SnapShotFileID>b</SnapShotFileID>"
        "</SnapShotList>",
    ),
    (
        "A.2.5.8",
        VideoUploadNotify(7, "34", WHEN, 118.38, 31.33),
        f"<CmdType>VideoUploadNotify</CmdType><Time>{WHEN}</Time>"
        "<Longitude>118.38</Longitude><Latitude>31.33</Latitude>",
    ),
    (
        "A.2.5.9",
        DeviceUpgradeResult(7, "34", SESSION, Outcome.ERROR, "1.0", "02"),
        f"<CmdType>DeviceUpgradeResult</CmdType><SessionID>{SESSION}</SessionID>"
        "<UpgradeResult>ERROR</UpgradeResult><Firmware>1.0</Firmware>"
        "<UpgradeFailedReason>02</UpgradeFailedReason>",
    ),
    (
        "N.4.3.2",
        CatalogNotify(7, "34", 1, (Item(CAMERA, "OFF"),), 1),
        '<CmdType>Catalog</CmdType><SumNum>1</SumNum><DeviceList Num="1">'
        f"<Item><DeviceID>{CAMERA}</DeviceID><Event>OFF</Event></Item></DeviceList>",
    ),
    (
        "9.11.2",
        PtzPositionNotify(7, "34", 10.5, -5.25, 2.0, 60.0, 33.5, 100.0),
        "<CmdType>PTZPosition</CmdType><Pan>10.5</Pan><Tilt>-5.25</Tilt><Zoom>2.0</Zoom>"
        "<HorizontalFieldAngle>60.0</HorizontalFieldAngle>"
        "<VerticalFieldAngle>33.5</VerticalFieldAngle><MaxViewDistance>100.0</MaxViewDistance>",
    ),
]


def notify(wire: str) -> str:
    head, _, rest = wire.partition("</CmdType>")
    return f"<Notify>{head}</CmdType><SN>7</SN><DeviceID>34</DeviceID>{rest}</Notify>"


def flat(message: Message, version: Version) -> str:
    return write(message, version).decode("gb18030").replace("\r\n", "").partition("?>")[2]


@pytest.mark.clause("A.2.5.1", "A.1")
@pytest.mark.parametrize(
    ("message", "wire"),
    [
        pytest.param(message, wire, marks=pytest.mark.clause(clause), id=clause)
        for clause, message, wire in WIRE
    ],
)
def test_each_notify(message: Message, wire: str) -> None:
    assert read(notify(wire).encode("gb18030")) == message
    assert flat(message, Version.V2022) == notify(wire)


@pytest.mark.clause("A.2.5.5")
def test_a_broadcast_is_for_its_target() -> None:
    message = BroadcastNotify(7, "34020000002000000001", "34020000001370000001")
    text = (
        "<Notify><CmdType>Broadcast</CmdType><SN>7</SN>"
        "<SourceID>34020000002000000001</SourceID><TargetID>34020000001370000001</TargetID>"
        "</Notify>"
    )
    assert read(text.encode()) == message
    assert flat(message, Version.V2016) == text
    assert message.device_id == "34020000001370000001"


@pytest.mark.clause("A.2.5.6")
def test_one_position_in_the_form_of_2016() -> None:
    message = MobilePosition(7, "34", WHEN, 1, (Position("34", WHEN, 118.38, 31.33, altitude=2.0),))
    text = notify(
        f"<CmdType>MobilePosition</CmdType><Time>{WHEN}</Time><Longitude>118.38</Longitude>"
        "<Latitude>31.33</Latitude><Altitude>2.0</Altitude>"
    )
    assert flat(message, Version.V2016) == text
    assert read(text.encode()) == message
    private = text.replace("</Notify>", "<Gsm>1</Gsm><SumNum>9</SumNum></Notify>")
    found = read(private.encode())
    assert isinstance(found, MobilePosition)
    assert found.others == (Element("Gsm", "1"),)
    assert found.items == message.items


def test_a_position_of_another_device_goes_under_its_own_id() -> None:
    message = MobilePosition(7, "34", WHEN, 1, (Position(CAMERA, "", 1.5, 2.5),))
    assert f"<DeviceID>{CAMERA}</DeviceID><Time>{WHEN}</Time>" in flat(message, Version.V2016)
    nameless = MobilePosition(7, "34", WHEN, 1, (Position("", "", 1.5, 2.5),))
    assert "<DeviceID>34</DeviceID>" in flat(nameless, Version.V2016)


def test_several_positions_become_a_message_each() -> None:
    second = Position("", WHEN, 1.5, 2.5)
    message = MobilePosition(7, "34", WHEN, 2, (PLACE, second))
    assert not is_flat(message, Version.V2016)
    first, last = flatten(message)
    assert first == MobilePosition(7, CAMERA, WHEN, 1, (PLACE,))
    assert last == MobilePosition(7, "34", WHEN, 1, (second,))
    assert is_flat(first, Version.V2011)
    assert not is_flat(first, Version.V2022)


def test_no_position_at_all() -> None:
    text = notify(f"<CmdType>MobilePosition</CmdType><Time>{WHEN}</Time><SumNum>0</SumNum>")
    assert read(text.encode()) == MobilePosition(7, "34", WHEN, 0)


@pytest.mark.clause("A.2.5.3")
def test_a_type_of_alarm_beside_the_others_and_what_is_unknown_in_there() -> None:
    text = notify(
        "<CmdType>Alarm</CmdType><AlarmMethod>2</AlarmMethod><AlarmType>3</AlarmType>"
        '<Info lang="zh"><AlarmTypeParam><Y>2</Y></AlarmTypeParam><X>1</X></Info>'
    )
    message = read(text.encode())
    assert isinstance(message, AlarmNotify)
    assert (message.method, message.alarm_type, message.event_type) == (2, 3, None)
    assert "".join(
        [
            '<Info lang="zh"><AlarmType>3</AlarmType>',
            "<AlarmTypeParam><Y>2</Y></AlarmTypeParam><X>1</X></Info>",
        ]
    ) in flat(message, Version.V2022)
    assert read(flat(message, Version.V2022).encode()) == message


@pytest.mark.clause("A.2.5.9")
def test_a_result_of_an_upgrade_has_two_names() -> None:
    text = notify("<CmdType>DeviceUpgradeResult</CmdType><Result>OK</Result>")
    message = read(text.encode())
    assert isinstance(message, DeviceUpgradeResult)
    assert message.result is Outcome.OK


@pytest.mark.clause("N.4.3.2", "9.11.4")
@pytest.mark.parametrize("word", [*Change.__members__, "on", "", "Dance"])
def test_events_stand_anywhere_in_an_item(word: str) -> None:
    event = f"<Event>{word}</Event>" if word else ""
    change = Change.__members__.get(word.upper(), Change.ADD)
    for inside in (
        f"<DeviceID>{CAMERA}</DeviceID>{event}<Name>a</Name>",
        f"<DeviceID>{CAMERA}</DeviceID><Name>a</Name>{event}",
        f"{event}<DeviceID>{CAMERA}</DeviceID><Name>a</Name>",
    ):
        wire = f'<CmdType>Catalog</CmdType><DeviceList Num="1"><Item>{inside}</Item></DeviceList>'
        message = read(notify(wire).encode())
        assert isinstance(message, CatalogNotify)
        assert [item.change for item in message.items] == [change]
        assert (message.sum_num, message.num, message.unreadable) == (None, 1, 0)

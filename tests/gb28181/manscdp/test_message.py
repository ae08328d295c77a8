import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import LocalProtocolError, RemoteProtocolError
from tongshi.gb28181 import manscdp, ptz
from tongshi.gb28181.catalog import Details, Item, State
from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.answer import ConfigDownloadAnswer
from tongshi.gb28181.manscdp.config import BLOCKS, Block
from tongshi.gb28181.manscdp.control import (
    COMMANDS,
    Command,
    DeviceConfig,
    DeviceControl,
    TargetTrack,
    TeleBoot,
)
from tongshi.gb28181.manscdp.message import (
    NAMES,
    Declared,
    Message,
    Other,
    Own,
    Root,
    read,
    read_any,
    write,
)
from tongshi.gb28181.manscdp.notify import (
    BroadcastNotify,
    CatalogNotify,
    Keepalive,
    MediaStatus,
    MobilePosition,
    Position,
)
from tongshi.gb28181.manscdp.query import (
    CatalogQuery,
    CruiseTrackListQuery,
    DeviceInfoQuery,
    DeviceStatusQuery,
    HomePositionQuery,
    PresetQuery,
    PtzPositionQuery,
    SdCardStatusQuery,
)
from tongshi.gb28181.manscdp.response import (
    CatalogAnswer,
    DeviceInfoAnswer,
    DeviceStatusAnswer,
    Duty,
)
from tongshi.gb28181.manscdp.spec import Kind, Shape, Spec
from tongshi.gb28181.manscdp.table import specs_of
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.version import Version

VECTORS = Path(__file__).parents[2] / "vectors" / "gb28181"
KEEPALIVE = (VECTORS / "keepalive.xml").read_bytes()


@pytest.mark.clause("A.2.5.2", "9.6.3")
def test_a_keepalive_is_169_bytes() -> None:
    message = Keepalive(43, "34020000001320000001")
    assert len(KEEPALIVE) == 169
    assert read(KEEPALIVE) == message
    assert write(message) == KEEPALIVE


@pytest.mark.clause("A.2.6.4")
def test_an_empty_catalog_is_174_bytes() -> None:
    message = CatalogAnswer(17430, "34020000001180000001", 0)
    body = (VECTORS / "catalog-empty.xml").read_bytes()
    assert len(body) == 174
    assert read(body) == message
    assert write(message, Version.V2022) == body


def test_the_package_is_the_face() -> None:
    assert manscdp.read(manscdp.write(Keepalive(1, "a"))) == Keepalive(1, "a")
    assert manscdp.CONTENT_TYPE.lower() == "application/manscdp+xml"


@pytest.mark.clause("A.2.6.4", "J")
def test_a_catalog_of_a_region_a_group_and_a_camera() -> None:
    body = (VECTORS / "catalog-2022.xml").read_bytes()
    message = read(body)
    assert isinstance(message, CatalogAnswer)
    assert [item.name for item in message.items] == ["芜湖市", "重点单位", "东门枪机"]
    assert message.sum_num == message.num == 3
    assert write(message, Version.V2022) == body


def test_a_catalog_with_every_fault_of_the_field() -> None:
    message = read((VECTORS / "catalog-faulty.xml").read_bytes())
    assert isinstance(message, CatalogAnswer)
    assert (message.sn, message.sum_num, message.num, message.unreadable) == (17430, 4, 9, 1)
    first, second, third = message.items
    assert first == Item(
        device_id="34020000001310000001",
        name="R&D <东门>",
        civil_code="CivilCode",
        address="Address",
        parental=65535,
        status="OFFLINE",
        longitude=0.0,
    )
    assert (first.state, first.division, first.position) == (State.OFF, None, None)
    assert second == Item(
        device_id="34020000001310000002",
        name="朱镕基𠮷",
        parent_id="3402000000",
        secrecy=0,
    )
    assert second.state is State.ON
    assert third.name.startswith("cut ")
    assert third.status == "On"
    assert third.others == (Element("Maker", "x"),)


@pytest.mark.clause("A.4")
def test_a_message_without_a_type_of_its_own_is_kept_whole() -> None:
    body = (
        b"<?xml version='1.0'?><Notify><CmdType>Parking</CmdType><SN>8</SN>"
        b"<DeviceID>34020000001310000001</DeviceID><NotifyType>121</NotifyType></Notify>"
    )
    message = read(body)
    assert isinstance(message, Other)
    assert (message.root, message.cmd_type, message.sn) == (Root.NOTIFY, "Parking", 8)
    assert message.device_id == "34020000001310000001"
    assert message.element.value("NotifyType") == "121"
    assert read(write(message)) == message


def test_a_broadcast_has_no_device() -> None:
    element = Element("Notify", "", (), (Element("SourceID", "1"), Element("TargetID", "2")))
    body = write(Other(Root.NOTIFY, "Broadcast", 5, "", element))
    assert body.split(b"\r\n")[1:] == [
        b"<Notify>",
        b"<CmdType>Broadcast</CmdType>",
        b"<SN>5</SN>",
        b"<SourceID>1</SourceID>",
        b"<TargetID>2</TargetID>",
        b"</Notify>",
        b"",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"<notify><cmdtype>KEEPALIVE</cmdtype><sn>1</sn><deviceid>a</deviceid><status>ok</status>"
        b"</notify>",
        b'<Notify CmdType="Keepalive" SN="1" DeviceID="a" Status="OK"/>',
        b"<Notify><SN> 1 </SN><DeviceID>a</DeviceID><Status>OK</Status>"
        b"<CmdType>Keepalive</CmdType></Notify>junk",
    ],
)
def test_other_ways_to_write_a_keepalive(body: bytes) -> None:
    assert read(body) == Keepalive(1, "a")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<Hello><CmdType>Keepalive</CmdType></Hello>", "unknown root"),
        (b"<Notify><SN>1</SN></Notify>", "no CmdType"),
        (b"<Notify><CmdType> </CmdType></Notify>", "no CmdType"),
        (b"", "no XML"),
        (KEEPALIVE[:-20], "cut off"),
    ],
)
def test_what_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(RemoteProtocolError, match=why) as caught:
        read(body)
    assert caught.value.status == 400


IDS = st.sampled_from(["34020000001320000001", "340200", "camera-7"])
NUMBERS = st.integers(1, 2**31 - 1)
# No two-byte letters alone: their encoding is guessed, and sometimes wrongly.
WORDS = st.text("aZ09 &<>\"'.-摄像机镕𠮷东门", max_size=8).map(str.strip)
TIMES = st.sampled_from(["2024-05-06T07:08:09", "2024-02-30T00:00:00", "yesterday"])
ELEMENTS = st.builds(lambda text: (Element("ExtraInfo", text),), WORDS) | st.just(())
ATTRIBUTES = st.builds(lambda text: (Element("@private", text),), WORDS) | st.just(())
UNKNOWN = st.builds(lambda some, more: some + more, ELEMENTS, ATTRIBUTES)
ITEMS = st.builds(
    Item,
    device_id=IDS,
    event=st.sampled_from(["", "ON", "ADD"]),
    name=WORDS,
    parental=st.none() | st.integers(0, 1),
    details=st.none() | st.builds(Details, ptz_type=st.integers(1, 7)),
)
SWITCHES = st.sampled_from([None, True, False])
OUTCOMES = st.sampled_from(Outcome)
MOVES: st.SearchStrategy[ptz.Word | str] = st.one_of(
    st.builds(ptz.Move, st.integers(1, 255), st.integers(-255, 255), st.integers(-15, 15)),
    st.builds(ptz.Lens, st.integers(-255, 255)),
    st.just("A50F"),
)
SCALARS: dict[Kind, st.SearchStrategy[object]] = {
    Kind.TEXT: WORDS,
    Kind.TIME: TIMES,
    Kind.WHOLE: st.integers(-(10**17), 10**17),
    Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    Kind.FLAG: st.booleans(),
    Kind.OUTCOME: OUTCOMES,
    Kind.WORDS: st.lists(WORDS.filter(bool), max_size=3).map(tuple),
    Kind.NUMBERS: st.lists(st.integers(0, 9), max_size=3).map(tuple),
    Kind.OTHER: MOVES,
}


def value_of(spec: Spec, version: Version) -> st.SearchStrategy[object]:
    """What a field can hold, absence included unless the field tells the command."""
    if not spec.belongs(version):
        return st.just(spec.blank)
    if spec.of is None:
        found = SCALARS[spec.kind]
        if len(spec.choices) == 1:
            return st.just(spec.choices[0]) | WORDS.filter(bool)
        if spec.shape is Shape.LEAVES:
            return st.lists(WORDS.filter(bool), max_size=3).map(tuple)
    elif spec.shape is Shape.BLOCK:
        found = dataclass_of(spec.of, version)
    else:
        usable = spec.usable or bool
        member = dataclass_of(spec.of, version)
        return st.lists(member.filter(usable), max_size=2).map(tuple)
    return found if spec.required else st.just(spec.blank) | found


def dataclass_of(kind: Callable[..., object], version: Version) -> st.SearchStrategy[object]:
    """A value of a dataclass with declared fields, of those that *version* has."""
    assert isinstance(kind, type)
    fields = {name: value_of(spec, version) for name, spec in specs_of(kind).items()}
    names = {item.name for item in dataclasses.fields(kind)}
    if "sn" in names:
        fields |= {"sn": NUMBERS, "device_id": IDS}
    if "inward" in names:
        fields["inward"] = st.booleans()
    if "others" in names:
        fields["others"] = UNKNOWN
    return st.builds(announced, st.builds(kind, **fields))


def announced(value: object) -> object:
    """*value* with the number of members that a reader finds announced."""
    for name, spec in specs_of(type(value)).items():
        if spec.num:
            members = getattr(value, name)
            told = len(members) if members or spec.always else None
            assert dataclasses.is_dataclass(value)
            assert not isinstance(value, type)
            return dataclasses.replace(value, **{spec.num: told})
    return value


def several(kinds: Iterable[Callable[..., object]]) -> st.SearchStrategy[tuple[Version, object]]:
    every = [
        st.tuples(st.just(version), dataclass_of(kind, version))
        for kind in kinds
        for version in (Version.V2016, Version.V2022)
    ]
    return st.one_of(every)


DECLARED = [kind for kind in NAMES if specs_of(kind) and kind is not MobilePosition]
QUERIES = [PresetQuery, HomePositionQuery, CruiseTrackListQuery, PtzPositionQuery]


@pytest.mark.clause("A.2.1.1")
@given(several([*DECLARED, *QUERIES, SdCardStatusQuery]))
def test_declared_messages_come_back_as_they_were(chosen: tuple[Version, Message]) -> None:
    version, message = chosen
    assert read(write(message, version)) == message


@given(several(BLOCKS), IDS, UNKNOWN)
def test_settings_come_back_as_they_were(
    chosen: tuple[Version, Block], device_id: str, others: tuple[Element, ...]
) -> None:
    version, block = chosen
    config = DeviceConfig(1, device_id, (block,), others)
    assert read(write(config, version)) == config
    answer = ConfigDownloadAnswer(1, device_id, Outcome.OK, (block, block), others)
    assert read(write(answer, version)) == answer


@given(several(COMMANDS), IDS, UNKNOWN)
def test_controls_come_back_as_they_were(
    chosen: tuple[Version, Command], device_id: str, others: tuple[Element, ...]
) -> None:
    version, command = chosen
    control = DeviceControl(1, device_id, command, others)
    assert read(write(control, version)) == control


@given(dataclass_of(MobilePosition, Version.V2022))
def test_positions_come_back_as_they_were(message: Message) -> None:
    assert read(write(message, Version.V2022)) == message


@given(dataclass_of(Position, Version.V2016), IDS)
def test_one_position_comes_back_from_before_2022(position: Position, device_id: str) -> None:
    place = dataclasses.replace(position, device_id=device_id, others=(), longitude=1.5)
    message = MobilePosition(1, device_id, place.time, 1, (place,))
    assert read(write(message, Version.V2016)) == message


@given(NUMBERS, IDS, IDS, UNKNOWN, st.sampled_from(Version))
def test_broadcasts_come_back_as_they_were(
    sn: int, source: str, target: str, others: tuple[Element, ...], version: Version
) -> None:
    message = BroadcastNotify(sn, source, target, others[-1:] if others else ())
    kept = tuple(other for other in message.others if other.tag[:1] != "@")
    message = dataclasses.replace(message, others=kept)
    assert read(write(message, version)) == message


LISTS = st.lists(ITEMS, max_size=3).flatmap(
    lambda items: st.tuples(
        NUMBERS,
        IDS,
        st.none() | st.integers(0, 9),
        st.just(tuple(items)),
        st.just(len(items) if items else None),
        st.just(0),
        ELEMENTS,
    )
)
USUAL = st.one_of(
    st.builds(Keepalive, NUMBERS, IDS, OUTCOMES, st.lists(IDS).map(tuple), ELEMENTS),
    st.builds(CatalogQuery, NUMBERS, IDS, WORDS, WORDS, ELEMENTS),
    st.builds(DeviceInfoQuery, NUMBERS, IDS, ELEMENTS),
    st.builds(DeviceStatusQuery, NUMBERS, IDS, ELEMENTS),
    LISTS.map(lambda told: CatalogAnswer(*told)),
    LISTS.map(lambda told: CatalogNotify(*told)),
    st.builds(
        DeviceInfoAnswer,
        NUMBERS,
        IDS,
        OUTCOMES,
        WORDS,
        WORDS,
        WORDS,
        WORDS,
        st.none() | st.integers(0, 999),
        ELEMENTS,
    ),
    st.builds(
        DeviceStatusAnswer,
        NUMBERS,
        IDS,
        OUTCOMES,
        SWITCHES,
        OUTCOMES,
        WORDS,
        SWITCHES,
        SWITCHES,
        WORDS,
        st.lists(st.builds(Duty, IDS, WORDS), max_size=2).map(tuple),
        ELEMENTS,
    ),
)


@given(USUAL, st.sampled_from(Version))
def test_read_of_write_is_identity(message: Message, version: Version) -> None:
    assert read(write(message, version)) == message


@pytest.mark.clause("A.1")
def test_every_type_of_message_has_its_name() -> None:
    assert set(NAMES) == {*get_args(Declared), *get_args(Own)}
    assert len({(root, name) for root, name in NAMES.values()}) == len(NAMES)


@pytest.mark.clause("A.1")
@pytest.mark.parametrize("root", Root)
@pytest.mark.parametrize("name", sorted({name for _, name in NAMES.values()}))
def test_names_are_read_in_any_case_and_without_query(root: Root, name: str) -> None:
    kinds = [kind for kind, named in NAMES.items() if named == (root, name)]
    for written in (name, name.upper(), name.lower(), name.removesuffix("Query")):
        body = f"<{root.value}><CmdType>{written}</CmdType><SN>1</SN></{root.value}>".encode()
        message = read(body)
        if kinds and kinds[0] is not DeviceControl:
            assert type(message) is kinds[0]
            assert message.sn == 1
        else:
            assert type(message) not in kinds


@pytest.mark.parametrize("kind", [kind for kind in NAMES if kind is not DeviceControl])
def test_a_message_cut_anywhere_is_refused(kind: type[Declared] | type[Own]) -> None:
    root, name = NAMES[kind]
    body = (
        f"<{root.value}><CmdType>{name}</CmdType><SN>1</SN><DeviceID>3</DeviceID>"
        f"<Info><AlarmType>1</AlarmType></Info></{root.value}>"
    ).encode()
    assert type(read(body)) is kind
    assert type(read(body + b"junk\x00")) is kind
    for end in range(len(body)):
        with pytest.raises(RemoteProtocolError):
            read(body[:end])


@pytest.mark.clause("A.2.3.1.14")
def test_target_track_is_read_and_never_written() -> None:
    for inside in (
        b"<TargetTrack>Auto</TargetTrack>",
        b"<TeleBoot>Boot</TeleBoot><targettrack>Manual</targettrack>",
    ):
        body = b"<Control><CmdType>DeviceControl</CmdType><SN>1</SN>%b</Control>" % inside
        message = read(body)
        assert isinstance(message, DeviceControl)
        assert isinstance(message.command, TargetTrack)
        with pytest.raises(LocalProtocolError, match="follows people"):
            write(message)
    hidden = Element("TargetTrack", "Auto")
    for guise in (
        DeviceControl(1, "3", TeleBoot(), (hidden,)),
        DeviceControl(1, "3", TeleBoot(), (Element("X", "", (), (hidden,)),)),
        Other(Root.CONTROL, "DeviceControl", 1, "3", Element("Control", "", (), (hidden,))),
    ):
        with pytest.raises(LocalProtocolError, match="follows people"):
            write(guise)


def test_a_control_without_a_known_command_is_kept_whole() -> None:
    body = b"<Control><CmdType>DeviceControl</CmdType><SN>1</SN><Dance>1</Dance></Control>"
    message = read(body)
    assert isinstance(message, Other)
    assert message.element.value("Dance") == "1"
    assert b"<Dance>1</Dance>" in write(message)


def test_attributes_of_the_root_survive() -> None:
    body = b'<Notify xmlns="urn:x" SN="7"><CmdType>MediaStatus</CmdType></Notify>'
    message = read(body)
    assert message == MediaStatus(7, "", "", (Element("@xmlns", "urn:x"),))
    assert b'<Notify xmlns="urn:x">' in write(message)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Status", "SN", "DeviceID", "Info", "CmdType", "X"]),
            st.sampled_from(
                ["OK", "ERROR", "Keepalive", "7", "34020000001320000001", "", "镕", "&"]
            ),
        ),
        max_size=4,
    ),
    st.sampled_from(["", '<?xml version="1.0"?>', "<?xml version='1.0' encoding='GB2312'?>\r\n"]),
    st.sampled_from(["", "\r\n", "\n"]),
)
def test_the_quick_way_reads_what_the_slow_way_reads(
    fields: list[tuple[str, str]], declaration: str, end: str
) -> None:
    usual = [("CmdType", "Keepalive"), ("SN", "43"), ("DeviceID", "340"), ("Status", "OK")]
    for chosen in (fields, usual, usual[:3] + fields, usual + fields):
        inside = "".join(f"<{name}>{text}</{name}>{end}" for name, text in chosen)
        body = f"{declaration}<Notify>{end}{inside}</Notify>{end}".encode("gb18030")
        assert told(read, body) == told(read_any, body)


def told(reader: Callable[[bytes], Message], body: bytes) -> Message | str:
    try:
        return reader(body)
    except RemoteProtocolError as error:
        return str(error)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    assert told(read, body) == told(read_any, body)


@given(st.integers(0, len(KEEPALIVE) - 1), st.integers(0, 255))
def test_a_keepalive_with_one_byte_changed(at: int, byte: int) -> None:
    body = KEEPALIVE[:at] + bytes([byte]) + KEEPALIVE[at + 1 :]
    assert told(read, body) == told(read_any, body)


def test_a_root_that_is_none_of_the_four_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="unknown root <Nothing>"):
        read(b"<Nothing><CmdType>Catalog</CmdType></Nothing>")

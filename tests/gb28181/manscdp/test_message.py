from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181 import manscdp
from tongshi.gb28181.catalog import Details, Item, State
from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.message import Message, Other, Root, read, read_any, write
from tongshi.gb28181.manscdp.notify import Keepalive
from tongshi.gb28181.manscdp.query import CatalogQuery, DeviceInfoQuery, DeviceStatusQuery
from tongshi.gb28181.manscdp.response import (
    CatalogAnswer,
    DeviceInfoAnswer,
    DeviceStatusAnswer,
    Duty,
)
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.version import Version

VECTORS = Path(__file__).parents[2] / "vectors" / "gb28181"
KEEPALIVE = (VECTORS / "keepalive.xml").read_bytes()


def test_a_keepalive_is_169_bytes() -> None:
    message = Keepalive(43, "34020000001320000001")
    assert len(KEEPALIVE) == 169
    assert read(KEEPALIVE) == message
    assert write(message) == KEEPALIVE


def test_an_empty_catalog_is_174_bytes() -> None:
    message = CatalogAnswer(17430, "34020000001180000001", 0)
    body = (VECTORS / "catalog-empty.xml").read_bytes()
    assert len(body) == 174
    assert read(body) == message
    assert write(message, Version.V2022) == body


def test_the_package_is_the_face() -> None:
    assert manscdp.read(manscdp.write(Keepalive(1, "a"))) == Keepalive(1, "a")
    assert manscdp.CONTENT_TYPE.lower() == "application/manscdp+xml"


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
WORDS = st.text(st.characters(codec="gb18030", categories=("L", "N", "P", "Zs")), max_size=12).map(
    lambda word: "" if word.strip().lower() == "null" else word.strip()
)
ELEMENTS = st.builds(lambda text: (Element("ExtraInfo", text),), WORDS) | st.just(())
ITEMS = st.builds(
    Item,
    device_id=IDS,
    name=WORDS,
    parental=st.none() | st.integers(0, 1),
    details=st.none() | st.builds(Details, ptz_type=st.integers(1, 7)),
)
SWITCHES = st.sampled_from([None, True, False])
OUTCOMES = st.sampled_from(Outcome)
MESSAGES = st.one_of(
    st.builds(Keepalive, NUMBERS, IDS, OUTCOMES, st.lists(IDS).map(tuple), ELEMENTS),
    st.builds(CatalogQuery, NUMBERS, IDS, WORDS, WORDS, ELEMENTS),
    st.builds(DeviceInfoQuery, NUMBERS, IDS, ELEMENTS),
    st.builds(DeviceStatusQuery, NUMBERS, IDS, ELEMENTS),
    st.lists(ITEMS, max_size=3).flatmap(
        lambda items: st.builds(
            CatalogAnswer,
            NUMBERS,
            IDS,
            st.none() | st.integers(0, 9),
            st.just(tuple(items)),
            st.just(len(items) if items else None),
            st.just(0),
            ELEMENTS,
        )
    ),
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


@given(MESSAGES, st.sampled_from(Version))
def test_read_of_write_is_identity(message: Message, version: Version) -> None:
    assert read(write(message, version)) == message


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

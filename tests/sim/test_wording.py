import pytest

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181 import manscdp
from tongshi.gb28181.catalog import Details, Item
from tongshi.gb28181.manscdp import (
    BasicParam,
    CatalogAnswer,
    CatalogNotify,
    ConfigDownloadAnswer,
    DeviceUpgradeResult,
    HomePositionAnswer,
    Message,
    Outcome,
)
from tongshi.gb28181.version import Version
from tongshi.sim.quirks import NONE, Quirks
from tongshi.sim.wording import alter

SESSION = "0123456789abcdef0123456789abcdef"
ITEM = Item(
    device_id="34020000001310000001", event="ADD", name="A&B<镕", longitude=118.3, port=5060,
    details=Details(ptz_type=1),
)  # fmt: skip
CATALOG = CatalogAnswer(7, "34020000001180000001", 1, (ITEM,), 1)
NOTICE = CatalogNotify(8, "34020000001180000001", 1, (ITEM,), 1)


def written(message: Message, *names: str, version: Version = Version.V2022) -> bytes:
    return alter(manscdp.write(message, version), Quirks.of(names))


def test_nothing_is_altered_for_nothing() -> None:
    plain = manscdp.write(CATALOG, Version.V2022)
    assert alter(plain, NONE) == plain


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("utf8-declared", b'encoding="UTF-8"'),
        ("gb2312-utf8", "镕".encode()),
        ("unescaped-ampersand", b"A&B"),
        ("unescaped-less", b"<\xe9\x46"),
        ("control-characters", b"\x07\x01</Name>"),
        ("double-item-end", b"</Item></Item>"),
        ("text-after-root", b"</Response>\r\n-- end --"),
        ("byte-order-mark", b"\xef\xbb\xbf<?xml"),
        ("attribute-envelope", b'<Response CmdType="Catalog" SN="7">'),
        ("empty-info", b"<Info></Info>"),
        ("padded-values", b"<Block>null</Block>"),
        ("broken-hanzi", b"\xc9</Name>"),
        ("num-wrong", b'Num="17"'),
    ],
)
def test_each_quirk_shows_and_can_be_read(name: str, mark: bytes) -> None:
    body = written(CATALOG, name)
    assert mark in body
    assert mark not in written(CATALOG)
    told = manscdp.read(body)
    assert isinstance(told, CatalogAnswer)
    assert told.items[0].device_id == ITEM.device_id
    assert told.sum_num == 1


def test_events_may_stand_last() -> None:
    assert b"<Event>ADD</Event><Name>" in written(NOTICE).replace(b"\r\n", b"")
    body = written(NOTICE, "event-last").replace(b"\r\n", b"")
    assert b"<Event>ADD</Event></Item>" in body
    told = manscdp.read(body)
    assert isinstance(told, CatalogNotify)
    assert told.items[0].event == "ADD"


def test_other_names() -> None:
    config = ConfigDownloadAnswer(1, "d", Outcome.OK, (BasicParam("n", 60, 60, 3),))
    assert b"<BasicParamCfg>" in written(config, "config-other-name")
    assert written(CATALOG, "config-other-name") == written(CATALOG)
    home = HomePositionAnswer(1, "d")
    assert b"<CmdType>HomePosition</CmdType>" in written(home, "home-cmdtype")
    result = DeviceUpgradeResult(1, "d", SESSION, Outcome.OK, "2.0")
    body = written(result, "upgrade-other-name")
    assert b"<Result>OK</Result>" in body
    assert manscdp.read(body) == manscdp.read(written(result))


def test_a_body_that_was_taken_away() -> None:
    assert written(CATALOG, "body-stripped") == b""
    with pytest.raises(RemoteProtocolError):
        manscdp.read(b"")

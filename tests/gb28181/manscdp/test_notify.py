import pytest

from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.codec import parse
from tongshi.gb28181.manscdp.notify import (
    Keepalive,
    keepalive_lines,
    read_keepalive,
    read_usual_keepalive,
)
from tongshi.gb28181.manscdp.types import Outcome, open_envelope

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

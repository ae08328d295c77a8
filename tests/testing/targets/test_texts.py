import pytest

from tongshi.gb28181 import manscdp
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.manscdp.response import CatalogAnswer
from tongshi.sip.message import parse
from tongshi.testing.targets.texts import TARGETS, touch

OPTIONS = b"OPTIONS sip:a@b SIP/2.0\r\nFrom: <\r\nExpires: x\r\n\r\nbody"


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_and_rubbish_are_refused(name: str) -> None:
    for data in (b"", b"\0", b"\xff" * 50, b"<" * 50, b"=" * 50, b"9" * 5000):
        TARGETS[name](data)


def test_a_message_with_broken_fields_is_read_and_written() -> None:
    touch(parse(OPTIONS))


def test_a_name_that_would_say_more_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = CatalogAnswer(1, "1", 1, (Item(device_id="1\r\nVia: x"),))
    monkeypatch.setattr(manscdp, "read", lambda body: answer)
    with pytest.raises(AssertionError):
        TARGETS["gb28181.manscdp"](b"")


CONTROL = b"<Control><CmdType>DeviceControl</CmdType><SN>1</SN>%b</Control>"
CONFIG = (
    b"<Control><CmdType>DeviceConfig</CmdType><SN>1</SN><BasicParam><Name>a</Name><X>1</X>"
    b"</BasicParam><FrameMirror>9</FrameMirror></Control>"
)


def test_messages_and_their_plain_values_pass() -> None:
    for inside in (b"<TeleBoot>Boot</TeleBoot>", b"<TargetTrack>Auto</TargetTrack>"):
        TARGETS["gb28181.manscdp"](CONTROL % inside)
    TARGETS["gb28181.plain"](CONFIG)
    TARGETS["gb28181.ptz"](b"A50F0101FA0000B0")
    TARGETS["gb28181.picture-name"](b"34020000001320000001022024050607080912301.jpg")


def test_orders_of_a_playback_pass() -> None:
    TARGETS["gb28181.mansrtsp"](b"PLAY RTSP/1.0\r\nCSeq: 4\r\nRange: npt=100-\r\n")

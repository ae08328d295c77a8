import pytest

from tongshi.sim.quirks import NONE, Quirks
from tongshi.sim.reply import disfigure

BODY = (
    b"v=0\r\nc=IN IP4 192.0.2.7\r\nm=video 15060 TCP/RTP/AVP 96\r\na=sendonly\r\n"
    b"a=setup:active\r\ny=0200000007\r\nf=v/2/5/25/1/512a///\r\n"
)


def changed(*names: str, awaited: bool = False) -> bytes:
    return disfigure(BODY, Quirks.of(names), awaited=awaited)


def test_a_good_device_leaves_its_answer_alone() -> None:
    assert disfigure(BODY, NONE, awaited=False) == BODY


@pytest.mark.parametrize(
    ("quirk", "before", "after"),
    [
        ("port-zero", b"video 15060", b"video 0"),
        ("private-c", b"192.0.2.7", b"192.168.1.64"),
        ("zero-c", b"192.0.2.7", b"0.0.0.0"),
        ("padded-y", b"y=0200000007", b"y= 0200000007 "),
        ("no-setup", b"a=setup:active\r\n", b""),
        ("no-y-no-f", b"y=0200000007\r\nf=v/2/5/25/1/512a///\r\n", b""),
        ("crcrlf", b"\r\n", b"\r\r\n"),
        ("no-final-crlf", b"a///\r\n", b"a///"),
    ],
)
def test_each_quirk_changes_one_thing(quirk: str, before: bytes, after: bytes) -> None:
    assert changed(quirk) == BODY.replace(before, after)


def test_who_is_awaited_says_where() -> None:
    assert changed("port-zero", "private-c", awaited=True) == BODY

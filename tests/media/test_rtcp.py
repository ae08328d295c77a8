import pytest

from tongshi.media.rtcp import SenderReport, is_rtcp, read_sender_report, receiver_report

SR = bytes.fromhex("80c80006 0bebc201 e000000080000000 00015f90 00000001 00000578")


@pytest.mark.parametrize(
    ("second", "expected"),
    [(96, False), (224, False), (191, False), (192, True), (200, True), (223, True)],
)
def test_rtcp_is_known_by_its_second_byte(second: int, expected: bool) -> None:
    assert is_rtcp(bytes([0x80, second])) is expected


def test_sender_report() -> None:
    report = read_sender_report(SR, 5.0)
    assert report == SenderReport(200000001, 0xE000000080000000, 90000, 5.0)
    assert read_sender_report(SR[:19], 5.0) is None
    assert read_sender_report(b"\x80\xc9" + SR[2:], 5.0) is None


def test_receiver_report_without_sender_report() -> None:
    data = receiver_report(1, about=2, received=90, lost=10, last=99, report=None, now=0.0)
    assert data.hex() == "81c9000700000001000000021900000a00000063" + "00" * 12


def test_receiver_report_tells_the_delay_since_the_sender_report() -> None:
    report = read_sender_report(SR, 5.0)
    data = receiver_report(1, about=2, received=70000, lost=0, last=4463, report=report, now=5.5)
    assert data[12:].hex() == "000000000001116f000000000000800000008000"
    late = receiver_report(1, about=2, received=1, lost=0, last=0, report=report, now=1e9)
    assert late[-4:] == b"\xff\xff\xff\xff"

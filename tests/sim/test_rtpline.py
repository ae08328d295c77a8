import pytest

from tongshi.media.rtcp import is_rtcp
from tongshi.media.rtp import Packet
from tongshi.sim.rtpline import CHUNK, RtpLine, cut

PACK = cut(7, True, 90_000, bytes(range(256)) * 12)


def line(*quirks: str, sequence: int = 65_534) -> RtpLine:
    return RtpLine(200_000_001, frozenset(quirks), sequence=sequence)


def test_a_frame_is_cut_into_packets() -> None:
    packets = [Packet.parse(data) for data in line().packets(PACK)]
    assert [len(packet.payload) for packet in packets] == [CHUNK, CHUNK, 272]
    assert b"".join(packet.payload for packet in packets) == bytes(range(256)) * 12
    assert [packet.sequence for packet in packets] == [65_534, 65_535, 0]
    assert [packet.marker for packet in packets] == [False, False, True]
    assert {(p.payload_type, p.timestamp, p.ssrc) for p in packets} == {(96, 90_000, 200_000_001)}


def test_a_transport_stream_goes_seven_packets_at_a_time() -> None:
    packets = [Packet.parse(data) for data in line().packets(cut(1, True, 0, b"\x47" * 1880))]
    assert [(packet.payload_type, len(packet.payload)) for packet in packets] == [
        (33, 1316),
        (33, 564),
    ]


def test_numbers_run_on_and_time_wraps() -> None:
    sender = line()
    sender.packets(PACK)
    last = Packet.parse(sender.packets(cut(8, False, (1 << 32) + 5, b"x"))[0])
    assert (last.sequence, last.timestamp) == (1, 5)


@pytest.mark.parametrize(
    ("quirk", "attribute", "value"),
    [
        ("ssrc-zero", "ssrc", 0),
        ("ssrc-other", "ssrc", 0x0BADCAFE),
        ("payload-type-100", "payload_type", 100),
        ("rtp-milliseconds", "timestamp", 1000),
        ("no-marker", "marker", False),
    ],
)
def test_quirks(quirk: str, attribute: str, value: object) -> None:
    assert getattr(Packet.parse(line(quirk).packets(PACK)[-1]), attribute) == value


def frames(data: bytes, head: int) -> list[bytes]:
    out, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at + head - 2 : at + head], "big")
        out.append(data[at + head : at + head + size])
        at += head + size
    return out


def test_framing_of_rfc_4571() -> None:
    assert frames(line().framed(PACK), 2) == line().packets(PACK)


def test_framing_with_dollars() -> None:
    data = line("dollar-framing").framed(PACK)
    assert data[:2] == b"$\0"
    assert frames(data, 4) == line().packets(PACK)


def test_rtcp_goes_along_once_a_second() -> None:
    sender = line("rtcp-inside")
    first = frames(sender.framed(PACK), 2)
    assert is_rtcp(first[0])
    assert len(first[0]) == 28
    assert len(first) == 4
    assert not is_rtcp(frames(sender.framed(PACK), 2)[0])


def test_nothing_makes_no_packet() -> None:
    assert line().packets(cut(1, False, 0, b"")) == []

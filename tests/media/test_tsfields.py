import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.media import tsfields as fields
from tongshi.media.psfields import crc32
from tongshi.media.unit import Codec


def test_a_header_is_read() -> None:
    packet = bytes.fromhex("47 4100 17") + bytes(184)
    assert fields.read_packet(packet, 0) == fields.Header(0x100, 4, True, 7, False, False)


@pytest.mark.parametrize(
    ("head", "begin", "broken", "jump"),
    [
        ("47 0100 30 07 80", 12, False, True),
        ("47 0100 30 07 10", 12, False, False),
        ("47 0100 30 00 80", 5, False, False),
        ("47 0100 20 b7 00", 188, False, False),
        ("47 0100 00", 188, False, False),
        ("47 8100 10", 4, True, False),
        ("47 0100 90", 4, True, False),
    ],
)
def test_adaptation_and_marks(head: str, begin: int, broken: bool, jump: bool) -> None:
    found = fields.read_packet(bytes.fromhex(head).ljust(188, b"\xff"), 0)
    assert (found.begin, found.broken, found.jump) == (begin, broken, jump)


def test_the_table_of_programs_is_exact() -> None:
    section = fields.build_programs(0x1000)
    # As FFmpeg writes it, but for the transport_stream_id that both set to 1.
    assert section.hex(" ") == "00 b0 0d 00 01 c1 00 00 00 01 f0 00 2a b1 04 b2"
    assert fields.read_programs(section) == (0x1000,)


def test_the_network_is_no_program() -> None:
    section = bytes.fromhex("00 b0 11 00 01 c1 00 00 00 00 e0 10 00 02 e1 00") + bytes(4)
    assert fields.read_programs(section) == (0x100,)


def test_the_table_of_streams() -> None:
    section = fields.build_streams(0x100, ((0x1B, 0x100), (0x90, 0x101), (0x42, 0x102)))
    assert section[:12].hex(" ") == "02 b0 1c 00 01 c1 00 00 e1 00 f0 00"
    assert crc32(section) == 0
    found = ((0x100, Codec.H264), (0x101, Codec.G711A), (0x102, Codec.UNKNOWN))
    assert fields.read_streams(section) == found


def test_descriptors_are_stepped_over() -> None:
    head = bytes.fromhex("02 b0 1f 00 01 c1 00 00 e1 00 f0 03 0a 01 00")
    streams = bytes.fromhex("24 e1 00 f0 04 05 02 48 45 0f e1 01 f0 00")
    found = ((0x100, Codec.H265), (0x101, Codec.AAC))
    assert fields.read_streams(head + streams + bytes(4)) == found


@pytest.mark.parametrize("section", [b"", bytes(11), b"\x02" + bytes(15), b"\x40" + bytes(40)])
def test_other_tables_say_nothing(section: bytes) -> None:
    assert fields.read_programs(section) == ()


def test_tables_cut_anywhere_say_no_more_than_they_hold() -> None:
    section = fields.build_streams(0x100, ((0x1B, 0x100), (0x90, 0x101)))
    for size in range(len(section)):
        assert len(fields.read_streams(section[:size])) < 2
    assert fields.read_streams(fields.build_programs(1)) == ()


def test_sections_say_their_length() -> None:
    assert fields.measure_section(b"\0\xb0") == 0
    assert fields.measure_section(fields.build_programs(1)) == 16


@given(
    st.binary(min_size=1, max_size=600),
    st.integers(0, 15),
    st.none() | st.integers(0, (1 << 33) - 1),
)
def test_payloads_come_back(payload: bytes, counter: int, clock: int | None) -> None:
    packets = fields.build_packets(0x123, counter, payload, clock)
    assert {len(packet) for packet in packets} == {188}
    heads = [fields.read_packet(packet, 0) for packet in packets]
    got = b"".join(packet[head.begin :] for packet, head in zip(packets, heads, strict=True))
    assert got == payload
    assert [head.counter for head in heads] == [(counter + at) % 16 for at in range(len(heads))]
    assert [head.starts for head in heads] == [True] + [False] * (len(heads) - 1)
    assert {head.pid for head in heads} == {0x123}


def test_the_clock_is_told_once() -> None:
    packets = fields.build_packets(0x100, 0, bytes(400), 90_000)
    assert packets[0][4:12].hex(" ") == "07 10 00 00 af c8 7e 00"
    assert packets[1][3] >> 4 == 1

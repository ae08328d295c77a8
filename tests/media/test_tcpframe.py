import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.media.rtp import Packet
from tongshi.media.sender import Sender, frame_rfc4571
from tongshi.media.tcpframe import Framer

SR = bytes.fromhex("80c80006 0bebc201 e000000080000000 00015f90 00000001 00000578")
SENT = [
    p
    for n in range(12)
    for p in Sender(0x11223344, sequence=9 * n, size=90).packets_of(
        b"\0\0\1\xba" + bytes([n]) * 296, n
    )
]


def frame_dollar(packets: list[bytes]) -> bytes:
    return b"".join(b"$\0" + len(p).to_bytes(2, "big") + p for p in packets)


def feed_in_pieces(framer: Framer, data: bytes, size: int) -> list[bytes]:
    return [p for at in range(0, len(data), size) for p in framer.feed(data[at : at + size])]


@pytest.mark.clause("D")
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 100000])
@pytest.mark.parametrize("prefix", [b"", b"\x01\x00\x02" + bytes(253)])
@pytest.mark.parametrize("dollar", [False, True])
def test_both_framings_whole_and_in_pieces(size: int, prefix: bytes, dollar: bool) -> None:
    framer = Framer()
    stream = prefix + (frame_dollar(SENT) if dollar else frame_rfc4571(SENT))
    assert feed_in_pieces(framer, stream, size) == SENT
    assert (framer.counts.packets, framer.counts.resyncs, framer.counts.skipped) == (
        len(SENT),
        0,
        0,
    )


def test_a_first_packet_of_256_bytes_is_no_prefix() -> None:
    packet = Packet(96, 0, 0, 1, bytes(244)).encode()
    assert Framer().feed(frame_rfc4571([packet, packet])) == [packet, packet]


def test_rtcp_and_null_packets_pass() -> None:
    framer = Framer()
    assert framer.feed(frame_rfc4571([SENT[0], SR, b"", SENT[1]])) == [SENT[0], SR, SENT[1]]
    assert framer.counts.resyncs == 0


def test_another_payload_type_of_the_same_sender_passes() -> None:
    sound = Packet(8, 7, 0, 0x11223344, bytes(160)).encode()
    assert Framer().feed(frame_rfc4571([SENT[0], sound, SENT[1], sound])) == [
        SENT[0],
        sound,
        SENT[1],
        sound,
    ]


def test_a_header_of_another_sender_is_no_header() -> None:
    framer = Framer()
    other = Packet(8, 7, 0, 1, bytes(160)).encode()
    packets = framer.feed(frame_rfc4571([SENT[0], other, SENT[1], SENT[2]]))
    assert packets == [SENT[0], SENT[1], SENT[2]]
    assert framer.counts.resyncs == 1
    assert framer.counts.skipped == 2 + len(other)


@pytest.mark.parametrize("dollar", [False, True])
@pytest.mark.parametrize("size", [1, 10, 100000])
def test_framing_is_found_again_after_a_hole(dollar: bool, size: int) -> None:
    framer = Framer()
    stream = frame_dollar(SENT) if dollar else frame_rfc4571(SENT)
    step = len(stream) // len(SENT)
    cut = stream[: 10 * step + 30] + stream[15 * step + 7 :]
    packets = feed_in_pieces(framer, cut, size)
    assert packets[:10] == SENT[:10]
    assert set(SENT[18:]) <= set(packets[11:])
    assert framer.counts.resyncs >= 1
    assert framer.counts.skipped > 0


@pytest.mark.parametrize("junk", [b"\xff" * 40, b"\x80\x60" + bytes(60), bytes(31) + b"\x77" * 9])
def test_junk_between_packets_is_stepped_over(junk: bytes) -> None:
    framer = Framer()
    stream = frame_rfc4571(SENT[:5]) + junk + frame_rfc4571(SENT[5:])
    packets = framer.feed(stream)
    assert packets[:5] == SENT[:5]
    assert packets[-40:] == SENT[-40:]


def test_a_stream_that_begins_in_the_middle_is_found_at_a_pack_header() -> None:
    framer = Framer()
    packs = [Packet(96, n, 0, 0, b"\0\0\1\xba" + bytes(50)).encode() for n in range(5)]
    assert framer.feed(b"\x47" * 30) == []
    assert framer.feed(frame_rfc4571(packs)) == packs
    assert framer.counts.resyncs == 1
    assert framer.counts.skipped == 30
    framer = Framer()
    assert framer.feed(b"\x47" * 100 + frame_dollar(packs)) == packs


def test_junk_that_looks_like_the_other_framing_is_seen_through() -> None:
    framer = Framer()
    packets = framer.feed(b"\0\x14\x80\x60" + bytes(40) + frame_dollar(SENT))
    assert packets[-40:] == SENT[-40:]
    assert framer.counts.resyncs == 1


def test_one_packet_in_the_other_framing_is_lost_alone() -> None:
    framer = Framer()
    stream = frame_dollar(SENT[:4]) + frame_rfc4571([SENT[4]]) + frame_dollar(SENT[5:])
    assert framer.feed(stream) == SENT[:4] + SENT[5:]


def test_an_ssrc_in_the_payload_is_no_header() -> None:
    framer = Framer()
    framer.feed(frame_rfc4571(SENT[:2]))
    trap = b"\xff\xff\x01\x02" + SENT[0][8:12] * 6
    assert framer.feed(trap + frame_rfc4571(SENT[2:]))[-40:] == SENT[-40:]


def test_endless_junk_holds_little() -> None:
    framer = Framer()
    for _ in range(50):
        assert framer.feed(b"\x55" * 1000) == []
    assert framer.counts.skipped >= 49_000
    framer.feed(frame_rfc4571([SENT[0]]))


def test_a_header_that_promises_too_little_is_no_header() -> None:
    framer = Framer()
    assert framer.feed(frame_rfc4571([SENT[0], SENT[1][:11], *SENT[2:]])) == [SENT[0], *SENT[2:]]
    assert framer.counts.resyncs == 1
    framer = Framer()
    assert framer.feed(frame_rfc4571([SENT[0], SR[:3], *SENT[2:]])) == [SENT[0], *SENT[2:]]


def test_a_match_whose_length_leads_nowhere_is_passed_over() -> None:
    framer = Framer()
    framer.feed(frame_rfc4571(SENT[:2]))
    trap = b"\xff\xff\0\x20" + SENT[2][:12] + bytes(40)
    packets = framer.feed(trap + frame_rfc4571(SENT[3:]))
    assert packets[-30:] == SENT[-30:]


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_are_taken_and_little_is_held(chunks: list[bytes]) -> None:
    framer = Framer()
    for chunk in chunks:
        for packet in framer.feed(chunk):
            assert packet[0] >> 6 == 2
    # However it was confused, it comes back within one largest packet.
    for _ in range(260):
        framer.feed(frame_rfc4571(SENT[:5]))
    assert framer.feed(frame_rfc4571(SENT))[-1:] == SENT[-1:]


@given(st.binary(max_size=300), st.integers(0, 300))
def test_good_packets_come_through_whatever_is_between(junk: bytes, at: int) -> None:
    framer = Framer()
    stream = frame_rfc4571(SENT)
    framer.feed(stream + junk[:at] + junk[at:])
    for _ in range(260):
        framer.feed(stream)
    assert SENT[-1] in framer.feed(stream)

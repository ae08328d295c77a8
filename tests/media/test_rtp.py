import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.media.rtp import Frame, Packet, Receiver, find_payload

SSRC = 200000001


def packet(
    sequence: int,
    timestamp: int,
    payload: bytes,
    *,
    marker: bool = False,
    ssrc: int = SSRC,
    payload_type: int = 96,
) -> bytes:
    return Packet(payload_type, sequence & 0xFFFF, timestamp, ssrc, payload, marker).encode()


def brief(frames: list[Frame]) -> list[tuple[bytes, int, bool, bool]]:
    return [(b"".join(f.parts), f.timestamp, f.lost, f.ended) for f in frames]


@pytest.mark.clause("C")
def test_the_vector_of_the_standard() -> None:
    # GB/T 28181-2022 annex D, an example in words: PT 96, marker, number 1, time 90000.
    data = Packet(96, 1, 90000, SSRC, b"x", marker=True).encode()
    assert data.hex(" ") == "80 e0 00 01 00 01 5f 90 0b eb c2 01 78"
    assert Packet.parse(data) == Packet(96, 1, 90000, SSRC, b"x", marker=True)


def test_extension_sources_and_padding_are_stepped_over() -> None:
    head = bytes.fromhex(
        "b2600001 00015f90 0bebc201 00000001 00000002 bede0001 10ff0000".replace(" ", "")
    )
    assert Packet.parse(head + b"abc\0\0\3").payload == b"abc"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8060000100015f900bebc2",
        "4060000100015f900bebc201",  # version 1
        "8160000100015f900bebc201",  # a source that is not there
        "9060000100015f900bebc201",  # an extension that is not there
        "9060000100015f900bebc201bede0001",  # nor its body
        "a060000100015f900bebc201ff",  # more padding than payload
        "a060000100015f900bebc20100",  # padding of no length
    ],
)
def test_what_is_no_packet_is_refused(text: str) -> None:
    data = bytes.fromhex(text)
    assert find_payload(data) is None
    with pytest.raises(RemoteProtocolError, match="RFC 3550"):
        Packet.parse(data)


@given(
    st.builds(
        Packet,
        payload_type=st.integers(0, 127),
        sequence=st.integers(0, 65535),
        timestamp=st.integers(0, 2**32 - 1),
        ssrc=st.integers(0, 2**32 - 1),
        payload=st.binary(max_size=50),
        marker=st.booleans(),
    )
)
def test_parse_of_encode_is_identity(value: Packet) -> None:
    assert Packet.parse(value.encode()) == value


@given(st.binary(max_size=80))
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    if find_payload(data) is None:
        with pytest.raises(RemoteProtocolError):
            Packet.parse(data)
    else:
        assert len(Packet.parse(data).payload) <= len(data) - 12


def test_a_frame_ends_with_the_marker() -> None:
    receiver = Receiver()
    frames = receiver.receive(
        [packet(7, 100, b"a"), packet(8, 100, b"b"), packet(9, 100, b"c", marker=True)], 0.0
    )
    assert frames == [Frame([b"a", b"b", b"c"], 100, 96, False, True)]
    frames = receiver.receive(
        [
            packet(10, 200, b"d"),
            packet(11, 200, b"e", marker=True),
            packet(12, 300, b"f", marker=True),
        ],
        0.0,
    )
    assert brief(frames) == [(b"de", 200, False, True), (b"f", 300, False, True)]
    assert (receiver.counts.packets, receiver.counts.bytes, receiver.ssrc) == (6, 78, SSRC)


def test_a_frame_ends_where_the_time_stamp_changes() -> None:
    receiver = Receiver()
    datagrams = [packet(n, 100 * (n // 3), bytes([n])) for n in range(9)]
    assert brief(receiver.receive(datagrams, 0.0)) == [
        (b"\0\1\2", 0, False, True),
        (b"\3\4\5", 100, False, True),
    ]
    assert brief(receiver.flush()) == [(b"\6\7\x08", 200, False, True)]


def test_a_frame_ends_where_the_payload_type_changes() -> None:
    receiver = Receiver()
    datagrams = [
        packet(0, 100, b"a"),
        packet(1, 100, b"b", payload_type=8, marker=True),
        packet(2, 100, b"c", marker=True),
    ]
    frames = receiver.receive(datagrams, 0.0)
    assert [(f.payload_type, f.parts) for f in frames] == [(96, [b"a"]), (8, [b"b"]), (96, [b"c"])]


def test_numbers_wrap() -> None:
    receiver = Receiver()
    datagrams = [packet(65534 + n, n // 3, bytes([n]), marker=n % 3 == 2) for n in range(6)]
    assert brief(receiver.receive(datagrams, 0.0)) == [
        (b"\0\1\2", 0, False, True),
        (b"\3\4\5", 1, False, True),
    ]


def test_shuffled_packets_come_out_in_order() -> None:
    receiver = Receiver()
    datagrams = [packet(n, n // 4, bytes([n]), marker=n % 4 == 3) for n in range(12)]
    order = [0, 2, 1, 3, 5, 4, 8, 6, 7, 11, 10, 9]
    frames = receiver.receive([datagrams[n] for n in order], 0.0)
    assert [b"".join(f.parts) for f in frames] == [bytes(range(n, n + 4)) for n in (0, 4, 8)]
    assert receiver.counts.order.lost == 0
    assert receiver.counts.order.reordered == 6


def test_a_loss_cuts_the_frame_where_it_happened() -> None:
    receiver = Receiver()
    datagrams = [packet(n, n // 4, bytes([n]), marker=n % 4 == 3) for n in range(12) if n != 5]
    frames = receiver.receive(datagrams[:8], 0.0) + receiver.receive(datagrams[8:], 0.1)
    assert brief(frames) == [
        (b"\0\1\2\3", 0, False, True),
        (b"\4", 1, False, False),
        (b"\6\7", 1, True, True),
        (b"\x08\x09\x0a\x0b", 2, False, True),
    ]
    assert receiver.counts.order.lost == 1


def test_a_loss_between_frames_is_told_with_the_next() -> None:
    receiver = Receiver(ordered=True)
    datagrams = [packet(0, 0, b"a"), packet(2, 1, b"b"), packet(3, 1, b"c", marker=True)]
    assert brief(receiver.receive(datagrams, 0.0)) == [
        (b"a", 0, False, False),
        (b"bc", 1, True, True),
    ]


def test_duplicates_are_dropped() -> None:
    receiver = Receiver()
    datagrams = [
        packet(0, 0, b"a"),
        packet(0, 0, b"a"),
        packet(1, 0, b"b", marker=True),
        packet(1, 0, b"b", marker=True),
    ]
    assert brief(receiver.receive(datagrams, 0.0)) == [(b"ab", 0, False, True)]
    assert receiver.counts.order.duplicates == 2


def test_short_and_foreign_datagrams_are_counted() -> None:
    receiver = Receiver()
    good = [packet(0, 0, b"a"), packet(1, 0, b"b", marker=True)]
    bad = [b"", b"hello", bytes(12), b"\x80\xc8" + bytes(30), packet(7, 0, b"x", ssrc=5)]
    assert brief(receiver.receive([good[0], *bad, good[1]], 0.0)) == [(b"ab", 0, False, True)]
    assert (receiver.counts.malformed, receiver.counts.rtcp, receiver.counts.foreign) == (3, 1, 1)


def test_a_packet_with_a_broken_extension_is_malformed() -> None:
    receiver = Receiver()
    broken = bytes.fromhex("9060000100015f900bebc201")
    assert receiver.receive(
        [packet(0, 90000, b"a"), broken, packet(2, 90000, b"b", marker=True)], 0.0
    )
    assert receiver.counts.malformed == 1


def test_a_packet_without_payload_still_ends_the_frame() -> None:
    receiver = Receiver()
    assert brief(
        receiver.receive(
            [packet(0, 0, b"a"), b"\xa0" + packet(1, 0, b"\0\0\3", marker=True)[1:]], 0.0
        )
    ) == [(b"a", 0, False, True)]


def test_the_first_ssrc_is_latched_whatever_was_announced() -> None:
    receiver = Receiver(ssrc=SSRC)
    receiver.receive([packet(0, 0, b"a", ssrc=0)], 0.0)
    assert receiver.ssrc == 0
    receiver.receive([packet(100, 0, b"a", ssrc=9)], 0.1)
    assert (receiver.ssrc, receiver.counts.foreign) == (0, 1)


def test_the_announced_ssrc_wins_when_it_comes() -> None:
    receiver = Receiver(strict=True)
    receiver.announce(SSRC)
    receiver.receive([packet(4, 0, b"old", ssrc=9), packet(6, 0, b"held", ssrc=9)], 0.0)
    frames = receiver.receive([packet(50, 7, b"new"), packet(51, 7, b"er", marker=True)], 0.0)
    assert brief(frames) == [
        (b"old", 0, False, False),
        (b"held", 0, True, False),
        (b"newer", 7, True, True),
    ]
    assert receiver.counts.ssrc_changes == 1
    receiver.receive([packet(7, 0, b"old", ssrc=9)], 0.0)
    assert (receiver.ssrc, receiver.counts.foreign) == (SSRC, 1)


def test_an_ssrc_that_changes_while_the_numbers_run_on_is_followed() -> None:
    receiver = Receiver()
    datagrams = [packet(n, 0, bytes([n]), ssrc=n, marker=n == 4) for n in range(5)]
    assert brief(receiver.receive(datagrams, 0.0)) == [(b"\0\1\2\3\4", 0, False, True)]
    assert receiver.counts.ssrc_changes == 4


def test_another_sender_is_taken_only_when_the_first_is_silent() -> None:
    receiver = Receiver()
    receiver.receive([packet(0, 0, b"a", marker=True, ssrc=1)], 0.0)
    assert receiver.receive([packet(500, 0, b"b", marker=True, ssrc=2)], 0.4) == []
    assert brief(receiver.receive([packet(501, 1, b"c", marker=True, ssrc=2)], 0.6)) == [
        (b"c", 1, True, True)
    ]
    strict = Receiver(strict=True)
    strict.receive([packet(0, 0, b"a", marker=True, ssrc=1)], 0.0)
    assert strict.receive([packet(1, 0, b"b", marker=True, ssrc=2)], 9.0) == []


def test_a_stream_without_marks_is_handed_on_in_batches() -> None:
    receiver = Receiver()
    datagrams = [packet(n, 7, b"x") for n in range(1100)]
    frames = [
        frame for n in range(0, 1100, 10) for frame in receiver.receive(datagrams[n : n + 10], 0.0)
    ]
    assert sum(len(frame.parts) for frame in frames) == 1100
    assert {frame.ended for frame in frames} == {False}
    # A mark brings the usual way back.
    receiver.receive([packet(1100, 7, b"y", marker=True)], 0.0)
    assert receiver.receive([packet(1101, 8, b"z")], 0.0) == []


def test_receiver_reports() -> None:
    receiver = Receiver(ordered=True)
    receiver.receive([packet(0, 0, b"a"), packet(2, 0, b"b")], 0.0)
    report = receiver.receiver_report(1, 0.0)
    assert report[4:12] == (1).to_bytes(4, "big") + SSRC.to_bytes(4, "big")
    assert report[12:20].hex() == "5500000100000002"
    assert Receiver().receiver_report(1, 0.0)[8:12] == bytes(4)


@given(st.lists(st.binary(max_size=40), max_size=30), st.booleans(), st.booleans())
def test_any_datagrams_are_taken(datagrams: list[bytes], strict: bool, ordered: bool) -> None:
    receiver = Receiver(strict=strict, ordered=ordered)
    frames = (
        receiver.receive([b"\x80\x60" + d for d in datagrams] + datagrams, 0.0) + receiver.flush()
    )
    assert all(frame.parts for frame in frames)
    assert receiver.counts.packets == 2 * len(datagrams)


@given(st.permutations(range(12)), st.sets(st.integers(0, 11)))
def test_no_payload_comes_twice_or_out_of_order(order: list[int], gone: set[int]) -> None:
    receiver = Receiver()
    datagrams = [
        packet(65530 + n, n // 3, bytes([n]), marker=n % 3 == 2) for n in order if n not in gone
    ]
    frames = receiver.receive(datagrams, 0.0) + receiver.flush()
    payload = b"".join(part for frame in frames for part in frame.parts)
    assert list(payload) == sorted(set(payload))
    # What came before the first packet seen counts as a duplicate; all the rest is there.
    assert len(payload) + receiver.counts.order.duplicates == len(datagrams)


def test_what_is_torn_counts_as_loss() -> None:
    receiver = Receiver()
    assert receiver.receive([packet(1, 0, b"a")], 0.0) == []
    receiver.tear()
    frames = receiver.receive([packet(2, 0, b"b", marker=True), packet(3, 9, b"c", marker=True)], 0)
    assert brief(frames) == [
        (b"a", 0, False, False),
        (b"b", 0, True, True),
        (b"c", 9, False, True),
    ]

from hypothesis import given
from hypothesis import strategies as st

from tongshi.media.rtp import Frame, Packet, Receiver
from tongshi.media.sender import PAYLOAD, Relay, Sender, frame_rfc4571


def test_a_frame_is_cut_into_packets_of_1400_bytes() -> None:
    sender = Sender(200000001, sequence=65535)
    packets = [Packet.parse(data) for data in sender.packets_of(bytes(3000), 2**32 + 7)]
    assert [len(packet.payload) for packet in packets] == [PAYLOAD, PAYLOAD, 200]
    assert [packet.sequence for packet in packets] == [65535, 0, 1]
    assert [packet.marker for packet in packets] == [False, False, True]
    assert {(p.timestamp, p.ssrc, p.payload_type) for p in packets} == {(7, 200000001, 96)}
    assert (sender.sequence, sender.sent_packets, sender.sent_bytes) == (2, 3, 3036)


def test_nothing_to_send_gives_no_packet() -> None:
    sender = Sender(1)
    assert sender.packets_of(b"", 0) == []
    assert sender.sequence == 0


def test_a_part_of_a_frame_has_no_marker() -> None:
    packets = Sender(1).packets_with([b"a"], 0, 8, ended=False)
    assert Packet.parse(packets[0]) == Packet(8, 0, 0, 1, b"a")


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=8), st.integers(1, 64))
def test_what_is_sent_is_received(payloads: list[bytes], size: int) -> None:
    sender = Sender(5, size=size)
    receiver = Receiver()
    packets = [p for n, payload in enumerate(payloads) for p in sender.packets_of(payload, n)]
    frames = receiver.receive(packets, 0.0)
    assert [b"".join(frame.parts) for frame in frames] == payloads


def test_a_relay_keeps_payloads_and_shows_losses() -> None:
    relay = Relay(77, sequence=10)
    frames = [Frame([b"a", b"b"], 9, 96, False, True), Frame([b"c"], 12, 96, True, True)]
    packets = [Packet.parse(data) for frame in frames for data in relay.rewrite(frame)]
    assert packets == [
        Packet(96, 10, 9, 77, b"a"),
        Packet(96, 11, 9, 77, b"b", marker=True),
        Packet(96, 13, 12, 77, b"c", marker=True),
    ]
    assert (relay.sent_packets, relay.sent_bytes) == (3, 39)


def test_rfc4571() -> None:
    # GB/T 28181-2022 annex D: 90 bytes of packet stand behind 00 5a.
    data = frame_rfc4571([bytes(90), b"x"])
    assert data == b"\0\x5a" + bytes(90) + b"\0\1x"

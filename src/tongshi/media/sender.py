"""Frames to RTP packets: for simulated devices, and for handing a stream on to another platform.

Source: RFC 3550 5.1; GB/T 28181-2022 C.1.1 and C.2 (at most 1400 bytes of payload).
"""

from collections.abc import Iterable

from tongshi.media.rtp import HEADER, Frame

PAYLOAD = 1400
"""Bytes of a frame in one packet at the most."""


class Sender:
    """Numbers packets of one stream.

    ssrc, sequence: the identity and the first number; chance is the caller's.
    payload_type: 96 for program streams.  size: payload of one packet at the most, bytes.
    """

    __slots__ = ("_payload_type", "_sequence", "_size", "_ssrc", "sent_bytes", "sent_packets")

    def __init__(
        self, ssrc: int, *, sequence: int = 0, payload_type: int = 96, size: int = PAYLOAD
    ) -> None:
        self._ssrc = ssrc & 0xFFFFFFFF
        self._sequence = sequence & 0xFFFF
        self._payload_type = payload_type
        self._size = size
        self.sent_packets = 0
        self.sent_bytes = 0

    @property
    def sequence(self) -> int:
        """The number that the next packet gets."""
        return self._sequence

    def packets_of(self, payload: bytes, timestamp: int) -> list[bytes]:
        """Return *payload* of one frame cut into packets, the last with the marker.

        timestamp: 90 kHz, taken modulo 2**32.
        """
        size = self._size
        parts = [payload[at : at + size] for at in range(0, len(payload), size)]
        return self.packets_with(parts, timestamp, self._payload_type)

    def packets_with(
        self, parts: Iterable[bytes], timestamp: int, payload_type: int, *, ended: bool = True
    ) -> list[bytes]:
        """Return one packet for each of *parts*; the last has the marker when the frame *ended*."""
        pack = HEADER.pack
        sequence, ssrc = self._sequence, self._ssrc
        timestamp &= 0xFFFFFFFF
        out: list[bytes] = []
        for part in parts:
            out.append(pack(0x80, payload_type, sequence, timestamp, ssrc) + part)
            sequence = sequence + 1 & 0xFFFF
        if out and ended:
            last = out[-1]
            out[-1] = last[:1] + bytes([payload_type | 0x80]) + last[2:]
        self._sequence = sequence
        self.sent_packets += len(out)
        self.sent_bytes += sum(map(len, out))
        return out

    def skip(self, count: int = 1) -> None:
        """Leave a hole of *count* numbers, so that the next receiver sees a loss as well."""
        self._sequence = self._sequence + count & 0xFFFF


class Relay:
    """The same stream under another SSRC and numbering, payloads untouched.

    ssrc, sequence: as for :class:`Sender`.
    """

    __slots__ = ("_sender",)

    def __init__(self, ssrc: int, *, sequence: int = 0) -> None:
        self._sender = Sender(ssrc, sequence=sequence)

    @property
    def sent_packets(self) -> int:
        """How many packets have been written."""
        return self._sender.sent_packets

    @property
    def sent_bytes(self) -> int:
        """How many bytes they had."""
        return self._sender.sent_bytes

    def rewrite(self, frame: Frame) -> list[bytes]:
        """Return the packets of *frame* to send on; a loss before it stays a hole."""
        if frame.lost:
            self._sender.skip()
        return self._sender.packets_with(
            frame.parts, frame.timestamp, frame.payload_type, ended=frame.ended
        )


def frame_rfc4571(packets: Iterable[bytes]) -> bytes:
    """Return *packets* as they stand in a TCP stream, each behind its 2-byte length."""
    out: list[bytes] = []
    for packet in packets:
        out += (len(packet).to_bytes(2, "big"), packet)
    return b"".join(out)

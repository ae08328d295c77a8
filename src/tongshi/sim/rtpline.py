"""The RTP packets of one stream, rightly, and with the quirks of layer RTP.

Source: RFC 3550 5.1, RFC 4571; GB/T 28181-2022 annexes C and D.
"""

from typing import NamedTuple

from tongshi.media.rtp import HEADER
from tongshi.media.tsfields import SIZE, SYNC
from tongshi.sim.carriage import PACKETS, PAYLOAD_TYPE

CHUNK = 1400
"""Payload of a packet at most, byte (annex C)."""
_PS = 96
_ODD_TYPES = {"payload-type-100": 100, "payload-type-69": 69}
_TORN = 60
"""Frames from one torn packet to the next."""
_OTHER_SSRC = 0x0BADCAFE
_SENDER_REPORT = bytes.fromhex("80c80006")


class Pack(NamedTuple):
    """One frame's program stream, cut for RTP; shared by all who send it.

    timestamp: 90 kHz, unwrapped.  chunks: at most 1400 bytes each.  kind: payload type.
    """

    number: int
    key: bool
    timestamp: int
    chunks: tuple[bytes, ...]
    kind: int = _PS


def cut(number: int, key: bool, timestamp: int, data: bytes) -> Pack:
    """Return *data*, the program or transport stream of a frame, as a pack."""
    transport = data[:1] == bytes([SYNC])  # a program stream begins with zeros
    size = PACKETS * SIZE if transport else CHUNK
    chunks = tuple(data[at : at + size] for at in range(0, len(data), size))
    return Pack(number, key, timestamp, chunks, PAYLOAD_TYPE if transport else _PS)


class RtpLine:
    """Numbers and stamps the packets of one stream.

    ssrc: as agreed in ``y=``.  quirks: names; others than of layer RTP do nothing.
    """

    def __init__(self, ssrc: int, quirks: frozenset[str], *, sequence: int = 0) -> None:
        self.quirks = quirks
        self._ssrc = ssrc
        self._sequence = sequence
        self._frames = 0

    def packets(self, pack: Pack) -> list[bytes]:
        """Return the packets of a frame; the last one carries the marker."""
        quirks = self.quirks
        kind = next((odd for name, odd in _ODD_TYPES.items() if name in quirks), pack.kind)
        timestamp = pack.timestamp
        if "rtp-milliseconds" in quirks:
            timestamp //= 90
        timestamp &= 0xFFFFFFFF
        ssrc, sequence = self.ssrc, self._sequence
        step = "stamps-per-packet" in quirks
        made = []
        for chunk in pack.chunks:
            made.append(HEADER.pack(0x80, kind, sequence, timestamp, ssrc) + chunk)
            sequence = sequence + 1 & 0xFFFF
            timestamp = timestamp + step & 0xFFFFFFFF
        if made and "no-marker" not in quirks:
            made[-1] = made[-1][:1] + bytes([kind | 0x80]) + made[-1][2:]
        self._sequence = sequence
        return made

    @property
    def sequence(self) -> int:
        """The number that the next packet will carry."""
        return self._sequence

    @property
    def ssrc(self) -> int:
        """The SSRC that the packets carry."""
        if "ssrc-zero" in self.quirks:
            return 0
        return _OTHER_SSRC if "ssrc-other" in self.quirks else self._ssrc

    def framed(self, pack: Pack) -> bytes:
        """Return the packets of a frame as they go over TCP."""
        made = self.packets(pack)
        self._frames += 1
        if "rtcp-inside" in self.quirks and self._frames % 25 == 1:
            made.insert(0, self._report(pack.timestamp))
        if "dollar-framing" in self.quirks:
            return b"".join(b"$\x00" + len(p).to_bytes(2, "big") + p for p in made)
        data = b"".join(len(p).to_bytes(2, "big") + p for p in made)
        if "torn-frames" in self.quirks and self._frames % _TORN == 0:
            # What was left in a send buffer that did not take the whole packet.
            data = data[: (len(made[0]) + 2) // 2] + data
        return data

    def _report(self, timestamp: int) -> bytes:
        """Return a sender report (RFC 3550 6.4.1) whose counts are left 0."""
        stamp = (timestamp & 0xFFFFFFFF).to_bytes(4, "big")
        return _SENDER_REPORT + self.ssrc.to_bytes(4, "big") + bytes(8) + stamp + bytes(8)

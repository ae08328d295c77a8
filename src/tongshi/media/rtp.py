"""RTP: the packet, and the path from datagrams to the packets of one frame.

Theory of operation of :class:`Receiver`.  Nearly every datagram continues a frame: its number is
the expected one and the eight bytes of time stamp and SSRC equal those before it, so one slice
compare is all that it costs.  Everything else goes through :meth:`Receiver._sort`.  A frame ends
with the marker bit or where the time stamp changes, because senders forget either.

Source: RFC 3550 5.1; GB/T 28181-2022 C.1.1.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tongshi.errors import RemoteProtocolError
from tongshi.media import rtcp
from tongshi.media.reorder import WINDOW_PACKETS, OrderCounts, Window

HEADER = struct.Struct(">BBHII")
_LOOSE = 1024
_SILENT_S = 0.5
_NEVER = bytes(9)  # longer than any slice it is compared with
_CLAUSE = "RFC 3550 5.1"


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet.

    timestamp: 32 bits, by the clock of the payload.  payload: without padding.
    """

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    @classmethod
    def parse(cls, data: bytes) -> "Packet":
        """Return the packet in *data*; raises RemoteProtocolError when it is not one."""
        bounds = find_payload(data)
        if bounds is None:
            raise RemoteProtocolError(f"not an RTP packet of {len(data)} bytes", clause=_CLAUSE)
        _, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
        payload = data[bounds[0] : bounds[1]]
        return cls(second & 0x7F, sequence, timestamp, ssrc, payload, second >= 0x80)

    def encode(self) -> bytes:
        """Return the packet as bytes, without extension and padding."""
        second = self.payload_type | self.marker << 7
        return HEADER.pack(0x80, second, self.sequence, self.timestamp, self.ssrc) + self.payload


def find_payload(data: bytes) -> tuple[int, int] | None:
    """Return where the payload of an RTP packet begins and ends; None when *data* is none."""
    end = len(data)
    if end < 12 or data[0] >> 6 != 2:
        return None
    first = data[0]
    begin = 12 + 4 * (first & 0x0F)
    if first & 0x10:
        if end < begin + 4:
            return None
        begin += 4 + 4 * (data[begin + 2] << 8 | data[begin + 3])
    if first & 0x20:
        end -= data[-1] or end
    return (begin, end) if begin <= end else None


class Frame(NamedTuple):
    """Payloads of consecutive packets with one time stamp.

    lost: packets directly before these are missing.
    ended: the marker or another time stamp followed; else more of this frame may come.
    """

    parts: list[bytes]
    timestamp: int
    payload_type: int
    lost: bool
    ended: bool


@dataclass(slots=True)
class RtpCounts:
    """What a receiver took and what it refused.

    foreign: packets of another sender, refused.  ssrc_changes: changes accepted.
    malformed: not RTP at all.
    """

    packets: int = 0
    bytes: int = 0
    rtcp: int = 0
    malformed: int = 0
    foreign: int = 0
    ssrc_changes: int = 0
    order: OrderCounts = field(default_factory=OrderCounts)


class Receiver:
    """Datagrams of one stream in, frames out.

    ssrc: the one announced in ``y=``.  The first SSRC seen is latched whatever it is, because
    devices send 0 or their own; should packets with the announced one come later, they win.
    strict: refuse every other change of SSRC.  Else a change is taken when the numbers run on or
    the latched sender has been silent for half a second.
    ordered: the transport keeps order (TCP), so a hole is a loss at once.
    """

    __slots__ = ("_expected", "_heard", "_key", "_kind", "_loose", "_lost", "_marked", "_out",
                 "_parts", "_plain", "_ssrc", "_stamp", "_strict", "_wanted", "_window", "counts",
                 "report")  # fmt: skip

    def __init__(
        self, *, ssrc: int | None = None, strict: bool = False, ordered: bool = False
    ) -> None:
        self._window = Window(packets=0 if ordered else WINDOW_PACKETS)
        self.counts = RtpCounts(order=self._window.counts)
        self.report: rtcp.SenderReport | None = None
        self._strict = strict
        self._ssrc: bytes | None = None
        self._heard = 0.0
        self._parts: list[bytes] = []
        self._out: list[Frame] = []
        self._stamp = b""
        self._kind = -1
        self._lost = False
        self._loose = False
        # What the next datagram of a frame begins with: its number, second byte without and with
        # marker, time stamp and SSRC.
        self._expected = -1
        self._plain = -1
        self._marked = -1
        self._key = _NEVER
        self.announce(ssrc)

    @property
    def ssrc(self) -> int | None:
        """The SSRC latched, or None before the first packet."""
        return None if self._ssrc is None else int.from_bytes(self._ssrc, "big")

    def announce(self, ssrc: int | None) -> None:
        """Take the SSRC that an offer or an answer announced."""
        self._wanted = None if ssrc is None else ssrc.to_bytes(4, "big")

    def receive(self, datagrams: Sequence[bytes], now: float) -> list[Frame]:
        """Return the frames that *datagrams* complete."""
        key, expected, plain, marked = self._key, self._expected, self._plain, self._marked
        parts = self._parts
        counts = self.counts
        refused = counts.foreign
        for datagram in datagrams:
            if (
                datagram[4:12] == key
                and datagram[2] << 8 | datagram[3] == expected
                and datagram[0] == 0x80
            ):
                if datagram[1] == plain:
                    parts.append(datagram[12:])
                    expected = expected + 1 & 0xFFFF
                    continue
                if datagram[1] == marked:
                    parts.append(datagram[12:])
                    expected = expected + 1 & 0xFFFF
                    self._finish(True)
                    parts = self._parts
                    continue
            self._expected = expected
            self._sort(datagram, now)
            key, expected, plain, marked = self._key, self._expected, self._plain, self._marked
            parts = self._parts
        self._expected = expected
        counts.packets += len(datagrams)
        counts.bytes += sum(map(len, datagrams))
        if counts.foreign - refused < len(datagrams):
            self._heard = now
        if self._loose or len(parts) > _LOOSE:
            self._loose = True
            self._finish(False)
        out, self._out = self._out, []
        return out

    def tear(self) -> None:
        """Note that bytes are missing or false here, whatever the numbers say."""
        self._finish(False)
        self._lost = True

    def flush(self) -> list[Frame]:
        """Return what is left when the stream ends."""
        for datagram, lost in self._window.drain():
            self._take(datagram, lost)
        self._finish(True)
        out, self._out = self._out, []
        return out

    def receiver_report(self, reporter: int, now: float) -> bytes:
        """Return an RTCP receiver report about the latched sender, from *reporter*, at *now*, s."""
        order = self.counts.order
        return rtcp.receiver_report(
            reporter,
            about=self.ssrc or 0,
            received=self.counts.packets - order.duplicates,
            lost=order.lost,
            last=max(self._expected - 1, 0),
            report=self.report,
            now=now,
        )

    def _sort(self, datagram: bytes, now: float) -> None:
        """Handle one datagram that does not simply continue the frame."""
        if (
            datagram[8:12] == self._ssrc
            and datagram[2] << 8 | datagram[3] == self._expected
            and datagram[0] == 0x80
            and datagram[1] == self._plain
            and not self._parts
            and self._key is not _NEVER
        ):
            # The usual oddity: the first packet of the next frame.
            self._expected = self._expected + 1 & 0xFFFF
            self._key = datagram[4:12]
            self._stamp = datagram[4:8]
            self._parts.append(datagram[12:])
            return
        if len(datagram) < 12 or datagram[0] >> 6 != 2:
            self.counts.malformed += 1
            return
        if rtcp.is_rtcp(datagram):
            self.counts.rtcp += 1
            self.report = rtcp.read_sender_report(datagram, now) or self.report
            return
        number = datagram[2] << 8 | datagram[3]
        if datagram[8:12] != self._ssrc and not self._admit(datagram[8:12], number, now):
            self.counts.foreign += 1
            return
        window = self._window
        if number == self._expected and not window.holding:
            self._expected = number + 1 & 0xFFFF
            self._take(datagram, False)
            return
        window.expected = self._expected if self._expected >= 0 else None
        for item, lost in window.put(number, datagram, now):
            self._take(item, lost)
        self._expected = -1 if window.expected is None else window.expected
        if window.holding:
            self._key = _NEVER

    def _admit(self, ssrc: bytes, number: int, now: float) -> bool:
        """Return whether packets of *ssrc* belong to the stream, and latch it if so."""
        if self._ssrc is None:
            self._ssrc = ssrc
            return True
        runs_on = number == self._expected and not self._window.holding
        silent = now - self._heard > _SILENT_S
        if ssrc != self._wanted and (self._strict or not (runs_on or silent)):
            return False
        self.counts.ssrc_changes += 1
        self._ssrc = ssrc
        if not runs_on:
            for item, lost in self._window.drain():
                self._take(item, lost)
            self._finish(False)
            self._lost = True
            self._expected = -1
        return True

    def _take(self, datagram: bytes, lost: bool) -> None:
        """Add one datagram whose turn it is."""
        bounds = find_payload(datagram)
        if bounds is None:
            self.counts.malformed += 1
            return
        key = datagram[4:12]
        kind = datagram[1] & 0x7F
        if lost:
            self._finish(False)
            self._lost = True
        if key[:4] != self._stamp or kind != self._kind:
            self._finish(True)
        self._key, self._stamp, self._kind = key, key[:4], kind
        self._plain, self._marked = kind, kind | 0x80
        if bounds[1] > bounds[0]:
            self._parts.append(datagram[bounds[0] : bounds[1]])
        if datagram[1] & 0x80:
            self._finish(True)

    def _finish(self, ended: bool) -> None:
        if ended:
            self._loose = False
        parts = self._parts
        if parts:
            stamp = int.from_bytes(self._stamp, "big")
            self._out.append(Frame(parts, stamp, self._kind, self._lost, ended))
            self._parts = []
            self._lost = False

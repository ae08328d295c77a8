"""As much RTCP as a receiver needs: know it, read sender reports, write receiver reports.

Source: RFC 3550 6.4; RFC 5761 4 (telling it from RTP on one port).
"""

import struct
from dataclasses import dataclass

_SENDER_REPORT = 200
_RECEIVER_REPORT = 201
_REPORT = struct.Struct(">BBHIIIIIII")
_SENDER = struct.Struct(">BBHIQI")


@dataclass(frozen=True, slots=True)
class SenderReport:
    """The clocks of a sender.

    ntp: 64 bits, s in units of 2**-32 since 1900.  timestamp: the RTP clock at that moment.
    arrived: s, by our monotonic clock.
    """

    ssrc: int
    ntp: int
    timestamp: int
    arrived: float


def is_rtcp(packet: bytes) -> bool:
    """Return whether *packet*, of at least 2 bytes, is RTCP: second byte 192..195, 200..223.

    196..199 is no type of RTCP, but payload type 69 with its marker, which cameras send.
    """
    second = packet[1]
    return 192 <= second <= 223 and not 196 <= second <= 199


def read_sender_report(packet: bytes, now: float) -> SenderReport | None:
    """Return the sender report that a compound packet begins with, or None."""
    if len(packet) < 20 or packet[1] != _SENDER_REPORT:
        return None
    _, _, _, ssrc, ntp, timestamp = _SENDER.unpack_from(packet)
    return SenderReport(ssrc, ntp, timestamp, now)


def receiver_report(
    reporter: int,
    *,
    about: int,
    received: int,
    lost: int,
    last: int,
    report: SenderReport | None,
    now: float,
) -> bytes:
    """Return a receiver report with one block.

    reporter, about: SSRCs.  received, lost: packets since the beginning, from which the fraction
    is taken.  last: the highest sequence number; its cycles are worked out from the counts.
    now: s, by the clock of ``report.arrived``.
    """
    due = max(received + lost, 1)
    cycles = max(due - last, 0) + 0x8000 >> 16
    middle = since = 0
    if report is not None:
        middle = report.ntp >> 16 & 0xFFFFFFFF
        since = min(max(int((now - report.arrived) * 65536), 0), 0xFFFFFFFF)
    return _REPORT.pack(
        0x81, _RECEIVER_REPORT, 7, reporter, about,
        min(lost * 256 // due, 255) << 24 | min(lost, 0x7FFFFF),
        (cycles & 0xFFFF) << 16 | last & 0xFFFF,
        0,  # jitter: not measured
        middle, since,
    )  # fmt: skip

"""Transport streams as some devices send them where a program stream was asked for.

Source: ISO/IEC 13818-1 2.4; RFC 2250 2; RFC 3551 4.5.8 (payload type 33).
"""

from tongshi.media import psfields
from tongshi.media import tsfields as fields
from tongshi.media.unit import CLOCK

PACKETS = 7
"""Packets of 188 bytes in one of RTP."""
PAYLOAD_TYPE = 33
_MAP_PID = 0x1000
_CLOCK_LEAD = CLOCK // 10
_MAP = 0xBC
_VIDEO = psfields.VIDEO_ID
_PIDS = {psfields.VIDEO_ID: 0x100, psfields.AUDIO_ID: 0x101}


class Carriage:
    """Carries the PES packets of frames of a program stream in packets of 188 bytes."""

    def __init__(self) -> None:
        self._counters: dict[int, int] = {}

    def carry(self, pieces: list[tuple[int, bytes]]) -> bytes:
        """Return one frame's packets.

        pieces: of the frame's program stream, with their stream ids; where it has a stream map,
        the tables of programs go first.
        """
        made: list[bytes] = []
        for stream_id, data in pieces:
            if stream_id == _MAP:
                made += self._write(fields.PROGRAMS, b"\0" + fields.build_programs(_MAP_PID))
                made += self._write(_MAP_PID, b"\0" + _streams(data))
            elif stream_id in _PIDS:
                made += self._write(_PIDS[stream_id], data, _clock_of(stream_id, data))
        return b"".join(made)

    def _write(self, pid: int, payload: bytes, clock: int | None = None) -> list[bytes]:
        counter = self._counters.get(pid, 0)
        made = fields.build_packets(pid, counter, payload, clock)
        self._counters[pid] = counter + len(made) & 15
        return made


def _streams(packet: bytes) -> bytes:
    """Return the table that says what the stream map *packet* says, without its descriptors."""
    entries, at = packet[12:-4], 0
    found: list[tuple[int, int]] = []
    while at < len(entries):
        found.append((entries[at], _PIDS[entries[at + 1]]))
        at += 4 + int.from_bytes(entries[at + 2 : at + 4], "big")
    return fields.build_streams(_PIDS[_VIDEO], tuple(found))


def _clock_of(stream_id: int, packet: bytes) -> int | None:
    """Return the time to tell with a picture, 90 kHz; None where none begins."""
    if stream_id != _VIDEO:
        return None
    header = psfields.read_header(packet, 0, len(packet))
    if header is None or header[1] is None:
        return None
    return (header[1] if header[2] is None else header[2]) - _CLOCK_LEAD

"""The fields of a transport stream: packet header, tables of programs.

Reading is for streams from the field: lengths are clamped, CRCs ignored.  Writing is to the letter.

Source: ISO/IEC 13818-1 2.4.3.2, 2.4.3.4, 2.4.4.3, 2.4.4.8.
"""

import struct
from typing import NamedTuple

from tongshi.media.psfields import codec_of, crc32
from tongshi.media.unit import Codec

SIZE = 188
"""Bytes of a packet."""
SYNC = 0x47
"""Its first byte."""
PROGRAMS = 0
"""Packet id of the table of programs."""
NULL = 0x1FFF
"""Packet id of stuffing."""
SECTION = 1024
"""Bytes of a table of either kind at the most."""
_HEADER = struct.Struct(">BHB")
_PROGRAMS_TABLE, _STREAMS_TABLE = 0, 2


class Header(NamedTuple):
    """What a packet's header says.

    begin: offset of the payload; at or beyond the end of the packet when it has none.
    starts: a PES packet or a table begins in it.  counter: 0 to 15, counts payloads.
    broken: the sender calls it damaged, or it is scrambled.  jump: the counter begins anew.
    """

    pid: int
    begin: int
    starts: bool
    counter: int
    broken: bool
    jump: bool


def read_packet(data: bytes, at: int) -> Header:
    """Return the header of the whole packet at *at*; its first byte is not looked at."""
    _, middle, last = _HEADER.unpack_from(data, at)
    begin, jump = at + 4, False
    if last & 0x20:
        length = data[at + 4]
        jump = length > 0 and data[at + 5] >= 0x80
        begin += 1 + length
    if not last & 0x10:
        begin = at + SIZE
    broken = middle >= 0x8000 or last >= 0x40
    return Header(middle & 0x1FFF, begin, bool(middle & 0x4000), last & 15, broken, jump)


def measure_section(section: bytes) -> int:
    """Return how long the table that *section* begins is, bytes; 0 while it does not say."""
    return 3 + ((section[1] & 0x0F) << 8 | section[2]) if len(section) >= 3 else 0


def read_programs(section: bytes) -> tuple[int, ...]:
    """Return the packet ids under which the streams of each program are listed."""
    if len(section) < 12 or section[0] != _PROGRAMS_TABLE:
        return ()
    found = []
    for at in range(8, len(section) - 7, 4):
        number, pid = struct.unpack_from(">HH", section, at)
        if number:  # program 0 names the network
            found.append(pid & 0x1FFF)
    return tuple(found)


def read_streams(section: bytes) -> tuple[tuple[int, Codec], ...]:
    """Return packet id and codec of each stream of a program; UNKNOWN for others than ours."""
    if len(section) < 16 or section[0] != _STREAMS_TABLE:
        return ()
    at = 12 + ((section[10] & 0x0F) << 8 | section[11])
    found = []
    while at + 5 <= len(section) - 4:
        kind, pid, size = struct.unpack_from(">BHH", section, at)
        found.append((pid & 0x1FFF, codec_of(kind)))
        at += 5 + (size & 0x0FFF)
    return tuple(found)


def build_programs(program_pid: int) -> bytes:
    """Return the table of one program, whose streams *program_pid* lists."""
    return _build_section(_PROGRAMS_TABLE, struct.pack(">HH", 1, 0xE000 | program_pid))


def build_streams(clock_pid: int, streams: tuple[tuple[int, int], ...]) -> bytes:
    """Return the table of *streams*, as stream_type and packet id; clock_pid: who tells time."""
    body = struct.pack(">HH", 0xE000 | clock_pid, 0xF000)
    body += b"".join(struct.pack(">BHH", kind, 0xE000 | pid, 0xF000) for kind, pid in streams)
    return _build_section(_STREAMS_TABLE, body)


def _build_section(table: int, body: bytes) -> bytes:
    head = struct.pack(">BHHBBB", table, 0xB000 | len(body) + 9, 1, 0xC1, 0, 0)
    return head + body + struct.pack(">I", crc32(head + body))


def build_packets(pid: int, counter: int, payload: bytes, clock: int | None = None) -> list[bytes]:
    """Return *payload*, a PES packet or a table with its pointer, in packets of *pid*.

    counter: of the first.  clock: time told in the first, 90 kHz.
    The last is filled up in front of its payload.
    """
    made: list[bytes] = []
    field = b"" if clock is None else _build_clock(clock)
    at = 0
    while at < len(payload):
        room = SIZE - 4 - (len(field) + 1 if field else 0)
        part = payload[at : at + room]
        spare = room - len(part)
        adaptation = bytes([len(field) + spare]) + field + b"\xff" * spare if field else b""
        if spare and not field:
            adaptation = bytes([spare - 1]) + (b"\0" + b"\xff" * 183)[: spare - 1]
        middle = pid | (0 if at else 0x4000)
        head = _HEADER.pack(SYNC, middle, (0x30 if adaptation else 0x10) | counter)
        made.append(head + adaptation + part)
        counter = counter + 1 & 15
        at += len(part)
        field = b""
    return made


def _build_clock(ticks: int) -> bytes:
    """Return flags and program clock reference of an adaptation field."""
    return b"\x10" + ((ticks & (1 << 33) - 1) << 15 | 0x7E00).to_bytes(6, "big")

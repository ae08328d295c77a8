"""What quirky devices do to a program stream: frames of a correct muxer, cut and altered.

Source: ISO/IEC 13818-1 2.4.3.7, 2.5.3, 2.5.4; GB/T 28181-2022 C.1.
"""

from tongshi.media.psfields import crc32
from tongshi.sim.carriage import Carriage

_PACK, _SYSTEM, _MAP, _PRIVATE, _VIDEO = 0xBA, 0xBB, 0xBC, 0xBD, 0xE0
_SMALL = 5000
_TOO_LONG = 64
_JUMP_FRAMES, _JUMP = 50, 3 * 90_000
"""After so many frames time stamps jump back by so much, 90 kHz."""
_G711A, _G722 = 0x90, 0x92
_AUDIO = range(0xC0, 0xE0)
_OTHER_TYPE = {0x1B: 0x24, 0x24: 0x1B}
# An avcC record of some other camera, as one is found where descriptors belong.
_AVCC = bytes.fromhex("01640028ffe1000567640028ac01000468ee3cb0")

Piece = tuple[int, bytes]
"""Stream id, and all bytes of the pack header, system header, map or PES packet."""


class Dresser:
    """Alters frame after frame as the chosen quirks of layer PS say."""

    def __init__(self, quirks: frozenset[str]) -> None:
        """Take names of :data:`tongshi.sim.quirks.QUIRKS`; others than of layer PS do nothing."""
        self._quirks = quirks
        self._mapped = False
        self._count = 0
        self._carriage = Carriage()

    def alter(self, pack: bytes) -> bytes:
        """Return one frame's program stream, or transport stream, as this device would send it."""
        if not self._quirks:
            return pack
        pieces = self._alter_maps(split(pack))
        if "stamps-jump-back" in self._quirks:
            back = self._count // _JUMP_FRAMES * _JUMP
            pieces = [_shift(piece, back) for piece in pieces]
        pieces = self._alter_video(pieces)
        if "odd-pes-header" in self._quirks:
            pieces = [_stuff(piece) for piece in pieces]
        if "pack-counter" in self._quirks:
            pieces = [self._count_in(piece) for piece in pieces]
        if "private-stream" in self._quirks:
            note = b"\x80\x00\x00" + b"META%08d" % self._count + bytes(range(48))
            pieces.append((_PRIVATE, _packet(_PRIVATE, note)))
        if "pes-too-long" in self._quirks:
            pieces[-1] = _lengthen(pieces[-1])
        if "trailing-garbage" in self._quirks:
            pieces.append((_VIDEO, bytes(24) + b"\x00\x00\x01\xe0\x00\x00"))
        self._count += 1
        if "mpegts" in self._quirks:
            return self._carriage.carry(pieces)
        return b"".join(data for _, data in pieces)

    def _alter_maps(self, pieces: list[Piece]) -> list[Piece]:
        if "no-psm" in self._quirks:
            return [piece for piece in pieces if piece[0] not in (_SYSTEM, _MAP)]
        if "psm-once" in self._quirks and self._mapped:
            return [piece for piece in pieces if piece[0] != _MAP]
        self._mapped = self._mapped or any(piece[0] == _MAP for piece in pieces)
        return [self._alter_map(data) if id_ == _MAP else (id_, data) for id_, data in pieces]

    def _alter_map(self, data: bytes) -> Piece:
        info = int.from_bytes(data[8:10], "big")
        entries = data[12 + info : -4]
        if "wrong-stream-type" in self._quirks:
            entries = bytes([_OTHER_TYPE.get(entries[0], entries[0])]) + entries[1:]
        if "avcc-in-psm" in self._quirks:
            entries = entries[:2] + len(_AVCC).to_bytes(2, "big") + _AVCC + entries[4:]
        if "wrong-sound-type" in self._quirks:
            entries = _rename_sound(entries)
        told = len(entries) + (40 if "wrong-psm-length" in self._quirks else 0)
        size = told.to_bytes(2, "big")
        body = data[6 : 10 + info] + size + entries
        head = b"\x00\x00\x01\xbc" + (len(body) + 4).to_bytes(2, "big") + body
        crc = crc32(head)
        if "wrong-psm-crc" in self._quirks:
            crc ^= 0x5A5A5A5A
        return _MAP, head + crc.to_bytes(4, "big")

    def _alter_video(self, pieces: list[Piece]) -> list[Piece]:
        video = [data for id_, data in pieces if id_ == _VIDEO]
        if not video:
            return pieces
        if "zero-length-pes" in self._quirks:
            made = [_join(video)]
        elif "small-pes" in self._quirks:
            made = _cut(_join(video))
        else:
            return pieces
        at = next(index for index, piece in enumerate(pieces) if piece[0] == _VIDEO)
        rest = [piece for piece in pieces[at:] if piece[0] != _VIDEO]
        return pieces[:at] + [(_VIDEO, data) for data in made] + rest

    def _count_in(self, piece: Piece) -> Piece:
        """Give a pack header the six bytes of stuffing that some recorders count frames in."""
        id_, data = piece
        if id_ != _PACK:
            return piece
        stuffing = b"\xff\xff" + (self._count & 0xFFFFFFFF).to_bytes(4, "big")
        return id_, data[:13] + b"\xfe" + stuffing


def split(pack: bytes) -> list[Piece]:
    """Return the pieces of one well-formed frame."""
    pieces: list[Piece] = []
    at = 0
    while at < len(pack):
        id_ = pack[at + 3]
        if id_ == _PACK:
            size = 14 + (pack[at + 13] & 7)
        else:
            size = 6 + int.from_bytes(pack[at + 4 : at + 6], "big")
        pieces.append((id_, pack[at : at + size]))
        at += size
    return pieces


def _packet(id_: int, body: bytes) -> bytes:
    return bytes([0, 0, 1, id_]) + len(body).to_bytes(2, "big") + body


def _join(video: list[bytes]) -> bytes:
    """Return one PES packet with the payloads of all, its length 0."""
    rest = b"".join(data[9 + data[8] :] for data in video[1:])
    return video[0][:4] + b"\x00\x00" + video[0][6:] + rest


def _cut(whole: bytes) -> list[bytes]:
    """Return a PES packet as packets of 5 kB at most; those after the first have no stamps."""
    start = 9 + whole[8]
    made = []
    head, payload = whole[6:start], whole[start:]
    for at in range(0, max(len(payload), 1), _SMALL):
        body = (head if at == 0 else b"\x80\x00\x00") + payload[at : at + _SMALL]
        made.append(_packet(_VIDEO, body))
    return made


def _lengthen(piece: Piece) -> Piece:
    id_, data = piece
    size = min(int.from_bytes(data[4:6], "big") + _TOO_LONG, 0xFFFF)
    return id_, data[:4] + size.to_bytes(2, "big") + data[6:]


def _rename_sound(entries: bytes) -> bytes:
    """Return the entries of a map with G.711 called G.722."""
    at, made = 0, bytearray(entries)
    while at + 4 <= len(made):
        if made[at] == _G711A:
            made[at] = _G722
        at += 4 + int.from_bytes(made[at + 2 : at + 4], "big")
    return bytes(made)


def _stuff(piece: Piece) -> Piece:
    """Put three bytes of stuffing at the end of a PES header."""
    id_, data = piece
    if id_ != _VIDEO and id_ not in _AUDIO:
        return piece
    length = int.from_bytes(data[4:6], "big")
    length = min(length + 3, 0xFFFF) if length else 0
    start = 9 + data[8]
    head = data[:4] + length.to_bytes(2, "big") + data[6:8] + bytes([data[8] + 3])
    return id_, head + data[9:start] + b"\xff\xff\xff" + data[start:]


def _shift(piece: Piece, back: int) -> Piece:
    """Move the time stamps of a PES packet back, 90 kHz, modulo 2**33."""
    id_, data = piece
    if id_ != _VIDEO and id_ not in _AUDIO:
        return piece
    made = bytearray(data)
    for number in range((data[7] >> 7) + (data[7] >> 6 & 1)):
        at = 9 + 5 * number
        made[at : at + 5] = _stamp(data[at : at + 5], back)
    return id_, bytes(made)


def _stamp(field: bytes, back: int) -> bytes:
    """Return a time stamp of ISO 13818-1 2.4.3.7, moved back."""
    value = (field[0] >> 1 & 7) << 30 | field[1] << 22 | field[2] >> 1 << 15
    value |= field[3] << 7 | field[4] >> 1
    value = value - back & 0x1FFFFFFFF
    return bytes(
        [
            field[0] & 0xF0 | value >> 30 << 1 | 1,
            value >> 22 & 0xFF,
            (value >> 15 & 0x7F) << 1 | 1,
            value >> 7 & 0xFF,
            (value & 0x7F) << 1 | 1,
        ]
    )

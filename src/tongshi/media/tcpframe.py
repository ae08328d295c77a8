"""RTP packets out of a TCP stream, in either framing, and again after garbage.

Theory of operation.  Neither framing has a sync word, and cameras that drop from the middle of
their send buffer shift it.  Every packet is therefore checked where its header should stand:
version 2 and a payload type seen before, or RTCP.  When that fails, the next header with the
same payload type and SSRC, or one before a pack, is searched for and believed when another one
follows where its length says.  Packets lost on the way show up as holes in their sequence numbers.

Source: RFC 4571 2; RFC 2326 10.12 (the ``$`` form); GB/T 28181-2022 annex D.
"""

import re
from dataclasses import dataclass

_DOLLAR = 0x24
_PRIVATE = 256
"""Some cameras send this many bytes of their own before the first packet."""
_KEPT = 48
_ANY = re.compile(rb"[\x80\x90].{11}\x00\x00\x01\xba", re.DOTALL)


@dataclass(slots=True)
class FrameCounts:
    """What the framer met: packets, searches after broken framing, and bytes stepped over."""

    packets: int = 0
    resyncs: int = 0
    skipped: int = 0


class Framer:
    """Bytes of one connection in, RTP and RTCP packets out.

    Memory is bounded by the largest packet, 65535 bytes, and by what one call brings.
    """

    __slots__ = ("_buffer", "_dollar", "_lost", "_prefixed", "_seconds", "_ssrc",
                 "counts")  # fmt: skip

    def __init__(self) -> None:
        self.counts = FrameCounts()
        self._buffer = b""
        self._dollar: bool | None = None  # which framing; None before it is known
        self._prefixed = False
        self._seconds: frozenset[int] = frozenset()  # second bytes of good packets
        self._ssrc = b""
        self._lost = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the whole packets up to the end of *data*."""
        if self._buffer:
            data = self._buffer + data
        packets: list[bytes] = []
        at = 0 if self._dollar is not None else self._begin(data)
        while self._dollar is not None:
            if self._lost:
                at = self._search(data, at)
                if self._lost:
                    break
            at = self._walk(data, at, packets)
            if not self._lost:
                break
        self._buffer = data[at:]
        self.counts.packets += len(packets)
        return packets

    def _walk(self, data: bytes, at: int, packets: list[bytes]) -> int:
        """Take packet after packet; return where to go on when whole ones end or sense does."""
        head = 4 if self._dollar else 2
        seconds = self._seconds
        size = len(data)
        while at + head + 2 <= size:
            begin = at + head
            end = begin + (data[begin - 2] << 8 | data[begin - 1])
            if data[begin + 1] in seconds and data[begin] >> 6 == 2 and end >= begin + 12:
                if end > size:
                    break
            elif end == begin and head == 2:
                pass  # a null packet, RFC 4571 2
            else:
                known = self._check(data, begin, end)
                if not known:
                    if known is not None:
                        self._lost = True
                        self.counts.resyncs += 1
                    break
                seconds = self._seconds
                if end > size:
                    break
            if end > begin:
                packets.append(data[begin:end])
            at = end
        return at

    def _check(self, data: bytes, begin: int, end: int) -> bool | None:
        """Return whether a packet of another kind stands here; None when too little has come."""
        second = data[begin + 1]
        if data[begin] >> 6 != 2 or (self._dollar and data[begin - 4] != _DOLLAR):
            return False
        if 192 <= second <= 223 and not 196 <= second <= 199:  # as rtcp.is_rtcp
            return end >= begin + 4
        if end < begin + 12:
            return False
        if len(data) < begin + 12:
            return None
        ssrc = data[begin + 8 : begin + 12]
        if self._ssrc and ssrc != self._ssrc:
            return False
        self._remember(second & 0x7F, ssrc)
        return True

    def _remember(self, kind: int, ssrc: bytes) -> None:
        """Take a payload type for one of this stream."""
        self._ssrc = ssrc
        self._seconds |= {kind, kind | 0x80}

    def _begin(self, data: bytes) -> int:
        """Find out which framing it is; return where packets begin."""
        at = 0
        if self._is_prefix(data):
            if len(data) < _PRIVATE + 6:
                return 0
            at = _PRIVATE
            self._prefixed = True
        if len(data) < at + 6:
            return at
        if data[at + 2] >> 6 == 2:
            self._dollar = False
        elif data[at] == _DOLLAR and data[at + 4] >> 6 == 2:
            self._dollar = True
        else:
            found = _ANY.search(data, at)
            if found is None or found.start() < 4:
                return self._skip(at, max(len(data) - _KEPT, at))
            begin = found.start()
            self._dollar = data[begin - 4] == _DOLLAR
            self._lost = True
            self.counts.resyncs += 1
        return at

    def _is_prefix(self, data: bytes) -> bool:
        """Whether 256 bytes of the maker's own come first: 01 00, then not an RTP header."""
        return (
            not self._prefixed
            and len(data) >= 3
            and data[:2] == b"\x01\x00"
            and data[2] >= 1
            and data[2] >> 6 != 2
        )

    def _search(self, data: bytes, at: int) -> int:
        """Return where the next believable packet begins; stay lost when there is none."""
        begin = self._find_header(data, at + 2)
        while begin >= 0:
            end = begin + (data[begin - 2] << 8 | data[begin - 1])
            if end >= begin + 12 and self._follows(data, end):
                to = begin - (4 if self._dollar else 2)
                if to >= at:
                    self._lost = False
                    self._seconds = frozenset()
                    self._remember(data[begin + 1] & 0x7F, data[begin + 8 : begin + 12])
                    return self._skip(at, to)
            begin = self._find_header(data, begin + 1)
        return self._skip(at, max(len(data) - _KEPT, at))

    def _find_header(self, data: bytes, at: int) -> int:
        """Return where a header of this stream, or one before a pack, may stand; -1 for none."""
        found = _ANY.search(data, at)
        pack = -1 if found is None else found.start()
        ours = data.find(self._ssrc, at + 8) if self._ssrc else -1
        while ours >= 0 and (pack < 0 or ours < pack + 8):
            begin = ours - 8
            if data[begin] >> 6 == 2 and data[begin + 1] in self._seconds:
                return begin
            ours = data.find(self._ssrc, ours + 1)
        return pack

    def _follows(self, data: bytes, end: int) -> bool:
        """Return whether another header follows, in whichever framing, or too little has come."""
        if end + 5 > len(data):
            return True
        if data[end + 2] >> 6 == 2:
            self._dollar = False
            return True
        if data[end] == _DOLLAR and data[end + 4] >> 6 == 2:
            self._dollar = True
            return True
        return False

    def _skip(self, at: int, to: int) -> int:
        self.counts.skipped += to - at
        return to

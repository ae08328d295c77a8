"""One publisher, many readers, and the group of pictures that a newcomer needs.

Theory of operation.  Every fragment is one immutable ``bytes`` that the ring and all readers
share.  The ring begins at the last key frame, so whoever joins gets the initialization segment
and the whole ring as ONE message and sees a picture at once.  A reader whose unsent bytes pass
the limit gets nothing until the next key frame: its picture jumps, its delay does not grow, and
nobody waits for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tongshi.media.fmp4 import Track, init_segment

BACKLOG_LIMIT = 2_000_000
"""Unsent bytes after which a reader skips to a key frame."""
RING_LIMIT = 8_000_000
"""Bytes kept of one group of pictures; beyond it newcomers wait for the next."""


class Reader(Protocol):
    """What a hub asks of a viewer's connection.  None of these may raise or block."""

    def begin(self, track: Track, opening: bytes) -> None:
        """Start, or start anew after the parameters changed.

        opening: the initialization segment, followed by the current pictures when there are any.
        """

    def send(self, message: bytes) -> None:
        """Take one fragment, or one block of sound (see :func:`tongshi.media.g711.block`)."""

    def backlog(self) -> int:
        """Return how many bytes wait to be sent."""


@dataclass(eq=False, slots=True)
class Seat:
    """A reader's place in the hub, with its counts.

    begun: it has the initialization segment of the present track.
    skips: times it fell behind.  skipped: fragments it missed so.
    """

    reader: Reader
    waiting: bool = True
    begun: bool = False
    sent: int = 0
    sent_bytes: int = 0
    skips: int = 0
    skipped: int = 0


@dataclass(eq=False, slots=True)
class Hub:
    """Fragments from one stream to all who watch it.

    backlog_limit: bytes; see :data:`BACKLOG_LIMIT`.
    ring_limit: bytes; see :data:`RING_LIMIT`.
    holding: keep everything until a reader joins, for a sender that will not send it again.
    """

    backlog_limit: int = BACKLOG_LIMIT
    ring_limit: int = RING_LIMIT
    track: Track | None = None
    skips: int = 0
    overflows: int = 0
    holding: bool = False
    _init: bytes = b""
    _ring: list[bytes] = field(default_factory=list)
    _ring_bytes: int = 0
    _seats: dict[int, Seat] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many readers there are."""
        return len(self._seats)

    def __iter__(self) -> Iterator[Seat]:
        """Go over the seats taken now."""
        return iter(tuple(self._seats.values()))

    def join(self, reader: Reader) -> Seat:
        """Seat *reader*; it begins at once when there is a track, else with the first key frame."""
        seat = Seat(reader)
        self._seats[id(seat)] = seat
        self.holding = False
        if self.track is not None:
            self._open(seat, self.track, self.opening())
            seat.waiting = not self._ring
        return seat

    def leave(self, seat: Seat) -> None:
        """Forget the reader of *seat*; twice is once."""
        self._seats.pop(id(seat), None)

    def opening(self) -> bytes:
        """Return the initialization segment and the whole current group; empty before the first."""
        return b"".join((self._init, *self._ring))

    def still(self) -> bytes:
        """Return the last key frame as a file of one picture; empty when there is none."""
        return self._init + self._ring[0] if self._ring else b""

    def change(self, track: Track) -> None:
        """Begin *track*: what went before cannot be joined any more; all readers begin anew."""
        self.track = track
        self._init = init_segment(track)
        self._ring.clear()
        self._ring_bytes = 0
        for seat in self:
            seat.begun = False
            if seat.reader.backlog() > self.backlog_limit:
                self._skip(seat, True)  # its opening goes with a key frame that it has room for
            else:
                self._open(seat, track, self._init)

    def publish(self, fragment: bytes, key: bool) -> None:
        """Keep *fragment* and hand it to every reader that keeps up."""
        self._keep(fragment, key)
        limit = self.backlog_limit
        for seat in tuple(self._seats.values()):
            behind = seat.reader.backlog() > limit
            if behind or (seat.waiting and not key):
                self._skip(seat, behind)
                continue
            if not seat.begun and self.track is not None:
                self._open(seat, self.track, self._init)
            seat.waiting = False
            seat.sent += 1
            seat.sent_bytes += len(fragment)
            seat.reader.send(fragment)

    def publish_sound(self, block: bytes) -> None:
        """Hand *block* to every reader that has a picture and keeps up; nothing is kept."""
        limit = self.backlog_limit
        for seat in tuple(self._seats.values()):
            if not seat.waiting and seat.reader.backlog() <= limit:
                seat.sent_bytes += len(block)
                seat.reader.send(block)

    def _open(self, seat: Seat, track: Track, opening: bytes) -> None:
        seat.waiting = seat.begun = True
        seat.sent_bytes += len(opening)
        seat.reader.begin(track, opening)

    def _keep(self, fragment: bytes, key: bool) -> None:
        ring = self._ring
        if key and not (self.holding and ring):
            ring.clear()
            self._ring_bytes = 0
        elif not (key or ring):
            return
        self._ring_bytes += len(fragment)
        if self._ring_bytes > self.ring_limit:
            # Without its key frame the rest is of no use to a newcomer.
            ring.clear()
            self.overflows += 1
            return
        ring.append(fragment)

    def _skip(self, seat: Seat, behind: bool) -> None:
        seat.skipped += 1
        if behind and not seat.waiting:
            seat.waiting = True
            seat.skips += 1
            self.skips += 1

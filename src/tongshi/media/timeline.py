"""Time stamps of the wire made continuous.

Theory of operation.  Program streams count 33 bits of 90 kHz and wrap every 26.5 hours; devices
jump when their clock is set or a file ends, repeat one value for ever, or send none.  A timeline
adds an offset to what it is told, and moves the offset whenever the step from the unit before is
not one of more than 0 and at most 10 s.  Video and sound of a stream share an :class:`Anchor`,
so that both follow the same jump and stay together.
"""

from dataclasses import dataclass

from tongshi.media.unit import CLOCK

JUMP = 10 * CLOCK
"""A longer step is a jump."""
NOMINAL = CLOCK // 25
"""The step assumed until one has been seen."""
MILLISECONDS = 300
"""300 ticks of 90 kHz are 300 frames/s; a smaller step of the RTP clock means milliseconds."""

_WRAP = 1 << 33
_WRAP_RTP = 1 << 32
_PATIENCE = 4


@dataclass(slots=True)
class Anchor:
    """What the timelines of one stream share.

    offset: the one that a timeline moved to last.  last: the latest time given by any.
    """

    offset: int = 0
    last: int | None = None


@dataclass(slots=True)
class TimelineCounts:
    """Repairs: jumps followed, and units whose time had to be made up."""

    jumps: int = 0
    made_up: int = 0


class Timeline:
    """The times of one elementary stream, 90 kHz, growing strictly.

    nominal: the step where nothing better is known.
    """

    __slots__ = ("_anchor", "_behind", "_last", "_milliseconds", "_offset", "_raw", "_stamp",
                 "counts", "nominal")  # fmt: skip

    def __init__(self, anchor: Anchor, *, nominal: int = NOMINAL) -> None:
        self._anchor = anchor
        self.nominal = nominal
        self.counts = TimelineCounts()
        self._offset = 0
        self._raw: int | None = None
        self._last: int | None = None
        self._stamp = 0
        self._milliseconds = False
        self._behind = 0

    def place(self, pts: int | None, dts: int | None, stamp: int) -> tuple[int, int]:
        """Return the continuous pts and dts of the next unit.

        pts, dts: 33 bits as sent, or None.  stamp: the RTP time stamp, 32 bits.
        """
        raw = pts if dts is None else dts
        last = self._last
        if raw is not None and last is not None:
            out = raw + self._offset
            step = out - last
            if 0 < step <= JUMP:
                self._raw, self._last, self._stamp = raw, out, stamp
                self._behind = 0
                if step <= CLOCK:
                    self.nominal = step
                self._anchor.last = out
                return (out if dts is None else out + _shown_later(pts, dts)), out
        return self._place_oddly(pts, dts, stamp)

    def _place_oddly(self, pts: int | None, dts: int | None, stamp: int) -> tuple[int, int]:
        raw = pts if dts is None else dts
        last = self._last
        if last is None:
            out = self._begin(stamp if raw is None else raw)
        elif raw is None or raw == self._raw:
            out = last + self._step(stamp)
            self.counts.made_up += 1
            if raw is not None:
                self._offset = out - raw
        elif dts is None and self._is_behind(raw, last):
            # B-frames without a DTS: keep the order of sending, show at the time told.
            self._stamp, self._raw, self._last = stamp, raw, last + 1
            return raw + self._offset, last + 1
        else:
            out = self._jump(raw, last, stamp)
        self._raw, self._last, self._stamp = raw, out, stamp
        self._anchor.last = out
        return (out if dts is None else out + _shown_later(pts, dts)), out

    def _begin(self, raw: int) -> int:
        """Take the first time as it is, but near to what the other stream had."""
        out = raw + self._anchor.offset
        if self._anchor.last is not None:
            out = _near(out, self._anchor.last)
            if abs(out - self._anchor.last) > JUMP:
                out = self._anchor.last
        self._offset = out - raw
        return out

    def _is_behind(self, raw: int, last: int) -> bool:
        """Return whether *raw* is a little before the last one, and not for long."""
        step = raw + self._offset - last
        self._behind += 1
        return -CLOCK < step < 0 and self._behind <= _PATIENCE

    def _jump(self, raw: int, last: int, stamp: int) -> int:
        """Follow a wrap, else the jump of the other stream, else make a jump of one step."""
        self._behind = 0
        for offset in (self._offset + _WRAP, self._anchor.offset, self._anchor.offset + _WRAP):
            if 0 < raw + offset - last <= JUMP:
                self._offset = self._anchor.offset = offset
                return raw + offset
        out = last + self._step(stamp)
        self.counts.jumps += 1
        self._offset = self._anchor.offset = out - raw
        return out

    def _step(self, stamp: int) -> int:
        """Return the step that the RTP clock made, or the usual one."""
        step = (stamp - self._stamp) % _WRAP_RTP
        if 0 < step < MILLISECONDS:
            self._milliseconds = True
        if self._milliseconds:
            step *= 90
        return step if 0 < step <= JUMP else self.nominal


class SentTimeline(Timeline):
    """The times as they were sent, unwrapped only: jumps stay, for whoever knows what they mean.

    Where a time is missing or repeated it is made up as by :class:`Timeline`; pictures out of
    order without a DTS keep the order of sending.
    """

    __slots__ = ()

    def place(self, pts: int | None, dts: int | None, stamp: int) -> tuple[int, int]:
        """Return pts and dts as sent, without wraps."""
        raw = pts if dts is None else dts
        last = self._last
        if last is None:
            out = stamp if raw is None else raw
        elif raw is None or raw == self._raw:
            out = last + self._step(stamp)
            self.counts.made_up += 1
        elif dts is None and self._is_behind(raw, last):
            self._stamp, self._raw, self._last = stamp, raw, last + 1
            return _near(raw, last), last + 1
        else:
            out = _near(raw, last)
            self._behind = 0
            if 0 < out - last <= CLOCK:
                self.nominal = out - last
        self._raw, self._last, self._stamp = raw, out, stamp
        return (out if dts is None else out + _shown_later(pts, dts)), out


class Times:
    """The timelines of one stream, whatever payloads carry it: one of video, one of sound.

    kind: of both.
    """

    __slots__ = ("sound", "video")

    def __init__(self, kind: type[Timeline] = Timeline) -> None:
        anchor = Anchor()
        self.video = kind(anchor)
        self.sound = kind(anchor)


def _near(value: int, reference: int) -> int:
    """Return *value* moved by whole wraps so that it is nearest to *reference*."""
    return value + _WRAP * round((reference - value) / _WRAP)


def _shown_later(pts: int | None, dts: int) -> int:
    """Return how long after decoding a unit is shown; 0 where that makes no sense."""
    step = 0 if pts is None else _near(pts - dts, 0)
    return step if abs(step) <= JUMP else 0

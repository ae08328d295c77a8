"""Where a session stands in a recording: which frame comes next, and when.

Pure: the time is an argument.  A recording is groups of pictures; a jump lands on the first frame
of the group that holds the wanted moment.  Backwards, groups go in reverse and the frames within
a group forwards, none left out.

Source: GB/T 28181-2022 annex B.
"""

from bisect import bisect_right
from collections.abc import Iterable

SCALES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Forward speeds that are kept exactly; others go at the nearest below."""
LATE_S = 1.0
"""Who is further behind than this does not catch up."""


class Playback:
    """One session's place in the groups of one shot.

    scale: times real time, negative backwards.  origin: UNIX time s of npt 0.
    paused, ended: nothing is due.  sequence: RTP number of the next packet, kept by the sender.
    """

    def __init__(
        self,
        groups: Iterable[range],
        *,
        fps: int,
        gop: int,
        origin: float,
        now: float,
        scale: float = 1.0,
    ) -> None:
        self.fps = fps
        self.gop = gop
        self.origin = origin
        self.scale = scale
        self.paused = False
        self.sequence = 0
        self._ranges = _join(groups)
        self._group: int | None = self._ranges[0].start if self._ranges else None
        self._index = 0
        self._until: int | None = None
        self._due = now

    @property
    def ended(self) -> bool:
        """Whether there is nothing more in the direction it goes."""
        return self._group is None

    @property
    def first(self) -> int:
        """Number of the recording's first frame; 0 when it is empty."""
        return self._ranges[0].start * self.gop if self._ranges else 0

    @property
    def position(self) -> float:
        """The npt, s, of the frame that comes next; of the end when it is over."""
        if self._group is None:
            last = self._ranges[-1].stop * self.gop if self._ranges else 0
            number = self.first if self.scale < 0 else last
        else:
            number = self._group * self.gop + self._index
        return number / self.fps - self.origin

    @property
    def duration(self) -> float:
        """Seconds of pictures in all of it, gaps left out."""
        return sum(len(groups) for groups in self._ranges) * self.gop / self.fps

    @property
    def groups(self) -> list[int]:
        """Every group of it, in order."""
        return [group for groups in self._ranges for group in groups]

    def next(self) -> tuple[int, int] | None:
        """Return group and index of the frame to send next; None when it is over."""
        return None if self._group is None else (self._group, self._index)

    def after(self) -> int | None:
        """Return the group that follows the present one, so that it can be made in time."""
        return None if self._group is None else self._follow(self._group)

    def due(self) -> float | None:
        """Return when the next frame is to go; None while paused, and when it is over."""
        return None if self.paused or self._group is None else self._due

    def sent(self, now: float) -> None:
        """Go on to the frame after the one that :meth:`next` gave."""
        if self._group is None:
            return
        self._index += 1
        if self._index >= self.gop:
            self._group, self._index = self._follow(self._group), 0
        self._due += 1 / self.fps / abs(self.scale)
        if self._due < now - LATE_S:
            self._due = now

    def pause(self) -> None:
        """Stop at the present frame."""
        self.paused = True

    def play(
        self,
        now: float,
        *,
        start: float | None = None,
        end: float | None = None,
        scale: float | None = None,
    ) -> None:
        """Go on; as it went before where nothing is said.

        start, end: npt, s; start None is where it stands.  scale: as :data:`SCALES`, its sign the
        direction.
        """
        turned = scale is not None and (scale < 0) != (self.scale < 0)
        if scale is not None:
            self.scale = scale
        if start is not None:
            self._seek(start)
        elif turned and self._group is not None:
            self._index = 0
        self._until = None if end is None else int((self.origin + end) * self.fps) // self.gop
        self.paused = False
        self._due = now

    def _seek(self, npt: float) -> None:
        """Stand at the group that holds *npt*, or at the next one in the direction it goes."""
        wanted = int((self.origin + npt) * self.fps) // self.gop
        self._index = 0
        at = bisect_right([groups.start for groups in self._ranges], wanted) - 1
        if at >= 0 and wanted in self._ranges[at]:
            self._group = wanted
        elif self.scale < 0:
            self._group = self._ranges[at].stop - 1 if at >= 0 else None
        else:
            self._group = self._ranges[at + 1].start if at + 1 < len(self._ranges) else None

    def _follow(self, group: int) -> int | None:
        step = -1 if self.scale < 0 else 1
        if self._until is not None and (self._until - group) * step <= 0:
            return None
        following = group + step
        starts = [groups.start for groups in self._ranges]
        at = bisect_right(starts, group) - 1
        if following in self._ranges[at]:
            return following
        at += step
        if not 0 <= at < len(self._ranges):
            return None
        return self._ranges[at].start if step > 0 else self._ranges[at].stop - 1


def nearest(scale: float) -> float:
    """Return the speed that is kept where *scale* is asked for: the nearest of ours below it."""
    size = abs(scale)
    at = bisect_right(SCALES, size) - 1
    kept = SCALES[max(at, 0)]
    return -kept if scale < 0 else kept


def _join(groups: Iterable[range]) -> list[range]:
    """Return *groups* in order, without overlaps and empty ones."""
    joined: list[range] = []
    for one in sorted((part for part in groups if part), key=lambda part: part.start):
        if joined and one.start <= joined[-1].stop:
            joined[-1] = range(joined[-1].start, max(joined[-1].stop, one.stop))
        else:
            joined.append(one)
    return joined

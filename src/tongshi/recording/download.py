"""One download as a value, and the rules by which downloads go on.

::

            a place is free         all has come            digests made        kept long,
    QUEUED ----------------> RUNNING ----------> FINISHING --[MARKING]-> DONE -----------> GONE
       ^                      |  |                   |                         no space
       |  time to try again   |  | cannot be had     | cannot be made
       +----- WAITING <-------+  +-------------------+-----> FAILED
                 | device away too long ----------------------^     any open --> CANCELLED

MARKING, where the settings want it: the mark of who asked is burnt into a copy, which is what is
handed out; the recording as it came stays beside it for as long.

After a restart of the node, RUNNING and WAITING are QUEUED again, and go on from the last whole
group of pictures that is on the disk.

Source: GB/T 28181-2022 9.9.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from tongshi.errors import Error, Exhausted, Invalid, PeerOffline, PeerRefused, PeerSilent
from tongshi.media.mp4 import Finished

LONGEST = 24 * 3600.0
"""Of one download, s."""
BACK = 2.0
"""A resumed download asks for so much before its last whole group, s: devices land late, too."""
PAUSES = (5.0, 10.0, 30.0, 60.0, 120.0)
"""Before each further try without progress, s; the last stays."""
TRIES = 12
"""Tries in a row without any progress, then it has failed; a device that is away counts none."""
USUAL_SPEED = 4
"""Asked for where the catalog tells nothing: a device that does not know it sends at its own."""
_FINAL = frozenset({400, 403, 404, 415, 488, 606})


class State(Enum):
    """Where a download stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    FINISHING = "finishing"
    MARKING = "marking"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    GONE = "gone"
    """It was done, and its file is not kept any more."""


OPEN = frozenset({State.QUEUED, State.RUNNING, State.WAITING, State.FINISHING, State.MARKING})
"""It still goes on."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants.  speeds: ``DownloadSpeed`` as the catalog has it, as ``"1/2/4"``."""

    person_id: int
    person: str
    unit: str
    device_id: str
    channel_id: str
    channel: str
    purpose: str
    since: float
    until: float
    speeds: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.since < self.until or self.until - self.since > LONGEST:
            raise Invalid("a download has a beginning, a later end, and a day at the most")


@dataclass(frozen=True, slots=True)
class Marked:
    """The copy with the mark burnt in.  digest: SHA-256, hex."""

    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Download:
    """A download as it stands.

    entry_id: its look in the access register.  why: the code by which it waits or failed.
    tries: in a row without progress.  again_at: when it is tried again.  begun_at: of this stay in
    the state RUNNING or WAITING for a device that is away.  saved: moment up to which whole groups
    of pictures are on the disk.  written, announced: bytes; None where the device told no size.
    marked: the copy that is handed out, where there is one.  burnt: the part of it that is made.
    """

    id: int
    request: Request
    entry_id: int
    made_at: float
    state: State = State.QUEUED
    why: str = ""
    detail: str = ""
    tries: int = 0
    again_at: float = 0.0
    begun_at: float | None = None
    ended_at: float | None = None
    saved: float | None = None
    written: int = 0
    announced: int | None = None
    result: Finished | None = None
    marked: Marked | None = None
    burnt: float = 0.0

    @property
    def start(self) -> float:
        """From where it is asked for now."""
        if self.saved is None:
            return self.request.since
        return max(self.request.since, self.saved - BACK)

    @property
    def progress(self) -> float:
        """The part that is there, 0..1: by time, by bytes where only the size is known.

        While the mark is burnt in, the part of the copy that is made.
        """
        if self.state is State.MARKING:
            return self.burnt
        if self.state in (State.DONE, State.GONE, State.FINISHING):
            return 1.0
        asked = self.request
        if self.saved is not None:
            part = (self.saved - asked.since) / (asked.until - asked.since)
        elif self.announced:
            part = self.written / self.announced
        else:
            part = 0.0
        return min(1.0, max(0.0, part))

    @property
    def expected(self) -> int | None:
        """How many bytes it will have; None while nothing tells."""
        if self.result is not None:
            return self.result.size
        if self.announced:
            return self.announced
        part = self.progress
        return int(self.written / part) if part > 0.02 else None


@dataclass(frozen=True, slots=True)
class Limits:
    """total: downloads at once.  device: of one device.  speed: the highest asked for.

    patience: s for a device that is away.  keep: s that files are kept.  quota: bytes of all files.
    """

    total: int = 4
    device: int = 1
    speed: int = 8
    patience: float = 24 * 3600.0
    keep: float = 7 * 86400.0
    quota: int = 50_000_000_000


def choose_speed(announced: str, limit: int) -> int | None:
    """Return the highest speed of *announced* that *limit* allows; None for normal speed."""
    words = (word.strip() for word in announced.replace(",", "/").split("/"))
    told = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 6]
    if not told:
        return min(USUAL_SPEED, limit)
    return max((speed for speed in told if 1 <= speed <= limit), default=None)


def choose_next(downloads: Iterable[Download], limits: Limits, now: float) -> list[Download]:
    """Return those that may begin now, the oldest first."""
    all_open = [each for each in downloads if each.state in OPEN]
    running = [each for each in all_open if each.state is State.RUNNING]
    places = limits.total - len(running)
    busy = Counter(each.request.device_id for each in running)
    found: list[Download] = []
    for each in sorted(all_open, key=lambda each: each.id):
        ready = each.state is State.QUEUED or (each.state is State.WAITING and each.again_at <= now)
        device = each.request.device_id
        if ready and places > 0 and busy[device] < limits.device:
            busy[device] += 1
            places -= 1
            found.append(each)
    return found


def restore(download: Download) -> Download:
    """Return *download* as it goes on in a new life of the node."""
    if download.state in (State.RUNNING, State.WAITING):
        return replace(download, state=State.QUEUED, why="", detail="", tries=0, again_at=0.0)
    return download


def begin(download: Download, now: float) -> Download:
    """Return *download* as it runs from *now*, UNIX time."""
    begun = download.begun_at if download.why == PeerOffline.code else None
    return replace(
        download, state=State.RUNNING, why="", detail="", begun_at=now if begun is None else begun
    )


def interrupt(
    download: Download, error: Error, limits: Limits, now: float, *, moved: bool
) -> Download:
    """Return what becomes of *download* after *error*.

    moved: more whole groups of pictures came than before it was begun.
    """
    told = replace(download, why=error.code, detail=str(error)[:300])
    if _is_final(error, download):
        return replace(told, state=State.FAILED, ended_at=now)
    away = isinstance(error, PeerOffline | PeerSilent)
    since = now if moved or download.begun_at is None else download.begun_at
    tries = 0 if moved else download.tries + (not isinstance(error, PeerOffline))
    if (away and now - since >= limits.patience) or tries >= TRIES:
        return replace(told, state=State.FAILED, ended_at=now)
    pause = PAUSES[min(tries, len(PAUSES) - 1)]
    return replace(told, state=State.WAITING, tries=tries, begun_at=since, again_at=now + pause)


def _is_final(error: Error, download: Download) -> bool:
    """Whether trying again is senseless: nothing is recorded, or nothing can be written."""
    if isinstance(error, PeerRefused):
        return error.status in _FINAL and download.saved is None
    if isinstance(error, Exhausted):
        return error.resource == "disk"
    return isinstance(error, Invalid)


def is_whole(download: Download, at: float | None) -> bool:
    """Whether what has come reaches the end that was asked for; *at* is the last picture's."""
    return at is not None and at >= download.request.until - 5.0


def choose_gone(downloads: Sequence[Download], limits: Limits, now: float) -> list[Download]:
    """Return finished ones whose files are to go: kept long enough, or beyond the quota."""
    done = sorted(
        (each for each in downloads if each.state is State.DONE and each.result is not None),
        key=lambda each: each.ended_at or 0.0,
    )
    gone = [each for each in done if now - (each.ended_at or 0.0) >= limits.keep]
    kept = [each for each in done if each not in gone]
    used = space(downloads) - sum(size_of(each) for each in gone)
    while kept and used > limits.quota:
        used -= size_of(kept[0])
        gone.append(kept.pop(0))
    return gone


def space(downloads: Iterable[Download]) -> int:
    """Return the bytes that the files of *downloads* take."""
    return sum(size_of(each) for each in downloads)


def size_of(download: Download) -> int:
    """Return the bytes that the file of *download* takes."""
    if download.state in (State.DONE, State.MARKING) and download.result is not None:
        return download.result.size + (download.marked.size if download.marked is not None else 0)
    return download.written if download.state in OPEN else 0


def name_of(download: Download) -> str:
    """Return what a person's copy of the file is called, without an ending: in ASCII alone."""
    asked = download.request
    safe = "".join(char for char in asked.channel_id if char.isascii() and char.isalnum())
    return f"{safe or 'camera'}-{int(asked.since)}-{int(asked.until)}"

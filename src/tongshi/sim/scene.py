"""The studio: one running encoder for each shot that somebody watches, shared by all who do.

Theory of operation.  A thread draws and encodes every running film in turn, its films spread over
the frame interval so that pictures do not all come at once; PyAV leaves the interpreter to others
while it encodes.  Finished frames are handed to the event loop.  A film begins with its first
watcher and ends with its last.  Who joins later gets the frames since the latest key frame at
once, as from a camera that makes a key frame for each new receiver.

``read_counter`` finds a frame's number in a decoded picture; :mod:`tongshi.sim.strip` says where.
"""

import asyncio
import heapq
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType

from tongshi.clock import Clock, SystemClock
from tongshi.errors import EngineFailed, Invalid
from tongshi.sim.film import Film, Frame, Shot
from tongshi.sim.picture import Picture, build
from tongshi.sim.strip import read_counter
from tongshi.sim.vault import Vault

__all__ = ["Frame", "Reel", "Shot", "Studio", "Watch", "read_counter"]

_log = logging.getLogger(__name__)
_PHASES = 8
"""Places within a frame interval over which films are spread."""


@dataclass(slots=True)
class Reel:
    """A running film as the loop sees it.

    ring: its frames since the latest key frame.  failed: why it ended by itself.
    """

    shot: Shot
    phase: float
    ring: list[Frame] = field(default_factory=list)
    film: Film | None = None
    stopped: bool = False
    failed: str = ""
    watches: list["Watch"] = field(default_factory=list)


class Watch:
    """Somebody's interest in a shot; close it to end it."""

    def __init__(
        self, reel: Reel, take: Callable[[Frame], None], leave: Callable[[], None]
    ) -> None:
        self.reel = reel
        self.take = take
        self._leave = leave

    def close(self) -> None:
        """Watch no longer.  Closing again does nothing."""
        if self in self.reel.watches:
            self.reel.watches.remove(self)
            self._leave()


class Studio:
    """Runs films for one event loop: make it there, and use it with ``async with``.

    vault: what is recorded, for all of the loop.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        # Numbers and times follow the wall clock of the start, and no jump of it later.
        self._offset = self._clock.wall() - self._clock.now()
        self._epoch = int(self._clock.wall()) - 1  # UNIX second at which time stamps are 0
        self._reels: dict[Shot, Reel] = {}
        self._places: dict[Shot, int] = {}
        self._pictures: dict[tuple[str, int, int, int], asyncio.Task[Picture]] = {}
        self._due: list[tuple[float, int, int, Reel, Film]] = []
        self._order = count()
        self._wake = threading.Condition()
        self.vault = Vault()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._loop = asyncio.get_running_loop()
        self._openings: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Studio":
        self._thread = threading.Thread(target=self._run, name="studio", daemon=True)
        self._thread.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        await self.vault.close()
        drawings = self._pictures.values()
        await asyncio.gather(*self._openings, *drawings, return_exceptions=True)

    def watch(self, shot: Shot, take: Callable[[Frame], None]) -> Watch:
        """Give *take* the frames since the latest key frame now, then each new one.

        Call it in the loop of the studio.  Frames come in the loop as well.
        """
        reel = self._reels.get(shot)
        if reel is None or reel.failed:
            # A shot keeps its place: begun anew, it must not repeat a number it has had.
            place = self._places.setdefault(shot, len(self._places) % _PHASES)
            phase = place / _PHASES / shot.fps
            reel = self._reels[shot] = Reel(shot, phase)
            opening = asyncio.get_running_loop().create_task(self._open(reel))
            self._openings.add(opening)
            opening.add_done_callback(self._openings.discard)
        watch = Watch(reel, take, lambda: self._leave(reel))
        for frame in tuple(reel.ring):
            take(frame)
        reel.watches.append(watch)
        return watch

    def want_key(self, shot: Shot) -> bool:
        """Have the next frame of *shot* be a key frame; return whether it runs."""
        reel = self._reels.get(shot)
        if reel is None or reel.film is None:
            return False
        reel.film.key_wanted = True
        return True

    def prepare(self, shot: Shot) -> asyncio.Task[Picture]:
        """Draw the view of *shot* aside, so that its first frame comes at once when wanted."""
        key = (shot.view, shot.tint, shot.width, shot.height)
        drawing = self._pictures.get(key)
        if drawing is None:
            drawing = self._loop.create_task(asyncio.to_thread(build, *key))
            self._pictures[key] = drawing
        return drawing

    def running(self) -> list[Reel]:
        """Return what runs now; each film carries its figures."""
        return list(self._reels.values())

    async def _open(self, reel: Reel) -> None:
        """Build the picture and the encoder aside, then hand the film to the thread."""
        shot = reel.shot
        try:
            picture = await self.prepare(shot)
            film = await asyncio.to_thread(Film, shot, picture, self._epoch * shot.fps)
        except (EngineFailed, Invalid) as error:
            self._fail(reel, str(error))
            return
        reel.film = film
        with self._wake:
            self._schedule(reel, film)
            self._wake.notify()

    def _leave(self, reel: Reel) -> None:
        if not reel.watches:
            reel.stopped = True
            if self._reels.get(reel.shot) is reel:
                del self._reels[reel.shot]

    def _schedule(self, reel: Reel, film: Film) -> None:
        """Queue the next frame of *reel*: the first whose time is still to come."""
        fps = reel.shot.fps
        number = int((self._offset + self._clock.now() - reel.phase) * fps) + 1
        at = number / fps + reel.phase - self._offset
        heapq.heappush(self._due, (at, number, next(self._order), reel, film))

    def _run(self) -> None:
        while True:
            with self._wake:
                wait = self._due[0][0] - self._clock.now() if self._due else None
                if self._closed:
                    return
                if wait is None or wait > 0:
                    self._wake.wait(wait)
                    continue
                _, number, _, reel, film = heapq.heappop(self._due)
            if not reel.stopped:
                self._shoot(reel, film, number)

    def _shoot(self, reel: Reel, film: Film, number: int) -> None:
        try:
            frame = film.shoot(number)
        except EngineFailed as error:
            self._loop.call_soon_threadsafe(self._fail, reel, str(error))
            return
        self._loop.call_soon_threadsafe(self._arrive, reel, frame)
        with self._wake:
            self._schedule(reel, film)

    def _arrive(self, reel: Reel, frame: Frame) -> None:
        if frame.key:
            reel.ring.clear()
        reel.ring.append(frame)
        for watch in tuple(reel.watches):
            watch.take(frame)

    def _fail(self, reel: Reel, why: str) -> None:
        reel.failed, reel.stopped = why, True
        _log.error("film view=%s codec=%s why=%r", reel.shot.view, reel.shot.codec.value, why)

"""Recorded groups of pictures, encoded when wanted, aside from the loop, and kept for a while.

One vault serves all recorders of a loop.  It keeps as many bytes as it is told, the latest used;
what falls out is made again, to the same bytes.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from tongshi.sim.film import Shot
from tongshi.sim.picture import Picture, build
from tongshi.sim.tape import Digest, Still, digest_of, groups_of, record

KEPT_BYTES = 48 * 1024 * 1024
"""Bytes of groups kept by default."""
_PICTURES = 16
"""Views kept, drawn."""

_Key = tuple[Shot, int]


class Vault:
    """Gives out groups.  Make it in a running loop and use it with ``async with``.

    made: groups encoded so far.
    """

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self.made = 0
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[_Key, tuple[Still, ...]] = OrderedDict()
        self._size = 0
        self._making: dict[_Key, asyncio.Task[tuple[Still, ...]]] = {}
        self._pictures: OrderedDict[tuple[str, int, int, int], Picture] = OrderedDict()
        # One thread: encoders of playbacks do not take the machine from those of live pictures.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="vault")
        self._loop = asyncio.get_running_loop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Finish what is being encoded, and forget all."""
        await asyncio.gather(*self._making.values(), return_exceptions=True)
        await asyncio.to_thread(self._thread.shutdown)
        self._kept.clear()

    @property
    def size(self) -> int:
        """Bytes kept now."""
        return self._size

    def look(self, shot: Shot, group: int) -> tuple[Still, ...] | None:
        """Return the frames of *group* if they are here."""
        found = self._kept.get((shot, group))
        if found is not None:
            self._kept.move_to_end((shot, group))
        return found

    async def fetch(self, shot: Shot, group: int) -> tuple[Still, ...]:
        """Return the frames of *group*.  Raises EngineFailed and Invalid."""
        found = self.look(shot, group)
        if found is not None:
            return found
        key = (shot, group)
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = self._loop.create_task(self._make(key))
            making.add_done_callback(lambda done: self._finish(key, done))
        # Who stops waiting does not stop the others who wait for the same group.
        return await asyncio.shield(making)

    def want(self, shot: Shot, group: int) -> None:
        """Have *group* made in time; who needs it fetches it and learns of failures."""
        key = (shot, group)
        if key not in self._kept and key not in self._making:
            making = self._making[key] = self._loop.create_task(self._make(key))
            making.add_done_callback(lambda done: self._finish(key, done))

    async def digest(self, shot: Shot, start: float, end: float) -> Digest:
        """Return what a receiver of *start* to *end*, UNIX times s, must have got.

        Whole groups, as playback sends them.  Raises EngineFailed and Invalid.
        """
        return await self.digest_groups(shot, groups_of(shot, start, end))

    async def digest_groups(self, shot: Shot, groups: Iterable[int]) -> Digest:
        """Return the digest of *groups*; nothing of it is kept."""

        def work() -> Digest:
            picture = self._picture(shot)
            made = (still for group in groups for still in record(shot, picture, group))
            return digest_of(shot.codec, made)

        return await self._loop.run_in_executor(self._thread, work)

    async def _make(self, key: _Key) -> tuple[Still, ...]:
        return await self._loop.run_in_executor(self._thread, self._record, key)

    def _record(self, key: _Key) -> tuple[Still, ...]:
        shot, group = key
        return record(shot, self._picture(shot), group)

    def _picture(self, shot: Shot) -> Picture:
        """Return the view of *shot*; only the one thread comes here."""
        key = (shot.view, shot.tint, shot.width, shot.height)
        picture = self._pictures.get(key)
        if picture is None:
            picture = self._pictures[key] = build(*key)
            if len(self._pictures) > _PICTURES:
                self._pictures.popitem(last=False)
        return picture

    def _finish(self, key: _Key, done: asyncio.Task[tuple[Still, ...]]) -> None:
        del self._making[key]
        if done.cancelled() or done.exception() is not None:
            return
        self.made += 1
        self._kept[key] = done.result()
        self._size += _weigh(done.result())
        while self._size > self._kept_bytes and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._size -= _weigh(gone)


def _weigh(stills: tuple[Still, ...]) -> int:
    return sum(len(still.picture) + len(still.sound) for still in stills)

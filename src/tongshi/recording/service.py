"""Downloads under way: begun when there is a place, resumed after breaks, finished, kept, let go.

What the store has is at most one flush behind memory.  The files of download 7 are ``7.part``,
``7.index`` and ``7.tracks`` while it goes on, and ``7.mp4`` afterwards; ``7.marked`` is the copy
with the mark burnt in.
"""

import asyncio
import logging
import shutil
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from tongshi.access.register import NO_BASIS, Action, Basis, Look
from tongshi.access.scope import Scope
from tongshi.access.service import Register
from tongshi.clock import Clock
from tongshi.db.buffer import Buffer
from tongshi.db.page import Page, bound
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Error, Exhausted, Missing, PeerSilent
from tongshi.gateway.burn import Order, burn
from tongshi.gateway.engine import Advanced
from tongshi.gateway.finish import finish
from tongshi.gb28181.description import Purpose
from tongshi.net.task import Supervisor
from tongshi.recording import store
from tongshi.recording.download import (
    OPEN,
    Download,
    Limits,
    Marked,
    Request,
    State,
    begin,
    choose_gone,
    choose_next,
    choose_speed,
    interrupt,
    is_whole,
    restore,
    space,
)
from tongshi.signalling.histories import Histories
from tongshi.signalling.history import History, Span

_log = logging.getLogger(__name__)

LOOK = 1.0
"""Between looks at whether something may begin, s."""
TIDY = 60.0
"""Between looks at what is not to be kept any more, s."""
MARKING = 1
"""Copies made at once: each takes a core."""
STOPPED = "stopped"
_ENDED = 500
"""Downloads remembered that have ended: the store has them with the next flush."""
_ENDINGS = ("part", "index", "tracks", "mp4", "new", "marked")


class Downloads:
    """The downloads of one node.  Used from the node's loop.

    path: directory of the files.  reserve: bytes left free on its disk.
    changed: told of each change worth showing.  mark: returns what is burnt into the copy of a
    finished download that is handed out; None where there are no copies.
    """

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        histories: Histories,
        register: Register,
        clock: Clock,
        limits: Limits,
        path: Path,
        *,
        reserve: int = 0,
        changed: Callable[[Download], None] = lambda _: None,
        mark: Callable[[Request], str] | None = None,
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._histories = histories
        self._register = register
        self._clock = clock
        self._limits = limits
        self._path = path
        self._reserve = reserve
        self._changed = changed
        self._mark = mark
        self._turn = asyncio.Semaphore(MARKING)
        self._marking: dict[int, asyncio.Task[None]] = {}
        self._tasks = Supervisor("downloads")
        self._held: dict[int, Download] = {}
        self._ended: OrderedDict[int, Download] = OrderedDict()
        self._running: dict[int, History] = {}
        self._stale: set[int] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._buffer: Buffer[int, Download] = Buffer(store.write_downloads)
        writer.attach(self._buffer)

    async def start(self) -> None:
        """Go on with what the life before left; remove files that belong to nothing."""
        kept = await asyncio.to_thread(self._read)
        for each in kept:
            self._held[each.id] = restore(each)
            if each.state in OPEN:
                self._stale.add(each.id)  # its entry in the register ended with that life
        await asyncio.to_thread(self._sweep, frozenset(self._held))
        for each in self.held():
            if each.state is State.FINISHING:
                self._tasks.start(self._finish(each.id), name=f"finish-{each.id}")
            elif each.state is State.MARKING:
                self._begin_marking(each.id)
        self._tasks.sustain(self._work, name="work", pause=0.05)
        self._tasks.sustain(self._tidy, name="tidy", pause=TIDY)

    async def stop(self) -> None:
        """Let what runs come to rest where it can be resumed."""
        self._stopping = True
        histories = list(self._running.values())
        await asyncio.gather(*(self._histories.close(each, STOPPED) for each in histories))
        await self._tasks.close()

    def held(self) -> list[Download]:
        """Return those that go on or have a file, oldest first."""
        return list(self._held.values())

    async def add(self, request: Request, address: str, basis: Basis = NO_BASIS) -> Download:
        """Return a new download, whose entry stands in the register, before anything is asked.

        address: from where the person asks.  basis: what it rests on.  Raises Exhausted
        (``disk``, ``store``).
        """
        self._check_room()
        entry_id = await self._enter(request, address, basis)
        wall = self._clock.wall()
        clean = replace(request, channel=storable(request.channel))
        number = await asyncio.wrap_future(
            self._writer.call(
                lambda connection: store.add_download(connection, clean, entry_id, wall),
                durable=True,
            )
        )
        download = Download(number, clean, entry_id, wall)
        self._put(download)
        self._wake.set()
        return download

    async def find(self, number: int) -> Download:
        """Return a download as it stands; raises Missing."""
        known = self._known(number)
        if known is not None:
            return known
        found = await asyncio.to_thread(self._read_one, number)
        if found is None:
            raise Missing("no such download")
        return found

    async def page(
        self, scope: Scope, person_id: int | None, number: int, size: int
    ) -> Page[Download]:
        """Return a page, newest first.  person_id: None for everybody's."""
        number, size = bound(number, size)
        rows, total = await asyncio.to_thread(self._read_page, scope, person_id, number, size)
        return Page(tuple(self._known(row.id) or row for row in rows), total, number, size)

    async def remove(self, number: int) -> None:
        """Cancel a download that goes on; let the file of a finished one go.  Raises Missing."""
        download = await self.find(number)
        if download.state in OPEN:
            wall = self._clock.wall()
            self._put(replace(download, state=State.CANCELLED, ended_at=wall))
            history = self._running.get(number)
            if history is not None:
                await self._histories.close(history, "closed")
            marking = self._marking.pop(number, None)
            if marking is not None:
                marking.cancel()
                await asyncio.gather(marking, return_exceptions=True)
            self._close_entry(download, "closed")
        elif download.state is State.DONE:
            self._put(replace(download, state=State.GONE))
        await self._forget(number)

    def file(self, download: Download) -> Path:
        """Return where the file of a finished download is; raises Missing when it is gone.

        With a mark burnt in where there is such a copy.
        """
        path = self._path / f"{download.id}.{'mp4' if download.marked is None else 'marked'}"
        if download.state is not State.DONE or not path.is_file():
            raise Missing("the file of this download is not there")
        return path

    # Work

    async def _work(self) -> None:
        for each in choose_next(self.held(), self._limits, self._clock.wall()):
            self._put(begin(each, self._clock.wall()))
            self._tasks.start(self._carry(each.id), name=f"download-{each.id}")
        self._wake.clear()
        try:
            async with asyncio.timeout(LOOK):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _carry(self, number: int) -> None:
        """Fetch what is missing of one download, and finish it when nothing is."""
        before = self._held[number].saved
        try:
            whole = await self._fetch(self._held[number])
        except Error as error:
            held = self._held.get(number)
            if held is None or held.state is not State.RUNNING or self._stopping:
                return
            moved = held.saved is not None and (before is None or held.saved > before)
            after = interrupt(held, error, self._limits, self._clock.wall(), moved=moved)
            _log.info("event=download-interrupted id=%d why=%s", number, error)
            self._put(after)
            if after.state is State.FAILED:
                self._close_entry(after, error.code)
            return
        if whole:
            self._put(replace(self._held[number], state=State.FINISHING))
            await self._finish(number)

    async def _fetch(self, download: Download) -> bool:
        """Return whether all has come; False when it was cancelled or the node stops."""
        self._check_room()
        await self._renew_entry(download)
        number, asked = download.id, download.request
        history = await self._histories.open(
            asked.device_id,
            asked.channel_id,
            Span(download.start, asked.until),
            Purpose.DOWNLOAD,
            speed=choose_speed(asked.speeds, self._limits.speed),
            file=str(self._path / str(number)),
        )
        self._running[number] = history
        history.on_advance = partial(self._advance, number, history)
        try:
            why = await history.ended()
            await self._histories.close(history)
        finally:
            history.end("closed")
            self._running.pop(number, None)
        held = self._held.get(number)
        if held is None or held.state is not State.RUNNING or why == STOPPED:
            return False
        if why == "finished" or is_whole(held, history.at):
            return True
        if history.error is not None:
            raise history.error
        text = f"the footage of {asked.channel_id} broke off ({why})"
        raise PeerSilent(text, timer=why, stage="media")

    async def _finish(self, number: int) -> None:
        download = self._held[number]
        try:
            result = await finish(str(self._path / str(number)))
        except Error as error:
            _log.warning("event=download-unfinished id=%d why=%s", number, error)
            wall = self._clock.wall()
            failed = replace(
                download, state=State.FAILED, why=error.code, detail=str(error), ended_at=wall
            )
            self._put(failed)
            self._close_entry(failed, error.code)
            return
        wall, after = self._clock.wall(), State.DONE if self._mark is None else State.MARKING
        done = replace(download, state=after, result=result, written=result.size, ended_at=wall)
        self._put(done)
        self._close_entry(done, "closed")
        if after is State.MARKING:
            self._begin_marking(number)

    def _begin_marking(self, number: int) -> None:
        task = self._tasks.start(self._burn(number), name=f"mark-{number}")
        self._marking[number] = task
        task.add_done_callback(lambda _: self._marking.pop(number, None))

    async def _burn(self, number: int) -> None:
        """Make the copy that is handed out; without it nothing is."""
        async with self._turn:
            download = self._held[number]
            text = self._mark(download.request) if self._mark is not None else ""
            path = self._path / str(number)
            order = Order(f"{path}.mp4", f"{path}.marked", text)
            try:
                burnt = await burn(order, partial(self._note_burnt, number))
            except Error as error:
                _log.warning("event=download-unmarked id=%d why=%s", number, error)
                failed = replace(
                    self._held[number], state=State.FAILED, why=error.code, detail=str(error)[:300]
                )
                self._put(failed)
                await self._forget(number)
                return
        marked = Marked(burnt.size, burnt.digest)
        wall = self._clock.wall()
        self._put(replace(self._held[number], state=State.DONE, marked=marked, ended_at=wall))

    def _note_burnt(self, number: int, part: float) -> None:
        held = self._held.get(number)
        if held is not None and held.state is State.MARKING:
            self._put(replace(held, burnt=part))

    def _advance(self, number: int, history: History, event: Advanced) -> None:
        held = self._held.get(number)
        if held is None or held.state is not State.RUNNING:
            return
        saved = held.saved if event.saved is None else max(held.saved or 0.0, event.saved)
        self._put(
            replace(
                held,
                saved=saved,
                written=event.written,
                announced=history.file_size or held.announced,
            )
        )
        if self._is_full():
            history.error = Exhausted("the disk has no room left", resource="disk")
            history.end("file")

    # What is kept

    async def _tidy(self) -> None:
        for each in choose_gone(self.held(), self._limits, self._clock.wall()):
            _log.info("event=download-gone id=%d", each.id)
            self._put(replace(each, state=State.GONE))
            await self._forget(each.id)

    async def _forget(self, number: int) -> None:
        await asyncio.to_thread(self._unlink, number)

    def _unlink(self, number: int) -> None:
        for ending in _ENDINGS:
            (self._path / f"{number}.{ending}").unlink(missing_ok=True)

    def _sweep(self, known: frozenset[int]) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        for path in self._path.iterdir():
            name, _, ending = path.name.partition(".")
            if ending in _ENDINGS and name.isdigit() and int(name) not in known:
                path.unlink(missing_ok=True)

    def _check_room(self) -> None:
        if space(self.held()) >= self._limits.quota:
            raise Exhausted("downloads take all the space that they may", resource="disk")
        if self._is_full():
            raise Exhausted("the disk has no room left", resource="disk")

    def _is_full(self) -> bool:
        return self._path.is_dir() and shutil.disk_usage(self._path).free < self._reserve

    # The register

    async def _enter(self, request: Request, address: str, basis: Basis = NO_BASIS) -> int:
        look = Look(
            person_id=request.person_id,
            person=request.person,
            unit=request.unit,
            action=Action.DOWNLOAD,
            device_id=request.device_id,
            channel_id=request.channel_id,
            channel=request.channel,
            purpose=request.purpose,
            at=self._clock.wall(),
            transport="file",
            address=address,
            since=request.since,
            until=request.until,
        )
        return await asyncio.wrap_future(self._register.submit(look.on(basis)))

    async def _renew_entry(self, download: Download) -> None:
        """Enter a download anew whose entry ended with the life of the node before."""
        if download.id in self._stale:
            entry_id = await self._enter(download.request, "")
            self._stale.discard(download.id)
            self._put(replace(self._held[download.id], entry_id=entry_id))

    def _close_entry(self, download: Download, how: str) -> None:
        asked, result = download.request, download.result
        seconds = (
            result.seconds
            if result is not None
            else max(0.0, (download.saved or asked.since) - asked.since)
        )
        self._register.close(download.entry_id, how, seconds, download.written)

    # The store

    def _put(self, download: Download) -> None:
        before = self._held.get(download.id)
        self._held[download.id] = download
        if download.state in (State.FAILED, State.CANCELLED, State.GONE):
            self._held.pop(download.id, None)
            self._ended[download.id] = download
            if len(self._ended) > _ENDED:
                self._ended.popitem(last=False)
        if before != download:
            self._buffer.put(download.id, download)
            self._changed(download)

    def _known(self, number: int) -> Download | None:
        """Return a download that memory is ahead of the store with."""
        return self._held.get(number) or self._ended.get(number)

    def _read(self) -> list[Download]:
        with self._engine.connect() as connection:
            return store.read_kept(connection)

    def _read_one(self, number: int) -> Download | None:
        with self._engine.connect() as connection:
            return store.read_download(connection, number)

    def _read_page(
        self, scope: Scope, person_id: int | None, number: int, size: int
    ) -> tuple[tuple[Download, ...], int]:
        with self._engine.connect() as connection:
            return store.page_downloads(connection, scope, person_id, number, size)

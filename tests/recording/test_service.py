"""Downloads over real sockets: queued, broken off, resumed, finished, kept, let go."""

import asyncio
import hashlib
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from sqlalchemy import Engine

from tongshi.access.accounts.store import add_person
from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.access.register import Entry, EntryQuery
from tongshi.access.scope import EVERYTHING
from tongshi.access.service import Register
from tongshi.clock import SystemClock
from tongshi.db.writer import Writer
from tongshi.errors import EngineFailed, Error, Exhausted, Missing
from tongshi.gateway.burn import Burnt, Order
from tongshi.gateway.engines.builtin import Local
from tongshi.media.mp4 import sample_of
from tongshi.media.unit import AccessUnit, Codec
from tongshi.recording import service as module
from tongshi.recording.download import OPEN, Download, Limits, Request, State, size_of
from tongshi.recording.service import Downloads
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling.platform import Signalling
from tongshi.testing.clip import encode
from tongshi.testing.reel import FPS, End, Reel, Stamps, numbers

pytestmark = [pytest.mark.network, pytest.mark.clause("9.9", "B")]

BEGIN = 1_700_000_000
LIMITS = Limits()
GOP = 25


@cache
def film() -> tuple[AccessUnit, ...]:
    return tuple(encode(Codec.H264, 100, gop=GOP))


class Bench:
    """A platform, a recorder of two hours and more, a store, and downloads."""

    def __init__(self, store: Engine, path: Path, limits: Limits) -> None:
        media = MediaSettings(
            listen="127.0.0.1",
            viewer_listen="127.0.0.1:0",
            ports_from=0,
            ports_to=0,
            workers=0,
            silence=1.0,
            connect_timeout=1.0,
        )
        self.store = store
        self.path = path
        self.limits = limits
        self.clock = SystemClock()
        self.writer = Writer(store, flush=0.02)
        self.register = Register(store, self.writer, self.clock)
        self.engine = Local(media)
        self.signalling = Signalling(
            SignallingSettings(listen="127.0.0.1:0", expires_min=1),
            media,
            self.engine,
            password_of=lambda device_id: "",
            flush=0.05,
            ask=False,
        )
        self.reel = Reel(film(), gop=GOP, begin=BEGIN, seconds=7300)
        self.reel.script.fast = True
        self.changes: list[Download] = []
        self.mark: Callable[[Request], str] | None = None
        person = Person(0, "wang", "王", "处", Role.OPERATOR, False, False)
        with store.begin() as connection:
            self.person_id = add_person(connection, person, "x", 0.0)

    async def start(self) -> None:
        await self.engine.start()
        await self.signalling.start()
        self.reel.join(int(self.signalling.addresses[0].rpartition(":")[2]))
        await self.until(lambda: self.signalling.device(self.reel.id))
        await self.begin()

    async def begin(self, *, reserve: int = 0) -> None:
        self.downloads = Downloads(
            self.store,
            self.writer,
            self.signalling.histories,
            self.register,
            self.clock,
            self.limits,
            self.path,
            reserve=reserve,
            changed=self.changes.append,
            mark=self.mark,
        )
        await self.downloads.start()

    async def stop(self) -> None:
        await self.downloads.stop()
        await self.signalling.stop()
        await self.engine.stop()
        await self.reel.close()
        await asyncio.to_thread(self.writer.close)

    async def until(self, true: Callable[[], object], seconds: float = 60.0) -> None:
        for _ in range(int(seconds / 0.02)):
            if true():
                return
            await asyncio.sleep(0.02)
        raise AssertionError("it never came to that")

    async def add(self, since: float = 60, until: float = 120, speeds: str = "1/4") -> Download:
        asked = Request(
            self.person_id,
            "王",
            "处",
            self.reel.id,
            self.reel.channel,
            "门",
            "patrol",
            BEGIN + since,
            BEGIN + until,
            speeds,
        )
        return await self.downloads.add(asked, "192.0.2.7")

    async def state(self, number: int, wanted: State, seconds: float = 60.0) -> Download:
        """Return the download once it is in the state *wanted*."""
        await self.until(
            lambda: any(each.id == number and each.state is wanted for each in self.changes),
            seconds,
        )
        return next(
            each for each in reversed(self.changes) if each.id == number and each.state is wanted
        )

    async def entries(self) -> tuple[Entry, ...]:
        await asyncio.to_thread(self.writer.flush)
        return self.register.page(EVERYTHING, EntryQuery()).rows

    def check_file(self, number: int, first: int, last: int) -> None:
        """The file has the frames from *first* to before *last*, each once, and its digests."""
        content = (self.path / f"{number}.mp4").read_bytes()
        assert numbers(content) == list(range(first, last))
        (done,) = (each for each in self.changes if each.id == number and each.state is State.DONE)
        assert done.result is not None
        assert done.result.digest == hashlib.sha256(content).hexdigest()
        sent = hashlib.sha256()
        for frame in range(first, last):
            sent.update(sample_of(self.reel.frame(frame)))
        assert done.result.pictures_digest == sent.hexdigest()
        assert (done.result.frames, done.result.doubtful) == (last - first, False)


@pytest.fixture
def run(engine: Engine, tmp_path: Path) -> Callable[[Callable[[Bench], Awaitable[None]]], None]:
    def work(test: Callable[[Bench], Awaitable[None]], limits: Limits = LIMITS) -> None:
        async def whole() -> None:
            made = Bench(engine, tmp_path / "downloads", limits)
            await made.start()
            try:
                await test(made)
            finally:
                await made.stop()

        asyncio.run(whole())

    return work


Run = Callable[..., None]


def test_a_download_is_registered_fetched_and_finished(run: Run) -> None:
    async def test(it: Bench) -> None:
        it.reel.script.sound = True
        it.reel.script.file_size = 10**6
        made = await it.add()
        (entry,) = await it.entries()
        assert (entry.look.since, entry.look.until) == (BEGIN + 60, BEGIN + 120)
        assert (entry.look.action.value, entry.look.address) == ("download", "192.0.2.7")
        done = await it.state(made.id, State.DONE)
        assert it.reel.offers[0].download_speed == 4
        it.check_file(made.id, 60 * FPS, 120 * FPS)
        assert done.result is not None
        assert done.result.sound_digest
        assert it.downloads.file(done).name == f"{made.id}.mp4"
        assert (await it.downloads.find(made.id)).state is State.DONE
        (entry,) = await it.entries()
        assert entry.ending is not None
        assert (entry.ending.how, entry.ending.bytes) == ("closed", done.result.size)
        page = await it.downloads.page(EVERYTHING, it.person_id, 1, 10)
        assert [each.state for each in page.rows] == [State.DONE]
        await it.downloads.remove(made.id)
        assert (await it.downloads.find(made.id)).state is State.GONE
        with pytest.raises(Missing):
            it.downloads.file(done)
        with pytest.raises(Missing):
            await it.downloads.find(99)

    run(test)


def test_what_is_handed_out_carries_the_mark_and_the_recording_stays(run: Run) -> None:
    async def test(it: Bench) -> None:
        await it.downloads.stop()
        it.mark = lambda request: f"{request.person} {request.unit}"
        await it.begin()
        made = await it.add(60, 64)
        marking = await it.state(made.id, State.MARKING)
        assert marking.result is not None
        done = await it.state(made.id, State.DONE)
        assert done.marked is not None
        path = it.downloads.file(done)
        content = path.read_bytes()
        assert path.name == f"{made.id}.marked"
        assert done.marked.digest == hashlib.sha256(content).hexdigest()
        original = (it.path / f"{made.id}.mp4").read_bytes()
        assert done.result is not None
        assert done.result.digest == hashlib.sha256(original).hexdigest()
        assert numbers(original) == list(range(60 * FPS, 64 * FPS))
        with av.open(str(path)) as opened:
            assert sum(1 for _ in opened.decode(video=0)) == 4 * FPS
        assert size_of(done) == len(content) + len(original)
        await asyncio.to_thread(it.writer.flush)
        await it.downloads.stop()
        await it.begin()
        assert (await it.downloads.find(made.id)).marked == done.marked
        await it.downloads.remove(made.id)
        assert list(it.path.iterdir()) == []

    run(test)


def test_without_its_mark_nothing_is_handed_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(order: Order, progress: Callable[[float], None]) -> Burnt:
        progress(0.5)
        raise EngineFailed("no codec", stage="export")

    monkeypatch.setattr(module, "burn", refuse)

    async def test(it: Bench) -> None:
        await it.downloads.stop()
        it.mark = lambda request: "x"
        await it.begin()
        made = await it.add(60, 64)
        failed = await it.state(made.id, State.FAILED)
        assert (failed.why, failed.detail) == ("engine.failed", "no codec")
        assert 0.5 in [each.progress for each in it.changes if each.state is State.MARKING]
        with pytest.raises(Missing):
            it.downloads.file(failed)
        await it.until(lambda: list(it.path.iterdir()) == [])

    run(test)


def test_a_copy_goes_on_after_a_restart_and_can_be_cancelled(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Order] = []

    async def linger(order: Order, progress: Callable[[float], None]) -> Burnt:
        begun.append(order)
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(module, "burn", linger)

    async def test(it: Bench) -> None:
        await it.downloads.stop()
        it.mark = lambda request: "x"
        await it.begin()
        made = await it.add(60, 64)
        await it.until(lambda: len(begun) == 1)
        await asyncio.to_thread(it.writer.flush)
        await it.downloads.stop()
        await it.begin()
        await it.until(lambda: len(begun) == 2)
        await it.downloads.remove(made.id)
        assert (await it.downloads.find(made.id)).state is State.CANCELLED
        assert list(it.path.iterdir()) == []

    run(test)


@pytest.mark.parametrize("stamps", [Stamps.MEDIA, Stamps.RESTART])
def test_a_device_that_vanishes_is_waited_for_and_nothing_is_missing(
    run: Run, stamps: Stamps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tongshi.recording.download.PAUSES", (0.2,))

    async def test(it: Bench) -> None:
        it.reel.script.stamps = stamps
        it.reel.script.sound = True
        made = await it.add(60, 360)
        await it.until(lambda: it.reel.sessions and len(it.reel.sessions[0].sent) > 2000)
        it.reel.vanish()
        waiting = await it.state(made.id, State.WAITING)
        assert waiting.saved is not None
        it.reel.return_()
        await it.state(made.id, State.DONE)
        it.check_file(made.id, 60 * FPS, 360 * FPS)
        assert len(it.reel.sessions) == 2

    run(test)


def test_a_restart_of_the_node_goes_on_under_an_entry_of_its_own(run: Run) -> None:
    async def test(it: Bench) -> None:
        it.reel.script.fast = False
        made = await it.add(60, 75)
        await it.until(lambda: it.downloads.held()[0].saved is not None)
        await it.until(lambda: (it.downloads.held()[0].saved or 0) > BEGIN + 62)
        stray = it.path / "77.part"
        stray.write_bytes(b"x")
        (it.path / "notes.txt").write_bytes(b"x")
        await it.downloads.stop()
        await asyncio.to_thread(it.writer.flush)
        it.reel.script.fast = True
        await it.begin()
        assert not stray.exists()
        assert (it.path / "notes.txt").exists()
        await it.state(made.id, State.DONE)
        it.check_file(made.id, 60 * FPS, 75 * FPS)
        assert len(await it.entries()) == 2

    run(test)


def test_a_restart_while_a_file_is_finished(run: Run) -> None:
    async def test(it: Bench) -> None:
        made = await it.add(60, 70)
        await it.state(made.id, State.FINISHING)
        done = await it.state(made.id, State.DONE)
        again = replace(done, state=State.FINISHING, result=None)
        it.downloads._put(again)
        await asyncio.to_thread(it.writer.flush)
        await it.downloads.stop()
        await it.begin()
        failed = await it.state(made.id, State.FAILED)  # its parts are gone: it was finished
        assert failed.why == "engine.failed"

    run(test)


def test_each_device_has_its_places(run: Run) -> None:
    async def test(it: Bench) -> None:
        one, other = await it.add(60, 62), await it.add(80, 82)
        await it.state(other.id, State.DONE)
        states: dict[int, State] = {}
        for each in it.changes:
            states[each.id] = each.state
            assert list(states.values()).count(State.RUNNING) <= 1
        assert states[one.id] is State.DONE
        assert len(it.reel.sessions) == 2

    run(test)


def test_what_goes_on_can_be_cancelled(run: Run) -> None:
    async def test(it: Bench) -> None:
        it.reel.script.fast = False
        made = await it.add(60, 600)
        queued = await it.add(60, 600)
        await it.until(lambda: it.downloads.held()[0].saved is not None)
        await it.downloads.remove(made.id)
        await it.downloads.remove(queued.id)
        assert {each.state for each in it.changes[-2:]} == {State.CANCELLED}
        await it.until(lambda: it.reel.byes == 1)
        assert list(it.path.iterdir()) == []
        assert {entry.ending is not None for entry in await it.entries()} == {True}

    run(test)


def test_what_is_not_recorded_fails_with_its_cause(run: Run) -> None:
    async def test(it: Bench) -> None:
        it.reel.script.statuses = [404]
        made = await it.add(speeds="16")
        failed = await it.state(made.id, State.FAILED)
        assert failed.why == "peer.refused"
        assert "nothing is recorded" in failed.detail
        (entry,) = await it.entries()
        assert entry.ending is not None
        assert entry.ending.how == "peer.refused"

    run(test)


def test_a_recording_that_ends_early_is_whole_when_the_device_says_so(run: Run) -> None:
    async def test(it: Bench) -> None:
        it.reel.count = 70 * FPS
        made = await it.add(60, 600)
        await it.state(made.id, State.DONE)
        it.check_file(made.id, 60 * FPS, 70 * FPS)

    run(test)


@pytest.mark.parametrize("end", [End.BYE, End.SILENCE])
def test_an_end_that_is_not_told_is_seen_by_the_moment(run: Run, end: End) -> None:
    async def test(it: Bench) -> None:
        it.reel.script.end = end
        made = await it.add(60, 70)
        await it.state(made.id, State.DONE)
        it.check_file(made.id, 60 * FPS, 70 * FPS)

    run(test)


def test_a_disk_without_room_is_named_before_and_during(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(it: Bench) -> None:
        it.reel.script.fast = False
        made = await it.add(60, 600)
        await it.until(lambda: it.downloads.held()[0].saved is not None)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=-1))
        failed = await it.state(made.id, State.FAILED)
        assert failed.why == "exhausted"
        with pytest.raises(Exhausted) as told:
            await it.add()
        assert told.value.resource == "disk"

    run(test)


def test_the_quota_is_kept_and_old_files_go(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIDY", 0.05)

    async def test(it: Bench) -> None:
        one = await it.add(60, 62)
        await it.state(one.id, State.DONE)
        await it.state(one.id, State.GONE)
        await it.until(lambda: list(it.path.iterdir()) == [])

    run(test, Limits(keep=0.0))


def test_no_more_is_asked_for_than_the_quota(run: Run) -> None:
    async def test(it: Bench) -> None:
        one = await it.add(60, 62)
        await it.state(one.id, State.DONE)
        it.downloads._limits = Limits(quota=10)
        with pytest.raises(Exhausted):
            await it.add()

    run(test)


@pytest.mark.long
@pytest.mark.parametrize("fast", [True, False])
def test_two_hours_with_half_a_minute_of_absence(run: Run, fast: bool) -> None:
    """7200 s of recording at 4x take half an hour; as fast as the line takes it, half a minute.

    The device is away for 30 s in the middle.
    """

    async def test(it: Bench) -> None:
        it.reel.script.fast = fast
        made = await it.add(0, 7200)
        await it.until(lambda: (it.downloads.held()[0].saved or 0) > BEGIN + 3600, 3600)
        it.reel.vanish()
        await asyncio.sleep(30)
        it.reel.return_()
        await it.state(made.id, State.DONE, 3600)
        it.check_file(made.id, 0, 7200 * FPS)
        assert it.reel.offers[0].download_speed == 4

    run(test)


def test_open_states_are_those_that_go_on() -> None:
    assert State.DONE not in OPEN
    assert issubclass(Exhausted, Error)

"""Views from their entry in the register to its end, whatever comes between."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from tongshi.access.identity import Session as SignIn
from tongshi.access.permission import Role
from tongshi.access.register import Entry, EntryQuery
from tongshi.access.scope import EVERYTHING
from tongshi.api import views as module
from tongshi.api.parts import Parts
from tongshi.api.view import State, View, Wish
from tongshi.api.views import Views
from tongshi.clock import ManualClock
from tongshi.errors import Conflict, EngineFailed, Exhausted, Missing, PeerRefused, PeerSilent
from tongshi.gateway.engine import (
    Figures,
    FirstMedia,
    Measured,
    ReaderJoined,
    ReaderLeft,
    StreamLost,
    Track,
)
from tongshi.gateway.engines.null import Null
from tongshi.signalling.event import Kind

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
WISH = Wish(RECORDER, CHANNEL, "通道 1", Kind.MAIN, "patrol")
Work = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture
def views(parts: Parts) -> Views:
    return parts.views


@pytest.fixture
def li(parts: Parts) -> SignIn:
    given = parts.people.add("li", "Li", "Unit 1", Role.OPERATOR)
    return parts.sign_ins.sign_in(given.name, given.password, "192.0.2.9").session


@pytest.fixture
def entries(parts: Parts, flush: Callable[[], None]) -> Callable[[], list[Entry]]:
    """Return a function that gives the register's entries, oldest first, as they are stored."""

    def read() -> list[Entry]:
        flush()
        return list(reversed(parts.register.page(EVERYTHING, EntryQuery()).rows))

    return read


@pytest.fixture
def ended(entries: Callable[[], list[Entry]]) -> Callable[[], list[tuple[str, float, int]]]:
    def read() -> list[tuple[str, float, int]]:
        found = []
        for entry in entries():
            assert entry.ending is not None
            found.append((entry.ending.how, entry.ending.watched or 0.0, entry.ending.bytes or 0))
        return found

    return read


async def ready(views: Views, li: SignIn, wish: Wish = WISH) -> View:
    """Return a view that has its ticket."""
    view = await views.open(li, wish, "192.0.2.9")
    await view.settled.wait()
    assert view.error is None
    return view


async def watched(views: Views, li: SignIn, engine: Null) -> View:
    """Return a view whose ticket was used."""
    view = await ready(views, li)
    join(view, engine)
    return view


def join(view: View, engine: Null) -> None:
    assert view.session is not None
    getattr(engine, "watching", {})[view.ticket] = view.session.stream
    engine.tell(ReaderJoined(view.session.stream, view.ticket))


def leave(view: View, engine: Null, why: str = "left", sent: int | None = 5000) -> None:
    assert view.session is not None
    getattr(engine, "watching", {}).pop(view.ticket, None)
    engine.tell(ReaderLeft(view.session.stream, view.ticket, 2.5, sent, why))


def test_the_entry_is_on_the_disk_before_the_camera_is_asked(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    entries: Callable[[], list[Entry]],
) -> None:
    async def work() -> None:
        view = await views.open(li, WISH, "192.0.2.9")
        assert not null_engine.open_  # nobody was asked yet
        [entry] = entries()
        assert entry.id == view.entry_id
        look = entry.look
        assert (look.person, look.unit, look.purpose) == ("Li", "Unit 1", "patrol")
        assert (look.channel, look.address, look.transport) == ("通道 1", "192.0.2.9", "websocket")
        assert entry.ending is None
        await view.settled.wait()
        assert view.state is State.READY
        assert view.ticket in getattr(null_engine, "tickets", {})

    runner.run(work())


def test_a_view_is_watched_and_closed_by_its_viewer(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    ended: Callable[[], list[tuple[str, float, int]]],
) -> None:
    async def work() -> None:
        view = await watched(views, li, null_engine)
        assert view.state is State.WATCHED
        await views.close(view)
        assert view.parted.is_set()
        await views.close(view)
        with pytest.raises(Missing):
            views.find(view.id, li.person.id)

    runner.run(work())
    assert ended() == [("closed", 1.5, 1000)]
    assert len(views) == 0


def test_a_line_that_breaks_may_be_renewed(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    ended: Callable[[], list[tuple[str, float, int]]],
) -> None:
    async def work() -> None:
        view = await watched(views, li, null_engine)
        first = view.ticket
        leave(view, null_engine)
        assert view.state is State.LEFT
        await views.renew(view)
        assert view.ticket != first
        join(view, null_engine)
        assert view.timer is None
        await views.close(view)

    runner.run(work())
    assert ended() == [("closed", 4.0, 6000)]  # one entry, both tickets summed


def test_a_renewed_view_leaves_its_old_line(
    runner: asyncio.Runner, views: Views, li: SignIn, null_engine: Null
) -> None:
    async def work() -> None:
        view = await watched(views, li, null_engine)
        await views.renew(view)  # the engine ends the old line and tells
        assert view.state is State.READY
        assert (view.watched, view.sent) == (1.5, 1000)
        await views.close(view)

    runner.run(work())


@pytest.mark.parametrize("joined", [False, True])
def test_a_view_that_nobody_uses_ends_by_itself(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    monkeypatch: pytest.MonkeyPatch,
    ended: Callable[[], list[tuple[str, float, int]]],
    joined: bool,
) -> None:
    monkeypatch.setattr(module, "LINGER", 0.0)
    monkeypatch.setattr(module, "TICKET", 5.0 if joined else 0.0)

    async def work() -> None:
        view = await ready(views, li)
        if joined:
            join(view, null_engine)
            leave(view, null_engine)
        await view.parted.wait()

    runner.run(work())
    assert ended() == [("left", 2.5, 5000) if joined else ("unused", 0.0, 0)]


@pytest.mark.parametrize("why", ["closed", "stalled", "engine.failed"])
def test_what_the_engine_ends_is_over(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    ended: Callable[[], list[tuple[str, float, int]]],
    why: str,
) -> None:
    async def work() -> None:
        view = await watched(views, li, null_engine)
        leave(view, null_engine, why)
        assert view.state is State.OVER

    runner.run(work())
    assert ended() == [(why, 2.5, 5000)]


def test_bytes_that_died_with_a_worker_are_not_known(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    entries: Callable[[], list[Entry]],
) -> None:
    async def work() -> None:
        view = await watched(views, li, null_engine)
        leave(view, null_engine, "engine.failed", sent=None)

    runner.run(work())
    [entry] = entries()
    assert entry.ending is not None
    assert (entry.ending.watched, entry.ending.bytes) == (2.5, None)


def test_an_engine_that_never_tells_is_not_waited_for(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    ended: Callable[[], list[tuple[str, float, int]]],
) -> None:
    monkeypatch.setattr(module, "PARTING", 0.0)

    async def work() -> None:
        view = await ready(views, li)
        assert view.session is not None
        null_engine.tell(ReaderJoined(view.session.stream, view.ticket))
        clock.wind(7)
        await views.close(view)
        await view.parted.wait()

    runner.run(work())
    assert ended() == [("closed", 7.0, 0)]


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [(403, PeerRefused, "peer.refused"), (None, PeerSilent, "peer.silent")],
)
def test_a_view_that_fails_says_why_and_is_registered(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    statuses: list[int | None],
    ended: Callable[[], list[tuple[str, float, int]]],
    answer: int | None,
    kind: type[Exception],
    code: str,
) -> None:
    statuses.append(answer)

    async def work() -> None:
        view = await views.open(li, WISH, "192.0.2.9")
        await view.settled.wait()
        assert view.state is State.FAILED
        with pytest.raises(kind):
            views.find(view.id, li.person.id)
        assert views.all() == ()
        await views.close(view)
        assert len(views) == 0

    runner.run(work())
    assert ended() == [(code, 0.0, 0)]


def test_a_failed_view_is_forgotten(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    statuses: list[int | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FORGET", 0.0)
    statuses.append(403)

    async def work() -> None:
        view = await views.open(li, WISH, "192.0.2.9")
        await view.settled.wait()
        await asyncio.sleep(0.01)
        assert len(views) == 0

    runner.run(work())


def test_closing_a_view_while_the_camera_is_asked(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    statuses: list[int | None],
    ended: Callable[[], list[tuple[str, float, int]]],
) -> None:
    statuses.append(None)

    async def work() -> None:
        view = await views.open(li, WISH, "192.0.2.9")
        await asyncio.sleep(0.01)
        assert view.state is State.OPENING
        await views.close(view)
        assert view.parted.is_set()

    runner.run(work())
    assert ended() == [("closed", 0.0, 0)]


def test_signing_out_ends_ones_views_and_nobody_elses(
    runner: asyncio.Runner, parts: Parts, views: Views, li: SignIn, null_engine: Null
) -> None:
    given = parts.people.add("wu", "Wu", "", Role.OPERATOR)
    wu = parts.sign_ins.sign_in(given.name, given.password, "").session

    async def work() -> None:
        mine, theirs = await watched(views, li, null_engine), await watched(views, wu, null_engine)
        await views.end_sign_in(li.digest)
        assert (mine.state, mine.ended) == (State.OVER, "denied.signin")
        assert views.all() == (theirs,)
        with pytest.raises(Missing):
            views.find(theirs.id, li.person.id)

    runner.run(work())


def test_a_changed_password_ends_what_a_stolen_sign_in_watches(
    runner: asyncio.Runner, parts: Parts, views: Views, li: SignIn, null_engine: Null
) -> None:
    stolen = replace(li, digest="stolen")
    given = parts.people.add("wu", "Wu", "", Role.OPERATOR)
    wu = parts.sign_ins.sign_in(given.name, given.password, "").session

    async def work() -> None:
        own, theirs = await watched(views, li, null_engine), await watched(views, wu, null_engine)
        other = await watched(views, stolen, null_engine)
        await views.end_person(li.person.id)
        assert (own.state, other.state) == (State.OVER, State.OVER)
        assert views.all() == (theirs,)

    runner.run(work())


def test_stopping_the_node_ends_all_and_keeps_the_figures(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    statuses: list[int | None],
    ended: Callable[[], list[tuple[str, float, int]]],
) -> None:
    async def work() -> None:
        await watched(views, li, null_engine)
        await ready(views, li)
        statuses.append(403)
        other = Wish(RECORDER, CHANNEL, "", Kind.SUB, "patrol")
        failed = await views.open(li, other, "")
        await failed.settled.wait()
        await views.stop()

    runner.run(work())
    assert ended() == [("stopped", 1.5, 1000), ("stopped", 0.0, 0), ("peer.refused", 0.0, 0)]


def test_a_node_that_stops_takes_no_new_views(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    ended: Callable[[], list[tuple[str, float, int]]],
) -> None:
    async def work() -> None:
        await views.stop()
        with pytest.raises(Conflict, match="stopping"):
            await views.open(li, WISH, "")
        assert views.all() == ()

    runner.run(work())
    assert ended() == [("stopped", 0.0, 0)]


def test_stopping_does_not_wait_for_an_engine_that_never_tells(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    monkeypatch: pytest.MonkeyPatch,
    ended: Callable[[], list[tuple[str, float, int]]],
) -> None:
    monkeypatch.setattr(module, "FAREWELL", 0.0)

    async def work() -> None:
        view = await ready(views, li)
        assert view.session is not None
        null_engine.tell(ReaderJoined(view.session.stream, view.ticket))
        await views.stop()

    runner.run(work())
    assert ended() == [("stopped", 0.0, 0)]


def test_views_are_bounded(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    entries: Callable[[], list[Entry]],
) -> None:
    monkeypatch.setattr(views, "_limit", 1)

    async def work() -> None:
        await ready(views, li)
        with pytest.raises(Exhausted):
            await views.open(li, WISH, "")

    runner.run(work())
    assert len(entries()) == 1


def test_without_a_register_nobody_is_asked(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "WRITE", 0.0)

    async def work() -> None:
        with pytest.raises(Exhausted):
            await views.open(li, WISH, "")
        assert len(views) == 0
        assert not null_engine.open_

    runner.run(work())


def test_h265_is_sent_as_h264_to_who_cannot_decode_it(
    runner: asyncio.Runner, views: Views, li: SignIn, null_engine: Null
) -> None:
    track = Track("h265", 'video/mp4; codecs="hvc1.1.6.L93.B0"', 640, 360)
    null_engine.answers = lambda stream: FirstMedia(stream, track)

    async def work() -> None:
        plain = await ready(views, li)
        native = await ready(views, li, Wish(RECORDER, CHANNEL, "", Kind.MAIN, "x", hevc=True))
        assert (plain.transcoded, native.transcoded) == (True, False)
        tickets = getattr(null_engine, "tickets", {})
        assert [tickets[view.ticket][1] for view in (plain, native)] == [True, False]

    runner.run(work())


def test_a_stream_that_ended_cannot_be_renewed(
    runner: asyncio.Runner, views: Views, li: SignIn, null_engine: Null
) -> None:
    async def work() -> None:
        view = await watched(views, li, null_engine)
        assert view.session is not None
        leave(view, null_engine)
        null_engine.tell(StreamLost(view.session.stream, EngineFailed("gone", stage="worker")))
        await view.session.ended()
        with pytest.raises(Missing):
            await views.renew(view)
        assert view.state is State.OVER

    runner.run(work())


def test_progress_is_noted_for_a_process_that_may_be_killed(
    runner: asyncio.Runner,
    parts: Parts,
    views: Views,
    li: SignIn,
    null_engine: Null,
    clock: ManualClock,
    flush: Callable[[], None],
    entries: Callable[[], list[Entry]],
) -> None:
    async def work() -> None:
        view = await watched(views, li, null_engine)
        await ready(views, li)
        assert view.session is not None
        clock.wind(4)
        null_engine.tell(Measured(view.session.stream, Figures(bytes=700)))
        views.start()
        await asyncio.sleep(0.01)

    runner.run(work())
    flush()
    assert parts.register.close_left_open(None) == 2
    watched_entry, unused = entries()
    assert watched_entry.ending is not None
    assert unused.ending is not None
    assert (watched_entry.ending.watched, watched_entry.ending.bytes) == (4.0, 700)
    assert (unused.ending.watched, unused.ending.bytes) == (None, None)


def test_a_view_ends_when_its_sign_in_does(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    clock: ManualClock,
) -> None:
    async def work() -> None:
        view = await watched(views, li, null_engine)
        clock.jump(li.ends_at - clock.wall())
        views.start()
        await view.parted.wait()
        assert view.ended == "denied.signin"

    runner.run(work())


def test_a_revocation_that_fails_ends_the_view_all_the_same(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(ticket: str, code: str) -> None:
        raise EngineFailed("the worker is gone", stage="worker")

    monkeypatch.setattr(null_engine, "revoke", refuse)

    async def work() -> None:
        view = await ready(views, li)
        await views.close(view)
        assert view.state is State.OVER

    runner.run(work())


def test_news_of_strange_tickets_is_passed_over(views: Views, null_engine: Null) -> None:
    null_engine.tell(ReaderJoined("s", "strange"))
    null_engine.tell(ReaderLeft("s", "strange", 1.0, 1, "left"))
    null_engine.tell(Measured("s", Figures()))
    assert len(views) == 0


def test_seconds_that_the_engine_told_are_counted_once(
    runner: asyncio.Runner,
    views: Views,
    li: SignIn,
    null_engine: Null,
    clock: ManualClock,
    ended: Callable[[], list[tuple[str, float, int]]],
) -> None:
    async def work() -> None:
        parted: list[tuple[float, int]] = []
        views.parted = lambda view: parted.append(views.progress(view))
        view = await watched(views, li, null_engine)
        clock.wind(60.0)
        assert views.progress(view)[0] == 60.0
        leave(view, null_engine, "full")
        assert parted == [(2.5, 5000)]

    runner.run(work())
    assert ended() == [("full", 2.5, 5000)]

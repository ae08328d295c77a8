"""Views and talks end with the grant under which they began."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import httpx
import pytest
from sqlalchemy import Engine

from tongshi.access.grant import Grant, Right, Selector, Subject, SubjectKind
from tongshi.access.permission import Role
from tongshi.access.placing.service import Cells
from tongshi.api.oversight import ENDED, Oversight
from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer

RECORDER, CHANNEL = "34020000001180000001", "34020000001310000001"


class Silenced(Protocol):
    """What the engine of these tests remembers."""

    silent: dict[str, bool]


LOOK = {"device": RECORDER, "channel": CHANNEL, "purpose": "patrol"}
BY = Actor(1, "Admin")
RIGHTS = frozenset({Right.LIVE, Right.TALK, Right.PLAYBACK})


@pytest.fixture
def guest(enter: Callable[..., httpx.Client]) -> httpx.Client:
    return enter(Role.OPERATOR, name="guest", granted=False)


@pytest.fixture
def oversight(
    parts: Parts, runner: asyncio.Runner, house_writer: tuple[Engine, Writer]
) -> Oversight:
    cells = Cells(*house_writer)

    async def make() -> Oversight:
        return Oversight(parts.rights, cells, parts.views, parts.talking)

    return runner.run(make())


@pytest.fixture
def admitted(null_engine: Silenced) -> dict[str, bool]:
    """Tickets that the engine was told of, and whether each is without sound."""
    return null_engine.silent


def grant(parts: Parts) -> Grant:
    subject = Subject(SubjectKind.PERSON, str(parts.people.named("guest").id))
    return Grant(0, subject, RIGHTS, Selector(devices=frozenset({RECORDER})))


def endings(parts: Parts, auditor: httpx.Client, flush: Callable[[], None]) -> list[str]:
    flush()
    rows = auditor.get("/api/register").json()["rows"]
    return [row["ending"]["how"] for row in rows if row["ending"] is not None]


def test_a_view_ends_when_its_grant_is_revoked(
    parts: Parts,
    guest: httpx.Client,
    auditor: httpx.Client,
    oversight: Oversight,
    runner: asyncio.Runner,
    flush: Callable[[], None],
) -> None:
    made = parts.rights.add(grant(parts), BY)
    view = guest.post("/api/live", json=LOOK).json()["view"]
    assert runner.run(oversight.check()) == 0
    assert guest.get(f"/api/live/{view}").status_code == 200
    parts.rights.end(made.id, BY)
    assert runner.run(oversight.check()) == 1
    assert guest.get(f"/api/live/{view}").status_code == 404
    assert endings(parts, auditor, flush) == [ENDED]
    assert runner.run(oversight.check()) == 0


def test_a_talk_and_footage_end_with_the_date(
    parts: Parts,
    guest: httpx.Client,
    oversight: Oversight,
    runner: asyncio.Runner,
    clock: ManualClock,
) -> None:
    parts.rights.add(replace(grant(parts), until=clock.wall() + 30), BY)
    span = {"since": clock.wall() - 600, "until": clock.wall() - 300}
    assert guest.post("/api/playback", json={**LOOK, **span}).status_code in (200, 202)
    assert guest.post("/api/talks", json=LOOK).status_code == 200
    assert runner.run(oversight.check()) == 0
    clock.wind(31)
    assert runner.run(oversight.check()) == 2
    assert guest.get("/api/talks").json() == []


def test_a_change_is_looked_at_soon(
    parts: Parts, guest: httpx.Client, oversight: Oversight, runner: asyncio.Runner
) -> None:
    made = parts.rights.add(grant(parts), BY)
    assert guest.post("/api/live", json=LOOK).status_code == 200

    async def watch() -> None:
        oversight.start()
        (view,) = parts.views.all()
        await asyncio.to_thread(parts.rights.end, made.id, BY)
        async with asyncio.timeout(5):
            await view.parted.wait()
        await oversight.stop()

    runner.run(watch())


def test_who_may_not_hear_gets_a_view_without_sound(
    parts: Parts,
    guest: httpx.Client,
    oversight: Oversight,
    runner: asyncio.Runner,
    admitted: dict[str, bool],
) -> None:
    made = parts.rights.add(grant(parts), BY)
    listening = {**LOOK, "listen": True}
    assert guest.post("/api/talks", json=listening).json()["code"] == "denied.grant"
    assert guest.post("/api/live", json=LOOK).status_code == 200
    hears = parts.rights.add(replace(made, rights=frozenset({Right.HEAR})), BY)
    assert guest.post("/api/live", json=LOOK).status_code == 200
    assert list(admitted.values()) == [True, False]
    assert runner.run(oversight.check()) == 0
    parts.rights.end(hears.id, BY)
    assert runner.run(oversight.check()) == 1
    (left,) = parts.views.all()
    assert left.wish.silent

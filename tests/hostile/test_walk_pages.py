"""The walk over the whole console: every page and fragment, with codes of things that are there.

A page may name a camera by its path, its query or its form; so each is asked with all the names
that any of them reads.
"""

import re
from collections.abc import Callable, Mapping

import httpx
import pytest
from sqlalchemy import Engine

from tongshi.access.permission import GRANTED, Permission
from tongshi.clock import ManualClock
from tongshi.console.routes import ROWS, Row
from tongshi.testing.bodies import FIXED
from tongshi.testing.grounds import ALL, LOOKING, ROLES, World, blind, counts
from tongshi.testing.walk import Seen, fill, seen

CLOSED = [row for row in ROWS if row.permission is not None]
EXAMPLES = r'(placeholder|data-mark)="[^"]*"'
"""Codes that stand there for everybody, and how far the node's events have come."""
NAMES = ("物流园", "通道 1", "video lost")
"""What the hidden recorder, its channel and its alarm are called."""


def told_of(codes: Mapping[str, str]) -> dict[str, str]:
    """Return every query and field by which a page is told of a camera."""
    camera = f"{codes['device_id']}/{codes['channel_id']}"
    return {
        "device": codes["device_id"],
        "channel": codes["channel_id"],
        "camera": camera,
        "cameras": camera,
        "tiles": camera,
        "layout": "1",
        "under": codes["device_id"],
        "target": codes["channel_id"],
        "ids": f"{codes['device_id']},{codes['alarm_id']}",
        "alarm": codes["alarm_id"],
        "number": codes["request_id"],
        "act": "acknowledge",
        "kind": "live",
        "purpose": "patrol",
        "reason": "a lost child",
        "case": "A-1",
        "hours": "1",
        "minutes": "5",
        "card": "1",
        "interval": "60",
        "name": "x",
    }


def ask(client: httpx.Client, row: Row, codes: Mapping[str, str], *, fragment: bool) -> Seen:
    """Return what *client* is told by a page about the things of *codes*."""
    headers = {"HX-Request": "true"} if fragment else {}
    given = told_of(codes)
    answer = client.request(
        row.method,
        fill(row.path, {**FIXED, **codes}),
        params=given,
        data=given if row.method != "GET" else None,
        headers=headers,
    )
    told = seen(answer, codes)
    return Seen(told.status, told.headers, re.sub(EXAMPLES, "", told.body))


@pytest.fixture
def store(house_writer: tuple[Engine, object]) -> Engine:
    return house_writer[0]


def test_strangers_are_led_to_the_door_whatever_is_there(
    world: World, stranger: httpx.Client, store: Engine
) -> None:
    before = counts(store)
    for row in CLOSED:
        for fragment in (False, True):
            told = ask(stranger, row, world.real, fragment=fragment)
            assert told == ask(stranger, row, world.absent, fragment=fragment), row.path
            assert told.status == (401 if fragment else 303), row.path
            for name in NAMES:
                assert name not in told.body
    assert counts(store) == before


def test_who_lacks_the_permission_is_refused_whatever_is_there(
    world: World, store: Engine, flush: Callable[[], None]
) -> None:
    people = {role: world.person(role, f"a {role.value}", ALL) for role in ROLES}
    flush()
    before, walked = counts(store), 0
    for row in CLOSED:
        assert row.permission is not None
        for role in ROLES:
            if row.permission in GRANTED[role]:
                continue
            told = ask(people[role], row, world.real, fragment=False)
            assert told.status == 403, (role, row.method, row.path)
            assert told == ask(people[role], row, world.absent, fragment=False), (role, row.path)
            walked += 1
    flush()
    assert walked > 150
    assert counts(store) == before


def test_what_is_hidden_is_as_if_it_were_not(
    world: World, clock: ManualClock, store: Engine, flush: Callable[[], None]
) -> None:
    for role in LOOKING:
        people = blind(world, role, clock.wind)
        flush()
        before, walked = counts(store), 0
        for why, client in people.items():
            for row in CLOSED:
                if row.permission not in GRANTED[role] or row.permission is Permission.OWN_ACCOUNT:
                    continue
                for fragment in (False, True) if why == "none" else (True,):
                    told = ask(client, row, world.real, fragment=fragment)
                    absent = ask(client, row, world.absent, fragment=fragment)
                    where = (role.value, why, row.method, row.path, fragment)
                    assert told == absent, where
                    assert told.status < 500, where
                    for name in NAMES:
                        assert name not in told.body, where
                walked += 1
        flush()
        assert walked > 10 * len(people)
        assert counts(store) == before, role

"""The walk over the whole interface: every route, with codes of things that are there.

For each row of `ROUTES`, whoever may not is refused with one shape of answer, and for a camera of
which they may not know, the answer is byte for byte that for a camera that does not exist.  A new
route fails here until its codes and its body are told in `tongshi.testing.bodies`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import Engine
from starlette.types import ASGIApp

from tongshi.access.grant import Right, Selector
from tongshi.access.permission import GRANTED, Permission, Role
from tongshi.api.application import application
from tongshi.api.parts import Parts
from tongshi.api.routes import ROUTES, Route
from tongshi.clock import ManualClock
from tongshi.testing.bodies import (
    BODIES,
    CHANNEL,
    CLOSED,
    FIXED,
    HIDING,
    OF_CAMERAS,
    OF_PERSONS,
    OF_THE_NODE,
    QUERIES,
    RAW,
    RECORDER,
    ask,
    codes_in,
    key_of,
)
from tongshi.testing.grounds import ALL, LOOKING, ROLES, World, blind, counts, short_grants

BESIDE = "34020000001310000002"


@pytest.fixture
def store(house_writer: tuple[Engine, object]) -> Engine:
    return house_writer[0]


# What the tables must tell -------------------------------------------------------------


def test_no_route_escapes(site: ASGIApp, parts: Parts) -> None:
    """Every route has its body, its query and its codes told above, and nothing else is told."""
    described = application(parts).openapi()["paths"]
    taking, asking = set(), set()
    for route in ROUTES:
        path = route.path.replace(":path", "")
        told = described[path][route.method.lower()]
        if "requestBody" in told:
            taking.add(key_of(route))
        if any(each["in"] == "query" and each["required"] for each in told.get("parameters", ())):
            asking.add(key_of(route))
    assert taking == set(BODIES), taking ^ set(BODIES)
    assert asking <= set(QUERIES), asking - set(QUERIES)
    told_codes = OF_CAMERAS | OF_PERSONS | OF_THE_NODE | set(FIXED)
    for route in ROUTES:
        assert codes_in(route) <= told_codes, f"{key_of(route)}: a code that is told nowhere"
    assert {key_of(route) for route in ROUTES} >= {*BODIES, *QUERIES, *RAW}


def test_the_world_has_everything_that_routes_name(world: World) -> None:
    """So that refusals below are not about things that are not there anyway."""
    named = {name for route in CLOSED for name in codes_in(route)}
    assert named <= set(world.real) | set(FIXED), named - set(world.real)
    insider = world.people["insider"]
    for path in (
        f"/devices/{RECORDER}",
        f"/devices/{RECORDER}/channels/{CHANNEL}",
        f"/alarms/{world.real['alarm_id']}",
        f"/pictures/{world.real['picture_id']}/file",
        f"/live/{world.real['view_id']}",
        f"/downloads/{world.real['download_id']}",
    ):
        assert insider.get(f"/api{path}").status_code == 200, path


# Nobody signed in ----------------------------------------------------------------------------

FORGED: Mapping[str, Mapping[str, str]] = {
    "none": {},
    "a session": {"Cookie": "tongshi_session=forged"},
    "an empty session": {"Cookie": "tongshi_session="},
    "a session of another name": {"Cookie": "__Host-tongshi=forged"},
    "a token": {"Authorization": "Bearer tst_forged"},
    "half a token": {"Authorization": "Bearer"},
    "a password": {"Authorization": "Basic YWRtaW46YWRtaW4="},
}


def test_strangers_are_refused_with_one_answer(
    world: World, site: ASGIApp, browse: Callable[[ASGIApp], httpx.Client], store: Engine
) -> None:
    before, shapes = counts(store), set()
    for way, headers in FORGED.items():
        stranger = browse(site)
        stranger.headers.update(headers)
        told = {
            ask(stranger, route, codes) for route in CLOSED for codes in (world.real, world.absent)
        }
        assert len(told) == 1, (way, [(each.status, each.body) for each in told])
        [one] = told
        problem = json.loads(one.body)
        assert (one.status, problem["code"]) == (401, "denied.signin"), way
        assert dict(one.headers)["content-type"] == "application/problem+json"
        shapes.add(tuple(problem))
    assert len(shapes) == 1, "of every way"
    assert counts(store) == before


# Who lacks the permission --------------------------------------------------------------------


def test_who_lacks_the_permission_is_refused_whatever_is_there(
    world: World, store: Engine, flush: Callable[[], None]
) -> None:
    people = {role: world.person(role, f"a {role.value}", ALL) for role in ROLES}
    flush()
    before, walked = counts(store), 0
    for route in CLOSED:
        assert route.permission is not None
        for role in ROLES:
            if route.permission in GRANTED[role]:
                continue
            told = ask(people[role], route, world.real)
            assert told.status == 403, (role, key_of(route))
            assert '"code":"denied"' in told.body, (role, key_of(route))
            assert f'"helps":"{route.permission.value}"' in told.body, (role, key_of(route))
            assert told == ask(people[role], route, world.absent), (role, key_of(route))
            walked += 1
    flush()
    assert walked > 300
    assert counts(store) == before


# Who has the permission, and no grant --------------------------------------------------------


def test_what_is_hidden_is_as_if_it_were_not(
    world: World, clock: ManualClock, store: Engine, flush: Callable[[], None]
) -> None:
    for role in LOOKING:
        people = blind(world, role, clock.wind)
        flush()
        before, walked = counts(store), 0
        for why, client in people.items():
            for route in HIDING:
                if route.permission not in GRANTED[role]:
                    continue
                told, absent = ask(client, route, world.real), ask(client, route, world.absent)
                assert told == absent, (role, why, key_of(route))
                assert told.status == 404, (role, why, key_of(route), told.body)
                assert '"code":"missing"' in told.body
                walked += 1
        flush()
        assert walked >= 5 * len(people)
        assert counts(store) == before


def test_a_grant_for_one_channel_is_none_for_its_sibling(world: World) -> None:
    beside = replace(ALL, selector=Selector(cameras=frozenset({(RECORDER, BESIDE)})))
    absent = {**world.absent, "device_id": RECORDER}
    for role in LOOKING:
        client = world.person(role, f"a {role.value}", beside)
        for route in HIDING:
            if route.permission not in GRANTED[role] or not codes_in(route) - {"device_id"}:
                continue
            told = ask(client, route, world.real)
            assert told == ask(client, route, absent), (role, key_of(route))
            assert told.status == 404, (role, key_of(route), told.body)
        assert client.get(f"/api/devices/{RECORDER}/channels/{BESIDE}").status_code == 200
        rows = client.get(f"/api/devices/{RECORDER}/channels").json()["rows"]
        assert [row["channel_id"] for row in rows] == [BESIDE]


def test_what_is_hidden_stands_in_no_list(world: World, clock: ManualClock) -> None:
    walked = 0
    for role in LOOKING:
        for why, client in blind(world, role, clock.wind).items():
            for route in CLOSED:
                free = route.method == "GET" and not codes_in(route) and route.path != "/events"
                if not free or route.permission not in GRANTED[role]:
                    continue
                text = ask(client, route, {}).body
                for word in (RECORDER, CHANNEL, "物流园", "通道 1", "video lost"):
                    assert word not in text, (why, role, key_of(route))
                walked += 1
    assert walked > 100


def test_what_is_anothers_is_as_if_it_were_not(world: World) -> None:
    looking = replace(ALL, rights=frozenset(Right) - {Right.APPROVE})
    client, walked = world.person(Role.OPERATOR, "other", looking), 0
    for route in HIDING:
        named = codes_in(route)
        if route.permission not in GRANTED[Role.OPERATOR] or not named & OF_PERSONS:
            continue
        told = ask(client, route, world.real)
        assert told == ask(client, route, world.absent), key_of(route)
        assert told.status == 404, (key_of(route), told.body)
        walked += 1
    assert walked >= 10
    for path in ("/live", "/playback", "/talks"):
        assert client.get(f"/api{path}").json() == [], path


# Who knows of a camera, and may not do this with it ------------------------------------------

FREE = frozenset(
    {
        Permission.SEE_DEVICES,
        Permission.REFRESH_DEVICES,
        Permission.MANAGE_PEERS,
        Permission.ASK,
    }
)
"""Permissions of routes for which knowing of a camera is enough: to ask for more, above all."""


def states_purpose(route: Route) -> bool:
    """Say whether *route* takes a purpose; where none is stated, a grant for one is enough."""
    key = key_of(route)
    return "purpose" in {**QUERIES.get(key, {}), **dict(BODIES.get(key, {}))}


def test_what_is_known_and_not_granted_is_refused_with_one_shape(
    world: World, store: Engine, flush: Callable[[], None]
) -> None:
    people = {
        (role, why): world.person(role, f"{role.value} {why}", *grants)
        for role in (*LOOKING, Role.SYSTEM)
        for why, grants in short_grants().items()
    }
    flush()
    before, shapes = counts(store), set()
    for (role, why), client in people.items():
        for route in HIDING:
            if route.permission not in GRANTED[role] or route.permission in FREE:
                continue
            if why == "purpose" and not states_purpose(route):
                continue
            told, row = ask(client, route, world.real), (role, why, key_of(route))
            if told.status == 404:
                assert told == ask(client, route, world.absent), row
                continue
            assert told.status == 403, (*row, told.body)
            problem = json.loads(told.body)
            assert problem["code"] == "denied.grant", row
            shapes.add(tuple(sorted(set(problem) - {"helps"})))  # nothing helps against a denial
    assert len(shapes) == 1, shapes
    flush()
    assert counts(store) == before

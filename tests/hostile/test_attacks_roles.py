"""Attempts to become somebody else: by changing oneself, by one's puppets, by others' things."""

from collections.abc import Callable, Mapping

import httpx
from sqlalchemy import Engine

from tongshi.access.permission import GRANTED, PICTURES, Role
from tongshi.api.parts import Parts
from tongshi.testing.grounds import ALL, ROLES, World

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
ASK = {"device": RECORDER, "channel": CHANNEL, "purpose": "patrol"}
Enter = Callable[[Role], httpx.Client]


def own_id(client: httpx.Client) -> int:
    return int(client.get("/api/session").json()["id"])


def test_no_role_that_decides_about_rights_sees_a_picture() -> None:
    """And none that sees one decides about rights, reads the records, or manages accounts."""
    deciding = {"manage-people", "manage-grants", "manage-purposes", "manage-tokens"}
    reading = {"read-audit", "review"}
    for role, permissions in GRANTED.items():
        names = {permission.value for permission in permissions}
        if names & (deciding | reading):
            assert not permissions & PICTURES, role
        assert not (names & deciding and names & reading), role
    assert all(GRANTED[role] != set().union(*GRANTED.values()) for role in Role)


def test_who_manages_people_changes_neither_themselves_nor_the_last_of_their_kind(
    security: httpx.Client,
) -> None:
    me = own_id(security)
    for role in ROLES:
        body = {"shown": "Me", "unit": "", "role": role.value}
        answer = security.put(f"/api/people/{me}", json=body)
        if role is not Role.SECURITY:
            assert answer.status_code in (403, 409), (role, answer.text)
    for way in ("disable", "password"):
        assert security.post(f"/api/people/{me}/{way}").status_code in (403, 409), way
    told = security.get("/api/session").json()
    assert (told["role"], told["must_change"]) == ("security", False)


def test_a_grant_to_an_administrator_shows_no_picture(
    security: httpx.Client, auditor: httpx.Client, admin: httpx.Client, parts: Parts
) -> None:
    """Each has every grant there is, by the fixtures, and no right to pictures."""
    for client in (security, auditor, admin):
        for path, body in (
            ("/live", ASK),
            ("/snapshots", ASK),
            ("/talks", ASK),
            ("/playback", {**ASK, "since": 1_700_000_000, "until": 1_700_000_060}),
            ("/downloads", {**ASK, "since": 1_700_000_000, "until": 1_700_000_060}),
        ):
            assert client.post(f"/api{path}", json=body).status_code == 403, path


def test_nobody_but_security_makes_people_grants_or_tokens(
    world: World, house_writer: tuple[Engine, object]
) -> None:
    new = {"name": "puppet", "shown": "Puppet", "role": "security"}
    grant = {
        "kind": "role",
        "subject": "operator",
        "rights": ["live"],
        "cameras": {"everything": True},
    }
    wishes: Mapping[str, object] = {
        "/people": new,
        "/grants": grant,
        "/tokens": {
            "account": 1,
            "name": "x",
            "scopes": ["see-live"],
            "ends": "2024-01-01T00:00:00Z",
        },
        "/purposes": {"code": "x", "zh": "x", "en": "x"},
    }
    for role in ROLES:
        if role is Role.SECURITY:
            continue
        client = world.person(role, f"a {role.value}", ALL)
        for path, body in wishes.items():
            assert client.post(f"/api{path}", json=body).status_code == 403, (role, path)


def test_a_role_that_is_taken_away_takes_what_it_opened_with_it(
    security: httpx.Client, world: World
) -> None:
    looker = world.person(Role.OPERATOR, "looker", ALL)
    view = looker.post("/api/live", json=ASK).json()["view"]
    body = {"shown": "Looker", "unit": "", "role": "owner"}
    assert security.put(f"/api/people/{own_id(looker)}", json=body).status_code == 200
    assert looker.get(f"/api/live/{view}").status_code in (401, 403, 404, 409)
    assert looker.post("/api/live", json=ASK).status_code in (401, 403)


def test_a_closed_account_is_out_at_once(security: httpx.Client, world: World) -> None:
    looker = world.person(Role.OPERATOR, "looker", ALL)
    me = own_id(looker)
    assert security.post(f"/api/people/{me}/disable").status_code == 204
    assert looker.get("/api/session").status_code == 401


def test_sign_ins_of_others_are_ended_by_nobody(world: World) -> None:
    """The key of a sign-in is told to its own person only; another's leads nowhere."""
    insider = world.people["insider"]
    [mine] = insider.get("/api/session/all").json()
    for role in ROLES:
        other = world.person(role, f"a {role.value}", ALL)
        told = other.delete(f"/api/session/all/{mine['id']}")
        absent = other.delete(f"/api/session/all/{'0' * len(mine['id'])}")
        assert (told.status_code, absent.status_code) == (404, 404)
        assert told.json() == absent.json()
    assert insider.get("/api/session").status_code == 200

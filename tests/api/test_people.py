from collections.abc import Callable

import httpx
import pytest

from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.clock import ManualClock

LI = {"name": "li", "shown": "Li", "unit": "Unit 1", "role": "operator"}
SOON = "2030-01-01T00:00:00+08:00"


def add(security: httpx.Client, **change: object) -> dict[str, object]:
    answer = security.post("/api/people", json={**LI, **change})
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


def number(told: dict[str, object]) -> int:
    person = told["person"]
    assert isinstance(person, dict)
    return int(person["id"])


def test_somebody_is_added_and_comes_in_once(
    security: httpx.Client, stranger: httpx.Client
) -> None:
    told = add(security)
    assert told["person"] == security.get(f"/api/people/{number(told)}").json()
    [row] = [row for row in security.get("/api/people").json() if row["name"] == "li"]
    assert (row["role"], row["must_change"], row["totp"], row["sign_ins"]) == (
        "operator",
        True,
        False,
        0,
    )
    body = {"name": "li", "password": told["password"]}
    assert stranger.post("/api/session", json=body).json()["first"] == "password"
    assert stranger.post("/api/session", json=body).status_code == 401
    assert "password" not in security.get("/api/people").text.replace("password_", "")


@pytest.mark.parametrize(
    "change",
    [
        {"role": "contractor"},
        {"role": "administrator"},
        {"name": ""},
        {"ends": "2030-01-01"},
        {"trained": SOON},
        {"must_change": False},
        {"id": 1},
        {"totp": "x"},
    ],
)
def test_what_no_account_can_be(security: httpx.Client, change: dict[str, object]) -> None:
    before = security.get("/api/people").json()
    answer = security.post("/api/people", json={**LI, **change})
    assert answer.status_code == 400
    assert security.get("/api/people").json() == before


def test_a_name_is_taken_once(security: httpx.Client) -> None:
    add(security)
    assert security.post("/api/people", json={**LI, "name": "LI"}).status_code == 409


def test_a_change_of_role_ends_what_goes_on(
    security: httpx.Client, operator: httpx.Client, parts: Parts
) -> None:
    ask = {"device": "34020000001180000001", "channel": "34020000001310000001", "purpose": "duty"}
    assert operator.post("/api/live", json=ask).status_code == 200
    person = parts.people.named("operator")
    now = {"shown": "Owner", "unit": "U", "role": "owner", "ends": SOON}
    changed = security.put(f"/api/people/{person.id}", json=now).json()
    assert (changed["role"], changed["ends"]) == ("owner", "2029-12-31T16:00:00+00:00")
    assert operator.get("/api/session").status_code == 401
    assert list(parts.views.all()) == []


def test_a_change_of_a_name_ends_nothing(
    security: httpx.Client, operator: httpx.Client, parts: Parts
) -> None:
    person = parts.people.named("operator")
    now = {"shown": "Li Si", "unit": "U", "role": "operator", "certified_until": SOON}
    assert security.put(f"/api/people/{person.id}", json=now).status_code == 200
    told = operator.get("/api/session").json()
    assert (told["shown"], told["certified"]) == ("Li Si", False)


@pytest.mark.parametrize("way", ["password", "disable"])
def test_a_reset_and_a_closed_account_end_the_sign_ins(
    security: httpx.Client, operator: httpx.Client, parts: Parts, way: str
) -> None:
    person = parts.people.named("operator")
    assert security.post(f"/api/people/{person.id}/{way}").status_code in (200, 204)
    assert operator.get("/api/session").status_code == 401
    assert security.post(f"/api/people/{person.id}/enable").status_code == 204
    assert not parts.people.person(person.id).disabled


def test_nobody_works_on_their_own_account(security: httpx.Client, parts: Parts) -> None:
    me = parts.people.named("security").id
    now = {"shown": "S", "unit": "", "role": "audit"}
    answers = [
        security.put(f"/api/people/{me}", json=now),
        security.post(f"/api/people/{me}/password"),
        security.post(f"/api/people/{me}/disable"),
        security.delete(f"/api/people/{me}/totp"),
        security.put(f"/api/people/{me}/oidc", json={"subject": "x"}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 5
    assert parts.people.person(me).role is Role.SECURITY


def test_the_second_factor_of_an_administrator_stays(
    security: httpx.Client, admin: httpx.Client, parts: Parts
) -> None:
    person = parts.people.named("system")
    answer = security.delete(f"/api/people/{person.id}/totp")
    assert (answer.status_code, admin.get("/api/session").status_code) == (403, 200)
    assert parts.people.person(person.id).totp


def test_an_outer_identity_is_bound(security: httpx.Client, parts: Parts) -> None:
    one = number(add(security))
    two = number(add(security, name="wu"))
    binding = {"subject": "", "email": "li@example.org"}
    assert security.put(f"/api/people/{one}/oidc", json=binding).json() == {
        "issuer": "",
        "subject": "",
        "email": "li@example.org",
    }
    assert security.put(f"/api/people/{two}/oidc", json=binding).status_code == 409


def test_changes_need_a_fresh_proof(
    security: httpx.Client, parts: Parts, clock: ManualClock, flush: Callable[[], None]
) -> None:
    told = add(security)
    clock.wind(901)
    refused = security.post("/api/people", json={**LI, "name": "wu"})
    assert (refused.status_code, refused.json()["code"]) == (403, "denied.proof")
    paths = [f"/api/people/{number(told)}/{way}" for way in ("password", "disable", "enable")]
    assert {security.post(path).json()["code"] for path in paths} == {"denied.proof"}
    assert security.get("/api/people").status_code == 200
    assert security.post("/api/session/proof", json={"secret": "000000"}).status_code == 403


@pytest.mark.parametrize("path", ["/api/people/999", "/api/people/999/oidc"])
def test_who_is_not_there(security: httpx.Client, path: str) -> None:
    assert security.get(path).status_code == 404

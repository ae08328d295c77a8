import re

import httpx
import pytest
from pyotp import TOTP

from tongshi.api.factor import draw_code
from tongshi.api.parts import Parts
from tongshi.clock import ManualClock

OLD = "a long sentence of ope"


def enrol(client: httpx.Client, clock: ManualClock) -> tuple[TOTP, list[str]]:
    offered = client.post("/api/session/totp").json()
    maker = TOTP(offered["secret"])
    answer = client.post("/api/session/totp/confirm", json={"code": maker.at(int(clock.wall()))})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    clock.wind(30)
    codes: list[str] = answer.json()["codes"]
    return maker, codes


def test_codes_are_enrolled_and_then_asked_for(
    operator: httpx.Client, stranger: httpx.Client, clock: ManualClock
) -> None:
    before = operator.cookies["tongshi_session"]
    maker, _ = enrol(operator, clock)
    assert operator.cookies["tongshi_session"] != before
    assert operator.get("/api/session").json()["totp"] is True
    answer = stranger.post("/api/session", json={"name": "operator", "password": OLD})
    assert (answer.status_code, answer.json()["step"]) == (202, "code")
    assert "tongshi_session" not in stranger.cookies
    assert stranger.get("/api/session").status_code == 401
    wrong = stranger.post("/api/session/code", json={"code": "000000"})
    assert (wrong.status_code, wrong.headers.get("Set-Cookie")) == (401, None)
    told = stranger.post("/api/session/code", json={"code": maker.at(int(clock.wall()))})
    assert told.json()["name"] == "operator"
    assert stranger.get("/api/session").status_code == 200


def test_a_step_cookie_is_no_session(
    operator: httpx.Client, stranger: httpx.Client, clock: ManualClock
) -> None:
    enrol(operator, clock)
    stranger.post("/api/session", json={"name": "operator", "password": OLD})
    step = stranger.cookies["tongshi_step"]
    stranger.cookies.set("tongshi_session", step)
    assert stranger.get("/api/session").status_code == 401


def test_a_session_that_was_put_into_a_browser_is_not_the_one_that_is_given(
    operator: httpx.Client, stranger: httpx.Client, parts: Parts
) -> None:
    """Session fixation: what the browser had before signing in opens nothing after it."""
    stranger.cookies.set("tongshi_session", "planted", domain="console.local", path="/")
    given = parts.people.add("victim", "V", "", parts.people.named("operator").role)
    told = stranger.post("/api/session", json={"name": "victim", "password": given.password})
    assert "planted" not in told.headers["Set-Cookie"]
    assert parts.sign_ins.session("planted") is None


def test_both_steps_at_once_for_programs(
    operator: httpx.Client, stranger: httpx.Client, clock: ManualClock
) -> None:
    maker, codes = enrol(operator, clock)
    body = {"name": "operator", "password": OLD}
    assert stranger.post("/api/session", json={**body, "code": "111111"}).status_code == 401
    right = {**body, "code": maker.at(int(clock.wall()))}
    assert stranger.post("/api/session", json=right).status_code == 200
    assert stranger.post("/api/session", json={**body, "code": codes[3]}).status_code == 200


def test_the_picture_is_a_picture_and_nothing_else(operator: httpx.Client) -> None:
    assert operator.get("/api/session/totp/image").status_code == 404
    operator.post("/api/session/totp")
    answer = operator.get("/api/session/totp/image")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(re.findall(r"<(\w+)", answer.text)) == {"svg", "g", "path"}
    assert b"style" not in answer.content
    assert draw_code("a") != draw_code("b")


def test_recovery_codes_are_made_anew_and_the_factor_taken_off(
    operator: httpx.Client, stranger: httpx.Client, clock: ManualClock
) -> None:
    assert operator.post("/api/session/totp/codes").status_code == 409
    assert operator.delete("/api/session/totp").status_code == 409
    _, codes = enrol(operator, clock)
    again = operator.post("/api/session/totp/codes").json()["codes"]
    assert len(again) == 10
    assert not set(again) & set(codes)
    assert operator.delete("/api/session/totp").status_code == 204
    body = {"name": "operator", "password": OLD}
    assert stranger.post("/api/session", json=body).status_code == 200


def test_an_administrator_keeps_the_factor(admin: httpx.Client) -> None:
    assert admin.delete("/api/session/totp").status_code == 403
    assert admin.get("/api/session").json()["totp"] is True


def test_everything_about_it_needs_a_fresh_proof(
    operator: httpx.Client, clock: ManualClock
) -> None:
    clock.wind(901)
    calls = [
        ("POST", "/api/session/totp"),
        ("GET", "/api/session/totp/image"),
        ("POST", "/api/session/totp/codes"),
        ("DELETE", "/api/session/totp"),
    ]
    assert {operator.request(*call).json()["code"] for call in calls} == {"denied.proof"}
    before = operator.cookies["tongshi_session"]
    assert operator.post("/api/session/proof", json={"secret": "wrong"}).status_code == 403
    assert operator.post("/api/session/proof", json={"secret": OLD}).status_code == 204
    assert operator.cookies["tongshi_session"] != before
    assert operator.post("/api/session/totp").status_code == 200


@pytest.mark.parametrize("code", ["", "12345", "x" * 40])
def test_a_wrong_code_enrols_nothing(operator: httpx.Client, code: str) -> None:
    operator.post("/api/session/totp")
    assert operator.post("/api/session/totp/confirm", json={"code": code}).status_code == 403
    assert operator.get("/api/session").json()["totp"] is False


def test_own_sign_ins_are_told_and_ended(
    operator: httpx.Client, stranger: httpx.Client, security: httpx.Client
) -> None:
    body = {"name": "operator", "password": OLD}
    assert stranger.post("/api/session", json=body).status_code == 200
    rows = operator.get("/api/session/all").json()
    assert sorted(row["here"] for row in rows) == [False, True]
    [other] = [row["id"] for row in rows if not row["here"]]
    [theirs] = [row["id"] for row in security.get("/api/session/all").json()]
    assert operator.delete(f"/api/session/all/{theirs}").status_code == 404
    assert operator.delete(f"/api/session/all/{other}").status_code == 204
    assert stranger.get("/api/session").status_code == 401
    assert security.get("/api/session").status_code == 200

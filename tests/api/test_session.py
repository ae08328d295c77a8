import httpx
import pytest

from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.clock import ManualClock


def sign_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    return client.post("/api/session", json={"name": name, "password": password})


def test_signing_in_tells_who_one_is(admin: httpx.Client) -> None:
    told = admin.get("/api/session").json()
    assert (told["name"], told["shown"], told["unit"]) == (
        "system",
        "System",
        "Unit 1",
    )
    assert told["role"] == "system"
    assert told["must_change"] is False
    assert "configure-devices" in told["rights"]
    assert told["ends"].endswith("+00:00")


def test_the_cookie_is_for_this_site_and_no_script(parts: Parts, stranger: httpx.Client) -> None:
    given = parts.people.add("li", "Li", "", Role.OPERATOR)
    cookie = sign_in(stranger, given.name, given.password).headers["Set-Cookie"]
    for word in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"):
        assert word in cookie
    assert "Secure" not in cookie  # served without TLS in this test's settings


@pytest.mark.parametrize(("name", "password"), [("li", "wrong"), ("nobody", "wrong"), ("", "")])
def test_a_failed_sign_in_tells_nothing_of_why(
    parts: Parts, stranger: httpx.Client, name: str, password: str
) -> None:
    parts.people.add("li", "Li", "", Role.OPERATOR)
    answer = sign_in(stranger, name, password)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"].startswith("Name or password is wrong")
    assert "Set-Cookie" not in answer.headers


def test_a_locked_account_looks_like_a_wrong_password(
    parts: Parts, stranger: httpx.Client, clock: ManualClock
) -> None:
    given = parts.people.add("li", "Li", "", Role.OPERATOR)
    wrong = [sign_in(stranger, "li", "wrong").text for _ in range(3)]
    assert sign_in(stranger, "li", given.password).text == wrong[0]
    clock.wind(901)
    assert sign_in(stranger, "li", given.password).status_code == 200


def test_overlong_values_are_refused_before_any_hashing(stranger: httpx.Client) -> None:
    answer = sign_in(stranger, "li", "x" * 300)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"


def test_signing_out_ends_the_session(admin: httpx.Client) -> None:
    cookie = admin.cookies["tongshi_session"]
    answer = admin.delete("/api/session")
    assert answer.status_code == 204
    assert 'tongshi_session=""' in answer.headers["Set-Cookie"]
    admin.cookies.set("tongshi_session", cookie)
    assert admin.get("/api/session").status_code == 401


def test_a_session_ends_when_it_is_unused(admin: httpx.Client, clock: ManualClock) -> None:
    clock.wind(3601)
    assert admin.get("/api/session").status_code == 401


def test_changing_the_password_ends_other_sessions(
    operator: httpx.Client, stranger: httpx.Client
) -> None:
    old = {"name": "operator", "password": "a long sentence of ope"}
    assert stranger.post("/api/session", json=old).status_code == 200
    change = {"present": old["password"], "new": "another long sentence"}
    assert operator.post("/api/session/password", json=change).status_code == 204
    assert operator.get("/api/session").status_code == 200
    assert stranger.get("/api/session").status_code == 401
    assert stranger.post("/api/session", json=old).status_code == 401


@pytest.mark.parametrize(
    ("present", "new", "status"),
    [("wrong", "another long sentence", 403), ("a long sentence of sys", "short", 400)],
)
def test_a_bad_change_changes_nothing(
    admin: httpx.Client, present: str, new: str, status: int
) -> None:
    answer = admin.post("/api/session/password", json={"present": present, "new": new})
    assert answer.status_code == status
    assert admin.get("/api/session").status_code == 200


def test_another_site_cannot_act_in_ones_name(admin: httpx.Client) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil"}):
        assert admin.delete("/api/session", headers=headers).status_code == 403
    assert admin.get("/api/session").status_code == 200

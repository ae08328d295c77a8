"""Requests that another site's page has a signed-in browser make."""

import re
from collections.abc import Callable

import httpx
import pytest

from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.api.routes import ROUTES
from tongshi.clock import ManualClock
from tongshi.console.routes import ROWS

DEVICE = "34020000001180000001"
FOREIGN: dict[str, dict[str, str]] = {
    "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "another port": {"Sec-Fetch-Site": "same-site", "Origin": "http://console:9999"},
    "older browsers": {"Origin": "https://evil.example"},
    "our name in front": {"Origin": "http://console:8080.evil.example"},
    "our name as a user": {"Origin": "http://console:8080@evil.example"},
    "a sandbox": {"Origin": "null"},
    "a file": {"Origin": "file://"},
    "nothing": {"Origin": ""},
    "no address": {"Origin": "http://["},
    "no port": {"Origin": "http://console:x"},
    "a lie": {"Sec-Fetch-Site": "cross-site", "Origin": "http://console:8080"},
    "an unknown word": {"Sec-Fetch-Site": "SAME-ORIGIN "},
}
UNSAFE = sorted(
    {
        (row.method, re.sub(r"\{[^}]*\}", DEVICE, f"{prefix}{row.path}"))
        for prefix, rows in (("/api", ROUTES), ("", ROWS))
        for row in rows
        if row.method not in ("GET", "HEAD")
    }
)


@pytest.mark.parametrize("way", FOREIGN)
def test_no_unsafe_request_of_another_site_is_taken(
    enter: Callable[[Role], httpx.Client], parts: Parts, way: str
) -> None:
    """Uploads of devices as well: what a browser sends in their name is none."""
    client = enter(Role.OPERATOR)
    for method, path in UNSAFE:
        answer = client.request(method, path, headers=FOREIGN[way], json={})
        assert answer.status_code == 403, (method, path, answer.text)
        assert "set-cookie" not in answer.headers
    assert client.get("/api/session").status_code == 200, "nobody was signed out"


def test_a_sign_in_from_another_site_is_none(parts: Parts, stranger: httpx.Client) -> None:
    """Else a victim works in the attacker's account and tells it what they look at."""
    given = parts.people.add("mallory", "Mallory", "", Role.OPERATOR)
    body = {"name": given.name, "password": given.password}
    for headers in FOREIGN.values():
        assert stranger.post("/api/session", json=body, headers=headers).status_code == 403
        assert stranger.post("/sign-in", data=body, headers=headers).status_code == 403
    assert not stranger.cookies
    assert stranger.post("/api/session", json=body).status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
def test_bodies_that_need_no_leave_are_not_read_as_json(
    operator: httpx.Client, parts: Parts, kind: str
) -> None:
    """A page of another site may send these types without asking us first."""
    body = f'{{"device":"{DEVICE}","channel":"34020000001310000001","purpose":"patrol"}}'
    headers = {"Content-Type": kind} if kind else {}
    for path in ("/api/live", "/api/snapshots", "/api/talks", "/api/session/password"):
        answer = operator.post(path, content=body.encode(), headers=headers)
        assert answer.status_code == 400, (path, answer.text)
    assert operator.get("/api/live").json() == []


def test_other_methods_are_refused_and_change_nothing(operator: httpx.Client) -> None:
    """A form that overrides its method, and methods that no route has."""
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        operator.get("/api/session", headers={name: "DELETE"})
        operator.get("/api/session?_method=DELETE", headers={name: "DELETE"})
    for method in ("TRACE", "PATCH", "CONNECT", "PROPFIND", "OPTIONS", "X" * 30):
        answer = operator.request(method, "/api/session")
        assert answer.status_code in (403, 404, 405), (method, answer.status_code)
        assert "access-control-allow-origin" not in answer.headers
    assert operator.get("/api/session").status_code == 200


def test_no_answer_lets_another_site_read_it(operator: httpx.Client) -> None:
    for path in ("/api/session", "/api/devices", "/live", "/sign-in", "/api/nothing"):
        answer = operator.get(path, headers={"Origin": "https://evil.example"})
        told = {name.lower() for name in answer.headers}
        assert not [name for name in told if name.startswith("access-control-")]
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_page_of_ours_is_gone_back_to_and_no_other(
    security: httpx.Client, clock: ManualClock
) -> None:
    """The way back from a fresh proof is told by the browser, and so by whoever made it ask."""
    clock.wind(3000.0)
    body = {"name": "x", "shown": "X", "role": "operator"}
    for told in (
        "https://evil.example/",
        "http://[",
        "//evil.example",
        "http://console:8080//evil",
    ):
        for name in ("Referer", "HX-Current-URL"):
            answer = security.post("/people", data=body, headers={name: told})
            assert answer.status_code < 500, (name, told)
            place = answer.headers.get("location", "")
            assert place.startswith("/proof"), (name, told, place)
            assert "evil" not in place, (name, told, place)
            assert "evil" not in security.get(place).text, (name, told, place)


def test_strangers_are_refused_before_what_they_sent_is_judged(stranger: httpx.Client) -> None:
    for content in (b"{", b"[" * 1000, b"\xff\xfe", b'{"device": 1}', b""):
        for path in ("/api/live", "/api/grants", "/api/people", "/api/break-glass"):
            headers = {"Content-Type": "application/json"}
            answer = stranger.post(path, content=content, headers=headers)
            assert answer.status_code == 401, (path, content, answer.text)

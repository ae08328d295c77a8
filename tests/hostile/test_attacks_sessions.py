"""Tokens of sign-ins that were forged, stolen, fixed or kept too long."""

import secrets
from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import Engine, text

from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.clock import ManualClock

NAME = "tongshi_session"
Enter = Callable[[Role], httpx.Client]


def cookie_of(client: httpx.Client) -> str:
    return str(client.cookies[NAME])


def who(stranger: httpx.Client, cookie: str) -> int:
    """Return how *stranger* is answered who shows *cookie*."""
    headers = [(b"cookie", cookie.encode())]
    return stranger.get("/api/session", headers=headers).status_code


def test_nothing_that_resembles_a_token_is_one(
    enter: Enter, stranger: httpx.Client, house_writer: tuple[Engine, object]
) -> None:
    real = cookie_of(enter(Role.OPERATOR))
    with house_writer[0].connect() as connection:
        [digest] = connection.execute(text("SELECT token_digest FROM web_sessions")).scalars()
    forged = [
        str(digest),  # of a stolen store
        real.upper(),
        real[:-1],
        f"{real}a",
        f" {real}x",
        f'"{real}x"',
        real[::-1],
        secrets.token_urlsafe(32),
        "a" * 8000,
        "1",
        "' OR 1=1 --",
        "%00",
        "é",
    ]
    for token in forged:
        assert who(stranger, f"{NAME}={token}") == 401, token
    assert who(stranger, f"{NAME}={real}") == 200, "so that the others were tried rightly"
    assert len(real) >= 43, "256 bits"


def test_a_token_is_taken_as_a_cookie_and_nowhere_else(
    enter: Enter, stranger: httpx.Client
) -> None:
    """Addresses stand in logs and histories."""
    real = cookie_of(enter(Role.OPERATOR))
    for path in (f"/api/session?{NAME}={real}", f"/api/session?token={real}"):
        assert stranger.get(path).status_code == 401
    for value in (f"Bearer {real}", f"Bearer tst_{real}", f"Basic {real}"):
        assert stranger.get("/api/session", headers={"Authorization": value}).status_code == 401
    assert stranger.get("/api/session", headers={"X-Session": real}).status_code == 401


def test_a_token_opens_nothing_after_its_end(
    enter: Enter, stranger: httpx.Client, parts: Parts, clock: ManualClock
) -> None:
    left = enter(Role.OPERATOR)
    token = cookie_of(left)
    assert left.delete("/api/session").status_code == 204
    assert who(stranger, f"{NAME}={token}") == 401, "signed out"
    old = enter(Role.OWNER)
    token = cookie_of(old)
    clock.wind(3 * 86400)
    assert who(stranger, f"{NAME}={token}") == 401, "too old"


def test_a_new_password_ends_every_sign_in_before_it(
    parts: Parts, enter: Enter, stranger: httpx.Client
) -> None:
    client = enter(Role.OPERATOR)
    token = cookie_of(client)
    change = {"present": "a long sentence of ope", "new": "another long sentence"}
    assert client.post("/api/session/password", json=change).status_code == 204
    assert cookie_of(client) != token
    assert who(stranger, f"{NAME}={token}") == 401
    assert client.get("/api/session").status_code == 200


def test_a_token_that_an_attacker_fixed_is_never_signed_in(
    parts: Parts, stranger: httpx.Client
) -> None:
    """A cookie planted before the sign-in, by another site or a path, becomes nobody's session."""
    fixed = secrets.token_urlsafe(32)
    given = parts.people.add("victim", "Victim", "", Role.OPERATOR)
    body = {"name": given.name, "password": given.password}
    answer = stranger.post("/api/session", json=body, headers={"Cookie": f"{NAME}={fixed}"})
    assert answer.status_code == 200
    assert fixed not in answer.headers["set-cookie"]
    assert who(stranger, f"{NAME}={fixed}") == 401


def test_each_sign_in_has_a_token_of_its_own(parts: Parts, enter: Enter) -> None:
    client = enter(Role.OPERATOR)
    body = {"name": "operator", "password": "a long sentence of ope"}
    found = {cookie_of(client)}
    for _ in range(5):
        assert client.post("/api/session", json=body).status_code == 200
        found.add(cookie_of(client))
    assert len(found) == 6


def test_the_cookie_is_kept_from_scripts_and_other_sites(
    parts: Parts, stranger: httpx.Client
) -> None:
    given = parts.people.add("somebody", "Somebody", "", Role.OPERATOR)
    body = {"name": given.name, "password": given.password}
    told = stranger.post("/api/session", json=body).headers["set-cookie"].lower()
    for part in ("httponly", "samesite=strict", "path=/"):
        assert part in told, told
    assert "domain=" not in told


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Remote-User"])
def test_headers_of_proxies_say_nothing_of_who_asks(
    parts: Parts, stranger: httpx.Client, header: str
) -> None:
    """Else guesses pretend to come from everywhere, and the record names an innocent."""
    for number in range(6):
        stranger.post(
            "/api/session",
            json={"name": "admin", "password": "a wrong password"},
            headers={header: f"192.0.2.{number}"},
        )
    assert stranger.get("/api/session", headers={header: "admin"}).status_code == 401

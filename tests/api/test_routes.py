"""The walk over the table: every route names its permission and refuses whoever lacks it."""

import re

import httpx
import pytest

from tongshi.access.permission import GRANTED, Permission, Role
from tongshi.api.parts import Parts
from tongshi.api.routes import ROUTES, Route

KEYED = {
    ("PUT", "/uploads/{key}"),
    ("POST", "/uploads/{key}"),
    ("PUT", "/uploads/{key}/{name:path}"),
    ("POST", "/uploads/{key}/{name:path}"),
    ("GET", "/firmware/file/{key}"),
}
"""Devices come here: a key that was told to one of them for one thing lets it in."""
OPEN = {
    ("GET", "/health"),
    ("POST", "/session"),
    ("POST", "/session/code"),
    ("POST", "/session/oidc"),
    ("GET", "/session/oidc/callback"),
    ("POST", "/witness"),  # a subordinate node shows a secret of its own
    *KEYED,
}


def address(route: Route) -> str:
    return "/api" + re.sub(r"\{[^}]*\}", "x", route.path)


def rows(*, closed: bool) -> list[Route]:
    return [route for route in ROUTES if (route.permission is not None) == closed]


def test_only_what_comes_before_a_sign_in_is_open() -> None:
    assert {(route.method, route.path) for route in rows(closed=False)} == OPEN


def test_no_route_is_there_twice() -> None:
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize("route", rows(closed=True), ids=lambda row: f"{row.method} {row.path}")
def test_a_route_refuses_strangers(route: Route, stranger: httpx.Client) -> None:
    answer = stranger.request(route.method, address(route))
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "denied.signin"


@pytest.mark.parametrize("route", rows(closed=True), ids=lambda row: f"{row.method} {row.path}")
def test_a_forged_cookie_is_no_sign_in(route: Route, stranger: httpx.Client) -> None:
    stranger.cookies.set("tongshi_session", "forged")
    assert stranger.request(route.method, address(route)).status_code == 401


def test_an_operator_is_refused_what_belongs_to_others(operator: httpx.Client) -> None:
    walked = 0
    for route in rows(closed=True):
        if route.permission is not None and route.permission not in GRANTED[Role.OPERATOR]:
            answer = operator.request(route.method, address(route))
            assert answer.status_code == 403, route.path
            assert answer.json()["helps"] == route.permission.value
            walked += 1
    assert walked > 50


def test_a_generated_password_allows_nothing_but_its_change(
    parts: Parts, stranger: httpx.Client
) -> None:
    given = parts.people.make_first()
    assert given is not None
    body = {"name": given.name, "password": given.password}
    told = stranger.post("/api/session", json=body).json()
    assert told["must_change"] is True
    assert told["rights"] == ["own-account"]
    for route in rows(closed=True):
        if route.permission is not Permission.OWN_ACCOUNT:
            answer = stranger.request(route.method, address(route))
            assert answer.status_code == 403, route.path
            assert "password" in answer.json()["helps"]

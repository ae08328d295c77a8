"""The walk over the console's table: every page names its permission and refuses who lacks it."""

import re

import httpx
import pytest

from tongshi.access.permission import Permission
from tongshi.api.parts import Parts
from tongshi.console.routes import ROWS, Row

OPEN = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-in/code"),
    ("GET", "/sign-in/oidc"),
    ("GET", "/sign-in/oidc/callback"),
    ("POST", "/preferences"),
}
CLOSED = [row for row in ROWS if row.permission is not None]


def address(row: Row) -> str:
    return re.sub(r"\{[^}]*\}", "x", row.path)


def test_only_the_door_is_open() -> None:
    assert {(row.method, row.path) for row in ROWS if row.permission is None} == OPEN
    assert len({(row.method, row.path) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", CLOSED, ids=lambda row: f"{row.method} {row.path}")
def test_a_page_leads_strangers_to_the_door(row: Row, stranger: httpx.Client) -> None:
    answer = stranger.request(row.method, address(row))
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")
    fragment = stranger.request(row.method, address(row), headers={"HX-Request": "true"})
    assert fragment.status_code == 401


def test_an_operator_has_no_access_register(operator: httpx.Client) -> None:
    walked = 0
    for row in CLOSED:
        if row.permission is Permission.READ_ACCESS_REGISTER:
            answer = operator.request(row.method, address(row))
            assert answer.status_code == 403
            assert "No right to do this" in answer.text
            walked += 1
    assert walked == 2
    assert "/register" not in operator.get("/devices").text


def test_a_generated_password_leads_to_its_change(parts: Parts, stranger: httpx.Client) -> None:
    given = parts.people.make_first()
    assert given is not None
    form = {"name": given.name, "password": given.password, "next": "/devices"}
    assert stranger.post("/sign-in", data=form).headers["Location"] == "/password"
    for row in CLOSED:
        if row.permission is not Permission.OWN_ACCOUNT:
            answer = stranger.request(row.method, address(row))
            assert (answer.status_code, answer.headers["Location"]) == (303, "/password")
    assert "one-time password" in stranger.get("/password").text

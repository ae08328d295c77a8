import re
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from starlette.types import ASGIApp

from tongshi.access.identity import Person
from tongshi.api.parts import Parts
from tongshi.clock import ManualClock

Form = dict[str, str]


@pytest.fixture
def form(service: Person, clock: ManualClock) -> Form:
    ends = datetime.fromtimestamp(clock.wall() + 86400 * 30, UTC).date().isoformat()
    return {
        "account": str(service.id),
        "name": "大屏 <b>",
        "ends": ends,
        "networks": "127.0.0.0/8",
        "calls_minute": "100",
        "scope.see-live": "1",
    }


def told(page: httpx.Response) -> str:
    found = re.search(r'id="token">(tst_[^<]+)<', page.text)
    assert found is not None
    return found[1]


def test_a_token_is_shown_once_and_works(
    security: httpx.Client, site: ASGIApp, browse: Callable[[ASGIApp], httpx.Client], form: Form
) -> None:
    page = security.post("/tokens", data=form)
    text = told(page)
    assert "大屏 &lt;b&gt;" in page.text
    assert text not in security.get("/tokens").text
    client = browse(site)
    client.headers["Authorization"] = f"Bearer {text}"
    assert client.get("/api/devices").status_code == 200
    page = security.get("/tokens")
    assert "Live and snapshots" in page.text
    assert "127.0.0.0/8" in page.text


def test_a_new_account_is_made_with_its_first_token(
    security: httpx.Client, parts: Parts, form: Form
) -> None:
    form = {**form, "account": "", "service": "Wall", "unit": "Unit 3"}
    told(security.post("/tokens", data=form))
    person = parts.people.named("wall")
    assert (person.role.value, person.unit) == ("service", "Unit 3")


@pytest.mark.parametrize(
    "change",
    [
        {"ends": ""},
        {"ends": "soon"},
        {"ends": "2200-01-01"},
        {"name": ""},
        {"networks": "inside"},
        {"calls_minute": "many"},
        {"account": "x"},
        {"account": "", "service": ""},
        {"scope.see-live": ""},
    ],
)
def test_what_no_token_can_be_is_told_and_the_form_kept(
    security: httpx.Client, form: Form, change: Form
) -> None:
    page = security.post("/tokens", data={**form, **change})
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert 'value="127.0.0.0/8"' in page.text or "networks" in change


def test_a_token_is_revoked(security: httpx.Client, parts: Parts, form: Form) -> None:
    security.post("/tokens", data=form)
    assert security.post("/tokens/1/revoke").headers["Location"] == "/tokens"
    (token,) = parts.tokens.everything()
    assert token.revoked_by == "Security"
    assert "Revoked" in security.get("/tokens").text
    assert security.post("/tokens/x/revoke").status_code == 404


def test_usage_is_drawn_with_the_figures_behind_it(
    security: httpx.Client,
    program: Callable[..., httpx.Client],
    flush: Callable[[], None],
) -> None:
    client = program()
    for _ in range(3):
        client.get("/api/devices")
    flush()
    page = security.get("/tokens").text
    assert page.count('fill="currentColor"><title>') == 48
    assert re.search(r"<title>[^<]+: 3</title>", page)
    assert "<td>Bridge</td>" in page
    for period in ("hour", "month", "x"):
        assert "<td>Bridge</td>" in security.get("/tokens", params={"period": period}).text


def test_others_have_no_tokens(operator: httpx.Client, admin: httpx.Client) -> None:
    assert operator.get("/tokens").status_code == 403
    assert "/tokens" not in admin.get("/devices").text

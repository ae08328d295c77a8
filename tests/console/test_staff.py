import re
from datetime import datetime

import httpx
import pytest

from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.console.staff import ROLES, read_day
from tongshi.errors import Invalid

LI = {"name": "li", "shown": "Li <b>", "unit": "Unit 1", "role": "operator"}


def test_somebody_is_added_and_the_password_told_once(
    security: httpx.Client, stranger: httpx.Client, parts: Parts
) -> None:
    page = security.post("/people", data={**LI, "ends": "2030-01-31", "certified": "2029-06-30"})
    told = re.search(r'id="password">([a-z0-9-]{23})<', page.text)
    assert told is not None
    assert "Li &lt;b&gt;" in page.text
    assert told[1] not in security.get("/people").text
    form = {"name": "li", "password": told[1]}
    assert stranger.post("/sign-in", data=form).headers["Location"] == "/password"
    person = parts.people.named("li")
    assert person.ends_at is not None
    ends = datetime.fromtimestamp(person.ends_at).astimezone()
    assert (ends.isoformat()[:10], ends.hour, ends.minute) == ("2030-01-31", 23, 59)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"role": "contractor"}, "end date"),
        ({"role": "service"}, "no such role"),
        ({"role": ""}, "no such role"),
        ({"ends": "soon"}, "no day"),
        ({"shown": "x" * 65}, "at most 64"),
        ({"name": "security"}, "Conflicts"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_filled_in_stays(
    security: httpx.Client, change: dict[str, str], told: str
) -> None:
    answer = security.post("/people", data={**LI, **change})
    assert answer.status_code in (400, 409)
    assert told in answer.text
    assert 'value="Unit 1"' in answer.text


def test_an_account_is_changed(
    security: httpx.Client, operator: httpx.Client, parts: Parts
) -> None:
    number = parts.people.named("operator").id
    page = security.get(f"/people/{number}").text
    assert 'value="Operator"' in page
    form = {"shown": "Wang", "unit": "U", "role": "owner", "trained": "2020-01-01"}
    assert security.post(f"/people/{number}", data=form).headers["Location"] == f"/people/{number}"
    assert parts.people.person(number).role is Role.OWNER
    assert operator.get("/devices").headers["Location"].startswith("/sign-in")
    wrong = security.post(f"/people/{number}", data={**form, "role": "contractor"})
    assert (wrong.status_code, "end date" in wrong.text) == (400, True)


def test_reset_close_and_open(security: httpx.Client, operator: httpx.Client, parts: Parts) -> None:
    number = parts.people.named("operator").id
    place = f"/people/{number}/act"
    assert 'id="password"' in security.post(place, data={"act": "reset"}).text
    security.post(place, data={"act": "disable"})
    assert "Open again" in security.get(f"/people/{number}").text
    security.post(place, data={"act": "enable"})
    assert not parts.people.person(number).disabled
    assert security.post(place, data={"act": "totp"}).status_code == 303
    assert security.post(place, data={"act": "explode"}).status_code == 400
    mail = {"act": "bind", "subject": "", "email": "li@example.org"}
    assert security.post(place, data=mail).status_code == 303
    assert parts.people.binding(number) == ("", "li@example.org")


def test_oneself_is_shown_and_not_changed(security: httpx.Client, parts: Parts) -> None:
    number = parts.people.named("security").id
    page = security.get(f"/people/{number}").text
    assert "Nobody changes their own role" in page
    assert "<select" not in page
    answer = security.post(f"/people/{number}/act", data={"act": "disable"})
    assert answer.status_code == 403
    assert not parts.people.person(number).disabled


@pytest.mark.parametrize("number", ["999", "x", "9" * 30])
def test_who_is_not_there(security: httpx.Client, number: str) -> None:
    assert security.get(f"/people/{number}").status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_speak_one_language(security: httpx.Client, parts: Parts, language: str) -> None:
    security.cookies.set("tongshi_language", language)
    for place in ("/people", f"/people/{parts.people.named('security').id}"):
        text = security.get(place).text
        assert ("人员" in text, "People" in text) == (language == "zh", language == "en")


def test_only_the_administrator_of_security_has_the_page(
    admin: httpx.Client, auditor: httpx.Client, operator: httpx.Client, security: httpx.Client
) -> None:
    for other in (admin, auditor, operator):
        assert other.get("/people").status_code == 403
        assert 'href="/people"' not in other.get("/devices").text
    assert 'href="/people"' in security.get("/people").text
    assert security.get("/").headers["Location"] == "/people"


def test_days_are_of_the_nodes_zone() -> None:
    begun, end = read_day("2030-01-31"), read_day("2030-01-31", end=True)
    assert begun is not None
    assert end is not None
    assert (end - begun).total_seconds() == 86399
    assert read_day("") is None
    for text in ("2030-02-30", "x", "0001-01-01", "9999-12-31T00"):
        with pytest.raises(Invalid):
            read_day(text, end=True)
    assert "service" not in ROLES

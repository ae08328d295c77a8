import httpx
import pytest

from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.clock import ManualClock
from tongshi.errors import Exhausted

NEW = "a sentence that is mine"


def test_one_comes_to_where_one_wanted(parts: Parts, stranger: httpx.Client) -> None:
    first = stranger.get("/devices?size=25").headers["Location"]
    page = stranger.get(first)
    assert 'name="next" value="/devices?size=25"' in page.text
    given = parts.people.add("li", "Li", "", Role.OPERATOR)
    changed = parts.sign_ins.change_password(
        parts.sign_ins.sign_in("li", given.password, "").session.person.id, given.password, NEW, ""
    )
    assert changed.session.person.name == "li"
    form = {"name": "li", "password": NEW, "next": "/devices?size=25"}
    answer = stranger.post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/devices?size=25")
    assert stranger.get("/sign-in?next=//evil").headers["Location"] == "/"


def test_a_wrong_password_is_said_and_the_name_kept(stranger: httpx.Client) -> None:
    answer = stranger.post("/sign-in", data={"name": '"><b>', "password": "x", "next": "/devices"})
    assert answer.status_code == 401
    assert "Name or password is wrong" in answer.text
    assert 'value="&#34;&gt;&lt;b&gt;"' in answer.text
    assert 'name="next" value="/devices"' in answer.text


def test_no_files_are_taken(stranger: httpx.Client) -> None:
    answer = stranger.post("/sign-in", files={"name": ("x", b"y")}, data={"password": "x"})
    assert answer.status_code == 400


def test_too_many_at_once_are_asked_to_wait(
    parts: Parts, stranger: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str, password: str, address: str) -> None:
        raise Exhausted("too many", resource="sign-in")

    monkeypatch.setattr(parts.sign_ins, "begin", refuse)
    answer = stranger.post("/sign-in", data={"name": "li", "password": "x"})
    assert answer.status_code == 503
    assert "Too many sign-ins" in answer.text


def test_an_ended_session_is_said(admin: httpx.Client, clock: ManualClock) -> None:
    clock.wind(3601)
    answer = admin.get("/devices/list", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.text) == (
        401,
        "Your sign-in has ended. Please sign in again.",
    )
    assert "Your sign-in has ended" in admin.get("/sign-in?ended=1").text


def test_signing_out(admin: httpx.Client) -> None:
    answer = admin.post("/sign-out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert admin.get("/devices").status_code == 303


@pytest.mark.parametrize(
    ("present", "new", "again", "told"),
    [
        ("a long sentence of sys", NEW, "another", "The two new passwords differ"),
        ("wrong", NEW, NEW, "The present password is wrong"),
        ("a long sentence of sys", "short", "short", "The new password is not accepted"),
    ],
)
def test_a_change_that_fails_says_why(
    admin: httpx.Client, present: str, new: str, again: str, told: str
) -> None:
    answer = admin.post("/password", data={"present": present, "new": new, "again": again})
    assert answer.status_code == 400
    assert told in answer.text


def test_a_changed_password_leads_to_work(admin: httpx.Client) -> None:
    form = {"present": "a long sentence of sys", "new": NEW, "again": NEW}
    answer = admin.post("/password", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert admin.get("/").headers["Location"] == "/devices"


def test_language_and_look_lead_back(stranger: httpx.Client) -> None:
    answer = stranger.post("/preferences", data={"language": "zh", "back": "/sign-in?next=%2Flive"})
    assert answer.headers["Location"] == "/sign-in?next=%2Flive"
    assert '<html lang="zh"' in stranger.get("/sign-in").text
    stranger.post("/preferences", data={"theme": "dark", "back": "//evil"})
    assert 'data-theme="dark"' in stranger.get("/sign-in").text
    answer = stranger.post("/preferences", data={"language": "xx", "theme": "xx"})
    assert "Set-Cookie" not in answer.headers

import re

import httpx
import pytest

from tongshi.access.identity import Person
from tongshi.api.parts import Parts

Form = dict[str, str]


@pytest.fixture
def form(service: Person) -> Form:
    return {
        "owner": str(service.id),
        "name": "值班 <b>",
        "url": "https://hooks.example/in",
        "topic.alarm": "1",
        "topic.device": "1",
    }


def secret(page: httpx.Response) -> str:
    found = re.search(r'id="secret">(whs_[^<]+)<', page.text)
    assert found is not None
    return found[1]


def test_a_hook_is_made_and_its_secret_told_once(admin: httpx.Client, form: Form) -> None:
    told = secret(admin.post("/hooks", data=form))
    page = admin.get("/hooks").text
    assert "值班 &lt;b&gt;" in page
    assert "Alarms, Presence" in page
    assert told not in page + admin.get("/hooks/1").text
    renewed = secret(admin.post("/hooks/1/act", data={"act": "secret"}))
    assert renewed != told


def test_a_hook_is_changed_and_removed(admin: httpx.Client, parts: Parts, form: Form) -> None:
    admin.post("/hooks", data=form)
    changed = {**form, "name": "b", "topic.alarm": "", "paused": "1"}
    assert admin.post("/hooks/1", data=changed).headers["Location"] == "/hooks/1"
    hook = parts.hooks.find(1)
    assert (hook.name, hook.paused, hook.topics) == ("b", True, frozenset({"device"}))
    assert "Paused" in admin.get("/hooks").text
    assert admin.post("/hooks/1/act", data={"act": "remove"}).headers["Location"] == "/hooks"
    assert admin.get("/hooks/1").status_code == 404


def test_a_test_tells_how_it_went_and_is_told_again(admin: httpx.Client, form: Form) -> None:
    admin.post("/hooks", data=form)
    page = admin.post("/hooks/1/act", data={"act": "test"})
    assert "Unreachable" in page.text
    again = admin.post("/hooks/1/act", data={"act": "again", "delivery": "1"})
    assert again.headers["Location"] == "/hooks/1"
    page = admin.get("/hooks/1")
    assert "Waiting" in page.text
    assert "2 in all" in page.text
    for data in ({"act": "again", "delivery": "x"}, {"act": "fly"}):
        assert admin.post("/hooks/1/act", data=data).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"url": "ftp://x/"},
        {"name": ""},
        {"owner": "x"},
        {"topic.alarm": "", "topic.device": ""},
    ],
)
def test_what_no_hook_can_be_is_told(admin: httpx.Client, form: Form, change: Form) -> None:
    page = admin.post("/hooks", data={**form, **change})
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert "值班 &lt;b&gt;" in page.text or "name" in change
    admin.post("/hooks", data=form)
    assert admin.post("/hooks/1", data={**form, **change}).status_code == 400


def test_without_a_service_there_is_nothing_to_make(
    admin: httpx.Client, operator: httpx.Client
) -> None:
    assert "administrator of security makes an account" in admin.get("/hooks").text
    assert operator.get("/hooks").status_code == 403
    assert admin.get("/hooks/9").status_code == 404

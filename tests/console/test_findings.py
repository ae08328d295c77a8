import httpx
import pytest

from tongshi.api.parts import Parts
from tongshi.api.text import catalogue
from tongshi.audit.entry import Actor
from tongshi.audit.store import append
from tongshi.watch.rule import RULES

HX = {"HX-Request": "true"}


@pytest.fixture
def found(parts: Parts, operator: httpx.Client) -> int:
    me = operator.get("/api/session").json()
    act = Actor(me["id"], me["shown"], me["unit"], "192.0.2.7").act("mark.tampered", "<b>view")
    wall = parts.clock.wall()
    parts.people._writer.commit(lambda connection: append(connection, wall, act))
    while parts.watch.look():
        pass
    return 1


def test_every_rule_has_its_words() -> None:
    for rule in RULES:
        assert f"finding.{rule.code.replace('-', '_')}" in catalogue()


def test_the_list_says_what_waits(found: int, auditor: httpx.Client) -> None:
    text = auditor.get("/findings").text
    assert text.count('class="row"') == 1
    for word in ("Operator", "The mark on a picture was touched", f'href="/findings/{found}"'):
        assert word in text, word
    assert 'href="/findings"' in auditor.get("/devices").text
    answer = auditor.get("/findings/list?state=&rule=mark-tampered", headers=HX)
    assert answer.text.count('class="row"') == 1
    assert answer.headers["HX-Replace-Url"] == "/findings?state=&rule=mark-tampered"
    assert "Nothing matches" in auditor.get("/findings?state=explained").text
    wrong = auditor.get("/findings?state=x&rule=y&size=7&number=z").text
    assert wrong.count('class="row"') == 1


def test_nothing_waits(auditor: httpx.Client) -> None:
    assert "Nothing waits" in auditor.get("/findings").text


def test_one_is_read_and_closed(found: int, auditor: httpx.Client) -> None:
    page = auditor.get(f"/findings/{found}").text
    assert "&lt;b&gt;view" in page
    assert "mark.tampered" in page
    place = f"/findings/{found}/close"
    assert "escalated" in auditor.post(place, data={"state": "x", "reason": "y"}, headers=HX).text
    assert "reason" in auditor.post(place, data={"state": "explained", "reason": " "}).text
    done = auditor.post(place, data={"state": "explained", "reason": "<i>asked</i>"}, headers=HX)
    assert "&lt;i&gt;asked&lt;/i&gt;" in done.text
    assert "hx-post" not in done.text
    again = auditor.post(place, data={"state": "explained", "reason": "again"}, headers=HX)
    assert "&lt;i&gt;asked&lt;/i&gt;" in again.text
    assert auditor.get("/findings/99").status_code == 404
    assert auditor.get("/findings/x").status_code == 404

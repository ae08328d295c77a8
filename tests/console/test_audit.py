"""The page of the audit chain."""

import threading
from collections.abc import Callable

import httpx
import pytest

from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor, Outcome

HX = {"HX-Request": "true"}
LI = Actor(None, "Li", "Office", "192.0.2.7")


@pytest.fixture
def some(parts: Parts, flush: Callable[[], None]) -> None:
    parts.audit.note(LI.act("trace.begun", "34020000001320000001", note="<b>x</b>"))
    parts.audit.note(Actor(7, "Wang").act("denied.grant", "/api/live", Outcome.REFUSED))
    flush()


def test_entries_are_told_in_words(auditor: httpx.Client, some: None) -> None:
    text = auditor.get("/audit").text
    for word in ("A trace was begun", "No grant", "Refused", "Office", "The chain began"):
        assert word in text, word
    assert "<b>x</b>" not in text
    assert "&lt;b&gt;x" in text
    assert "开始信令跟踪" in auditor.get("/audit", headers={"Accept-Language": "zh"}).text


def test_the_list_follows_its_address(auditor: httpx.Client, some: None) -> None:
    answer = auditor.get("/audit/list?what=denied.grant&outcome=refused&person=7", headers=HX)
    assert answer.text.count('class="row"') == 1
    place = answer.headers["HX-Replace-Url"]
    assert place == "/audit?what=denied.grant&outcome=refused&person=7"
    assert "Nothing matches" in auditor.get("/audit/list?until=2001-01-01", headers=HX).text
    wrong = auditor.get("/audit/list?what=x&outcome=x&person=x&since=x&size=7", headers=HX)
    assert wrong.text.count('class="row"') >= 5


def test_a_verification_is_begun_and_its_verdict_told(
    auditor: httpx.Client, parts: Parts, some: None
) -> None:
    before = auditor.get("/audit").text
    assert "Verify the chain" in before
    assert 'id="verdict"' not in before
    assert auditor.post("/audit/check", headers=HX).status_code == 200
    parts.checking.wait()
    text = auditor.get("/audit/check", headers=HX).text
    assert 'data-holds="true"' in text
    assert "The chain holds: entries 1 to" in text
    assert parts.audit.key.hex() in text


def test_a_broken_chain_is_told_with_its_place(
    auditor: httpx.Client, parts: Parts, some: None
) -> None:
    with parts.checking._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_entries WHERE seq = 2")
    auditor.post("/audit/check", headers=HX)
    parts.checking.wait()
    text = auditor.get("/audit/check", headers={**HX, "Accept-Language": "zh"}).text
    assert 'data-holds="false"' in text
    assert "条目 2 至 2 缺失" in text


def test_a_second_verification_waits_for_the_first(
    auditor: httpx.Client, parts: Parts, some: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    gates: list[float] = []
    release = threading.Event()
    monkeypatch.setattr("tongshi.audit.checking.service.STRETCH", 1)

    def hold(seconds: float) -> None:
        gates.append(seconds)
        release.wait(10)

    parts.checking._rest = hold
    first = auditor.post("/audit/check", headers=HX).text
    assert "Verifying:" in first
    assert 'hx-trigger="every 1s"' in first
    second = auditor.post("/audit/check", headers=HX)
    assert "being verified already" in second.text or "Conflicts" in second.text
    release.set()
    parts.checking.wait()


def test_who_may_not_read_it_has_no_way_there(operator: httpx.Client) -> None:
    assert operator.get("/audit").status_code == 403
    assert 'href="/audit"' not in operator.get("/live").text

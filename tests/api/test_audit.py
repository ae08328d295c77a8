"""The chain over HTTP: read, verified, exported, its heads and its key."""

from collections.abc import Callable

import httpx
import pytest

from tongshi.api.parts import Parts
from tongshi.audit.entry import ACTS, Actor, Outcome
from tongshi.audit.statement import read_line
from tongshi.audit.verify import examine

LI = Actor(None, "Li", "Office", "192.0.2.7")


@pytest.fixture
def some(parts: Parts, flush: Callable[[], None]) -> None:
    parts.audit.note(LI.act("trace.begun", "34020000001320000001", seconds=60))
    parts.audit.note(LI.act("denied.grant", "/api/live", Outcome.REFUSED))
    flush()


def test_the_auditor_reads_the_chain(auditor: httpx.Client, some: None) -> None:
    page = auditor.get("/api/audit", params={"text": "Office"}).json()
    assert page["total"] == 2
    newest, older = page["rows"]
    assert newest["title"] == "No grant"
    assert newest["outcome"] == "refused"
    assert older["details"] == {"seconds": 60}
    assert older["seq"] == newest["seq"] - 1


@pytest.mark.parametrize(
    ("params", "total"),
    [
        ({"what": "trace.begun"}, 1),
        ({"outcome": "refused", "text": "Li"}, 1),
        ({"text": "34020000001320000001"}, 1),
        ({"what": "trace.begun", "since": "2100-01-01T00:00:00Z"}, 0),
        ({"what": "trace.begun", "until": "2100-01-01T00:00:00Z"}, 1),
        ({"person": 999}, 0),
        ({"text": "' OR 1=1 --"}, 0),
    ],
)
def test_the_chain_is_filtered(
    auditor: httpx.Client, some: None, params: dict[str, str | int], total: int
) -> None:
    assert auditor.get("/api/audit", params=params).json()["total"] == total


def test_what_is_asked_wrongly_is_refused(auditor: httpx.Client) -> None:
    for params in ({"outcome": "other"}, {"what": "x" * 65}, {"person": -1}, {"number": 0}):
        assert auditor.get("/api/audit", params=params).status_code == 400, params


def test_nobody_else_reads_it(operator: httpx.Client, stranger: httpx.Client, some: None) -> None:
    for client, status in ((operator, 403), (stranger, 401)):
        for path in ("", "/heads", "/key", "/verify", "/export"):
            assert client.get(f"/api/audit{path}").status_code == status, path
        assert client.post("/api/audit/verify").status_code == status


def test_heads_and_key_are_told(auditor: httpx.Client, parts: Parts, some: None) -> None:
    parts.audit.seal()
    told = auditor.get("/api/audit/heads").json()
    assert told["node"] == parts.audit.node
    assert [head["number"] for head in told["heads"]] == [2, 1]
    assert told["subordinates"] == []
    assert auditor.get("/api/audit/key").json() == {
        "node": parts.audit.node,
        "key": parts.audit.key.hex(),
    }


def test_a_verification_runs_beside_the_work_and_tells_what_it_found(
    auditor: httpx.Client, parts: Parts, some: None
) -> None:
    assert auditor.get("/api/audit/verify").json()["state"] == "none"
    begun = auditor.post("/api/audit/verify")
    assert begun.status_code == 202
    parts.checking.wait()
    told = auditor.get("/api/audit/verify").json()
    assert (told["state"], told["holds"], told["findings"]) == ("done", True, [])
    assert told["entries"] >= 5
    assert told["last"] == told["entries"]
    page = auditor.get("/api/audit", params={"what": "audit.verified"}).json()
    assert page["rows"][0]["outcome"] == "done"


def test_a_broken_chain_is_named_in_the_asker_s_language(
    auditor: httpx.Client, parts: Parts, some: None
) -> None:
    with parts.checking._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_entries SET person = 'Wang' WHERE seq = 2")
    auditor.post("/api/audit/verify")
    parts.checking.wait()
    told = auditor.get("/api/audit/verify").json()
    assert told["holds"] is False
    assert told["findings"][0]["fault"] == "entry.edited"
    assert told["findings"][0]["seq"] == 2
    assert "entry 2 was altered" in told["findings"][0]["text"]
    chinese = auditor.get("/api/audit/verify", headers={"Accept-Language": "zh"}).json()
    assert "条目 2 被改动" in chinese["findings"][0]["text"]


def test_an_export_is_streamed_and_holds(auditor: httpx.Client, parts: Parts, some: None) -> None:
    answer = auditor.get("/api/audit/export")
    assert answer.headers["Content-Type"] == "application/jsonl"
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = [read_line(text) for text in answer.text.splitlines()]
    report = examine(lines, parts.audit.key)
    assert report.holds
    assert not parts.checking.busy
    newest = auditor.get("/api/audit", params={"what": "audit.exported"}).json()
    assert newest["total"] == 1


def test_exports_are_bounded(auditor: httpx.Client, parts: Parts) -> None:
    with parts.checking.export(rows=False), parts.checking.export(rows=False):
        assert auditor.get("/api/audit/export").status_code == 409
    assert auditor.get("/api/audit/export", params={"rows": False}).status_code == 200


def test_every_kind_of_act_has_its_words(auditor: httpx.Client, parts: Parts) -> None:
    for what in ACTS:
        parts.audit.note(LI.act(what))
    parts.audit._writer.flush()
    rows = auditor.get("/api/audit", params={"text": "Office", "size": 500}).json()["rows"]
    assert {row["what"]: row["title"] for row in rows} == {
        what: kind.en for what, kind in ACTS.items()
    }

"""Findings over HTTP: who reads them, who closes them, and what that leaves behind."""

from collections.abc import Callable

import httpx
import pytest

from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor
from tongshi.audit.store import append
from tongshi.watch.rule import RULES


@pytest.fixture
def found(parts: Parts, operator: httpx.Client) -> int:
    """The number of a finding about the operator."""
    me = operator.get("/api/session").json()
    act = Actor(me["id"], me["shown"], me["unit"], "192.0.2.7").act("mark.tampered", "view")
    wall = parts.clock.wall()
    parts.people._writer.commit(lambda connection: append(connection, wall, act))
    while parts.watch.look():
        pass
    return 1


def test_an_auditor_reads_what_a_rule_found(found: int, auditor: httpx.Client) -> None:
    page = auditor.get("/api/findings", params={"state": "open"}).json()
    (row,) = page["rows"]
    assert (row["rule"], row["figure"], row["threshold"], row["entries"]) == (
        "mark-tampered",
        1.0,
        1.0,
        1,
    )
    assert row["person"] == "Operator"
    whole = auditor.get(f"/api/findings/{found}").json()
    assert whole["finding"] == row
    (entry,) = whole["entries"]
    assert (entry["source"], entry["what"], entry["name"]) == ("audit", "mark.tampered", "view")
    assert auditor.get("/api/findings", params={"state": "explained"}).json()["total"] == 0
    assert auditor.get("/api/findings", params={"rule": "refusals"}).json()["total"] == 0
    assert auditor.get("/api/findings", params={"person": row["account"]}).json()["total"] == 1
    assert auditor.get("/api/findings/99").status_code == 404


def test_a_finding_is_closed_once_with_a_reason(found: int, auditor: httpx.Client) -> None:
    place = f"/api/findings/{found}/close"
    for wrong in (
        {"state": "open", "reason": "x"},
        {"state": "explained", "reason": ""},
        {"state": "explained", "reason": " "},
        {"state": "explained", "reason": "x", "person": 1},
        {"reason": "x"},
    ):
        assert auditor.post(place, json=wrong).status_code == 400, wrong
    answer = auditor.post(place, json={"state": "escalated", "reason": "shown to the unit"})
    assert answer.status_code == 200
    closed = answer.json()
    assert (closed["state"], closed["reason"]) == ("escalated", "shown to the unit")
    assert closed["closed_by"]
    assert auditor.post(place, json={"state": "explained", "reason": "y"}).status_code == 409
    missing = auditor.post("/api/findings/99/close", json={"state": "explained", "reason": "y"})
    assert missing.status_code == 404


def test_the_rules_are_told_with_their_thresholds(auditor: httpx.Client) -> None:
    rows = auditor.get("/api/findings/rules").json()
    assert [row["code"] for row in rows] == [rule.code for rule in RULES]
    assert all(row["title"] != row["code"] for row in rows)
    by_code = {row["code"]: row for row in rows}
    assert (by_code["refusals"]["least"], by_code["refusals"]["factor"]) == (10, None)
    assert by_code["looks-hour-role"]["factor"] == 8


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.SECURITY, Role.OPERATOR, Role.OWNER])
def test_nobody_else_reads_them(found: int, role: Role, enter: Callable[..., httpx.Client]) -> None:
    somebody = enter(role, "other")
    assert somebody.get("/api/findings").status_code == 403
    assert somebody.get(f"/api/findings/{found}").status_code == 403
    given = {"state": "explained", "reason": "because"}
    assert somebody.post(f"/api/findings/{found}/close", json=given).status_code == 403

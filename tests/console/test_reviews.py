"""Broken glass on pages: who reads of it, and the verdict of the audit."""

from collections.abc import Callable

import httpx

from tongshi.access.permission import Role

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
GLASS = {
    "purpose": "alarm",
    "case": "110-7",
    "reason": "a <child> is missing",
    "cameras": [{"device": RECORDER, "channel": CHANNEL}],
    "minutes": 15,
}
HX = {"HX-Request": "true"}
Enter = Callable[..., httpx.Client]


def test_the_audit_closes_what_an_operator_broke(enter: Enter) -> None:
    operator = enter(Role.OPERATOR, "breaker")
    assert operator.post("/api/break-glass", json=GLASS).status_code == 201
    auditor = enter(Role.AUDIT, "auditor")
    assert ">1<" in auditor.get("/reviews/badge").text
    page = auditor.get("/reviews").text
    assert "a &lt;child&gt; is missing" in page
    assert "/reviews/1/close" in page
    assert "/reviews/1/close" not in operator.get("/reviews").text
    refused = auditor.post("/reviews/1/close", data={"verdict": "justified"}, headers=HX)
    assert 'role="alert"' in refused.text
    fields = {"verdict": "justified", "words": "the child was found"}
    closed = auditor.post("/reviews/1/close", data=fields, headers=HX).text
    assert "the child was found" in closed
    assert "/reviews/1/close" not in closed
    again = auditor.post("/reviews/1/close", data=fields, headers=HX).text
    assert "conflict" in again
    assert "missing" in auditor.post("/reviews/x/close", data=fields, headers=HX).text
    assert "Nobody broke" in auditor.get("/reviews/list?open=1", headers=HX).text


def test_security_and_owners_read_of_it_and_strangers_do_not(enter: Enter) -> None:
    enter(Role.OPERATOR, "breaker").post("/api/break-glass", json=GLASS)
    for role in (Role.SECURITY, Role.OWNER):
        reader = enter(role, role.value)
        assert "110-7" in reader.get("/reviews").text
        assert reader.post("/reviews/1/close", headers=HX).status_code == 403
    for granted in (True, False):
        other = enter(Role.OPERATOR, f"other{granted}", granted=granted)
        assert "110-7" not in other.get("/reviews").text

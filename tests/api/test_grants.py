from typing import Any

import httpx
import pytest

from tongshi.api.parts import Parts
from tongshi.clock import ManualClock

RECORDER, CHANNEL = "34020000001180000001", "34020000001310000001"
NEW: dict[str, Any] = {
    "kind": "role",
    "subject": "operator",
    "rights": ["live", "see"],
    "cameras": {"divisions": ["3402"], "classes": ["I"]},
    "purposes": ["patrol"],
    "hours": [{"days": [0, 1], "begin": 480, "end": 1020}],
    "until": "2030-01-01T00:00:00+08:00",
    "footage_days": 7,
    "note": "the day shift",
}


def test_a_grant_is_made_listed_and_revoked(security: httpx.Client, parts: Parts) -> None:
    before = security.get("/api/grants").json()["total"]
    made = security.post("/api/grants", json=NEW)
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["kind"], told["subject"], told["made_by"]) == ("role", "operator", "Security")
    assert told["cameras"]["divisions"] == ["3402"]
    assert told["footage_days"] == 7
    listed = security.get("/api/grants", params={"text": "day shift"}).json()
    assert listed["rows"] == [told]
    assert security.delete(f"/api/grants/{told['id']}").status_code == 204
    assert security.delete(f"/api/grants/{told['id']}").status_code == 409
    assert security.delete("/api/grants/9999").status_code == 404
    assert security.get("/api/grants").json()["total"] == before + 1
    assert security.get("/api/grants", params={"running": True}).json()["total"] == before
    (row,) = security.get("/api/grants", params={"text": "day shift"}).json()["rows"]
    assert row["over"]
    assert row["revoked_at"] is not None


def test_the_grants_of_a_person_are_those_of_the_role_too(
    security: httpx.Client, operator: httpx.Client, parts: Parts
) -> None:
    number = parts.people.named("operator").id
    security.post("/api/grants", json=NEW)
    rows = security.get("/api/grants", params={"person": number}).json()["rows"]
    assert [row["kind"] for row in rows] == ["role", "person"]
    assert rows[1]["person"] == "operator"
    assert rows[1]["cameras"]["everything"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"subject": "chief"}, 400),
        ({"kind": "person", "subject": "9999"}, 404),
        ({"kind": "person", "subject": "x"}, 400),
        ({"kind": "neighbour"}, 422),
        ({"rights": []}, 422),
        ({"rights": ["fly"]}, 422),
        ({"cameras": {}}, 400),
        ({"cameras": {"divisions": ["340"]}}, 400),
        ({"cameras": {"everything": True, "tags": ["a"]}}, 400),
        ({"until": "2020-01-01T00:00:00Z"}, 400),
        ({"until": "2030-01-01T00:00:00"}, 422),
        ({"hours": [{"days": [7]}]}, 400),
        ({"deny": True}, 400),
        ({"origin": "approval:1"}, 422),
        ({"made_by": "somebody"}, 422),
    ],
)
def test_what_is_no_grant_is_refused(
    security: httpx.Client, change: dict[str, object], status: int
) -> None:
    before = security.get("/api/grants").json()["total"]
    answer = security.post("/api/grants", json={**NEW, **change})
    assert answer.status_code == (400 if status == 422 else status), answer.text
    assert security.get("/api/grants").json()["total"] == before


def test_units_and_superiors_are_named_by_words(security: httpx.Client) -> None:
    whole = {"everything": True}
    for kind, subject in (("unit", "Unit 1"), ("superior", "34000000002000000001")):
        body = {**NEW, "kind": kind, "subject": subject, "cameras": whole}
        assert security.post("/api/grants", json=body).status_code == 201


def test_tested_as_somebody(
    security: httpx.Client, operator: httpx.Client, auditor: httpx.Client, parts: Parts
) -> None:
    asked: dict[str, str | int] = {
        "person": parts.people.named("operator").id,
        "device": RECORDER,
        "channel": CHANNEL,
    }
    told = security.get("/api/grants/test", params=asked).json()
    assert told["visible"]
    by_right = {one["right"]: one for one in told["verdicts"]}
    assert by_right["live"]["allowed"]
    assert by_right["configure"]["reason"] == "role"
    assert "configure-devices" in by_right["configure"]["helps"]
    asked["person"] = parts.people.named("audit").id
    office = security.get("/api/grants/test", params=asked).json()
    assert {one["right"]: one["reason"] for one in office["verdicts"]}["see"] == "office"
    assert security.get("/api/grants/test", params={**asked, "device": "x"}).status_code == 404
    seen = security.get("/api/grants/seen", params={"person": asked["person"]}).json()
    assert seen["total"] == operator.get("/api/channels").json()["total"]
    rows = auditor.get("/api/audit", params={"what": "grant.tested"}).json()
    assert rows["total"] == 3


def test_an_old_sign_in_proves_itself_before_it_grants(
    security: httpx.Client, clock: ManualClock
) -> None:
    clock.wind(1000)
    answer = security.post("/api/grants", json=NEW)
    assert answer.status_code == 403
    assert answer.json()["code"].startswith("denied")

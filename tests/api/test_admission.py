import httpx

from tongshi.api.parts import Parts
from tongshi.registry.peers.rule import Effect, Rule, RuleBook
from tongshi.sip.address import Address

NEW = "34020000001320000077"
SOURCE = Address("192.0.2.77", 5060)


def test_rules_are_added_told_and_removed(admin: httpx.Client) -> None:
    given = {"effect": "source", "pattern": NEW, "network": "192.0.2.7/24", "note": "site 7"}
    made = admin.post("/api/admission", json=given)
    assert made.status_code == 201
    rule = made.json()
    assert (rule["network"], rule["made_by"]) == ("192.0.2.0/24", "system")
    assert admin.get("/api/admission").json()["rules"] == [rule]
    assert admin.post("/api/admission", json=given).status_code == 409
    assert admin.delete(f"/api/admission/{rule['id']}").status_code == 204
    assert admin.delete(f"/api/admission/{rule['id']}").status_code == 404
    assert admin.post("/api/admission", json={"effect": "deny", "pattern": ""}).status_code == 400


def test_devices_that_wait_are_shown_and_dismissed(admin: httpx.Client, parts: Parts) -> None:
    parts.admission.rules = RuleBook([Rule(Effect.APPROVAL, "*")])
    parts.admission.proved(NEW, SOURCE)
    told = admin.get("/api/admission").json()
    (waiting,) = told["waiting"]
    assert (waiting["device"], waiting["host"], waiting["tries"]) == (NEW, SOURCE.host, 1)
    assert told["counters"] == {"quarantined": 1}
    assert admin.delete(f"/api/admission/waiting/{NEW}").status_code == 204
    assert admin.get("/api/admission").json()["waiting"] == []


def test_locks_are_shown_and_cleared(admin: httpx.Client, parts: Parts) -> None:
    for _ in range(10):
        parts.admission.failed(NEW, SOURCE)
    (lock,) = admin.get("/api/admission").json()["locks"]
    assert (lock["device_id"], lock["host"], lock["failures"]) == (NEW, SOURCE.host, 10)
    cleared = admin.post(f"/api/devices/{NEW}/lockout/clear")
    assert cleared.json() == {"failures": 10}
    for _ in range(100):
        parts.admission.failed(NEW, SOURCE)
    assert len(admin.get("/api/admission").json()["locks"]) == 2
    assert admin.post("/api/admission/locks/clear", json={"host": SOURCE.host}).status_code == 204
    assert admin.get("/api/admission").json()["locks"] == []

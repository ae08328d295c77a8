import httpx

from tongshi.api.parts import Parts
from tongshi.registry.peers.rule import Effect, Rule
from tongshi.sip.address import Address

NEW = "34020000001320000099"
HX = {"HX-Request": "true"}
ADDRESS = Address("192.0.2.77", 5060, "udp")


def wait_for_approval(parts: Parts) -> None:
    """Have a device prove its password where newcomers have to be allowed."""
    parts.admission.rules = parts.peers.book
    parts.admission.proved(NEW, ADDRESS)


def approve_newcomers(parts: Parts) -> None:
    parts.peers.add_rule(Rule(Effect.APPROVAL, "*"), "tester")
    wait_for_approval(parts)


def test_nothing_stands_at_first(admin: httpx.Client) -> None:
    text = admin.get("/peers").text
    assert "Nobody waits" in text
    assert "Nobody is locked out" in text
    assert "No rules" in text
    assert text.count('<option value="') == len(Effect)


def test_a_newcomer_is_allowed(admin: httpx.Client, parts: Parts) -> None:
    approve_newcomers(parts)
    assert NEW in admin.get("/peers/list", headers=HX).text
    text = admin.post(f"/peers/newcomers/{NEW}", data={"act": "allow"}).text
    assert "Allow" in text
    assert [rule.pattern for rule in parts.peers.book.rules] == ["*", NEW]


def test_a_newcomer_is_denied_or_dismissed(admin: httpx.Client, parts: Parts) -> None:
    approve_newcomers(parts)
    text = admin.post(f"/peers/newcomers/{NEW}", data={"act": "dismiss"}).text
    assert "Nobody waits" in text
    wait_for_approval(parts)
    admin.post(f"/peers/newcomers/{NEW}", data={"act": "deny"})
    assert parts.peers.book.denies(NEW, "192.0.2.1")
    assert parts.admission.newcomers() == []
    again = admin.post(f"/peers/newcomers/{NEW}", data={"act": "deny"}).text
    assert "Conflicts with the present state" in again


def test_locks_are_cleared(admin: httpx.Client, parts: Parts) -> None:
    for _ in range(200):
        parts.admission.failed(NEW, ADDRESS)
    text = admin.get("/peers/list", headers=HX).text
    assert "192.0.2.77" in text
    assert "the whole address" in text
    admin.post("/peers/locks", data={"device": NEW, "host": "192.0.2.77"})
    admin.post("/peers/locks", data={"device": "", "host": "192.0.2.77"})
    assert parts.admission.locks() == []


def test_rules_come_and_go(admin: httpx.Client, parts: Parts) -> None:
    good = {"effect": "deny", "pattern": "3402*", "network": "192.0.2.0/24", "note": "<b>"}
    assert "Kept; it holds" in admin.post("/peers/rules", data=good).text
    text = admin.get("/peers/list", headers=HX).text
    assert "192.0.2.0/24" in text
    assert "&lt;b&gt;" in text
    number = parts.peers.book.rules[0].id
    assert "No rules" in admin.delete(f"/peers/rules/{number}").text
    for nothing in (number, "x"):
        assert "Not found" in admin.delete(f"/peers/rules/{nothing}").text


def test_a_rule_that_cannot_be_says_why(admin: httpx.Client, parts: Parts) -> None:
    bad = {"effect": "source", "pattern": "3402*", "expires": "x"}
    assert "a source rule needs a network" in admin.post("/peers/rules", data=bad).text
    assert "Input breaks a rule" in admin.post("/peers/rules", data={"effect": "x"}).text
    assert not parts.peers.book.rules

import pytest

from tongshi.errors import Invalid
from tongshi.registry.peers.rule import Effect, Rule, RuleBook, check, lies_in

CAMERA = "34020000001320000001"
HOST = "192.0.2.20"
TARGET = "34020000002000000002@192.0.2.9:5060"


@pytest.mark.parametrize(
    ("rules", "denied"),
    [
        ([], False),
        ([Rule(Effect.DENY, "*")], True),
        ([Rule(Effect.DENY, "*"), Rule(Effect.ALLOW, "3402*")], False),
        ([Rule(Effect.DENY, "34020000*"), Rule(Effect.ALLOW, "3402*")], True),
        ([Rule(Effect.DENY, "3402*"), Rule(Effect.ALLOW, CAMERA)], False),
        ([Rule(Effect.DENY, CAMERA), Rule(Effect.ALLOW, CAMERA)], True),
        ([Rule(Effect.DENY, CAMERA), Rule(Effect.ALLOW, CAMERA, "192.0.2.0/24")], False),
        ([Rule(Effect.DENY, CAMERA, "198.51.100.0/24")], False),
        ([Rule(Effect.DENY, "", "192.0.2.0/24")], False),
        ([Rule(Effect.DENY, "*", "192.0.2.0/24")], True),
        ([Rule(Effect.DENY, "44*"), Rule(Effect.DENY, CAMERA + "0*")], False),
    ],
)
def test_the_most_specific_rule_decides(rules: list[Rule], denied: bool) -> None:
    assert RuleBook(rules).denies(CAMERA, HOST) is denied


def test_sources_add_up() -> None:
    one, two = "198.51.100.0/24", "192.0.2.16/28"
    assert RuleBook([Rule(Effect.SOURCE, CAMERA, one)]).misplaces(CAMERA, HOST)
    both = RuleBook([Rule(Effect.SOURCE, CAMERA, one), Rule(Effect.SOURCE, "3402*", two)])
    assert not both.misplaces(CAMERA, HOST)
    assert not both.misplaces("4401", HOST)
    assert RuleBook([Rule(Effect.SOURCE, "*", two)]).misplaces(CAMERA, "no address")


def test_approval_open_and_redirection() -> None:
    book = RuleBook(
        [
            Rule(Effect.APPROVAL, "*"),
            Rule(Effect.ALLOW, "3402*"),
            Rule(Effect.OPEN, CAMERA),
            Rule(Effect.REDIRECT, "*", target=TARGET),
        ]
    )
    assert book
    assert not RuleBook()
    assert book.wants_approval("44010000001320000001", HOST)
    assert not book.wants_approval(CAMERA, HOST)
    assert book.is_open(CAMERA, HOST)
    assert not book.is_open("other", HOST)
    found = book.redirection(CAMERA, HOST)
    assert found is not None
    assert found.target == TARGET
    assert RuleBook().redirection(CAMERA, HOST) is None


def test_networks() -> None:
    assert lies_in(HOST, "")
    assert lies_in("2001:db8::1", "2001:db8::/32")
    assert not lies_in(HOST, "2001:db8::/32")


@pytest.mark.parametrize(
    "rule",
    [
        Rule(Effect.DENY, CAMERA),
        Rule(Effect.DENY, "*"),
        Rule(Effect.ALLOW, "3402*", note="why"),
        Rule(Effect.SOURCE, CAMERA, "192.0.2.0/24"),
        Rule(Effect.OPEN, "*", "192.0.2.0/24"),
        Rule(Effect.OPEN, CAMERA),
        Rule(Effect.REDIRECT, "*", target=TARGET),
        Rule(Effect.REDIRECT, "*", target="centre@[2001:db8::1]:5060"),
    ],
)
def test_rules_that_are_usable(rule: Rule) -> None:
    assert check(rule) == rule


def test_a_network_is_written_in_its_usual_form() -> None:
    assert check(Rule(Effect.SOURCE, CAMERA, "192.0.2.20/24")).network == "192.0.2.0/24"
    assert check(Rule(Effect.SOURCE, CAMERA, "192.0.2.20")).network == "192.0.2.20/32"


@pytest.mark.parametrize(
    ("rule", "faults"),
    [
        (Rule(Effect.DENY, ""), 1),
        (Rule(Effect.DENY, "a b"), 1),
        (Rule(Effect.DENY, CAMERA, "everywhere"), 1),
        (Rule(Effect.SOURCE, CAMERA), 1),
        (Rule(Effect.OPEN, "*"), 1),
        (Rule(Effect.REDIRECT, "*"), 1),
        (Rule(Effect.REDIRECT, "*", target="x@y:5060"), 1),
        (Rule(Effect.REDIRECT, "*", target="x@192.0.2.1:0"), 1),
        (Rule(Effect.REDIRECT, "*", target="x@192.0.2.1:99999"), 1),
        (Rule(Effect.DENY, CAMERA, target=TARGET), 1),
        (Rule(Effect.REDIRECT, "*", target=TARGET, expires=5), 1),
        (Rule(Effect.DENY, "a b", "c", note="x" * 501), 3),
    ],
)
def test_every_fault_of_a_rule_is_named(rule: Rule, faults: int) -> None:
    with pytest.raises(Invalid) as caught:
        check(rule)
    assert len(caught.value.faults) == faults

from dataclasses import replace

import pytest

from tongshi.access.grant import Right
from tongshi.access.permission import Role
from tongshi.approvals.content import Ask, Change, Kind, Place
from tongshi.approvals.policy import (
    DAY,
    RULES,
    STEPS,
    Approver,
    Delegation,
    check_confirmed,
    check_delegation,
    check_policy,
    files_of,
    may_take,
    rule_for,
    take,
)
from tongshi.approvals.purpose import DEFAULTS, Purpose
from tongshi.approvals.request import Request, Who
from tongshi.errors import Denied, Invalid

PLAIN, TWO = Purpose("a", "a", "a"), Purpose("b", "b", "b", case=True, second=True)
ASKER = Who(1, "Asker", "Unit 1")


def request_of(kind: Kind = Kind.LIVE, *steps: str) -> Request:
    ask = Ask(kind, "a", "why", (Place("d", "c"), Place("d", "e")), 3600.0)
    return Request(1, ASKER, ask, steps or RULES[kind].steps, 0.0, DAY)


def approver(number: int, unit: str = "Unit 2", role: Role = Role.OPERATOR) -> Approver:
    return Approver(Who(number, f"P{number}", unit), role, approves=True)


def test_every_step_of_every_rule_is_one() -> None:
    assert set(RULES) == set(Kind)
    for rule in RULES.values():
        assert rule.steps
        assert set(rule.steps) <= set(STEPS)
        assert Right.SEE in rule.gives
        assert Right.APPROVE not in rule.gives, "an approval makes no approvers"


def test_the_law_is_in_the_table() -> None:
    assert len(RULES[Kind.RETRIEVAL].steps) == 2
    assert RULES[Kind.CITIZEN].gives == {Right.SEE, Right.PLAYBACK}, "a view, no copy"
    assert STEPS[RULES[Kind.CITIZEN].steps[0]].confirm
    assert STEPS[RULES[Kind.PUBLICATION].steps[0]].confirm
    for rule in RULES.values():
        assert (rule.files is not None) == (Right.DOWNLOAD in rule.gives)


@pytest.mark.parametrize("kind", Kind)
def test_a_purpose_of_two_has_two_decide(kind: Kind) -> None:
    assert rule_for(kind, PLAIN) == RULES[kind]
    assert len(rule_for(kind, TWO).steps) == 2
    assert all(rule_for(kind, each).steps for each in DEFAULTS)


MANY = tuple(Place("d", str(number)) for number in range(65))
ASK = request_of().ask


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (replace(ASK, lasts=59.0), "holds"),
        (replace(ASK, lasts=8 * DAY), "holds"),
        (replace(ASK, cameras=MANY), "cameras"),
        (replace(ASK, since=1.0, until=32 * DAY), "spans"),
        (replace(ASK, case_number="x" * 65), "case number"),
        (replace(ASK, content=Change("a")), "does not change"),
    ],
)
def test_what_breaks_the_policy_is_told(ask: Ask, said: str) -> None:
    check_policy(ASK, RULES[Kind.LIVE], PLAIN)
    with pytest.raises(Invalid, match=said):
        check_policy(ask, RULES[Kind.LIVE], PLAIN)


def test_the_purpose_asks_as_it_does_of_a_look() -> None:
    ask, rule = request_of().ask, RULES[Kind.LIVE]
    with pytest.raises(Invalid, match="case number"):
        check_policy(ask, rule, TWO)
    check_policy(replace(ask, case_number="A1"), rule, TWO)
    with pytest.raises(Invalid, match="any more"):
        check_policy(ask, rule, replace(PLAIN, retired=True))


def test_who_may_take_a_step() -> None:
    request = request_of()
    assert may_take(request, approver(2))
    assert not may_take(request, replace(approver(2), approves=False))
    assert not may_take(request, approver(ASKER.id))
    assert not may_take(replace(request, steps=()), approver(2))
    owners = replace(request, steps=("owner",))
    assert not may_take(owners, approver(2))
    assert may_take(owners, approver(2, role=Role.OWNER))
    near = replace(request, steps=("unit",))
    assert not may_take(near, approver(2, "Unit 2"))
    assert may_take(near, approver(2, "Unit 1"))
    alone = replace(near, asker=replace(ASKER, unit=""))
    assert not may_take(alone, approver(2, "")), "no unit is no common unit"


def test_a_delegate_takes_what_his_giver_may() -> None:
    request, owner = replace(request_of(), steps=("owner",)), approver(3, role=Role.OWNER)
    helper = approver(2)
    assert take(request, owner, ()) is None
    assert take(request, helper, (owner,)) == owner.who
    for givers in ((), (approver(3),), (replace(owner, approves=False),), (helper,)):
        with pytest.raises(Denied):
            take(request, helper, givers)
    with pytest.raises(Denied):
        take(request, approver(ASKER.id), (owner,))
    mine = replace(request, asker=owner.who)
    with pytest.raises(Denied):
        take(mine, helper, (owner,))


def test_a_delegation_holds_between_its_dates() -> None:
    one = Delegation(1, ASKER, Who(2, "P2", ""), 10.0, 20.0)
    assert [one.holds(wall) for wall in (9.9, 10.0, 19.9, 20.0)] == [False, True, True, False]
    assert not replace(one, ended_at=11.0).holds(12.0)


@pytest.mark.parametrize(
    ("giver", "taker", "since", "until"),
    [(1, 1, 0, 100), (1, 2, 100, 100), (1, 2, 0, 50), (1, 2, 0, 93 * DAY)],
)
def test_nobody_is_appointed_so(giver: int, taker: int, since: float, until: float) -> None:
    check_delegation(1, 2, 0, 100, 50)
    with pytest.raises(Invalid):
        check_delegation(giver, taker, since, until, 50)


def test_what_a_step_asks_to_be_confirmed_is() -> None:
    check_confirmed(request_of(), confirmed=False)
    citizen = request_of(Kind.CITIZEN)
    check_confirmed(citizen, confirmed=True)
    with pytest.raises(Invalid):
        check_confirmed(citizen, confirmed=False)


def test_a_yes_is_good_for_so_many_files() -> None:
    assert files_of(request_of(Kind.EXPORT)) == 6
    assert files_of(request_of(Kind.LIVE)) is None

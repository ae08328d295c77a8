from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.approvals.content import Ask, Change, Kind, Place
from tongshi.approvals.request import (
    TRANSITIONS,
    Decision,
    Event,
    Request,
    State,
    Verdict,
    Who,
    advance,
    covers,
    decide,
    expire,
    is_over,
    use,
    withdraw,
)
from tongshi.errors import Conflict, Denied, Error, Invalid

ASKER, FIRST, SECOND, THIRD = (Who(number, f"P{number}", "Unit") for number in (1, 2, 3, 4))
FINAL = {State.REFUSED, State.WITHDRAWN, State.EXPIRED, State.USED_UP}
WAITS, LASTS = 1000.0, 500.0


def request_of(*steps: str) -> Request:
    ask = Ask(Kind.LIVE, "patrol", "why", (Place("d", "c"),), LASTS)
    return Request(7, ASKER, ask, steps or ("approve",), 0.0, WAITS)


def yes(by: Who, at: float = 1.0, behalf: Who | None = None) -> Decision:
    return Decision(by, Verdict.APPROVE, "", at, behalf)


def no(by: Who, at: float = 1.0) -> Decision:
    return Decision(by, Verdict.REFUSE, "not needed", at)


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_the_table_is_all_that_can_become_of_it(state: State, event: Event) -> None:
    request = replace(request_of(), state=state)
    target = TRANSITIONS.get((state, event))
    if target is None:
        with pytest.raises(Conflict):
            advance(request, event, 5.0)
    else:
        advanced = advance(request, event, 5.0)
        assert (advanced.state, advanced.state_at) == (target, 5.0)
    if state in FINAL:
        assert target is None


def test_one_yes_grants_what_has_one_step() -> None:
    granted = decide(request_of(), yes(FIRST, 10.0))
    assert (granted.state, granted.holds_until) == (State.GRANTED, 510.0)
    assert granted.step == ""


def test_two_steps_need_two_persons() -> None:
    passed = decide(request_of("approve", "second"), yes(FIRST))
    assert (passed.state, passed.step, passed.holds_until) == (State.WAITING, "second", None)
    with pytest.raises(Denied):
        decide(passed, yes(FIRST))
    assert decide(passed, yes(SECOND)).state is State.GRANTED


def test_a_delegate_and_who_appointed_him_are_one() -> None:
    passed = decide(request_of("approve", "second"), yes(SECOND, behalf=FIRST))
    for decision in (yes(FIRST), yes(SECOND), yes(THIRD, behalf=FIRST), yes(THIRD, behalf=SECOND)):
        with pytest.raises(Denied):
            decide(passed, decision)
    assert decide(passed, yes(THIRD)).state is State.GRANTED


def test_nobody_decides_his_own_nor_has_it_decided_in_his_place() -> None:
    for decision in (yes(ASKER), yes(FIRST, behalf=ASKER), yes(ASKER, behalf=FIRST), no(ASKER)):
        with pytest.raises(Denied):
            decide(request_of(), decision)


def test_a_refusal_needs_its_reason_and_stays() -> None:
    with pytest.raises(Invalid):
        decide(request_of(), Decision(FIRST, Verdict.REFUSE, " ", 1.0))
    with pytest.raises(Invalid):
        decide(request_of(), Decision(FIRST, Verdict.APPROVE, "x" * 501, 1.0))
    refused = decide(request_of("approve", "second"), no(FIRST))
    assert refused.state is State.REFUSED
    with pytest.raises(Conflict):
        decide(refused, yes(SECOND))


def test_what_waited_too_long_is_not_decided() -> None:
    waiting = request_of()
    assert not is_over(waiting, WAITS - 0.1)
    assert is_over(waiting, WAITS)
    with pytest.raises(Conflict, match="expired"):
        decide(waiting, yes(FIRST, WAITS))
    with pytest.raises(Conflict, match="expired"):
        withdraw(waiting, ASKER.id, WAITS)
    assert expire(waiting, WAITS).state is State.EXPIRED
    assert expire(waiting, WAITS - 0.1) is waiting


def test_a_yes_ends_and_is_given_back() -> None:
    granted = decide(request_of(), yes(FIRST, 10.0))
    assert expire(granted, 510.0).state is State.EXPIRED
    assert withdraw(granted, ASKER.id, 20.0).state is State.WITHDRAWN
    with pytest.raises(Denied):
        withdraw(granted, FIRST.id, 20.0)
    with pytest.raises(Conflict):
        withdraw(granted, ASKER.id, 510.0)


def test_the_last_use_uses_it_up() -> None:
    granted = decide(request_of(), yes(FIRST, 10.0))
    once = use(granted, 20.0, 2)
    assert (once.state, once.uses) == (State.GRANTED, 1)
    twice = use(once, 21.0, 2)
    assert (twice.state, twice.uses) == (State.USED_UP, 2)
    for over in (twice, request_of(), decide(request_of(), no(FIRST))):
        with pytest.raises(Denied):
            use(over, 22.0, 2)
    with pytest.raises(Denied):
        use(granted, 510.0, None)
    assert use(granted, 20.0, None).state is State.GRANTED


def test_what_a_request_is_about() -> None:
    live = request_of()
    assert covers(live, ("d", "c"), None, None)
    assert not covers(live, ("d", "x"), None, None)
    assert not covers(live, ("d", "c"), 1.0, 2.0)
    past = replace(live, ask=replace(live.ask, kind=Kind.FOOTAGE, since=10.0, until=20.0))
    assert covers(past, ("d", "c"), 10.0, 20.0)
    assert not covers(past, ("d", "c"), None, None)
    assert not covers(past, ("d", "c"), 9.9, 12.0)
    assert not covers(past, ("d", "c"), 12.0, 20.1)
    changed = replace(live.ask, kind=Kind.PURPOSE, content=Change("duty"))
    for span in ((None, None), (1.0, 2.0)):
        assert covers(replace(live, ask=changed), ("d", "c"), *span)


Act = Callable[[Request, float], Request]
people = st.sampled_from([ASKER, FIRST, SECOND, THIRD])
deciding = st.builds(
    lambda by, behalf, verdict: (
        lambda request, wall: decide(request, Decision(by, verdict, "because", wall, behalf))
    ),
    people,
    st.none() | people,
    st.sampled_from([Verdict.APPROVE, Verdict.APPROVE, Verdict.REFUSE]),
)
withdrawing = st.builds(lambda by: lambda request, wall: withdraw(request, by.id, wall), people)
using = st.builds(lambda most: lambda request, wall: use(request, wall, most), st.integers(1, 3))
expiring: st.SearchStrategy[Act] = st.just(expire)
acts = st.lists(
    st.tuples(st.one_of(deciding, deciding, withdrawing, using, expiring), st.floats(0, 600)),
    max_size=14,
)


@given(st.integers(1, 3), acts)
def test_whatever_is_tried_the_rules_hold(steps: int, tried: list[tuple[Act, float]]) -> None:
    request, wall = request_of(*(["approve"] * steps)), 0.0
    for act, later in tried:
        wall += later
        before = request
        try:
            request = act(request, wall)
        except Error:
            assert request is before
            continue
        check_rules(before, request, wall)


def check_rules(before: Request, after: Request, wall: float) -> None:
    approvals = [each for each in after.decisions if each.verdict is Verdict.APPROVE]
    parts = [number for each in approvals for number in each.people]
    assert len(parts) == len(set(parts)), "somebody had two parts"
    assert ASKER.id not in parts
    if after.state in (State.GRANTED, State.USED_UP):
        assert len({each.by.id for each in approvals}) == len(after.steps)
        assert all(each.at < before.waits_until for each in approvals)
    if after.state is State.GRANTED and before.state is State.GRANTED and after is not before:
        assert after.holds_until is not None
        assert wall < after.holds_until, "used after its time"
    if before.state in FINAL:
        assert after == before, "what is over stays so"
    if is_over(before, wall):
        assert after.state is State.EXPIRED, "time goes before every act"

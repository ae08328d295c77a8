from dataclasses import replace

import pytest

from tongshi.shelf.firmware import OVER, PATIENCE, State, Upgrade, advance, judge

BEGUN = Upgrade(1, "s", "d", "d", 1, "maker", "V2", State.ASKED, "", 0, 100.0, 100.0, 1, "Li")


def at(state: State) -> Upgrade:
    return replace(BEGUN, state=state)


@pytest.mark.clause("9.13.2")
def test_an_upgrade_goes_forward_only() -> None:
    upgrade = BEGUN
    for wall, state in enumerate((State.ACCEPTED, State.FETCHING, State.FETCHED, State.RESTARTED)):
        upgrade = advance(upgrade, state, wall)
        assert (upgrade.state, upgrade.changed_at) == (state, wall)
        assert advance(upgrade, State.ACCEPTED, 9.0) is upgrade
    done = advance(upgrade, State.DONE, 9.0)
    assert done.over
    for state in State:
        assert advance(done, state, 10.0) is done


def test_a_device_may_skip_what_nobody_saw() -> None:
    assert advance(at(State.ACCEPTED), State.DONE, 1.0).state is State.DONE
    failed = advance(at(State.FETCHED), State.FAILED, 1.0, "damaged")
    assert (failed.state, failed.why) == (State.FAILED, "damaged")


def test_a_late_result_is_news_to_what_was_given_up() -> None:
    unknown = advance(at(State.RESTARTED), State.UNKNOWN, 1.0, "silent")
    assert advance(unknown, State.UNKNOWN, 2.0) is unknown
    assert advance(unknown, State.FETCHED, 2.0) is unknown
    assert advance(unknown, State.DONE, 2.0).state is State.DONE


@pytest.mark.parametrize("state", sorted(PATIENCE, key=str))
def test_every_state_has_its_time_out(state: State) -> None:
    upgrade, patience = at(state), PATIENCE[state]
    assert judge(upgrade, 100.0 + patience - 1) is upgrade
    ended = judge(upgrade, 100.0 + patience)
    restarting = state in (State.FETCHED, State.RESTARTED)
    assert ended.state is (State.UNKNOWN if restarting else State.FAILED)
    assert ended.why


def test_what_is_over_is_judged_no_more() -> None:
    for state in OVER:
        assert judge(at(state), 1e9) == at(state)

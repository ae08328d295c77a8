"""What becomes of a subscription that is wanted."""

from math import inf

import pytest

from tongshi.gb28181.subscription import Failed, Lost, Subject
from tongshi.settings import EventSettings
from tongshi.signalling.tie import Key, Rules, State, Subscribed, Tie, rules_of, show

RULES = Rules(pauses=(2.0, 30.0), again=1000.0, soon=100.0, poll=50.0)


def tie(subject: Subject = Subject.ALARM) -> Tie:
    return Tie(Key("device", subject), 5)


@pytest.mark.parametrize("status", [405, 489, 501])
def test_one_that_cannot_falls_back_at_once(status: int) -> None:
    wish = tie()
    assert wish.fail(Failed(status), 10.0, RULES) == 1010.0
    assert (wish.state, wish.why, wish.retry_at) == (State.FALLBACK, f"refused {status}", 1010.0)


def test_silence_twice_is_a_fallback() -> None:
    wish = tie()
    assert wish.fail(Failed(None), 0.0, RULES) == 2.0
    assert (wish.state, wish.why) == (State.WAITING, "silent")
    assert wish.fail(Failed(None), 7.0, RULES) == 1007.0
    assert wish.state is State.FALLBACK


def test_a_refusal_three_times_is_a_fallback_for_an_hour() -> None:
    wish = tie()
    pauses = [wish.fail(Failed(503, wait), 0.0, RULES) for wait in (None, 90)]
    assert pauses == [2.0, 90.0]
    assert wish.fail(Failed(403), 0.0, RULES) == 100.0
    assert wish.state is State.FALLBACK


def test_a_grant_forgives_refusals_but_not_short_lives() -> None:
    wish = tie()
    wish.fail(Failed(503), 0.0, RULES)
    assert wish.grant(600, 1.0)
    assert not wish.grant(500, 2.0)
    assert (wish.state, wish.why, wish.expires, wish.refusals) == (State.ACTIVE, "", 500, 0)
    assert wish.lose(Lost("silent"), 10.0, RULES) == 40.0
    assert (wish.state, wish.why, wish.expires) == (State.WAITING, "silent", 0)
    wish.grant(600, 50.0)
    assert wish.lose(Lost("refused", 481), 500.0, RULES) == 502.0
    assert wish.why == "refused 481"


def test_a_notifier_that_wants_no_more_is_left_alone() -> None:
    wish = tie()
    wish.grant(600, 0.0)
    assert wish.lose(Lost("terminated", None, "rejected"), 1.0, RULES) == 1001.0
    assert (wish.state, wish.why) == (State.FALLBACK, "terminated rejected")


@pytest.mark.parametrize(
    ("subject", "pause"),
    [
        (Subject.CATALOG, 50.0),
        (Subject.PTZ, 5.0),
        (Subject.POSITION, inf),
        (Subject.ALARM, inf),
    ],
)
def test_what_stands_in_for_a_subscription(subject: Subject, pause: float) -> None:
    wish = tie(subject)
    assert wish.pause(RULES) == pause
    assert wish.fail(Failed(489), 0.0, RULES) == min(pause, 1000.0)


def test_a_device_that_leaves_and_one_that_is_another() -> None:
    wish = tie()
    assert wish.leave()
    assert not wish.leave()
    assert (wish.state, wish.why) == (State.WAITING, "offline")
    wish.fail(Failed(489), 0.0, RULES)
    assert not wish.leave()
    assert show(wish).state is State.FALLBACK
    wish.renew()
    assert (wish.state, wish.why, wish.retry_at) == (State.WAITING, "", inf)
    wish.grant(600, 0.0)
    wish.renew()
    assert show(wish).state is State.ACTIVE


def test_how_it_is_shown() -> None:
    wish = tie()
    shown = Subscribed("device", Subject.ALARM, "", State.WAITING, "", 0.0, 0, 5, False, 0)
    assert show(wish) == shown


def test_rules_of_the_settings() -> None:
    assert rules_of(None, 3.0) == Rules(message=3.0, subjects=frozenset())
    assert rules_of(EventSettings(), 5.0) == Rules()
    rules = rules_of(EventSettings(catalog=False, expires=60, interval=9, poll=70.0), 5.0)
    assert rules.subjects == {Subject.ALARM}
    assert (rules.expires, rules.interval, rules.poll) == (60, 9, 70.0)

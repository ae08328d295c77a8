from dataclasses import replace

import pytest

from tongshi.alarms.alarm import (
    LONGEST_NOTE,
    Act,
    Alarm,
    Handling,
    Report,
    State,
    advance,
)
from tongshi.errors import Conflict, Invalid

REPORT = Report("recorder", "camera", 100.0, method=2, alarm_type=1)


@pytest.mark.parametrize(
    ("state", "act", "after"),
    [
        (State.NEW, Act.ACKNOWLEDGE, State.ACKNOWLEDGED),
        (State.NEW, Act.ASSIGN, State.ASSIGNED),
        (State.NEW, Act.CLOSE, State.CLOSED),
        (State.ACKNOWLEDGED, Act.ACKNOWLEDGE, None),
        (State.ACKNOWLEDGED, Act.ASSIGN, State.ASSIGNED),
        (State.ACKNOWLEDGED, Act.CLOSE, State.CLOSED),
        (State.ASSIGNED, Act.ACKNOWLEDGE, None),
        (State.ASSIGNED, Act.ASSIGN, State.ASSIGNED),
        (State.ASSIGNED, Act.CLOSE, State.CLOSED),
        (State.CLOSED, Act.ACKNOWLEDGE, None),
        (State.CLOSED, Act.ASSIGN, None),
        (State.CLOSED, Act.CLOSE, None),
        (State.CLOSED, Act.RESET, State.CLOSED),
        (State.NEW, Act.RESET, State.NEW),
    ],
)
def test_what_may_follow_what(state: State, act: Act, after: State | None) -> None:
    if after is None:
        with pytest.raises(Conflict):
            advance(state, act)
    else:
        assert advance(state, act) is after


@pytest.mark.parametrize(
    ("act", "note", "assignee"),
    [
        (Act.CLOSE, " ", ""),
        (Act.ASSIGN, "", " "),
        (Act.ACKNOWLEDGE, "x" * (LONGEST_NOTE + 1), ""),
    ],
)
def test_what_people_have_to_say(act: Act, note: str, assignee: str) -> None:
    with pytest.raises(Invalid):
        Handling(act, 1, "A", 0.0, note, assignee)


def test_closing_with_a_finding_is_fine() -> None:
    assert Handling(Act.CLOSE, 1, "A", 0.0, "a cat").note == "a cat"


@pytest.mark.clause("A.2.5.3")
def test_an_alarm_of_the_device_has_to_be_reset() -> None:
    alarm = Alarm(1, REPORT, "", "", False, State.NEW, None, "", 1, 100.0, None)
    assert alarm.needs_reset
    assert not replace(alarm, reset_at=101.0).needs_reset
    assert not replace(alarm, report=replace(REPORT, method=5)).needs_reset


def test_what_makes_reports_alike() -> None:
    assert replace(REPORT, received_at=9.0, description="x").likeness == REPORT.likeness
    assert replace(REPORT, channel_id="other").likeness != REPORT.likeness
    assert replace(REPORT, alarm_type=2).likeness != REPORT.likeness

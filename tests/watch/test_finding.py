"""A finding is closed once, with a reason."""

from dataclasses import replace

import pytest

from tongshi.errors import Conflict, Denied, Invalid
from tongshi.watch.finding import Finding, State, Verdict, check_closing

FINDING = Finding(
    id=1,
    rule="refusals",
    person_id=7,
    person="Li",
    unit="U",
    role="operator",
    address="",
    day=3,
    window=3600.0,
    since=1.0,
    until=2.0,
    figure=10.0,
    threshold=10.0,
    usual=None,
    entries=10,
    made_at=3.0,
    changed_at=3.0,
    state=State.OPEN,
    verdict=None,
)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_reason_is_said(reason: str) -> None:
    with pytest.raises(Invalid, match="reason"):
        Verdict(State.EXPLAINED, reason, 9, "Wang", 5.0)


def test_open_is_no_verdict() -> None:
    with pytest.raises(Invalid, match="explained or as escalated"):
        Verdict(State.OPEN, "because", 9, "Wang", 5.0)


def test_what_is_closed_stays() -> None:
    check_closing(FINDING, 9)
    verdict = Verdict(State.ESCALATED, "because", 9, "Wang", 5.0)
    closed = replace(FINDING, state=State.ESCALATED, verdict=verdict)
    with pytest.raises(Conflict, match="closed already"):
        check_closing(closed, 9)


def test_nobody_judges_themselves() -> None:
    with pytest.raises(Denied, match="own account"):
        check_closing(FINDING, 7)

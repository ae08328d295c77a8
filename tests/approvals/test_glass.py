from dataclasses import replace

import pytest

from tongshi.access.grant import Right
from tongshi.approvals.content import Place
from tongshi.approvals.glass import (
    GIVES,
    Emergency,
    Limits,
    Review,
    State,
    Verdict,
    check_overdue,
    close,
    smash,
    stand,
)
from tongshi.approvals.request import Who
from tongshi.errors import Conflict, Denied, Invalid

BREAKER, AUDITOR = Who(1, "Li", "Unit 1"), Who(2, "Wu", "Audit")
LIMITS = Limits(minutes=30, cameras=2, review=86400)
WHY = Emergency("alarm", "110-2026-7", "child missing", (Place("d", "c"),), 15)
GLASS = smash(BREAKER, WHY, 1000.0, LIMITS, "192.0.2.1")
REVIEW = Review(AUDITOR, Verdict.JUSTIFIED, "the child was found", 5000.0)


def test_an_emergency_gives_looks_and_nothing_to_take_along() -> None:
    assert Right.LIVE in GIVES
    assert not GIVES & {Right.DOWNLOAD, Right.EXPORT, Right.SNAPSHOT, Right.CONTROL, Right.APPROVE}


def test_broken_glass_goes_its_way() -> None:
    assert GLASS.until == 1900.0
    assert GLASS.review_by == 87400.0
    stands = {wall: stand(GLASS, wall) for wall in (1000.0, 1900.0, 87399.0, 87400.0)}
    assert list(stands.values()) == [State.OPEN, State.DUE, State.DUE, State.OVERDUE]
    assert stand(close(GLASS, REVIEW), 90000.0) is State.CLOSED


def test_its_review_is_not_due_before_it_ends() -> None:
    hasty = smash(BREAKER, WHY, 0.0, replace(LIMITS, review=60.0), "")
    assert hasty.review_by == hasty.until


@pytest.mark.parametrize(
    "why",
    [
        replace(WHY, reason=" "),
        replace(WHY, reason="x" * 501),
        replace(WHY, case=""),
        replace(WHY, case="x" * 65),
        replace(WHY, cameras=()),
        replace(WHY, cameras=(Place("d", "c"), Place("d", "c"))),
        replace(WHY, cameras=tuple(Place("d", str(number)) for number in range(3))),
        replace(WHY, minutes=0.5),
        replace(WHY, minutes=31.0),
    ],
)
def test_glass_is_not_broken_without_its_reason_or_beyond_its_bounds(why: Emergency) -> None:
    with pytest.raises(Invalid):
        smash(BREAKER, why, 0.0, LIMITS, "")


def test_who_is_overdue_breaks_no_other() -> None:
    check_overdue((), 1e9)
    check_overdue((GLASS, close(GLASS, REVIEW)), 87399.0)
    check_overdue((close(GLASS, REVIEW),), 1e9)
    with pytest.raises(Denied, match="overdue"):
        check_overdue((GLASS,), 87400.0)


def test_a_review_is_closed_once_by_somebody_else_with_words() -> None:
    closed = close(GLASS, REVIEW)
    assert closed.review == REVIEW
    with pytest.raises(Conflict):
        close(closed, REVIEW)
    with pytest.raises(Denied):
        close(GLASS, replace(REVIEW, by=BREAKER))
    for words in (" ", "x" * 501):
        with pytest.raises(Invalid):
            close(GLASS, replace(REVIEW, words=words))

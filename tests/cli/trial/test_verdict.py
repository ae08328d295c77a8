import asyncio
import json

import pytest

from tongshi.cli.trial.verdict import Broken, Verdict, hold
from tongshi.errors import Missing


def try_one(verdict: Verdict, name: str, *, seen: str = "", fault: BaseException | None) -> None:
    async def check() -> None:
        async with verdict.check(name) as tell:
            if seen:
                tell(seen)
            if fault is not None:
                raise fault

    asyncio.run(check())


def test_nothing_checked_is_not_ok() -> None:
    verdict = Verdict()
    assert not verdict.ok
    assert json.loads(verdict.as_json()) == {"ok": False, "checks": [], "figures": {}}


def test_everything_holds() -> None:
    verdict = Verdict()
    try_one(verdict, "one", seen="25 devices", fault=None)
    try_one(verdict, "two", fault=None)
    verdict.figures = {"lost_packets": 3.0}
    assert verdict.ok
    assert json.loads(verdict.as_json()) == {
        "ok": True,
        "checks": [
            {"name": "one", "ok": True, "detail": "25 devices"},
            {"name": "two", "ok": True, "detail": ""},
        ],
        "figures": {"lost_packets": 3.0},
    }
    assert [line.split() for line in verdict.as_text().splitlines()] == [
        ["ok", "one", "25", "devices"],
        ["ok", "two"],
        ["lost_packets", "3"],
    ]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Broken("三 of 25 offline"), "三 of 25 offline"),
        (Missing("no such view"), "check: Missing('no such view')"),
        (ConnectionResetError(104, "reset"), "check: ConnectionResetError(104, 'reset')"),
        (TimeoutError(), "check: TimeoutError()"),
        (KeyError("rows"), "check: KeyError('rows')"),
    ],
)
def test_a_failed_check_says_why_and_others_go_on(fault: Exception, told: str) -> None:
    verdict = Verdict()
    try_one(verdict, "bad", seen="half of it", fault=fault)
    try_one(verdict, "good", fault=None)
    assert not verdict.ok
    assert [(check.ok, check.detail) for check in verdict.checks] == [(False, told), (True, "")]
    assert verdict.as_text().startswith("FAIL bad")
    assert set(verdict.figures) == {"bad_s", "good_s"}


@pytest.mark.parametrize("fault", [ZeroDivisionError(), asyncio.CancelledError()])
def test_a_defect_of_the_trial_is_no_verdict(fault: BaseException) -> None:
    verdict = Verdict()
    with pytest.raises(type(fault)):
        try_one(verdict, "defect", fault=fault)
    assert verdict.checks == []


def test_checks_that_mixed_are_put_in_order() -> None:
    verdict = Verdict()
    for name in ("start", "third", "first", "second"):
        try_one(verdict, name, fault=None)
    verdict.arrange(["first", "second", "third"])
    assert [check.name for check in verdict.checks] == ["start", "first", "second", "third"]


def test_hold() -> None:
    hold([1], "never told")
    with pytest.raises(Broken, match="found this"):
        hold([], "found this")

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.audit.entry import Group
from tongshi.audit.retention import RULES, cutoffs, months_before


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "months", "then"),
    [
        ("2026-11-20T08:30:00", 6, "2026-05-20T08:30:00"),
        ("2026-08-31T00:00:00", 6, "2026-02-28T00:00:00"),
        ("2024-08-31T00:00:00", 6, "2024-02-29T00:00:00"),
        ("2026-01-15T00:00:00", 1, "2025-12-15T00:00:00"),
        ("2026-12-31T00:00:00", 36, "2023-12-31T00:00:00"),
        ("2024-02-29T12:00:00", 36, "2021-02-28T12:00:00"),
    ],
)
def test_months_are_those_of_the_calendar(now: str, months: int, then: str) -> None:
    assert months_before(at(now), months) == at(then)


@given(st.integers(631_152_000, 7_258_118_400), st.integers(1, 120))  # the years 1990 to 2200
def test_a_month_is_between_28_and_31_days(wall: int, months: int) -> None:
    span = wall - months_before(wall, months)
    assert timedelta(days=28 * months).total_seconds() <= span
    assert span <= timedelta(days=31 * months + 3).total_seconds()


def test_before_the_calendar_nothing_goes() -> None:
    assert months_before(0, 12 * 3000) == float("-inf")


def test_a_setting_lengthens_a_rule_and_never_shortens_it() -> None:
    wall = at("2026-11-20T00:00:00")
    assert cutoffs(wall, {})[Group.REGISTER] == at("2023-11-20T00:00:00")
    assert cutoffs(wall, {})[Group.SECURITY] == at("2026-05-20T00:00:00")
    longer = cutoffs(wall, {Group.SECURITY: 12, Group.REGISTER: 1})
    assert longer[Group.SECURITY] == at("2025-11-20T00:00:00")
    assert longer[Group.REGISTER] == at("2023-11-20T00:00:00")


def test_every_group_has_its_rule() -> None:
    assert set(RULES) == set(Group)
    assert RULES[Group.REGISTER].months >= 36
    assert RULES[Group.SECURITY].months >= 6
    for rule in RULES.values():
        assert rule.zh
        assert rule.en

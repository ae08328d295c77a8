from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tongshi.tokens.quota import (
    CALLING,
    DAY,
    FLOWING,
    MINUTE,
    STREAMING,
    Excess,
    Quota,
    Quotas,
    Spent,
    begin_of,
    count_call,
    count_flow,
    find_excess,
    roll,
)

EAST = 8 * 3600
QUOTAS = Quotas(calls_minute=2, calls_day=3, stream_day=1, bytes_day=100)


def test_a_day_begins_at_midnight_of_the_zone() -> None:
    midnight = 1_700_006_400 - 8 * 3600 + DAY  # 16:00 UTC
    assert midnight % DAY == 16 * 3600
    assert begin_of(midnight, DAY, EAST) == midnight
    assert begin_of(midnight - 1, DAY, EAST) == midnight - DAY


def test_calls_of_a_minute_are_spent_until_the_next() -> None:
    spent = count_call(count_call(Spent(minute=120, day=0)))
    assert find_excess(QUOTAS, spent, 150.0, CALLING) == Excess(Quota.CALLS_MINUTE, 2, 30.0)
    later = roll(spent, 180.0, 0)
    assert (later.calls_minute, later.calls_day) == (0, 2)
    assert find_excess(QUOTAS, later, 180.0, CALLING) is None


def test_the_quota_that_lasts_longest_is_named() -> None:
    spent = Spent(minute=120, day=0, calls_minute=2, calls_day=3)
    found = find_excess(QUOTAS, spent, 150.0, CALLING)
    assert found == Excess(Quota.CALLS_DAY, 3, DAY - 150.0)


def test_spent_streams_stop_streams_alone() -> None:
    spent = count_flow(Spent(minute=0, day=0), 60.0, 10)
    assert find_excess(QUOTAS, spent, 1.0, CALLING) is None
    assert find_excess(QUOTAS, spent, 1.0, STREAMING) == Excess(Quota.STREAM_DAY, 60, DAY - 1.0)
    assert find_excess(QUOTAS, spent, 1.0, FLOWING) is not None
    full = count_flow(spent, 0.0, 90)
    excess = find_excess(QUOTAS, full, 1.0, CALLING)
    assert excess is not None
    assert excess.quota is Quota.BYTES_DAY


def test_no_quota_is_no_limit_and_none_is_less_than_a_second_away() -> None:
    spent = Spent(0, 0, 10**9, 10**9, 1e9, 10**15)
    assert find_excess(Quotas(), spent, 1.0, STREAMING) is None
    found = find_excess(Quotas(calls_minute=0), spent, 59.9, CALLING)
    assert found == Excess(Quota.CALLS_MINUTE, 0, 1.0)


def test_a_clock_that_went_back_gives_no_new_day() -> None:
    spent = Spent(minute=DAY, day=DAY, calls_minute=1, calls_day=3)
    assert roll(spent, DAY - 3600.0, 0).calls_day == 3
    assert roll(spent, DAY - 3600.0, 0).calls_minute == 0


moments = st.floats(0, 4e9, allow_nan=False)


@given(moments, moments, st.integers(-12, 14).map(lambda hours: hours * 3600))
def test_a_window_holds_its_moment(wall: float, later: float, offset: int) -> None:
    for length in (MINUTE, DAY):
        begin = begin_of(wall, length, offset)
        assert begin <= wall < begin + length
    spent = replace(roll(Spent(0, -EAST * 2), wall, offset), calls_day=1, bytes=5)
    rolled = roll(spent, later, offset)
    kept = begin_of(later, DAY, offset) <= begin_of(wall, DAY, offset)
    assert (rolled.calls_day == 1) is kept

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.date import read_date, write_time
from tongshi.gb28181.manscdp import Record
from tongshi.gb28181.records import Span, gaps, merge, split_days, timeline

DAY = 86400.0


def at(text: str) -> float:
    moment = read_date(f"2024-05-{text}")
    assert moment is not None
    return moment


def record(since: float, until: float, name: str = "", device_id: str = "c") -> Record:
    return Record(device_id, name, start_time=write_time(since), end_time=write_time(until))


@pytest.mark.clause("9.7.1")
def test_a_range_is_cut_at_midnight_in_beijing() -> None:
    days = split_days(at("06T18:30:00"), at("09T01:00:00"))
    assert [write_time(day.since) for day in days] == [
        "2024-05-06T18:30:00",
        "2024-05-07T00:00:00",
        "2024-05-08T00:00:00",
        "2024-05-09T00:00:00",
    ]
    assert days[-1].until == at("09T01:00:00")
    assert [day.length for day in days[1:3]] == [DAY, DAY]
    assert split_days(5.0, 5.0) == split_days(6.0, 5.0) == ()


@given(st.integers(0, 2**31), st.integers(1, 20 * 86400))
def test_days_leave_nothing_out_and_none_is_longer_than_a_day(since: int, length: int) -> None:
    days = split_days(since, since + length)
    assert (days[0].since, days[-1].until) == (since, since + length)
    assert all(before.until == after.since for before, after in itertools.pairwise(days))
    assert all(0 < day.length <= DAY for day in days)
    assert all((day.until + 8 * 3600) % DAY == 0 for day in days[:-1])


@pytest.mark.clause("9.7.1", "A.2.1.10")
def test_records_are_kept_once_and_in_order() -> None:
    noon, one, two = at("06T12:00:00"), at("06T13:00:00"), at("06T14:00:00")
    late, early, again = record(one, two), record(noon, one, "first"), record(noon, one, "again")
    other = record(noon, one, device_id="d")
    assert merge([[late, early], [again, other], []]) == (early, other, late)
    assert merge([[Record("c"), early]]) == (Record("c"), early)


def test_the_timeline_joins_what_overlaps_and_keeps_to_its_range() -> None:
    noon = at("06T12:00:00")
    within = Span(noon, noon + 3600)
    records = [
        record(noon + 100, noon + 200),
        record(noon + 201, noon + 300),  # a second apart: whole seconds are all there is
        record(noon + 150, noon + 180),
        record(noon + 400, noon + 500),
        record(noon - 500, noon + 10),
        record(noon + 3000, noon + 9000),
        record(noon + 9000, noon + 9100),
        record(noon + 700, noon + 600),
        Record("c"),
        Record("c", start_time=write_time(noon)),
    ]
    spans = timeline(records, within)
    told = [(span.since - noon, span.until - noon) for span in spans]
    assert told == [(0, 10), (100, 300), (400, 500), (3000, 3600)]
    missing = [(span.since - noon, span.until - noon) for span in gaps(spans, within)]
    assert missing == [(10, 100), (300, 400), (500, 3000)]


def test_nothing_recorded_is_one_gap() -> None:
    within = Span(0.0, 10.0)
    assert timeline([], within) == ()
    assert gaps((), within) == (within,)
    assert gaps((within,), within) == ()


@given(st.lists(st.tuples(st.integers(-50, 150), st.integers(0, 100))))
def test_timeline_and_gaps_cover_a_range_exactly(pairs: list[tuple[int, int]]) -> None:
    noon = at("06T12:00:00")
    within = Span(noon, noon + 100)
    spans = timeline([record(noon + a, noon + a + b) for a, b in pairs], within)
    both = sorted([*spans, *gaps(spans, within)])
    assert sum(span.length for span in both) == within.length
    assert (both[0].since, both[-1].until) == (within.since, within.until)
    assert all(a.until == b.since for a, b in itertools.pairwise(both))

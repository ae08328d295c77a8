import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from tongshi.tokens.usage import (
    COLUMNS,
    HOUR,
    Line,
    Period,
    UsageQuery,
    Used,
    begin_of,
    hour_of,
    kind_of,
    sum_up,
    total,
    write_csv,
)

EAST = 8 * 3600
NOON = 1_700_020_800  # 2023-11-15 04:00 UTC, 12:00 in the east


def line(hour: int, kind: str = "live", token_id: int = 1, calls: int = 1) -> Line:
    return Line(hour, token_id, "t", "Bridge", "Unit", kind, Used(calls, 0, 90.0, 10))


def query(period: Period, *, kinds: bool = False) -> UsageQuery:
    return UsageQuery(0.0, 2e9, period, kinds=kinds)


def test_kinds_are_first_words_of_routes() -> None:
    assert kind_of("/devices/{device_id:path}/channels") == "devices"
    assert kind_of("/openapi.json") == "openapi"
    assert kind_of("/break-glass") == "break-glass"
    assert kind_of("") == kind_of("/{x}") == "other"


def test_hours_add_up_to_days_and_months_of_the_zone() -> None:
    midnight = NOON + 12 * HOUR
    lines = [line(midnight - HOUR), line(midnight), line(midnight + HOUR, "playback")]
    days = sum_up(lines, query(Period.DAY), EAST)
    assert [(each.begin, each.used.calls, each.kind) for each in days] == [
        (NOON - 12 * HOUR, 1, ""),
        (midnight, 2, ""),
    ]
    assert [each.used.calls for each in sum_up(lines, query(Period.MONTH), EAST)] == [3]
    assert len(sum_up(lines, query(Period.HOUR), EAST)) == 3
    whole = sum_up(lines, query(Period.WHOLE, kinds=True), EAST)
    assert [(each.kind, each.used.calls) for each in whole] == [("live", 2), ("playback", 1)]
    assert whole[0].begin == 0.0


def test_a_month_begins_with_its_first_day() -> None:
    first = begin_of(NOON, query(Period.MONTH), EAST)
    assert first == NOON - 14 * 86400 - 12 * HOUR


def test_a_table_says_what_the_lines_say_and_no_formula() -> None:
    evil = Line(NOON, 3, "=1+1", "@x", 'a "b", c', "live", Used(1, 2, 90.0, 10))
    text = "".join(write_csv([evil]))
    assert text.startswith("\ufeff")
    head, row = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert tuple(head) == COLUMNS
    assert row[:6] == ["2023-11-15T04:00:00+00:00", "3", "'=1+1", "'@x", 'a "b", c', "live"]
    assert row[6:] == ["1", "2", "1.50", "10"]


amounts = st.builds(
    Used, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9).map(float), st.integers(0, 9)
)
lines_of = st.lists(
    st.builds(
        Line,
        st.integers(470_000, 480_000).map(lambda hour: hour * HOUR),
        st.integers(1, 3),
        st.just("t"),
        st.just("a"),
        st.just(""),
        st.sampled_from(["live", "devices"]),
        amounts,
    )
)


@given(lines_of, st.sampled_from(Period), st.booleans())
def test_sums_lose_nothing(lines: list[Line], period: Period, kinds: bool) -> None:
    summed = sum_up(lines, UsageQuery(0.0, 2e9, period, kinds=kinds), EAST)
    assert total(summed) == total(lines)
    assert list(summed) == sorted(summed, key=lambda each: (each.begin, each.token_id, each.kind))
    assert len({(each.begin, each.token_id, each.kind) for each in summed}) == len(summed)


def test_an_hour_begins_with_its_first_second() -> None:
    assert hour_of(NOON + 3599.9) == NOON

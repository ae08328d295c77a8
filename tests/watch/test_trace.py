"""What accounts did: days, hours, and the fullest stretch of time."""

from hypothesis import given
from hypothesis import strategies as st

from tongshi.watch.trace import (
    DAY,
    Account,
    Kind,
    Source,
    Trace,
    begin_of,
    busiest,
    day_of,
    hour_of,
    one_day,
    stretch_of,
    touched,
)

LI = Account(7)
CHINA = 8 * 3600.0


def look(at: float, camera: str = "c", account: Account = LI) -> Trace:
    return Trace(Source.REGISTER, int(at), at, Kind.LOOK, account, "d", camera, "34020005")


def test_an_account_is_a_person_or_an_address() -> None:
    assert LI.key == "person:7"
    assert Account(None, "192.0.2.1").key == "address:192.0.2.1"


def test_days_and_hours_are_those_of_the_zone() -> None:
    assert (day_of(DAY - CHINA, CHINA), hour_of(DAY - CHINA, CHINA)) == (1, 0)
    assert (day_of(DAY - CHINA - 1, CHINA), hour_of(DAY - CHINA - 1, CHINA)) == (0, 23)
    assert begin_of(1, CHINA) == DAY - CHINA


def test_a_division_counts_by_its_county() -> None:
    assert look(1.0).county == "340200"
    assert look(1.0).camera == ("d", "c")


def test_the_fullest_stretch_slides() -> None:
    traces = [look(at) for at in (0.0, 50.0, 100.0, 101.0, 102.0, 300.0)]
    found = busiest(traces, 60.0, from_on=0.0)
    assert found is not None
    assert [trace.at for trace in found.traces] == [50.0, 100.0, 101.0, 102.0]
    assert (found.since, found.until) == (50.0, 102.0)
    late = busiest(traces, 60.0, from_on=200.0)
    assert late is not None
    assert late.since == late.until == 300.0
    assert busiest(traces, 60.0, from_on=301.0) is None
    assert busiest([], 60.0, from_on=0.0) is None
    assert stretch_of([]) is None


def test_different_cameras_are_counted_once_each() -> None:
    traces = [look(1.0, "a"), look(2.0, "a"), look(3.0, "a"), look(70.0, "b"), look(71.0, "c")]
    found = busiest(traces, 60.0, from_on=0.0, cameras=True)
    assert found is not None
    assert [trace.channel_id for trace in found.traces] == ["b", "c"]


@given(st.lists(st.integers(0, 400), max_size=40), st.integers(1, 100), st.integers(0, 400))
def test_no_stretch_is_fuller(moments: list[int], window: int, from_on: int) -> None:
    traces = [look(float(at)) for at in sorted(moments)]
    found = busiest(traces, window, from_on=from_on)
    sizes = [
        sum(last.at - window < each.at <= last.at for each in traces)
        for last in traces
        if last.at >= from_on
    ]
    assert (0 if found is None else len(found.traces)) == max(sizes, default=0)


def test_a_day_ends_where_another_begins() -> None:
    traces = [look(1.0), look(2.0), look(DAY), look(3.0)]
    assert one_day(traces, 0.0) == traces[:2]
    assert one_day(traces[3:], 0.0) == traces[3:]
    assert one_day([], 0.0) == []


def test_what_was_touched_is_named_once() -> None:
    other = Account(8)
    traces = [look(1.0), look(2.0), look(DAY), look(3.0, account=other)]
    assert touched(traces, 0.0) == [(LI, 0), (LI, 1), (other, 0)]

import math

from hypothesis import given
from hypothesis import strategies as st

from tongshi.health.interval import (
    NOT_RECORDED,
    NOTHING_KNOWN,
    Availability,
    Interval,
    join,
    measure,
    shed,
)
from tongshi.health.status import Change
from tongshi.registry.state import State

ONLINE, OFFLINE, UNKNOWN = State.ONLINE, State.OFFLINE, State.UNKNOWN


def change(at: float, state: State, why: str = "why") -> Change:
    return Change("d", state, why, at, at)


def test_changes_become_intervals_without_gaps() -> None:
    changes = [change(100, ONLINE), change(160, OFFLINE), change(200, ONLINE)]
    assert join(changes, 50, 300) == [
        Interval(50, 100, UNKNOWN, NOTHING_KNOWN),
        Interval(100, 160, ONLINE, "why"),
        Interval(160, 200, OFFLINE, "why"),
        Interval(200, 300, ONLINE, "why", open=True),
    ]


def test_the_state_at_the_begin_is_that_of_the_last_change_before() -> None:
    assert join([change(10, ONLINE), change(120, OFFLINE)], 100, 200) == [
        Interval(100, 120, ONLINE, "why"),
        Interval(120, 200, OFFLINE, "why", open=True),
    ]


def test_nothing_known_is_one_unknown_interval() -> None:
    assert join([], 0, 10) == [Interval(0, 10, UNKNOWN, NOTHING_KNOWN, open=True)]
    assert join([change(5, ONLINE)], 10, 10) == []


def test_equal_neighbours_are_one() -> None:
    changes = [change(10, ONLINE), change(20, ONLINE), change(30, ONLINE, "other")]
    assert join(changes, 10, 40) == [
        Interval(10, 30, ONLINE, "why"),
        Interval(30, 40, ONLINE, "other", open=True),
    ]


def test_unknown_is_neither_good_nor_bad() -> None:
    found = measure(join([change(40, ONLINE), change(80, OFFLINE)], 0, 100))
    assert found == Availability(online=40, offline=20, unknown=40)
    assert found.share == 40 / 60
    assert found.total == 100
    assert (found + found).unknown == 80
    assert measure(join([], 0, 100)).share is None


@given(
    st.lists(st.tuples(st.floats(0, 1000), st.sampled_from(State))),
    st.floats(0, 500),
    st.floats(0, 500),
)
def test_every_moment_is_in_exactly_one_interval(
    changes: list[tuple[float, State]], begin: float, length: float
) -> None:
    end = begin + length
    ordered = sorted(changes, key=lambda one: one[0])
    intervals = join([change(at, state) for at, state in ordered], begin, end)
    edges = [begin, *(interval.end for interval in intervals)]
    assert [interval.begin for interval in intervals] == edges[:-1]
    assert edges[-1] == end or begin == end
    assert all(interval.seconds > 0 for interval in intervals)
    assert [interval.open for interval in intervals[:-1]] == [False] * (len(intervals) - 1)
    assert math.isclose(measure(intervals).total, end - begin, abs_tol=1e-6)


def test_what_is_shed_is_told_as_unknown() -> None:
    changes = tuple(change(at, ONLINE if at % 2 else OFFLINE) for at in range(10))
    kept = shed(changes, 5)
    assert kept[0] == changes[0]
    assert (kept[1].at, kept[1].state, kept[1].why) == (1, UNKNOWN, NOT_RECORDED)
    assert kept[2:] == changes[-3:]
    assert shed(changes, 10) is changes
    assert len(shed((*kept, *changes), 5)) == 5

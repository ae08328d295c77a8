import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.access.identity import Rules
from tongshi.access.signin.pace import Kind, Tally, count, is_paused, keys_of, limits, source_of

RULES = Rules(attempts=3, lock=300.0)
PAIR = limits(RULES)[Kind.PAIR]


def fail(times: int, wall: float = 0.0) -> Tally:
    """Return a tally after so many failures, each tried when no pause was left."""
    tally = None
    for _ in range(times):
        wall = max(wall + 1, tally.paused_until if tally else 0.0)
        tally = count(tally, wall, PAIR)
    assert tally is not None
    return tally


@pytest.mark.parametrize(
    ("times", "pause"), [(1, 0), (2, 0), (3, 300), (4, 600), (5, 1200), (6, 1200), (60, 1200)]
)
def test_pauses_begin_after_some_failures_and_grow_to_a_bound(times: int, pause: float) -> None:
    tally = fail(times)
    assert tally.failures == times
    assert (tally.paused_until - tally.at if pause else tally.paused_until) == pause


def test_a_try_during_a_pause_does_not_lengthen_it() -> None:
    tally = fail(3)
    assert count(tally, tally.paused_until - 1, PAIR) is tally
    assert count(tally, tally.paused_until, PAIR).failures == 4


def test_quiet_days_are_forgotten() -> None:
    tally = fail(3)
    assert count(tally, tally.at + PAIR.forget, PAIR) == Tally(1, 0.0, tally.at + PAIR.forget)


def test_who_came_from_here_before_is_held_up_by_failures_from_here_only() -> None:
    paused = Tally(99, 100.0, 50.0)
    for kind in (Kind.NAME, Kind.ADDRESS):
        assert is_paused({kind: paused}, 99.0, known=False)
        assert not is_paused({kind: paused}, 99.0, known=True)
        assert not is_paused({kind: paused}, 100.0, known=False)
    assert is_paused({Kind.PAIR: paused}, 99.0, known=True)
    assert not is_paused({}, 0.0, known=False)


def test_an_address_is_given_more_tries_than_a_name_and_a_name_more_than_both() -> None:
    bounds = limits(RULES)
    assert [bounds[kind].free for kind in (Kind.PAIR, Kind.NAME, Kind.ADDRESS)] == [3, 12, 30]
    assert all(bound.most <= 4 * RULES.lock for bound in bounds.values())


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("gate", "gate"),
    ],
)
def test_a_host_of_ipv6_is_its_network(address: str, source: str) -> None:
    assert source_of(address) == source
    assert keys_of("li", address) == {
        Kind.PAIR: f"{source} li",
        Kind.NAME: "li",
        Kind.ADDRESS: source,
    }


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_a_pause_never_ends_later_than_its_bound_after_the_failure(gaps: list[float]) -> None:
    wall, tally = 1.7e9, None
    for gap in gaps:
        wall += gap
        tally = count(tally, wall, PAIR)
        assert tally.paused_until <= wall + PAIR.most

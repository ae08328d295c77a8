from hypothesis import given
from hypothesis import strategies as st

from tongshi.hooks.pause import FIRST, JITTER, LONGEST, is_over, pause


def test_pauses_grow_up_to_a_bound() -> None:
    plain = [pause(failures, 0.5) for failures in range(1, 14)]
    assert plain[:4] == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]
    assert plain == sorted(plain)
    assert pause(10**6, 0.5) == LONGEST


@given(st.integers(1, 10**9), st.floats(0, 1))
def test_chance_spreads_them(failures: int, chance: float) -> None:
    middle = pause(failures, 0.5)
    assert middle * (1 - JITTER) <= pause(failures, chance) <= middle * (1 + JITTER)


def test_patience_ends() -> None:
    assert not is_over(100.0, 199.0, 100.0)
    assert is_over(100.0, 200.0, 100.0)
    assert is_over(100.0, 100.0, 0.0), "with no patience the first failure is the last"

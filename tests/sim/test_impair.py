import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import Invalid
from tongshi.sim.impair import CLEAN, Impairments, Wire, parse


def run(impairments: Impairments, count: int, step: float = 0.01) -> list[int]:
    """Send *count* things, one each *step* s; return what arrives, in order."""
    wire: Wire[int] = Wire(impairments)
    out: list[int] = []
    for number in range(count):
        wire.send(number, number * step)
        out += wire.arrived(number * step)
    while (at := wire.deadline()) is not None:
        out += wire.arrived(at)
    return out


def test_a_clean_wire_changes_nothing() -> None:
    assert CLEAN.clean
    assert run(CLEAN, 50) == list(range(50))


def test_delay_keeps_order() -> None:
    wire: Wire[str] = Wire(Impairments(delay=0.2, jitter=0.3))
    for number, thing in enumerate("abcdefgh"):
        wire.send(thing, number * 0.01)
    assert wire.arrived(0.19) == []
    assert wire.arrived(10.0) == list("abcdefgh")


@pytest.mark.parametrize(("burst", "shortest", "longest"), [(1, 1.0, 1.2), (6, 5.0, 7.0)])
def test_losses_come_at_their_rate_and_in_their_runs(
    burst: float, shortest: float, longest: float
) -> None:
    count = 40_000
    arrived = run(Impairments(loss=0.05, burst=burst, seed=3), count)
    lost = count - len(arrived)
    assert 0.045 < lost / count < 0.055
    gaps = [b - a - 1 for a, b in itertools.pairwise(arrived) if b - a > 1]
    assert shortest < sum(gaps) / len(gaps) < longest


def test_everything_can_be_lost() -> None:
    wire: Wire[int] = Wire(Impairments(loss=1))
    wire.send(1, 0.0)
    assert wire.lost == 1
    assert wire.deadline() is None


def test_reordered_things_are_overtaken() -> None:
    arrived = run(Impairments(reorder=0.1, reorder_by=0.03), 1000)
    assert sorted(arrived) == list(range(1000))
    late = sum(b < a for a, b in itertools.pairwise(arrived))
    assert 60 < late < 140
    assert max(abs(place - number) for place, number in enumerate(arrived)) <= 4


def test_duplicates_arrive_twice() -> None:
    wire: Wire[int] = Wire(Impairments(duplicate=1))
    wire.send(5, 0.0)
    assert wire.arrived(0.0) == [5, 5]
    assert wire.doubled == 1


@given(st.integers(0, 1000))
def test_equal_seeds_give_equal_fates(seed: int) -> None:
    bad = Impairments(loss=0.2, burst=2, jitter=0.05, reorder=0.2, duplicate=0.1, seed=seed)
    assert run(bad, 60) == run(bad, 60)


def test_text_names_impairments() -> None:
    assert parse("") == CLEAN
    assert parse("loss=0.05, reorder=0.1,reorder_by=0.03,seed=9") == Impairments(
        loss=0.05, reorder=0.1, reorder_by=0.03, seed=9
    )


@pytest.mark.parametrize("text", ["loss", "loss=x", "speed=1", "loss=2", "burst=0.5", "delay=nan"])
def test_what_is_no_impairment_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse(text)

import pytest

from tongshi.errors import Exhausted
from tongshi.signalling.pace import Pace


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_so_many_at_once_and_then_so_many_a_second() -> None:
    clock = Clock()
    pace = Pace(clock, burst=3, rate=2.0)
    for _ in range(3):
        pace.take("a")
    with pytest.raises(Exhausted):
        pace.take("a")
    pace.take("b")
    clock.now += 0.5
    pace.take("a")
    with pytest.raises(Exhausted):
        pace.take("a")
    clock.now += 100
    for _ in range(3):
        pace.take("a")


def test_few_devices_are_remembered() -> None:
    clock = Clock()
    pace = Pace(clock, burst=1, rate=1.0, limit=2)
    for name in "abc":
        pace.take(name)
    pace.take("a")  # forgotten
    with pytest.raises(Exhausted):
        pace.take("c")

from dataclasses import dataclass
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from tongshi.sip.schedule import Schedule


@dataclass
class Item:
    due: float = inf
    queued: float = inf


def test_items_come_when_due_and_once() -> None:
    schedule: Schedule[Item] = Schedule()
    late, soon = Item(2.0), Item(1.0)
    schedule.arm(late)
    schedule.arm(soon)
    assert schedule.deadline() == 1.0
    assert schedule.pop(0.9) is None
    assert schedule.pop(2.0) is soon
    assert schedule.pop(2.0) is late
    assert schedule.pop(9.0) is None
    assert schedule.deadline() is None


def test_a_timer_that_moves_back_costs_no_push() -> None:
    schedule: Schedule[Item] = Schedule()
    item = Item(1.0)
    schedule.arm(item)
    item.due = 5.0
    schedule.arm(item)
    assert len(schedule) == 1
    assert schedule.pop(1.0) is None
    assert schedule.deadline() == 5.0
    assert schedule.pop(5.0) is item


def test_a_timer_that_moves_forward() -> None:
    schedule: Schedule[Item] = Schedule()
    item = Item(5.0)
    schedule.arm(item)
    item.due = 1.0
    schedule.arm(item)
    assert schedule.pop(1.0) is item
    assert schedule.pop(9.0) is None


def test_forgotten_items_never_come() -> None:
    schedule: Schedule[Item] = Schedule()
    item, idle = Item(1.0), Item()
    schedule.arm(item)
    schedule.arm(idle)
    schedule.forget(item)
    schedule.forget(idle)
    assert schedule.deadline() is None
    assert schedule.pop(9.0) is None


def test_memory_follows_what_is_alive() -> None:
    schedule: Schedule[Item] = Schedule()
    for _ in range(10_000):
        item = Item(1000.0)
        schedule.arm(item)
        schedule.forget(item)
    assert len(schedule) < 200


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99) | st.none())))
def test_the_heap_agrees_with_a_scan(moves: list[tuple[int, int | None]]) -> None:
    schedule: Schedule[Item] = Schedule()
    items = [Item() for _ in range(10)]
    for at, due in moves:
        if due is None:
            schedule.forget(items[at])
        else:
            items[at].due = float(due)
            schedule.arm(items[at])
    expected = sorted(item.due for item in items if item.due < inf)
    got: list[float] = []
    while (deadline := schedule.deadline()) is not None:
        item = schedule.pop(deadline)
        if item is not None:
            got.append(item.due)
            schedule.forget(item)
    assert got == expected

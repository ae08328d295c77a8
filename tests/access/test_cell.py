import json

from tongshi.access.cell import Cell, Numbers, place, read_cell, split, write_cell
from tongshi.access.cover import MOST, Cover
from tongshi.access.grant import Camera, Selector

FULL = Camera("d", "c", "3402", "I", "school", "Unit", frozenset({"b", "a"}))


def cell(number: int, division: str) -> Cell:
    return Cell(number, Camera("", "", division))


CELLS = [cell(1, "34"), cell(2, "35"), cell(4, "3402"), cell(5, "36")]


def of(*codes: str) -> Cover:
    return Cover.of([Selector(divisions=frozenset(codes))] if codes else [])


def test_what_is_alike_is_one_text_without_the_name() -> None:
    text = write_cell(FULL)
    assert read_cell(3, text) == Cell(3, Camera("", "", "3402", "I", "school", "Unit", FULL.tags))
    assert write_cell(read_cell(3, text).camera) == text


def test_numbers_in_runs_of_what_is_known() -> None:
    numbers = Numbers.of({1, 2, 4}, [1, 2, 4, 5])
    assert numbers.runs == ((1, 4),)  # there is no 3
    assert json.loads(numbers.listed) == [1, 2, 4]
    assert Numbers.of({1, 4}, [1, 2, 4, 5]).runs == ((1, 1), (4, 4))
    assert Numbers.of((), [1]).runs == ()


def test_cells_that_are_allowed_and_not_denied() -> None:
    placed = place(of("34", "35"), of("3402"), CELLS)
    assert placed is not None
    assert placed.newest == 5
    assert placed.seen.ids == {1, 2}
    assert placed.denied.ids == {4}
    assert not placed.whole
    assert place(of("34"), of(), []) is None


def test_who_sees_every_cell_needs_no_names() -> None:
    device = Selector(devices=frozenset({"d"}))
    every = Selector(divisions=frozenset({"34", "35", "36"}))
    placed = place(Cover.of([every, device]), of(), CELLS)
    assert placed is not None
    assert placed.whole
    assert placed.named.empty
    barred = place(Cover.of([every, device]), Cover.of([device]), CELLS)
    assert barred is not None
    assert not barred.whole
    assert not barred.barred.empty


def test_what_names_devices_stands_apart() -> None:
    many = frozenset(str(number) for number in range(MOST))
    plain, broad = (
        Selector(units=frozenset({"u"})),
        Selector(units=many, tags=frozenset({"a", "b"})),
    )
    device = Selector(devices=frozenset({"d"}))
    both = Selector(units=many, devices=frozenset({"d", "e"}))
    free, named = split(Cover.of([plain, broad, device, both]))
    assert free == Cover(groups=Cover.of([plain]).groups, broad=(broad,))
    assert named == Cover(groups=Cover.of([device]).groups, broad=(both,))

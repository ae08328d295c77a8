from dataclasses import dataclass, fields

import pytest

from tongshi.gb28181.manscdp import field, nest
from tongshi.gb28181.manscdp.spec import SPEC, Kind, Shape, Spec


@dataclass(frozen=True, slots=True)
class Inner:
    seq: int | None = field.whole("Seq")


@dataclass(frozen=True, slots=True)
class Every:
    block: Inner | None = nest.block("Block", Inner)
    items: tuple[Inner, ...] = nest.items("List", Inner, count="SumNum")
    repeated: tuple[Inner, ...] = nest.repeated("Row", Inner)
    leaves: tuple[str, ...] = nest.leaves("Files", "File")


SPECS: dict[str, Spec] = {item.name: item.metadata[SPEC] for item in fields(Every)}


def test_absence_is_the_default() -> None:
    assert Every() == Every(block=None, items=(), repeated=(), leaves=())


@pytest.mark.parametrize("name", ["block", "items", "repeated"])
def test_an_element_with_others_below_it_has_no_text(name: str) -> None:
    spec = SPECS[name]
    assert spec.kind is Kind.GROUP
    assert spec.of is Inner
    assert spec.read("x") is None
    assert spec.write(Inner(1)) == ""


def test_shapes_and_names_of_members() -> None:
    assert [spec.shape for spec in SPECS.values()] == [
        Shape.BLOCK,
        Shape.ITEMS,
        Shape.REPEATED,
        Shape.LEAVES,
    ]
    assert SPECS["items"].item == "Item"
    assert SPECS["repeated"].item == "Row"
    assert (SPECS["leaves"].item, SPECS["leaves"].kind) == ("File", Kind.TEXT)

from dataclasses import dataclass, fields

import pytest

from tongshi.gb28181.manscdp import field
from tongshi.gb28181.manscdp.spec import SPEC, Kind, Shape, Spec
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.version import Version


@dataclass(frozen=True, slots=True)
class Every:
    text: str = field.text("Text", most=3, choices=("a", "b"))
    constant: str = field.constant("Constant", "Go", was="Gone", aliases=("Going",))
    time: str = field.time("Time")
    whole: int | None = field.whole("Whole", low=1, high=2, unit="s", since=Version.V2016)
    number: float | None = field.number("Number", until=Version.V2016)
    flag: bool | None = field.flag("Flag", words=("Set", "Reset"))
    outcome: Outcome = field.outcome()
    words: tuple[str, ...] = field.words("Words")
    numbers: tuple[int, ...] = field.numbers("Info/Numbers")
    digits: tuple[int, ...] = field.numbers("Digits", digits=True)
    other: complex = field.other("Other", 0j, complex, str)


SPECS: dict[str, Spec] = {item.name: item.metadata[SPEC] for item in fields(Every)}


def test_absence_is_the_default_but_for_constants() -> None:
    every = Every()
    for name, spec in SPECS.items():
        expected = "Go" if name == "constant" else spec.blank
        assert getattr(every, name) == expected


@pytest.mark.parametrize(
    ("name", "told", "value", "written"),
    [
        ("text", " a ", "a", "a"),
        ("constant", "Go", "Go", "Go"),
        ("time", "2024-05-06T07:08:09", "2024-05-06T07:08:09", "2024-05-06T07:08:09"),
        ("whole", " 2 ", 2, "2"),
        ("whole", "x", None, ""),
        ("number", "2.50", 2.5, "2.5"),
        ("number", "NaN", None, ""),
        ("flag", "SET", True, "Set"),
        ("flag", "reset", False, "Reset"),
        ("flag", "1", True, "Set"),
        ("flag", "off", False, "Reset"),
        ("outcome", "ok", Outcome.OK, "OK"),
        ("outcome", "what", Outcome.UNKNOWN, ""),
        ("words", "a/b", ("a", "b"), "a/b"),
        ("numbers", "1/13", (1, 13), "1/13"),
        ("digits", "13", (1, 3), "1/3"),
        ("other", "1j", 1j, "1j"),
    ],
)
def test_what_is_read_and_written(name: str, told: str, value: object, written: str) -> None:
    spec = SPECS[name]
    assert spec.read(told) == value
    assert spec.write(value) == written


def test_values_of_another_kind_are_written_as_nothing() -> None:
    for name in ("whole", "outcome", "words"):
        assert SPECS[name].write(object()) == ""


def test_editions_choose_names_and_fields() -> None:
    assert SPECS["constant"].name(Version.V2016) == "Gone"
    assert SPECS["constant"].name(Version.V2022) == "Constant"
    assert SPECS["numbers"].name(Version.V2016) == "Numbers"
    assert not SPECS["whole"].belongs(Version.V2011A)
    assert SPECS["whole"].belongs(Version.V2022)
    assert SPECS["number"].belongs(Version.V2016)
    assert not SPECS["number"].belongs(Version.V2022)


def test_each_is_a_leaf_of_its_kind() -> None:
    assert {spec.shape for spec in SPECS.values()} == {Shape.LEAF}
    assert {spec.kind for spec in SPECS.values()} == set(Kind) - {Kind.GROUP}

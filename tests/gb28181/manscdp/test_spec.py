from dataclasses import dataclass, fields

from tongshi.gb28181.manscdp.spec import SPEC, Kind, Shape, Spec, declare
from tongshi.gb28181.version import Version

NAMED = Spec(
    "Info/Numbers",
    Shape.LEAF,
    Kind.TEXT,
    str.strip,
    str,
    "",
    was="Number",
    since=Version.V2016,
    until=Version.V2016,
)
ALWAYS = Spec("Constant", Shape.LEAF, Kind.TEXT, str.strip, str, "")


@dataclass(frozen=True, slots=True)
class Message:
    named: str = declare("some", NAMED)


def test_a_field_carries_its_spec_and_has_a_default() -> None:
    [item] = fields(Message)
    assert item.metadata[SPEC] is NAMED
    assert Message().named == "some"


def test_editions_choose_names() -> None:
    assert NAMED.name(Version.V2016) == "Number"
    assert NAMED.name(Version.V2022) == "Numbers"
    assert ALWAYS.name(Version.V2016) == ALWAYS.name(Version.V2022) == "Constant"


def test_editions_choose_fields() -> None:
    assert [version for version in Version if NAMED.belongs(version)] == [Version.V2016]
    assert all(map(ALWAYS.belongs, Version))

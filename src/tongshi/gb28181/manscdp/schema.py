"""What fields declare, for people: forms, and values as JSON has them.

::

    fields_of(OsdConfig)                     -> rows, from which a form is made
    to_plain(block)                          -> {"length": 1920, ...}
    from_plain(OsdConfig, {"length": ...})   -> the block, and what could not be taken
    build(OsdConfig, {...}, version)         -> the block; raises Invalid with all faults

Source: GB/T 28181-2022 A.2.1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from tongshi.gb28181.manscdp.check import Breach, Fault, Faults, below, require
from tongshi.gb28181.manscdp.config import Block
from tongshi.gb28181.manscdp.control import COMMANDS, Command
from tongshi.gb28181.manscdp.spec import Kind, Shape, Spec
from tongshi.gb28181.manscdp.table import specs_of
from tongshi.gb28181.ptz import Word, encode
from tongshi.gb28181.version import Version

T = TypeVar("T")
GROUP_COMMAND = "command"
"""Group of the texts of commands in the catalogue."""
GROUP_CONFIG = "config"
"""Group of the texts of blocks, and of everything else."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: its value on the wire, and the key of its text."""

    value: int | str
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One input of a form.

    name: the attribute, and the key in the plain form.  title: key of its text, ``config.name``.
    many: a list, of rows when it has any.  most: characters of a text, or members of a list.
    told: devices tell it and nobody sets it.  since: first edition that has it.
    """

    name: str
    wire: str
    title: str
    kind: Kind
    required: bool = False
    told: bool = False
    low: float | None = None
    high: float | None = None
    unit: str = ""
    options: tuple[Option, ...] = ()
    form: str = ""
    most: int | None = None
    many: bool = False
    since: Version = Version.V2011
    rows: tuple["Row", ...] = ()


def fields_of(kind: type) -> tuple[Row, ...]:
    """Return the rows of a form for the dataclass *kind*, in the order of the standard."""
    group = GROUP_COMMAND if kind in COMMANDS else GROUP_CONFIG
    return _rows(kind, group)


def title_of(kind: type[Block] | type[Command]) -> str:
    """Return the key of the text that names *kind*: ``config.osdconfig``, ``command.teleboot``."""
    if kind in COMMANDS:
        return f"{GROUP_COMMAND}.{kind.__name__.lower()}"
    return f"{GROUP_CONFIG}.{kind.__name__.lower()}"


def to_plain(value: object) -> dict[str, object]:
    """Return what *value*, a dataclass with declared fields, says, as JSON would have it."""
    told = {name: getattr(value, name) for name in specs_of(type(value))}
    blank = {name: spec.blank for name, spec in specs_of(type(value)).items()}
    return {name: _plain(each) for name, each in told.items() if each != blank[name]}


def from_plain(kind: Callable[..., T], given: Mapping[str, object]) -> tuple[T, Faults]:
    """Return the *kind* that *given* describes, and what of it could not be taken."""
    specs = specs_of(kind)
    faults = [Fault(name, Breach.UNKNOWN) for name in given if name not in specs]
    values: dict[str, object] = {}
    for name, spec in specs.items():
        told = given.get(name)
        if told is not None and told != "":
            values[name], found = _taken(spec, told)
            faults += below(name, found)
    return kind(**values), tuple(faults)


def build(kind: Callable[..., T], given: Mapping[str, object], version: Version) -> T:
    """Return the *kind* that *given* describes; raises Invalid with every fault in it."""
    value, faults = from_plain(kind, given)
    require(value, version, faults)
    return value


def _rows(kind: type, group: str) -> tuple[Row, ...]:
    declared = specs_of(kind).items()
    # What is always the same word is nobody's input.
    return tuple(_row(name, spec, group) for name, spec in declared if len(spec.choices) != 1)


def _row(name: str, spec: Spec, group: str) -> Row:
    return Row(
        name,
        spec.wire,
        f"{group}.{name}",
        spec.kind,
        spec.required,
        spec.told,
        spec.low,
        spec.high,
        spec.unit,
        tuple(Option(choice, f"{group}.{name}_{str(choice).lower()}") for choice in spec.choices),
        spec.form,
        spec.most,
        spec.shape not in (Shape.LEAF, Shape.BLOCK) or spec.kind in (Kind.WORDS, Kind.NUMBERS),
        spec.since,
        _rows(spec.of, group) if spec.of is not None else (),
    )


# Plain values


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(member) for member in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Word):
        return encode(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return to_plain(value)


def _taken(spec: Spec, told: object) -> tuple[object, Faults]:
    """Return the value of a field as *told*, and the faults found in it."""
    if spec.shape is Shape.LEAF:
        return _taken_leaf(spec, told)
    if spec.shape is Shape.BLOCK:
        return _taken_block(spec, told)
    if not isinstance(told, list | tuple):
        return (), (Fault("", Breach.KIND, "list"),)
    taken = _taken_leaf if spec.shape is Shape.LEAVES else _taken_block
    members: list[object] = []
    faults: list[Fault] = []
    for at, member in enumerate(told):
        value, found = taken(spec, member)
        if value != spec.blank:
            members.append(value)
        faults += below(str(at), found)
    return tuple(members), tuple(faults)


def _taken_block(spec: Spec, told: object) -> tuple[object, Faults]:
    assert spec.of is not None
    make: Callable[..., object] = spec.of
    if not isinstance(told, Mapping):
        return make(), (Fault("", Breach.KIND, Kind.GROUP.value),)
    return from_plain(make, {str(name): value for name, value in told.items()})


def _taken_leaf(spec: Spec, told: object) -> tuple[object, Faults]:
    if isinstance(told, list | tuple):
        told = "/".join(map(str, told)) if spec.kind in (Kind.WORDS, Kind.NUMBERS) else None
    if isinstance(told, bool) or (isinstance(told, float) and told.is_integer()):
        told = int(told)
    value = spec.read(str(told)) if isinstance(told, int | float | str) else spec.blank
    if value == spec.blank and told not in ("", []):
        return value, (Fault("", Breach.KIND, spec.kind.value),)
    return value, ()

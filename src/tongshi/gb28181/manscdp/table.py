"""Reading and writing by what the fields of a dataclass declare.

For each dataclass one table is made: where each element goes, and in which order fields are
written.  What has no place is kept: children and attributes (under ``@name``) in ``others`` of the
dataclass that holds them; those inside a list or a grouping element under the name of that.

Numbers that are none, and whatever else cannot be read, count as absent.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import TypeVar
from xml.etree.ElementTree import Element as Tree

from tongshi.gb28181.element import Element, escape, freeze, render
from tongshi.gb28181.manscdp.spec import SPEC, Shape, Spec
from tongshi.gb28181.manscdp.types import count
from tongshi.gb28181.version import Version

T = TypeVar("T")
Values = dict[str, object]
Others = tuple[Element, ...]
_NONE: frozenset[str] = frozenset()
_NUM = frozenset({"num"})


@dataclass(frozen=True, slots=True)
class Slot:
    """A field: its attribute in the dataclass, and its spec."""

    attribute: str
    spec: Spec


class Group:
    """Elements of one parent: by name in lower case, and in the order of writing."""

    def __init__(self, wire: str = "") -> None:
        self.wire = wire
        self.places: dict[str, Slot | Group] = {}
        self.order: list[Slot | Group] = []

    def put(self, path: str, slot: Slot, *, written: bool) -> None:
        """Give *slot* the place at *path*."""
        head, _, rest = path.partition("/")
        if rest:
            group = self.places.get(head.lower())
            if not isinstance(group, Group):
                group = self.places[head.lower()] = Group(head)
                self.order.append(group)
            group.put(rest, slot, written=written)
            return
        if path:
            self.places.setdefault(path.lower(), slot)
        if slot.spec.count:
            self.places[slot.spec.count.lower()] = Slot("", slot.spec)
        if written:
            self.order.append(slot)


_LEAVES = Group()


def specs_of(kind: Callable[..., object]) -> dict[str, Spec]:
    """Return what the fields of the dataclass *kind*, or one that a partial makes, declare."""
    kind = kind.func if isinstance(kind, partial) else kind
    assert isinstance(kind, type)
    declared = {item.name: item.metadata.get(SPEC) for item in fields(kind)}
    return {name: spec for name, spec in declared.items() if isinstance(spec, Spec)}


class _Groups(dict[Callable[..., object], Group]):
    """The table of each dataclass, made when it is first asked for."""

    def __missing__(self, kind: Callable[..., object]) -> Group:
        top = self[kind] = Group()
        for name, spec in specs_of(kind).items():
            slot = Slot(name, spec)
            top.put(spec.wire, slot, written=True)
            for alias in spec.aliases:
                top.put(alias, slot, written=False)
        return top


_GROUPS = _Groups()


def group_of(kind: Callable[..., object]) -> Group:
    """Return the table of the dataclass *kind*, or of the one that a partial makes."""
    return _GROUPS[kind.func if isinstance(kind, partial) else kind]


def read_as(
    kind: Callable[..., T], tree: Tree, head: tuple[object, ...] = (), skip: frozenset[str] = _NONE
) -> T:
    """Return the *kind* in *tree*.

    head: its first fields.  skip: children that are known otherwise, in lower case.
    """
    values, others = read_values(kind, tree, skip)
    return kind(*head, **values, others=others)


def read_values(
    kind: Callable[..., object], tree: Tree, skip: frozenset[str] = _NONE
) -> tuple[Values, Others]:
    """Return the values of the fields of *kind* that *tree* has, by attribute; and the rest."""
    group = group_of(kind)
    values: Values = {}
    others = _fill(group, tree, skip, values)
    own = own_of(group)
    if own is None:
        return values, (*others, *_take_attributes(group, tree, skip, values))
    if own.spec.shape is Shape.ITEMS:
        return values, (*_take_items(own, tree, values), *_take_attributes(group, tree, _NUM, {}))
    _take_text(own, tree.text, values)
    return values, (*others, *_take_attributes(group, tree, _NONE, {}))


def write_lines(owner: object, others: Others, version: Version) -> list[str]:
    """Return the elements of *owner* that *version* has, then *others*, each a line."""
    group = group_of(type(owner))
    rest = [other for other in others if other.tag[:1] != "@"]
    lines = _lines(group, owner, rest, version)
    return [*lines, *map(render, rest)]


def rest_lines(others: Others) -> list[str]:
    """Return what is kept of elements without a place."""
    return [render(other) for other in others if other.tag[:1] != "@"]


def write_element(name: str, owner: object, version: Version) -> str:
    """Return *owner* as the element *name*; attributes are among its others."""
    others = _others_of(owner)
    attributes = attributes_of(others)
    own = own_of(group_of(type(owner)))
    if own is not None and own.spec.shape is Shape.ITEMS:
        attributes.insert(0, ("Num", str(len(_members(getattr(owner, own.attribute))))))
    inside = "".join(write_lines(owner, others, version))
    return f"<{name}{render_attributes(attributes)}>{inside}</{name}>"


def attributes_of(others: Others) -> list[tuple[str, str]]:
    """Return the attributes among *others*."""
    return [(other.tag[1:], other.text) for other in others if other.tag[:1] == "@"]


def render_attributes(named: list[tuple[str, str]]) -> str:
    """Return the attributes as they stand in a tag."""
    return "".join(
        f' {name}="{escape(told).replace(chr(34), "&quot;")}"' for name, told in dict(named).items()
    )


def _others_of(owner: object) -> Others:
    others = getattr(owner, "others", ())
    return others if isinstance(others, tuple) else ()


def own_of(group: Group) -> Slot | None:
    """Return the field that stands in the element itself."""
    return next(
        (slot for slot in group.order if isinstance(slot, Slot) and not slot.spec.wire), None
    )


# Reading


def _fill(group: Group, tree: Tree, skip: frozenset[str], values: Values) -> Others:
    others: list[Element] = []
    for child in tree:
        name = child.tag.lower()
        if name in skip:
            continue
        place = group.places.get(name)
        if place is None:
            others.append(freeze(child))
        elif isinstance(place, Group):
            kept = _fill(place, child, _NONE, values)
            others += _kept(child, (*kept, *_take_attributes(place, child, _NONE, values)))
        else:
            others += _take(place, child, values)
    return tuple(others)


def _take(slot: Slot, tree: Tree, values: Values) -> Others:
    """Put what *tree* holds into *values*; return what is to be kept besides."""
    spec = slot.spec
    if not slot.attribute:
        return ()  # how long the list is: counted anew when it is written
    match spec.shape:
        case Shape.LEAF:
            _take_text(slot, tree.text, values)
            return ()
        case Shape.BLOCK:
            values.setdefault(slot.attribute, read_as(_type_of(spec), tree))
            return ()
        case Shape.REPEATED:
            values[slot.attribute] = (*_had(slot, values), read_as(_type_of(spec), tree))
            return ()
        case Shape.ITEMS:
            kept = _take_items(slot, tree, values)
            return _kept(tree, (*kept, *_take_attributes(_LEAVES, tree, _NUM, values)))
    kept = _take_leaves(slot, tree, values)
    return _kept(tree, (*kept, *_take_attributes(_LEAVES, tree, _NONE, values)))


def _take_text(slot: Slot, told: str | None, values: Values) -> None:
    if told and slot.attribute not in values:
        value = slot.spec.read(told)
        if value != slot.spec.blank:
            values[slot.attribute] = value


def _take_items(slot: Slot, tree: Tree, values: Values) -> Others:
    spec, name = slot.spec, slot.spec.item.lower()
    found = [read_as(_type_of(spec), child) for child in tree if child.tag.lower() == name]
    usable = found if spec.usable is None else list(filter(spec.usable, found))
    values[slot.attribute] = (*_had(slot, values), *usable)
    if spec.num:
        values[spec.num] = count(tree.get("Num", ""))
    if spec.unreadable:
        values[spec.unreadable] = len(found) - len(usable)
    return tuple(freeze(child) for child in tree if child.tag.lower() != name)


def _take_leaves(slot: Slot, tree: Tree, values: Values) -> Others:
    name = slot.spec.item.lower()
    told = [(child.text or "").strip() for child in tree if child.tag.lower() == name]
    values[slot.attribute] = (*_had(slot, values), *filter(None, told))
    return tuple(freeze(child) for child in tree if child.tag.lower() != name)


def _take_attributes(group: Group, tree: Tree, known: frozenset[str], values: Values) -> Others:
    """Take attributes for children, as some firmware writes; return the unknown ones."""
    others: list[Element] = []
    for name, told in tree.attrib.items():
        place = group.places.get(name.lower())
        if isinstance(place, Slot) and place.spec.shape is Shape.LEAF:
            _take_text(place, told, values)
        elif name.lower() not in known:
            others.append(Element(f"@{name}", told))
    return tuple(others)


def _kept(tree: Tree, rest: Others) -> Others:
    """Return *rest* under the name of *tree*, where it came from."""
    attributes = tuple((other.tag[1:], other.text) for other in rest if other.tag[:1] == "@")
    children = tuple(other for other in rest if other.tag[:1] != "@")
    return (Element(tree.tag, "", attributes, children),) if rest else ()


def _had(slot: Slot, values: Values) -> tuple[object, ...]:
    return _members(values.get(slot.attribute, ()))


def _members(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def _type_of(spec: Spec) -> type:
    assert spec.of is not None
    return spec.of


# Writing


def _lines(group: Group, owner: object, rest: list[Element], version: Version) -> list[str]:
    """Return the elements of *group*; of *rest* is taken what goes into one of them."""
    lines: list[str] = []
    for place in group.order:
        if isinstance(place, Group):
            kept = _taken(place.wire, rest)
            inside = _lines(place, owner, kept, version)
            inside += rest_lines(tuple(kept))
            lines += _wrapped(place.wire, kept, inside)
        elif place.spec.belongs(version):
            lines += _written(place.spec, getattr(owner, place.attribute), rest, version)
    return lines


def _written(spec: Spec, value: object, rest: list[Element], version: Version) -> list[str]:
    name = spec.name(version)
    match spec.shape:
        case Shape.LEAF:
            told = "" if value is None else escape(spec.write(value))
            return [f"<{name}>{told}</{name}>" if name else told] if told else []
        case Shape.BLOCK:
            return [] if value is None else [write_element(name, value, version)]
        case Shape.LEAVES:
            kept = _taken(name, rest)
            inside = [f"<{spec.item}>{escape(str(leaf))}</{spec.item}>" for leaf in _members(value)]
            return _wrapped(name, kept, inside + rest_lines(tuple(kept)))
    return _listed(spec, name, _members(value), rest, version)


def _listed(
    spec: Spec, name: str, members: tuple[object, ...], rest: list[Element], version: Version
) -> list[str]:
    inside = [write_element(spec.item, member, version) for member in members]
    before = [f"<{spec.count}>{len(members)}</{spec.count}>"] if spec.count else []
    if spec.shape is Shape.REPEATED or not name:
        return before + inside
    kept = _taken(name, rest)
    if not inside and not kept and not spec.always:
        return before
    head = Element("@Num", str(len(members)))
    return before + _wrapped(name, [head, *kept], inside + rest_lines(tuple(kept)))


def _taken(wire: str, rest: list[Element]) -> list[Element]:
    """Take from *rest* what was kept of the element *wire*; return its children, attributes too."""
    found = [other for other in rest if other.tag.lower() == wire.lower()]
    rest[:] = [other for other in rest if other.tag.lower() != wire.lower()]
    attributes = [Element(f"@{name}", told) for other in found for name, told in other.attributes]
    return attributes + [child for other in found for child in other.children]


def _wrapped(wire: str, kept: list[Element], inside: list[str]) -> list[str]:
    named = attributes_of(tuple(kept))
    if not inside and not named:
        return []
    return [f"<{wire}{render_attributes(named)}>{''.join(inside)}</{wire}>"]

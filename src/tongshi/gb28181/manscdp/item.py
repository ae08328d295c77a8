"""A catalog item as XML.

This is the path of a catalog of a hundred thousand channels: per child of the element one look
into a table and one conversion, then one construction.

Source: GB/T 28181-2022 A.2.1.9.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from sys import intern
from xml.etree.ElementTree import Element as Tree

from tongshi.gb28181.catalog import Column, Details, Item, columns
from tongshi.gb28181.element import Element, freeze, render, tag
from tongshi.gb28181.identifier import is_usable
from tongshi.gb28181.manscdp.types import Envelope, count, double, text, whole
from tongshi.gb28181.version import Version

Value = str | int | float | None
_CONVERT: dict[str, Callable[[str], Value]] = {"str": text, "int": whole, "float": double}
_INFO = "info"
# What thousands of items of one catalog have in common is kept once.
_COMMON = frozenset(
    [
        "manufacturer",
        "model",
        "owner",
        "civil_code",
        "block",
        "parent_id",
        "end_time",
        "status",
        "business_group_id",
        "resolution",
        "stream_number_list",
        "download_speed",
        "grassroots_code",
        "encode_type",
        "management_unit",
        "contact_info",
    ]
)
_GROUP_WIRE = "BusinessGroupID"


def _converter(row: Column) -> Callable[[str], Value]:
    return _common if row.attribute in _COMMON else _CONVERT[row.kind]


def _common(value: str) -> str:
    return intern(text(value))


class _Table:
    """Where each element of one type goes, and what its absence leaves."""

    def __init__(self, rows: tuple[Column, ...]) -> None:
        self.blank: list[Value] = ["" if row.kind == "str" else None for row in rows]
        self.exact = {row.wire: (at, _converter(row)) for at, row in enumerate(rows)}
        self.folded = {wire.lower(): place for wire, place in self.exact.items()}
        self.written = {
            to_2022: [(row.attribute, row.wire) for row in rows if row.belongs(to_2022)]
            for to_2022 in (False, True)
        }

    def read(self, tree: Tree) -> tuple[list[Value], list[Tree]]:
        """Return the values in order, and the children that are none of them."""
        values = self.blank.copy()
        others: list[Tree] = []
        exact = self.exact
        for child in tree:
            place = exact.get(child.tag) or self.folded.get(child.tag.lower())
            if place is None:
                others.append(child)
            elif child.text:
                at, convert = place
                values[at] = convert(child.text)
        return values, others

    def write(self, owner: Item | Details, to_2022: bool) -> str:
        """Return the elements of *owner* that the edition has."""
        return "".join(
            [tag(wire, getattr(owner, attribute)) for attribute, wire in self.written[to_2022]]
        )


_ITEM = _Table(columns(Item))
_DETAILS = _Table(columns(Details))
_GROUP = _ITEM.exact[_GROUP_WIRE][0]
_NO_DETAILS = Details()
# Values in the order of a table; the types follow from the table's conversions.
_new_item: Callable[..., Item] = Item
_new_details: Callable[..., Details] = Details


@dataclass(frozen=True, slots=True)
class Listed:
    """What a message lists: the announced total and number, the items, how many had no id."""

    sum_num: int | None
    items: tuple[Item, ...]
    num: int | None
    unreadable: int


KNOWN = frozenset({"sumnum", "devicelist"})
"""Elements of a message that lists items, in lower case."""


def read_listed(envelope: Envelope) -> Listed:
    """Return what the message in *envelope* lists."""
    found = [read_item(child) for child in envelope.children("devicelist")]
    items = tuple(item for item in found if item is not None)
    listed = envelope.fields.get("devicelist")
    return Listed(
        count(envelope.text("sumnum")),
        items,
        count(listed.get("Num", "")) if listed is not None else None,
        len(found) - len(items),
    )


def write_listed(sum_num: int | None, items: Sequence[Item], version: Version) -> list[str]:
    """Return the elements of a message that lists *items*; no list when there is none (annex M)."""
    lines = [tag("SumNum", sum_num)]
    if items:
        lines.append(f'<DeviceList Num="{len(items)}">')
        lines += [write_item(item, version) for item in items]
        lines.append("</DeviceList>")
    return lines


def read_item(tree: Tree) -> Item | None:
    """Return the item in *tree*; None when it has no DeviceID that could name anything."""
    values, others = _ITEM.read(tree)
    if not is_usable(str(values[0])):
        return None
    details: Details | None = None
    kept: list[Element] = []
    for child in others:
        if child.tag.lower() == _INFO and details is None:
            details = _read_details(child, values)
        else:
            kept.append(freeze(child))
    return _new_item(*values, details, tuple(kept))


def write_item(item: Item, version: Version) -> str:
    """Return *item* as one line of XML, with the fields that *version* has."""
    to_2022 = version is Version.V2022
    details = item.details or _NO_DETAILS
    inside = _DETAILS.write(details, to_2022) + "".join(map(render, details.others))
    if not to_2022:
        # 2016 has it here; the other place is kept for those that learned it there.
        inside += tag(_GROUP_WIRE, item.business_group_id)
    info = f"<Info>{inside}</Info>" if inside else ""
    others = "".join(map(render, item.others))
    return f"<Item>{_ITEM.write(item, to_2022)}{info}{others}</Item>"


def _read_details(tree: Tree, item: list[Value]) -> Details | None:
    """Return what Info holds; its BusinessGroupID goes to the *item* unless that has one."""
    values, others = _DETAILS.read(tree)
    kept: list[Element] = []
    for child in others:
        if child.tag.lower() == _GROUP_WIRE.lower():
            item[_GROUP] = item[_GROUP] or text(child.text or "")
        else:
            kept.append(freeze(child))
    details = _new_details(*values, tuple(kept))
    return details if details != _NO_DETAILS else None

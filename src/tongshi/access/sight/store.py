"""The scope as a condition: `visible`, which every statement about cameras has in its WHERE.

Each group of a scope is one look-up whatever the number of its keys: they go to the store as one
JSON text, so that the statement stays the same, is compiled once, and the keys become an index
once a statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Integer,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from tongshi.access.cell import FEW, Numbers, Placed
from tongshi.access.cover import Cover, Group
from tongshi.access.grant import Selector
from tongshi.access.scope import Scope
from tongshi.db.tables import camera_marks, channels, devices

# Made once: each would cost more than the rest of a condition.
LISTED, OWN = channels.alias("listed"), devices.alias("own")
MARKS, TAGS = camera_marks.alias("marks"), camera_marks.alias("tags")


class Among(FunctionElement[bool]):
    """The condition that the columns are together one of the keys of a JSON list.

    Its arguments: the list as text, then the columns; a key of one column is a text, else a list.
    """

    type = Boolean()
    inherit_cache = True
    name = "among"


@compiles(Among, "sqlite")
def _among_sqlite(element: Among, compiler: SQLCompiler, **given: object) -> str:
    listed, *columns = element.clauses
    value = func.json_each(listed).table_valued("value").c.value
    parts = [func.json_extract(value, literal_column(f"'$[{at}]'")) for at in range(len(columns))]
    return compiler.process(_one_of(columns, value, parts), **given)


@compiles(Among, "postgresql")
def _among_postgresql(element: Among, compiler: SQLCompiler, **given: object) -> str:
    listed, *columns = element.clauses
    keys = cast(listed, JSON)
    whole = func.json_array_elements(keys).table_valued("value").c.value
    texts = func.json_array_elements_text(keys).table_valued("value").c.value
    value: ColumnElement[Any] = whole if len(columns) > 1 else texts
    if isinstance(columns[0].type, Integer):
        value = cast(value, Integer)
    parts = [value.op("->>")(literal_column(str(at))) for at in range(len(columns))]
    return compiler.process(_one_of(columns, value, parts), **given)


def _one_of(
    columns: Sequence[ColumnElement[str]],
    value: ColumnElement[Any],
    parts: Sequence[ColumnElement[str]],
) -> ColumnElement[bool]:
    """Return that *columns* are one of the rows of *value*, or of its *parts* when several."""
    if len(columns) == 1:
        return columns[0].in_(select(value))
    return tuple_(*columns).in_(select(*parts))


@dataclass(frozen=True, slots=True)
class _Row:
    """A camera as a statement has it."""

    device_id: ColumnElement[str]
    channel_id: ColumnElement[str]
    division: ColumnElement[str]
    cell: ColumnElement[int]

    def mark(self, kind: str) -> ColumnElement[str]:
        """Return its mark of a kind that has one value; "" when there is none."""
        c = MARKS.c
        here = (c.device_id == self.device_id, c.channel_id == self.channel_id, c.kind == kind)
        found = select(func.min(c.value)).where(*here).correlate_except(MARKS)
        return func.coalesce(found.scalar_subquery(), "")


def visible(
    scope: Scope, device_id: ColumnElement[str], channel_id: ColumnElement[str] | None = None
) -> ColumnElement[bool]:
    """Return the condition under which a row of this device, or this channel, may be seen.

    The one place where a scope becomes SQL; `Scope.sees` says the same of one camera.  Without a
    channel: the device itself or one of its channels is to be seen.  What no catalog has is seen
    as its device itself is.
    """
    if scope.everything:
        return true()
    if scope.allowed.empty:
        return false()
    if not isinstance(device_id, Column) or not isinstance(channel_id, Column | None):
        return _make(scope, device_id, channel_id)
    found = scope.made.get((device_id, channel_id))
    if not isinstance(found, ColumnElement):
        found = scope.made[device_id, channel_id] = _make(scope, device_id, channel_id)
    return found


def _make(
    scope: Scope, device_id: ColumnElement[str], channel_id: ColumnElement[str] | None
) -> ColumnElement[bool]:
    if channel_id is not None and getattr(device_id, "table", None) is channels:
        return _within(scope, _Row(device_id, channel_id, channels.c.region, channels.c.cell))
    c = LISTED.c
    seen = _within(scope, _Row(c.device_id, c.channel_id, c.region, c.cell))
    if channel_id is None:
        own = _own(scope, device_id)
        if scope.placed is not None and scope.placed.whole:
            return own
        return or_(own, exists().where(c.device_id == device_id, seen).correlate_except(LISTED))
    named = case((channel_id == "", device_id), else_=channel_id)
    key = and_(c.device_id == device_id, c.channel_id == named)
    return or_(
        exists().where(key, seen).correlate_except(LISTED),
        and_(~exists().where(key).correlate_except(LISTED), _own(scope, device_id)),
    )


def _own(scope: Scope, device_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return that a device is in *scope*, as a camera of its own."""
    if getattr(device_id, "table", None) is devices:
        return _within(scope, _Row(device_id, device_id, devices.c.region, devices.c.cell))
    c = OWN.c
    seen = _within(scope, _Row(c.device_id, c.device_id, c.region, c.cell))
    return exists().where(c.device_id == device_id, seen).correlate_except(OWN)


def _within(scope: Scope, row: _Row) -> ColumnElement[bool]:
    """Return that *row* is in *scope*: by the number of its cell, or by what it is."""
    if scope.placed is not None:
        return _by_cell(scope.placed, row.cell, row)
    return _minus(_covered(scope.allowed, row), scope.denied, row)


def _by_cell(placed: Placed, cell: ColumnElement[int], row: _Row) -> ColumnElement[bool]:
    """Return that a row whose cell is known is in a scope."""
    seen = _numbered(placed.seen, cell)
    if not placed.named.empty:
        named = _covered(placed.named, row)
        if placed.denied.ids:
            named = and_(not_(_numbered(placed.denied, cell)), named)
        seen = or_(seen, named)
    return _minus(seen, placed.barred, row)


def _numbered(numbers: Numbers, cell: ColumnElement[int]) -> ColumnElement[bool]:
    if len(numbers.runs) > FEW:
        return Among(literal(numbers.listed, Text()), cell)
    return or_(false(), *(cell.between(first, last) for first, last in numbers.runs))


def _minus(allowed: ColumnElement[bool], denied: Cover, row: _Row) -> ColumnElement[bool]:
    return allowed if denied.empty else and_(allowed, not_(_covered(denied, row)))


def _covered(cover: Cover, row: _Row) -> ColumnElement[bool]:
    if cover.everything:
        return true()
    # A device by itself is a camera of its own code: none of other codes need be looked for.
    groups = [one for one in cover.groups if row.device_id is not row.channel_id or one.devices]
    terms = [_in_group(group, row) for group in groups]
    return or_(false(), *terms, *(_selected(selector, row) for selector in cover.broad))


def _in_group(group: Group, row: _Row) -> ColumnElement[bool]:
    shape = group.shape
    columns: list[ColumnElement[str]] = []
    if shape.division:
        columns.append(func.substr(row.division, 1, shape.division))
    for named, kind in ((shape.klass, "class"), (shape.sector, "sector"), (shape.unit, "unit")):
        if named:
            columns.append(row.mark(kind))
    if shape.device or shape.camera:
        columns.append(row.device_id)
    if shape.camera:
        columns.append(row.channel_id)
    listed = literal(group.listed, Text())
    if not shape.tag:
        return Among(listed, *columns)
    tags = TAGS.c
    found = exists().where(
        tags.device_id == row.device_id,
        tags.channel_id == row.channel_id,
        tags.kind == "tag",
        Among(listed, *columns, tags.value),
    )
    return found.correlate_except(TAGS)


def _selected(selector: Selector, row: _Row) -> ColumnElement[bool]:
    """Return the condition of one selector by itself."""
    alone = Selector(divisions=selector.divisions)
    fields = (
        alone,
        Selector(classes=selector.classes),
        Selector(sectors=selector.sectors),
        Selector(units=selector.units),
        Selector(tags=selector.tags),
        Selector(cameras=selector.cameras),
        Selector(devices=selector.devices),
    )
    named = [Cover.of([field], broad=False) for field in fields if not field.empty]
    return and_(*(_covered(cover, row) for cover in named))

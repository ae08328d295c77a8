"""Fields with elements below them: blocks, and lists of blocks or of texts.

They are declared as those of :mod:`tongshi.gb28181.manscdp.field` are.
Source: GB/T 28181-2022 A.2.1.
"""

from collections.abc import Callable
from typing import TypeVar

from tongshi.gb28181.manscdp import types
from tongshi.gb28181.manscdp.spec import Kind, Shape, Spec, declare

T = TypeVar("T")


def block(wire: str, kind: type[T], *, required: bool = False, told: bool = False) -> T | None:
    """Return a field that is an element with fields of its own; None when absent."""
    spec = Spec(
        wire,
        Shape.BLOCK,
        Kind.GROUP,
        _nothing,
        _empty,
        None,
        required=required,
        told=told,
        of=kind,
    )
    return declare(None, spec)


def items(
    wire: str,
    kind: type[T],
    *,
    item: str = "Item",
    most: int | None = None,
    count: str = "",
    always: bool = False,
    num: str = "",
    usable: Callable[[object], bool] | None = None,
    unreadable: str = "",
) -> tuple[T, ...]:
    """Return a field that is a list in an element with the attribute Num."""
    spec = Spec(
        wire,
        Shape.ITEMS,
        Kind.GROUP,
        _nothing,
        _empty,
        (),
        most=most,
        of=kind,
        item=item,
        count=count,
        always=always,
        num=num,
        usable=usable,
        unreadable=unreadable,
    )
    return declare((), spec)


def repeated(
    wire: str, kind: type[T], *, most: int | None = None, count: str = "", required: bool = False
) -> tuple[T, ...]:
    """Return a field that is a list of elements beside the others."""
    spec = Spec(
        wire,
        Shape.REPEATED,
        Kind.GROUP,
        _nothing,
        _empty,
        (),
        required=required,
        most=most,
        of=kind,
        item=wire,
        count=count,
    )
    return declare((), spec)


def leaves(wire: str, item: str, *, most: int | None = None) -> tuple[str, ...]:
    """Return a field that is a list of texts in one element."""
    spec = Spec(wire, Shape.LEAVES, Kind.TEXT, types.text, str, (), most=most, item=item)
    return declare((), spec)


def _nothing(told: str) -> object:
    """Return nothing: the text of an element that has children means nothing."""
    return None


def _empty(value: object) -> str:
    """Return nothing: an element that has children has no text."""
    return ""

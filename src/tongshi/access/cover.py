"""Many selectors as one: grouped by the fields that they name, so that each group is one look-up.

Five hundred selectors of divisions are one set of codes; those of a division and a class are one
set of pairs.  What would make too many combinations stands by itself.  The same groups answer for
one camera here, become SQL in ``access.store.visible``, and find the grants about one camera.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

from tongshi.access.grant import DIVISION_LENGTHS, Camera, Selector

MOST = 2000
"""Combinations of one selector at the most."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Shape:
    """Which fields the selectors of a group name.  division: digits of the code, 0 for none."""

    division: int = 0
    klass: bool = False
    sector: bool = False
    unit: bool = False
    device: bool = False
    camera: bool = False
    tag: bool = False

    def keys(self, camera: Camera) -> Iterator[Key]:
        """Yield what *camera* is in the terms of this group: with tags, once for each."""
        parts: list[str] = []
        if self.division:
            parts.append(camera.division[: self.division])
        if self.klass:
            parts.append(camera.klass)
        if self.sector:
            parts.append(camera.sector)
        if self.unit:
            parts.append(camera.unit)
        if self.device or self.camera:
            parts.append(camera.device_id)
        if self.camera:
            parts.append(camera.channel_id)
        if not self.tag:
            yield tuple(parts)
            return
        for tag in camera.tags:
            yield (*parts, tag)


def spread(selector: Selector) -> Iterator[tuple[Shape, Key]]:
    """Yield the groups and keys that *selector* is, which is neither broad nor everything."""
    for size in DIVISION_LENGTHS if selector.divisions else (0,):
        divisions = [code for code in selector.divisions if len(code) == size]
        if size and not divisions:
            continue
        shape = Shape(
            size,
            bool(selector.classes),
            bool(selector.sectors),
            bool(selector.units),
            bool(selector.devices) and not selector.cameras,
            bool(selector.cameras),
            bool(selector.tags),
        )
        for key in product(*_columns(selector, divisions)):
            yield shape, tuple(value for part in key for value in part)


def _columns(selector: Selector, divisions: list[str]) -> list[list[Key]]:
    cameras = [
        pair for pair in selector.cameras if not selector.devices or pair[0] in selector.devices
    ]
    named = [divisions, selector.classes, selector.sectors, selector.units]
    columns: list[list[Key]] = [[(value,) for value in values] for values in named if values]
    if selector.cameras:
        columns.append(list(cameras))
    elif selector.devices:
        columns.append([(value,) for value in selector.devices])
    if selector.tags:
        columns.append([(value,) for value in selector.tags])
    return columns


def is_broad(selector: Selector) -> bool:
    """Say whether *selector* makes more combinations than are laid out."""
    columns = _columns(selector, list(selector.divisions))
    return prod(map(len, columns)) > MOST


@dataclass(frozen=True)
class Group:
    """Keys of one shape; at least one."""

    shape: Shape
    keys: frozenset[Key]

    @cached_property
    def listed(self) -> str:
        """The keys as a JSON list for the store: texts, or lists of them."""
        ordered = sorted(self.keys)
        plain = [key[0] if len(key) == 1 else list(key) for key in ordered]
        return json.dumps(plain, ensure_ascii=False)

    @cached_property
    def devices(self) -> bool:
        """Whether a device itself, a camera of its own code, can be in it."""
        if not self.shape.camera:
            return True
        at = -3 if self.shape.tag else -2
        return any(key[at] == key[at + 1] for key in self.keys)

    def holds(self, camera: Camera) -> bool:
        """Say whether *camera* is in it."""
        return any(key in self.keys for key in self.shape.keys(camera))


@dataclass(frozen=True, slots=True)
class Cover:
    """What some selectors cover together.  ``Cover()`` is nothing.

    broad: selectors that stand by themselves.
    """

    everything: bool = False
    groups: tuple[Group, ...] = ()
    broad: tuple[Selector, ...] = ()

    @classmethod
    def of(cls, selectors: Iterable[Selector], *, broad: bool = True) -> "Cover":
        """Return what *selectors* cover together.

        broad: let those of too many combinations stand by themselves.
        """
        keys: dict[Shape, set[Key]] = {}
        alone: list[Selector] = []
        for selector in selectors:
            if selector.everything:
                return cls(everything=True)
            if broad and is_broad(selector):
                alone.append(selector)
                continue
            for shape, key in spread(selector):
                keys.setdefault(shape, set()).add(key)
        groups = (Group(shape, frozenset(found)) for shape, found in sorted(_reduce(keys).items()))
        return cls(groups=tuple(groups), broad=tuple(alone))

    @property
    def empty(self) -> bool:
        """Whether it covers nothing."""
        return not (self.everything or self.groups or self.broad)

    def holds(self, camera: Camera) -> bool:
        """Say whether *camera* is covered."""
        return (
            self.everything
            or any(group.holds(camera) for group in self.groups)
            or any(selector.covers(camera) for selector in self.broad)
        )


def _reduce(keys: dict[Shape, set[Key]]) -> dict[Shape, set[Key]]:
    """Leave out what a whole division covers already."""
    whole = {key[0] for size in DIVISION_LENGTHS for key in keys.get(Shape(size), ())}
    kept: dict[Shape, set[Key]] = {}
    for shape, found in keys.items():
        above: tuple[int, ...] = DIVISION_LENGTHS
        if shape == Shape(shape.division):
            above = tuple(size for size in DIVISION_LENGTHS if size < shape.division)
        left = {
            key
            for key in found
            if not any(size <= shape.division and key[0][:size] in whole for size in above)
        }
        if left:
            kept[shape] = left
    return kept

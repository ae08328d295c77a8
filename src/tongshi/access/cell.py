"""Cells: all that grants know of a camera but its name; cameras alike in it share a number.

A scope says once which cells are in it, and a list compares one number a row, however many grants
there are.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tongshi.access.cover import Cover
from tongshi.access.grant import Camera

FEW = 8
"""Runs of numbers that are compared as ranges."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell.  camera: one of them, without its name."""

    id: int
    camera: Camera


def write_cell(camera: Camera) -> str:
    """Return what is alike in the cameras of a cell, as one text."""
    told = [camera.division, camera.klass, camera.sector, camera.unit, sorted(camera.tags)]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def read_cell(number: int, text: str) -> Cell:
    """Return the cell that `write_cell` wrote."""
    division, klass, sector, unit, tags = json.loads(text)
    return Cell(number, Camera("", "", division, klass, sector, unit, frozenset(tags)))


@dataclass(frozen=True)
class Numbers:
    """Some of the cells up to the newest that is known.

    runs: first and last number of each stretch in which no known cell is missing.
    """

    ids: frozenset[int]
    runs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, ids: Iterable[int], known: Sequence[int]) -> "Numbers":
        """Return *ids*, which are among *known*, all numbers in their order."""
        chosen = frozenset(ids)
        runs: list[tuple[int, int]] = []
        before = False
        for number in known:
            inside = number in chosen
            if inside and before:
                runs[-1] = (runs[-1][0], number)
            elif inside:
                runs.append((number, number))
            before = inside
        return cls(chosen, tuple(runs))

    @cached_property
    def listed(self) -> str:
        """The numbers as a JSON list for the store."""
        return json.dumps(sorted(self.ids))


@dataclass(frozen=True, slots=True)
class Placed:
    """What a scope is for cameras whose cell is known.

    newest: cells up to this number were looked at.  whole: every one of them is seen, whatever its
    device.  seen: allowed and not denied by their cell.  denied: by their cell.  named, barred:
    what besides names devices or cameras.
    """

    newest: int
    whole: bool
    seen: Numbers
    denied: Numbers
    named: Cover
    barred: Cover


def place(allowed: Cover, forbidden: Cover, cells: Sequence[Cell]) -> Placed | None:
    """Return what is allowed and not denied, by cells; None while there are none."""
    if not cells:
        return None
    free, named = split(allowed)
    unfree, barred = split(forbidden)
    known = [cell.id for cell in cells]
    denied = {cell.id for cell in cells if unfree.holds(cell.camera)}
    seen = {cell.id for cell in cells if free.holds(cell.camera)} - denied
    newest = known[-1]
    whole = len(seen) == len(known)
    if whole:
        named = Cover()  # names what is seen anyway
    return Placed(
        newest,
        whole and barred.empty,
        Numbers.of(seen, known),
        Numbers.of(denied, known),
        named,
        barred,
    )


def split(cover: Cover) -> tuple[Cover, Cover]:
    """Return the parts of *cover* that name no device or camera, and those that do."""
    named = [group for group in cover.groups if group.shape.device or group.shape.camera]
    free = [group for group in cover.groups if group not in named]
    broad = [one for one in cover.broad if one.devices or one.cameras]
    return (
        replace(cover, groups=tuple(free), broad=tuple(set(cover.broad) - set(broad))),
        Cover(groups=tuple(named), broad=tuple(broad)),
    )

"""What a gathered catalog changes in the stored one.

Absence means removal only in a complete catalog; a partial one adds and changes, never removes.
What was removed and comes back is restored.  Entries that say what they said before are not
touched: their digest tells, without their columns being read.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import NamedTuple

from tongshi.gb28181.catalog import Column, Details, Item, columns
from tongshi.gb28181.element import render
from tongshi.registry.branch import Place, place
from tongshi.registry.region import region_of

RULES = "1"
"""Part of every digest: with another number all entries are written anew at their next catalog."""
Value = str | int | float | bool | None


class Stored(NamedTuple):
    """One stored entry, as far as a merge has to know it."""

    channel_id: str
    digest: str
    removed: bool
    place: Place
    parents: str
    business_group: str
    civil_code: str
    parental: int | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What to write.  rows: whole entries, new or changed, by column, in order of id.

    moved: stored entries that hang elsewhere now.  removed: ids that are gone.
    added, changed, restored: how many of *rows* are which; a restored one is in no other count.
    """

    rows: tuple[Mapping[str, Value], ...]
    moved: tuple[tuple[str, Place], ...]
    removed: tuple[str, ...]
    added: int
    changed: int
    restored: int

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.rows or self.moved or self.removed)


def merge(
    device_id: str,
    stored: Mapping[str, Stored],
    items: Iterable[Item],
    *,
    complete: bool,
    region: str = "",
    removed: Set[str] = frozenset(),
) -> Changes:
    """Return what *items*, gathered from *device_id*, change in *stored*.

    complete: the device has nothing else.  region: of entries that tell none themselves.
    removed: ids that the device says are gone; of use where it is not complete.
    Of several items with one id the last counts; items without an id are passed over.
    """
    told = {item.device_id: item for item in items if item.device_id}
    entries = dict(told)
    gone = tuple(sorted(removed))
    if complete:
        gone = tuple(sorted(k for k, was in stored.items() if k not in told and not was.removed))
    else:
        for key, was in stored.items():
            if key not in told and not was.removed and key not in removed:
                entries[key] = _recall(was)
    places = place(device_id, entries)
    rows: list[Mapping[str, Value]] = []
    added = changed = restored = 0
    for key in sorted(told):
        item, before = told[key], stored.get(key)
        digest = digest_of(item)
        if before is not None and _is_same(before, digest, places[key]):
            continue
        rows.append(_row(item, digest, places[key], region))
        added += before is None
        restored += before is not None and before.removed
        changed += before is not None and not before.removed
    moved = tuple(
        (key, places[key])
        for key in sorted(entries.keys() - told.keys())
        if places[key] != stored[key].place
    )
    return Changes(tuple(rows), moved, gone, added, changed, restored)


_ITEM_FIELDS = attrgetter(
    *(field.name for field in fields(Item) if field.name not in ("details", "event"))
)
_DETAIL_FIELDS = attrgetter(*(field.name for field in fields(Details)))


def digest_of(item: Item) -> str:
    """Return 24 hex digits that stand for all that *item* says."""
    details = None if item.details is None else _DETAIL_FIELDS(item.details)
    said = repr((RULES, _ITEM_FIELDS(item), details))
    # Text of broken peers may hold lone surrogates, which UTF-8 alone would refuse.
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _is_same(before: Stored, digest: str, now: Place) -> bool:
    return before.digest == digest and not before.removed and before.place == now


def _recall(was: Stored) -> Item:
    """Return a stored entry as the item that placed it."""
    return Item(
        device_id=was.channel_id,
        civil_code=was.civil_code,
        parental=was.parental,
        parent_id=was.parents,
        business_group_id=was.business_group,
    )


def _row(item: Item, digest: str, at: Place, region: str) -> Mapping[str, Value]:
    position = item.position
    return {
        "channel_id": item.device_id,
        "role": item.role.value,
        "camera": at.camera,
        "name": item.name or item.device_id,
        "said": item.state.value,
        "manufacturer": item.manufacturer,
        "model": item.model,
        "address": item.address,
        "civil_code": item.civil_code,
        "region": region_of(item.civil_code, item.device_id, region),
        "parents": item.parent_id,
        "business_group": item.business_group_id,
        "parental": _small(item.parental),
        "parent_id": at.parent_id,
        "group_id": at.group_id,
        "longitude": None if position is None else position.longitude,
        "latitude": None if position is None else position.latitude,
        "ptz_type": None if item.details is None else _small(item.details.ptz_type),
        "item": _rest(item),
        "digest": digest,
    }


# The password of a camera in a catalog is nothing that a register should keep.
_WITH_COLUMN = {
    "device_id", "name", "manufacturer", "model", "address", "civil_code", "parent_id",
    "business_group_id", "parental", "password", "event",
}  # fmt: skip


class _Table:
    """The fields of a type by their names on the wire; read at once, for there are many items."""

    def __init__(self, rows: Iterable[Column]) -> None:
        kept = [row for row in rows if row.attribute not in _WITH_COLUMN]
        self._wires = [row.wire for row in kept]
        self._read = attrgetter(*(row.attribute for row in kept))

    def told(self, owner: Item | Details) -> dict[str, object]:
        """Return what *owner* says, without what it leaves out."""
        return {
            wire: value
            for wire, value in zip(self._wires, self._read(owner), strict=True)
            if value is not None and value != ""
        }


_REST = _Table(columns(Item))
_DETAILS = _Table(columns(Details))
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _rest(item: Item) -> str:
    """Return what has no column of its own, as a JSON object by the names on the wire."""
    kept = _REST.told(item)
    if item.details is not None:
        kept["Info"] = _DETAILS.told(item.details)
        if item.details.others:
            kept["InfoOthers"] = [render(element) for element in item.details.others]
    if item.others:
        kept["Others"] = [render(element) for element in item.others]
    return _encode(kept)


def _small(number: int | None) -> int | None:
    """Return *number* when a column of 32 bits holds it."""
    return number if number is not None and abs(number) < 2**31 else None

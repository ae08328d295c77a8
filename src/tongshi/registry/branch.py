"""Where each entry of a catalog hangs, and whether it is a camera: the rules of annex J.

Every entry gets one parent and at most one group beside it.  The registering device is the root:
what names no parent that the catalog has, hangs from it, or from the region that the entry names
when the catalog lists that one.  Circles are cut at the root.

Source: GB/T 28181-2022 A.2.1.9 (ParentID, BusinessGroupID), annex J.
"""

from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from tongshi.gb28181 import civil
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.identifier import Role

_GROUPING = (Role.GROUP, Role.ORGANISATION)
_ROOT = ""


class Place(NamedTuple):
    """Where an entry hangs.

    parent_id: the node above, ``""`` for the entry that is the registering device itself.
    group_id: a group or virtual organisation that lists it besides, or ``""``.
    camera: whether it has a picture to ask for.
    """

    parent_id: str
    group_id: str
    camera: bool


def place(device_id: str, entries: Mapping[str, Item]) -> dict[str, Place]:
    """Return the place of each of *entries*, which are all that the device has, by id."""
    roles = {key: item.role for key, item in entries.items()}
    regions = {key for key, role in roles.items() if role is Role.REGION}
    above = {key: _links(device_id, item, roles, regions) for key, item in entries.items()}
    _cut_circles(device_id, above)
    nodes = {parent for parent, _ in above.values()} | {group for _, group in above.values()}
    places: dict[str, Place] = {}
    for key, (parent, group) in above.items():
        alone = len(entries) == 1 and key == device_id
        camera = _has_picture(roles[key], entries[key], alone=alone, node=key in nodes)
        if key == device_id:
            parent = device_id if camera else _ROOT
        places[key] = Place(parent, group, camera)
    return places


def _links(
    device_id: str, item: Item, roles: Mapping[str, Role], regions: Set[str]
) -> tuple[str, str]:
    """Return the parent and the group that *item* names, as far as the catalog has them."""
    role = roles[item.device_id]
    if item.device_id == device_id:
        return _ROOT, ""
    if role is Role.REGION:
        return _region_above(civil.trimmed(item.device_id)[:-2], device_id, regions), ""
    found = item.parents(roles, device_id)
    business = item.business_group_id
    if role in _GROUPING:
        named = business if business in roles and business != item.device_id else device_id
        return (named if found[0] == device_id else found[0]), ""
    parents = [key for key in found if roles.get(key) not in _GROUPING]
    groups = [key for key in found if roles.get(key) in _GROUPING]
    if not groups and roles.get(business) in _GROUPING:
        groups = [business]
    if not parents:
        return groups[0], ""
    if regions and parents[0] == device_id and role is not Role.PLATFORM:
        parents = [_region_above(civil.trimmed(item.civil_code), device_id, regions)]
    return parents[0], groups[0] if groups else ""


def _region_above(code: str, device_id: str, regions: Set[str]) -> str:
    """Return the longest region entry that *code* begins with, in either way of writing it."""
    while len(code) >= 2:
        for written in (code, code.ljust(6, "0"), code.ljust(8, "0")):
            if written in regions:
                return written
        code = code[:-2]
    return device_id


def _cut_circles(device_id: str, above: dict[str, tuple[str, str]]) -> None:
    """Hang every entry that is its own ancestor from the root."""
    safe = {device_id, _ROOT}
    for start in above:
        path: dict[str, None] = {}
        key = start
        while key not in safe and key not in path:
            path[key] = None
            key = above[key][0]
        if key not in safe:
            above[key] = (device_id, above[key][1])
        safe.update(path)


def _has_picture(role: Role, item: Item, *, alone: bool, node: bool) -> bool:
    """Say whether an entry is a camera.

    Cheap devices list their one channel under the device's own id, or give channels the type of
    a recorder: such an entry is a camera when nothing hangs below it and it says so itself.
    """
    match role:
        case Role.CAMERA:
            return True
        case Role.DEVICE:
            return alone or (not node and item.parental == 0)
        case Role.UNKNOWN:
            return not node
        case _:
            return False


def ancestors(key: str, links: Mapping[str, tuple[str, str]]) -> Iterable[str]:
    """Return *key* and every node above it by parent or group, each once.

    links: node -> its parent and group.
    """
    seen: dict[str, None] = {}
    waiting = [key]
    while waiting:
        node = waiting.pop()
        if node and node not in seen:
            seen[node] = None
            waiting.extend(links.get(node, ()))
    return seen

"""Levels of the tree from counted rows: keys of nodes, divisions, sums over branches.  Pure.

The store counts cameras in groups that its indexes cover; here the groups become nodes.  A
camera that hangs under a parent and in a group besides is counted once in every node above it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tongshi.errors import Missing
from tongshi.gb28181 import catalog, civil
from tongshi.gb28181.identifier import Role
from tongshi.registry.branch import ancestors
from tongshi.registry.entry import Counts, NodeKind
from tongshi.registry.region import province_name
from tongshi.registry.state import State, channel_state

UNPLACED = "-"
"""In a key: the cameras of which no division is known."""


@dataclass(frozen=True, slots=True)
class RegionKey:
    """A division; code ``""`` is the root of the view, UNPLACED stands beside it."""

    code: str


@dataclass(frozen=True, slots=True)
class EntryKey:
    """An entry of a device's catalog; channel_id ``""`` is the device itself."""

    device_id: str
    channel_id: str = ""


Key = RegionKey | EntryKey


def write_key(key: Key) -> str:
    """Return *key* as text: ``r/3402``, ``e/20/...``; ids may have any sign."""
    match key:
        case RegionKey(code):
            return f"r/{code}"
        case EntryKey(device_id, channel_id):
            return f"e/{len(device_id)}/{device_id}{channel_id}"


def read_key(text: str) -> Key:
    """Return the key that `write_key` wrote as *text*; raises Missing when it wrote none such."""
    kind, _, rest = text.partition("/")
    if kind == "r" and (rest in ("", UNPLACED) or civil.is_code(rest)):
        return RegionKey(rest)
    digits, _, ids = rest.partition("/")
    if kind == "e" and digits.isascii() and digits.isdigit() and len(digits) < 6:
        length = int(digits)
        if 0 < length <= len(ids):
            return EntryKey(ids[:length], ids[length:])
    raise Missing(f"no such node: {text[:64]!r}")


_KINDS = {
    Role.REGION: NodeKind.REGION,
    Role.PLATFORM: NodeKind.PLATFORM,
    Role.GROUP: NodeKind.GROUP,
    Role.ORGANISATION: NodeKind.ORGANISATION,
    Role.DEVICE: NodeKind.DEVICE,
    Role.CAMERA: NodeKind.CAMERA,
    Role.PERIPHERAL: NodeKind.OTHER,
    Role.UNKNOWN: NodeKind.DEVICE,
}


def kind_of(role: Role, *, camera: bool) -> NodeKind:
    """Return what the node of an entry is shown as."""
    return NodeKind.CAMERA if camera else _KINDS[role]


def count(state: State, number: int) -> Counts:
    """Return *number* cameras of one state."""
    match state:
        case State.ONLINE:
            return Counts(online=number)
        case State.OFFLINE:
            return Counts(offline=number)
        case State.UNKNOWN:
            return Counts(unknown=number)


def count_said(device: State, said: str, number: int) -> Counts:
    """Return *number* cameras of a device in state *device*, of which its catalog said *said*."""
    return count(channel_state(device, catalog.State(said)), number)


class Cluster(NamedTuple):
    """Cameras that hang under one parent and in one group."""

    parent_id: str
    group_id: str
    counts: Counts


def sum_branches(
    clusters: Iterable[Cluster], links: Mapping[str, tuple[str, str]]
) -> dict[str, Counts]:
    """Return the cameras at and below each node, each camera once a node.

    links: node -> its parent and group.
    """
    sums: dict[str, Counts] = {}
    above: dict[tuple[str, str], tuple[str, ...]] = {}
    for parent, group, counts in clusters:
        nodes = above.get((parent, group))
        if nodes is None:
            both = [*ancestors(parent, links), *ancestors(group, links)]
            nodes = above[parent, group] = tuple(dict.fromkeys(both))
        for node in nodes:
            sums[node] = sums.get(node, Counts()) + counts
    return sums


class Division(NamedTuple):
    """A division below another.  path: the codes from the first below that one to its own."""

    code: str
    path: tuple[str, ...]
    counts: Counts


def divide(above: str, counted: Mapping[str, Counts]) -> list[Division]:
    """Return the divisions one step below *above*, in order of code.

    counted: cameras that stand in each division itself, at and below *above*.  A step leads on
    as long as there is only one way and nothing stands on it: nobody clicks through a province
    of one city.
    """
    heads: dict[str, Counts] = {}
    for code, counts in counted.items():
        if code != above and code:
            head = code[: len(above) + 2]
            heads[head] = heads.get(head, Counts()) + counts
    return [_descend(head, heads[head], counted) for head in sorted(heads)]


def _descend(code: str, counts: Counts, counted: Mapping[str, Counts]) -> Division:
    path = [code]
    while code not in counted:
        below = {other[: len(code) + 2] for other in counted if other.startswith(code)}
        if len(below) != 1:
            break
        code = below.pop()
        path.append(code)
    return Division(code, tuple(path), counts)


def region_title(path: Iterable[str], names: Mapping[str, str], language: str) -> str:
    """Return the names of the divisions in *path*, joined; a nameless one by its code.

    names: as catalogs tell them.
    """
    return " / ".join(names.get(code) or province_name(code, language) or code for code in path)

"""What the register tells of devices and channels, and how it is asked: plain values."""

from dataclasses import dataclass
from enum import Enum

from tongshi.gb28181.identifier import Role
from tongshi.registry.state import State


class CatalogState(Enum):
    """What is known of a device's catalog."""

    NEVER = "never"
    PARTIAL = "partial"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Registration:
    """One granted registration.  at, expires_at: UNIX time, s.  transport: ``udp``, ``tcp``.

    host, port: where the packet came from.  version: the standard's edition as ``"2016"``,
    whatever word the caller uses for it; only shown and handed back.
    """

    device_id: str
    host: str
    port: int
    transport: str
    at: float
    expires_at: float
    version: str = ""
    user_agent: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """What a device said of itself in DeviceInfo; empty where it said nothing."""

    device_id: str
    at: float
    name: str = ""
    manufacturer: str = ""
    model: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class CatalogStanding:
    """The newest catalog of a device.

    announced, received: items, by SumNum and by count of unique ids.  why: what is missing, or
    why the query failed; empty when complete.  at: UNIX time, s.  complete_at: of the newest
    complete one.  removed: channels that a complete catalog no longer had.
    """

    state: CatalogState = CatalogState.NEVER
    announced: int = 0
    received: int = 0
    why: str = ""
    at: float | None = None
    complete_at: float | None = None
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """Cameras by state."""

    online: int = 0
    offline: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.online + self.offline + self.unknown

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.online + other.online, self.offline + other.offline, self.unknown + other.unknown
        )


@dataclass(frozen=True, slots=True)
class Device:
    """One device or platform that registers here.

    last_proof_at: UNIX time of its last sign of life, as last written; None when there was none.
    since, why: begin of and reason for its state.  counts: its cameras.
    """

    device_id: str
    name: str
    manufacturer: str
    model: str
    firmware: str
    registration: Registration | None
    region: str
    first_at: float
    described_at: float | None
    state: State
    why: str
    since: float | None
    last_proof_at: float | None
    catalog: CatalogStanding
    counts: Counts


@dataclass(frozen=True, slots=True)
class Channel:
    """One entry of a device's catalog: a camera, or a node of its tree.

    camera: whether it has a picture to ask for.  parent_id: what it hangs under, the registering
    device at the top.  group_id: the business group or virtual organisation it is in besides.
    region: civil code without padding, "" when none is known.  removed_at: when a complete
    catalog no longer had it, None while it is there.
    """

    device_id: str
    channel_id: str
    device_name: str
    name: str
    role: Role
    camera: bool
    state: State
    manufacturer: str
    model: str
    address: str
    region: str
    parent_id: str
    group_id: str
    longitude: float | None
    latitude: float | None
    ptz_type: int | None
    appeared_at: float
    changed_at: float
    removed_at: float | None


class Sort(Enum):
    """Orders of a page."""

    NAME = "name"
    ID = "id"
    STATE = "state"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows of a list, and which page of them.

    text: part of a name or of an id, taken literally.  state, catalog, region, device_id: only
    these; region is a prefix.  number: page, from 1.  size: rows, 1..500.
    removed: those that are gone instead of those that are there; channels only.
    cameras: only those with a picture, not the voice outputs and nodes besides; channels only.
    """

    text: str = ""
    state: State | None = None
    catalog: CatalogState | None = None
    region: str = ""
    device_id: str = ""
    sort: Sort = Sort.NAME
    descending: bool = False
    removed: bool = False
    cameras: bool = True
    number: int = 1
    size: int = 50


class NodeKind(Enum):
    """What a node of the tree stands for."""

    REGION = "region"
    PLATFORM = "platform"
    GROUP = "group"
    ORGANISATION = "organisation"
    DEVICE = "device"
    CAMERA = "camera"
    OTHER = "other"


class View(Enum):
    """Two ways to look at the same cameras."""

    DEVICES = "devices"
    """Registering devices, below each its catalog as its parents say."""
    REGIONS = "regions"
    """Administrative divisions, below each the cameras that stand in it."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a level.

    key: ask for the level below with it; opaque.  counts: cameras at and below it, each once.
    state: of a camera or device; None for what has no presence.  leaf: nothing is below.
    """

    key: str
    kind: NodeKind
    title: str
    counts: Counts
    leaf: bool
    state: State | None
    device_id: str = ""
    channel_id: str = ""
    region: str = ""

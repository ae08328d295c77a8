"""What devices tell by themselves: alarms, places, changes, what became of orders."""

from dataclasses import dataclass

from tongshi.gb28181.catalog import Item
from tongshi.gb28181.manscdp.notify import AlarmNotify, Position, PtzPositionNotify
from tongshi.gb28181.subscription import Subject


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """A device reported an alarm; a report that came twice is told once.

    alarm: its ``device_id`` is the camera, the device itself or a centre.
    """

    device_id: str
    alarm: AlarmNotify
    at: float


@dataclass(frozen=True, slots=True)
class PositionReported:
    """A device said where it, or its channels, are; coordinates are not judged yet.

    source: ``"position"``, ``"alarm"`` (method 4), ``"video"`` (an offer of video).
    """

    device_id: str
    items: tuple[Position, ...]
    source: str
    at: float


@dataclass(frozen=True, slots=True)
class CatalogChanged:
    """A device said what changed in its catalog: see ``change`` of each item."""

    device_id: str
    items: tuple[Item, ...]
    at: float


@dataclass(frozen=True, slots=True)
class PartsFaulty:
    """A device says in its keepalives that other parts of it are faulty than before.

    parts: their ids; empty when none is any more.  Source: GB/T 28181-2022 A.2.5.2.
    """

    device_id: str
    parts: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class VideoOffered:
    """A mobile device says that it can send its picture now."""

    device_id: str
    channel_id: str
    at: float


@dataclass(frozen=True, slots=True)
class PtzReported:
    """A camera said where it looks."""

    device_id: str
    channel_id: str
    position: PtzPositionNotify
    at: float


@dataclass(frozen=True, slots=True)
class SubscriptionChanged:
    """A subscription of ours stands otherwise than before.

    target_id: what it is for; the device itself where that is empty.
    state: ``"waiting"``, ``"asking"``, ``"active"``, ``"fallback"``, ``"ended"``.
    why: a word: ``"offline"``, ``"silent"``, ``"refused 489"``, ``"terminated"`` ...
    """

    device_id: str
    subject: Subject
    target_id: str
    state: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """A device said ERROR to a command after it had taken it; most would have said nothing.

    target: the DeviceID of the command, whose name is *command*.
    """

    device_id: str
    target: str
    command: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class PictureUploaded:
    """An order of pictures ended.

    came, ordered: pictures.  why: why there are fewer, ``""`` when all came; see
    `tongshi.signalling.pictures`.
    """

    device_id: str
    channel_id: str
    session_id: str
    came: int
    ordered: int
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class UpgradeReported:
    """A device told what became of an upgrade.

    firmware: that runs now.  reason: ``""``, ``01`` time-out, ``02`` damaged file, ``03`` system,
    ``99`` other.
    """

    device_id: str
    session_id: str
    done: bool
    firmware: str
    reason: str
    at: float

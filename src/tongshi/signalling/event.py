"""What signalling tells the parts above it: values, handed to each subscriber in order.

Subscribers are called in the event loop and must return at once: they put work elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tongshi.gateway.engine import Figures, Spoken, Transport
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.description import Purpose
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.manscdp.notify import AlarmNotify, Position, PtzPositionNotify
from tongshi.gb28181.manscdp.response import DeviceInfoAnswer, DeviceStatusAnswer
from tongshi.gb28181.subscription import Subject
from tongshi.gb28181.version import Version


class Presence(Enum):
    """Whether a device lives, as far as is known."""

    ONLINE = "online"
    OFFLINE = "offline"
    UNKNOWN = "unknown"
    """Known from before a restart, and not heard from since."""


class Why(Enum):
    """What a presence rests on."""

    REGISTERED = "registered"
    KEEPALIVE = "keepalive"
    """Heard from again within a registration that is still valid."""
    UNREGISTERED = "unregistered"
    MISSED = "missed"
    """As many keepalives were missed as the settings allow."""
    EXPIRED = "expired"
    """The registration ran out."""
    LINK_LOST = "link-lost"
    """Its TCP connection ended.  Source: GB/T 28181-2022 9.1.1 f."""
    RESTARTED = "restarted"
    """This platform was away: nothing is known since."""


class Kind(Enum):
    """Which stream of a channel."""

    MAIN = "main"
    SUB = "sub"


@dataclass(frozen=True, slots=True)
class DeviceRegistered:
    """A registration was granted or refreshed: what a store keeps to survive a restart.

    host, port: where the packet came from, which is where requests go.  transport: ``"udp"``,
    ``"tcp"``.  contact: what the device says of itself, information only.
    at, expires_at: UNIX time, s.  user_agent: ``""`` when none was sent.
    """

    device_id: str
    host: str
    port: int
    transport: str
    at: float
    expires_at: float
    version: Version
    user_agent: str
    contact: str
    refreshed: bool


@dataclass(frozen=True, slots=True)
class RegistrationRefused:
    """A device was turned away.  why: for people.  At most one a device and flush is told."""

    device_id: str
    host: str
    port: int
    at: float
    why: str


@dataclass(frozen=True, slots=True)
class DevicePresence:
    """A device's presence changed.

    at: when, UNIX time, s.  last_proof: UNIX time of its last sign of life; None when none is
    known.  Offline since when is a matter of ``last_proof``, noticed ``at``.
    """

    device_id: str
    state: Presence
    why: Why
    at: float
    last_proof: float | None


@dataclass(frozen=True, slots=True)
class DevicesSeen:
    """Signs of life since the last flush, one a device however many came.

    seen: device id -> UNIX time of the last, s.
    """

    seen: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class DeviceDescribed:
    """A device answered DeviceInfo."""

    device_id: str
    answer: DeviceInfoAnswer
    at: float


@dataclass(frozen=True, slots=True)
class DeviceStated:
    """A device answered DeviceStatus."""

    device_id: str
    answer: DeviceStatusAnswer
    at: float


@dataclass(frozen=True, slots=True)
class CatalogGathered:
    """A catalog query ended: complete, or partial with the reason in ``gathered.why``.

    Nobody may conclude from a partial one that a channel is gone.
    """

    device_id: str
    gathered: Gathered[Item]
    at: float


@dataclass(frozen=True, slots=True)
class QueryFailed:
    """A device did not answer a query at all, or refused it.

    query: its CmdType, as ``"Catalog"``.  code: of the error tree.
    """

    device_id: str
    query: str
    code: str
    why: str
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
class ProfileChosen:
    """Another profile holds for a device than before.

    ground: what the preset was chosen by; told: the text that showed it.  by_hand: the fields that
    a person set.
    """

    device_id: str
    preset: str
    ground: str
    told: str
    by_hand: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class BeatLearned:
    """A device has another rhythm of keepalives than was known.

    interval: s; None when it has none of its own any more.  count: 0 when untold.
    """

    device_id: str
    interval: float | None
    count: int
    at: float


@dataclass(frozen=True, slots=True)
class DeviceRedirected:
    """A device was sent to another server.  server: ``id@host:port``."""

    device_id: str
    host: str
    server: str
    at: float


@dataclass(frozen=True, slots=True)
class DeviceRestarted:
    """A device that was registered began anew without having been offline.  why: what showed it."""

    device_id: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class CatalogAbsent:
    """A device never answered Catalog, as often as it was asked: it may be its only channel."""

    device_id: str
    at: float


@dataclass(frozen=True, slots=True)
class SessionKey:
    """What one upstream session shows."""

    device_id: str
    channel_id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """Media flows.  stream: its name in the engine.  seconds: from the first opener to media."""

    key: SessionKey
    stream: str
    transport: Transport
    ssrc: int
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class SessionFailed:
    """A session could not be opened.  code, stage: as in the error its openers got."""

    key: SessionKey
    code: str
    stage: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A session that had media ended.

    why: ``"unused"``, ``"closed"``, ``"peer"``, ``"offline"``, ``"stalled"``, ``"engine"``,
    ``"stopped"``.
    """

    key: SessionKey
    stream: str
    why: str
    at: float
    figures: Figures | None


@dataclass(frozen=True, slots=True)
class HistoryOpened:
    """A device sends its recording.  stream: its name in the engine.

    since, until: the footage asked for, UNIX time, s.
    """

    key: SessionKey
    stream: str
    purpose: Purpose
    since: float
    until: float
    at: float


@dataclass(frozen=True, slots=True)
class HistoryEnded:
    """A playback or download that had media ended.

    why: ``"finished"`` (all was sent), ``"closed"``, ``"peer"``, ``"offline"``, ``"stalled"``,
    ``"engine"``, ``"file"`` (it cannot be written), ``"stopped"``.
    """

    key: SessionKey
    stream: str
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


@dataclass(frozen=True, slots=True)
class TalkKey:
    """Whom a talk reaches.  target_id: a voice output, a channel, or the device itself."""

    device_id: str
    target_id: str


@dataclass(frozen=True, slots=True)
class TalkOpened:
    """A voice goes to a device.

    stream: its name in the engine.  mode: ``"broadcast"``, ``"talk"``.  seconds: it took.
    """

    key: TalkKey
    stream: str
    mode: str
    transport: Transport
    ssrc: int
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class TalkFailed:
    """A talk did not come about.  code, stage: as in the error that its opener got."""

    key: TalkKey
    code: str
    stage: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class TalkEnded:
    """A talk is over.

    why: ``"closed"`` or another word of who closed it, ``"peer"`` (the device hung up),
    ``"offline"``, ``"line"`` (nobody was reached any more), ``"engine"``, ``"stopped"``.
    """

    key: TalkKey
    stream: str
    why: str
    at: float
    spoken: Spoken | None


SignallingEvent = (
    DeviceRegistered
    | RegistrationRefused
    | DevicePresence
    | DevicesSeen
    | DeviceDescribed
    | DeviceStated
    | CatalogGathered
    | QueryFailed
    | PartsFaulty
    | AlarmRaised
    | PositionReported
    | CatalogChanged
    | VideoOffered
    | PtzReported
    | SubscriptionChanged
    | ProfileChosen
    | BeatLearned
    | DeviceRedirected
    | DeviceRestarted
    | CatalogAbsent
    | SessionOpened
    | SessionFailed
    | SessionClosed
    | HistoryOpened
    | HistoryEnded
    | CommandRefused
    | PictureUploaded
    | UpgradeReported
    | TalkOpened
    | TalkFailed
    | TalkEnded
)

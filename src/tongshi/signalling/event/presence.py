"""What is told of who is here: registrations, signs of life, presence and what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

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
class BeatLearned:
    """A device has another rhythm of keepalives than was known.

    interval: s; None when it has none of its own any more.  count: 0 when untold.
    """

    device_id: str
    interval: float | None
    count: int
    at: float

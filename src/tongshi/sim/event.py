"""What a simulated device tells its shell, and its owner.

Calls, joining and leaving have events of their own in ``call`` and ``join``.
"""

from dataclasses import dataclass

from tongshi.gb28181.manscdp.config import SnapShotConfig
from tongshi.gb28181.manscdp.control import DeviceUpgrade
from tongshi.sim.call import Agreed, CallEnded, CallEvent, Invited, Steered
from tongshi.sim.join import Died, PlatformLost, Registered, Unregistered


@dataclass(frozen=True, slots=True)
class Queried:
    """The platform asked something.  command: its CmdType."""

    command: str


@dataclass(frozen=True, slots=True)
class Controlled:
    """The platform ordered something.  what: the command, or the blocks of a configuration.

    done: whether the device did it.
    """

    target_id: str
    what: str
    done: bool = True


@dataclass(frozen=True, slots=True)
class KeyFrameWanted:
    """The next frame of a channel is to be a key frame."""

    channel_id: str


@dataclass(frozen=True, slots=True)
class SnapshotWanted:
    """Pictures are to be taken and uploaded."""

    channel_id: str
    order: SnapShotConfig


@dataclass(frozen=True, slots=True)
class UpgradeWanted:
    """Firmware is to be fetched."""

    target_id: str
    order: DeviceUpgrade


@dataclass(frozen=True, slots=True)
class Vanished:
    """The device is gone without a word.  seconds: until it comes back."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Returned:
    """The device is back, and registers."""


@dataclass(frozen=True, slots=True)
class Redirected:
    """The platform sent the device to another, at *host* and *port*."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """The platform wants to speak: open a way for the sound, then invite.

    number: of the broadcast.  target_id: who is to hear.  tcp, active: how the device wants it.
    """

    number: int
    target_id: str
    tcp: bool
    active: bool


@dataclass(frozen=True, slots=True)
class Listening:
    """Sound comes.  host, port: where the platform sends from, or awaits us.  ssrc: of RTP."""

    number: int
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Silence:
    """A broadcast is over, or never came about.  why: in words."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The platform subscribed, refreshed or ended it.  expires: s, 0 at the end."""

    subject: str
    expires: int


DeviceEvent = (
    Registered
    | Unregistered
    | PlatformLost
    | Died
    | Queried
    | Controlled
    | KeyFrameWanted
    | SnapshotWanted
    | UpgradeWanted
    | Vanished
    | Returned
    | Redirected
    | Spoken
    | Listening
    | Silence
    | Subscribed
    | CallEvent
)

__all__ = [
    "Agreed",
    "CallEnded",
    "Controlled",
    "DeviceEvent",
    "Died",
    "Invited",
    "KeyFrameWanted",
    "Listening",
    "PlatformLost",
    "Queried",
    "Redirected",
    "Registered",
    "Returned",
    "Silence",
    "SnapshotWanted",
    "Spoken",
    "Steered",
    "Subscribed",
    "Unregistered",
    "UpgradeWanted",
    "Vanished",
]

"""Who a simulated device is: its codes, names, channels and what they show."""

from dataclasses import dataclass, field, replace

from tongshi.errors import Invalid
from tongshi.gb28181.identifier import is_code
from tongshi.gb28181.version import Version
from tongshi.sim.archive import Plan
from tongshi.sim.film import Shot
from tongshi.sim.head import Aim
from tongshi.sim.quirks import Quirks

STREAM_MAIN, STREAM_SUB = 0, 1
"""Values of ``a=streamnumber`` (GB/T 28181-2022 annex G)."""
_FACTORY = "34020000001310"


@dataclass(frozen=True, slots=True)
class Channel:
    """One picture of a device.

    channel_id: the device's own id where it has but one channel and gives it no code.
    shot: the main stream; the sub stream is derived from it.  longitude, latitude: degrees, WGS-84.
    ptz_type: 1 dome, 2 semi-dome, 3 fixed.  plan: what is recorded of it.
    tape: what recordings show; None: the main stream.  presets: names and places, from number 1.
    parent_id: the node it hangs on; empty: the device.
    """

    channel_id: str
    name: str
    shot: Shot = field(default_factory=Shot)
    address: str = ""
    longitude: float | None = None
    latitude: float | None = None
    ptz_type: int = 3
    plan: Plan = field(default_factory=Plan)
    tape: Shot | None = None
    presets: tuple[tuple[str, Aim], ...] = ()
    parent_id: str = ""

    @property
    def turns(self) -> bool:
        """Whether it has a head that turns."""
        return self.ptz_type in (1, 2)

    @property
    def recorded(self) -> Shot:
        """What its recordings show."""
        return self.tape or self.shot

    def shot_of(self, stream: int) -> Shot:
        """Return what stream number *stream* shows: 0 is the main one, all others the sub one."""
        return self.shot if stream == STREAM_MAIN else self.shot.smaller()


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of a catalog that is no channel: a division, a business group, a virtual organisation.

    parent_id: the node it hangs on; empty: the device.
    """

    node_id: str
    name: str
    parent_id: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One device and its channels.

    version: edition that it tells in X-GB-Ver.  civil_code: 2, 4, 6 or 8 digits.
    voice: id of its voice output, type 137; empty: it has none.  alarms: ids of its alarm inputs,
    type 134.  cards: capacity of each card, MB.  mobile: it moves and knows where it is.
    histories: playbacks and downloads at once; more are refused with 486.
    branches: nodes above its channels, as a platform has them.
    """

    device_id: str
    name: str
    channels: tuple[Channel, ...]
    manufacturer: str = "Tongshi"
    model: str = "SimCam"
    firmware: str = "1.0"
    version: Version = Version.V2016
    civil_code: str = ""
    voice: str = ""
    alarms: tuple[str, ...] = ()
    cards: tuple[int, ...] = ()
    mobile: bool = False
    histories: int = 16
    branches: tuple[Branch, ...] = ()

    def __post_init__(self) -> None:
        if not self.channels:
            raise Invalid(f"device {self.device_id} has no channel")
        ids = [channel.channel_id for channel in self.channels]
        if len(set(ids)) != len(ids):
            raise Invalid(f"device {self.device_id} has two channels of one id")

    @property
    def division(self) -> str:
        """The civil code of its channels; by default the first six digits of its own code."""
        return self.civil_code or (self.device_id[:6] if is_code(self.device_id) else "")

    @property
    def accessories(self) -> list[tuple[str, str]]:
        """Ids and names of what is listed beside the channels."""
        named = [(one, f"报警输入 {number}") for number, one in enumerate(self.alarms, 1)]
        return named + ([(self.voice, "语音输出")] if self.voice else [])

    def channel(self, channel_id: str) -> Channel | None:
        """Return the channel called *channel_id*; the device's own id stands for a sole channel."""
        for channel in self.channels:
            if channel.channel_id == channel_id:
                return channel
        return self._sole(channel_id)

    def owns(self, target_id: str) -> bool:
        """Whether *target_id* is the device, or anything of it."""
        nodes = (branch.node_id for branch in self.branches)
        parts = (self.device_id, self.voice, *self.alarms, *nodes)
        return (bool(target_id) and target_id in parts) or self.channel(target_id) is not None

    def _sole(self, channel_id: str) -> Channel | None:
        sole = len(self.channels) == 1 and channel_id == self.device_id
        return self.channels[0] if sole else None


def renamed(profile: Profile, quirks: Quirks) -> Profile:
    """Return *profile* with the codes of channels that its quirks want."""
    codes: list[str] = [channel.channel_id for channel in profile.channels]
    if "common-ids" in quirks:
        codes = [f"{_FACTORY}{number:06}" for number in range(1, len(codes) + 1)]
    if "short-ids" in quirks:
        codes = [f"ch{number}" for number in range(1, len(codes) + 1)]
    pairs = zip(profile.channels, codes, strict=True)
    channels = tuple(replace(channel, channel_id=code) for channel, code in pairs)
    return replace(profile, channels=channels)

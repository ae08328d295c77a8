"""Who a simulated device is: its codes, names, channels and what they show."""

from dataclasses import dataclass, field

from tongshi.errors import Invalid
from tongshi.gb28181.identifier import is_code
from tongshi.gb28181.version import Version
from tongshi.sim.film import Shot

STREAM_MAIN, STREAM_SUB = 0, 1
"""Values of ``a=streamnumber`` (GB/T 28181-2022 annex G)."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One picture of a device.

    channel_id: the device's own id where it has but one channel and gives it no code.
    shot: the main stream; the sub stream is derived from it.  longitude, latitude: degrees, WGS-84.
    ptz_type: 1 dome, 2 semi-dome, 3 fixed.
    """

    channel_id: str
    name: str
    shot: Shot = field(default_factory=Shot)
    address: str = ""
    longitude: float | None = None
    latitude: float | None = None
    ptz_type: int = 3

    def shot_of(self, stream: int) -> Shot:
        """Return what stream number *stream* shows: 0 is the main one, all others the sub one."""
        return self.shot if stream == STREAM_MAIN else self.shot.smaller()


@dataclass(frozen=True, slots=True)
class Profile:
    """One device and its channels.

    version: edition that it tells in X-GB-Ver.  civil_code: 2, 4, 6 or 8 digits.
    """

    device_id: str
    name: str
    channels: tuple[Channel, ...]
    manufacturer: str = "Tongshi"
    model: str = "SimCam"
    firmware: str = "1.0"
    version: Version = Version.V2016
    civil_code: str = ""

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

    def channel(self, channel_id: str) -> Channel | None:
        """Return the channel called *channel_id*; the device's own id stands for a sole channel."""
        for channel in self.channels:
            if channel.channel_id == channel_id:
                return channel
        sole = len(self.channels) == 1 and channel_id == self.device_id
        return self.channels[0] if sole else None

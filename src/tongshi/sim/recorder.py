"""A network recorder: one device of type 118 with many channels, its catalog in many parts.

It is a :class:`~tongshi.sim.camera.Camera` with more channels; nothing else differs on the wire.
"""

from collections.abc import Sequence
from dataclasses import replace

from tongshi.errors import Invalid
from tongshi.gb28181.version import Version
from tongshi.media.unit import Codec
from tongshi.sim.film import Shot
from tongshi.sim.picture import VIEWS
from tongshi.sim.profile import Channel, Profile

MOST = 9999
"""Channels that the numbering has room for."""


def channel_code(device_id: str, number: int) -> str:
    """Return the code of channel *number*, 1 .. 9999: type 131, the device's own centre.

    Source: GB/T 28181-2022 E.1.
    """
    if not 1 <= number <= MOST:
        raise Invalid(f"no such channel number: {number}")
    return f"{device_id[:10]}1310{device_id[-2:]}{number:04}"


def recorder_profile(
    device_id: str,
    name: str,
    names: Sequence[str],
    *,
    shot: Shot | None = None,
    h265: int = 0,
    version: Version = Version.V2016,
) -> Profile:
    """Return a recorder with a channel for each of *names*.

    shot: what sizes and rates are taken from.  h265: so many of the last channels are H.265.
    Views and times of day change from channel to channel.
    """
    shot = shot or Shot()
    views = list(VIEWS)
    channels = []
    for number, title in enumerate(names, 1):
        codec = Codec.H265 if number > len(names) - h265 else Codec.H264
        view = views[(number - 1) % len(views)]
        shown = replace(
            shot,
            view=view,
            tint=(number - 1) // len(views) % 4,
            title=f"{view.upper()} {'H265' if codec is Codec.H265 else 'H264'}",
            codec=codec,
        )
        channels.append(Channel(channel_code(device_id, number), title, shown))
    return Profile(device_id, name, tuple(channels), model="SimNVR", version=version)

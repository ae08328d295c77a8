"""A subordinate platform: cameras of many devices behind one registration, in a tree.

It registers like a device of type 200 and lists divisions, business groups and virtual
organisations beside its channels; every channel may be watched, steered and played back as if it
were its own.

Source: GB/T 28181-2022 8.1, annexes E and J.
"""

from collections.abc import Sequence
from dataclasses import replace

from tongshi.errors import Invalid
from tongshi.gb28181.version import Version
from tongshi.sim.film import Shot
from tongshi.sim.profile import Branch, Profile
from tongshi.sim.recorder import recorder_profile

A_GROUP = 8
"""Channels of a virtual organisation."""


def platform_profile(
    device_id: str,
    name: str,
    names: Sequence[str],
    *,
    shot: Shot | None = None,
    h265: int = 0,
    version: Version = Version.V2016,
) -> Profile:
    """Return a platform with a channel for each of *names*, eight to an organisation.

    h265: so many of the last channels are H.265.  Raises Invalid for a code that is none of a
    platform.
    """
    if device_id[10:13] != "200":
        raise Invalid(f"not the code of a platform: {device_id!r}")
    made = recorder_profile(device_id, name, names, shot=shot, h265=h265, version=version)
    group = Branch(f"{device_id[:10]}215{device_id[13:]}", "业务分组")
    count = -(-len(names) // A_GROUP)
    organisations = [
        Branch(f"{device_id[:10]}2160{number:06}", f"组织 {number}", group.node_id)
        for number in range(1, count + 1)
    ]
    channels = tuple(
        replace(channel, parent_id=organisations[at // A_GROUP].node_id)
        for at, channel in enumerate(made.channels)
    )
    division = Branch(device_id[:6], "辖区")
    return replace(
        made,
        channels=channels,
        branches=(division, group, *organisations),
        model="SimPlatform",
        histories=64,
    )

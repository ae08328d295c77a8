"""Where mobile devices say they are: what of it can be believed.

Coordinates of 0 are what receivers send that see no satellite; with those outside the globe and
absent ones they mean "not known", and nothing is made of them: the last known position stays, with
its time.

Source: GB/T 28181-2022 A.2.5.6.
"""

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Report:
    """A position that was reported.

    at: UNIX time, s, by the device's clock, None when unreadable; received_at: by ours.
    longitude, latitude: degrees; WGS-84 from peers of 2022, of earlier ones it may be shifted.
    speed: km/h.  direction: degrees from north, clockwise.  altitude: m above the sea; height: m
    above the ground.  source: ``"position"``, ``"alarm"``, ``"video"``: what brought it.
    """

    device_id: str
    channel_id: str
    received_at: float
    longitude: float
    latitude: float
    at: float | None = None
    speed: float | None = None
    direction: float | None = None
    altitude: float | None = None
    height: float | None = None
    source: str = "position"


def is_known(longitude: float | None, latitude: float | None) -> bool:
    """Whether these coordinates say where something is."""
    if not longitude or not latitude or not (isfinite(longitude) and isfinite(latitude)):
        return False
    return abs(longitude) <= 180 and abs(latitude) <= 90


@dataclass(frozen=True, slots=True)
class Query:
    """Which positions.  device_id, channel_id: only of these.  since, until: UNIX time, s."""

    device_id: str = ""
    channel_id: str = ""
    since: float | None = None
    until: float | None = None
    number: int = 1
    size: int = 50

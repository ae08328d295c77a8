"""Pictures that are kept."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture about to be kept.

    channel: the camera's name.  via: ``"stream"`` or ``"upload"``.  set_id: of those taken at one
    order.  name: what the device called it.  taken_at: as its name says; got_at: UNIX time, s.
    """

    device_id: str
    channel_id: str
    channel: str
    via: str
    set_id: str
    name: str
    taken_at: float | None
    got_at: float
    width: int
    height: int
    person_id: int
    purpose: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is kept.  bytes, sha256: of its file."""

    id: int
    taken: Taken
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PictureQuery:
    """Which pictures, newest first.  since, until: of their arrival, UNIX time, s, end excluded."""

    device_id: str = ""
    channel_id: str = ""
    set_id: str = ""
    since: float | None = None
    until: float | None = None
    number: int = 1
    size: int = 50

"""What somebody chose to be told by a device, as it is kept."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Want:
    """A choice.  subject: a word that signalling knows; wanted: False switches it off.

    interval: between positions, s; 0 for the usual one.
    """

    device_id: str
    subject: str
    target_id: str = ""
    wanted: bool = True
    interval: int = 0

"""One way in which a device deviates from the standard: a row of the table in ``quirks``."""

from dataclasses import dataclass
from enum import Enum


class Layer(Enum):
    """Where a behaviour shows."""

    SIP = "sip"
    XML = "xml"
    SDP = "sdp"
    RTP = "rtp"
    PS = "ps"
    CONTROL = "control"
    PLAYBACK = "playback"
    NOTICE = "notice"
    TALK = "talk"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Quirk:
    """One behaviour.

    zh, en: what the device does.  source: the clause that it breaks, or who was seen to do it.
    playable: whether a picture must still come and move.  listed: whether the catalog must still
    be complete.  online: whether the device must still count as online.
    value: default of the number that may follow the name after ``=``; None when there is none.
    """

    name: str
    layer: Layer
    zh: str
    en: str
    source: str
    playable: bool = True
    listed: bool = True
    online: bool = True
    value: float | None = None

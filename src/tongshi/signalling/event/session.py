"""What is told of sessions that carry media: live ones, recordings and talks."""

from dataclasses import dataclass
from enum import Enum

from tongshi.gateway.engine import Figures, Spoken, Transport
from tongshi.gb28181.description import Purpose


class Kind(Enum):
    """Which stream of a channel."""

    MAIN = "main"
    SUB = "sub"


@dataclass(frozen=True, slots=True)
class SessionKey:
    """What one upstream session shows."""

    device_id: str
    channel_id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """Media flows.  stream: its name in the engine.  seconds: from the first opener to media."""

    key: SessionKey
    stream: str
    transport: Transport
    ssrc: int
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class SessionFailed:
    """A session could not be opened.  code, stage: as in the error its openers got."""

    key: SessionKey
    code: str
    stage: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A session that had media ended.

    why: ``"unused"``, ``"closed"``, ``"peer"``, ``"offline"``, ``"stalled"``, ``"engine"``,
    ``"stopped"``.
    """

    key: SessionKey
    stream: str
    why: str
    at: float
    figures: Figures | None


@dataclass(frozen=True, slots=True)
class HistoryOpened:
    """A device sends its recording.  stream: its name in the engine.

    since, until: the footage asked for, UNIX time, s.
    """

    key: SessionKey
    stream: str
    purpose: Purpose
    since: float
    until: float
    at: float


@dataclass(frozen=True, slots=True)
class HistoryEnded:
    """A playback or download that had media ended.

    why: ``"finished"`` (all was sent), ``"closed"``, ``"peer"``, ``"offline"``, ``"stalled"``,
    ``"engine"``, ``"file"`` (it cannot be written), ``"stopped"``.
    """

    key: SessionKey
    stream: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class TalkKey:
    """Whom a talk reaches.  target_id: a voice output, a channel, or the device itself."""

    device_id: str
    target_id: str


@dataclass(frozen=True, slots=True)
class TalkOpened:
    """A voice goes to a device.

    stream: its name in the engine.  mode: ``"broadcast"``, ``"talk"``.  seconds: it took.
    """

    key: TalkKey
    stream: str
    mode: str
    transport: Transport
    ssrc: int
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class TalkFailed:
    """A talk did not come about.  code, stage: as in the error that its opener got."""

    key: TalkKey
    code: str
    stage: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class TalkEnded:
    """A talk is over.

    why: ``"closed"`` or another word of who closed it, ``"peer"`` (the device hung up),
    ``"offline"``, ``"line"`` (nobody was reached any more), ``"engine"``, ``"stopped"``.
    """

    key: TalkKey
    stream: str
    why: str
    at: float
    spoken: Spoken | None

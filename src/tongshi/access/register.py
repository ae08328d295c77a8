"""The access register (信息调用登记): who looked at what, why, when, and how it ended.

An `Entry` is made before the picture flows and never changed.  Its `Ending` is a record of its
own, made once.  So both can be chained by digests in the order in which they were made.
"""

from dataclasses import dataclass, replace
from enum import Enum

from tongshi.errors import Invalid

LONGEST_PURPOSE = 500
PROCESS_ENDED = "process-ended"
"""How a look ended that a killed process took with it."""


class Action(Enum):
    """What was asked for."""

    LIVE = "live"
    SNAPSHOT = "snapshot"
    PLAYBACK = "playback"
    DOWNLOAD = "download"
    CONTROL = "control"
    TALK = "talk"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a look rests on.

    grant_id, approval_id: None where none is needed.  case_number, second_person: where the purpose
    asks for them.  via: code of the superior through which it came.
    """

    grant_id: int | None = None
    approval_id: int | None = None
    case_number: str = ""
    second_person: str = ""
    via: str = ""


NO_BASIS = Basis()
"""Of what needs no grant: what the platform does by itself."""


@dataclass(frozen=True, slots=True)
class Look:
    """A look about to begin.

    person_id: None for what the platform does by itself.  person, unit: as they were then.
    channel: the camera's name as it was then.  purpose: as the person stated it.  at: UNIX time,
    s.  transport: how the picture goes to the person, as ``"websocket"``.  address: from where the
    person looks.  since, until: the footage it is about, UNIX time, s; None for the present.
    what: of a control, what the camera was told, in a word.  grant_id, approval_id: what it rests
    on.  case_number, second_person: where the purpose asks for them.  via: code of the superior
    through which it came.
    """

    person_id: int | None
    person: str
    unit: str
    action: Action
    device_id: str
    channel_id: str
    channel: str
    purpose: str
    at: float
    transport: str
    address: str
    since: float | None = None
    until: float | None = None
    what: str = ""
    grant_id: int | None = None
    approval_id: int | None = None
    case_number: str = ""
    second_person: str = ""
    via: str = ""

    def on(self, basis: Basis) -> "Look":
        """Return this look, resting on *basis*."""
        return replace(
            self,
            grant_id=basis.grant_id,
            approval_id=basis.approval_id,
            case_number=basis.case_number,
            second_person=basis.second_person,
            via=basis.via,
        )

    def __post_init__(self) -> None:
        if not self.purpose.strip():
            raise Invalid("a look needs a purpose")
        if len(self.purpose) > LONGEST_PURPOSE:
            raise Invalid(f"a purpose has at most {LONGEST_PURPOSE} characters")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a look ended.

    at: UNIX time, s.  how: a word such as ``closed``, or the code of an error.  watched: s;
    bytes: sent to the person; None where nobody knows any more.  acts: commands of a control.
    """

    at: float
    how: str
    watched: float | None
    bytes: int | None
    acts: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the register.  ending: None while the look goes on."""

    id: int
    look: Look
    ending: Ending | None


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Which entries, newest first.  since, until: UNIX time, s, until excluded.  text: literal.

    open: only those that go on.
    """

    since: float | None = None
    until: float | None = None
    person_id: int | None = None
    device_id: str = ""
    channel_id: str = ""
    text: str = ""
    open: bool = False
    number: int = 1
    size: int = 50


def end_unknown(begun_at: float, last_alive: float, progress: Ending | None) -> Ending:
    """Return the ending of a look that a process took with it.

    last_alive: when that process is last known to have lived.  progress: the figures last
    written, None when there were none: then nobody knows how much was watched.
    """
    if progress is None:
        return Ending(max(begun_at, last_alive), PROCESS_ENDED, None, None)
    at = max(begun_at, last_alive, progress.at)
    return Ending(at, PROCESS_ENDED, progress.watched, progress.bytes, progress.acts)

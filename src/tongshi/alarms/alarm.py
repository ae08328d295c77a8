"""An alarm, its states, and what people may do with it.

::

    NEW --acknowledge--> ACKNOWLEDGED --assign--> ASSIGNED --close--> CLOSED
    NEW ----------------------------- assign --^     ^ assign: to somebody else
    NEW, ACKNOWLEDGED, ASSIGNED -- close --> CLOSED

Resetting an alarm at its device is a step of its history and changes no state.

Source: GB/T 28181-2022 A.2.5.3.
"""

from dataclasses import dataclass
from enum import Enum

from tongshi.errors import Conflict, Invalid

LONGEST_NOTE = 500
BY_DEVICE = 2
"""Method of alarms that a device does not raise again before they were reset."""


class State(Enum):
    """How far people are with an alarm."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    CLOSED = "closed"


class Act(Enum):
    """What is done with an alarm."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    CLOSE = "close"
    RESET = "reset"


_AFTER = {
    (State.NEW, Act.ACKNOWLEDGE): State.ACKNOWLEDGED,
    (State.NEW, Act.ASSIGN): State.ASSIGNED,
    (State.NEW, Act.CLOSE): State.CLOSED,
    (State.ACKNOWLEDGED, Act.ASSIGN): State.ASSIGNED,
    (State.ACKNOWLEDGED, Act.CLOSE): State.CLOSED,
    (State.ASSIGNED, Act.ASSIGN): State.ASSIGNED,
    (State.ASSIGNED, Act.CLOSE): State.CLOSED,
}


def advance(state: State, act: Act) -> State:
    """Return the state after *act*; raises Conflict where *act* makes no sense any more."""
    if act is Act.RESET:
        return state
    after = _AFTER.get((state, act))
    if after is None:
        raise Conflict(f"an alarm that is {state.value} cannot be handled by {act.value}")
    return after


@dataclass(frozen=True, slots=True)
class Report:
    """What a device reported.

    channel_id: the camera, part or centre that it names.  priority: 1 first to 4 last.
    method: 1 telephone, 2 device, 3 short message, 4 GPS, 5 video, 6 device fault, 7 other.
    alarm_type: depends on the method.  event_type: with an intrusion, 1 came in, 2 went out.
    None where the device said nothing, or nothing of use.
    at: UNIX time, s, by the device's clock; received_at: by ours.
    """

    device_id: str
    channel_id: str
    received_at: float
    at: float | None = None
    priority: int | None = None
    method: int | None = None
    alarm_type: int | None = None
    event_type: int | None = None
    description: str = ""
    longitude: float | None = None
    latitude: float | None = None

    @property
    def likeness(self) -> tuple[object, ...]:
        """What two reports share of which the later repeats the earlier."""
        return (self.device_id, self.channel_id, self.method, self.alarm_type, self.event_type)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm as it is listed.

    device, channel: names; empty where the register has none.  camera: the channel has a picture.
    state_at: UNIX time of the last step, s; None before the first.
    assignee: whom it was given to last.  occurrences: reports that it stands for.
    last_at: UNIX time when the last of these was received, s.
    reset_at: UNIX time of the last reset at the device, s.
    """

    id: int
    report: Report
    device: str
    channel: str
    camera: bool
    state: State
    state_at: float | None
    assignee: str
    occurrences: int
    last_at: float
    reset_at: float | None

    @property
    def needs_reset(self) -> bool:
        """Whether the device will not raise it again before it is reset (A.2.5.3)."""
        return self.report.method == BY_DEVICE and self.reset_at is None


@dataclass(frozen=True, slots=True)
class Handling:
    """What somebody is about to do with an alarm.

    person_id: 0 for the platform itself.  assignee: with ASSIGN, who is to see to it.
    """

    act: Act
    person_id: int
    person: str
    at: float
    note: str = ""
    assignee: str = ""

    def __post_init__(self) -> None:
        if len(self.note) > LONGEST_NOTE:
            raise Invalid(f"a note has at most {LONGEST_NOTE} characters")
        if self.act is Act.CLOSE and not self.note.strip():
            raise Invalid("closing an alarm needs a note of what was found")
        if self.act is Act.ASSIGN and not self.assignee.strip():
            raise Invalid("assigning an alarm needs somebody to see to it")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an alarm's history; never changed."""

    id: int
    handling: Handling


@dataclass(frozen=True, slots=True)
class Query:
    """Which alarms, newest first.

    open: only those that are not closed.  since, until: UNIX time of reception, s, until
    excluded.  text: literal, in the description or in ids and names.
    """

    state: State | None = None
    open: bool = False
    device_id: str = ""
    channel_id: str = ""
    method: int | None = None
    priority: int | None = None
    since: float | None = None
    until: float | None = None
    text: str = ""
    number: int = 1
    size: int = 50

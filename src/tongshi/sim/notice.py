"""Notices of a device: which subscription they are for, whom they concern, how they are counted.

Source: GB/T 28181-2022 9.4, 9.11, A.2.4.4, A.2.5.
"""

from dataclasses import dataclass, field

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181 import manscdp
from tongshi.gb28181.manscdp import (
    AlarmNotify,
    AlarmQuery,
    CatalogNotify,
    CatalogQuery,
    Message,
    MobilePositionQuery,
    Other,
    PtzPositionQuery,
)
from tongshi.gb28181.manscdp.message import NAMES
from tongshi.gb28181.notifier import Notifier
from tongshi.gb28181.subscription import Subject
from tongshi.sim.head import Aim

SUBJECTS: dict[type, Subject] = {
    CatalogQuery: Subject.CATALOG,
    AlarmQuery: Subject.ALARM,
    MobilePositionQuery: Subject.POSITION,
    PtzPositionQuery: Subject.PTZ,
}
"""What each query subscribes to."""


@dataclass(slots=True)
class Tally:
    """Notices of one kind.

    raised: what was to be told to somebody.  sent: attempts.  acknowledged: answered with success.
    confirmed: answered by a Response too.  lost: given up.  held: waiting for a registration.
    """

    raised: int = 0
    sent: int = 0
    acknowledged: int = 0
    confirmed: int = 0
    lost: int = 0
    held: int = 0


@dataclass(slots=True, eq=False)
class Subscription:
    """One subscription of the platform.  next_at: when something is due, s; None for never."""

    subject: Subject
    query: Message
    notifier: Notifier
    next_at: float | None = None
    forget_at: float | None = None
    seen: dict[str, Aim] = field(default_factory=dict)


def cmd_type_of(message: Message) -> str:
    """Return the CmdType of *message*."""
    return message.cmd_type if isinstance(message, Other) else NAMES[type(message)][1]


def weigh(notice: Message | None) -> int:
    """Return how many things *notice* tells."""
    if notice is None:
        return 0
    return len(notice.items) if isinstance(notice, CatalogNotify) else 1


def matches(alarm: AlarmNotify, query: AlarmQuery) -> bool:
    """Return whether *query* asks for *alarm*."""
    priority = alarm.priority or 0
    low, high = query.start_priority or 0, query.end_priority or 4
    of_method = not any(query.methods) or alarm.method in query.methods
    of_kind = not any(query.types) or alarm.alarm_type in query.types
    since = not query.start_time or query.start_time <= alarm.time
    until = not query.end_time or alarm.time <= query.end_time
    return low <= priority <= high and of_method and of_kind and since and until


def read_query(body: bytes) -> Message | None:
    """Return the message in *body*; None when it cannot be read."""
    try:
        return manscdp.read(body)
    except RemoteProtocolError:
        return None

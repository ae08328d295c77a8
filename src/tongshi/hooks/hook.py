"""A webhook: where it tells what, for whom; and each thing that it tells."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum

from tongshi.access.grant import Right
from tongshi.errors import Invalid

LONGEST_NAME = 64
TEST, GAP = "test", "gap"
"""What a hook tells beside the feed's topics: that it is tried, and that something is missing."""
TOPICS: Mapping[str, Right] = {
    "alarm": Right.ALARMS,
    "catalog": Right.SEE,
    "described": Right.SEE,
    "device": Right.SEE,
    "fault": Right.SEE,
    "notice": Right.SEE,
    "position": Right.SEE,
    "ptz": Right.SEE,
    "refused": Right.SEE,
    "stream": Right.SEE,
    "subscription": Right.SEE,
    "video": Right.SEE,
}
"""The feed's topics that a hook can tell, and what its owner must be granted for each."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook.

    owner_id: the account whose scope it has.  salt: of its secret.  proof: digest of its secret.
    failures: in a row.  next_at: when it is tried next.  missed: notices that had no room, since
    missed_since, not yet told.  Times: UNIX, s.
    """

    id: int
    owner_id: int
    owner: str
    name: str
    url: str
    topics: frozenset[str]
    salt: str
    proof: str
    paused: bool
    made_at: float
    made_by: str
    failures: int = 0
    next_at: float = 0.0
    missed: int = 0
    missed_since: float | None = None


@dataclass(frozen=True, slots=True)
class HookWish:
    """What somebody wants a hook to be.  url: checked by `tongshi.hooks.target`."""

    owner_id: int
    name: str
    url: str
    topics: frozenset[str]
    paused: bool = False


class State(Enum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DONE = "done"
    GIVEN_UP = "given-up"
    WITHHELD = "withheld"
    """The owner may not know of the camera any more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt went.

    status: of HTTP; None when there was no answer.  why: a word such as ``timeout``; ``""`` when
    it was taken.  answer: first bytes of the answer's body, as text.
    """

    status: int | None
    why: str = ""
    detail: str = ""
    answer: str = ""

    @property
    def taken(self) -> bool:
        """Whether the receiver took it."""
        return not self.why


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that hooks may tell.  at: UNIX time, s.  channel_id: ``""`` for a whole device."""

    topic: str
    device_id: str
    channel_id: str
    body: Mapping[str, object]
    at: float

    @property
    def place(self) -> tuple[str, str]:
        """The device and channel that it is about."""
        return self.device_id, self.channel_id


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that a hook tells.  again_of: the one that was told before, by hand."""

    id: int
    hook_id: int
    topic: str
    device_id: str
    channel_id: str
    body: str
    made_at: float
    state: State = State.WAITING
    tries: int = 0
    tried_at: float | None = None
    outcome: Outcome | None = None
    again_of: int | None = None


def check(wish: HookWish) -> HookWish:
    """Return *wish* with a clean name; raises Invalid with every fault but those of its url."""
    name = wish.name.strip()
    faults = []
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        faults.append(f"a name has 1 to {LONGEST_NAME} printable characters")
    if not wish.topics:
        faults.append("a hook tells something")
    faults += [f"no such topic: {topic[:40]!r}" for topic in sorted(wish.topics - set(TOPICS))]
    if faults:
        raise Invalid("this webhook cannot be kept", faults=tuple(faults))
    return replace(wish, name=name)


def channel_of(body: Mapping[str, object]) -> str:
    """Return the channel that a notice is about; ``""`` when it is about a whole device."""
    channel = body.get("channel")
    return channel if isinstance(channel, str) else ""


def encode(body: Mapping[str, object]) -> str:
    """Return a notice's body as it is kept."""
    return json.dumps(dict(body), ensure_ascii=False, separators=(",", ":"))


def compose(delivery: Delivery) -> bytes:
    """Return what is sent: the same bytes at every attempt.

    ``id`` is the delivery's, by which a receiver knows what it has had already.
    """
    again = {} if delivery.again_of is None else {"again_of": delivery.again_of}
    whole = {
        "id": delivery.id,
        "hook": delivery.hook_id,
        "topic": delivery.topic,
        "at": datetime.fromtimestamp(delivery.made_at, UTC).isoformat(timespec="milliseconds"),
        **again,
        "data": json.loads(delivery.body),
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()

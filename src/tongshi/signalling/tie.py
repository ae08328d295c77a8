"""One subscription that is wanted, what became of it, and what to do next.

Theory of operation.  A tie outlives its subscriptions: it is the wish, and the memory of how the
device took it.  After each failure it says how long to leave the device alone, and whether the
device is taken for one that cannot do it, so that a fallback does.

| failure | then |
|---|---|
| refused as something that it cannot do (405, 489, 501) | fallback; asked again after a day |
| not answered, twice in a row | fallback; asked again after a day |
| refused otherwise, three times in a row | fallback; asked again after an hour |
| refused otherwise, or not answered once | asked again after a pause, longer each time |
| lost after it was granted | a new subscription after a pause, longer if it was short-lived |
| the device went offline | nothing until it is back |

Another User-Agent is another device: what was learnt of the one before is forgotten.

Source: GB/T 28181-2022 9.11; RFC 6665 4.1.2, 4.1.3.
"""

from dataclasses import dataclass
from enum import Enum
from math import inf

from tongshi.gb28181.subscription import EventName, Failed, Lost, Subject, Subscriber
from tongshi.settings import EventSettings

_CANNOT = frozenset({400, 405, 415, 416, 420, 488, 489, 501, 505, 603, 606})
"""Answers that will be the same tomorrow."""
_NEVER_AGAIN = frozenset({"rejected", "noresource", "invariant"})
"""Reasons of a notifier after which asking anew is of no use (RFC 6665 4.1.3)."""
_AWAY = "offline"
_SHORT = 60.0
"""A subscription that was lost sooner than this, s, counts as another failure."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How subscriptions are kept.

    expires: asked for, s.  interval: between positions, s, where nobody says otherwise.
    message: wait for the answer to a SUBSCRIBE, s.
    subjects: what every device is asked for that may be asked.
    rate: SUBSCRIBEs begun a second at the most.  settle: s from a registration to the first.
    pauses: s before a new attempt, by failures in a row; the last one for all further.
    again, soon: s until a device that cannot, or would not, is asked again.
    poll: s between catalogs asked for where changes are not told.
    """

    expires: int = 600
    interval: int = 5
    message: float = 5.0
    subjects: frozenset[Subject] = frozenset({Subject.CATALOG, Subject.ALARM})
    rate: float = 200.0
    settle: float = 3.0
    pauses: tuple[float, ...] = (2.0, 30.0, 120.0, 600.0)
    again: float = 86_400.0
    soon: float = 3_600.0
    poll: float = 3_600.0


def rules_of(settings: EventSettings | None, message: float) -> Rules:
    """Return the rules that *settings* make; without any, nothing is subscribed to by itself.

    message: wait for the answer to a SUBSCRIBE, s.
    """
    if settings is None:
        return Rules(message=message, subjects=frozenset())
    chosen = {Subject.CATALOG: settings.catalog, Subject.ALARM: settings.alarm}
    return Rules(
        expires=settings.expires,
        interval=settings.interval,
        message=message,
        subjects=frozenset(subject for subject, on in chosen.items() if on),
        poll=settings.poll,
    )


class State(Enum):
    """Where a tie stands."""

    WAITING = "waiting"
    """The device is away, or is left alone for a while."""
    ASKING = "asking"
    ACTIVE = "active"
    FALLBACK = "fallback"
    """The device cannot do it: what it would tell is asked for, or comes unasked."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Key:
    """What a tie is to.  target_id: empty for the device itself."""

    device_id: str
    subject: Subject
    target_id: str = ""


@dataclass(slots=True)
class Tie:
    """One subscription that is wanted.

    interval: between positions, s.  chosen: a person asked for it; else the settings did.
    since: UNIX time of the last change, s.  due: when it is looked at next, s.
    retry_at: in fallback, when the device is asked again.  told: notices it brought.
    event, call_id: of its subscription.  agent: User-Agent of the device that was asked.
    expires: granted, s.  polling: what stands in for it is under way.
    """

    key: Key
    interval: int
    chosen: bool = False
    state: State = State.WAITING
    why: str = ""
    since: float = 0.0
    due: float = inf
    retry_at: float = inf
    told: int = 0
    event: EventName | None = None
    call_id: str = ""
    agent: str = ""
    expires: int = 0
    subscriber: Subscriber | None = None
    polling: bool = False
    granted_at: float = inf
    failures: int = 0
    refusals: int = 0
    silences: int = 0

    def pause(self, rules: Rules) -> float:
        """Return the time between two questions that stand in for it, s; inf for none."""
        match self.key.subject:
            case Subject.CATALOG:
                return rules.poll
            case Subject.PTZ:
                return float(self.interval)
            case _:
                return inf

    def grant(self, expires: int, now: float) -> bool:
        """Take a grant; whether it is the first of its subscription."""
        first = self.state is not State.ACTIVE
        if first:
            self.granted_at = now
        self.refusals = self.silences = 0
        self.expires = expires
        self.state, self.why = State.ACTIVE, ""
        return first

    def fail(self, failed: Failed, now: float, rules: Rules) -> float:
        """Take a refusal or silence; return when to look at it next."""
        self.subscriber = None
        if failed.status is None:
            self.silences += 1
            self.why = "silent"
        else:
            self.silences = 0
            self.refusals += 1
            self.why = f"refused {failed.status}"
        if failed.status in _CANNOT or self.silences >= 2:
            return self._fall_back(now, rules.again, rules)
        if self.refusals >= 3:
            return self._fall_back(now, rules.soon, rules)
        return self._wait(now, rules, failed.retry_after)

    def lose(self, lost: Lost, now: float, rules: Rules) -> float:
        """Take the loss of what was granted; return when to look at it next."""
        self.subscriber = None
        status = "" if lost.status is None else f" {lost.status}"
        reason = f" {lost.reason}" if lost.reason else ""
        self.why = f"{lost.why}{status}{reason}"[:64]
        if now - self.granted_at >= _SHORT:
            self.failures = 0
        if lost.reason in _NEVER_AGAIN:
            return self._fall_back(now, rules.again, rules)
        return self._wait(now, rules, lost.retry_after)

    def leave(self) -> bool:
        """Take it that the device is away; whether that is a change."""
        self.subscriber = None
        gone = (State.WAITING, _AWAY)
        if self.state is State.FALLBACK or (self.state, self.why) == gone:
            return False
        self.state, self.why = gone
        return True

    def ask(self, agent: str) -> None:
        """Take it that the device is asked now.  agent: its User-Agent."""
        self.agent, self.retry_at = agent, inf
        self.state = State.ASKING
        if self.why == _AWAY:
            self.why = ""

    def renew(self) -> None:
        """Forget how the device took it so far."""
        if self.state is State.FALLBACK:
            self.state, self.why = State.WAITING, ""
        self.retry_at = inf
        self.failures = self.refusals = self.silences = 0

    def _fall_back(self, now: float, again: float, rules: Rules) -> float:
        self.state = State.FALLBACK
        self.expires = 0
        self.retry_at = now + again
        return min(now + self.pause(rules), self.retry_at)

    def _wait(self, now: float, rules: Rules, retry_after: int | None) -> float:
        pause = rules.pauses[min(self.failures, len(rules.pauses) - 1)]
        self.failures += 1
        self.state = State.WAITING
        self.expires = 0
        return now + max(pause, float(min(retry_after or 0, 3600)))


@dataclass(frozen=True, slots=True)
class Want:
    """What a person chose for a device, to be kept.

    wanted: False switches off what the settings would ask for.  interval: s; 0 for the usual one.
    """

    device_id: str
    subject: Subject
    target_id: str = ""
    wanted: bool = True
    interval: int = 0


@dataclass(frozen=True, slots=True)
class Subscribed:
    """How one subscription stands.

    why: a word for the last failure, empty when all is well.  since: UNIX time, s.
    expires: granted, s; 0 unless active.  interval: s.  told: notices it brought.
    """

    device_id: str
    subject: Subject
    target_id: str
    state: State
    why: str
    since: float
    expires: int
    interval: int
    chosen: bool
    told: int


def show(tie: Tie) -> Subscribed:
    """Return how *tie* stands."""
    key = tie.key
    return Subscribed(
        key.device_id,
        key.subject,
        key.target_id,
        tie.state,
        tie.why,
        tie.since,
        tie.expires,
        tie.interval,
        tie.chosen,
        tie.told,
    )

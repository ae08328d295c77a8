"""A request: how it stands, and what may become of it, as a table.

::

    WAITING --a step passed--> WAITING --the last step--> GRANTED --used up--> USED_UP
       |-- refused --> REFUSED                               |-- given back --> WITHDRAWN
       |-- taken back --> WITHDRAWN                          |-- its time over --> EXPIRED
       |-- waited too long --> EXPIRED

Whoever decided a step, or for whom it was decided, decides no other step of the same request, and
the asker none.  Time goes before every act: what has expired is neither granted nor refused.
"""

from dataclasses import dataclass, replace
from enum import Enum

from tongshi.approvals.content import LONGEST_WORDS, Ask, Kind
from tongshi.errors import Conflict, Denied, Invalid


class State(Enum):
    """How a request stands."""

    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    USED_UP = "used-up"


class Event(Enum):
    """What happens to a request."""

    PASSED = "passed"
    """A step said yes, and others follow."""
    COMPLETED = "completed"
    """The last step said yes."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    USED_UP = "used-up"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.WAITING, Event.PASSED): State.WAITING,
    (State.WAITING, Event.COMPLETED): State.GRANTED,
    (State.WAITING, Event.REFUSED): State.REFUSED,
    (State.WAITING, Event.WITHDRAWN): State.WITHDRAWN,
    (State.WAITING, Event.EXPIRED): State.EXPIRED,
    (State.GRANTED, Event.WITHDRAWN): State.WITHDRAWN,
    (State.GRANTED, Event.EXPIRED): State.EXPIRED,
    (State.GRANTED, Event.USED_UP): State.USED_UP,
}
"""All that can become of a request."""


class Verdict(Enum):
    """What somebody decides."""

    APPROVE = "approve"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Who:
    """A person as a record names them.  shown, unit: as they were then."""

    id: int
    shown: str
    unit: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided at one step.

    behalf: for whom a delegate decided; None for oneself.  confirmed: that what the step asks to
    be confirmed is so, such as that everything is masked.
    """

    by: Who
    verdict: Verdict
    reason: str
    at: float
    behalf: Who | None = None
    confirmed: bool = False

    @property
    def people(self) -> frozenset[int]:
        """Whose part in the request this was."""
        return frozenset({self.by.id} | ({self.behalf.id} if self.behalf is not None else set()))


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stands.

    steps: names of the steps it must pass, in order.  waits_until: when it expires undecided.
    holds_until: when what it gives ends, once granted.  uses: looks made by it.
    """

    id: int
    asker: Who
    ask: Ask
    steps: tuple[str, ...]
    made_at: float
    waits_until: float
    state: State = State.WAITING
    state_at: float = 0.0
    holds_until: float | None = None
    decisions: tuple[Decision, ...] = ()
    uses: int = 0
    grant_id: int | None = None

    @property
    def step(self) -> str:
        """The step that is to be decided now; empty when none is."""
        at = len(self.decisions)
        return self.steps[at] if self.state is State.WAITING and at < len(self.steps) else ""

    @property
    def involved(self) -> frozenset[int]:
        """Who had a part in it, and decides nothing more of it."""
        return frozenset({self.asker.id}).union(*(each.people for each in self.decisions))


def is_over(request: Request, wall: float) -> bool:
    """Say whether its time is over at *wall*, UNIX time, s: to be decided, or to hold."""
    if request.state is State.WAITING:
        return wall >= request.waits_until
    if request.state is State.GRANTED:
        return request.holds_until is not None and wall >= request.holds_until
    return False


def advance(request: Request, event: Event, wall: float) -> Request:
    """Return *request* after *event*; raises Conflict when that cannot become of it."""
    state = TRANSITIONS.get((request.state, event))
    if state is None:
        raise Conflict(f"the request is {request.state.value}: nothing is {event.value} any more")
    return replace(request, state=state, state_at=wall)


def expire(request: Request, wall: float) -> Request:
    """Return *request* with its time over at *wall*, else as it is."""
    return advance(request, Event.EXPIRED, wall) if is_over(request, wall) else request


def decide(request: Request, decision: Decision) -> Request:
    """Return *request* after a decision on its present step.

    Raises Conflict when nothing is to be decided (any more), Denied when whoever decides has had
    a part in it already, Invalid for a refusal without its reason.
    """
    if expire(request, decision.at).step == "":
        over = is_over(request, decision.at)
        state = State.EXPIRED if over else request.state
        raise Conflict(f"the request is {state.value}: nothing is to be decided")
    if request.involved & decision.people:
        raise Denied("whoever asked for it or decided a step of it decides no other", helps="")
    if len(decision.reason) > LONGEST_WORDS:
        raise Invalid(f"a reason has at most {LONGEST_WORDS} characters")
    if decision.verdict is Verdict.REFUSE and not decision.reason.strip():
        raise Invalid("a refusal needs its reason")
    decided = replace(request, decisions=(*request.decisions, decision))
    if decision.verdict is Verdict.REFUSE:
        return advance(decided, Event.REFUSED, decision.at)
    if len(decided.decisions) < len(request.steps):
        return advance(decided, Event.PASSED, decision.at)
    granted = advance(decided, Event.COMPLETED, decision.at)
    return replace(granted, holds_until=decision.at + request.ask.lasts)


def withdraw(request: Request, person_id: int, wall: float) -> Request:
    """Return *request* taken back by its asker, or what it gave given back.

    Raises Denied for anybody else, Conflict when it is over.
    """
    if person_id != request.asker.id:
        raise Denied("whoever asked for it takes it back")
    if is_over(request, wall):
        raise Conflict("the request is expired: nothing is withdrawn any more")
    return advance(request, Event.WITHDRAWN, wall)


def use(request: Request, wall: float, most: int | None) -> Request:
    """Return *request* after one more look by it; the last of *most* uses it up.

    Raises Denied unless it is granted and holds at *wall*.
    """
    if request.state is not State.GRANTED or is_over(request, wall):
        raise Denied("this approval does not hold (any more)")
    used = replace(request, uses=request.uses + 1)
    return advance(used, Event.USED_UP, wall) if most is not None and used.uses >= most else used


def covers(
    request: Request, camera: tuple[str, str], since: float | None, until: float | None
) -> bool:
    """Say whether *request* is about this camera and this footage; without a span: the present.

    A request with a span covers what lies in it alone, one for live pictures the present alone,
    one for a changed purpose both.
    """
    ask = request.ask
    if camera not in {place.key for place in ask.cameras}:
        return False
    if ask.kind is Kind.PURPOSE:
        return True
    if ask.since is None or ask.until is None or since is None or until is None:
        return ask.since is None and since is None
    return ask.since <= since < until <= ask.until
